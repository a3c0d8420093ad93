import Bytes
import Foundation
import GRDB
import Records

/// What another labeler said of a content.
public struct ReviewWord: Sendable, Hashable {
  /// Who; nobody is shown it.
  public let labeler: String
  /// The answer as JSON.
  public let answer: String
}

/// How a queue and a labeler stand.
public struct ReviewStanding: Sendable, Hashable {
  /// Answers of this labeler that count, hidden gold among them.
  public let own: Int
  /// Answers that count, of everyone, hidden gold among them.
  public let answers: Int
  /// Answers that the items want, hidden gold not among them.
  public let wanted: Int
  /// Items that still want an answer, hidden gold not among them.
  public let open: Int
  /// Hidden gold items that this labeler has not answered.
  public let gold: Int
  /// Answers of this labeler whose time was taken, those that count no longer among them.
  public let timed: Int
  /// Their milliseconds of work.
  public let active: Int
}

/// An answer that counts, for figures of agreement.
public struct ReviewMark: Sendable, Hashable {
  /// The item's number.
  public let item: Int64
  /// Who.
  public let labeler: String
  /// The labels with commas between.
  public let label: String

  init(_ row: Row) {
    item = row["item"]
    labeler = row["labeler"]
    label = row["label"] ?? ""
  }
}

extension CatalogStore {
  /// Where an interaction's record stands in the lake; nil where the catalog does not know it.
  public func reviewPlace(of interaction: String) throws -> LakePlace? {
    try pool.read { db in
      try Row.fetchOne(
        db,
        sql: """
          SELECT s.name, s.day, i.frame, i.offset, i.length FROM interactions i
          JOIN segments s ON s.number = i.segment WHERE i.id = ?
          """, arguments: [interaction]
      ).map(Self.place)
    }
  }

  /// What the rules found in an interaction, by part and place.
  public func reviewFindings(of interaction: String) throws -> [Finding] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT f.* FROM findings f JOIN interactions i ON i.number = f.interaction
          WHERE i.id = ? ORDER BY f.part, f.offset, f.rule, f.reason
          """, arguments: [interaction]
      ).map(Self.finding)
    }
  }

  /// What people said of an item's content in other queues than its own, by name.
  public func reviewWords(on item: Int64) throws -> [ReviewWord] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT a.labeler, e.answer FROM review_items own
          JOIN review_answers a ON a.content_hash = own.content_hash AND a.kind = 'answer'
          JOIN review_items i ON i.number = a.item AND i.queue <> own.queue AND i.task <> 'adjudicate'
          JOIN review_events e ON e.number = a.event
          WHERE own.number = ? ORDER BY a.labeler, a.event
          """, arguments: [item]
      ).map { ReviewWord(labeler: $0["labeler"], answer: $0["answer"] ?? "{}") }
    }
  }

  /// Whether an answer of a labeler on an item counts.
  public func isReviewed(_ item: Int64, _ seat: ReviewSeat) throws -> Bool {
    try pool.read { db in
      try Bool.fetchOne(
        db, sql: "SELECT 1 FROM review_answers WHERE item = ? AND labeler = ? AND kind = 'answer'",
        arguments: [item, seat.labeler]) ?? false
    }
  }

  /// The label that an item's content has, with its probability; nil where there is none.
  public func reviewSuggestion(on item: Int64) throws -> (class: LabelClass, probability: Double)? {
    try pool.read { db in
      try Row.fetchOne(
        db,
        sql: """
          SELECT i.label, i.probability FROM review_items r JOIN interactions i ON i.id = r.interaction
          WHERE r.number = ? AND i.label IS NOT NULL AND i.probability IS NOT NULL
          """, arguments: [item]
      ).flatMap { row in LabelClass(rawValue: row["label"]).map { ($0, row["probability"]) } }
    }
  }

  /// How a queue and a labeler stand: sums that are kept, so that it costs the same at any size.
  public func reviewStanding(_ seat: ReviewSeat) throws -> ReviewStanding {
    try pool.read { db in
      let queue = try Row.fetchOne(
        db.cachedStatement(sql: "SELECT wanted, open, gold FROM review_queues WHERE name = ?"),
        arguments: [seat.queue])
      let everyone =
        try Int.fetchOne(
          db.cachedStatement(sql: "SELECT sum(answers) FROM review_labelers WHERE queue = ?"),
          arguments: [seat.queue]) ?? 0
      let own = try Row.fetchOne(
        db.cachedStatement(
          sql: "SELECT answers, gold, timed, active FROM review_labelers WHERE queue = ? AND labeler = ?"),
        arguments: [seat.queue, seat.labeler])
      return ReviewStanding(
        own: own?["answers"] ?? 0, answers: everyone, wanted: queue?["wanted"] ?? 0,
        open: queue?["open"] ?? 0, gold: (queue?["gold"] ?? 0) - (own?["gold"] ?? 0),
        timed: own?["timed"] ?? 0, active: own?["active"] ?? 0)
    }
  }

  /// The answers to the newest items that have all the answers they want, by item, then labeler.
  /// - Parameters:
  ///   - queue: the queue.
  ///   - items: items at most.
  /// - Returns: the answers.
  /// - Throws: the database's errors.
  public func reviewMarks(_ queue: String, newest items: Int) throws -> [ReviewMark] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT a.item, a.labeler, a.label FROM (
            SELECT number FROM review_items INDEXED BY review_items_by_state WHERE queue = ? AND state = 1
            ORDER BY number DESC LIMIT ?) i
          JOIN review_answers a ON a.item = i.number AND a.kind = 'answer' ORDER BY a.item, a.labeler
          """, arguments: [queue, items]
      ).map(ReviewMark.init)
    }
  }
}
