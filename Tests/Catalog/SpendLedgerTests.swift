import Bytes
import GRDB
import LanguageModels
import Records
import Testing

@testable import Catalog

@Suite("Spend ledger") struct SpendLedgerTests {
  private let folder: CatalogFolder

  init() throws { folder = try CatalogFolder() }

  private static let noon = Timestamp(microseconds: 20_000 * 86_400_000_000 + 43_200_000_000)

  private static func intent(
    _ name: String, reserved: Int64 = 10, run: String = "r", day: Int64 = 0, keys: Bool = true
  ) -> SpendIntent {
    SpendIntent(
      digest: Digest.sha256(name), model: "m", run: run,
      time: Timestamp(microseconds: noon.microseconds + day * 86_400_000_000), reserved: reserved,
      honoursKeys: keys)
  }

  private static func part(_ name: String, of batch: String?, reserved: Int64 = 10, run: String = "r")
    -> SpendIntent
  {
    var intent = intent(name, reserved: reserved, run: run, keys: false)
    intent.batch = batch
    return intent
  }

  private static func response(_ cost: Int64) -> KeptResponse {
    KeptResponse(body: Array("{\"cost\":\(cost)}".utf8), inputTokens: 3, outputTokens: 2, cost: cost)
  }

  private func ledger(run: Int64? = nil, day: Int64? = nil) throws -> SpendLedger {
    try SpendLedger(folder.catalog, limits: BudgetLimits(run: run, day: day))
  }

  /// Money of the rows as (cost, reserved, unknown, twice) by day from the first, then run.
  private func rows() throws -> [[Int64]] {
    try folder.catalog.spend().map { [$0.cost, $0.reserved, $0.unknown, Int64($0.possiblyTwice)] }
  }

  @Test("reserve, settle, and find again")
  func settles() async throws {
    let ledger = try ledger()
    let intent = Self.intent("a")
    #expect(try await ledger.response(intent.digest) == nil)
    #expect(try await ledger.begin(intent) == .granted)
    #expect(try rows() == [[0, 10, 0, 0]])
    try await ledger.end(intent, .answered(Self.response(7)))
    #expect(try rows() == [[7, 0, 0, 0]])
    #expect(try await ledger.response(intent.digest) == Self.response(7))
    #expect(try await ledger.begin(intent) == .kept(Self.response(7)))
    #expect(try folder.catalog.keptResponses() == 1)
  }

  @Test("what surely was not billed counts nothing, what may be counts as reserved")
  func ends() async throws {
    let ledger = try ledger(run: 25)
    let (first, second) = (Self.intent("a"), Self.intent("b"))
    #expect(try await ledger.begin(first) == .granted)
    #expect(try await ledger.begin(second) == .granted)
    #expect(try await ledger.begin(Self.intent("c")) == .short(.run, isFinal: false))
    try await ledger.end(first, .notBilled)
    try await ledger.end(second, .unknown)
    #expect(try rows() == [[0, 0, 10, 0]])
    #expect(try await ledger.begin(Self.intent("c", reserved: 16)) == .short(.run, isFinal: true))
    #expect(try await ledger.begin(Self.intent("c", reserved: 15)) == .granted)
  }

