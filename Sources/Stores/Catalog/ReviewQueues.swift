import Bytes
import Foundation
import GRDB
import Records

/// What the catalog keeps of a queue's definition.
public struct ReviewQueueSetting: Sendable, Hashable {
  /// The queue's name.
  public let name: String
  /// The definition as JSON.
  public let definition: String
  /// The guideline, Markdown.
  public let guideline: String
  /// Different people who answer an item, 1 or more.
  public let quota: Int

  /// States a queue.
  public init(name: String, definition: String, guideline: String, quota: Int) {
    self.name = name
    self.definition = definition
    self.guideline = guideline
    self.quota = quota
  }

  /// The guideline's version: SHA-256 of its text, 64 hexadecimal digits.
  public var guidelineVersion: String { Digest.sha256(guideline).hex }
}

/// A queue as the catalog knows it.
public struct ReviewQueueRow: Sendable, Hashable, Codable {
  /// Its name.
  public let name: String
  /// The definition that was last in use, as JSON.
  public let definition: String
  /// The version of the guideline.
  public let guideline: String
  /// Whether it is closed: nobody gets an item of it, and nothing fills it.
  public let isClosed: Bool
  /// Different people who answer an item.
  public let quota: Int
  /// Items, hidden gold not among them.
  public let items: Int
  /// Answers that they want: their slots.
  public let wanted: Int
  /// Items that still want an answer.
  public let open: Int

  init(_ row: Row) {
    name = row["name"]
    definition = row["definition"]
    guideline = row["guideline"]
    isClosed = row["is_closed"]
    quota = row["quota"]
    items = row["items"]
    wanted = row["wanted"]
    open = row["open"]
  }
}

extension CatalogStore {
  /// Runs a transaction whose loss in a power failure loses nobody's answer: it is not flushed to the disk by itself.
  func reviewWithoutPromise<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA synchronous = NORMAL")
      defer { try? db.execute(sql: "PRAGMA synchronous = FULL") }
      var value: Value?
      try db.inTransaction(.immediate) {
        value = try body(db)
        return .commit
      }
      guard let value else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
      return value
    }
  }

  /// Makes the catalog know a queue as it is defined now.
  ///
  /// Where nothing has changed nothing is written.
  ///
  /// A raised quota gives each item more slots; a lowered one closes free slots, and takes no answer away.
  /// - Parameter setting: the queue.
  /// - Throws: the database's errors.
  public func syncReviewQueue(_ setting: ReviewQueueSetting) throws {
    let version = setting.guidelineVersion
    let isKnown = try pool.read { db in
      try Bool.fetchOne(
        db,
        sql: """
          SELECT 1 FROM review_queues JOIN review_guidelines g ON g.version = guideline
          WHERE name = ? AND definition = ? AND guideline = ? AND quota = ?
          """, arguments: [setting.name, setting.definition, version, setting.quota]) ?? false
    }
    guard !isKnown else { return }
    try pool.write { db in
      try db.execute(
        sql: "INSERT OR IGNORE INTO review_guidelines VALUES (?, ?)", arguments: [version, setting.guideline])
      let quota = try Int.fetchOne(
        db, sql: "SELECT quota FROM review_queues WHERE name = ?", arguments: [setting.name])
      try db.execute(
        sql: """
          INSERT INTO review_queues (name, definition, guideline, quota) VALUES (?1, ?2, ?3, ?4)
          ON CONFLICT DO UPDATE SET definition = ?2, guideline = ?3, quota = ?4
          """, arguments: [setting.name, setting.definition, version, setting.quota])
      if let quota, quota != setting.quota { try Self.resize(setting.name, to: setting.quota, db) }
    }
  }

  /// Gives each item of a queue as many slots as the quota says.
  private static func resize(_ queue: String, to quota: Int, _ db: Database) throws {
    try db.execute(
      sql: "UPDATE review_slots SET state = 0 WHERE queue = ? AND state = 2", arguments: [queue])
    for slot in 0..<quota {
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO review_slots (item, slot, queue, rank)
          SELECT number, ?, queue, -value FROM review_items WHERE queue = ? AND gold IS NULL
          """, arguments: [slot, queue])
    }
    // Answered slots count first, free ones by their number: what is past the quota wants no answer.
    try db.execute(
      sql: """
        UPDATE review_slots SET state = 2, labeler = NULL, expires = 0
        WHERE queue = ?1 AND state = 0 AND is_gold = 0 AND (
          SELECT count(*) FROM review_slots o WHERE o.item = review_slots.item
            AND (o.state = 1 OR o.state = 0 AND o.slot < review_slots.slot)) >= ?2
        """, arguments: [queue, quota])
    try db.execute(
      sql: """
        UPDATE review_items SET state = NOT EXISTS (
          SELECT 1 FROM review_slots s WHERE s.item = number AND s.state = 0)
        WHERE queue = ? AND gold IS NULL
        """, arguments: [queue])
    try db.execute(
      sql: """
        UPDATE review_queues SET
          wanted = (SELECT count(*) FROM review_slots s JOIN review_items i ON i.number = s.item
            WHERE i.queue = ?1 AND s.is_gold = 0 AND s.state < 2),
          open = (SELECT count(*) FROM review_items WHERE queue = ?1 AND state = 0 AND gold IS NULL)
        WHERE name = ?1
        """, arguments: [queue])
    try changed(queue, db)
  }

  /// States that slots were added, which may stand before anyone's cursor.
  static func changed(_ queue: String, _ db: Database) throws {
    try db.execute(
      sql: "UPDATE review_labelers SET cursor_rank = NULL, cursor_item = NULL WHERE queue = ?",
      arguments: [queue])
  }

  /// The queues that the catalog knows, by name.
  public func reviewQueues() throws -> [ReviewQueueRow] {
    try pool.read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM review_queues ORDER BY name").map(ReviewQueueRow.init)
    }
  }

  /// A queue by its name; nil where the catalog does not know it.
  public func reviewQueue(_ name: String) throws -> ReviewQueueRow? {
    try pool.read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM review_queues WHERE name = ?", arguments: [name])
        .map(ReviewQueueRow.init)
    }
  }

  /// The text of a version of a guideline; nil where it is not known.
  public func reviewGuideline(_ version: String) throws -> String? {
    try pool.read { db in
      try String.fetchOne(
        db, sql: "SELECT text FROM review_guidelines WHERE version = ?", arguments: [version])
    }
  }

  /// Closes a queue or opens it again.
  ///
  /// Of a closed one nobody gets an item, an answer is refused, and nothing fills it.
  /// - Returns: false where it stood so already, or is not known.
  /// - Throws: the database's errors.
  public func setReviewQueue(_ name: String, isClosed: Bool) throws -> Bool {
    try pool.write { db in
      try db.execute(
        sql: "UPDATE review_queues SET is_closed = ?2 WHERE name = ?1 AND is_closed <> ?2",
        arguments: [name, isClosed])
      return db.changesCount == 1
    }
  }
}
