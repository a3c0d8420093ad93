import Foundation
import GRDB
import Records
import Statistics

/// How a labeler answered hidden gold items.
public struct ReviewGoldRecord: Sendable, Hashable, Codable {
  /// Right answers.
  public let right: Int
  /// Gold answers that say good or bad.
  public let of: Int

  /// States a record.
  public init(right: Int, of: Int) {
    self.right = right
    self.of = of
  }
}

extension CatalogStore {
  /// Gold answers before which nobody is paused: fewer say nothing, at whatever floor.
  public static let leastGoldAnswers = 5

  static func isPaused(_ seat: ReviewSeat, _ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(sql: "SELECT is_paused FROM review_labelers WHERE queue = ? AND labeler = ?"),
      arguments: [seat.queue, seat.labeler]) ?? false
  }

  /// The last gold answers of a labeler since they were last resumed, newest first, as many as the window holds.
  ///
  /// An answer that says neither good nor bad is no evidence and is not among them.
  private static func gold(_ seat: ReviewSeat, _ db: Database) throws -> ReviewGoldRecord {
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT count(*) AS n, coalesce(sum(is_right), 0) AS right FROM (
            SELECT a.class = i.gold AS is_right FROM review_items i INDEXED BY review_items_of_gold
            JOIN review_answers a ON a.item = i.number AND a.labeler = ?2
            WHERE i.queue = ?1 AND i.gold IS NOT NULL AND i.gold <> 'tie' AND a.kind = 'answer' AND a.class IN ('good', 'bad')
              AND a.event > coalesce((
                SELECT max(number) FROM review_events
                WHERE queue = ?1 AND labeler = ?2 AND kind = 'resumed'), 0)
            ORDER BY a.event DESC LIMIT ?3)
          """), arguments: [seat.queue, seat.labeler, seat.goldWindow])
    return ReviewGoldRecord(right: row?["right"] ?? 0, of: row?["n"] ?? 0)
  }

  /// Pauses a labeler after a gold answer, if the upper end of their accuracy's interval is under the floor.
  static func pauseIfNeeded(
    after item: Int64, _ seat: ReviewSeat, _ time: Timestamp, _ db: Database
  ) throws -> ReviewGoldRecord? {
    let isGold =
      try Bool.fetchOne(
        db.cachedStatement(sql: "SELECT gold IS NOT NULL FROM review_items WHERE number = ?"),
        arguments: [item]) ?? false
    guard isGold else { return nil }
    let record = try gold(seat, db)
    guard record.of >= leastGoldAnswers,
      let share = IntervalEstimate.wilson(successes: Double(record.right), trials: Double(record.of)),
      share.high < seat.goldFloor
    else { return nil }
    try db.execute(
      sql: "UPDATE review_labelers SET is_paused = 1 WHERE queue = ? AND labeler = ?",
      arguments: [seat.queue, seat.labeler])
    var event = ReviewEventDraft(.paused, item: nil, at: time)
    event.text = "\(record.right)/\(record.of)"
    try append(event, seat, db)
    return record
  }

  /// The record for which a labeler is paused; nil where they are not.
  public func reviewPause(_ seat: ReviewSeat) throws -> ReviewGoldRecord? {
    try pool.read { db in try Self.isPaused(seat, db) ? Self.gold(seat, db) : nil }
  }

  /// Lifts a labeler's pause; what they answered before it counts no longer against them.
  /// - Returns: false where they were not paused.
  /// - Throws: the database's errors.
  public func resumeReview(_ seat: ReviewSeat, at time: Timestamp) throws -> Bool {
    try pool.write { db in
      try db.execute(
        sql: "UPDATE review_labelers SET is_paused = 0 WHERE queue = ? AND labeler = ? AND is_paused = 1",
        arguments: [seat.queue, seat.labeler])
      guard db.changesCount == 1 else { return false }
      try Self.append(ReviewEventDraft(.resumed, item: nil, at: time), seat, db)
      return true
    }
  }
}
