import Catalog
import Foundation
import GRDB
import FoundationNetworking
import Synthesize
import TestSupport
import Testing

/// The cascade is killed before every write of its catalog in turn, and what it wrote and paid is held against a run that
/// nobody killed.
@Suite("The cascade, killed", .enabled(if: Program.has("python3"), "needs python3"), .timeLimit(.minutes(5)))
struct CascadeKillTests {
  private struct Line: Decodable {
    let writes: Int
    let account: SynthesisAccount
  }

  private struct Bill: Decodable {
    let billed, unique, most: Int
  }

  private static func start(_ folder: String, _ server: LoopbackServer, dieAt: Int = 0) throws -> ChildProcess
  {
    let path = URL(filePath: Program.path).deletingLastPathComponent().appending(path: "CascadeLoad").path
    return try ChildProcess(
      path, ["--folder", folder, "--address", server.address, "--die-at", "\(dieAt)"])
  }

  private static func end(_ folder: String, _ server: LoopbackServer) throws -> Line {
    let ended = try start(folder, server).finish()
    try #require(ended.code == 0, "exit code \(ended.code)")
    return try JSONDecoder().decode(Line.self, from: Data(ended.output.utf8))
  }

  private static func bill(_ server: LoopbackServer) async throws -> Bill {
    let url = try #require(URL(string: "\(server.address)/__bill"))
    return try JSONDecoder().decode(Bill.self, from: try await URLSession.shared.data(from: url).0)
  }

  /// What a batch wrote: ids, roles and outputs' hashes.
  private static func written(_ folder: String) throws -> [String] {
    let catalog = try CatalogStore(path: "\(folder)/catalog.sqlite")
    return try catalog.pool.read { db in
      try String.fetchAll(
        db,
        sql: """
          SELECT i.id || ' ' || c.role || ' ' || c.is_chosen || ' ' || hex(i.content_hash)
          FROM candidates c JOIN interactions i ON i.id = c.interaction ORDER BY i.id
          """)
    }
  }

  @Test("before every write: every request is billed once, and no candidate is lost or doubled")
  func everyWrite() async throws {
    let server = try LoopbackServer("models", ["--key", "k", "--keys", "honoured"])
    let calm = try Scratch.folder("cascade")
    defer { Scratch.remove(calm) }
    let expected = try Self.end(calm, server)
    let candidates = try Self.written(calm)
    try #require(expected.account.state == .written)
    #expect(expected.account.inputs.balances)
    #expect(expected.account.inputs.accepted > 0 && candidates.count >= expected.account.inputs.accepted)
    let unique = try await Self.bill(server).unique
    var kills = 0
    // Answers that come together share a write, so that no two runs have the same number of them.
    for number in 1...(2 * expected.writes) {
      try await server.control(#"{"forget": true}"#)
      let folder = try Scratch.folder("cascade")
      defer { Scratch.remove(folder) }
      let killed = try Self.start(folder, server, dieAt: number).finish()
      guard killed.code == 128 + SIGKILL else { break }
      kills += 1
      let line = try Self.end(folder, server)
      let bill = try await Self.bill(server)
      #expect(
        bill.billed == bill.unique && bill.most == 1 && bill.unique == unique,
        "write \(number): \(bill)")
      #expect(try Self.written(folder) == candidates, "write \(number)")
      #expect(line.account.inputs == expected.account.inputs, "write \(number)")
      #expect(try CatalogStore(path: "\(folder)/catalog.sqlite").synthesisBatches(.open).isEmpty)
    }
    #expect(kills >= 10)
  }

  @Test("with answers lost on the way: every request is billed once", arguments: [7, 3])
  func lostAnswers(_ every: Int) async throws {
    let server = try LoopbackServer("models", ["--key", "k", "--keys", "honoured"])
    try await server.control(#"{"fault":"lost","path":"/v1","every":\#(every)}"#)
    let folder = try Scratch.folder("cascade")
    defer { Scratch.remove(folder) }
    let line = try Self.end(folder, server)
    let bill = try await Self.bill(server)
    #expect(line.account.state == .written && line.account.inputs.balances)
    #expect(bill.billed == bill.unique && bill.most == 1)
  }
}
