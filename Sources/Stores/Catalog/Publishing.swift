import Bytes
import Foundation
import GRDB
import Records

/// An interaction that a dataset may use.
///
/// A class, since a pair and every list on the way to a version share it: as values they would be most of a
/// publication's memory.
public final class Candidate: Sendable {
  /// The catalog's number.
  public let number: Int64
  /// Its id.
  public let id: String
  /// When the call was made.
  public let time: Timestamp
  /// Its conversation.
  public let conversation: String
  /// The user's pseudonym; nil where the log has none.
  public let user: String?
  /// Hash of the normalised input.
  public let inputHash: ContentHash
  /// Hash of the normalised messages and output.
  public let contentHash: ContentHash
  /// The contents of its near-duplicate cluster, its own included, ascending; its own alone where it has no other.
  public let nearKeys: [ContentHash]
  /// The conversation that decides for its whole near-duplicate cluster: that of the smallest of ``nearKeys``, of
  /// several the one of the smallest interaction id; its own where it is alone.
  public let nearConversation: String
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
  /// What it was written for, if a model wrote it for this purpose; nil for what was logged.
  public let synthetic: SyntheticFacts?

  init(
    number: Int64, id: String, time: Timestamp, conversation: String, user: String?, inputHash: ContentHash,
    contentHash: ContentHash, near: NearCluster?, place: LakePlace, label: LabelClass?, probability: Double?,
    good: Double, bad: Double, rank: Double?, correction: Correction?, synthetic: SyntheticFacts? = nil
  ) {
    self.number = number
    self.id = id
    self.time = time
    self.conversation = conversation
    self.user = user
    self.inputHash = inputHash
    self.contentHash = contentHash
    nearKeys = near?.contents ?? [contentHash]
    nearConversation = near?.conversation ?? conversation
    self.place = place
    self.label = label
    self.probability = probability
    self.good = good
    self.bad = bad
    self.rank = rank
    self.correction = correction
    self.synthetic = synthetic
  }

  /// A person's better output.
  public struct Correction: Sendable, Hashable {
    /// The feedback event.
    public let id: String
    /// Where its record stands.
    public let place: LakePlace
  }
}

/// A near-duplicate cluster of more than one content.
final class NearCluster: Sendable {
  /// Its contents, ascending.
  let contents: [ContentHash]
  /// The conversation that decides for all of them.
  let conversation: String

