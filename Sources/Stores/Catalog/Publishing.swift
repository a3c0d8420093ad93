import Bytes
import Foundation
import GRDB
import Records

/// An interaction that a dataset may use.
public struct Candidate: Sendable, Hashable {
  /// The catalog's number.
  public let number: Int64
  /// Its id.
  public let id: String
  /// When the call was made.
  public let time: Timestamp
  /// Its conversation.
  public let conversation: String
  /// Hash of the normalised input.
  public let inputHash: ContentHash
  /// Where the record stands.
  public let place: LakePlace
  /// Its label.
  public let label: LabelClass?
  /// Probability of the label.
  public let probability: Double?
  /// Weight of votes for good.
  public let good: Double
  /// Weight of votes for bad.
  public let bad: Double
  /// Its place among siblings by rank feedback, 0 the best.
  public let rank: Double?
  /// The newest correction: the event's id and where its record stands.
  public let correction: Correction?

  /// A person's better output.
  public struct Correction: Sendable, Hashable {
    /// The feedback event.
    public let id: String
    /// Where its record stands.
    public let place: LakePlace
  }
}

/// What a version did with one example.
public struct Membership: Sendable, Hashable {
  /// The example's id.
  public let example: String
  /// An interaction that it comes from.
  public let interaction: String
  /// `in:train`, or `out:` and the reason.
  public let outcome: String

  /// States what a version did.
  public init(example: String, interaction: String, outcome: String) {
    self.example = example
    self.interaction = interaction
    self.outcome = outcome
  }
}

extension CatalogStore {
  /// The kept interactions among `numbers`, in the order of their places in the lake.
  /// - Parameter numbers: catalog numbers, ascending.
  /// - Returns: candidates with label, rank and newest correction.
  /// - Throws: GRDB's errors.
  public func candidates(among numbers: [Int64]) throws -> [Candidate] {
    try pool.read { db in
      let statement = try db.cachedStatement(
        sql: """
          SELECT i.number, i.id, i.time, i.conversation, i.input_hash, i.label, i.probability, i.good, i.bad,
            s.name, s.day, i.frame, i.offset, i.length,
            (SELECT min(value) FROM feedback WHERE target = i.id AND signal = 'rank') AS rank
          FROM interactions i JOIN segments s ON s.number = i.segment
          WHERE i.number = ? AND i.decision = 'kept'
          """)
      let corrections = try db.cachedStatement(
        sql: """
          SELECT f.id, s.name, s.day, f.frame, f.offset, f.length FROM feedback f JOIN segments s ON s.number = f.segment
          WHERE f.target = ? AND f.has_correction = 1 ORDER BY f.time DESC, f.id DESC LIMIT 1
          """)
      var list: [Candidate] = []
      for number in numbers {
        guard let row = try Row.fetchOne(statement, arguments: [number]),
          let hash = ContentHash(bytes: row["input_hash"] as Data)
        else { continue }
        let correction = try Row.fetchOne(corrections, arguments: [row["id"] as String]).map {
          Candidate.Correction(id: $0["id"], place: Self.place($0))
        }
        list.append(
          Candidate(
            number: number, id: row["id"], time: Timestamp(microseconds: row["time"]),
            conversation: row["conversation"], inputHash: hash, place: Self.place(row),
            label: (row["label"] as String?).flatMap(LabelClass.init(rawValue:)), probability: row["probability"],
            good: row["good"] ?? 0, bad: row["bad"] ?? 0, rank: row["rank"], correction: correction))
      }
      return list.sorted {
        ($0.place.day, $0.place.segment, $0.place.frame, $0.place.offset)
          < ($1.place.day, $1.place.segment, $1.place.frame, $1.place.offset)
      }
    }
  }

  static func place(_ row: Row) -> LakePlace {
    LakePlace(
      segment: row["name"], day: row["day"], frame: row["frame"], offset: row["offset"], length: row["length"])
  }

  /// The newest version of a dataset that the catalog has recorded; 0 if none.
  public func recordedVersion(of dataset: String) throws -> Int {
    try pool.read { db in
      try Int.fetchOne(db, sql: "SELECT max(number) FROM publications WHERE dataset = ?", arguments: [dataset]) ?? 0
    }
  }

  /// Records a published version and what it did with every example, as changes to the version before.
  public func recordPublication(
    dataset: String, number: Int, version: String, contentRoot: String, run: String, _ memberships: [Membership]
  ) throws {
    try pool.write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO publications (dataset, number, version, content_root, run) VALUES (?, ?, ?, ?, ?)",
        arguments: [dataset, number, version, contentRoot, run])
      try db.execute(
        sql: """
          CREATE TEMP TABLE incoming (example TEXT, interaction TEXT, outcome TEXT,
            PRIMARY KEY (example, interaction)) WITHOUT ROWID
          """)
      var insert = try BulkStatement(db, "INSERT OR REPLACE INTO incoming VALUES (?, ?, ?)")
      for item in memberships {
        insert.bind(item.example)
        insert.bind(item.interaction)
        insert.bind(item.outcome)
        try insert.run()
      }
      try db.execute(
        sql: """
          UPDATE memberships SET last = ?2 - 1 WHERE dataset = ?1 AND last IS NULL AND NOT EXISTS (
            SELECT 1 FROM incoming n WHERE n.example = memberships.example
              AND n.interaction = memberships.interaction AND n.outcome = memberships.outcome)
          """, arguments: [dataset, number])
      // What the same version is said to have done otherwise by now was never so.
      try db.execute(sql: "DELETE FROM memberships WHERE dataset = ? AND last < first", arguments: [dataset])
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO memberships (dataset, example, interaction, outcome, first)
          SELECT ?1, example, interaction, outcome, ?2 FROM incoming n WHERE NOT EXISTS (
            SELECT 1 FROM memberships m WHERE m.dataset = ?1 AND m.example = n.example
              AND m.interaction = n.interaction AND m.outcome = n.outcome AND m.last IS NULL)
          """, arguments: [dataset, number])
      try db.execute(sql: "DROP TABLE incoming")
    }
  }
}
