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
  public let findings: [Finding]
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
    number: Int64, decision: Decision, reason: String?, findings: [Finding], place: Place? = nil
  ) {
    self.number = number
    self.decision = decision
    self.reason = reason
    self.findings = findings
    self.place = place
  }
}

extension PendingSegment {
  /// The place of one of its interactions.
  public func place(of record: PendingInteraction) -> CurationResult.Place {
    CurationResult.Place(segment: number, frame: record.frame, offset: record.offset)
  }
}

extension CatalogStore {
  /// The reason of an interaction that has the same content as an older one.
  public static let duplicateReason = "duplicates/exact-duplicate"

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
          SELECT number, frame, offset, length FROM interactions INDEXED BY interactions_by_rules
          WHERE (rules IS NULL AND segment = ?1) OR (rules < ?2 AND segment = ?1) OR (rules > ?2 AND segment = ?1)
          ORDER BY frame, offset
          """, arguments: [segment, rules]
      ).map {
        PendingInteraction(
          number: $0["number"], frame: $0["frame"], offset: $0["offset"], length: $0["length"])
      }
    }
  }

  /// Writes decisions and findings, and queues the clusters that they touch, in one transaction.
  public func commitCuration(rules: Int64, _ results: [CurationResult]) throws {
    try pool.write { db in
      var update = try BulkStatement(
        db,
        """
        UPDATE interactions SET rules = ?1, decision = ?2, reason = ?3 WHERE number = ?4
        AND (?5 IS NULL OR (segment = ?5 AND frame = ?6 AND offset = ?7))
        """)
      var clear = try BulkStatement(db, "DELETE FROM findings WHERE interaction = ?")
      var add = try BulkStatement(
        db,
        """
        INSERT OR IGNORE INTO findings (interaction, rule, reason, effect, part, offset, length)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """)
      var queue = try BulkStatement(
        db,
        """
        INSERT OR IGNORE INTO cluster_queue SELECT content_hash FROM interactions i WHERE number = ?
        AND EXISTS (SELECT 1 FROM interactions twin
          WHERE twin.content_hash = i.content_hash AND twin.number <> i.number)
        """)
      for result in results {
        update.bind(rules)
        update.bind(result.decision.rawValue)
        update.bind(result.reason)
        update.bind(result.number)
        update.bind(result.place?.segment)
        update.bind((result.place?.frame).map { Int64($0) })
        update.bind((result.place?.offset).map { Int64($0) })
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
          try add.run()
        }
        queue.bind(result.number)
        try queue.run()
      }
    }
  }

  /// Decides which member of each touched cluster of equal content stands for it: the oldest, of equal times the
  /// smallest id, among those that the rules keep.
  /// - Parameter enabled: false keeps every member.
  /// - Returns: interactions whose decision changed.
  /// - Throws: the database's errors.
  public func settleDuplicates(enabled: Bool) throws -> Int {
    try pool.write { db in
      // Switching the rule on or off touches every cluster.
      let before = try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'duplicates'")
      let now = enabled ? "on" : "off"
      if let before, before != now {
        try db.execute(
          sql: """
            INSERT OR IGNORE INTO cluster_queue
            SELECT content_hash FROM interactions GROUP BY content_hash HAVING count(*) > 1
            """)
      }
      try db.execute(sql: "INSERT OR REPLACE INTO settings VALUES ('duplicates', ?)", arguments: [now])
      try db.execute(
        sql: """
          WITH ranked AS (
            SELECT number, row_number() OVER (PARTITION BY content_hash ORDER BY time, id) AS place
            FROM interactions WHERE content_hash IN (SELECT content_hash FROM cluster_queue)
            AND (decision = 'kept' OR reason = ?1))
          UPDATE interactions SET
            decision = CASE WHEN place = 1 OR NOT ?2 THEN 'kept' ELSE 'dropped' END,
            reason = CASE WHEN place = 1 OR NOT ?2 THEN NULL ELSE ?1 END
          FROM ranked WHERE ranked.number = interactions.number
            AND (decision = 'kept') <> (place = 1 OR NOT ?2)
          """, arguments: [Self.duplicateReason, enabled])
      let changed = db.changesCount
      try db.execute(sql: "DELETE FROM cluster_queue")
      return changed
    }
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
