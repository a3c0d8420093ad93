import Bytes
import Synchronization
import Testing

@Suite("Ordered tasks") struct OrderedTasksTests {
  struct Failed: Error, Equatable { let at: Int }

  /// How many pieces of work are under way, and the most there were.
  final class Gauge: Sendable {
    private let state = Mutex((now: 0, most: 0))

    func begin() {
      state.withLock { state in
        state.now += 1
        state.most = max(state.most, state.now)
      }
    }

    func end() { state.withLock { $0.now -= 1 } }

    var now: Int { state.withLock(\.now) }
    var most: Int { state.withLock(\.most) }
  }

  /// Gives 0 to `count` - 1.
  private func numbers(_ count: Int) -> () -> Int? {
    var next = 0
    return {
      defer { next += 1 }
      return next < count ? next : nil
    }
  }

  @Test("results come in the order of the inputs", arguments: [-1, 0, 1, 2, 7, 500])
  func order(_ limit: Int) async throws {
    let gauge = Gauge()
    var results: [Int] = []
    try await OrderedTasks.run(
      limit: limit, next: numbers(200),
      work: { number in
        gauge.begin()
        defer { gauge.end() }
        for _ in 0..<(number * 7 % 13) { await Task.yield() }
        return number * 2
      },
      consume: { results.append($0) })
    #expect(results == (0..<200).map { $0 * 2 })
    #expect(gauge.most <= max(1, limit))
    #expect(gauge.now == 0)
  }

  @Test("no input is taken that is more than the limit ahead of what was consumed")
  func bound() async throws {
    var taken = 0
    var consumed = 0
    var ahead = 0
    try await OrderedTasks.run(
      limit: 3,
      next: { () -> Int? in
        guard taken < 50 else { return nil }
        taken += 1
        ahead = max(ahead, taken - consumed)
        return taken
      },
      work: { number in
        // The first of each three is the slowest, so that the others wait for it.
        if number % 3 == 1 { for _ in 0..<50 { await Task.yield() } }
        return number
      },
      consume: { _ in consumed += 1 })
    #expect(consumed == 50)
    #expect(ahead == 3)
  }

  @Test func nothingToDo() async throws {
    try await OrderedTasks.run(
      limit: 4, next: { () -> Int? in nil }, work: { $0 }, consume: { _ in Issue.record("no result is due") })
  }

  enum Place: CaseIterable, Sendable { case next, work, consume }

  @Test("the first error ends all and waits for what is under way", arguments: Place.allCases)
  func error(_ place: Place) async throws {
    let gauge = Gauge()
    var taken = 0
    var results: [Int] = []
    await #expect(throws: Failed(at: 10)) {
      try await OrderedTasks.run(
        limit: 4,
        next: { () throws -> Int? in
          if place == .next, taken == 10 { throw Failed(at: 10) }
          defer { taken += 1 }
          return taken
        },
        work: { number in
          gauge.begin()
          defer { gauge.end() }
          await Task.yield()
          if place == .work, number == 10 { throw Failed(at: 10) }
          return number
        },
        consume: { number in
          if place == .consume, number == 10 { throw Failed(at: 10) }
          results.append(number)
        })
    }
    #expect(gauge.now == 0)
    #expect(results == Array(0..<results.count))
    #expect(results.count <= 10)
    #expect(taken <= 14)
  }

  @Test("a cancelled caller starts nothing more, whether or not the work looks")
  func cancellation() async throws {
    let task = Task {
      var results: [Int] = []
      await #expect(throws: CancellationError.self) {
        try await OrderedTasks.run(
          limit: 1, next: numbers(100_000), work: { $0 },
          consume: { number in
            results.append(number)
            if number == 4 { withUnsafeCurrentTask { $0?.cancel() } }
          })
      }
      return results
    }
    #expect(await task.value == [0, 1, 2, 3, 4])
  }
}
