import Foundation
import GRDB
import Records

/// What people did with an interaction's content.
public struct ReviewHistory: Sendable, Hashable {
  /// Answers and skips, oldest first; those that were taken back or replaced are part of it.
  public var answers: [Answer] = []
  /// The queues it stands in, by name.
  public var queues: [Place] = []
  /// Why judges cast no vote on it, by judge.
  public var flags: [Flag] = []
  /// Why the last escalation left it for people; nil where it did not.
  public var leftFor: String?

  /// An answer or a skip.
  public struct Answer: Sendable, Hashable {
    /// Who.
    public let labeler: String
    /// When it was answered.
    public let time: Timestamp
    /// The queue.
    public let queue: String
    /// What was asked.
    public let task: String
    /// `answer` or `skip`.
    public let kind: String
    /// What was answered, as JSON; nil for a skip.
    public let answer: String?
    /// Why it was skipped.
    public let text: String?
    /// SHA-256 of the guideline that was shown, in hexadecimal; nil where there was none.
    public let guideline: String?
    /// Whether a suggestion, or other people's answers, were seen first.
    public let wasExposed: Bool
    /// Milliseconds of work.
    public let active: Int
    /// What it votes on whether the output is good: a class, or nothing.
    public let `class`: String?
    /// Whether it counts: it was neither taken back nor replaced.
    public let counts: Bool
    /// Where it came from, if not from this workspace's own screen: a bundle, another tool.
    public let origin: String?
  }

  /// An item in a queue.
  public struct Place: Sendable, Hashable {
    /// The queue.
    public let queue: String
    /// The item's number.
    public let item: Int64
    /// Why it is there.
    public let reason: String
    /// Whether it is hidden gold.
    public let isGold: Bool
    /// Answers that it has.
    public let answers: Int
    /// Slots that are leased.
    public let leased: Int
    /// Slots that wait for somebody.
    public let open: Int
    /// Slots that were closed unanswered.
    public let closed: Int
  }

  /// A judge's flag.
  public struct Flag: Sendable, Hashable {
    /// The judge.
    public let voter: String
    /// The reason code.
    public let reason: String
  }

  /// Nothing.
  public init() {}
}

extension CatalogStore {
  /// What people did with the content of an interaction, and where it stands.
  /// - Parameters:
  ///   - id: the interaction's id.
  ///   - now: the time at which leases end.
  /// - Returns: the history; empty for an id that is not there.
  /// - Throws: the database's errors.
  public func reviewHistory(of id: String, now: Timestamp) throws -> ReviewHistory {
    try pool.read { db in
      var history = ReviewHistory()
      guard
        let content = try Data.fetchOne(
          db, sql: "SELECT content_hash FROM interactions WHERE id = ?", arguments: [id])
      else { return history }
      history.answers = try Row.fetchAll(
        db,
        sql: """
          SELECT e.*, i.task, a.class, a.event IS NOT NULL AS counts
          FROM review_items i JOIN review_events e ON e.item = i.number
          LEFT JOIN review_answers a ON a.item = e.item AND a.labeler = e.labeler AND a.event = e.number
          WHERE (i.content_hash = ?1 OR i.interaction = ?2 OR i.other = ?2) AND e.kind IN ('answer', 'skip')
          ORDER BY e.time, e.number
          """, arguments: [content, id]
      ).map { row in
        ReviewHistory.Answer(
          labeler: row["labeler"], time: Timestamp(microseconds: row["time"]), queue: row["queue"],
          task: row["task"], kind: row["kind"], answer: row["answer"], text: row["text"],
          guideline: row["guideline"], wasExposed: row["was_exposed"], active: row["active"],
          class: row["class"], counts: row["counts"], origin: row["origin"])
      }
      history.queues = try Row.fetchAll(
        db,
        sql: """
          SELECT i.queue, i.number, i.reason, i.gold IS NOT NULL AS is_gold,
            (SELECT count(*) FROM review_answers a WHERE a.item = i.number AND a.kind = 'answer') AS answers,
            sum(s.state = 0 AND s.labeler IS NOT NULL AND s.expires > ?3) AS leased,
            sum(s.state = 0 AND (s.labeler IS NULL OR s.expires <= ?3)) AS open,
            sum(s.state = 2) AS closed
          FROM review_items i LEFT JOIN review_slots s ON s.item = i.number
          WHERE i.content_hash = ?1 OR i.interaction = ?2 OR i.other = ?2
          GROUP BY i.number ORDER BY i.queue, i.number
          """, arguments: [content, id, now.microseconds]
      ).map { row in
        ReviewHistory.Place(
          queue: row["queue"], item: row["number"], reason: row["reason"], isGold: row["is_gold"],
          answers: row["answers"], leased: row["leased"] ?? 0, open: row["open"] ?? 0,
          closed: row["closed"] ?? 0)
      }
      history.flags = try Row.fetchAll(
        db,
        sql: "SELECT voter, version, reason FROM judge_flags WHERE content_hash = ? ORDER BY voter, version",
        arguments: [content]
      ).map {
        ReviewHistory.Flag(voter: ModelVoter.voter($0["voter"], version: $0["version"]), reason: $0["reason"])
      }
      history.leftFor = try String.fetchOne(
        db, sql: "SELECT reason FROM human_items WHERE content_hash = ?", arguments: [content])
      return history
    }
  }
}
