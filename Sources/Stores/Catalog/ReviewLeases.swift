import Bytes
import Foundation
import GRDB
import Records

/// A labeler's place at a queue: who asks, and what the queue's definition says about it.
public struct ReviewSeat: Sendable, Hashable {
  /// The queue's name.
  public let queue: String
  /// The labeler.
  public let labeler: String
  /// Seconds that a lease lasts.
  public var lease = 900
  /// Share of hidden gold items, 0 to 0.5.
  public var goldShare = 0.0
  /// Gold answers that the rolling accuracy looks back on.
  public var goldWindow = 30
  /// The labeler is paused when the upper end of the accuracy's interval falls under this.
  public var goldFloor = 0.7

  /// Names a place with a lease of 900 seconds and no gold.
  public init(queue: String, labeler: String) {
    self.queue = queue
    self.labeler = labeler
  }

  func expiry(_ now: Timestamp) -> Int64 { now.microseconds + Int64(lease) * 1_000_000 }
}

/// An item with the lease on it.
public struct ReviewLease: Sendable, Hashable {
  /// The item's number.
  public let item: Int64
  /// The fencing token; 0 where the item is not held.
  public let token: Int64
  /// When the lease ends.
  public let expires: Timestamp
  /// The interaction.
  public let interaction: String
  /// The interaction of the second output.
  public let other: String?
  /// Why it is in the queue.
  public let reason: ReviewReason
  /// Whether the labeler's mark is on it.
  public let isFlagged: Bool
  /// The labeler's notes, oldest first.
  public let notes: [String]
  /// The labeler's answer that counts, as JSON.
  public let answer: String?
}

extension CatalogStore {
  /// What makes a slot one that a labeler may get: never answered or skipped by them, and no other slot
  /// of the item in their hands.
  ///
  /// `?1` is the queue, `?2` the labeler, `?3` the time.
  private static let isAvailable = """
    (s.labeler IS NULL OR s.expires <= ?3)
    AND NOT EXISTS (SELECT 1 FROM review_answers a WHERE a.item = s.item AND a.labeler = ?2)
    AND NOT EXISTS (SELECT 1 FROM review_slots o
      WHERE o.item = s.item AND o.labeler = ?2 AND o.state = 0 AND o.expires > ?3)
    """

  /// The lease, `?4` being when it ends and `?5`, `?6` the cursor.
  private static let leaseNext = """
    UPDATE review_slots SET labeler = ?2, token = token + 1, expires = ?4
    WHERE (item, slot) = (SELECT item, slot FROM (
      SELECT * FROM (
        SELECT 0 AS turn, s.rank, s.item, s.slot FROM review_slots s INDEXED BY review_slots_assigned
        WHERE s.queue = ?1 AND s.state = 0 AND s.assigned IS NOT NULL AND s.assigned = ?2 AND \(isAvailable)
        ORDER BY s.rank, s.item, s.slot LIMIT 1)
      UNION ALL SELECT * FROM (
        SELECT 1 AS turn, s.rank, s.item, s.slot FROM review_slots s INDEXED BY review_slots_returned
        WHERE s.queue = ?1 AND s.state = 0 AND s.is_gold = 0 AND s.assigned IS NULL AND s.is_returned = 1
          AND \(isAvailable)
        ORDER BY s.rank, s.item, s.slot LIMIT 1)
      UNION ALL SELECT * FROM (
        SELECT 1 AS turn, s.rank, s.item, s.slot FROM review_slots s INDEXED BY review_slots_open
        WHERE s.queue = ?1 AND s.state = 0 AND s.is_gold = 0 AND s.assigned IS NULL
          AND (s.rank, s.item) >= (?5, ?6) AND \(isAvailable)
        ORDER BY s.rank, s.item, s.slot LIMIT 1)
    ) ORDER BY turn, rank, item, slot LIMIT 1) AND state = 0 AND (labeler IS NULL OR expires <= ?3)
    RETURNING item, token
    """

  /// Leases the item whose answer is worth most to the queue, or at its turn a hidden gold one.
  /// - Parameters:
  ///   - seat: who asks.
  ///   - now: the time.
  /// - Returns: nil when there is none for this labeler, they are paused, or the queue is closed.
  /// - Throws: the database's errors.
  public func leaseReview(_ seat: ReviewSeat, at now: Timestamp) throws -> ReviewLease? {
    try reviewWithoutPromise { db in
      guard try Self.isOpen(seat.queue, db), let turn = try Self.turn(seat, db) else { return nil }
      if let draw = turn.gold, let gold = try Self.gold(seat, draw, now, db),
        let lease = try Self.lease(item: gold, seat, now, db)
      {
        return lease
      }
      let cursor = try Self.advance(seat, turn.cursor, db)
      guard
        let row = try Row.fetchOne(
          db.cachedStatement(sql: Self.leaseNext),
          arguments: [
            seat.queue, seat.labeler, now.microseconds, seat.expiry(now), cursor.rank, cursor.item,
          ])
      else { return nil }
      return try Self.held(row["item"], token: row["token"], seat, expires: seat.expiry(now), db)
    }
  }

