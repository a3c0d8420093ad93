import Catalog
import Foundation
import LanguageModels
import Transport

extension Workshop {
  /// Services with batches.
  static let batchKinds = [ModelServiceKind.openai, .anthropic]

  /// Where the files of batches are.
  var batchFolder: String { "\(folder)/batches" }

  /// Names of the files of batches that are there.
  func batchFiles() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: batchFolder)) ?? []).filter { $0 != "lock" }
  }

  func batchClient(
    _ service: ModelService, limits: BudgetLimits = BudgetLimits(), most: BatchLimits? = nil,
    run: String = "run-1", settling: Double = 60, clock: StillClock = StillClock()
  ) throws -> BatchClient {
    BatchClient(
      models: [model()], services: [service], ledger: try SpendLedger(catalog, limits: limits),
      batches: BatchJournal(catalog), run: run, folder: batchFolder, limits: most, settling: settling,
      environment: clock.environment)
  }

  static func questions(_ count: Int) -> [ChatRequest] {
    (0..<count).map { question($0, truth: $0 % 3 == 0 ? "no" : "yes") }
  }

  /// Calls until all requests are answered or failed.
  /// - Returns: how far it came, and calls made.
  func finish(
    _ client: BatchClient, _ requests: [ChatRequest], most: Int = 20
  ) async throws -> (progress: BatchProgress, calls: Int) {
    var calls = 0
    var progress = BatchProgress()
    repeat {
      calls += 1
      progress = try await client.advance(requests)
    } while !progress.isDone && calls < most
    return (progress, calls)
  }
}
