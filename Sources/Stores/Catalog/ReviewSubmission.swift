import Bytes
import Foundation
import GRDB
import Records

/// An answer on its way into the catalog.
public struct ReviewSubmission: Sendable, Hashable {
  /// The item's number.
  public let item: Int64
  /// The token of the lease under which it was given.
  public let token: Int64
  /// The answer as JSON.
  public let answer: String
  /// The labels in the order of their names, with commas between.
  public let label: String
  /// What they say on the question whether the output is good; nil says nothing.
  public let `class`: LabelClass?
  /// Milliseconds of work.
  public var active = 0
  /// The version of the guideline that was shown.
  public var guideline = ""
  /// Whether two outputs were shown in turned order.
  public var isTurned = false
  /// Whether other people's answers were part of what was shown.
  ///
  /// What ``CatalogStore/exposeReview(_:_:at:)`` has logged is known without it.
  public var isExposed = false
  /// The event's id; nil makes one.
  ///
  /// An id that is there stores nothing.
  public var id: String?
  /// Where it comes from, such as a bundle's name; nil is this host's terminal.
  public var origin: String?

  /// States an answer.
  public init(item: Int64, token: Int64, answer: String, label: String, class: LabelClass?) {
    self.item = item
    self.token = token
    self.answer = answer
    self.label = label
    self.class = `class`
  }
}

/// What became of a submission.
public enum ReviewReceipt: Sendable, Hashable {
  /// Stored by an event of this number.
  case stored(Int64)
  /// Stored, and the labeler is paused.
  case paused(right: Int, of: Int)
  /// An event of this id is there: nothing is stored.
  case repeated
  /// The lease had ended, or the queue is closed: nothing is stored.
  case refused
}

/// An event before it has a number.
struct ReviewEventDraft {
  var kind: ReviewEventKind
  var item: Int64?
  var time: Timestamp
  var refersTo: Int64?
  var answer: String?
  var label: String?
  var `class`: LabelClass?
  var text: String?
  var guideline: String?
  var isTurned = false
  var wasExposed = false
  var token: Int64 = 0
  var active = 0
  var id: String?
  var origin: String?

  init(_ kind: ReviewEventKind, item: Int64?, at time: Timestamp) {
    self.kind = kind
    self.item = item
    self.time = time
  }
}

