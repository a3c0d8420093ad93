import Bytes
import Foundation
import GRDB
import Records

/// A feedback event as the label step sees it.
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
  /// Whether its record holds a better output.
  public var hasCorrection = false
  /// What the comment in its record says; nil if nothing is clear, or it has none.
  public var comment: LabelClass?
  /// How far its correction is from the output, 0 to 1; nil where it has none that can be compared.
  public var correction: Double?

  /// States an event.
  public init(
    number: Int64, id: String, interaction: Int64, user: String?, time: Timestamp, signal: Signal,
    value: Double?,
    count: Int
  ) {
    self.number = number
    self.id = id
    self.interaction = interaction
    self.user = user
    self.time = time
    self.signal = signal
    self.value = value
    self.count = count
  }
}

/// All that speaks for or against one content.
public struct LabelInput: Sendable {
  /// The cluster of interactions with one content.
  public let content: ContentHash
  /// The first of its interactions, by catalog number: votes on the content as such stand there.
  public var interaction: Int64 = 0
  /// Events in the order of time, then id.
  public let events: [FeedbackEvent]
  /// What later turns of its conversations said, in the order of time, then event.
  public var turns: [TurnSignal] = []
  /// Votes of labeling functions and checks, by voter.
  public var functions: [FunctionVote] = []
  /// Votes of judges and students that passed their gates, by voter.
  public var models: [ModelVote] = []
  /// The word of each person, by name: of the golden set, else the answer that counts in a queue.
  public var humans: [HumanWord] = []

  /// A labeler's word on a content.
  public struct HumanWord: Sendable, Hashable {
    /// Who.
    public let labeler: String
    /// Good or bad.
    public let `class`: LabelClass

    /// States a word.
    public init(labeler: String, class: LabelClass) {
      self.labeler = labeler
      self.class = `class`
    }
  }

  /// What feedback says; the rest may be added.
  public init(content: ContentHash, events: [FeedbackEvent]) {
    self.content = content
    self.events = events
  }
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
  public let feedback: Int64?
  /// What made it vote so, where the voter's name does not say it: `rewrite`, `repeats`.
  public let reason: String?

  /// States a vote.
  public init(
    interaction: Int64, voter: String, class: LabelClass, weight: Double, feedback: Int64? = nil,
    reason: String? = nil
  ) {
    self.interaction = interaction
    self.voter = voter
    self.class = `class`
    self.weight = weight
    self.feedback = feedback
    self.reason = reason
  }
}

/// The votes on a cluster of equal content.
public struct ContentVotes: Sendable {
  /// The cluster.
  public let content: ContentHash
  /// Weight of votes for good.
  public let good: Double
  /// Weight of votes for bad.
  public let bad: Double
  /// The votes.
  public let votes: [VoteRow]

  /// Takes the votes on a content and adds up their weights.
  public init(content: ContentHash, votes: [VoteRow]) {
    self.content = content
    self.votes = votes
    good = votes.reduce(0) { $0 + ($1.class == .good ? $1.weight : 0) }
    bad = votes.reduce(0) { $0 + ($1.class == .bad ? $1.weight : 0) }
  }
}

/// What the votes on a cluster add up to.
public struct LabelRow: Sendable, Hashable {
  /// The cluster.
  public let content: ContentHash
  /// The class; nil when every source abstained.
  public let label: LabelClass?
  /// Probability of the class.
  public let probability: Double?
  /// Uncertainty in bits, 0 to 1.
  public let entropy: Double?

