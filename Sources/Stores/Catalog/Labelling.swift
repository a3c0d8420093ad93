import Bytes
import Foundation
import GRDB
import Records

/// A feedback event as a label model sees it.
public struct FeedbackEvent: Sendable, Hashable {
  /// The catalog's number.
  public let number: Int64
  /// The event's id.
  public let id: String
  /// The interaction it is about, by catalog number.
  public let interaction: Int64
  /// The user's pseudonym.
  public let user: String?
  /// When it happened.
  public let time: Timestamp
  /// What was done.
  public let signal: Signal
  /// Its value.
  public let value: Double?
  /// How many gave it.
  public let count: Int
}

/// A cluster of interactions with one content, and the feedback on all of them.
public struct LabelInput: Sendable {
  /// The cluster.
  public let content: ContentHash
  /// Events in the order of time, then id.
  public let events: [FeedbackEvent]
}

/// One source's opinion on one interaction.
public struct VoteRow: Sendable, Hashable {
  /// The interaction by catalog number.
  public let interaction: Int64
  /// Who voted and how: `thumb:u-3f…`.
  public let voter: String
  /// Good or bad.
  public let `class`: LabelClass
  /// The vote's weight.
  public let weight: Double
  /// The event behind it.
  public let feedback: Int64

  /// States a vote.
  public init(interaction: Int64, voter: String, class: LabelClass, weight: Double, feedback: Int64) {
    self.interaction = interaction
    self.voter = voter
    self.class = `class`
    self.weight = weight
    self.feedback = feedback
  }
}

/// What the votes on a cluster add up to.
public struct LabelRow: Sendable {
  /// The cluster.
  public let content: ContentHash
  /// The class; nil when every event abstained.
  public let label: LabelClass?
  /// Probability of the class.
  public let probability: Double?
  /// Weight of votes for good.
  public let good: Double
  /// Weight of votes for bad.
  public let bad: Double
  /// The votes.
  public let votes: [VoteRow]

  /// States a label.
  public init(
    content: ContentHash, label: LabelClass?, probability: Double?, good: Double, bad: Double,
    votes: [VoteRow]
  ) {
    self.content = content
    self.label = label
    self.probability = probability
    self.good = good
    self.bad = bad
    self.votes = votes
  }
}

/// How the catalog's labels stand.
public struct LabelCounts: Sendable, Hashable, Codable {
  /// Interactions labelled good.
  public var good = 0
  /// Interactions labelled bad.
  public var bad = 0
  /// Interactions whose votes are equal.
  public var tie = 0
  /// Interactions without a vote.
  public var unlabelled = 0
  /// Feedback events on an interaction that is here.
  public var joined = 0
  /// Feedback events whose interaction has not been pulled, or that are on a conversation.
  public var waiting = 0

  /// Nothing.
  public init() {}
}

