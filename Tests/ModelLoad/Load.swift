import Catalog
import Foundation
import LanguageModels
import Synchronization
import TestSupport
import Transport

/// Asks a model about many made-up records through cache and ledger.
///
/// It is killed by tests, and measured.
enum Load {
  /// What came of it, as one line of JSON.
  struct Account: Codable {
    var answered = 0
    var failed: [String: Int] = [:]
    var counters = ModelCounters()
    /// Verdicts of yes and no, in the order of the records, as one text.
    var verdicts = ""
    var wallSeconds = 0.0
    var processorSeconds = 0.0
    /// Resident memory in MiB after half of the records, and at the end.
    var memoryEarly = 0.0
    var memoryLate = 0.0
    /// The most that there was.
    var memoryPeak = 0.0
  }

  private static let schema = Array(
    """
    {"type":"object","properties":{"reason":{"type":"string"},"verdict":{"enum":["yes","no"]}},\
    "required":["reason","verdict"],"additionalProperties":false}
    """.utf8)

  private struct Progress {
    var next = 0
    var account = Account()
    var verdicts: [UInt8]
  }

  /// What the tasks share.
  private final class Shared: Sendable {
    let progress: Mutex<Progress>

    init(records: Int) {
      progress = Mutex(Progress(verdicts: Array(repeating: UInt8(ascii: "-"), count: records)))
    }

    /// The next record's place, from 0.
    func next(of records: Int) -> Int? {
      progress.withLock { progress in
        guard progress.next < records else { return nil }
        defer { progress.next += 1 }
        if progress.next == records / 2 { progress.account.memoryEarly = Used.memory }
        return progress.next
      }
    }

    func answered(_ index: Int, isYes: Bool) {
      progress.withLock { progress in
        progress.account.answered += 1
        progress.verdicts[index] = UInt8(ascii: isYes ? "y" : "n")
      }
    }

    func failed(_ code: String) { progress.withLock { $0.account.failed[code, default: 0] += 1 } }
  }

  static func run(_ arguments: Arguments) async throws {
    let records = arguments.whole("records", 1000)
    let first = arguments.whole("first", 0)
    var service = ModelService(
      name: "load", kind: ModelServiceKind(rawValue: arguments.text("kind", "openai")) ?? .openai,
      address: arguments.text("address", "http://127.0.0.1:18999/v1"))
    service.credentials = ModelService.credentials(service.kind, key: arguments.text("key", "test-key"))
    service.honoursKeys = arguments.text("keys", "honoured") == "honoured"
    service.maximumInFlight = arguments.whole("in-flight", 32)
    service.timeout = Double(arguments.text("timeout", "60")) ?? 60
    service.retry = RetryPolicy(attempts: arguments.whole("attempts", 5), firstDelay: 0.05)
    var model = LanguageModel(name: "judge", service: "load", identifier: arguments.text("model", "judge-90"))
    model.prices = ModelPrices(
      dollarsPerMillionInput: Double(arguments.text("price-in", "0.15")) ?? 0,
      output: Double(arguments.text("price-out", "0.6")) ?? 0)
    let limits = BudgetLimits(
      run: Int64(arguments.text("limit-run", "")), day: Int64(arguments.text("limit-day", "")))
    let ledger = try SpendLedger(
      CatalogStore(path: arguments.text("catalog", "catalog.sqlite")), limits: limits)
    let client = ModelClient(
      models: [model], services: [service], ledger: ledger, run: arguments.text("run", "load"))
    let shared = Shared(records: records)
    let withSchema = arguments.text("schema", "yes") == "yes"
    let maximumTokens = arguments.whole("maximum-tokens", 64)
    let padding = String(
      repeating: "The customer asks about an order. ", count: arguments.whole("padding", 0))
    let (wall, processor) = (Date(), Used.seconds)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<arguments.whole("tasks", service.maximumInFlight) {
        group.addTask {
          while let index = shared.next(of: records) {
            let number = first + index
            var request = ChatRequest(
              model: "judge",
              messages: [
                ChatMessage(.system, "Is the answer of the record right? Give a reason, then the verdict."),
                ChatMessage(.user, "\(padding)Record \(number): truth=\(number % 3 == 0 ? "no" : "yes")"),
              ])
            request.maximumTokens = maximumTokens
            if withSchema { request.schema = schema }
            do {
              let answer = try await client.answer(request)
              shared.answered(index, isYes: answer.text.utf8.suffix(6).starts(with: "\"yes\"".utf8))
            } catch {
              shared.failed((error as? ModelError)?.code.rawValue ?? "\(error)")
            }
          }
        }
      }
    }
    var account = shared.progress.withLock { progress in
      progress.account.verdicts = records <= 10_000 ? String(decoding: progress.verdicts, as: UTF8.self) : ""
      return progress.account
    }
    account.wallSeconds = -wall.timeIntervalSinceNow
    account.processorSeconds = Used.seconds - processor
    account.memoryLate = Used.memory
    account.memoryPeak = Used.memoryPeak
    account.counters = client.counters
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    print(String(decoding: try encoder.encode(account), as: UTF8.self))
  }
}
