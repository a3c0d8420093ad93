import Foundation
import GRDB
import Records

/// All that the catalog knows about one interaction.
public struct Explanation: Sendable {
  /// Its id.
  public let id: String
  /// Its source.
  public let source: String
  /// When the call was made.
  public let time: Timestamp
  /// Its conversation.
  public let conversation: String
  /// Its application and model.
  public let app: String?
  /// The model.
  public let model: String?
  /// The run that brought it.
  public let run: String
  /// Where its record stands.
  public let place: LakePlace
  /// Kept, dropped, or nil before curation.
  public let decision: String?
  /// The reason of a drop.
  public let reason: String?
  /// The interaction that stands for its content, when it is a duplicate.
  public let representative: String?
  /// Findings: rule, reason, effect, part, offset and length.
  public let findings: [Finding]
  /// Feedback on it, by time.
  public let feedback: [Feedback]
  /// Votes of its content's cluster, by voter.
  public let votes: [Vote]
  /// Its label.
  public let label: String?
  /// Probability of the label.
  public let probability: Double?
  /// Uncertainty of the label in bits, 0 to 1.
  public let entropy: Double?
  /// Weight of votes for good.
  public let good: Double
  /// Weight of votes for bad.
  public let bad: Double
  /// What versions did with it, by dataset and first version.
  public let memberships: [Stay]

  /// A feedback event in an explanation.
  public struct Feedback: Sendable, Hashable {
    /// The event's id.
    public let id: String
    /// When it happened.
    public let time: Timestamp
    /// What was done.
    public let signal: String
    /// Its value.
    public let value: Double?
    /// How many gave it.
    public let count: Int
  }

  /// A vote in an explanation.
  public struct Vote: Sendable, Hashable {
    /// Who voted and how.
    public let voter: String
    /// Good or bad.
    public let `class`: String
    /// The vote's weight.
    public let weight: Double
    /// What made it vote so, where the voter's name does not say it.
    public let reason: String?
  }

  /// A stretch of versions with one outcome.
  public struct Stay: Sendable, Hashable {
    /// The dataset.
    public let dataset: String
    /// The example.
    public let example: String
    /// `in:train`, or `out:` and the reason.
    public let outcome: String
    /// The first version of the stretch.
    public let first: Int
    /// The last version of the stretch; nil while it lasts.
    public let last: Int?
  }
}

extension CatalogStore {
  /// The interactions that an id names: an interaction's full id, its id in any source, or an example's id.
  public func resolve(_ id: String) throws -> [String] {
    try pool.read { db in
      if try Int.fetchOne(db, sql: "SELECT 1 FROM interactions WHERE id = ?", arguments: [id]) != nil {
        return [id]
      }
      let sources = try String.fetchAll(
        db, sql: "SELECT source FROM cursors UNION SELECT ? ORDER BY 1", arguments: [Self.synthesisSource])
      let named = try sources.compactMap { source in
        try String.fetchOne(
          db, sql: "SELECT id FROM interactions WHERE id = ?", arguments: ["\(source)/\(id)"])
      }
      if !named.isEmpty { return named }
      return try String.fetchAll(
        db,
        sql: """
          SELECT DISTINCT interaction FROM memberships m WHERE example = ?
          AND EXISTS (SELECT 1 FROM interactions i WHERE i.id = m.interaction) ORDER BY 1
          """, arguments: [id])
    }
  }

  /// Explains an interaction; nil if there is none with this id.
  public func explain(_ id: String) throws -> Explanation? {
    try pool.read { db in
      guard
        let row = try Row.fetchOne(
          db,
          sql: """
            SELECT i.*, s.name, s.day, s.run FROM interactions i JOIN segments s ON s.number = i.segment WHERE i.id = ?
            """, arguments: [id])
      else { return nil }
      let number: Int64 = row["number"]
      let content: Data = row["content_hash"]
      let reason: String? = row["reason"]
      let representative: String? =
        switch reason {
        case Self.duplicateReason:
          try String.fetchOne(
            db,
            sql: """
              SELECT id FROM interactions WHERE content_hash = ? AND reason IS NOT ?
              ORDER BY decision = 'kept' DESC, time, id
              """, arguments: [content, Self.duplicateReason])
        case Self.nearDuplicateReason:
          try String.fetchOne(
            db,
            sql: """
              SELECT i.id FROM near_clusters own JOIN near_clusters n ON n.cluster = own.cluster
              JOIN interactions i ON i.content_hash = n.content_hash
              WHERE own.content_hash = ? AND (i.decision = 'kept' OR i.reason IN (?, ?))
              ORDER BY i.decision = 'kept' DESC, i.time, i.id
              """, arguments: [content, Self.burstReason, Self.userDayReason])
        default: nil
        }
      let findings = try Row.fetchAll(
        db, sql: "SELECT * FROM findings WHERE interaction = ? ORDER BY rule, reason, part, offset",
        arguments: [number]
      ).map { row in
        Self.finding(row)
      }
      let feedback = try Row.fetchAll(
        db, sql: "SELECT id, time, signal, value, count FROM feedback WHERE target = ? ORDER BY time, id",
        arguments: [id]
      ).map {
        Explanation.Feedback(
          id: $0["id"], time: Timestamp(microseconds: $0["time"]), signal: $0["signal"], value: $0["value"],
          count: $0["count"])
      }
      let votes = try Row.fetchAll(
        db,
        sql: """
          SELECT v.voter, v.class, v.weight, v.reason FROM votes v JOIN interactions i ON i.number = v.interaction
          WHERE i.content_hash = ? ORDER BY v.voter
          """, arguments: [content]
      ).map {
        Explanation.Vote(
          voter: $0["voter"], class: $0["class"], weight: $0["weight"], reason: $0["reason"])
      }
      let stays = try Row.fetchAll(
        db, sql: "SELECT * FROM memberships WHERE interaction = ? ORDER BY dataset, first, example",
        arguments: [id]
      ).map {
        Explanation.Stay(
          dataset: $0["dataset"], example: $0["example"], outcome: $0["outcome"], first: $0["first"],
          last: $0["last"])
      }
      return Explanation(
        id: row["id"], source: row["source"], time: Timestamp(microseconds: row["time"]),
        conversation: row["conversation"], app: row["app"], model: row["model"], run: row["run"],
        place: Self.place(row), decision: row["decision"], reason: reason, representative: representative,
        findings: findings, feedback: feedback, votes: votes, label: row["label"],
        probability: row["probability"], entropy: row["entropy"],
        good: row["good"] ?? 0, bad: row["bad"] ?? 0, memberships: stays)
    }
  }
}
