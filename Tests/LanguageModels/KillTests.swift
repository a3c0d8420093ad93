import Catalog
import Foundation
import LanguageModels
import TestSupport
import Testing
import Transport

/// The program is killed at many points of a thousand judged records, and the bill is held against the ledger.
@Suite(
  "Killed while models are asked", .enabled(if: Workshop.isAvailable, "needs python3"),
  .timeLimit(.minutes(10)))
struct KillTests {
  private static let records = 1000

  /// What a child prints at its end.
  private struct Account: Codable {
    let answered: Int
    let failed: [String: Int]
    let counters: ModelCounters
    let verdicts: String
  }

  /// The executable beside this test's own.
  static let program: String? = {
    var folder = Bundle.main.bundleURL
    for _ in 0..<4 {
      let path = folder.appendingPathComponent("ModelLoad").path
      if FileManager.default.isExecutableFile(atPath: path) { return path }
      folder.deleteLastPathComponent()
    }
    return nil
  }()

  private static func ask(_ shop: Workshop, run: String, keys: String, limit: Int64?) throws -> ChildProcess {
    let program = try #require(program)
    var words = [
      "ask", "--address", "\(shop.server.address)/v1", "--catalog", "\(shop.folder)/catalog.sqlite",
      "--records",
      "\(records)", "--in-flight", "32", "--run", run, "--keys", keys, "--attempts", "8",
    ]
    if let limit { words += ["--limit-day", "\(limit)"] }
    return try ChildProcess(program, words)
  }

  /// Starts the program again and again, each time killed after a number of milliseconds, then lets it end.
  private static func killed(
    _ shop: Workshop, after delays: [Int], keys: String, limit: Int64? = nil
  ) throws -> (last: Account, again: Account, kills: Int) {
    var kills = 0
    for (number, delay) in delays.enumerated() {
      let child = try ask(shop, run: "run-\(number)", keys: keys, limit: limit)
      usleep(UInt32(delay) * 1000)
      kill(child.identifier, SIGKILL)
      if child.finish().code == 128 + SIGKILL { kills += 1 }
    }
    func end(_ run: String) throws -> Account {
      let ended = try ask(shop, run: run, keys: keys, limit: limit).finish()
      #expect(ended.code == 0)
      return try JSONDecoder().decode(Account.self, from: Data(ended.output.utf8))
    }
    return (try end("run-last"), try end("run-again"), kills)
  }

  /// Milliseconds, spread so that the start, the middle and the end of a run are hit.
  private static func delays(_ seed: Int) -> [Int] {
    (0..<8).map { 15 + (seed * 37 + $0 * 153) % ($0 < 5 ? 211 : 797) }
  }

  @Test(
    "with keys: billed are as many as there are requests, and a second run bills nothing", arguments: 1...3)
  func withKeys(_ seed: Int) async throws {
    let shop = try Workshop(["--keys", "honoured"])
    // Now and then an answer is lost or cut, too.
    try await shop.server.control(#"{"fault":"lost","path":"/v1","every":97}"#)
    try await shop.server.control(#"{"fault":"cut","path":"/v1","every":89}"#)
    let (last, again, kills) = try Self.killed(shop, after: Self.delays(seed), keys: "honoured")
    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(kills > 0)
    #expect(last.answered == Self.records && last.failed.isEmpty)
    #expect(bill.billed == Self.records && bill.unique == Self.records && bill.most == 1)
    #expect(again.counters.bought == 0 && again.counters.sent == 0 && again.counters.kept == Self.records)
    #expect(again.verdicts == last.verdicts)
    #expect(spent.bought == Self.records && spent.cost == bill.cost && spent.twice == 0)
    // All were asked again on the same day, unless midnight came between.
    if Set(try shop.catalog.spend().map(\.day)).count == 1 {
      #expect(spent.open == 0 && spent.reserved == 0 && spent.unknown == 0)
    }
  }

  @Test(
    "without keys: what may have been billed twice is said, and nothing else is billed twice",
    arguments: 1...2)
  func withoutKeys(_ seed: Int) async throws {
    let shop = try Workshop(["--keys", "ignored"])
    try await shop.server.control(#"{"fault":"lost","path":"/v1","every":97}"#)
    let (last, again, _) = try Self.killed(shop, after: Self.delays(seed), keys: "ignored")
    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(last.answered == Self.records && bill.unique == Self.records)
    #expect(bill.billed - bill.unique <= spent.twice)
    #expect(again.counters.sent == 0)
    #expect(spent.cost + spent.unknown + spent.reserved >= bill.cost)
  }

  @Test("a limit holds through kills, to a cent, with 32 in flight", arguments: [2000, 7000, 100_000])
  func limit(_ limit: Int64) async throws {
    let shop = try Workshop(["--keys", "honoured"])
    try await shop.server.control(#"{"fault":"lost","path":"/v1","every":31}"#)
    let (last, _, _) = try Self.killed(shop, after: Self.delays(5), keys: "honoured", limit: limit)
    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(bill.cost <= limit)
    #expect(spent.cost + spent.unknown + spent.reserved <= limit)
    #expect(bill.most == 1)
    let isShort = (last.failed["budgetSpent"] ?? 0) > 0
    #expect(isShort == (limit < 13_000))
    #expect(last.failed.keys.allSatisfy { $0 == "budgetSpent" })
  }
}
