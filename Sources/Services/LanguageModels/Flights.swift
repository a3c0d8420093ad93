import Bytes
import Synchronization

/// Sends equal requests that come at once only once: the first is on its way, the others wait for its answer.
final class Flights: Sendable {
  typealias Outcome = Result<KeptResponse, any Error>

  private let waiting = Mutex<[Digest: [CheckedContinuation<Outcome?, Never>]]>([:])

  /// Joins the request that is on its way with this digest, if there is one.
  /// - Returns: its outcome; nil if the caller is the first and must call ``land(_:_:)`` whatever happens.
  func join(_ digest: Digest) async -> Outcome? {
    let isFirst = waiting.withLock { waiting in
      if waiting[digest] != nil { return false }
      waiting[digest] = []
      return true
    }
    if isFirst { return nil }
    return await withCheckedContinuation { continuation in
      let isFirst = waiting.withLock { waiting in
        // It may have landed since.
        guard waiting[digest] != nil else {
          waiting[digest] = []
          return true
        }
        waiting[digest]?.append(continuation)
        return false
      }
      if isFirst { continuation.resume(returning: nil) }
    }
  }

  /// How many wait for the request with this digest.
  func waitingCount(_ digest: Digest) -> Int { waiting.withLock { $0[digest]?.count ?? 0 } }

  /// Gives the outcome to all who wait; one of a cancelled task makes the next of them the first instead.
  func land(_ digest: Digest, _ outcome: Outcome) {
    if case .failure(let error) = outcome,
      (error as? ModelError)?.code == .cancelled || error is CancellationError
    {
      let next = waiting.withLock { waiting -> CheckedContinuation<Outcome?, Never>? in
        guard var list = waiting[digest], !list.isEmpty else {
          waiting[digest] = nil
          return nil
        }
        let next = list.removeFirst()
        waiting[digest] = list
        return next
      }
      next?.resume(returning: nil)
      return
    }
    for continuation in waiting.withLock({ $0.removeValue(forKey: digest) }) ?? [] {
      continuation.resume(returning: outcome)
    }
  }
}
