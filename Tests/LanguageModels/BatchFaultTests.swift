import Catalog
import LanguageModels
import TestSupport
import Testing
import Transport

/// What a service or a network may do to a batch, and what is left of the requests and the money.
@Suite("Faults of batches", .enabled(if: Workshop.isAvailable, "needs python3"), .timeLimit(.minutes(10)))
struct BatchFaultTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    let id: String
    var kinds = Workshop.batchKinds
    /// How the next batches go, see `servers/batches.py`.
    var orders: [String] = []
    /// Faults of single exchanges.
    var faults: [String] = []
    /// Calls until all is done.
    var calls = 2
    /// The same with Anthropic, where a batch is told by its results only.
    var callsWithoutMetadata: Int?
    var billed = 10
    var failed = 0
    var code: ModelError.Code?
    /// What is counted, but for what was paid.
    var counters: BatchCounters
    var unknown = false
    var testDescription: String { id }

    init(
      _ id: String, kinds: [ModelServiceKind] = Workshop.batchKinds, orders: [String] = [],
      faults: [String] = [],
      calls: Int = 2, callsWithoutMetadata: Int? = nil, billed: Int = 10, failed: Int = 0,
      code: ModelError.Code? = nil, unknown: Bool = false,
      _ change: (inout BatchCounters) -> Void = { _ in }
    ) {
      self.id = id
      self.kinds = kinds
      self.orders = orders
      self.faults = faults
      self.calls = calls
      self.callsWithoutMetadata = callsWithoutMetadata
      self.billed = billed
      self.failed = failed
      self.code = code
      self.unknown = unknown
      var counters = BatchCounters()
      (counters.planned, counters.created, counters.merged, counters.bought) = (1, 1, 1, 10 - failed)
      change(&counters)
      self.counters = counters
    }
  }

  private static func batches(_ count: Int) -> (inout BatchCounters) -> Void {
    { ($0.planned, $0.created, $0.merged) = (count, count, count) }
  }

  static let faults = [
    Fault("none"),
    Fault("done at once", orders: [#"{"polls":0}"#], calls: 1),
    Fault("in progress for long", orders: [#"{"polls":5}"#], calls: 6),
    Fault("expires with a part of the answers", orders: [#"{"keep":4}"#], calls: 3, batches(2)),
    Fault("expires with none", orders: [#"{"keep":0}"#], calls: 3, batches(2)),
    Fault(
      "expires three times", orders: Array(repeating: #"{"keep":0}"#, count: 3), calls: 4, billed: 0,
      failed: 10,
      code: .unreachable, batches(3)),
    Fault("is cancelled by another", orders: [#"{"keep":4,"status":"cancelled"}"#], calls: 3, batches(2)),
    Fault(
      "half of it refused for now", orders: [#"{"refuse":{"status":429,"every":2}}"#], calls: 3, batches(2)),
    Fault("half of it broken", orders: [#"{"refuse":{"status":500,"every":2}}"#], calls: 3, batches(2)),
    Fault(
      "broken three times", orders: Array(repeating: #"{"refuse":{"status":500}}"#, count: 3), calls: 4,
      billed: 0,
      failed: 10, code: .overloaded, batches(3)),
    Fault(
      "a part refused", orders: [#"{"refuse":{"status":400,"every":5}}"#], billed: 8, failed: 2,
      code: .refused),
    Fault("lines twice", orders: [#"{"repeat":3}"#]) { $0.repeatedLines = 3 },
    Fault("lines of garbage", orders: [#"{"garbage":7}"#]) { ($0.badLines, $0.unknownLines) = (5, 1) },
    Fault("a line of two megabytes", orders: [#"{"huge":2000000}"#]) { $0.badLines = 1 },
    Fault("a line of seventeen megabytes", orders: [#"{"huge":17000000}"#]) { $0.badLines = 1 },
    Fault("answers without a line", orders: [#"{"swallow":2}"#], calls: 3, billed: 12, unknown: true) {
      batches(2)(&$0)
      $0.lost = 2
    },
    Fault("answers in lines that end early", orders: [#"{"spoil":2}"#], calls: 3, billed: 12, unknown: true) {
      batches(2)(&$0)
      ($0.lost, $0.badLines) = (2, 2)
    },
    Fault(
      "fails as a whole", kinds: [.openai], orders: [#"{"fail":"token_limit_exceeded"}"#], calls: 3,
      batches(2)),
    Fault(
      "fails as a whole three times", kinds: [.openai], orders: Array(repeating: #"{"fail":"x"}"#, count: 3),
      calls: 4,
      billed: 0, failed: 10, code: .refused, batches(3)),
    Fault("upload lost", kinds: [.openai], faults: [#""lost","path":"/files""#]),
    Fault("upload refused for now", kinds: [.openai], faults: [#""status","status":503,"path":"/files""#]),
    Fault("making lost", faults: [#""lost","path":"/batches""#], calls: 1, callsWithoutMetadata: 2) {
      $0.found = 1
    },
    Fault("making cut", faults: [#""cut","path":"/batches""#], calls: 1, callsWithoutMetadata: 2) {
      $0.found = 1
    },
    Fault(
      "answer to making in the middle", faults: [#""garbage","path":"/batches""#], calls: 1,
      callsWithoutMetadata: 2
    ) {
      $0.found = 1
    },
    Fault(
      "making lost, and nobody can tell for long", kinds: [.anthropic], orders: [#"{"polls":3}"#],
      faults: [#""lost","path":"/batches""#], calls: 4
    ) { $0.found = 1 },
    Fault("making refused for now", faults: [#""status","status":429,"path":"/batches""#], calls: 3) {
      $0.created = 2
    },
    Fault("question how far it is lost", faults: [#""lost","path":"/batches/""#], calls: 1),
    Fault("question how far it is answered with a page", faults: [#""html","path":"/batches/""#], calls: 3),
    Fault("results lost", faults: [#""lost","path":"/content""#, #""lost","path":"/results""#]),
    Fault("results cut", faults: [#""cut","path":"/content""#, #""cut","path":"/results""#]),
  ]

  @Test(
    "no request is billed twice for a fault that can be seen, and each is answered or failed",
    arguments: faults.flatMap { fault in fault.kinds.map { (fault, $0) } })
  func fault(_ fault: Fault, _ kind: ModelServiceKind) async throws {
    let shop = try Workshop()
    for order in fault.orders { try await shop.server.control(#"{"batch":\#(order)}"#) }
    for one in fault.faults { try await shop.server.control(#"{"fault":\#(one),"times":1}"#) }
    let client = try shop.batchClient(shop.service(kind))
    let requests = Workshop.questions(10)
    let (progress, calls) = try await shop.finish(client, requests)
    #expect(progress.isDone && progress.answered == 10 - fault.failed)
    #expect(progress.failed.count == fault.failed)
    #expect(progress.failed.values.allSatisfy { $0.code == fault.code })
    #expect(calls == (kind == .anthropic ? fault.callsWithoutMetadata : nil) ?? fault.calls)
    var counters = client.counters
    counters.cost = 0
    #expect(counters == fault.counters)

    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(bill.billed == fault.billed)
    #expect(bill.unique == (fault.billed == 0 ? 0 : 10 - (fault.billed < 10 ? fault.failed : 0)))
    #expect(spent.open == 0 && spent.reserved == 0 && spent.bought == 10 - fault.failed)
    #expect((spent.unknown > 0) == fault.unknown && (spent.twice > 0) == fault.unknown)
    if fault.unknown {
      #expect(spent.cost + spent.unknown >= bill.cost)
    } else {
      #expect(spent.cost == bill.cost && bill.most <= 1)
    }
    #expect(shop.batchFiles() == [])

    // Another client, without batches, finds every answer; a failed request stays failed without being sent.
    let reader = try shop.client(shop.service(kind), shop.model(), run: "run-2")
    for (index, request) in requests.enumerated() where progress.failed[index] == nil {
      #expect(try await reader.answer(request).isKept)
    }
    let again = try await shop.batchClient(shop.service(kind), run: "run-3").advance(requests)
    #expect(again.answered == progress.answered && again.failed == progress.failed)
    #expect(try await shop.bill() == bill)
  }

  @Test(
    "what a service says it does not have is given up after a day, and not before",
    arguments: ["/batches/", "results"], Workshop.batchKinds)
  func gone(_ what: String, _ kind: ModelServiceKind) async throws {
    let shop = try Workshop()
    let path = what == "results" && kind == .openai ? "/content" : what
    try await shop.server.control(#"{"fault":"status","status":404,"path":"\#(path)"}"#)
    let clock = StillClock("2026-11-20T10:00:00Z")
    let client = try shop.batchClient(shop.service(kind), clock: clock)
    let requests = Workshop.questions(4)
    for time in ["2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z", "2026-11-21T09:59:59Z"] {
      clock.set(time)
      _ = try await client.advance(requests)
    }
    let before = try await client.advance(requests)
    #expect(before.underWay == 4 && before.troubles.map(\.status) == [404])
    #expect(client.counters.lost == 0 && client.counters.created == 1)
    clock.set("2026-11-21T10:00:00Z")
    #expect(try await client.advance(requests).underWay == 4)
    #expect(client.counters.lost == 4 && client.counters.created == 2)
    try await shop.server.control(#"{"clear":true}"#)
    #expect(try await shop.finish(client, requests).progress.answered == 4)
    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(bill.billed == 8 && bill.unique == 4)
    #expect(spent.unknown > 0 && spent.twice == 4 && spent.reserved == 0)
    #expect(spent.cost + spent.unknown >= bill.cost)
  }

  @Test("after a lost making no other is made without a look at the list", arguments: Workshop.batchKinds)
  func refusedAfterLoss(_ kind: ModelServiceKind) async throws {
    let shop = try Workshop()
    try await shop.server.control(#"{"fault":"status","status":502,"path":"/batches","times":1}"#)
    let clock = StillClock("2026-11-20T10:00:00Z")
    let client = try shop.batchClient(shop.service(kind), clock: clock)
    let requests = Workshop.questions(3)
    _ = try await client.advance(requests)
    // The next list is read, and the making behind it refused for now.
    try await shop.server.control(#"{"fault":"status","status":429,"path":"/batches","after":1,"times":1}"#)
    clock.set("2026-11-20T10:02:00Z")
    #expect(try await client.advance(requests).troubles.map(\.status) == [429])
    #expect(try await BatchJournal(shop.catalog).open(["judge"]).map(\.state) == [.creating])
    clock.set("2026-11-20T10:04:00Z")
    #expect(try await shop.finish(client, requests).progress.answered == 3)
    #expect(client.counters.created == 3)
    #expect(try await shop.bill().billed == 3)
  }
}
