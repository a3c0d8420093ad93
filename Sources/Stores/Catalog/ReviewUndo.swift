import Foundation
import GRDB
import Records

extension CatalogStore {
  /// Events that say which answer counts, newest first, of one labeler, at a queue or on an item.
  ///
  /// An undo and a redo name the answer or skip that they are about, and the newest of them on it decides. Since what is taken
  /// back is always the last that counts, the first answer or skip that is met and not taken back is the one that counts.
  private static func lastCounting(_ rows: RowCursor) throws -> Row? {
    var decided: Set<Int64> = []
    var undone: Set<Int64> = []
    while let row = try rows.next() {
      let kind = ReviewEventKind(rawValue: row["kind"])
      switch kind {
      case .undo, .redo:
        guard let target: Int64 = row["refers_to"], decided.insert(target).inserted else { continue }
        if kind == .undo { undone.insert(target) }
      case .answer, .skip:
        if !undone.contains(row["number"]) { return row.copy() }
      default: continue
      }
    }
    return nil
  }

  private static let stackKinds = "kind IN ('answer', 'skip', 'undo', 'redo')"

  /// Makes what counts of a labeler on an item agree with the events: `review_answers`, the slot, the sums.
  ///
  /// A slot whose answer no longer counts stays with the labeler, without a lease, and is marked as returned.
  static func settle(_ item: Int64, _ seat: ReviewSeat, _ db: Database) throws {
    let counts = try lastCounting(
      Row.fetchCursor(
        db.cachedStatement(
          sql: """
            SELECT number, kind, refers_to, label, class, was_exposed FROM review_events
            WHERE item = ? AND labeler = ? AND \(stackKinds) ORDER BY number DESC
            """), arguments: [item, seat.labeler]))
    let before = try String.fetchOne(
      db.cachedStatement(sql: "SELECT kind FROM review_answers WHERE item = ? AND labeler = ?"),
      arguments: [item, seat.labeler])
    let after = counts.map { $0["kind"] as String }
    if let counts {
      try db.cachedStatement(
        sql: """
          INSERT INTO review_answers (item, labeler, event, kind, label, class, content_hash, was_exposed)
          SELECT number, ?2, ?3, ?4, ?5, ?6, content_hash, ?7 FROM review_items WHERE number = ?1
          ON CONFLICT DO UPDATE SET event = ?3, kind = ?4, label = ?5, class = ?6, was_exposed = ?7
          """
      ).execute(arguments: [
        item, seat.labeler, counts["number"] as Int64, after, counts["label"] as String?,
        counts["class"] as String?, counts["was_exposed"] as Bool,
      ])
    } else {
      try db.cachedStatement(sql: "DELETE FROM review_answers WHERE item = ? AND labeler = ?").execute(
        arguments: [item, seat.labeler])
    }
    let answer = ReviewEventKind.answer.rawValue
    guard (before == answer) != (after == answer) else { return }
    let isAnswered = after == answer
    if !isAnswered {
      try db.cachedStatement(
        sql: "UPDATE review_slots SET state = 0, expires = 0 WHERE item = ? AND labeler = ? AND state = 1"
      ).execute(arguments: [item, seat.labeler])
      try markReturned(item, db)
    }
    try enter(seat, db)
    try db.cachedStatement(
      sql: """
        UPDATE review_labelers SET answers = answers + ?3,
          gold = gold + ?3 * (SELECT gold IS NOT NULL FROM review_items WHERE number = ?4)
        WHERE queue = ?1 AND labeler = ?2
        """
    ).execute(arguments: [seat.queue, seat.labeler, isAnswered ? 1 : -1, item])
    try db.cachedStatement(
      sql: """
        UPDATE review_items SET state = ?2 WHERE number = ?1 AND state <> ?2 AND gold IS NULL
          AND ?2 = NOT EXISTS (SELECT 1 FROM review_slots s WHERE s.item = number AND s.state = 0)
        """
    ).execute(arguments: [item, isAnswered])
    if db.changesCount == 1 {
      try db.cachedStatement(sql: "UPDATE review_queues SET open = open + ?2 WHERE name = ?1").execute(
        arguments: [seat.queue, isAnswered ? -1 : 1])
    }
  }