  @Test("the day's limit is over all runs, the run's over all days, and nothing needs no budget")
  func limits() async throws {
    let ledger = try ledger(run: 20, day: 30)
    #expect(try await ledger.begin(Self.intent("a", reserved: 20, run: "r")) == .granted)
    #expect(try await ledger.begin(Self.intent("b", reserved: 1, run: "r")) == .short(.run, isFinal: false))
    #expect(
      try await ledger.begin(Self.intent("b", reserved: 1, run: "r", day: 1)) == .short(.run, isFinal: false))
    #expect(try await ledger.begin(Self.intent("b", reserved: 11, run: "s")) == .short(.day, isFinal: false))
    #expect(try await ledger.begin(Self.intent("b", reserved: 10, run: "s")) == .granted)
    #expect(
      try await ledger.begin(Self.intent("c", reserved: 11, run: "s", day: 1)) == .short(.run, isFinal: false)
    )
    #expect(try await ledger.begin(Self.intent("c", reserved: 0)) == .granted)
  }

  struct Again: Sendable, CustomTestStringConvertible {
    let id: String
    var wasLost = false
    var run = "r"
    var day: Int64 = 0
    var keys = true
    /// (cost, reserved, unknown, twice) by day and run, after it was begun again and answered for 4.
    let rows: [[Int64]]
    var testDescription: String { id }
  }

  @Test(
    "a reservation that nobody ended is taken over, or counts on beside the new one",
    arguments: [
      Again(id: "same run", rows: [[4, 0, 0, 0]]),
      Again(id: "same run, was lost", wasLost: true, rows: [[4, 0, 0, 0]]),
      Again(id: "another run", run: "s", rows: [[4, 0, 0, 0]]),
      Again(id: "another day", day: 1, rows: [[0, 0, 10, 0], [4, 0, 0, 0]]),
      Again(id: "another day, was lost", wasLost: true, day: 1, rows: [[0, 0, 10, 0], [4, 0, 0, 0]]),
      Again(id: "no keys", keys: false, rows: [[4, 0, 10, 1]]),
      Again(id: "no keys, was lost", wasLost: true, keys: false, rows: [[4, 0, 10, 1]]),
      Again(id: "no keys, another run", run: "s", keys: false, rows: [[0, 0, 10, 0], [4, 0, 0, 1]]),
      Again(id: "no keys, another day", day: 1, keys: false, rows: [[0, 0, 10, 0], [4, 0, 0, 1]]),
    ])
  func again(_ item: Again) async throws {
    let first = Self.intent("a", keys: item.keys)
    let before = try ledger()
    #expect(try await before.begin(first) == .granted)
    if item.wasLost { try await before.end(first, .unknown) }
    let after = try ledger()
    let second = Self.intent("a", run: item.run, day: item.day, keys: item.keys)
    #expect(try await after.begin(second) == .granted)
    try await after.end(second, .answered(Self.response(4)))
    #expect(try rows() == item.rows)
  }

  struct Batched: Sendable, CustomTestStringConvertible {
    let id: String
    let first: String?
    var wasLost = false
    let second: String?
    /// (cost, reserved, unknown, twice) after the second was answered for 4.
    let then: [Int64]
    /// The same after the first was given back, too.
    let last: [Int64]
    var testDescription: String { id }
  }

  @Test(
    "a reservation of a batch stands for that batch alone",
    arguments: [
      Batched(id: "same batch", first: "a", second: "a", then: [4, 0, 0, 0], last: [4, 0, 0, 0]),
      Batched(id: "another batch", first: "a", second: "b", then: [4, 0, 10, 1], last: [4, 0, 10, 1]),
      Batched(
        id: "another batch after a loss", first: "a", wasLost: true, second: "b", then: [4, 0, 10, 1],
        last: [4, 0, 10, 1]),
      Batched(id: "alone after a batch", first: "a", second: nil, then: [4, 0, 10, 1], last: [4, 0, 10, 1]),
      Batched(id: "a batch after alone", first: nil, second: "a", then: [4, 0, 10, 1], last: [4, 0, 10, 1]),
    ])
  func batches(_ item: Batched) async throws {
    let ledger = try ledger()
    let (first, second) = (Self.part("x", of: item.first), Self.part("x", of: item.second))
    #expect(try await ledger.begin(first) == .granted)
    if item.wasLost { try await ledger.end(first, .unknown) }
    #expect(try await ledger.begin(second) == .granted)
    try await ledger.end(second, .answered(Self.response(4)))
    #expect(try rows() == [item.then])
    try await ledger.end(first, .notBilled)
    #expect(try rows() == [item.last])
  }

  @Test("what was taken over from a batch counts as unknown once")
  func takenOver() async throws {
    let ledger = try ledger()
    let batch = Self.part("x", of: "a")
    #expect(try await ledger.begin(batch) == .granted)
    #expect(try await ledger.begin(Self.part("x", of: nil)) == .granted)
    #expect(try rows() == [[0, 10, 10, 1]])
    try await ledger.end(batch, .unknown)
    try await ledger.end(batch, .notBilled)
    #expect(try rows() == [[0, 10, 10, 1]])
  }

  @Test("what is in a batch stays reserved when its run has ended")
  func batchOutlivesRun() async throws {
    try folder.catalog.beginRun(id: "r", pipeline: "p", at: Self.noon)
    #expect(try await ledger().begin(Self.intent("a")) == .granted)
    #expect(try await ledger().begin(Self.part("b", of: "k", reserved: 7)) == .granted)
    try folder.catalog.beginRun(id: "r2", pipeline: "p", at: Self.noon)
    let after = try ledger()
    #expect(try rows() == [[0, 7, 10, 0]])
    try await after.end(Self.part("b", of: "k", reserved: 7), .answered(Self.response(3)))
    #expect(try rows() == [[3, 0, 10, 0]])
  }

  @Test("what was under way in a run that the catalog knows to have ended is unknown")
  func interrupted() async throws {
    try folder.catalog.beginRun(id: "r", pipeline: "p", at: Self.noon)
    #expect(try await ledger().begin(Self.intent("a")) == .granted)
    #expect(try await ledger().begin(Self.intent("b", run: "other")) == .granted)
    _ = try ledger()
    #expect(try rows() == [[0, 10, 0, 0], [0, 10, 0, 0]])
    try folder.catalog.beginRun(id: "r2", pipeline: "p", at: Self.noon)
    _ = try ledger()
    #expect(try rows() == [[0, 10, 0, 0], [0, 0, 10, 0]])
    _ = try ledger()
    #expect(try rows() == [[0, 10, 0, 0], [0, 0, 10, 0]])
  }

  /// A generator of numbers that are the same in every run (splitmix64).
  private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
  }

  @Test("whatever happens, no limit is passed and the sums are those of the rows", arguments: 1...12)
  func property(_ seed: UInt64) async throws {
    let limits = BudgetLimits(run: 400, day: 700)
    let ledgers = [
      try SpendLedger(folder.catalog, limits: limits), try SpendLedger(folder.catalog, limits: limits),
    ]
    // What a service would bill at most, by day and by run.
    let worst = await withTaskGroup(of: [(day: Int64, run: String, cost: Int64)].self) { group in
      for worker in 0..<16 {
        group.addTask {
          var dice = Dice(state: seed &* 1000 &+ UInt64(worker))
          var billed: [(day: Int64, run: String, cost: Int64)] = []
          let ledger = ledgers[worker % 2]
          for _ in 0..<40 {
            let day = Int64.random(in: 0..<2, using: &dice)
            let run = "r\(Int.random(in: 0..<4, using: &dice))"
            let intent = Self.intent(
              // Each worker has names of its own, as single flight sees to it.
              "\(worker)/\(Int.random(in: 0..<30, using: &dice))",
              reserved: Int64.random(in: 1...30, using: &dice),
              run: run, day: day, keys: Bool.random(using: &dice))
            guard case .granted? = try? await ledger.begin(intent) else { continue }
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: try? await ledger.end(intent, .notBilled)
            case 1:
              billed.append((day, run, intent.reserved))
              try? await ledger.end(intent, .unknown)
            case 2: billed.append((day, run, intent.reserved))  // Killed.
            default:
              let cost = Int64.random(in: 0...intent.reserved, using: &dice)
              billed.append((day, run, cost))
              try? await ledger.end(intent, .answered(Self.response(cost)))
            }
          }
          return billed
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    let rows = try folder.catalog.spend()
    for day in Set(rows.map(\.day)) {
      #expect(rows.filter { $0.day == day }.reduce(0) { $0 + $1.counted } <= 700)
    }
    for run in Set(rows.map(\.run)) {
      #expect(rows.filter { $0.run == run }.reduce(0) { $0 + $1.counted } <= 400)
    }
    #expect(rows.allSatisfy { $0.open >= 0 && $0.reserved >= 0 && $0.lost >= 0 && $0.unknown >= 0 })
    #expect(worst.count > 50)
    let (open, reserved) = try await folder.catalog.pool.read { db in
      (
        try Int.fetchOne(db, sql: "SELECT count(*) FROM model_intents WHERE state = 0"),
        try Int64.fetchOne(db, sql: "SELECT coalesce(sum(reserved), 0) FROM model_intents WHERE state = 0")
      )
    }
    #expect(rows.reduce(0) { $0 + $1.open } == open)
    #expect(rows.reduce(0) { $0 + $1.reserved } == reserved)
  }

  @Test(
    "thousands that come together share transactions, and each gets its own answer", .timeLimit(.minutes(10)))
  func groups() async throws {
    let ledger = try ledger()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<3000 {
        group.addTask {
          let intent = Self.intent("\(number)")
          guard case .granted = try await ledger.begin(intent) else { return }
          try await ledger.end(intent, .answered(Self.response(Int64(number % 10))))
          let kept = try await ledger.response(intent.digest)
          #expect(kept == Self.response(Int64(number % 10)))
        }
      }
      try await group.waitForAll()
    }
    #expect(try rows() == [[13_500, 0, 0, 0]])
  }
}