  /// States a label.
  public init(content: ContentHash, label: LabelClass?, probability: Double?, entropy: Double? = nil) {
    self.content = content
    self.label = label
    self.probability = probability
    self.entropy = entropy
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
  /// Queues every cluster that anything speaks about if the digest of what makes votes differs from the last one's.
  public func useLabelModel(digest: String) throws {
    try pool.write { db in
      let before = try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'label-model'")
      guard before != digest else { return }
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO label_queue
            SELECT i.content_hash FROM feedback f CROSS JOIN interactions i ON i.id = f.target;
          INSERT OR IGNORE INTO label_queue
            SELECT i.content_hash FROM votes v CROSS JOIN interactions i ON i.number = v.interaction;
          INSERT OR IGNORE INTO label_queue
            SELECT i.content_hash FROM turn_signals t CROSS JOIN interactions i ON i.number = t.interaction;
          INSERT OR IGNORE INTO label_queue SELECT content_hash FROM function_votes;
          INSERT OR IGNORE INTO label_queue SELECT content_hash FROM model_votes;
          INSERT OR IGNORE INTO label_queue SELECT content_hash FROM golden_events;
          INSERT OR IGNORE INTO label_queue SELECT content_hash FROM review_answers;
          """)
      try db.execute(sql: "INSERT OR REPLACE INTO settings VALUES ('label-model', ?)", arguments: [digest])
    }
  }

  /// Clusters whose votes are to be gathered anew.
  public func queuedLabelCount() throws -> Int {
    try pool.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM label_queue") ?? 0 }
  }

  /// Up to `limit` queued clusters with all that speaks about them, in the order of their hashes.
  public func queuedLabels(limit: Int) throws -> [LabelInput] {
    try pool.read { db in try Self.queuedLabels(limit: limit, db) }
  }

  /// Gathers and writes the votes of up to `limit` queued clusters, in one transaction, so that feedback which
  /// another pipeline pulls meanwhile comes before it or stays queued.
  /// - Parameters:
  ///   - limit: clusters at most.
  ///   - gather: gives a cluster its votes.
  /// - Returns: how many there were.
  /// - Throws: the database's errors.
  public func updateVotes(limit: Int, _ gather: (LabelInput) -> [VoteRow]) throws -> Int {
    try pool.write { db in
      let inputs = try Self.queuedLabels(limit: limit, db)
      try Self.commitVotes(inputs.map { ContentVotes(content: $0.content, votes: gather($0)) }, db)
      return inputs.count
    }
  }

  private static func queuedLabels(limit: Int, _ db: Database) throws -> [LabelInput] {
    let hashes = try Data.fetchAll(
      db, sql: "SELECT content_hash FROM label_queue ORDER BY content_hash LIMIT ?", arguments: [limit])
    let evidence = try VoteEvidence(db)
    return try hashes.compactMap { hash in
      try ContentHash(bytes: hash).map { try evidence.input($0, hash) }
    }
  }

  /// Writes votes and takes their clusters off the queue, in one transaction.
  public func commitVotes(_ rows: [ContentVotes]) throws {
    try pool.write { db in try Self.commitVotes(rows, db) }
  }

  private static func commitVotes(_ rows: [ContentVotes], _ db: Database) throws {
    guard !rows.isEmpty else { return }
    var clear = try BulkStatement(
      db, "DELETE FROM votes WHERE interaction IN (SELECT number FROM interactions WHERE content_hash = ?)")
    var update = try BulkStatement(db, "UPDATE interactions SET good = ?, bad = ? WHERE content_hash = ?")
    var insert = try BulkStatement(
      db,
      """
      INSERT OR REPLACE INTO votes (interaction, voter, class, weight, feedback, reason)
      VALUES (?, ?, ?, ?, ?, ?)
      """)
    var done = try BulkStatement(db, "DELETE FROM label_queue WHERE content_hash = ?")
    for row in rows {
      clear.bind(blob: row.content.bytes)
      try clear.run()
      update.bind(row.good)
      update.bind(row.bad)
      update.bind(blob: row.content.bytes)
      try update.run()
      for vote in row.votes {
        insert.bind(vote.interaction)
        insert.bind(vote.voter)
        insert.bind(vote.class.rawValue)
        insert.bind(vote.weight)
        insert.bind(vote.feedback)
        insert.bind(vote.reason)
        try insert.run()
      }
      done.bind(blob: row.content.bytes)
      try done.run()
    }
    // Labels do not follow from these votes until the model was fitted again.
    try db.execute(sql: "INSERT OR REPLACE INTO settings VALUES ('labels-stale', '1')")
  }

  /// Writes labels of clusters, in one transaction.
  public func writeLabels(_ rows: [LabelRow]) throws {
    try pool.write { db in
      var update = try BulkStatement(
        db, "UPDATE interactions SET label = ?, probability = ?, entropy = ? WHERE content_hash = ?")
      // Another label may let another record stand for a cluster of near duplicates.
      var settle = try BulkStatement(
        db,
        "INSERT OR IGNORE INTO cluster_queue SELECT content_hash FROM near_clusters WHERE content_hash = ?")
      for row in rows {
        update.bind(row.label?.rawValue)
        update.bind(row.probability)
        update.bind(row.entropy)
        update.bind(blob: row.content.bytes)
        try update.run()
        settle.bind(blob: row.content.bytes)
        try settle.run()
      }
    }
  }

  /// Labels and feedback as they stand, one source (of interactions) or all but what models wrote to be published.
  public func labelCounts(source: String? = nil) throws -> LabelCounts {
    try pool.read { db in
      var counts = LabelCounts()
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT label, count(*) AS n FROM interactions i
          WHERE source = ?1 OR ?1 IS NULL AND \(Self.isLogged("i")) GROUP BY label
          """,
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