extension CatalogStore {
  /// Appends an event.
  ///
  /// Its id is a digest of what happened to whom and when, so that the same event is one event however
  /// often it comes.
  @discardableResult
  static func append(_ event: ReviewEventDraft, _ seat: ReviewSeat, _ db: Database) throws -> Int64 {
    let id = try event.id ?? eventID(event, seat, db)
    try db.cachedStatement(
      sql: """
        INSERT INTO review_events (id, queue, item, labeler, time, kind, refers_to, answer, label, class, text, guideline,
          is_turned, was_exposed, token, active, origin)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      id, seat.queue, event.item, seat.labeler, event.time.microseconds, event.kind.rawValue, event.refersTo,
      event.answer, event.label, event.class?.rawValue, event.text, event.guideline, event.isTurned,
      event.wasExposed, event.token, event.active, event.origin,
    ])
    return db.lastInsertedRowID
  }

  private static func eventID(_ event: ReviewEventDraft, _ seat: ReviewSeat, _ db: Database) throws -> String
  {
    let subject = try event.item.flatMap {
      try Data.fetchOne(
        db.cachedStatement(sql: "SELECT subject FROM review_items WHERE number = ?"), arguments: [$0])
    }
    let reference = try event.refersTo.flatMap {
      try String.fetchOne(
        db.cachedStatement(sql: "SELECT id FROM review_events WHERE number = ?"), arguments: [$0])
    }
    let parts: [String] = [
      seat.queue, subject.map { Hex.encode($0) } ?? "", seat.labeler, event.kind.rawValue,
      String(event.time.microseconds), String(event.token), event.answer ?? "", event.text ?? "",
      reference ?? "",
    ]
    // Lengths keep two parts apart whatever stands in them.
    let text = parts.map { "\($0.utf8.count):\($0)" }.joined()
    return String(Digest.sha256(text).hex.prefix(32))
  }

  /// Stores an answer and gives up the lease, in one transaction that checks the token; when it returns, the answer is on the
  /// disk.
  /// - Parameters:
  ///   - submission: the answer.
  ///   - seat: whose it is.
  ///   - time: when it was given; the lease must reach past it.
  /// - Returns: what became of it.
  /// - Throws: the database's errors.
  public func submitReview(
    _ submission: ReviewSubmission, _ seat: ReviewSeat, at time: Timestamp
  ) throws -> ReviewReceipt {
    try pool.write { db in try Self.submit(submission, seat, time, db) }
  }

  static func submit(
    _ submission: ReviewSubmission, _ seat: ReviewSeat, _ time: Timestamp, _ db: Database
  ) throws -> ReviewReceipt {
    if let id = submission.id,
      try Bool.fetchOne(db, sql: "SELECT 1 FROM review_events WHERE id = ?", arguments: [id]) != nil
    {
      return .repeated
    }
    guard try isOpen(seat.queue, db) else { return .refused }
    try db.cachedStatement(
      sql: """
        UPDATE review_slots SET state = 1, expires = 0, is_returned = 0
        WHERE item = ?1 AND token = ?2 AND labeler = ?3 AND queue = ?5 AND state < 2 AND expires > ?4
        """
    ).execute(arguments: [
      submission.item, submission.token, seat.labeler, time.microseconds, seat.queue,
    ])
    guard db.changesCount == 1 else { return .refused }
    var event = ReviewEventDraft(.answer, item: submission.item, at: time)
    event.answer = submission.answer
    event.label = submission.label
    event.class = submission.class
    event.guideline = submission.guideline
    event.isTurned = submission.isTurned
    event.wasExposed = try submission.isExposed || isExposed(submission.item, seat, db)
    event.token = submission.token
    event.active = submission.active
    event.id = submission.id
    event.origin = submission.origin
    let number = try append(event, seat, db)
    try settle(submission.item, seat, db)
    try enter(seat, db)
    try db.cachedStatement(
      sql: """
        UPDATE review_labelers SET timed = timed + 1, active = active + ?3 WHERE queue = ?1 AND labeler = ?2
        """
    ).execute(arguments: [seat.queue, seat.labeler, submission.active])
    if let pause = try pauseIfNeeded(after: submission.item, seat, time, db) {
      return .paused(right: pause.right, of: pause.of)
    }
    return .stored(number)
  }

  private static func isExposed(_ item: Int64, _ seat: ReviewSeat, _ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(
        sql: "SELECT 1 FROM review_events WHERE item = ? AND labeler = ? AND kind = 'exposed' LIMIT 1"),
      arguments: [item, seat.labeler]) ?? false
  }

  /// Passes an item over and gives up the lease: the labeler gets it again only by name, others may get it.
  ///
  /// An answer that the labeler gave before stands, and the item is just given back.
  /// - Returns: false when the lease has ended.
  /// - Throws: the database's errors.
  public func skipReview(
    _ item: Int64, token: Int64, _ seat: ReviewSeat, reason: String, at time: Timestamp
  ) throws -> Bool {
    try pool.write { db in
      guard
        let state = try Int.fetchOne(
          db.cachedStatement(
            sql: """
              SELECT state FROM review_slots
              WHERE item = ?1 AND token = ?2 AND labeler = ?3 AND queue = ?5 AND state < 2 AND expires > ?4
              """), arguments: [item, token, seat.labeler, time.microseconds, seat.queue])
      else { return false }
      try Self.release(item, token: token, seat, db)
      guard state == 0 else { return true }
      var event = ReviewEventDraft(.skip, item: item, at: time)
      event.text = reason
      event.token = token
      try Self.append(event, seat, db)
      try Self.settle(item, seat, db)
      return true
    }
  }

  /// Puts a flag on an item, or takes it away.
  ///
  /// What stands so already is not said again.
  public func flagReview(_ item: Int64, _ isFlagged: Bool, _ seat: ReviewSeat, at time: Timestamp) throws {
    try pool.write { db in
      let last = try String.fetchOne(
        db,
        sql: """
          SELECT kind FROM review_events INDEXED BY review_events_of_marks
          WHERE queue = ? AND labeler = ? AND item = ? AND kind IN ('flag', 'unflag', 'note') AND kind <> 'note'
          ORDER BY number DESC LIMIT 1
          """, arguments: [seat.queue, seat.labeler, item])
      guard (last == ReviewEventKind.flag.rawValue) != isFlagged else { return }
      try Self.append(ReviewEventDraft(isFlagged ? .flag : .unflag, item: item, at: time), seat, db)
    }
  }

  /// Adds a note to an item.
  public func noteReview(_ item: Int64, _ text: String, _ seat: ReviewSeat, at time: Timestamp) throws {
    try pool.write { db in
      var event = ReviewEventDraft(.note, item: item, at: time)
      event.text = text
      try Self.append(event, seat, db)
    }
  }

  /// Logs that a labeler was shown what models or other people say: each later answer of theirs on the item counts as exposed.
  public func exposeReview(_ item: Int64, _ seat: ReviewSeat, at time: Timestamp) throws {
    try pool.write { db in
      guard try !Self.isExposed(item, seat, db) else { return }
      try Self.append(ReviewEventDraft(.exposed, item: item, at: time), seat, db)
    }
  }
}
