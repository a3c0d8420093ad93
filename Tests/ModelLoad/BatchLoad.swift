import Bytes
import Catalog
import Foundation
import LanguageModels
import Records
import Synchronization
import TestSupport
import Transport

/// Has many made-up records answered in batches, again and again until all are.
///
/// It is killed by tests at any write of journal and ledger, and measured.
enum BatchLoad {
  /// What came of it, as one line of JSON.
  struct Account: Codable {
    var answered = 0
    var failed: [String: Int] = [:]
    var calls = 0
    /// Writes of journal and ledger.
    var writes = 0
    var counters = BatchCounters()
    /// Answers that a client without batches then found kept.
    var kept = 0
    var texts = ""
    var wallSeconds = 0.0
    var processorSeconds = 0.0
    /// The most resident memory so far, in MiB.
    var memoryPeak = 0.0
  }

  static func run(_ arguments: Arguments) async throws {
    let records = arguments.whole("records", 10)
    var service = ModelService(
      name: "load", kind: ModelServiceKind(rawValue: arguments.text("kind", "openai")) ?? .openai,
      address: arguments.text("address", "http://127.0.0.1:18999/v1"))
    service.credentials = ModelService.credentials(service.kind, key: arguments.text("key", "test-key"))
    service.timeout = Double(arguments.text("timeout", "60")) ?? 60
    service.retry = RetryPolicy(attempts: 3, firstDelay: 0.01)
    var model = LanguageModel(name: "judge", service: "load", identifier: arguments.text("model", "judge-90"))
    model.prices = ModelPrices(dollarsPerMillionInput: 0.15, output: 0.6)
    let catalog = try CatalogStore(path: arguments.text("catalog", "catalog.sqlite"))
    let limits = BudgetLimits(
      run: Int64(arguments.text("limit-run", "")), day: Int64(arguments.text("limit-day", "")))
    let end = WriteCount(
      dies: arguments.whole("dies", 0), isAfter: arguments.text("when", "before") == "after")
    let ledger = CountedLedger(ledger: try SpendLedger(catalog, limits: limits), count: end)
    let journal = CountedJournal(journal: BatchJournal(catalog), count: end)
    let client = BatchClient(
      models: [model], services: [service], ledger: ledger, batches: journal,
      run: arguments.text("run", "load"), folder: arguments.text("folder", "batches"),
      limits: arguments.whole("most", 0) > 0
        ? BatchLimits(requests: arguments.whole("most", 0), bytes: 1 << 28) : nil,
      settling: 0)
    let requests = (0..<records).map { number in
      var request = ChatRequest(
        model: "judge",
        messages: [
          ChatMessage(.system, "Is the answer of the record right?"),
          ChatMessage(.user, "Record \(number): truth=\(number % 3 == 0 ? "no" : "yes")"),
        ])
      request.maximumTokens = 64
      return request
    }
    var account = Account()
    let (wall, processor) = (Date(), Used.seconds)
    var progress = BatchProgress()
    repeat {
      account.calls += 1
      progress = try await client.advance(requests)
    } while !progress.isDone && account.calls < arguments.whole("calls", 50)
    account.wallSeconds = -wall.timeIntervalSinceNow
    account.processorSeconds = Used.seconds - processor
    account.memoryPeak = Used.memoryPeak
    account.answered = progress.answered
    for error in progress.failed.values { account.failed[error.code.rawValue, default: 0] += 1 }
    account.writes = end.count
    account.counters = client.counters
    if arguments.text("check", "yes") == "yes" {
      let reader = ModelClient(models: [model], services: [service], ledger: ledger, run: "reader")
      for request in requests {
        let answer = try await reader.answer(request)
        account.kept += answer.isKept ? 1 : 0
        account.texts += answer.text.prefix(1)
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    print(String(decoding: try encoder.encode(account), as: UTF8.self))
  }
}

/// Counts writes, and ends the process as `kill -9` would at one of them.
private final class WriteCount: Sendable {
  private let dies: Int
  private let isAfter: Bool
  private let made = Atomic(0)

  init(dies: Int, isAfter: Bool) {
    self.dies = dies
    self.isAfter = isAfter
  }

  var count: Int { made.load(ordering: .relaxed) }

  func write<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    let number = made.add(1, ordering: .relaxed).newValue
    if number == dies, !isAfter { kill(getpid(), SIGKILL) }
    let value = try await body()
    if number == dies, isAfter { kill(getpid(), SIGKILL) }
    return value
  }
}

private struct CountedLedger: ModelLedger {
  let ledger: SpendLedger
  let count: WriteCount

  func response(_ digest: Digest) async throws -> KeptResponse? { try await ledger.response(digest) }

  func begin(_ intent: SpendIntent) async throws -> SpendDecision {
    try await count.write { try await ledger.begin(intent) }
  }

  func end(_ intent: SpendIntent, _ outcome: SpendOutcome) async throws {
    try await count.write { try await ledger.end(intent, outcome) }
  }
}

private struct CountedJournal: BatchLedger {
  let journal: BatchJournal
  let count: WriteCount

  func open(_ models: Set<String>) async throws -> [BatchRecord] { try await journal.open(models) }
  func identifiers() async throws -> Set<String> { try await journal.identifiers() }
  func files() async throws -> Set<Digest> { try await journal.files() }
  func rows(_ key: String) async throws -> [BatchRow] { try await journal.rows(key) }
  func standing(_ digests: [Digest]) async throws -> [Digest: BatchRow] {
    try await journal.standing(digests)
  }

  func plan(_ batch: BatchRecord, _ rows: [BatchRow]) async throws {
    try await count.write { try await journal.plan(batch, rows) }
  }

  func move(_ batch: BatchRecord, without: [Digest]) async throws {
    try await count.write { try await journal.move(batch, without: without) }
  }

  func merge(_ batch: BatchRecord, _ rows: [BatchRow]) async throws {
    try await count.write { try await journal.merge(batch, rows) }
  }

  func forget(_ key: String) async throws { try await count.write { try await journal.forget(key) } }
}
