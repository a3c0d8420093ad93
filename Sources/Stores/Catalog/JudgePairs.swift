import Bytes
import Foundation
import GRDB
import Records

/// An output that has others for the same input.
public struct SiblingRow: Sendable, Hashable {
  /// Its content.
  public let content: ContentHash
  /// An interaction that has it.
  public let interaction: String
  /// Where that interaction's record stands.
  public let place: LakePlace

  /// States an output.
  public init(content: ContentHash, interaction: String, place: LakePlace) {
    self.content = content
    self.interaction = interaction
    self.place = place
  }
}

/// What a judge of pairs said of two contents.
public struct JudgePairRow: Sendable, Hashable {
  /// The judge's name.
  public let voter: String
  /// The judge's version.
  public let version: String
  /// The content that was called the first.
  public let first: ContentHash
  /// The other.
  public let second: ContentHash
  /// `first`, `second`, `tie`, `flip`, `hijacked` or `unread`.
  public let outcome: String

  /// States what a judge said.
  public init(voter: String, version: String, first: ContentHash, second: ContentHash, outcome: String) {
    self.voter = voter
    self.version = version
    self.first = first
    self.second = second
    self.outcome = outcome
  }
}

/// Two contents, the better one first.
public struct OrderedContents: Sendable, Hashable {
  /// The better content.
  public let better: ContentHash
  /// The worse content.
  public let worse: ContentHash

  /// States an order.
  public init(better: ContentHash, worse: ContentHash) {
    self.better = better
    self.worse = worse
  }
}

extension CatalogStore {
  /// Kept outputs that share their input with another kept output: by input, then content, each content once; not what
  /// models wrote to be published.
  /// - Parameter condition: an SQL condition over the view `records` that must hold for the interactions; nil takes all.
  /// - Returns: groups of two and more.
  /// - Throws: ``CatalogError`` for an illegal condition.
  public func siblings(where condition: String? = nil) throws -> [[SiblingRow]] {
    let among = try condition.map { Set(try numbers(where: $0)) }
    return try pool.read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT i.number, i.id, i.content_hash, i.input_hash, s.name, s.day, i.frame, i.offset, i.length
          FROM interactions i JOIN segments s ON s.number = i.segment
          WHERE i.decision = 'kept' AND \(Self.isLogged("i")) AND i.input_hash IN (
            SELECT input_hash FROM interactions o WHERE decision = 'kept' AND \(Self.isLogged("o"))
            GROUP BY input_hash HAVING min(content_hash) < max(content_hash))
          ORDER BY i.input_hash, i.content_hash, i.id
          """)
      var groups: [[SiblingRow]] = []
      var input: Data?
      while let row = try rows.next() {
        guard among?.contains(row["number"]) ?? true,
          let content = ContentHash(bytes: row["content_hash"] as Data)
        else { continue }
        if input != row["input_hash"] as Data {
          input = row["input_hash"]
          groups.append([])
        } else if groups.last?.last?.content == content {
          continue
        }
        groups[groups.count - 1].append(
          SiblingRow(content: content, interaction: row["id"], place: Self.place(row)))
      }
      return groups.filter { $0.count > 1 }
    }
  }

  /// Keeps what judges said of pairs; what is there stays.
  public func addJudgePairs(_ rows: [JudgePairRow], run: String) throws {
    guard !rows.isEmpty else { return }
    try pool.write { db in
      var insert = try BulkStatement(
        db,
        """
        INSERT OR IGNORE INTO judge_pairs (voter, version, first, second, outcome, run)
        VALUES (?, ?, ?, ?, ?, ?)
        """)
      for row in rows {
        insert.bind(row.voter)
        insert.bind(row.version)
        insert.bind(blob: row.first.bytes)
        insert.bind(blob: row.second.bytes)
        insert.bind(row.outcome)
        insert.bind(run)
        try insert.run()
      }
    }
  }

  /// What a version of a judge said of pairs, in the order of their contents.
  public func judgePairs(of voter: String, version: String) throws -> [JudgePairRow] {
    try pool.read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM judge_pairs WHERE voter = ? AND version = ? ORDER BY first, second",
        arguments: [voter, version]
      ).compactMap { row in
        guard let first = ContentHash(bytes: row["first"] as Data),
          let second = ContentHash(bytes: row["second"] as Data)
        else { return nil }
        return JudgePairRow(
          voter: row["voter"], version: row["version"], first: first, second: second, outcome: row["outcome"])
      }
    }
  }

  /// Which outputs more judges of pairs prefer than do not, of judges whose votes count.
  public func preferredContents() throws -> Set<OrderedContents> {
    try pool.read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT p.first, p.second, sum(p.outcome = 'first') - sum(p.outcome = 'second') AS lead
          FROM judge_pairs p JOIN model_voters m ON m.voter = p.voter AND m.version = p.version AND m.admitted = 1
          GROUP BY p.first, p.second HAVING lead <> 0
          """)
      var preferred: Set<OrderedContents> = []
      while let row = try rows.next() {
        guard let first = ContentHash(bytes: row[0] as Data), let second = ContentHash(bytes: row[1] as Data)
        else { continue }
        let lead: Int = row[2]
        preferred.insert(
          OrderedContents(better: lead > 0 ? first : second, worse: lead > 0 ? second : first))
      }
      return preferred
    }
  }
}
