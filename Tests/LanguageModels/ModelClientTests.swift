import Catalog
import LanguageModels
import TestSupport
import Testing
import Transport

@Suite("Model client", .enabled(if: Workshop.isAvailable, "needs python3"), .timeLimit(.minutes(10)))
struct ModelClientTests {
  // MARK: Answers

  @Test("every kind of service answers", arguments: ModelServiceKind.allCases)
  func kinds(_ kind: ModelServiceKind) async throws {
    let shop = try Workshop()
    let client = try shop.client(shop.service(kind), shop.model("judge-99"))
    let plain = try await client.answer(Workshop.question(1))
    #expect(plain.text == "yes")
    #expect(!plain.isKept && plain.inputTokens > 0 && plain.outputTokens > 0 && plain.cost > 0)
    var request = Workshop.question(2, truth: "no")
    request.schema = Workshop.schema
    if kind != .compatible {
      let answer = try await client.answer(request)
      #expect(answer.text.contains("\"no\""))
    }
    let bill = try await shop.bill()
    #expect(try shop.spent().cost == bill.cost)
  }

  @Test("a kept answer costs nothing, whatever client asks, and another repetition is bought")
  func cache() async throws {
    let shop = try Workshop()
    let first = try await shop.client(shop.service(), shop.model()).answer(Workshop.question(1))
    let client = try shop.client(shop.service(), shop.model(), run: "run-2")
    var second = try await client.answer(Workshop.question(1))
    #expect(second.isKept && !first.isKept)
    second.isKept = false
    #expect(second == first)
    #expect(try await shop.bill().billed == 1)
    var again = Workshop.question(1)
    again.repetition = 1
    #expect(try await !client.answer(again).isKept)
    #expect(try await shop.bill().billed == 2)
    #expect(client.counters.kept == 1 && client.counters.bought == 1)
  }