  init(contents: [ContentHash], conversation: String) {
    self.contents = contents
    self.conversation = conversation
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
      let special = try Self.special(db)
      let clusters = try Self.nearClusters(db)
      let synthetic = try Self.syntheticFacts(db)
      // One pass over the numbers in the order of the table, instead of a look-up each.
      let list = "[" + numbers.map(String.init).joined(separator: ",") + "]"
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT i.number, i.id, i.time, i.conversation, i.input_hash, i.label, i.probability, i.good, i.bad,
            i.segment, i.frame, i.offset, i.length, i.user, i.content_hash
          FROM interactions i WHERE i.decision = 'kept' AND i.number IN (SELECT value FROM json_each(?))
          """, arguments: [list])
      let segments = try Self.segmentNames(db)
      var result: [Candidate] = []
      result.reserveCapacity(numbers.count)
      while let row = try rows.next() {
        guard let hash = ContentHash(bytes: row[4] as Data), let segment = segments[row[9] as Int64],
          let content = ContentHash(bytes: row[14] as Data)
        else { continue }
        let id: String = row[1]
        result.append(
          Candidate(
            number: row[0], id: id, time: Timestamp(microseconds: row[2]), conversation: row[3],
            user: row[13],
            inputHash: hash, contentHash: content, near: clusters[content],
            place: LakePlace(
              segment: segment.name, day: segment.day, frame: row[10], offset: row[11], length: row[12]),
            label: (row[5] as String?).flatMap(LabelClass.init(rawValue:)), probability: row[6],
            good: row[7] ?? 0,
            bad: row[8] ?? 0, rank: special.ranks[id], correction: special.corrections[id],
            synthetic: synthetic[id]))
      }
      return result.sorted {
        ($0.place.day, $0.place.segment, $0.place.frame, $0.place.offset)
          < ($1.place.day, $1.place.segment, $1.place.frame, $1.place.offset)
      }
    }
  }

  /// The mean rank and the newest correction of every interaction that has one: of several people who compared an output
  /// with others, each counts once for each comparison.
  private static func special(
    _ db: Database
  ) throws -> (ranks: [String: Double], corrections: [String: Candidate.Correction]) {
    var ranks: [String: (sum: Double, count: Double)] = [:]
    var corrections: [String: Candidate.Correction] = [:]
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT f.target, f.signal, f.value, f.has_correction, f.id, s.name, s.day, f.frame, f.offset, f.length
        FROM feedback f INDEXED BY feedback_of_bodies JOIN segments s ON s.number = f.segment
        WHERE (f.has_correction = 1 OR f.signal = 'rank') AND f.target IS NOT NULL ORDER BY f.time, f.id
        """)
    while let row = try rows.next() {
      let target: String = row[0]
      if row[1] == "rank", let value = row[2] as Double? {
        let before = ranks[target] ?? (0, 0)
        ranks[target] = (before.sum + value, before.count + 1)
      }
      if row[3] == 1 { corrections[target] = Candidate.Correction(id: row[4], place: place(row)) }
    }
    return (ranks.mapValues { $0.sum / $0.count }, corrections)
  }

  /// The cluster of every content that is not alone in one.
  private static func nearClusters(_ db: Database) throws -> [ContentHash: NearCluster] {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT n.cluster, n.content_hash, (
          SELECT i.conversation FROM interactions i WHERE i.content_hash = n.content_hash ORDER BY i.id LIMIT 1
        ) FROM near_clusters n WHERE n.cluster IN (
          SELECT cluster FROM near_clusters GROUP BY cluster HAVING count(*) > 1
        ) ORDER BY n.cluster, n.content_hash
        """)
    var clusters: [ContentHash: NearCluster] = [:]
    var open: (name: Data, contents: [ContentHash], conversation: String?) = (Data(), [], nil)
    func close() {
      guard open.contents.count > 1, let conversation = open.conversation else { return }
      let cluster = NearCluster(contents: open.contents, conversation: conversation)
      for content in open.contents { clusters[content] = cluster }
    }
    while let row = try rows.next() {
      let name: Data = row[0]
      guard let content = ContentHash(bytes: row[1] as Data) else { continue }
      if name != open.name {
        close()
        open = (name, [], nil)
      }
      open.contents.append(content)
      // The smallest content of which the catalog still has an interaction.
      if open.conversation == nil { open.conversation = row[2] }
    }
    close()
    return clusters
  }

  private static func segmentNames(_ db: Database) throws -> [Int64: (name: String, day: String)] {
    var names: [Int64: (name: String, day: String)] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT number, name, day FROM segments") {
      names[row[0]] = (row[1], row[2])
    }
    return names
  }

  static func place(_ row: Row) -> LakePlace {
    LakePlace(
      segment: row["name"], day: row["day"], frame: row["frame"], offset: row["offset"], length: row["length"]
    )
  }

  /// The newest version of a dataset that the catalog has recorded; 0 if none.
  public func recordedVersion(of dataset: String) throws -> Int {
    try pool.read { db in
      try Int.fetchOne(
        db, sql: "SELECT max(number) FROM publications WHERE dataset = ?", arguments: [dataset]) ?? 0
    }
  }

  /// Records a published version and what it did with every example, as changes to the version before.
  public func recordPublication(
    dataset: String, number: Int, version: String, contentRoot: String, run: String,
    _ memberships: [Membership]
  ) throws {
    let incoming = memberships.sorted { Self.order($0, $1) == .before }
    try pool.write { db in
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO publications (dataset, number, version, content_root, run) VALUES (?, ?, ?, ?, ?)
          """, arguments: [dataset, number, version, contentRoot, run])
      let changes = try Self.changes(to: incoming, dataset: dataset, db)
      var close = try BulkStatement(
        db,
        """
        UPDATE memberships SET last = ? WHERE dataset = ? AND example = ? AND interaction = ? AND last IS NULL
        """)
      for item in changes.ended {
        close.bind(number - 1)
        close.bind(dataset)
        close.bind(item.example)
        close.bind(item.interaction)
        try close.run()
      }
      // What the same version is said to have done otherwise by now was never so.
      try db.execute(sql: "DELETE FROM memberships WHERE dataset = ? AND last < first", arguments: [dataset])
      var open = try BulkStatement(
        db,
        "INSERT OR REPLACE INTO memberships (dataset, example, interaction, outcome, first) VALUES (?, ?, ?, ?, ?)"
      )
      for item in changes.begun {
        open.bind(dataset)
        open.bind(item.example)
        open.bind(item.interaction)
        open.bind(item.outcome)
        open.bind(number)
        try open.run()
      }
    }
  }

  private enum Order { case before, same, after }

  /// The order of the table's key: bytes of the example's id, then of the interaction's.
  private static func order(_ left: Membership, _ right: Membership) -> Order {
    for (first, second) in [(left.example, right.example), (left.interaction, right.interaction)] {
      if first.utf8.elementsEqual(second.utf8) { continue }
      return first.utf8.lexicographicallyPrecedes(second.utf8) ? .before : .after
    }
    return .same
  }

  /// Walks the memberships in force beside the new ones, both in the order of the key.
  private static func changes(
    to incoming: [Membership], dataset: String, _ db: Database
  ) throws -> (ended: [Membership], begun: [Membership]) {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT example, interaction, outcome FROM memberships WHERE dataset = ? AND last IS NULL
        ORDER BY example, interaction
        """, arguments: [dataset])
    var ended: [Membership] = []
    var begun: [Membership] = []
    var next = incoming.startIndex
    while let row = try rows.next() {
      let standing = Membership(example: row[0], interaction: row[1], outcome: row[2])
      while next < incoming.endIndex, order(incoming[next], standing) == .before {
        begun.append(incoming[next])
        next += 1
      }
      if next < incoming.endIndex, order(incoming[next], standing) == .same {
        if incoming[next].outcome != standing.outcome {
          ended.append(standing)
          begun.append(incoming[next])
        }
        next += 1
      } else {
        ended.append(standing)
      }
    }
    begun += incoming[next...]
    return (ended, begun)
  }
}