  /// Marks the free slots of an item, which may stand before somebody's cursor.
  static func markReturned(_ item: Int64, _ db: Database) throws {
    try db.cachedStatement(
      sql: "UPDATE review_slots SET is_returned = 1 WHERE item = ? AND state = 0 AND is_returned = 0"
    ).execute(arguments: [item])
  }

  /// Takes back a labeler's last answer or skip that counts, and leases its item again.
  ///
  /// Where an answer replaced an older one of the same labeler, the older one counts again. Where a skipped item has gone to
  /// others meanwhile it is not held: its token is 0.
  /// - Returns: nil when there is nothing to take back, or the queue is closed.
  /// - Throws: the database's errors.
  public func undoReview(_ seat: ReviewSeat, at now: Timestamp) throws -> ReviewLease? {
    try pool.write { db in
      guard try Self.isOpen(seat.queue, db),
        let last = try Self.lastCounting(
          Row.fetchCursor(
            db.cachedStatement(
              sql: """
                SELECT number, kind, refers_to, item FROM review_events INDEXED BY review_events_by_labeler
                WHERE queue = ? AND labeler = ? AND \(Self.stackKinds) ORDER BY number DESC
                """), arguments: [seat.queue, seat.labeler])),
        let item: Int64 = last["item"]
      else { return nil }
      var event = ReviewEventDraft(.undo, item: item, at: now)
      event.refersTo = last["number"]
      try Self.append(event, seat, db)
      try Self.settle(item, seat, db)
      // The labeler's own cursor has passed a skipped item.
      if (last["kind"] as String) == ReviewEventKind.skip.rawValue { try Self.markReturned(item, db) }
      return try Self.lease(item: item, seat, now, db) ?? Self.held(item, token: 0, seat, expires: 0, db)
    }
  }

  /// Makes what was last taken back count again.
  /// - Returns: the item, leased where it is answered, else with a token of 0; nil when there is nothing to bring back, when
  ///   something was answered or skipped since, or when others have answered it as often as the quota says.
  /// - Throws: the database's errors.
  public func redoReview(_ seat: ReviewSeat, at now: Timestamp) throws -> ReviewLease? {
    try pool.write { db in
      guard try Self.isOpen(seat.queue, db), let target = try Self.lastUndone(seat, db) else { return nil }
      let isAnswer = target.kind == .answer
      if isAnswer {
        guard let lease = try Self.lease(item: target.item, seat, now, db) else { return nil }
        try db.cachedStatement(
          sql:
            "UPDATE review_slots SET state = 1, is_returned = 0 WHERE item = ? AND labeler = ? AND token = ?"
        ).execute(arguments: [target.item, seat.labeler, lease.token])
      } else {
        try db.cachedStatement(
          sql: """
            UPDATE review_slots SET labeler = NULL, expires = 0 WHERE item = ? AND labeler = ? AND state = 0
            """
        ).execute(arguments: [target.item, seat.labeler])
      }
      var event = ReviewEventDraft(.redo, item: target.item, at: now)
      event.refersTo = target.number
      try Self.append(event, seat, db)
      try Self.settle(target.item, seat, db)
      return isAnswer
        ? try Self.lease(item: target.item, seat, now, db)
        : try Self.held(target.item, token: 0, seat, expires: 0, db)
    }
  }

  /// The answer or skip that was taken back last and not brought back, if nothing was answered or skipped since.
  private static func lastUndone(
    _ seat: ReviewSeat, _ db: Database
  ) throws -> (number: Int64, item: Int64, kind: ReviewEventKind)? {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT kind, refers_to FROM review_events INDEXED BY review_events_by_labeler
          WHERE queue = ? AND labeler = ? AND \(stackKinds) ORDER BY number DESC
          """), arguments: [seat.queue, seat.labeler])
    var redone = 0
    var number: Int64?
    while number == nil, let row = try rows.next() {
      switch ReviewEventKind(rawValue: row["kind"]) {
      case .redo: redone += 1
      case .undo:
        if redone > 0 { redone -= 1 } else { number = row["refers_to"] }
      default: return nil
      }
    }
    guard let number,
      let row = try Row.fetchOne(
        db, sql: "SELECT item, kind FROM review_events WHERE number = ?", arguments: [number]),
      let item: Int64 = row["item"], let kind = ReviewEventKind(rawValue: row["kind"])
    else { return nil }
    return (number, item, kind)
  }
}
