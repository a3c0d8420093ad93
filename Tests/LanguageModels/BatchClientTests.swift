import Catalog
import Foundation
import TestSupport
import Testing
import Transport

@testable import LanguageModels

@Suite("Client of batches", .enabled(if: Workshop.isAvailable, "needs python3"), .timeLimit(.minutes(10)))
struct BatchClientTests {
  @Test("answers are those of single requests, at half the price", arguments: Workshop.batchKinds)
  func answers(_ kind: ModelServiceKind) async throws {
    let (shop, other) = (try Workshop(), try Workshop())
    var requests = Workshop.questions(6)
    for index in 3..<6 { requests[index].schema = Workshop.schema }
    let first = try await shop.finish(try shop.batchClient(shop.service(kind)), requests).progress
    #expect(first.answered == 6)
    let (kept, live) = (
      try shop.client(shop.service(kind), shop.model()), try other.client(other.service(kind), other.model())
    )
    var (half, whole): (Int64, Int64) = (0, 0)
    for request in requests {
      let (a, b) = (try await kept.answer(request), try await live.answer(request))
      #expect(a.isKept && !b.isKept)
      #expect(a.text == b.text && a.finish == b.finish)
      #expect(a.inputTokens == b.inputTokens && a.outputTokens == b.outputTokens)
      half += a.cost
      whole += b.cost
    }
    #expect(half < whole && half >= whole / 2)
    #expect(try await shop.bill().cost == half)
  }

  @Test("a share of the price is that of the service")
  func share() async throws {
    let shop = try Workshop()
    var service = shop.service()
    service.batchShare = 1
    _ = try await shop.finish(try shop.batchClient(service), Workshop.questions(4))
    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(spent.cost >= 2 * bill.cost - 4 && spent.cost > bill.cost)
  }

  @Test("equal requests are asked once, and kept ones not at all")
  func once() async throws {
    let shop = try Workshop()
    _ = try await shop.client(shop.service(), shop.model()).answer(Workshop.question(1))
    let requests = [Workshop.question(1), Workshop.question(2), Workshop.question(2), Workshop.question(1)]
    let client = try shop.batchClient(shop.service())
    let progress = try await client.advance(requests)
    #expect(progress.answered == 2 && progress.underWay == 2 && !progress.isDone)
    #expect(try await client.advance(requests).answered == 4)
    #expect(try await shop.bill().billed == 2 && client.counters.bought == 1)
  }

  @Test("more than one batch may hold goes into several", arguments: Workshop.batchKinds)
  func splits(_ kind: ModelServiceKind) async throws {
    let shop = try Workshop()
    let client = try shop.batchClient(shop.service(kind), most: BatchLimits(requests: 4, bytes: 1 << 20))
    #expect(try await shop.finish(client, Workshop.questions(10)).progress.answered == 10)
    #expect(client.counters.planned == 3)
    // A request is some 150 bytes, and 256 are kept free.
    let other = try shop.batchClient(
      shop.service(kind), most: BatchLimits(requests: 100, bytes: 700), run: "run-2")
    let more = Array(Workshop.questions(16).dropFirst(10))
    #expect(try await shop.finish(other, more).progress.answered == 6)
    #expect((2...6).contains(other.counters.planned))
    #expect(try await shop.bill().most == 1)
  }

  @Test(
    "a batch that was not made is made once its service has had time to list it",
    arguments: Workshop.batchKinds)
  func settles(_ kind: ModelServiceKind) async throws {
    let shop = try Workshop()
    try await shop.server.control(#"{"fault":"status","status":502,"path":"/batches","times":1}"#)
    let clock = StillClock("2026-11-20T10:00:00Z")
    let client = try shop.batchClient(shop.service(kind), clock: clock)
    let requests = Workshop.questions(3)
    let first = try await client.advance(requests)
    #expect(first.underWay == 3 && first.troubles.map(\.status) == [502])
    clock.set("2026-11-20T10:00:59Z")
    let second = try await client.advance(requests)
    #expect(
      second.underWay == 3 && second.troubles == [ModelError(.unreachable, model: "judge", detail: "batch")])
    #expect(client.counters.created == 1)
    clock.set("2026-11-20T10:01:00Z")
    #expect(try await shop.finish(client, requests).progress.answered == 3)
    #expect(client.counters.created == 2)
    #expect(try await shop.bill().billed == 3)
  }

