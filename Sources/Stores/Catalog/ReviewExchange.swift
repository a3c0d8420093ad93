import Bytes
import Foundation
import GRDB
import Records

/// An item of a queue with what people said, as other tools want it.
public struct ExchangeItem: Sendable, Hashable {
  /// Its number.
  public let item: Int64
  /// The interaction.
  public let interaction: String
  /// The interaction of the second output.
  public let other: String?
  /// Why it is there.
  public let reason: String
  /// Its slice.
  public let slice: String?
  /// Whether it has all the answers that it wants.
  public let isFull: Bool
  /// Whether it is hidden gold.
  public let isGold: Bool
  /// The label that the votes add up to.
  public let label: LabelClass?
  /// Its probability.
  public let probability: Double?
  /// Answers and skips that count, by labeler.
  public var answers: [Answer] = []

  /// An answer or a skip.
  public struct Answer: Sendable, Hashable {
    /// The event's id.
    public let event: String
    /// Who.
    public let labeler: String
    /// When.
    public let time: Timestamp
    /// The answer as JSON; nil for a skip.
    public let answer: String?
    /// Why it was skipped.
    public let text: String?
    /// Milliseconds of work.
    public let active: Int
    /// Whether a suggestion was seen first.
    public let wasExposed: Bool
  }
}

extension CatalogStore {
  /// The items of a queue in the order of their numbers, with the answers that count.
  public func exchangeItems(_ queue: String) throws -> [ExchangeItem] {
    try pool.read { db in
      var items: [ExchangeItem] = []
      var places: [Int64: Int] = [:]
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT r.number, r.interaction, r.other, r.reason, r.slice, r.state, r.gold IS NOT NULL AS is_gold,
            i.label, i.probability
          FROM review_items r LEFT JOIN interactions i ON i.id = r.interaction WHERE r.queue = ? ORDER BY r.number
          """, arguments: [queue])
      while let row = try rows.next() {
        places[row["number"]] = items.count
        items.append(
          ExchangeItem(
            item: row["number"], interaction: row["interaction"], other: row["other"], reason: row["reason"],
            slice: row["slice"], isFull: row["state"] == 1, isGold: row["is_gold"],
            label: (row["label"] as String?).flatMap(LabelClass.init(rawValue:)),
            probability: row["probability"]))
      }
      let answers = try Row.fetchCursor(
        db,
        sql: """
          SELECT a.item, e.id, a.labeler, e.time, e.answer, e.text, e.active, a.was_exposed
          FROM review_items i JOIN review_answers a ON a.item = i.number JOIN review_events e ON e.number = a.event
          WHERE i.queue = ? ORDER BY a.item, a.labeler
          """, arguments: [queue])
      while let row = try answers.next() {
        guard let place = places[row["item"]] else { continue }
        items[place].answers.append(
          ExchangeItem.Answer(
            event: row["id"], labeler: row["labeler"], time: Timestamp(microseconds: row["time"]),
            answer: row["answer"], text: row["text"], active: row["active"], wasExposed: row["was_exposed"]))
      }
      return items
    }
  }

  /// The number of a queue's item: that which is named, if it is on the interaction that is named, else the one on the
  /// interaction; nil where the queue has none.
  public func exchangeItem(_ queue: String, number: Int64?, interaction: String) throws -> Int64? {
    try pool.read { db in
      if let number,
        try Bool.fetchOne(
          db.cachedStatement(
            sql: "SELECT 1 FROM review_items WHERE number = ? AND queue = ? AND interaction = ?"),
          arguments: [number, queue, interaction]) != nil
      {
        return number
      }
      return try Int64.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT r.number FROM review_items r WHERE r.queue = ?1 AND (r.interaction = ?2
              OR r.content_hash = (SELECT content_hash FROM interactions WHERE id = ?2)) ORDER BY r.number
            """), arguments: [queue, interaction])
    }
  }

  /// The content of an interaction; nil for an id that is not there.
  public func content(ofInteraction id: String) throws -> ContentHash? {
    try pool.read { db in
      try Data.fetchOne(
        db.cachedStatement(sql: "SELECT content_hash FROM interactions WHERE id = ?"), arguments: [id]
      ).flatMap { ContentHash(bytes: $0) }
    }
  }
}
