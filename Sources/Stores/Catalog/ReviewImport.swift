import Foundation
import GRDB
import Records

/// A lease of many items that left the host, to be answered elsewhere.
public struct ReviewBundleRow: Sendable, Hashable {
  /// Its id: 32 hexadecimal digits.
  public let id: String
  /// The queue.
  public let queue: String
  /// Who answers.
  public let labeler: String
  /// The queue's definition when it left, as JSON.
  public let definition: String
  /// The version of the guideline.
  public let guideline: String
  /// Items in it.
  public let items: Int
  /// When it left.
  public let time: Timestamp
  /// When its leases end.
  public let expires: Timestamp

  /// States a bundle.
  public init(
    id: String, queue: String, labeler: String, definition: String, guideline: String, items: Int,
    time: Timestamp, expires: Timestamp
  ) {
    self.id = id
    self.queue = queue
    self.labeler = labeler
    self.definition = definition
    self.guideline = guideline
    self.items = items
    self.time = time
    self.expires = expires
  }
}

/// An event that happened elsewhere.
public struct ImportedReview: Sendable, Hashable {
  /// Its id, unique everywhere.
  public let id: String
  /// What happened.
  public let kind: ReviewEventKind
  /// The item's number.
  public let item: Int64
  /// The token of the lease; nil where no lease is asked for, as of answers that another tool gave.
  public var token: Int64?
  /// When.
  public let time: Timestamp
  /// The id of the event that an undo or a redo is about.
  public var refersTo: String?
  /// The answer as JSON.
  public var answer: String?
  /// Its labels in the order of their names, with commas between.
  public var label: String?
  /// What they say on the question whether the output is good.
  public var `class`: LabelClass?
  /// A skip's reason, or a note.
  public var text: String?
  /// The version of the guideline that was shown.
  public var guideline: String?
  /// Whether two outputs were shown in turned order.
  public var isTurned = false
  /// Whether a suggestion, or other people's answers, were seen first.
  public var wasExposed = false
  /// Milliseconds of work.
  public var active = 0

  /// States an event with what each has.
  public init(id: String, kind: ReviewEventKind, item: Int64, time: Timestamp) {
    self.id = id
    self.kind = kind
    self.item = item
    self.time = time
  }
}

/// What an import came to, to the event.
public struct ReviewImportOutcome: Sendable, Hashable, Codable {
  /// Events that are new.
  public var stored = 0
  /// Answers among them.
  public var answers = 0
  /// Events that were here before.
  public var repeated = 0
  /// Events whose lease had gone to somebody else, or had ended before they happened.
  public var expired = 0
  /// Events on items that have all the answers they want.
  public var full = 0
  /// Answers older than the one that counts of the same labeler, as of an older export.
  public var older = 0
  /// Events of a queue that is closed.
  public var closed = 0
  /// Events on items that the queue does not have, or that refer to an event that is not here.
  public var unknown = 0
  /// Items whose answers were refused, by number.
  public var refusedItems: [Int64] = []

  /// Nothing.
  public init() {}

  /// Events that were not taken.
  public var refused: Int { expired + full + closed + unknown + older }

  /// Adds another outcome.
  public mutating func add(_ other: ReviewImportOutcome) {
    stored += other.stored
    answers += other.answers
    repeated += other.repeated
    expired += other.expired
    full += other.full
    older += other.older
    closed += other.closed
    unknown += other.unknown
    refusedItems = Array(Set(refusedItems + other.refusedItems)).sorted()
  }
}