  @Test("equal requests at once are sent once")
  func singleFlight() async throws {
    let shop = try Workshop()
    let client = try shop.client(shop.service(), shop.model())
    try await shop.server.control(#"{"fault":"slow","seconds":0.3}"#)
    let answers = try await withThrowingTaskGroup(of: ChatAnswer.self) { group in
      for _ in 0..<100 { group.addTask { try await client.answer(Workshop.question(1)) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.count == 100 && Set(answers.map(\.text)).count == 1)
    #expect(answers.filter { !$0.isKept }.count == 1)
    #expect(try await shop.bill().billed == 1)
  }

  @Test("embeddings come in order and are kept")
  func embeddings() async throws {
    let shop = try Workshop()
    let client = try shop.client(shop.service(), shop.model("e"))
    let request = EmbeddingRequest(model: "judge", texts: ["alpha", "beta", "gamma"])
    let first = try await client.embed(request)
    #expect(first.vectors.count == 3 && Set(first.vectors.map(\.count)) == [8])
    let single = try await client.embed(EmbeddingRequest(model: "judge", texts: ["beta"]))
    #expect(single.vectors[0] == first.vectors[1])
    #expect(try await client.embed(request).isKept)
    #expect(try await shop.bill().billed == 2)
    #expect(try await shop.bill().cost == shop.spent().cost)
  }

  @Test("log probabilities come with the answer")
  func logProbabilities() async throws {
    let shop = try Workshop()
    var request = Workshop.question(1)
    request.alternatives = 2
    let answer = try await shop.client(shop.service(), shop.model("judge-80")).answer(request)
    #expect(answer.tokens.first?.alternatives.map(\.text).sorted() == ["no", "yes"])
  }

  // MARK: Schemas

  @Test("an answer that misses its schema is asked for once more, and both are paid and kept")
  func repair() async throws {
    let shop = try Workshop()
    let client = try shop.client(shop.service(), shop.model("scribbler"))
    var request = Workshop.question(1)
    request.schema = Workshop.schema
    let answer = try await client.answer(request)
    #expect(answer.text.contains("verdict"))
    let bill = try await shop.bill()
    #expect(bill.billed == 2 && answer.cost == bill.cost)
    #expect(try await client.answer(request).isKept)
    #expect(try await shop.bill().billed == 2)
  }

  @Test(
    "an answer that never meets its schema is an error, and bought no more than twice", arguments: [1, 3])
  func noRepair(_ times: Int) async throws {
    let shop = try Workshop()
    let client = try shop.client(shop.service(), shop.model("mute"))
    var request = Workshop.question(1)
    request.schema = Workshop.schema
    for _ in 0..<times {
      await #expect(throws: ModelError(.schemaNotMet, model: "judge", detail: "json")) {
        try await client.answer(request)
      }
    }
    #expect(try await shop.bill().billed == 2)
  }

  @Test("a schema that cannot be compiled is refused before anything is sent")
  func badSchema() async throws {
    let shop = try Workshop()
    var request = Workshop.question(1)
    request.schema = Array(#"{"type":7}"#.utf8)
    let client = try shop.client(shop.service(), shop.model())
    await #expect(throws: ModelError(.refused, model: "judge", detail: "schema")) {
      try await client.answer(request)
    }
    #expect(client.counters.sent == 0)
  }

  @Test("judges are as good as they are made, to three standard errors", arguments: [60, 75, 90])
  func accuracy(_ percent: Int) async throws {
    let shop = try Workshop()
    var service = shop.service()
    service.maximumInFlight = 8
    let client = try shop.client(service, shop.model("judge-\(percent)"))
    let right = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<400 {
        let truth = number % 3 == 0 ? "no" : "yes"
        group.addTask { try await client.answer(Workshop.question(number, truth: truth)).text == truth }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    let expected = Double(percent) / 100
    let error = (expected * (1 - expected) / 400).squareRoot()
    #expect(abs(Double(right) / 400 - expected) < 3 * error)
  }

  // MARK: Faults

  struct Fault: Sendable, CustomTestStringConvertible {
    let id: String
    let fault: String
    var keys = true
    var isFree = false
    /// Nil where the answer comes in the end.
    let error: ModelError.Code?
    /// HTTP requests sent.
    let sent: Int
    /// Requests billed by the server.
    let billed: Int
    var lost = 0
    var twice = 0
    /// Requests that count as possibly billed in the end.
    var unknown = 0
    var testDescription: String { id }
  }

  private static let once = #","times":1"#

  @Test(
    "each fault is sent again or given up, and billed as it must be",
    arguments: [
      Fault(id: "none", fault: #""none""#, error: nil, sent: 1, billed: 1),
      Fault(id: "429 once", fault: #""status","status":429\#(once)"#, error: nil, sent: 2, billed: 1),
      Fault(
        id: "429 with Retry-After", fault: #""status","status":429,"retry_after":3\#(once)"#, error: nil,
        sent: 2,
        billed: 1),
      Fault(id: "429 for ever", fault: #""status","status":429"#, error: .overloaded, sent: 5, billed: 0),
      Fault(
        id: "429 for too long", fault: #""status","status":429,"retry_after":4000"#, error: .overloaded,
        sent: 1,
        billed: 0),
      Fault(id: "500 once", fault: #""status","status":500\#(once)"#, error: nil, sent: 2, billed: 1),
      Fault(id: "503 twice", fault: #""status","status":503,"times":2"#, error: nil, sent: 3, billed: 1),
      Fault(id: "529 once", fault: #""status","status":529\#(once)"#, error: nil, sent: 2, billed: 1),
      Fault(id: "400", fault: #""status","status":400"#, error: .refused, sent: 1, billed: 0),
      Fault(id: "501", fault: #""status","status":501"#, error: .refused, sent: 1, billed: 0),
      Fault(
        id: "redirect", fault: #""redirect","to":"http://127.0.0.1:1/","status":302"#, error: .refused,
        sent: 1, billed: 0),
      Fault(id: "lost once", fault: #""lost"\#(once)"#, error: nil, sent: 2, billed: 1, lost: 1),
      Fault(
        id: "lost once, no keys", fault: #""lost"\#(once)"#, keys: false, error: nil, sent: 2, billed: 2,
        lost: 1,
        twice: 1, unknown: 1),
      Fault(
        id: "lost once, no keys, free", fault: #""lost"\#(once)"#, keys: false, isFree: true, error: nil,
        sent: 2,
        billed: 2, lost: 1),
      Fault(
        id: "lost for ever", fault: #""lost""#, error: .unreachable, sent: 5, billed: 1, lost: 5, unknown: 1),
      Fault(
        id: "lost for ever, no keys", fault: #""lost""#, keys: false, error: .unreachable, sent: 2, billed: 2,
        lost: 2, twice: 1, unknown: 2),
      Fault(id: "cut once", fault: #""cut"\#(once)"#, error: nil, sent: 2, billed: 1, lost: 1),
      Fault(
        id: "cut once, no keys", fault: #""cut"\#(once)"#, keys: false, error: nil, sent: 2, billed: 2,
        lost: 1,
        twice: 1, unknown: 1),
      Fault(id: "half an answer", fault: #""garbage"\#(once)"#, error: nil, sent: 2, billed: 1, lost: 1),
      Fault(
        id: "a page of HTML for ever", fault: #""html""#, error: .malformed, sent: 5, billed: 0, lost: 5,
        unknown: 1),
      Fault(
        id: "504 after billing", fault: #""failed","status":504\#(once)"#, error: nil, sent: 2, billed: 1,
        lost: 1),
      Fault(
        id: "504 after billing, no keys", fault: #""failed","status":504\#(once)"#, keys: false, error: nil,
        sent: 2,
        billed: 2, lost: 1, twice: 1, unknown: 1),
      Fault(id: "sent twice by the server", fault: #""twice""#, error: nil, sent: 1, billed: 1),
      Fault(id: "padded", fault: #""pad","bytes":300000"#, error: nil, sent: 1, billed: 1),
    ])
  func faults(_ item: Fault) async throws {
    let shop = try Workshop(["--keys", item.keys ? "honoured" : "ignored"])
    let clock = StillClock()
    let client = try shop.client(
      shop.service(honoursKeys: item.keys), shop.model("judge-99", isFree: item.isFree), clock: clock)
    try await shop.server.control(#"{"fault":\#(item.fault),"path":"/v1"}"#)
    var code: ModelError.Code?
    do {
      #expect(try await client.answer(Workshop.question(1)).text == "yes")
    } catch let error as ModelError {
      code = error.code
    }
    #expect(code == item.error)
    #expect(client.counters.sent == item.sent)
    #expect(client.counters.lost == item.lost)
    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(bill.billed == item.billed)
    #expect(spent.twice == item.twice)
    #expect(spent.lost == item.unknown)
    #expect(spent.open == 0 && spent.reserved == 0)
    if !item.isFree { #expect(spent.cost + spent.unknown >= bill.cost) }
    // What comes after a fault is the right answer to its own question.
    try await shop.server.control(#"{"clear":true}"#)
    #expect(try await client.answer(Workshop.question(2, truth: "no")).text == "no")
  }

  @Test("a key that is refused is refused at once, and shows nowhere", arguments: ["wrong", "forbidden"])
  func wrongKey(_ key: String) async throws {
    let shop = try Workshop()
    var service = shop.service()
    service.credentials = ModelService.credentials(.openai, key: key)
    let client = try shop.client(service, shop.model())
    let error = await #expect(throws: ModelError.self) { try await client.answer(Workshop.question(1)) }
    #expect(error?.code == .refused && error?.detail == "invalid_api_key")
    #expect("\(service)".contains("forbidden") == false && client.counters.sent == 1)
    #expect(try shop.spent().cost == 0)
  }

  @Test("what was lost for good is asked again later under its key, and billed once")
  func lostAndFound() async throws {
    let shop = try Workshop()
    try await shop.server.control(#"{"fault":"lost","path":"/v1","times":5}"#)
    let first = try shop.client(shop.service(), shop.model())
    await #expect(throws: ModelError.self) { try await first.answer(Workshop.question(1)) }
    #expect(try shop.spent().unknown > 0)
    let second = try shop.client(shop.service(), shop.model(), run: "run-2")
    _ = try await second.answer(Workshop.question(1))
    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(bill.billed == 1 && bill.replayed == 5)
    // On the same day the unknown is known now.
    #expect(spent.unknown == 0 && spent.cost == bill.cost && spent.twice == 0)
  }

  @Test("on another day what was lost goes on to count on its own")
  func lostAndFoundLater() async throws {
    let shop = try Workshop()
    let clock = StillClock("2026-11-20T23:59:00Z")
    try await shop.server.control(#"{"fault":"lost","path":"/v1","times":5}"#)
    let first = try shop.client(shop.service(), shop.model(), clock: clock)
    await #expect(throws: ModelError.self) { try await first.answer(Workshop.question(1)) }
    let lost = try shop.spent().unknown
    clock.set("2026-11-21T00:01:00Z")
    _ = try await first.answer(Workshop.question(1))
    let rows = try shop.catalog.spend()
    #expect(rows.map(\.day) == ["2026-11-20", "2026-11-21"])
    #expect(rows.map(\.unknown) == [lost, 0] && rows.map(\.cost).first == 0 && rows[1].cost > 0)
  }

  @Test("a service that refuses what is too much is asked no faster than it says")
  func limits() async throws {
    let shop = try Workshop(["--per-minute", "1000"])
    var service = shop.service()
    service.maximumInFlight = 4
    let client = try shop.client(service, shop.model())
    let clock = StillClock()
    let paced = try shop.client(service, shop.model(), clock: clock)
    _ = try await client.answer(Workshop.question(0))
    await withTaskGroup(of: Void.self) { group in
      for number in 1..<150 { group.addTask { _ = try? await paced.answer(Workshop.question(number)) } }
    }
    // The burst of a tenth is over after 100; then each waits its 60/900 s.
    #expect(clock.sleeps.count >= 40)
    #expect(try await shop.bill().billed == 150)
    #expect(paced.counters.sentAgain == 0)
  }

  @Test("a cancelled request is no answer, and what it may have cost counts")
  func cancels() async throws {
    let shop = try Workshop()
    // Longer than this test may be kept from its turn by others.
    try await shop.server.control(#"{"fault":"late","seconds":240,"path":"/v1"}"#)
    var service = shop.service()
    service.timeout = 300
    let client = try shop.client(service, shop.model())
    let task = Task { try await client.answer(Workshop.question(1)) }
    while client.counters.sent == 0 { await Task.yield() }
    try await Task.sleep(for: .milliseconds(100))
    task.cancel()
    let error = await #expect(throws: ModelError.self) { try await task.value }
    #expect(error?.code == .cancelled)
    let spent = try shop.spent()
    #expect(spent.lost == 1 && spent.unknown > 0 && spent.reserved == 0)
  }

  @Test("an unknown model is an error")
  func unknownModel() async throws {
    let shop = try Workshop()
    let client = try shop.client(shop.service(), shop.model())
    await #expect(throws: ModelError(.unknownModel, model: "other")) {
      try await client.answer(ChatRequest(model: "other", messages: []))
    }
  }

  // MARK: Budgets

  @Test(
    "a limit is never passed by a cent with 32 in flight, and is used to its end",
    arguments: [BudgetScope.run, .day])
  func budget(_ scope: BudgetScope) async throws {
    let shop = try Workshop()
    var service = shop.service()
    service.maximumInFlight = 32
    // An answer costs about 3; 64 tokens and the bound of the question are reserved at about 130.
    let limit: Int64 = 1000
    let limits = scope == .run ? BudgetLimits(run: limit) : BudgetLimits(day: limit)
    let client = try shop.client(service, shop.model(), limits: limits)
    let failed = await withTaskGroup(of: ModelError?.self) { group in
      for number in 0..<600 {
        group.addTask {
          do {
            _ = try await client.answer(Workshop.question(number))
            return nil
          } catch {
            return error as? ModelError
          }
        }
      }
      return await group.reduce(into: [ModelError]()) { if let error = $1 { $0.append(error) } }
    }
    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(bill.cost <= limit && spent.cost == bill.cost)
    #expect(
      !failed.isEmpty
        && failed.allSatisfy { $0 == ModelError(.budgetSpent, model: "judge", detail: scope.rawValue) })
    // It stops only where the next reservation would not fit.
    #expect(bill.cost > limit - 140)
    #expect(spent.reserved == 0)
  }

  @Test("a free model needs no budget")
  func free() async throws {
    let shop = try Workshop()
    let client = try shop.client(
      shop.service(), shop.model(isFree: true), limits: BudgetLimits(run: 0, day: 0))
    #expect(try await client.answer(Workshop.question(1)).cost == 0)
  }
}
