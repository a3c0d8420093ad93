import Bytes
import Foundation
import GRDB
import Records

/// An item that is to be put into a queue.
public struct NewReviewItem: Sendable, Hashable {
  /// What people do with it.
  public let task: ReviewTask
  /// The content that is looked at.
  public let content: ContentHash
  /// The content of the second output; only for `prefer`.
  public var otherContent: ContentHash?
  /// The interaction that is shown.
  public let interaction: String
  /// The interaction of the second output.
  public var other: String?
  /// Why.
  public let reason: ReviewReason
  /// The slice.
  public var slice: String?
  /// What an answer is worth, 0 or more; more comes first.
  public let value: Double
  /// The batch, for candidates that a model wrote.
  public var batch: String?
  /// The class that is known, for a hidden gold item.
  public var gold: LabelClass?
  /// The only labeler who may answer it; nil is anyone.
  public var assigned: String?

  /// States an item.
  public init(
    task: ReviewTask, content: ContentHash, interaction: String, reason: ReviewReason, value: Double
  ) {
    self.task = task
    self.content = content
    self.interaction = interaction
    self.reason = reason
    self.value = value
  }

  /// What an item is known by in its queue: the content, or both in their order.
  var subject: Data {
    guard let otherContent else { return Data(content.bytes) }
    return Data(min(content, otherContent).bytes + max(content, otherContent).bytes)
  }
}

extension CatalogStore {
  /// Puts items into a queue, each with as many slots as the quota says.
  ///
  /// An item that is there is not put in again.
  ///
  /// A million items take some 20 seconds; the transaction holds at most 10,000 of them, so that nobody who answers
  /// meanwhile waits for long.
  /// - Parameters:
  ///   - items: the items.
  ///   - queue: the queue, which ``syncReviewQueue(_:)`` has made known.
  ///   - run: who puts them in: a run's id or a labeler.
  ///   - time: when.
  /// - Returns: how many are new; 0 where the queue is closed or not known.
  /// - Throws: the database's errors.
  @discardableResult
  public func addReviewItems(
    _ items: [NewReviewItem], to queue: String, run: String, at time: Timestamp
  ) throws -> Int {
    var added = 0
    var start = 0
    while start < items.count {
      let part = items[start..<min(items.count, start + 10_000)]
      added += try pool.write { db in try Self.add(part, queue, run, time, db) }
      start = part.endIndex
    }
    return added
  }