extension CatalogStore {
  /// Enters a bundle and prolongs its leases to its end, in one transaction: when it returns, they are on the disk.
  /// - Parameters:
  ///   - row: the bundle.
  ///   - leases: its items with their tokens.
  /// - Returns: false where a lease has gone to somebody else meanwhile; nothing is entered then.
  /// - Throws: the database's errors.
  public func addReviewBundle(_ row: ReviewBundleRow, leases: [(item: Int64, token: Int64)]) throws -> Bool {
    try pool.write { db in
      let held = try db.cachedStatement(
        sql: """
          SELECT 1 FROM review_slots WHERE item = ? AND token = ? AND labeler = ? AND queue = ? AND state < 2
          """)
      for lease in leases {
        let isHeld = try Bool.fetchOne(held, arguments: [lease.item, lease.token, row.labeler, row.queue])
        guard isHeld == true else { return false }
      }
      let extend = try db.cachedStatement(
        sql: "UPDATE review_slots SET expires = ? WHERE item = ? AND token = ? AND labeler = ? AND state < 2")
      for lease in leases {
        try extend.execute(arguments: [row.expires.microseconds, lease.item, lease.token, row.labeler])
      }
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO review_bundles (id, queue, labeler, definition, guideline, items, time, expires)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          row.id, row.queue, row.labeler, row.definition, row.guideline, row.items, row.time.microseconds,
          row.expires.microseconds,
        ])
      return true
    }
  }

  /// A bundle by its id; nil where none of that id left this workspace.
  public func reviewBundle(_ id: String) throws -> ReviewBundleRow? {
    try pool.read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM review_bundles WHERE id = ?", arguments: [id]).map { row in
        ReviewBundleRow(
          id: row["id"], queue: row["queue"], labeler: row["labeler"], definition: row["definition"],
          guideline: row["guideline"], items: row["items"], time: Timestamp(microseconds: row["time"]),
          expires: Timestamp(microseconds: row["expires"]))
      }
    }
  }

  /// Stores what a labeler did elsewhere, in one transaction.
  ///
  /// Events of one item are taken together or refused together, in their order: those of a lease where its slot has not gone
  /// to somebody else since and they happened before it ended, others where a slot is free. An event whose id is here is known
  /// and changes nothing, so that a file may come twice, and a part of it before the whole.
  /// - Parameters:
  ///   - events: in the order in which they happened.
  ///   - seat: whose they are.
  ///   - expires: when the leases of a bundle end; nil for events without a lease.
  ///   - origin: where they come from.
  ///   - now: the time of the import.
  /// - Returns: what became of them.
  /// - Throws: the database's errors.
  public func importReviews(
    _ events: [ImportedReview], _ seat: ReviewSeat, expires: Timestamp?, origin: String, at now: Timestamp
  ) throws -> ReviewImportOutcome {
    try pool.write { db in
      var outcome = ReviewImportOutcome()
      var fresh: [ImportedReview] = []
      for event in events {
        let isKnown = try Self.eventNumber(event.id, db) != nil
        if isKnown { outcome.repeated += 1 } else { fresh.append(event) }
      }
      guard !fresh.isEmpty else { return outcome }
      guard try Self.isOpen(seat.queue, db) else {
        outcome.closed = fresh.count
        outcome.refusedItems = Set(fresh.map(\.item)).sorted()
        return outcome
      }
      try Self.enter(seat, db)
      var order: [Int64] = []
      var byItem: [Int64: [ImportedReview]] = [:]
      for event in fresh {
        if byItem[event.item] == nil { order.append(event.item) }
        byItem[event.item, default: []].append(event)
      }
      for item in order {
        try Self.take(byItem[item] ?? [], of: item, seat, (expires, origin, now), &outcome, db)
      }
      return outcome
    }
  }

  private static func eventNumber(_ id: String, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT number FROM review_events WHERE id = ?"), arguments: [id])
  }

  private static func take(
    _ events: [ImportedReview], of item: Int64, _ seat: ReviewSeat,
    _ how: (expires: Timestamp?, origin: String, now: Timestamp), _ outcome: inout ReviewImportOutcome,
    _ db: Database
  ) throws {
    let isHere = try Bool.fetchOne(
      db, sql: "SELECT 1 FROM review_items WHERE number = ? AND queue = ?", arguments: [item, seat.queue])
    guard isHere != nil else {
      outcome.unknown += events.count
      outcome.refusedItems.append(item)
      return
    }
    var events = events
    if how.expires == nil {
      // Without a lease nothing says in which order two exports were made but the times of their answers.
      let newest = try Int64.fetchOne(
        db,
        sql: """
          SELECT e.time FROM review_answers a JOIN review_events e ON e.number = a.event
          WHERE a.item = ? AND a.labeler = ?
          """, arguments: [item, seat.labeler])
      let all = events.count
      events.removeAll { $0.kind.isAnswering && $0.time.microseconds < newest ?? .min }
      outcome.older += all - events.count
    }
    let needsSlot = events.contains { $0.kind.isAnswering }
    var slot: Int64?
    if needsSlot {
      slot = try Self.slot(of: item, token: events.compactMap(\.token).first, seat, how.now, db)
      let isLate =
        how.expires.map { end in events.contains { $0.kind.isAnswering && $0.time > end } } ?? false
      guard slot != nil, !isLate else {
        if how.expires == nil { outcome.full += events.count } else { outcome.expired += events.count }
        outcome.refusedItems.append(item)
        return
      }
    }
    var answered = false
    for event in events {
      var draft = ReviewEventDraft(event.kind, item: item, at: event.time)
      if let refersTo = event.refersTo {
        guard let number = try Self.eventNumber(refersTo, db) else {
          outcome.unknown += 1
          continue
        }
        draft.refersTo = number
      }
      draft.answer = event.answer
      draft.label = event.label
      draft.class = event.class
      draft.text = event.text
      draft.guideline = event.guideline
      draft.isTurned = event.isTurned
      draft.wasExposed = event.wasExposed
      draft.token = event.token ?? 0
      draft.active = event.active
      draft.id = event.id
      draft.origin = how.origin
      try Self.append(draft, seat, db)
      outcome.stored += 1
      guard event.kind == .answer else { continue }
      answered = true
      outcome.answers += 1
      try db.cachedStatement(
        sql:
          "UPDATE review_labelers SET timed = timed + 1, active = active + ? WHERE queue = ? AND labeler = ?"
      ).execute(arguments: [event.active, seat.queue, seat.labeler])
    }
    guard let slot else { return }
    try Self.place(item, slot: slot, seat, how.expires, db)
    if answered { _ = try Self.pauseIfNeeded(after: item, seat, how.now, db) }
  }

  /// The slot that an answer goes to: that of its lease, else the labeler's own or a free one.
  private static func slot(
    of item: Int64, token: Int64?, _ seat: ReviewSeat, _ now: Timestamp, _ db: Database
  ) throws -> Int64? {
    if let token {
      return try Int64.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT slot FROM review_slots WHERE item = ?1 AND token = ?2 AND state < 2
              AND (labeler = ?3 OR labeler IS NULL) ORDER BY labeler IS NULL, slot LIMIT 1
            """), arguments: [item, token, seat.labeler])
    }
    return try lease(item: item, seat, now, db) == nil
      ? nil
      : Int64.fetchOne(
        db, sql: "SELECT slot FROM review_slots WHERE item = ? AND labeler = ? AND state < 2 ORDER BY slot",
        arguments: [item, seat.labeler])
  }

  /// Makes a slot agree with what its labeler's events say now: answered, given back, or leased on.
  private static func place(
    _ item: Int64, slot: Int64, _ seat: ReviewSeat, _ expires: Timestamp?, _ db: Database
  ) throws {
    // The answer must stand in a slot before the sums are made to agree.
    try db.cachedStatement(
      sql: """
        UPDATE review_slots SET state = 1, labeler = ?3, expires = 0, is_returned = 0 WHERE item = ?1 AND slot = ?2
        """
    ).execute(arguments: [item, slot, seat.labeler])
    try settle(item, seat, db)
    let kind = try String.fetchOne(
      db, sql: "SELECT kind FROM review_answers WHERE item = ? AND labeler = ?",
      arguments: [item, seat.labeler])
    guard kind != ReviewEventKind.answer.rawValue else { return }
    let isSkipped = kind == ReviewEventKind.skip.rawValue
    try db.cachedStatement(
      sql: """
        UPDATE review_slots SET state = 0, labeler = CASE WHEN ?3 THEN NULL ELSE labeler END, expires = ?4,
          is_returned = 1
        WHERE item = ?1 AND slot = ?2
        """
    ).execute(arguments: [item, slot, isSkipped, isSkipped ? 0 : expires?.microseconds ?? 0])
  }
}

extension ReviewEventKind {
  /// Whether it needs a place among an item's answers.
  fileprivate var isAnswering: Bool {
    switch self {
    case .answer, .skip, .undo, .redo: true
    case .flag, .unflag, .note, .exposed, .paused, .resumed: false
    }
  }
}
