import Bytes
import Foundation
import GRDB
import Records

/// A judge or a student as the label step knows it.
public struct ModelVoter: Sendable, Hashable, Codable {
  /// Its name: `judge:helpful` or `student:quality`.
  public let name: String
  /// The version whose votes count: a hash of all that makes another instrument of it (rubric, prompt, model,
  /// parameters, training set).
  public let version: String
  /// Whether it passed its gate, so that its votes count.
  public let isAdmitted: Bool
  /// Why it is admitted or not, in facts: `kappa 0.41 of 0.60`.
  public let reason: String
  /// Its measured agreement with humans, Cohen's κ; nil where nothing measured it.
  public let agreement: Double?

  /// States a voter.
  public init(name: String, version: String, isAdmitted: Bool, reason: String, agreement: Double? = nil) {
    self.name = name
    self.version = version
    self.isAdmitted = isAdmitted
    self.reason = reason
    self.agreement = agreement
  }

  /// What the voter of a vote is called: name, `@` and the first 12 characters of the version.
  public static func voter(_ name: String, version: String) -> String { "\(name)@\(version.prefix(12))" }
}

/// A vote of a judge or a student on one content.
public struct ModelVote: Sendable, Hashable {
  /// The voter's name: `judge:helpful`.
  public let voter: String
  /// The voter's version.
  public let version: String
  /// The content that was judged: all interactions with it share the vote.
  public let content: ContentHash
  /// The id of the interaction whose body was shown.
  public let interaction: String
  /// Good or bad; nil (and a tie) is an abstention, which is remembered so that it is not bought again.
  public let `class`: LabelClass?
  /// The voter's own probability of the class, 0.5 to 1; nil where it gives none.
  public let probability: Double?

  /// States a vote.
  public init(
    voter: String, version: String, content: ContentHash, interaction: String, class: LabelClass?,
    probability: Double? = nil
  ) {
    self.voter = voter
    self.version = version
    self.content = content
    self.interaction = interaction
    self.class = `class`
    self.probability = probability
  }
}

extension CatalogStore {
  /// Adds votes of judges and students, in one transaction.
  ///
  /// A vote that is there stays as it is: the same voter, version and content is never decided twice, so that adding
  /// again what a killed run added changes nothing. The contents of votes that count are queued for the label step.
  /// - Parameters:
  ///   - votes: in any order.
  ///   - run: the run that bought them.
  /// - Returns: how many were new.
  /// - Throws: the database's errors.
  @discardableResult
  public func addModelVotes(_ votes: [ModelVote], run: String) throws -> Int {
    try pool.write { db in
      var insert = try BulkStatement(
        db,
        """
        INSERT OR IGNORE INTO model_votes (voter, version, content_hash, interaction, class, probability, run)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """)
      var queue = try BulkStatement(
        db,
        """
        INSERT OR IGNORE INTO label_queue SELECT ?1
        WHERE EXISTS (SELECT 1 FROM model_voters WHERE voter = ?2 AND version = ?3)
        """)
      var added = 0
      for vote in votes {
        insert.bind(vote.voter)
        insert.bind(vote.version)
        insert.bind(blob: vote.content.bytes)
        insert.bind(vote.interaction)
        insert.bind(vote.class.flatMap { $0 == .tie ? nil : $0.rawValue })
        insert.bind(vote.probability)
        insert.bind(run)
        guard try insert.run() > 0 else { continue }
        added += 1
        queue.bind(blob: vote.content.bytes)
        queue.bind(vote.voter)
        queue.bind(vote.version)
        try queue.run()
      }
      return added
    }
  }

  /// Says which version of a judge or student counts, and whether it is admitted; where that changes what counts,
  /// every content it voted on is queued for the label step.
  /// - Parameters:
  ///   - voter: its state.
  ///   - run: the run that measured it.
  /// - Throws: the database's errors.
  public func setModelVoter(_ voter: ModelVoter, run: String) throws {
    try pool.write { db in
      let before = try Row.fetchOne(
        db, sql: "SELECT version, admitted FROM model_voters WHERE voter = ?", arguments: [voter.name])
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO model_voters (voter, version, admitted, reason, agreement, run)
          VALUES (?, ?, ?, ?, ?, ?)
          """,
        arguments: [voter.name, voter.version, voter.isAdmitted, voter.reason, voter.agreement, run])
      if let before, before["version"] == voter.version, before["admitted"] == voter.isAdmitted { return }
      try db.execute(
        sql: "INSERT OR IGNORE INTO label_queue SELECT content_hash FROM model_votes WHERE voter = ?",
        arguments: [voter.name])
    }
  }

  /// All judges and students, by name.
  public func modelVoters() throws -> [ModelVoter] {
    try pool.read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM model_voters ORDER BY voter").map {
        ModelVoter(
          name: $0["voter"], version: $0["version"], isAdmitted: $0["admitted"], reason: $0["reason"],
          agreement: $0["agreement"])
      }
    }
  }

  /// Votes, without abstentions, of the version that counts of each judge and student.
  public func modelVoteCounts() throws -> [String: Int] {
    try pool.read { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT v.voter, count(v.class) AS n FROM model_votes v
          JOIN model_voters m ON m.voter = v.voter AND m.version = v.version GROUP BY v.voter
          """)
      return Dictionary(uniqueKeysWithValues: rows.map { ($0["voter"], $0["n"]) })
    }
  }

  /// The votes of one version of a voter, by content.
  public func modelVotes(of voter: String, version: String) throws -> [ModelVote] {
    try pool.read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM model_votes WHERE voter = ? AND version = ? ORDER BY content_hash",
        arguments: [voter, version]
      ).compactMap { row in
        ContentHash(bytes: row["content_hash"] as Data).map {
          ModelVote(
            voter: voter, version: version, content: $0, interaction: row["interaction"],
            class: (row["class"] as String?).flatMap(LabelClass.init(rawValue:)),
            probability: row["probability"])
        }
      }
    }
  }
}
