import Foundation
import GRDB
import Records

/// What a labeler did in a queue.
public struct ReviewLabelerRow: Sendable, Hashable {
  /// Who.
  public let labeler: String
  /// Answers that count.
  public let answers: Int
  /// Skips that count.
  public let skips: Int
  /// Answers whose time was taken.
  public let timed: Int
  /// Their milliseconds of work.
  public let active: Int
  /// Whether the labeler is paused.
  public let isPaused: Bool
  /// All gold answers that count and say good or bad.
  public let gold: ReviewGoldRecord
  /// When the last answer was given; nil where there is none.
  public let last: Timestamp?
}

/// A label's place in a queue.
public struct ReviewLabelRow: Sendable, Hashable {
  /// The labels with commas between.
  public let label: String
  /// Answers that count and say it.
  public let answers: Int
  /// Their milliseconds of work.
  public let active: Int
}

/// An item that somebody flagged.
public struct ReviewFlagRow: Sendable, Hashable, Codable {
  /// The item's number.
  public let item: Int64
  /// The interaction.
  public let interaction: String
  /// Who flagged it.
  public let labeler: String
}

extension CatalogStore {
  /// What each labeler did in a queue, by name.
  public func reviewLabelers(_ queue: String) throws -> [ReviewLabelerRow] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT l.*,
            (SELECT count(*) FROM review_answers a INDEXED BY review_answers_of_skips
              JOIN review_items i ON i.number = a.item AND i.queue = ?1
              WHERE a.labeler = l.labeler AND a.kind = 'skip') AS skips,
            (SELECT max(time) FROM review_events e WHERE e.queue = ?1 AND e.labeler = l.labeler AND e.kind = 'answer')
              AS last,
            g.n, g.correct
          FROM review_labelers l LEFT JOIN (
            SELECT a.labeler, count(*) AS n, sum(a.class = i.gold) AS correct
            FROM review_items i INDEXED BY review_items_of_gold
            JOIN review_answers a ON a.item = i.number AND a.kind = 'answer' AND a.class IN ('good', 'bad')
            WHERE i.queue = ?1 AND i.gold IS NOT NULL AND i.gold <> 'tie' GROUP BY a.labeler
          ) g ON g.labeler = l.labeler
          WHERE l.queue = ?1 ORDER BY l.labeler
          """, arguments: [queue]
      ).map { row in
        ReviewLabelerRow(
          labeler: row["labeler"], answers: row["answers"], skips: row["skips"], timed: row["timed"],
          active: row["active"], isPaused: row["is_paused"],
          gold: ReviewGoldRecord(right: row["correct"] ?? 0, of: row["n"] ?? 0),
          last: (row["last"] as Int64?).map { Timestamp(microseconds: $0) })
      }
    }
  }

  /// The answers of a queue by label, hidden gold not among them.
  public func reviewLabels(_ queue: String) throws -> [ReviewLabelRow] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT a.label, count(*) AS n, sum(e.active) AS active FROM review_items i
          JOIN review_answers a ON a.item = i.number AND a.kind = 'answer' JOIN review_events e ON e.number = a.event
          WHERE i.queue = ? AND i.gold IS NULL GROUP BY a.label ORDER BY n DESC, a.label
          """, arguments: [queue]
      ).map { ReviewLabelRow(label: $0["label"] ?? "", answers: $0["n"], active: $0["active"] ?? 0) }
    }
  }

  /// All answers of a queue that count, by item, then labeler; hidden gold not among them.
  public func reviewMarks(_ queue: String) throws -> [ReviewMark] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT a.item, a.labeler, a.label FROM review_items i
          JOIN review_answers a ON a.item = i.number AND a.kind = 'answer'
          WHERE i.queue = ? AND i.gold IS NULL ORDER BY a.item, a.labeler
          """, arguments: [queue]
      ).map(ReviewMark.init)
    }
  }

  /// Items that are flagged, by item, then labeler.
  public func reviewFlags(_ queue: String) throws -> [ReviewFlagRow] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT e.item, e.labeler, i.interaction FROM review_events e JOIN review_items i ON i.number = e.item
          WHERE e.queue = ?1 AND e.kind = 'flag' AND NOT EXISTS (
            SELECT 1 FROM review_events later WHERE later.item = e.item AND later.labeler = e.labeler
              AND later.number > e.number AND later.kind = 'unflag')
          GROUP BY e.item, e.labeler ORDER BY e.item, e.labeler
          """, arguments: [queue]
      ).map { ReviewFlagRow(item: $0["item"], interaction: $0["interaction"], labeler: $0["labeler"]) }
    }
  }

  /// Items that labelers hold now, by labeler.
  public func reviewLeases(_ queue: String, at now: Timestamp) throws -> [String: Int] {
    try pool.read { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT labeler, count(*) AS n FROM review_slots INDEXED BY review_slots_leased
          WHERE queue = ? AND state = 0 AND labeler IS NOT NULL AND expires > ? GROUP BY labeler
          """, arguments: [queue, now.microseconds])
      return Dictionary(
        rows.map { ($0["labeler"] as String, $0["n"] as Int) }, uniquingKeysWith: { first, _ in first })
    }
  }
}
