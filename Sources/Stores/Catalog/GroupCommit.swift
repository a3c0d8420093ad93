import Synchronization

/// Gathers what many tasks want of the database, and does what waits in one transaction.
///
/// While one transaction is under way the next operations gather; so a single caller waits for one commit, and two
/// hundred share it.
final class GroupCommit<Operation: Sendable, Outcome: Sendable>: Sendable {
  private typealias Waiting = (operation: Operation, continuation: CheckedContinuation<Outcome, any Error>)

  private struct State {
    var waiting: [Waiting] = []
    var isRunning = false
  }

  /// Operations of one transaction at most, so that none takes long.
  private let most: Int
  private let commit: @Sendable ([Operation]) async throws -> [Outcome]
  private let state = Mutex(State())

  /// - Parameters:
  ///   - most: operations of one transaction.
  ///   - commit: does operations in their order, all or none, and returns an outcome for each.
  init(most: Int = 1024, commit: @escaping @Sendable ([Operation]) async throws -> [Outcome]) {
    self.most = most
    self.commit = commit
  }

  /// Does an operation with others; when it returns, its transaction is on the disk.
  func perform(_ operation: Operation) async throws -> Outcome {
    try await withCheckedThrowingContinuation { continuation in
      let starts = state.withLock { state in
        state.waiting.append((operation, continuation))
        defer { state.isRunning = true }
        return !state.isRunning
      }
      // Its own task: a caller that is cancelled must not take the others' transaction along.
      if starts { Task.detached { await self.drain() } }
    }
  }

  private func drain() async {
    // Those who are about to come may come along.
    await Task.yield()
    while true {
      let batch = state.withLock { state -> [Waiting] in
        let batch = Array(state.waiting.prefix(most))
        if batch.count == state.waiting.count {
          state.waiting.removeAll(keepingCapacity: true)
        } else {
          state.waiting.removeFirst(batch.count)
        }
        if batch.isEmpty { state.isRunning = false }
        return batch
      }
      if batch.isEmpty { return }
      do {
        let outcomes = try await commit(batch.map(\.operation))
        for (waiting, outcome) in zip(batch, outcomes) { waiting.continuation.resume(returning: outcome) }
      } catch {
        for waiting in batch { waiting.continuation.resume(throwing: error) }
      }
    }
  }
}
