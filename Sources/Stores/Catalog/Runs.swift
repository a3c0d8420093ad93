import Foundation
import GRDB
import Records

/// One execution of a pipeline.
public struct RunRow: Sendable, Hashable {
  /// The run's id.
  public let id: String
  /// The pipeline's name.
  public let pipeline: String
  /// When it began.
  public let started: Timestamp
  /// When it ended; nil while it runs.
  public let finished: Timestamp?
  /// `running`, `done`, `failed`, `refused` (by a gate) or `interrupted`.
  public let state: String
  /// Its account as JSON.
  public let account: String?
}

/// How much the workspace holds.
public struct CatalogCounts: Sendable, Hashable, Codable {
  /// Interactions.
  public var interactions = 0
  /// Feedback events.
  public var feedback = 0
  /// Lines in quarantine.
  public var quarantined = 0
  /// Segments.
  public var segments = 0
  /// Bytes of segments.
  public var segmentBytes = 0

  /// Nothing.
  public init() {}
}

/// A source as the catalog knows it.
public struct SourceCounts: Sendable, Hashable, Codable {
  /// The source's name.
  public let source: String
  /// Its interactions.
  public let interactions: Int
  /// Its feedback events.
  public let feedback: Int
  /// Its lines in quarantine.
  public let quarantined: Int
  /// Time of its newest record, RFC 3339.
  public let newest: String?
}

extension CatalogStore {
  /// Enters a run as running.
  ///
  /// Runs of the same pipeline that still say so died, since the caller holds the lock: they become
  /// `interrupted`.
  public func beginRun(id: String, pipeline: String, at time: Timestamp) throws {
    try pool.write { db in
      try db.execute(
        sql: "UPDATE runs SET state = 'interrupted' WHERE pipeline = ? AND state = 'running'",
        arguments: [pipeline])
      try db.execute(
        sql: "INSERT INTO runs (id, pipeline, started, state) VALUES (?, ?, ?, 'running')",
        arguments: [id, pipeline, time.microseconds])
    }
  }

  /// Enters how a run ended.
  public func finishRun(id: String, at time: Timestamp, state: String, account: String) throws {
    try pool.write { db in
      try db.execute(
        sql: "UPDATE runs SET finished = ?, state = ?, account = ? WHERE id = ?",
        arguments: [time.microseconds, state, account, id])
    }
  }

  /// The newest runs first.
  public func runs(limit: Int) throws -> [RunRow] {
    try pool.read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM runs ORDER BY started DESC, id DESC LIMIT ?", arguments: [limit]
      ).map {
        RunRow(
          id: $0["id"], pipeline: $0["pipeline"], started: Timestamp(microseconds: $0["started"]),
          finished: ($0["finished"] as Int64?).map { Timestamp(microseconds: $0) }, state: $0["state"],
          account: $0["account"])
      }
    }
  }

  /// Totals.
  public func counts() throws -> CatalogCounts {
    try pool.read { db in
      var counts = CatalogCounts()
      counts.interactions = try Int.fetchOne(db, sql: "SELECT count(*) FROM interactions") ?? 0
      counts.feedback = try Int.fetchOne(db, sql: "SELECT count(*) FROM feedback") ?? 0
      counts.quarantined = try Int.fetchOne(db, sql: "SELECT count(*) FROM quarantine") ?? 0
      counts.segments = try Int.fetchOne(db, sql: "SELECT count(*) FROM segments") ?? 0
      counts.segmentBytes =
        try Int.fetchOne(db, sql: "SELECT coalesce(sum(file_bytes), 0) FROM segments") ?? 0
      return counts
    }
  }

  /// Counts by source, by name.
  public func sourceCounts() throws -> [SourceCounts] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          WITH names AS (SELECT source FROM interactions UNION SELECT source FROM feedback
            UNION SELECT source FROM quarantine)
          SELECT source,
            (SELECT count(*) FROM interactions i WHERE i.source = names.source) AS interactions,
            (SELECT count(*) FROM feedback f WHERE f.source = names.source) AS feedback,
            (SELECT count(*) FROM quarantine q WHERE q.source = names.source) AS quarantined,
            max(coalesce((SELECT max(time) FROM interactions i WHERE i.source = names.source), 0),
              coalesce((SELECT max(time) FROM feedback f WHERE f.source = names.source), 0)) AS newest
          FROM names ORDER BY source
          """
      ).map { row in
        let newest: Int64 = row["newest"]
        return SourceCounts(
          source: row["source"], interactions: row["interactions"], feedback: row["feedback"],
          quarantined: row["quarantined"],
          newest: newest == 0 ? nil : Timestamp(microseconds: newest).description)
      }
    }
  }

  /// Quarantined lines by reason, the commonest first.
  public func quarantineReasons() throws -> [(reason: String, count: Int)] {
    try pool.read { db in
      try Row.fetchAll(
        db, sql: "SELECT reason, count(*) AS n FROM quarantine GROUP BY reason ORDER BY n DESC, reason"
      )
      .map { (reason: $0["reason"], count: $0["n"]) }
    }
  }

  /// All segments: table, day and name, in catalog order.
  public func segments() throws -> [SegmentRow] {
    try pool.read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM segments ORDER BY number").compactMap { row in
        LakeTable(rawValue: row["lake_table"]).map {
          SegmentRow(
            table: $0, day: row["day"], name: row["name"], fileBytes: row["file_bytes"],
            textBytes: row["text_bytes"],
            records: row["records"])
        }
      }
    }
  }
}

extension CatalogStore {
  /// How the records that a run brought stand now: interactions by decision and reason, and feedback events.
  public func standing(
    run: String
  ) throws -> (interactions: [(decision: String?, reason: String?, count: Int)], feedback: Int) {
    try pool.read { db in
      let interactions = try Row.fetchAll(
        db,
        sql: """
          SELECT i.decision, i.reason, count(*) AS n FROM segments s
          CROSS JOIN interactions i INDEXED BY interactions_by_segment ON i.segment = s.number
          WHERE s.run = ? AND s.lake_table = 'interactions' GROUP BY 1, 2
          """, arguments: [run]
      ).map { (decision: $0["decision"] as String?, reason: $0["reason"] as String?, count: $0["n"] as Int) }
      let feedback =
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM segments s CROSS JOIN feedback f INDEXED BY feedback_by_segment
            ON f.segment = s.number WHERE s.run = ? AND s.lake_table = 'feedback'
            """, arguments: [run]) ?? 0
      return (interactions, feedback)
    }
  }
}