  private typealias Cursor = (rank: Double, item: Int64)

  static func isOpen(_ queue: String, _ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(sql: "SELECT 1 FROM review_queues WHERE name = ? AND is_closed = 0"),
      arguments: [queue]) ?? false
  }

  static func enter(_ seat: ReviewSeat, _ db: Database) throws {
    try db.cachedStatement(
      sql: "INSERT INTO review_labelers (queue, labeler) VALUES (?, ?) ON CONFLICT DO NOTHING"
    ).execute(arguments: [seat.queue, seat.labeler])
  }

  /// Counts one more item served, and says whether it is a gold one's turn; nil where the labeler is paused.
  private static func turn(_ seat: ReviewSeat, _ db: Database) throws -> (gold: UInt64?, cursor: Cursor)? {
    try enter(seat, db)
    guard
      let row = try Row.fetchOne(
        db.cachedStatement(
          sql: """
            UPDATE review_labelers SET served = served + 1 WHERE queue = ? AND labeler = ? AND is_paused = 0
            RETURNING served, cursor_rank, cursor_item
            """), arguments: [seat.queue, seat.labeler])
    else { return nil }
    let served: Int64 = row["served"]
    let draw = ContentHash.of("\(seat.labeler)\u{0}\(seat.queue)\u{0}\(served)", seed: 1)
    return (
      Double(draw.high >> 11) * 0x1p-53 < seat.goldShare ? draw.low : nil,
      (row["cursor_rank"] ?? -.infinity, row["cursor_item"] ?? .min)
    )
  }

  /// Moves a labeler's cursor past what they answered or skipped, so that none of it is looked at again.
  private static func advance(_ seat: ReviewSeat, _ cursor: Cursor, _ db: Database) throws -> Cursor {
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT s.rank, s.item FROM review_slots s INDEXED BY review_slots_open
          WHERE s.queue = ?1 AND s.state = 0 AND s.is_gold = 0 AND s.assigned IS NULL
            AND (s.rank, s.item) >= (?3, ?4)
            AND NOT EXISTS (SELECT 1 FROM review_answers a WHERE a.item = s.item AND a.labeler = ?2)
          ORDER BY s.rank, s.item, s.slot LIMIT 1
          """), arguments: [seat.queue, seat.labeler, cursor.rank, cursor.item])
    // Past the end: what is added later moves the cursor back, what is taken back is marked.
    let reached: Cursor = row.map { ($0["rank"], $0["item"]) } ?? (.infinity, .max)
    guard reached != cursor else { return cursor }
    try db.cachedStatement(
      sql: "UPDATE review_labelers SET cursor_rank = ?3, cursor_item = ?4 WHERE queue = ?1 AND labeler = ?2"
    ).execute(arguments: [seat.queue, seat.labeler, reached.rank, reached.item])
    return reached
  }

  /// A gold item that this labeler has not had: the first from a place on that is drawn anew for each item served, so that the
  /// order is another for each labeler.
  private static func gold(
    _ seat: ReviewSeat, _ draw: UInt64, _ now: Timestamp, _ db: Database
  ) throws -> Int64? {
    guard
      let ends = try Row.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT
              (SELECT number FROM review_items INDEXED BY review_items_of_gold
                WHERE queue = ?1 AND gold IS NOT NULL ORDER BY number LIMIT 1) AS first,
              (SELECT number FROM review_items INDEXED BY review_items_of_gold
                WHERE queue = ?1 AND gold IS NOT NULL ORDER BY number DESC LIMIT 1) AS last
            """), arguments: [seat.queue]),
      let first: Int64 = ends["first"], let last: Int64 = ends["last"]
    else { return nil }
    let start = first + Int64(draw % UInt64(last - first + 1))
    for (low, high) in [(start, last), (first, start - 1)] {
      let item = try Int64.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT number FROM review_items s INDEXED BY review_items_of_gold
            WHERE queue = ?1 AND gold IS NOT NULL AND gold <> 'tie' AND number BETWEEN ?4 AND ?5
              AND NOT EXISTS (SELECT 1 FROM review_answers a WHERE a.item = s.number AND a.labeler = ?2)
              AND NOT EXISTS (SELECT 1 FROM review_slots o
                WHERE o.item = s.number AND o.labeler = ?2 AND o.state = 0 AND o.expires > ?3)
            ORDER BY number LIMIT 1
            """), arguments: [seat.queue, seat.labeler, now.microseconds, low, high])
      if let item { return item }
    }
    return nil
  }

  /// Leases a certain item, also one that the labeler has answered or skipped.
  /// - Parameters:
  ///   - item: the item's number.
  ///   - seat: who asks.
  ///   - now: the time.
  /// - Returns: nil when it is of another queue, others hold or have answered it as often as the quota says, the labeler is
  ///   paused, or the queue is closed.
  /// - Throws: the database's errors.
  public func openReview(_ item: Int64, _ seat: ReviewSeat, at now: Timestamp) throws -> ReviewLease? {
    try reviewWithoutPromise { db in
      guard try Self.isOpen(seat.queue, db), try !Self.isPaused(seat, db) else { return nil }
      return try Self.lease(item: item, seat, now, db)
    }
  }

  /// The lease of a slot of one item: the labeler's own first, answered or held, else a free one; of a gold item one is made.
  static func lease(item: Int64, _ seat: ReviewSeat, _ now: Timestamp, _ db: Database) throws -> ReviewLease?
  {
    try db.cachedStatement(
      sql: """
        INSERT INTO review_slots (item, slot, queue, rank, is_gold)
        SELECT i.number, (SELECT coalesce(max(slot) + 1, 0) FROM review_slots WHERE item = i.number), i.queue,
          -i.value, 1
        FROM review_items i WHERE i.number = ?1 AND i.queue = ?2 AND i.gold IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM review_slots s WHERE s.item = i.number
            AND (s.labeler = ?3 AND s.state < 2 OR s.state = 0 AND (s.labeler IS NULL OR s.expires <= ?4)))
        """
    ).execute(arguments: [item, seat.queue, seat.labeler, now.microseconds])
    guard
      let row = try Row.fetchOne(
        db.cachedStatement(
          sql: """
            UPDATE review_slots SET labeler = ?2, token = token + 1, expires = ?4
            WHERE (item, slot) = (
              SELECT s.item, s.slot FROM review_slots s WHERE s.item = ?5 AND s.queue = ?1
                AND (s.state < 2 AND s.labeler = ?2 OR s.state = 0 AND (s.labeler IS NULL OR s.expires <= ?3)
                  AND (s.assigned IS NULL OR s.assigned = ?2))
              ORDER BY s.state = 1 AND s.labeler = ?2 DESC, s.labeler IS ?2 DESC, s.assigned IS ?2 DESC, s.slot
              LIMIT 1)
            RETURNING token
            """), arguments: [seat.queue, seat.labeler, now.microseconds, seat.expiry(now), item])
    else { return nil }
    return try held(item, token: row["token"], seat, expires: seat.expiry(now), db)
  }

  /// All that a labeler sees of an item beside its text.
  static func held(
    _ item: Int64, token: Int64, _ seat: ReviewSeat, expires: Int64, _ db: Database
  ) throws -> ReviewLease? {
    guard
      let row = try Row.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT i.interaction, i.other, i.reason, e.answer FROM review_items i
            LEFT JOIN review_answers a ON a.item = i.number AND a.labeler = ?2 AND a.kind = 'answer'
            LEFT JOIN review_events e ON e.number = a.event
            WHERE i.number = ?1 AND i.queue = ?3
            """), arguments: [item, seat.labeler, seat.queue])
    else { return nil }
    let marks = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT kind, text FROM review_events INDEXED BY review_events_of_marks
          WHERE queue = ? AND labeler = ? AND item = ? AND kind IN ('flag', 'unflag', 'note') ORDER BY number
          """), arguments: [seat.queue, seat.labeler, item])
    let flag = marks.last { ($0["kind"] as String) != ReviewEventKind.note.rawValue }
    return ReviewLease(
      item: item, token: token, expires: Timestamp(microseconds: expires), interaction: row["interaction"],
      other: row["other"], reason: ReviewReason(rawValue: row["reason"]) ?? .assigned,
      isFlagged: (flag?["kind"] as String?) == ReviewEventKind.flag.rawValue,
      notes: marks.compactMap {
        ($0["kind"] as String) == ReviewEventKind.note.rawValue ? $0["text"] as String? : nil
      },
      answer: row["answer"])
  }

  /// Prolongs a lease.
  /// - Returns: false when it has ended.
  /// - Throws: the database's errors.
  public func extendReview(
    _ item: Int64, token: Int64, _ seat: ReviewSeat, at now: Timestamp
  ) throws -> Bool {
    try reviewWithoutPromise { db in
      try db.cachedStatement(
        sql: """
          UPDATE review_slots SET expires = max(expires, ?5)
          WHERE item = ?1 AND token = ?2 AND labeler = ?3 AND state < 2 AND expires > ?4
          """
      ).execute(arguments: [item, token, seat.labeler, now.microseconds, seat.expiry(now)])
      return db.changesCount == 1
    }
  }

  /// Gives an item back unanswered; an answer from before stands.
  public func releaseReview(_ item: Int64, token: Int64, _ seat: ReviewSeat) throws {
    try reviewWithoutPromise { db in try Self.release(item, token: token, seat, db) }
  }

  static func release(_ item: Int64, token: Int64, _ seat: ReviewSeat, _ db: Database) throws {
    try db.cachedStatement(
      sql: """
        UPDATE review_slots SET expires = 0, labeler = CASE state WHEN 0 THEN NULL ELSE labeler END
        WHERE item = ?1 AND token = ?2 AND labeler = ?3 AND state < 2
        """
    ).execute(arguments: [item, token, seat.labeler])
  }
}
