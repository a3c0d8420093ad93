import Bytes
import Synchronization
import Testing
import Transport

@testable import LanguageModels

@Suite("Pacing") struct PacingTests {
  @Test("no window of a minute has more than the limit", arguments: [10, 60, 500])
  func window(_ limit: Int) {
    var flow = MinuteFlow(limit: Double(limit), now: 0)
    var times: [Double] = []
    var now = 0.0
    for _ in 0..<(limit * 3) {
      now += flow.spend(1, now: now)
      times.append(now)
    }
    for start in times {
      #expect(times.filter { $0 >= start && $0 < start + 60 }.count <= limit)
    }
    // And it is used: three minutes' requests take no more than four.
    #expect((times.last ?? 0) < 240)
  }

  @Test("tokens that were estimated too high are given back")
  func correction() {
    let pacer = RatePacer(requestsPerMinute: nil, tokensPerMinute: 1000, now: 0)
    #expect(pacer.spend(tokens: 100, now: 0) == 0)
    #expect(pacer.spend(tokens: 100, now: 0) > 6)
    pacer.settle(estimated: 100, used: 0, now: 0)
    pacer.settle(estimated: 100, used: 0, now: 0)
    #expect(pacer.spend(tokens: 100, now: 0) == 0)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    var requests: Int?
    var tokens: Int?
    let headers: [HTTPHeader]
    /// Seconds that the second of two requests of 50 tokens waits, within a tenth.
    let wait: Double
    var testDescription: String { id }
  }

  @Test(
    "headers set limits, and lower what the definition allows",
    arguments: [
      Case(id: "none", headers: [HTTPHeader("Content-Type", "x")], wait: 0),
      Case(
        id: "openai requests", headers: [HTTPHeader("x-ratelimit-limit-requests", "60")], wait: 0),
      Case(
        id: "openai requests, none left",
        headers: [
          HTTPHeader("X-RateLimit-Limit-Requests", "60"), HTTPHeader("x-ratelimit-remaining-requests", "0"),
        ], wait: 2 * 60.0 / 54),
      Case(
        id: "anthropic requests, none left",
        headers: [
          HTTPHeader("anthropic-ratelimit-requests-limit", "60"),
          HTTPHeader("anthropic-ratelimit-requests-remaining", "0"),
        ], wait: 2 * 60.0 / 54),
      Case(
        id: "tokens left",
        headers: [
          HTTPHeader("x-ratelimit-limit-tokens", "6000"), HTTPHeader("x-ratelimit-remaining-tokens", "50"),
        ], wait: 50 * 60.0 / 5400),
      Case(
        id: "never above the definition", requests: 60,
        headers: [
          HTTPHeader("x-ratelimit-limit-requests", "6000"), HTTPHeader("x-ratelimit-remaining-requests", "0"),
        ], wait: 2 * 60.0 / 54),
      Case(
        id: "nonsense",
        headers: [
          HTTPHeader("x-ratelimit-limit-requests", "-5"),
          HTTPHeader("x-ratelimit-remaining-requests", "many"),
        ],
        wait: 0),
    ])
  func headers(_ item: Case) {
    let pacer = RatePacer(requestsPerMinute: item.requests, tokensPerMinute: item.tokens, now: 0)
    pacer.learn(item.headers, now: 0)
    _ = pacer.spend(tokens: 50, now: 0)
    #expect(abs(pacer.spend(tokens: 50, now: 0) - item.wait) < 0.1)
  }

  @Test("what is closed stays closed for all")
  func closes() {
    let pacer = RatePacer(requestsPerMinute: nil, tokensPerMinute: nil, now: 0)
    pacer.close(for: 7, now: 10)
    pacer.close(for: 3, now: 10)
    #expect(pacer.spend(tokens: 1, now: 12) == 5)
    #expect(pacer.closed(now: 17) == 0)
  }
}

/// Counts who is in.
private final class Inside: Sendable {
  private let state = Mutex((now: 0, most: 0, done: 0))

  var counts: (now: Int, most: Int, done: Int) { state.withLock { $0 } }

  func come() {
    state.withLock {
      $0.now += 1
      $0.most = max($0.most, $0.now)
    }
  }

  func go() {
    state.withLock {
      $0.now -= 1
      $0.done += 1
    }
  }
}

@Suite("Gates") struct GateTests {
  @Test("no more than its number are in at once, in the order they came", .timeLimit(.minutes(10)))
  func limits() async {
    let gate = Gate(3)
    let inside = Inside()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<200 {
        group.addTask {
          #expect(await gate.enter())
          inside.come()
          await Task.yield()
          inside.go()
          gate.leave()
        }
      }
    }
    #expect(inside.counts.most == 3)
    #expect(inside.counts.done == 200)
  }

  @Test("who is cancelled does not get in and keeps nobody out", .timeLimit(.minutes(10)))
  func cancels() async {
    let gate = Gate(1)
    #expect(await gate.enter())
    let waiting = (0..<50).map { _ in Task { await gate.enter() } }
    let last = Task { await gate.enter() }
    for task in waiting { task.cancel() }
    for task in waiting { #expect(await task.value == false) }
    gate.leave()
    #expect(await last.value)
    gate.leave()
    #expect(await gate.enter())
  }

  @Test("equal requests fly once, and a cancelled first one hands over", .timeLimit(.minutes(10)))
  func flights() async throws {
    let flights = Flights()
    let digest = Digest.sha256("a")
    let answer = KeptResponse(body: [1], inputTokens: 1, outputTokens: 1, cost: 1)
    #expect(await flights.join(digest) == nil)
    let second = Task { await flights.join(digest) }
    while flights.waitingCount(digest) < 1 { await Task.yield() }
    flights.land(digest, .failure(ModelError(.cancelled, model: "m")))
    // The second is the first now.
    #expect(await second.value == nil)
    let third = Task { await flights.join(digest) }
    while flights.waitingCount(digest) < 1 { await Task.yield() }
    flights.land(digest, .success(answer))
    #expect(try await third.value?.get() == answer)
    #expect(await flights.join(digest) == nil)
  }
}