  @Test("a lost batch is found among those of others", arguments: Workshop.batchKinds)
  func found(_ kind: ModelServiceKind) async throws {
    let shop = try Workshop(["--max-page", "2"])
    let other = try Workshop()
    // Batches of as many requests, made by somebody else and by ourselves.
    for number in 0..<3 {
      let stranger = BatchClient(
        models: [shop.model()], services: [shop.service(kind)],
        ledger: try SpendLedger(other.catalog, limits: BudgetLimits()),
        batches: BatchJournal(other.catalog), run: "other", folder: "\(other.folder)/\(number)")
      _ = try await stranger.advance((0..<3).map { Workshop.question(100 + number * 3 + $0) })
    }
    let client = try shop.batchClient(shop.service(kind))
    let requests = Workshop.questions(6)
    _ = try await shop.finish(client, Array(requests[..<3]))
    try await shop.server.control(#"{"fault":"lost","path":"/batches","times":1}"#)
    #expect(try await shop.finish(client, requests).progress.answered == 6)
    #expect(client.counters.found == 1 && client.counters.created == 2)
    #expect(try await shop.bill().most == 1)
  }

  @Test("a key that is refused reserves nothing, and the right one goes on", arguments: Workshop.batchKinds)
  func wrongKey(_ kind: ModelServiceKind) async throws {
    let shop = try Workshop()
    var service = shop.service(kind)
    service.credentials = ModelService.credentials(kind, key: "wrong")
    let progress = try await shop.batchClient(service).advance(Workshop.questions(3))
    #expect(progress.isDone && progress.failed.count == 3)
    #expect(
      progress.failed[0] == ModelError(.refused, model: "judge", status: 401, detail: "invalid_api_key"))
    let spent = try shop.spent()
    #expect(spent.open == 0 && spent.reserved == 0)
    let right = try shop.batchClient(shop.service(kind))
    #expect(try await shop.finish(right, Workshop.questions(3)).progress.answered == 3)
  }

  @Test("a model that is not there and a service without batches are errors of the request")
  func unknown() async throws {
    let shop = try Workshop()
    var service = shop.service()
    service.batches = false
    var stranger = Workshop.question(1)
    stranger.model = "other"
    let progress = try await shop.batchClient(service).advance([stranger, Workshop.question(1)])
    #expect(progress.isDone)
    #expect(progress.failed[0] == ModelError(.unknownModel, model: "other"))
    #expect(progress.failed[1] == ModelError(.refused, model: "judge", detail: "batches"))
  }

  // MARK: Money

  @Test("what the budget has no room for waits, and no limit is passed", arguments: Workshop.batchKinds)
  func budget(_ kind: ModelServiceKind) async throws {
    let shop = try Workshop()
    // A request reserves about 60 and costs about 2.
    let client = try shop.batchClient(shop.service(kind), limits: BudgetLimits(run: 300))
    let requests = Workshop.questions(12)
    let first = try await client.advance(requests)
    #expect(first.waiting > 0 && first.underWay > 0 && first.waiting + first.underWay == 12)
    #expect(try shop.spent().reserved <= 300)
    #expect(try await shop.finish(client, requests).progress.answered == 12)
    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(bill.billed == 12 && spent.cost == bill.cost && spent.reserved == 0)
  }

