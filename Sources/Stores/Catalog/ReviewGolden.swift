import Foundation
import GRDB
import Records

/// What a queue's answers are worth for the golden set.
public struct QueueAgreement: Sendable, Hashable {
  /// Words to add, by item, then labeler: those of the people who agreed, or who decided where people had disagreed.
  public var words: [GoldenWord] = []
  /// Items that enough people agreed on.
  public var agreed = 0
  /// Items that an adjudicator decided.
  public var adjudicated = 0
  /// Items on which people, or adjudicators, say different things.
  public var divided = 0
  /// Items with fewer answers that count here than are asked for.
  public var few = 0
  /// Answers that were left out since a suggestion was seen first.
  public var exposed = 0

  /// Nothing.
  public init() {}
}

extension CatalogStore {
  /// Finds the items of a queue whose class is sure enough to be golden.
  ///
  /// An item is agreed on when all people who answered it without a suggestion say good, or all say bad, and they are
  /// `least` or more; an answer that votes neither way is not agreement. Where adjudicators decided on its content, in
  /// whatever queue, only their word counts, and one is enough; that they saw what people had said makes them judges of
  /// people and no followers of a model, so that their word is exposed only where a suggestion was shown. Hidden gold is
  /// golden already and left out, and so is what models wrote: the golden set is of what was logged.
  /// - Parameters:
  ///   - queue: the queue's name.
  ///   - least: people who must agree, 1 or more.
  /// - Returns: the words and how many items came to what.
  /// - Throws: the database's errors.
  public func agreement(inQueue queue: String, least: Int) throws -> QueueAgreement {
    try pool.read { db in
      var result = QueueAgreement()
      let items = try Row.fetchAll(
        db,
        sql: """
          SELECT number, interaction, content_hash FROM review_items
          WHERE queue = ? AND gold IS NULL AND reason <> 'synthetic' ORDER BY interaction, number
          """, arguments: [queue])
      let own = try db.cachedStatement(
        sql: """
          SELECT labeler, class, was_exposed FROM review_answers
          WHERE item = ? AND kind = 'answer' ORDER BY labeler
          """)
      let decisions = try db.cachedStatement(
        sql: """
          SELECT a.labeler, a.class, EXISTS (SELECT 1 FROM review_events e
            WHERE e.item = a.item AND e.labeler = a.labeler AND e.kind = 'exposed') AS was_exposed
          FROM review_answers a JOIN review_items i ON i.number = a.item
          WHERE a.content_hash = ? AND a.kind = 'answer' AND i.task = 'adjudicate' ORDER BY a.labeler, a.event
          """)
      for item in items {
        let decided = try Row.fetchAll(decisions, arguments: [item["content_hash"] as Data])
        let answers = decided.isEmpty ? try Row.fetchAll(own, arguments: [item["number"] as Int64]) : decided
        let blind = decided.isEmpty ? answers.filter { !($0["was_exposed"] as Bool) } : answers
        result.exposed += answers.count - blind.count
        let classes = Set(blind.map { $0["class"] as String? })
        guard blind.count >= (decided.isEmpty ? max(1, least) : 1) else {
          result.few += 1
          continue
        }
        guard classes.count == 1, let label = classes.first?.flatMap(LabelClass.init(rawValue:)),
          label != .tie
        else {
          result.divided += 1
          continue
        }
        if decided.isEmpty { result.agreed += 1 } else { result.adjudicated += 1 }
        result.words += blind.map {
          GoldenWord(
            interaction: item["interaction"], class: label, labeler: $0["labeler"],
            isExposed: $0["was_exposed"])
        }
      }
      return result
    }
  }
}
