import Foundation
import LanguageModels
import TestSupport
import Testing

/// The program is killed before and after every write of journal and ledger, and every exchange with the service is lost
/// once; then it runs to its end, and the bill is held against the ledger.
@Suite(
  "Killed while batches are made", .enabled(if: Workshop.isAvailable, "needs python3"),
  .timeLimit(.minutes(20)))
struct BatchKillTests {
  private static let records = 3

  /// What a child prints at its end.
  private struct Account: Codable {
    let answered, calls, writes, kept: Int
    let failed: [String: Int]
    let counters: BatchCounters
    let texts: String
  }

  struct Course: Sendable, CustomTestStringConvertible {
    let kind: ModelServiceKind
    /// Whether the first answer to the making of a batch is lost, too.
    let losesMaking: Bool
    let when: String
    var testDescription: String {
      "\(kind.rawValue)\(losesMaking ? ", making lost" : ""), killed \(when) the write"
    }

    static let all = Workshop.batchKinds.flatMap { kind in
      [false, true].flatMap { loses in
        ["before", "after"].map { Course(kind: kind, losesMaking: loses, when: $0) }
      }
    }
  }

  private static func start(
    _ shop: Workshop, _ kind: ModelServiceKind, run: String, dies: Int = 0, when: String = "before"
  ) throws -> ChildProcess {
    let program = try #require(KillTests.program)
    return try ChildProcess(
      program,
      [
        "batch", "--address", "\(shop.server.address)/v1", "--catalog", "\(shop.folder)/catalog.sqlite",
        "--folder",
        shop.batchFolder, "--records", "\(records)", "--kind", kind.rawValue, "--run", run, "--dies",
        "\(dies)",
        "--when", when,
      ])
  }

  private static func finish(_ shop: Workshop, _ kind: ModelServiceKind) throws -> Account {
    let ended = try start(shop, kind, run: "run-last").finish()
    try #require(ended.code == 0, "\(ended.output)")
    return try JSONDecoder().decode(Account.self, from: Data(ended.output.utf8))
  }

  /// Holds what came of it against the bill.
  private static func expect(_ shop: Workshop, _ account: Account, texts: String) async throws {
    let (bill, spent) = (try await shop.bill(), try shop.spent())
    #expect(account.answered == records && account.failed.isEmpty && account.kept == records)
    #expect(account.texts == texts)
    #expect(bill.billed == records && bill.unique == records && bill.most == 1)
    #expect(spent.bought == records && spent.cost == bill.cost)
    #expect(spent.open == 0 && spent.reserved == 0 && spent.unknown == 0 && spent.twice == 0)
    #expect(shop.batchFiles() == [])
  }

  /// The first batch expires with one answer, so that a second one is planned.
  private static func shop() async throws -> Workshop {
    let shop = try Workshop()
    try await shop.server.control(#"{"batch":{"keep":1}}"#)
    return shop
  }

  @Test("killed at every write", arguments: Course.all)
  func writes(_ course: Course) async throws {
    let reference = try await Self.shop()
    let whole = try Self.finish(reference, course.kind)
    try await Self.expect(reference, whole, texts: whole.texts)
    #expect(whole.writes > 20)
    for number in 1...whole.writes {
      let shop = try await Self.shop()
      if course.losesMaking {
        try await shop.server.control(#"{"fault":"lost","path":"/batches","times":1}"#)
      }
      let killed = try Self.start(shop, course.kind, run: "run-first", dies: number, when: course.when)
        .finish()
      #expect(killed.code == 128 + SIGKILL, "write \(number)")
      try await Self.expect(shop, try Self.finish(shop, course.kind), texts: whole.texts)
    }
  }

  @Test("every exchange lost once", arguments: Workshop.batchKinds)
  func exchanges(_ kind: ModelServiceKind) async throws {
    let reference = try await Self.shop()
    let whole = try Self.finish(reference, kind)
    for number in 0..<14 {
      let shop = try await Self.shop()
      try await shop.server.control(#"{"fault":"lost","path":"/v1","after":\#(number),"times":1}"#)
      try await Self.expect(shop, try Self.finish(shop, kind), texts: whole.texts)
    }
  }
}
