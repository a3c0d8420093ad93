import Bytes
import Foundation
import GRDB
import Records

/// All votes of the catalog in columns, for a model that is fitted over all of them.
public struct CatalogVotes: Sendable {
  /// Contents with a vote or a label, in the order of their hashes.
  public var contents: [ContentHash] = []
  /// The label of each content as it stands.
  public var labels: [LabelRow] = []
  /// Whether all interactions of a content have this label.
  public var isUniform: [Bool] = []
  /// Weight of votes for good and for bad by content.
  public var good: [Double] = []
  /// See ``good``.
  public var bad: [Double] = []
  /// The voters by number, in the order of their names.
  public var voters: [String] = []
  /// The votes in the order of contents, then voters.
  public var votes: [Vote] = []
  /// The golden class by content's number.
  public var golden: [Int: LabelClass] = [:]

  /// One vote.
  public struct Vote: Sendable {
    /// The content's number.
    public let content: Int32
    /// The voter's number.
    public let voter: Int32
    /// Whether it is for good.
    public let isGood: Bool
    /// Its weight.
    public let weight: Float
  }
}

extension CatalogStore {
  /// Whether votes were written since the labels were last made of them, or the golden set changed.
  public func labelsAreStale() throws -> Bool {
    try pool.read { db in
      try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'labels-stale'") == "1"
    }
  }

  /// Says that the labels are stale if the digest of what fits them differs from the last one's.
  public func useLabelFit(digest: String) throws {
    try pool.write { db in
      let before = try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'label-fit'")
      guard before != digest else { return }
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO settings VALUES ('label-fit', ?);
          INSERT OR REPLACE INTO settings VALUES ('labels-stale', '1');
          """, arguments: [digest])
    }
  }

  /// The account of the last fit of the label model, as it was given to ``finishLabels(account:)``; nil before the
  /// first.
  public func lastLabelAccount() throws -> String? {
    try pool.read { db in
      try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'label-account'")
    }
  }

  /// Says that the labels follow from the votes, and keeps the account.
  public func finishLabels(account: String) throws {
    try pool.write { db in
      try db.execute(sql: "INSERT OR REPLACE INTO settings VALUES ('label-account', ?)", arguments: [account])
      try db.execute(sql: "DELETE FROM settings WHERE name = 'labels-stale'")
    }
  }

  /// Replaces the contents whose given label is probably wrong.
  /// - Parameter suspects: contents and how suspect they are, more being worse.
  /// - Throws: the database's errors.
  public func setLabelSuspects(_ suspects: [(content: ContentHash, score: Double)]) throws {
    try pool.write { db in
      try db.execute(sql: "DELETE FROM label_suspects")
      var insert = try BulkStatement(
        db, "INSERT OR REPLACE INTO label_suspects (content_hash, score) VALUES (?, ?)")
      for suspect in suspects {
        insert.bind(blob: suspect.content.bytes)
        insert.bind(suspect.score)
        try insert.run()
      }
    }
  }

  /// The contents whose given label is probably wrong, worst first.
  public func labelSuspects() throws -> [(content: ContentHash, score: Double)] {
    try pool.read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM label_suspects ORDER BY score DESC, content_hash").compactMap {
        row in ContentHash(bytes: row[0] as Data).map { ($0, row[1]) }
      }
    }
  }

  /// Reads all votes and labels, as of one moment.
  public func catalogVotes() throws -> CatalogVotes {
    try pool.read { db in
      var columns = CatalogVotes()
      var places: [Data: Int32] = [:]
      let standing = try Row.fetchCursor(
        db,
        sql: """
          SELECT content_hash, min(label) AS label, min(probability) AS probability, min(entropy) AS entropy,
            count(label) IN (0, count(*)) AND min(label) IS max(label)
              AND min(probability) IS max(probability) AND min(entropy) IS max(entropy) AS uniform,
            min(good) AS good, min(bad) AS bad
          FROM interactions i WHERE (good IS NOT NULL OR label IS NOT NULL) AND \(Self.isLogged("i"))
          GROUP BY content_hash ORDER BY content_hash
          """)
      while let row = try standing.next() {
        let hash: Data = row[0]
        guard let content = ContentHash(bytes: hash) else { continue }
        places[hash] = Int32(columns.contents.count)
        columns.contents.append(content)
        columns.labels.append(
          LabelRow(
            content: content, label: (row[1] as String?).flatMap(LabelClass.init(rawValue:)),
            probability: row[2], entropy: row[3]))
        columns.isUniform.append(row[4])
        columns.good.append(row[5] ?? 0)
        columns.bad.append(row[6] ?? 0)
      }
      columns.voters = try String.fetchAll(db, sql: "SELECT DISTINCT voter FROM votes ORDER BY voter")
      var numbers: [String: Int32] = [:]
      for (number, voter) in columns.voters.enumerated() { numbers[voter] = Int32(number) }
      let votes = try Row.fetchCursor(
        db,
        sql: """
          SELECT i.content_hash, v.voter, v.class, v.weight FROM votes v
          JOIN interactions i ON i.number = v.interaction
          """)
      while let row = try votes.next() {
        guard let content = places[row[0] as Data], let voter = numbers[row[1] as String] else { continue }
        columns.votes.append(
          CatalogVotes.Vote(
            content: content, voter: voter, isGood: row[2] as String == LabelClass.good.rawValue,
            weight: Float(row[3] as Double)))
      }
      columns.votes.sort { ($0.content, $0.voter) < ($1.content, $1.voter) }
      let golden = try Row.fetchCursor(db, sql: Self.goldenEvents)
      while let row = try golden.next() {
        guard let place = places[row["content_hash"] as Data], let label = LabelClass(rawValue: row["class"])
        else { continue }
        columns.golden[Int(place)] = label
      }
      return columns
    }
  }
}
