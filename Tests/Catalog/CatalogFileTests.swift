import Bytes
import Foundation
import GRDB
import Records
import Testing

@testable import Catalog

@Suite("Catalog file") struct CatalogFileTests {
  /// Calls `body` with the path of a file that is not there yet.
  private func withPath(_ body: (String) throws -> Void) throws {
    let folder = CatalogFolder.newPath()
    try DurableFile.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body("\(folder)/catalog.sqlite")
  }

  @Test("a new file is private, and opens again with what is in it")
  func opensAgain() throws {
    try withPath { path in
      do {
        let catalog = try CatalogStore(path: path)
        try catalog.beginRun(id: "r", pipeline: "nightly", at: .at(0))
        try catalog.checkpoint()
        for name in [path, "\(path)-wal"] where FileManager.default.fileExists(atPath: name) {
          let mode = try FileManager.default.attributesOfItem(atPath: name)[.posixPermissions] as? NSNumber
          #expect(mode?.intValue == 0o600)
        }
      }
      let again = try CatalogStore(path: path)
      #expect(try again.runs(limit: 9).map(\.id) == ["r"])
      #expect(try again.integrityProblems() == [])
    }
  }

  @Test("the tables of every release, which no migration may take away")
  func tables() throws {
    let folder = try CatalogFolder()
    let names = try folder.rows(
      "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' ORDER BY name"
    )
    #expect(
      names == [
        "candidates", "cluster_queue", "conversation_queue", "cursors", "feedback", "feedback_readings",
        "findings",
        "function_votes", "golden_events", "grdb_migrations", "human_items", "influence_queue",
        "interactions",
        "judge_calibrations", "judge_flags", "judge_pairs", "label_queue", "label_suspects",
        "memberships", "model_batch_rows", "model_batches", "model_intents",
        "model_responses", "model_spend", "model_voters", "model_votes", "near_clusters", "publications",
        "quarantine", "records", "review_answers", "review_bundles", "review_events", "review_guidelines",
        "review_items", "review_labelers",
        "review_queues", "review_slots", "rule_versions", "runs", "segments",
        "settings", "signature_runs",
        "students", "synthesis_batches",
        "turn_signals", "votes",
      ])
  }

  @Test("a catalog of the release before opens with its rows, and has what is new")
  func older() throws {
    try withPath { path in
      do {
        let pool = try DatabasePool(path: path)
        try Schema.migrator.migrate(pool, upTo: "2-traces")
        try pool.write { db in
          try db.execute(
            sql: """
              INSERT INTO segments VALUES (1, 'interactions', '2026-11-20', 's', 1, 1, 1, 'r');
              INSERT INTO interactions (number, id, source, time, conversation, user, input_characters,
                output_characters, turns, segment, frame, offset, length, stamp, digest, input_hash, content_hash)
              VALUES (1, 'chat/1', 'chat', 0, 'c', 'u-1', 1, 1, 1, 1, 0, 0, 1, 0, x'00', x'00',
                x'00000000000000000000000000000001');
              INSERT INTO findings VALUES (1, 'length', 'output-empty', 'drop', 'output', 0, 0);
              """)
        }
      }
      let catalog = try CatalogStore(path: path)
      #expect(try catalog.explain("chat/1")?.findings.map(\.version) == [1])
      #expect(try catalog.numbers(where: "language IS NULL") == [1])
      try catalog.settle(SettlingParameters(exact: true, near: true, influence: nil))
      #expect(try catalog.integrityProblems() == [])
    }
  }

  @Test func refusesANewerProgramsFile() throws {
    try withPath { path in
      do {
        let catalog = try CatalogStore(path: path)
        try catalog.pool.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99-later')") }
      }
      #expect(throws: CatalogError(code: .newerProgram, detail: path)) { try CatalogStore(path: path) }
    }
  }

  @Test(
    "a file of anything else is refused and left as it is", arguments: ["text", "another program's database"])
  func refusesAnotherFile(_ content: String) throws {
    try withPath { path in
      if content == "text" {
        try DurableFile.replace(path, with: Array(String(repeating: "no database. ", count: 1000).utf8))
      } else {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "CREATE TABLE runs (id TEXT)") }
      }
      #expect(throws: CatalogError(code: .notACatalog, detail: path)) { try CatalogStore(path: path) }
      if content != "text" {
        let names = try DatabaseQueue(path: path).read {
          try String.fetchAll($0, sql: "SELECT name FROM sqlite_master")
        }
        #expect(names == ["runs"])
      }
    }
  }

  @Test func anEmptyFileBecomesACatalog() throws {
    try withPath { path in
      try DurableFile.replace(path, with: [])
      #expect(try CatalogStore(path: path).counts() == CatalogCounts())
    }
  }

  @Test func tellsFaultsApart() throws {
    #expect(CatalogFault(DatabaseError(resultCode: .SQLITE_BUSY)) == .busy)
    #expect(CatalogFault(DatabaseError(resultCode: .SQLITE_FULL)) == .full)
    #expect(CatalogFault(DatabaseError(resultCode: .SQLITE_CORRUPT)) == .damaged)
    #expect(
      CatalogFault(DatabaseError(resultCode: .SQLITE_MISUSE, message: "m")) == .other(code: 21, message: "m"))
    #expect(CatalogFault(CancellationError()) == nil)
  }

  @Test func runsThatDiedAreInterrupted() throws {
    let folder = try CatalogFolder()
    try folder.catalog.beginRun(id: "a", pipeline: "nightly", at: .at(0))
    try folder.catalog.beginRun(id: "b", pipeline: "weekly", at: .at(1))
    try folder.catalog.beginRun(id: "c", pipeline: "nightly", at: .at(2))
    try folder.catalog.finishRun(id: "c", at: .at(3), state: "done", account: "{}")
    #expect(
      try folder.catalog.runs(limit: 9).map { "\($0.id) \($0.state)" } == [
        "c done", "b running", "a interrupted",
      ])
    #expect(try folder.catalog.runs(limit: 1).map(\.finished) == [.at(3)])
  }
}