  private static func add(
    _ items: ArraySlice<NewReviewItem>, _ queue: String, _ run: String, _ time: Timestamp, _ db: Database
  ) throws -> Int {
    guard
      let quota = try Int64.fetchOne(
        db, sql: "SELECT quota FROM review_queues WHERE name = ? AND is_closed = 0", arguments: [queue])
    else { return 0 }
    var insert = try BulkStatement(
      db,
      """
      INSERT OR IGNORE INTO review_items (queue, task, subject, content_hash, interaction, other, reason, slice, value,
        batch, gold, time, run)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    var slot = try BulkStatement(
      db, "INSERT INTO review_slots (item, slot, queue, rank, assigned) VALUES (?, ?, ?, ?, ?)")
    var (added, plain) = (0, 0)
    for item in items {
      insert.bind(queue)
      insert.bind(item.task.rawValue)
      insert.bind(blob: Array(item.subject))
      insert.bind(blob: item.content.bytes)
      insert.bind(item.interaction)
      insert.bind(item.other)
      insert.bind(item.reason.rawValue)
      insert.bind(item.slice)
      insert.bind(item.value.isFinite ? item.value : 0)
      insert.bind(item.batch)
      insert.bind(item.gold?.rawValue)
      insert.bind(time.microseconds)
      insert.bind(run)
      guard try insert.run() == 1 else { continue }
      let number = db.lastInsertedRowID
      added += 1
      // A gold item gets a slot when it is given to somebody.
      guard item.gold == nil else { continue }
      plain += 1
      for place in 0..<quota {
        slot.bind(number)
        slot.bind(place)
        slot.bind(queue)
        slot.bind(item.value.isFinite ? -item.value : 0)
        slot.bind(place == 0 ? item.assigned : nil)
        try slot.run()
      }
    }
    try db.execute(
      sql: """
        UPDATE review_queues SET items = items + ?2, wanted = wanted + ?2 * quota, open = open + ?2, gold = gold + ?3
        WHERE name = ?1
        """, arguments: [queue, plain, added - plain])
    if plain > 0 { try changed(queue, db) }
    return added
  }

  /// Gives free slots of items to a labeler, or back to everyone.
  /// - Parameters:
  ///   - items: numbers of items.
  ///   - labeler: who alone may answer them; nil gives them back to everyone.
  ///   - queue: the queue.
  ///   - now: the time.
  /// - Returns: how many items were given, or given back. One that the labeler has answered or holds, and one without a free
  ///   slot, is not among them.
  /// - Throws: the database's errors.
  public func assignReview(
    _ items: [Int64], to labeler: String?, queue: String, at now: Timestamp
  ) throws -> Int {
    try pool.write { db in
      var given = 0
      for item in items {
        if let labeler {
          try db.cachedStatement(
            sql: """
              UPDATE review_slots SET assigned = ?2, labeler = NULL
              WHERE (item, slot) = (
                SELECT item, slot FROM review_slots WHERE item = ?1 AND queue = ?3 AND state = 0 AND is_gold = 0
                  AND assigned IS NULL AND (labeler IS NULL OR expires <= ?4) ORDER BY slot LIMIT 1)
              AND NOT EXISTS (SELECT 1 FROM review_answers WHERE item = ?1 AND labeler = ?2)
              AND NOT EXISTS (SELECT 1 FROM review_slots WHERE item = ?1 AND state = 0
                AND (assigned = ?2 OR labeler = ?2 AND expires > ?4))
              """
          ).execute(arguments: [item, labeler, queue, now.microseconds])
        } else {
          try db.cachedStatement(
            sql: """
              UPDATE review_slots SET assigned = NULL, is_returned = 1
              WHERE item = ?1 AND queue = ?2 AND state = 0 AND assigned IS NOT NULL
              """
          ).execute(arguments: [item, queue])
        }
        if db.changesCount > 0 { given += 1 }
      }
      return given
    }
  }

  /// The items that stand first in a queue and have a slot that is free and nobody's.
  public func freeReviewItems(_ queue: String, limit: Int, at now: Timestamp) throws -> [Int64] {
    try pool.read { db in
      var items: [Int64] = []
      let rows = try Int64.fetchCursor(
        db,
        sql: """
          SELECT item FROM review_slots INDEXED BY review_slots_open
          WHERE queue = ? AND state = 0 AND is_gold = 0 AND assigned IS NULL AND (labeler IS NULL OR expires <= ?)
          ORDER BY rank, item, slot
          """, arguments: [queue, now.microseconds])
      while items.count < limit, let item = try rows.next() { if items.last != item { items.append(item) } }
      return items
    }
  }

  /// The numbers of a queue's items by their interactions.
  public func reviewItems(_ queue: String, of interactions: [String]) throws -> [String: Int64] {
    try pool.read { db in
      var numbers: [String: Int64] = [:]
      for interaction in interactions {
        numbers[interaction] = try Int64.fetchOne(
          db.cachedStatement(
            sql: "SELECT min(number) FROM review_items WHERE interaction = ? AND queue = ? AND gold IS NULL"),
          arguments: [interaction, queue])
      }
      return numbers
    }
  }
}

extension CatalogStore {
  /// An item for a kept interaction that is asked for by name; nil where it is not kept, or the task wants two outputs, or a
  /// model wrote it to be published and the task is not to accept it.
  public func namedReviewItem(_ interaction: String, task: ReviewTask) throws -> NewReviewItem? {
    guard task != .prefer else { return nil }
    return try pool.read { db in
      try Data.fetchOne(
        db,
        sql: """
          SELECT content_hash FROM interactions i
          WHERE id = ? AND decision = 'kept' AND (\(Self.isLogged("i")) OR ?)
          """,
        arguments: [interaction, task == .accept]
      ).flatMap { ContentHash(bytes: $0) }.map {
        NewReviewItem(task: task, content: $0, interaction: interaction, reason: .assigned, value: 1)
      }
    }
  }
}