  @Test("where nothing is granted and nothing is under way, the budget is spent")
  func budgetSpent() async throws {
    let shop = try Workshop()
    let client = try shop.batchClient(shop.service(), limits: BudgetLimits(day: 20))
    await #expect(throws: ModelError(.budgetSpent, model: "judge", detail: "day")) {
      try await client.advance(Workshop.questions(3))
    }
    #expect(try shop.spent().reserved == 0 && shop.batchFiles() == [])
    #expect(try await BatchJournal(shop.catalog).open(["judge"]) == [])
  }

  @Test("an answer bought while its batch is under way counts with what the batch may cost")
  func meanwhile() async throws {
    let shop = try Workshop()
    let client = try shop.batchClient(shop.service())
    let request = Workshop.question(1)
    _ = try await client.advance([request])
    _ = try await shop.client(shop.service(), shop.model(), run: "run-2").answer(request)
    let (before, bill) = (try shop.spent(), try await shop.bill())
    #expect(bill.billed == 2 && before.cost + before.unknown >= bill.cost)
    #expect(try await client.advance([request]).answered == 1)
    #expect(try await client.advance([request]).answered == 1)
    let after = try shop.spent()
    #expect(after.open == 0 && after.reserved == 0)
    #expect(after.cost == before.cost && after.unknown == before.unknown && after.lost == 1)
  }

  @Test("what is in a batch stays reserved when its run has ended")
  func runEnds() async throws {
    let shop = try Workshop()
    let clock = StillClock()
    try shop.catalog.beginRun(id: "run-1", pipeline: "p", at: clock.environment.date())
    _ = try await shop.batchClient(shop.service(), clock: clock).advance(Workshop.questions(2))
    try shop.catalog.beginRun(id: "run-2", pipeline: "p", at: clock.environment.date())
    let client = try shop.batchClient(shop.service(), run: "run-2", clock: clock)
    let spent = try shop.spent()
    #expect(spent.open == 2 && spent.reserved > 0 && spent.unknown == 0)
    #expect(try await client.advance(Workshop.questions(2)).answered == 2)
    // The run that handed it in pays.
    #expect(try shop.catalog.spend().map(\.run) == ["run-1"])
    let bill = try await shop.bill()
    #expect(try shop.spent().cost == bill.cost)
  }

  // MARK: Together, and early ends

  @Test("one call at a time has hold of the folder")
  func hold() async throws {
    let shop = try Workshop()
    let client = try shop.batchClient(shop.service())
    var hold = try BatchFolder(path: shop.batchFolder).hold()
    #expect(hold != nil)
    await #expect(throws: ModelError(.overloaded, model: "judge", detail: "batches")) {
      try await client.advance(Workshop.questions(1))
    }
    hold = nil
    #expect(try await client.advance(Workshop.questions(1)).underWay == 1)
  }

  @Test(
    "batches that nobody wants end early, and their answers are asked for anew",
    arguments: Workshop.batchKinds)
  func cancels(_ kind: ModelServiceKind) async throws {
    let shop = try Workshop()
    try await shop.server.control(#"{"batch":{"polls":50,"keep":1,"status":"cancelled"}}"#)
    let client = try shop.batchClient(shop.service(kind))
    let requests = Workshop.questions(3)
    #expect(try await client.advance(requests).underWay == 3)
    #expect(try await client.cancel() == 1)
    let spent = try shop.spent()
    #expect(spent.bought == 1 && spent.reserved == 0)
    #expect(try await client.cancel() == 0)
    #expect(try await shop.finish(client, requests).progress.answered == 3)
    #expect(try await shop.bill().billed == 3)
  }

  @Test("files of batches are private, and those that no batch names go", arguments: Workshop.batchKinds)
  func files(_ kind: ModelServiceKind) async throws {
    let shop = try Workshop()
    let folder = BatchFolder(path: shop.batchFolder)
    _ = try folder.hold()
    _ = try folder.keep(Array("left over".utf8))
    let client = try shop.batchClient(shop.service(kind))
    _ = try await client.advance(Workshop.questions(2))
    let names = shop.batchFiles()
    #expect(names.count == 1)
    for name in names {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(shop.batchFolder)/\(name)")
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }
    _ = try await client.advance(Workshop.questions(2))
    #expect(shop.batchFiles() == [])
  }
}
