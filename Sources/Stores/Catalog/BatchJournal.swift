import Bytes
import Foundation
import GRDB
import LanguageModels
import Records

/// The journal of batches in the catalog.
public final class BatchJournal: BatchLedger {
  private let pool: DatabasePool

  /// Opens the journal.
  public init(_ catalog: CatalogStore) { pool = catalog.pool }

  // MARK: Reading

  /// The batches of some models that are neither merged nor forgotten, the oldest first.
  public func open(_ models: Set<String>) async throws -> [BatchRecord] {
    try await pool.read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM model_batches WHERE state <> 'merged' ORDER BY number")
        .compactMap(BatchRecord.init(row:)).filter { models.contains($0.model) }
    }
  }

  /// What the service calls every batch of ours that it is known to have.
  public func identifiers() async throws -> Set<String> {
    try await pool.read { db in
      try String.fetchSet(db, sql: "SELECT identifier FROM model_batches WHERE identifier IS NOT NULL")
    }
  }

  /// The files that any batch which is neither merged nor forgotten names.
  public func files() async throws -> Set<Digest> {
    try await pool.read { db in
      let batches = try Row.fetchAll(db, sql: "SELECT * FROM model_batches WHERE state <> 'merged'")
        .compactMap(BatchRecord.init(row:))
      return Set(batches.flatMap { $0.results + [$0.input].compactMap(\.self) })
    }
  }

  /// The requests of a batch, in the order of their digests.
  public func rows(_ key: String) async throws -> [BatchRow] {
    try await pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT digest, reserved, attempt, outcome, code, status, detail, model
          FROM model_batch_rows r JOIN model_batches b ON b.number = r.batch WHERE key = ? ORDER BY digest
          """, arguments: [key]
      ).compactMap(BatchRow.init(row:))
    }
  }

  /// What is known of requests from the last batch that each was in; one that was in none is left out.
  public func standing(_ digests: [Digest]) async throws -> [Digest: BatchRow] {
    try await pool.read { db in
      let query = try db.cachedStatement(
        sql: """
          SELECT digest, reserved, attempt, outcome, code, status, detail, model
          FROM model_batch_rows r JOIN model_batches b ON b.number = r.batch
          WHERE digest = ? ORDER BY b.number DESC LIMIT 1
          """)
      var found: [Digest: BatchRow] = [:]
      for digest in digests {
        guard let row = try Row.fetchOne(query, arguments: [Data(digest.bytes)]) else { continue }
        found[digest] = BatchRow(row: row)
      }
      return found
    }
  }

  // MARK: Writing

  /// Enters a batch that is planned, with its requests.
  public func plan(_ batch: BatchRecord, _ rows: [BatchRow]) async throws {
    try await pool.write { db in
      try db.execute(
        sql: """
          INSERT INTO model_batches (key, model, run, time, state, results) VALUES (?, ?, ?, ?, ?, x'')
          """,
        arguments: [batch.key, batch.model, batch.run, batch.time.microseconds, batch.state.rawValue])
      let number = db.lastInsertedRowID
      var statement = try BulkStatement(
        db,
        "INSERT INTO model_batch_rows (batch, digest, reserved, attempt, outcome) VALUES (?, ?, ?, ?, 0)")
      for row in rows {
        statement.bind(number)
        statement.bind(blob: row.digest.bytes)
        statement.bind(row.reserved)
        statement.bind(row.attempt)
        try statement.run()
      }
    }
  }

  /// Moves a batch on; requests that are in `without` are in it no more.
  public func move(_ batch: BatchRecord, without: [Digest]) async throws {
    try await pool.write { db in
      let number = try Self.update(batch, db)
      var statement = try BulkStatement(db, "DELETE FROM model_batch_rows WHERE batch = ? AND digest = ?")
      for digest in without {
        statement.bind(number)
        statement.bind(blob: digest.bytes)
        try statement.run()
      }
    }
  }

  /// Lets a batch be merged, with what became of its requests.
  public func merge(_ batch: BatchRecord, _ rows: [BatchRow]) async throws {
    try await pool.write { db in
      let number = try Self.update(batch, db)
      var statement = try BulkStatement(
        db,
        """
        UPDATE model_batch_rows SET outcome = ?, code = ?, status = ?, detail = ? WHERE batch = ? AND digest = ?
        """)
      for row in rows {
        let (outcome, error) = row.outcome.parts
        statement.bind(outcome)
        statement.bind(error?.code.rawValue)
        statement.bind(error.map { Int64($0.status) })
        statement.bind(error?.detail)
        statement.bind(number)
        statement.bind(blob: row.digest.bytes)
        try statement.run()
      }
    }
  }

  /// Forgets a batch and its requests.
  public func forget(_ key: String) async throws {
    try await pool.write { db in
      try db.execute(
        sql: """
          DELETE FROM model_batch_rows WHERE batch = (SELECT number FROM model_batches WHERE key = ?1);
          """, arguments: [key])
      try db.execute(sql: "DELETE FROM model_batches WHERE key = ?", arguments: [key])
    }
  }

  /// - Returns: the batch's number.
  private static func update(_ batch: BatchRecord, _ db: Database) throws -> Int64 {
    let end = try batch.end.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    try db.execute(
      sql: """
        UPDATE model_batches
        SET state = ?, input = ?, upload = ?, tried = ?, identifier = ?, end = ?, results = ? WHERE key = ?
        """,
      arguments: [
        batch.state.rawValue, batch.input.map { Data($0.bytes) }, batch.upload, batch.tried?.microseconds,
        batch.identifier, end, Data(batch.results.flatMap(\.bytes)), batch.key,
      ])
    return try Int64.fetchOne(
      db, sql: "SELECT number FROM model_batches WHERE key = ?", arguments: [batch.key]) ?? 0
  }
}

extension BatchRecord {
  fileprivate init?(row: Row) {
    guard let state = State(rawValue: row["state"]) else { return nil }
    self.init(
      key: row["key"], model: row["model"], run: row["run"], time: Timestamp(microseconds: row["time"]))
    self.state = state
    input = Self.digest(row["input"])
    upload = row["upload"]
    tried = (row["tried"] as Int64?).map { Timestamp(microseconds: $0) }
    identifier = row["identifier"]
    end = (row["end"] as String?).flatMap { try? JSONDecoder().decode(BatchEnd.self, from: Data($0.utf8)) }
    let bytes = Array(row["results"] as Data)
    results = stride(from: 0, to: bytes.count, by: 32).compactMap {
      Digest(bytes: Array(bytes[$0..<min($0 + 32, bytes.count)]))
    }
  }

  private static func digest(_ data: Data?) -> Digest? { data.flatMap { Digest(bytes: Array($0)) } }
}

extension BatchRow {
  fileprivate init?(row: Row) {
    guard let digest = Digest(bytes: Array(row["digest"] as Data)) else { return nil }
    let code = (row["code"] as String?).flatMap { ModelError.Code(rawValue: $0) } ?? .malformed
    let error = ModelError(code, model: row["model"], status: row["status"] ?? 0, detail: row["detail"] ?? "")
    let outcome: Outcome =
      switch row["outcome"] as Int {
      case 1: .answered
      case 2: .again(error)
      case 3: .failed(error)
      default: .open
      }
    self.init(digest: digest, reserved: row["reserved"], attempt: row["attempt"], outcome: outcome)
  }
}

extension BatchRow.Outcome {
  fileprivate var parts: (number: Int, error: ModelError?) {
    switch self {
    case .open: (0, nil)
    case .answered: (1, nil)
    case .again(let error): (2, error)
    case .failed(let error): (3, error)
    }
  }
}
