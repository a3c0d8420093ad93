import Bytes
import Foundation
import GRDB
import Records

/// An interaction that curation has not decided on under the rules in force.
public struct PendingInteraction: Sendable, Hashable {
  /// The catalog's number.
  public let number: Int64
  /// Frame in its segment.
  public let frame: Int
  /// First byte in the frame's text.
  public let offset: Int
  /// Bytes of the record.
  public let length: Int
  /// The hash of its normalised messages and output.
  public let content: ContentHash
}

/// A segment with interactions that curation has not decided on.
public struct PendingSegment: Sendable, Hashable {
  /// The catalog's number.
  public let number: Int64
  /// The segment's name.
  public let name: String
  /// Its UTC day.
  public let day: String
  /// Interactions in it that are pending.
  public let pending: Int

  /// The segment's path below the lake's folder.
  public var path: String { "\(LakeTable.interactions.rawValue)/\(day)/\(name).jsonl.lz4" }
}

/// What curation decided on one interaction.
public struct CurationResult: Sendable {
  /// The catalog's number.
  public let number: Int64
  /// Kept or dropped.
  public let decision: Decision
  /// The reason of a drop: the first rule's that asked for it, as `rule/reason`.
  public let reason: String?
  /// All findings.
  public var findings: [Finding]
  /// The output's language as an ISO 639 code; nil where it was not told.
  public let language: String?
  /// Where the record stood that was decided on; a record that was replaced since keeps waiting.
  ///
  /// Default anywhere.
  public let place: Place?

  /// A segment by its catalog number, and a place in it.
  public struct Place: Sendable, Hashable {
    let segment: Int64
    let frame: Int
    let offset: Int
  }

  /// States a decision.
  public init(
    number: Int64, decision: Decision, reason: String?, findings: [Finding], language: String? = nil,
    place: Place? = nil
  ) {
    self.number = number
    self.decision = decision
    self.reason = reason
    self.findings = findings
    self.language = language
    self.place = place
  }
}

extension PendingSegment {
  /// The place of one of its interactions.
  public func place(of record: PendingInteraction) -> CurationResult.Place {
    CurationResult.Place(segment: number, frame: record.frame, offset: record.offset)
  }
}

/// What the near-duplicate index learned from a round of records.
public struct NearDuplicateCommit: Sendable {
  /// A file of the index and the documents in it.
  public struct Run: Sendable, Hashable {
    /// The file's name.
    public let name: String
    /// Documents in it.
    public let documents: Int

    /// States a file.
    public init(name: String, documents: Int) {
      self.name = name
      self.documents = documents
    }
  }

  /// Files that count from now on.
  public var added: [Run] = []
  /// Files that count no longer, since merged ones hold what they held.
  public var removed: [String] = []
  /// Clusters that have another name now: every member of `from` is of `to`, and a content that was in no cluster is
  /// the only member of one with its own name.
  public var changes: [(from: ContentHash, to: ContentHash)] = []

  /// Nothing new.
  public init() {}
}

extension CatalogStore {
  /// The number under which the catalog knows a set of rules, by the digest of names, versions and parameters.
  public func rulesVersion(digest: String) throws -> Int64 {
    try pool.write { db in
      try db.execute(sql: "INSERT OR IGNORE INTO rule_versions (digest) VALUES (?)", arguments: [digest])
      return try Int64.fetchOne(
        db, sql: "SELECT number FROM rule_versions WHERE digest = ?", arguments: [digest]) ?? 0
    }
  }

  /// Segments that hold interactions without a decision under these rules, in catalog order.
  public func pendingSegments(rules: Int64) throws -> [PendingSegment] {
    try pool.read { db in
      // Three ranges of the index instead of a scan of all history.
      try Row.fetchAll(
        db,
        sql: """
          WITH pending (segment) AS (
            SELECT segment FROM interactions WHERE rules IS NULL
            UNION ALL SELECT segment FROM interactions WHERE rules < ?1
            UNION ALL SELECT segment FROM interactions WHERE rules > ?1)
          SELECT s.number, s.name, s.day, count(*) AS pending FROM pending JOIN segments s ON s.number = segment
          GROUP BY s.number ORDER BY s.number
          """, arguments: [rules]
      ).map { PendingSegment(number: $0["number"], name: $0["name"], day: $0["day"], pending: $0["pending"]) }
    }
  }

