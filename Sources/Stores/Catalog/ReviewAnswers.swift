import Foundation
import GRDB
import Records

/// An answer that counts and that holds more than a vote: a corrected output, or which of two is better.
public struct CollectedAnswer: Sendable, Hashable {
  /// The event's id.
  public let event: String
  /// When it was answered.
  public let time: Timestamp
  /// Who answered.
  public let labeler: String
  /// `correct` or `prefer`.
  public let task: ReviewTask
  /// The interaction that was looked at.
  public let interaction: String
  /// The interaction of the second output; only for `prefer`.
  public let other: String?
  /// The answer, as JSON.
  public let answer: String
}

/// A feedback event that an answer became.
public struct CollectedFeedback: Sendable, Hashable {
  /// Its id: `review/`, the event's id, and for a preference `/1` or `/2`.
  public let id: String
  /// Whether it counts; one that was taken back does not.
  public let counts: Bool
  /// Its stamp.
  public let stamp: Timestamp
  /// The interaction it is on.
  public let target: String
  /// What it is.
  public let signal: Signal
  /// When it was answered.
  public let time: Timestamp
  /// Who answered.
  public let user: String?
}

/// What one labeler says of one content.
public struct ReviewVote: Sendable, Hashable {
  /// The content, by its hash's bytes.
  public let content: Data
  /// Who.
  public let labeler: String
  /// Good or bad.
  public let `class`: LabelClass
}

extension CatalogStore {
  /// The source of feedback that people's answers became.
  public static let reviewSource = "review"

  /// Corrections and preferences that count, in the order of their events.
  public func collectedAnswers() throws -> [CollectedAnswer] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT e.id, e.time, e.labeler, e.answer, i.task, i.interaction, i.other
          FROM review_items i JOIN review_answers a ON a.item = i.number JOIN review_events e ON e.number = a.event
          WHERE i.task IN ('correct', 'prefer') AND a.kind = 'answer' AND e.answer IS NOT NULL ORDER BY e.number
          """
      ).compactMap { row in
        ReviewTask(rawValue: row["task"]).map {
          CollectedAnswer(
            event: row["id"], time: Timestamp(microseconds: row["time"]), labeler: row["labeler"], task: $0,
            interaction: row["interaction"], other: row["other"], answer: row["answer"])
        }
      }
    }
  }

  /// The feedback that answers became so far, by id.
  public func collectedFeedback() throws -> [String: CollectedFeedback] {
    try pool.read { db in
      var found: [String: CollectedFeedback] = [:]
      let rows = try Row.fetchCursor(
        db,
        sql: "SELECT id, count, stamp, target, signal, time, user FROM feedback WHERE source = ?",
        arguments: [Self.reviewSource])
      while let row = try rows.next() {
        guard let signal = Signal(rawValue: row["signal"]) else { continue }
        found[row["id"]] = CollectedFeedback(
          id: row["id"], counts: row["count"] > 0, stamp: Timestamp(microseconds: row["stamp"]),
          target: row["target"] ?? "", signal: signal, time: Timestamp(microseconds: row["time"]),
          user: row["user"])
      }
      return found
    }
  }

  /// Answers on what was logged that count, say good or bad, and were given without a suggestion and without other people's
  /// answers: those that tell how far people agree.
  /// - Returns: one vote of each labeler on each content, the newest, by content, then labeler; and the answers that were
  ///   left out because a suggestion was seen first.
  /// - Throws: the database's errors.
  public func blindVotes() throws -> (votes: [ReviewVote], exposed: Int) {
    try pool.read { db in
      var votes: [ReviewVote] = []
      var exposed = 0
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT a.content_hash, a.labeler, a.class, a.was_exposed FROM review_answers a
          JOIN review_items i ON i.number = a.item
          WHERE a.kind = 'answer' AND a.class IN ('good', 'bad') AND i.task NOT IN ('adjudicate', 'accept')
            AND i.gold IS NULL
          ORDER BY a.content_hash, a.labeler, a.event
          """)
      while let row = try rows.next() {
        guard let label = LabelClass(rawValue: row[2]) else { continue }
        if row[3] {
          exposed += 1
          continue
        }
        let vote = ReviewVote(content: row[0], labeler: row[1], class: label)
        if let last = votes.last, last.content == vote.content, last.labeler == vote.labeler {
          votes.removeLast()
        }
        votes.append(vote)
      }
      return (votes, exposed)
    }
  }
}