extension CatalogStore {
  /// Queues every cluster with feedback if the label model's digest differs from the last one's.
  public func useLabelModel(digest: String) throws {
    try pool.write { db in
      let before = try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'label-model'")
      guard before != digest else { return }
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO label_queue
          SELECT i.content_hash FROM feedback f CROSS JOIN interactions i ON i.id = f.target
          """)
      try db.execute(sql: "INSERT OR REPLACE INTO settings VALUES ('label-model', ?)", arguments: [digest])
    }
  }

  /// Clusters whose label is to be computed anew.
  public func queuedLabelCount() throws -> Int {
    try pool.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM label_queue") ?? 0 }
  }

  /// Up to `limit` queued clusters with their feedback, in the order of their hashes.
  public func queuedLabels(limit: Int) throws -> [LabelInput] {
    try pool.read { db in try Self.queuedLabels(limit: limit, db) }
  }

  /// Computes and writes the labels of up to `limit` queued clusters, in one transaction, so that feedback which
  /// another pipeline pulls meanwhile comes before it or stays queued.
  /// - Parameters:
  ///   - limit: clusters at most.
  ///   - model: gives a cluster its label.
  /// - Returns: how many there were.
  /// - Throws: the database's errors.
  public func updateLabels(limit: Int, _ model: (LabelInput) -> LabelRow) throws -> Int {
    try pool.write { db in
      let inputs = try Self.queuedLabels(limit: limit, db)
      try Self.commitLabels(inputs.map(model), db)
      return inputs.count
    }
  }

  private static func queuedLabels(limit: Int, _ db: Database) throws -> [LabelInput] {
    var inputs: [LabelInput] = []
    let hashes = try Data.fetchAll(
      db, sql: "SELECT content_hash FROM label_queue ORDER BY content_hash LIMIT ?", arguments: [limit])
    let statement = try db.cachedStatement(
      sql: """
        SELECT f.number, f.id, i.number AS interaction, f.user, f.time, f.signal, f.value, f.count
        FROM interactions i JOIN feedback f ON f.target = i.id WHERE i.content_hash = ? ORDER BY f.time, f.id
        """)
    for hash in hashes {
      guard let content = ContentHash(bytes: hash) else { continue }
      let events = try Row.fetchAll(statement, arguments: [hash]).compactMap { row -> FeedbackEvent? in
        guard let signal = Signal(rawValue: row["signal"]) else { return nil }
        return FeedbackEvent(
          number: row["number"], id: row["id"], interaction: row["interaction"], user: row["user"],
          time: Timestamp(microseconds: row["time"]), signal: signal, value: row["value"], count: row["count"]
        )
      }
      inputs.append(LabelInput(content: content, events: events))
    }
    return inputs
  }

  /// Writes labels and their votes and takes the clusters off the queue, in one transaction.
  public func commitLabels(_ rows: [LabelRow]) throws {
    try pool.write { db in try Self.commitLabels(rows, db) }
  }

  private static func commitLabels(_ rows: [LabelRow], _ db: Database) throws {
    var clear = try BulkStatement(
      db, "DELETE FROM votes WHERE interaction IN (SELECT number FROM interactions WHERE content_hash = ?)")
    var update = try BulkStatement(
      db, "UPDATE interactions SET label = ?, probability = ?, good = ?, bad = ? WHERE content_hash = ?")
    var vote = try BulkStatement(
      db, "INSERT OR REPLACE INTO votes (interaction, voter, class, weight, feedback) VALUES (?, ?, ?, ?, ?)")
    var done = try BulkStatement(db, "DELETE FROM label_queue WHERE content_hash = ?")
    // Another label may let another record stand for a cluster of near duplicates.
    var settle = try BulkStatement(
      db,
      """
      INSERT OR IGNORE INTO cluster_queue SELECT content_hash FROM near_clusters WHERE content_hash = ?
      """)
    for row in rows {
      clear.bind(blob: row.content.bytes)
      try clear.run()
      update.bind(row.label?.rawValue)
      update.bind(row.probability)
      update.bind(row.good)
      update.bind(row.bad)
      update.bind(blob: row.content.bytes)
      try update.run()
      for item in row.votes {
        vote.bind(item.interaction)
        vote.bind(item.voter)
        vote.bind(item.class.rawValue)
        vote.bind(item.weight)
        vote.bind(item.feedback)
        try vote.run()
      }
      done.bind(blob: row.content.bytes)
      try done.run()
      settle.bind(blob: row.content.bytes)
      try settle.run()
    }
  }

  /// Labels and feedback as they stand, all sources or one (of interactions).
  public func labelCounts(source: String? = nil) throws -> LabelCounts {
    try pool.read { db in
      var counts = LabelCounts()
      let rows = try Row.fetchAll(
        db,
        sql: "SELECT label, count(*) AS n FROM interactions WHERE ?1 IS NULL OR source = ?1 GROUP BY label",
        arguments: [source])
      for row in rows {
        switch (row["label"] as String?).flatMap(LabelClass.init(rawValue:)) {
        case .good: counts.good = row["n"]
        case .bad: counts.bad = row["n"]
        case .tie: counts.tie = row["n"]
        case nil: counts.unlabelled = row["n"]
        }
      }
      counts.joined =
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM feedback f JOIN interactions i ON i.id = f.target
            WHERE ?1 IS NULL OR i.source = ?1
            """, arguments: [source]) ?? 0
      if source == nil {
        counts.waiting = (try Int.fetchOne(db, sql: "SELECT count(*) FROM feedback") ?? 0) - counts.joined
      }
      return counts
    }
  }
}