  /// The pending interactions of a segment in the order of their places.
  public func pendingInteractions(segment: Int64, rules: Int64) throws -> [PendingInteraction] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT number, frame, offset, length, content_hash FROM interactions INDEXED BY interactions_by_rules
          WHERE (rules IS NULL AND segment = ?1) OR (rules < ?2 AND segment = ?1) OR (rules > ?2 AND segment = ?1)
          ORDER BY frame, offset
          """, arguments: [segment, rules]
      ).compactMap { row in
        ContentHash(bytes: row[4] as Data).map {
          PendingInteraction(number: row[0], frame: row[1], offset: row[2], length: row[3], content: $0)
        }
      }
    }
  }

  /// Writes decisions and findings and what the near-duplicate index learned, and queues the clusters and users' days
  /// that they touch, in one transaction.
  public func commitCuration(
    rules: Int64, _ results: [CurationResult], near: NearDuplicateCommit = NearDuplicateCommit()
  ) throws {
    try pool.write { db in
      try Self.write(rules: rules, results, db)
      try Self.write(near, db)
    }
  }

  private static func write(rules: Int64, _ results: [CurationResult], _ db: Database) throws {
    var update = try BulkStatement(
      db,
      """
      UPDATE interactions SET rules = ?1, decision = ?2, reason = ?3, language = ?8 WHERE number = ?4
      AND (?5 IS NULL OR (segment = ?5 AND frame = ?6 AND offset = ?7))
      """)
    var clear = try BulkStatement(db, "DELETE FROM findings WHERE interaction = ?")
    var add = try BulkStatement(
      db,
      """
      INSERT OR IGNORE INTO findings (interaction, rule, reason, effect, part, offset, length, version)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    var queue = try BulkStatement(
      db,
      """
      INSERT OR IGNORE INTO cluster_queue SELECT content_hash FROM interactions i WHERE number = ?
      AND (EXISTS (SELECT 1 FROM interactions twin
          WHERE twin.content_hash = i.content_hash AND twin.number <> i.number)
        OR EXISTS (SELECT 1 FROM near_clusters n WHERE n.content_hash = i.content_hash))
      """)
    var influence = try BulkStatement(
      db,
      """
      INSERT OR IGNORE INTO influence_queue SELECT user, time / \(microsecondsOfDay) FROM interactions
      WHERE number = ? AND user IS NOT NULL
      """)
    for result in results {
      update.bind(rules)
      update.bind(result.decision.rawValue)
      update.bind(result.reason)
      update.bind(result.number)
      update.bind(result.place?.segment)
      update.bind((result.place?.frame).map { Int64($0) })
      update.bind((result.place?.offset).map { Int64($0) })
      update.bind(result.language)
      guard try update.run() > 0 else { continue }
      clear.bind(result.number)
      try clear.run()
      for finding in result.findings {
        add.bind(result.number)
        add.bind(finding.rule)
        add.bind(finding.reason)
        add.bind(finding.effect.rawValue)
        add.bind(finding.part)
        add.bind(finding.offset)
        add.bind(finding.length)
        add.bind(finding.version)
        try add.run()
      }
      queue.bind(result.number)
      try queue.run()
      influence.bind(result.number)
      try influence.run()
    }
  }

  private static func write(_ near: NearDuplicateCommit, _ db: Database) throws {
    for name in near.removed {
      try db.execute(sql: "DELETE FROM signature_runs WHERE name = ?", arguments: [name])
    }
    for run in near.added {
      try db.execute(
        sql: "INSERT OR REPLACE INTO signature_runs (name, documents) VALUES (?, ?)",
        arguments: [run.name, run.documents])
    }
    var rename = try BulkStatement(db, "UPDATE near_clusters SET cluster = ? WHERE cluster = ?")
    var add = try BulkStatement(
      db, "INSERT OR IGNORE INTO near_clusters (content_hash, cluster) VALUES (?, ?)")
    var queue = try BulkStatement(db, "INSERT OR IGNORE INTO cluster_queue (content_hash) VALUES (?)")
    for change in near.changes {
      rename.bind(blob: change.to.bytes)
      rename.bind(blob: change.from.bytes)
      try rename.run()
      for content in [change.from, change.to] {
        add.bind(blob: content.bytes)
        add.bind(blob: change.to.bytes)
        try add.run()
      }
      // Settling takes the rest of the cluster along.
      queue.bind(blob: change.to.bytes)
      try queue.run()
    }
  }

  /// The files of the near-duplicate index that count, by name.
  public func signatureRuns() throws -> [NearDuplicateCommit.Run] {
    try pool.read { db in
      try Row.fetchAll(db, sql: "SELECT name, documents FROM signature_runs ORDER BY name").map {
        NearDuplicateCommit.Run(name: $0["name"], documents: $0["documents"])
      }
    }
  }

  /// Hands out the names of clusters of near duplicates by content, from one state of the catalog.
  /// - Parameter body: gets a function that names the cluster of a content, nil for one that has no near duplicate.
  /// - Returns: what `body` returns.
  /// - Throws: the database's errors, or what `body` throws.
  public func withNearClusters<Result>(
    _ body: ((ContentHash) throws -> ContentHash?) throws -> Result
  ) throws -> Result {
    try pool.read { db in
      let statement = try db.cachedStatement(
        sql: "SELECT cluster FROM near_clusters WHERE content_hash = ?")
      return try body { content in
        try Data.fetchOne(statement, arguments: [Data(content.bytes)]).flatMap { ContentHash(bytes: $0) }
      }
    }
  }

  /// Forgets every cluster of near duplicates, since another threshold makes others, and writes the new ones, in one
  /// transaction.
  /// - Parameters:
  ///   - near: the new clusters, as changes from none.
  ///   - threshold: what they were made with, as ``nearThreshold()`` returns it.
  /// - Throws: the database's errors.
  public func replaceNearClusters(_ near: NearDuplicateCommit, threshold: String) throws {
    try pool.write { db in
      try db.execute(
        sql: "INSERT OR IGNORE INTO cluster_queue SELECT content_hash FROM near_clusters")
      try db.execute(sql: "DELETE FROM near_clusters")
      try Self.write(near, db)
      try db.execute(
        sql: "INSERT OR REPLACE INTO settings VALUES ('near-threshold', ?)", arguments: [threshold])
    }
  }

  /// Forgets the near-duplicate index and its clusters, and lets every record be examined again, which signs it anew;
  /// decisions stay until then.
  public func forgetSignatures() throws {
    try pool.write { db in
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO cluster_queue SELECT content_hash FROM near_clusters;
          DELETE FROM near_clusters;
          DELETE FROM signature_runs;
          DELETE FROM settings WHERE name = 'near-threshold';
          UPDATE interactions SET rules = 0 WHERE rules IS NOT NULL;
          """)
    }
  }

  /// What the clusters of near duplicates were made with; nil before the first.
  public func nearThreshold() throws -> String? {
    try pool.read { try String.fetchOne($0, sql: "SELECT value FROM settings WHERE name = 'near-threshold'") }
  }

  /// Interactions by decision and reason, all sources or one.
  public func decisions(source: String? = nil) throws -> [(decision: String, reason: String?, count: Int)] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT coalesce(decision, 'pending') AS decision, reason, count(*) AS n FROM interactions
          WHERE ?1 IS NULL OR source = ?1 GROUP BY 1, 2 ORDER BY 1 DESC, 3 DESC, 2
          """, arguments: [source]
      ).map { (decision: $0["decision"], reason: $0["reason"], count: $0["n"]) }
    }
  }
}
