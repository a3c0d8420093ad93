import LanguageModels
import Synthesize

/// Asks in services' batches, which answer within a day for a share of the price; models whose service has none are asked at
/// once.
struct BatchRounds: RequestRounds {
  /// Seconds between two looks at a batch that is waited for.
  private static let pause = 30.0

  let models: ProjectModels
  /// Minutes that a batch is waited for before it is left to the next run.
  let waitMinutes: Int
  /// Waits some seconds.
  var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }

  func ask(_ requests: [ChatRequest]) async throws -> [Result<ChatAnswer, ModelError>] {
    let places = requests.indices.filter { models.batchShares[requests[$0].model] != nil }
    var results = [Result<ChatAnswer, ModelError>?](repeating: nil, count: requests.count)
    for (number, error) in try await collect(places.map { requests[$0] }) {
      results[places[number]] = .failure(error)
    }
    // What batches answered is kept by now, and costs nothing.
    let rest = requests.indices.filter { results[$0] == nil }
    let answers = try await LiveRounds(models).ask(rest.map { requests[$0] })
    for (place, answer) in zip(rest, answers) { results[place] = answer }
    return results.compactMap(\.self)
  }

  /// Moves batches on until all is answered, or for as long as may be waited.
  /// - Returns: what failed for good, by its place.
  private func collect(_ requests: [ChatRequest]) async throws -> [Int: ModelError] {
    guard !requests.isEmpty else { return [:] }
    var left = Double(waitMinutes) * 60
    while true {
      let progress: BatchProgress
      do {
        progress = try await models.batches.advance(requests)
      } catch let error as ModelError where error.code == .budgetSpent {
        throw SynthesisPause.budgetSpent
      }
      if progress.isDone { return progress.failed }
      guard left > 0 else { throw SynthesisPause.waiting(progress.underWay + progress.waiting) }
      try await sleep(min(left, Self.pause))
      left -= Self.pause
    }
  }
}
