import Bytes
import LanguageModels

/// Asks many requests that do not depend on each other.
public protocol RequestRounds: Sendable {
  /// Answers requests.
  /// - Parameter requests: the requests.
  /// - Returns: an answer, or why there is none, for each of them in their order.
  /// - Throws: ``SynthesisPause`` where nothing is to be done now; ``ModelError`` where nothing can be answered.
  func ask(_ requests: [ChatRequest]) async throws -> [Result<ChatAnswer, ModelError>]
}

/// Why a batch is left as it is until another run.
public enum SynthesisPause: Error, Sendable, Hashable {
  /// A service has so many requests in a batch that is not done.
  case waiting(Int)
  /// The budget has not enough left.
  case budgetSpent
}

/// Asks at once, some at a time.
public struct LiveRounds: RequestRounds {
  private let service: any ChatModel
  private let concurrency: Int

  /// Prepares to ask.
  /// - Parameters:
  ///   - service: who answers.
  ///   - concurrency: requests in flight, 1 or more; default 16.
  public init(_ service: any ChatModel, concurrency: Int = 16) {
    self.service = service
    self.concurrency = concurrency
  }

  /// Answers requests; one that fails does not keep the others from being asked, but a spent budget does.
  ///
  /// Where nobody answers at all, a service is out of order and not the requests: that is thrown, so that the batch stays
  /// open and is gone on with.
  public func ask(_ requests: [ChatRequest]) async throws -> [Result<ChatAnswer, ModelError>] {
    var results: [Result<ChatAnswer, ModelError>] = []
    var next = requests.startIndex
    var isSpent = false
    try await OrderedTasks.run(limit: concurrency) { () -> ChatRequest? in
      guard next < requests.endIndex, !isSpent else { return nil }
      defer { next += 1 }
      return requests[next]
    } work: { [service] request in
      do {
        return Result<ChatAnswer, ModelError>.success(try await service.answer(request))
      } catch let error as ModelError where error.code != .unknownModel && error.code != .cancelled {
        return .failure(error)
      }
    } consume: { result in
      if case .failure(let error) = result, error.code == .budgetSpent { isSpent = true }
      results.append(result)
    }
    if isSpent { throw SynthesisPause.budgetSpent }
    let isDown = results.allSatisfy { result in
      guard case .failure(let error) = result else { return false }
      return error.code == .unreachable || error.code == .overloaded
    }
    if isDown, case .failure(let error)? = results.first { throw error }
    return results
  }
}
