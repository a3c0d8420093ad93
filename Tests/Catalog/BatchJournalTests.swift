import Bytes
import LanguageModels
import Records
import Testing

@testable import Catalog

@Suite("Journal of batches") struct BatchJournalTests {
  private let folder: CatalogFolder
  private let journal: BatchJournal

  init() throws {
    folder = try CatalogFolder()
    journal = BatchJournal(folder.catalog)
  }

  private static func batch(_ key: String, model: String = "m") -> BatchRecord {
    BatchRecord(key: key, model: model, run: "r", time: .at(5))
  }

  private static func rows(_ names: String..., attempt: Int = 1) -> [BatchRow] {
    names.map { BatchRow(digest: .sha256($0), reserved: 7, attempt: attempt) }.sorted {
      $0.digest < $1.digest
    }
  }

  @Test("what is written is read again")
  func reads() async throws {
    var batch = Self.batch("a")
    let rows = Self.rows("x", "y", "z")
    try await journal.plan(batch, rows)
    #expect(try await journal.open(["m"]) == [batch])
    #expect(try await journal.rows("a") == rows)
    #expect(try await journal.open(["other"]) == [])
    #expect(try await journal.files() == [])
    batch.state = .ended
    (batch.input, batch.upload, batch.tried, batch.identifier) = (.sha256("in"), "file-1", .at(6), "batch_1")
    batch.end = BatchEnd(status: "completed", code: "c", answered: 2)
    batch.results = [.sha256("out"), .sha256("errors")]
    try await journal.move(batch, without: [.sha256("y")])
    #expect(try await journal.open(["m"]) == [batch])
    #expect(try await journal.rows("a") == rows.filter { $0.digest != .sha256("y") })
    #expect(try await journal.identifiers() == ["batch_1"])
    #expect(try await journal.files() == [.sha256("in"), .sha256("out"), .sha256("errors")])
    #expect(try await journal.standing([.sha256("x"), .sha256("y")]).keys.map(\.self) == [.sha256("x")])
  }

  @Test("the last batch says where a request stands, also when it is merged")
  func standing() async throws {
    let error = ModelError(.overloaded, model: "m", status: 429, detail: "slow")
    let outcomes: [BatchRow.Outcome] = [.again(error), .failed(error), .answered, .open]
    for (number, outcome) in outcomes.enumerated() {
      var batch = Self.batch("k\(number)")
      var rows = Self.rows("x", attempt: number + 1)
      try await journal.plan(batch, rows)
      rows[0].outcome = outcome
      batch.state = .merged
      try await journal.merge(batch, rows)
      #expect(try await journal.standing([.sha256("x")]) == [.sha256("x"): rows[0]])
    }
    #expect(try await journal.open(["m"]) == [])
  }

  @Test("a batch that is forgotten leaves nothing")
  func forgets() async throws {
    try await journal.plan(Self.batch("a"), Self.rows("x"))
    try await journal.plan(Self.batch("b"), Self.rows("x", "y", attempt: 2))
    try await journal.forget("b")
    #expect(try await journal.open(["m"]).map(\.key) == ["a"])
    #expect(try await journal.standing([.sha256("x"), .sha256("y")]) == [.sha256("x"): Self.rows("x")[0]])
    #expect(try folder.rows("SELECT count(*) FROM model_batch_rows") == ["1"])
  }

  @Test("a plan is entered whole or not at all")
  func whole() async throws {
    try await journal.plan(Self.batch("a"), Self.rows("x"))
    await #expect(throws: (any Error).self) { try await journal.plan(Self.batch("a"), Self.rows("y")) }
    await #expect(throws: (any Error).self) {
      try await journal.plan(Self.batch("b"), Self.rows("z") + Self.rows("z"))
    }
    #expect(try folder.rows("SELECT key FROM model_batches") == ["a"])
    #expect(try folder.rows("SELECT count(*) FROM model_batch_rows") == ["1"])
  }
}
