import Bytes
import Foundation
import GRDB
import Records

/// Reads all that speaks about a content, by statements that are prepared once for a batch.
struct VoteEvidence {
  private let events: Statement
  private let turns: Statement
  private let functions: Statement
  private let models: Statement
  private let humans: Statement
  private let reviews: Statement
  private let first: Statement

  init(_ db: Database) throws {
    events = try db.cachedStatement(
      sql: """
        SELECT f.number, f.id, i.number AS interaction, f.user, f.time, f.signal, f.value, f.count,
          f.has_correction, r.comment, r.correction
        FROM interactions i JOIN feedback f ON f.target = i.id
        LEFT JOIN feedback_readings r ON r.feedback = f.number AND r.digest = f.digest
          AND r.content_hash = i.content_hash
        WHERE i.content_hash = ? ORDER BY f.time, f.id
        """)
    turns = try db.cachedStatement(
      sql: """
        SELECT t.* FROM interactions i JOIN turn_signals t ON t.interaction = i.number
        WHERE i.content_hash = ? ORDER BY t.time, t.event, t.reason
        """)
    functions = try db.cachedStatement(
      sql: """
        SELECT v.* FROM function_votes v JOIN interactions i ON i.number = v.interaction
          AND i.content_hash = v.content_hash
        WHERE v.content_hash = ? ORDER BY v.voter
        """)
    models = try db.cachedStatement(
      sql: """
        SELECT v.* FROM model_votes v JOIN model_voters m ON m.voter = v.voter AND m.version = v.version
        WHERE v.content_hash = ? AND m.admitted AND v.class IS NOT NULL ORDER BY v.voter
        """)
    humans = try db.cachedStatement(
      sql: "SELECT labeler, class FROM golden_events WHERE content_hash = ? ORDER BY number")
    // A correction votes by how much it changed, as the feedback that it becomes.
    reviews = try db.cachedStatement(
      sql: """
        SELECT a.labeler, a.class, i.task FROM review_answers a JOIN review_items i ON i.number = a.item
        WHERE a.content_hash = ? AND a.kind = 'answer' AND a.class IN ('good', 'bad')
          AND NOT (i.task = 'correct' AND a.class = 'bad') ORDER BY a.event
        """)
    first = try db.cachedStatement(
      sql: "SELECT min(number) FROM interactions i WHERE content_hash = ? AND \(CatalogStore.isLogged("i"))")
  }

  func input(_ content: ContentHash, _ hash: Data) throws -> LabelInput {
    // Nothing that was logged has this content any more, so that no vote can stand anywhere.
    guard let number = try Int64.fetchOne(first, arguments: [hash]) else {
      return LabelInput(content: content, events: [])
    }
    var input = LabelInput(
      content: content,
      events: try Row.fetchAll(events, arguments: [hash]).compactMap { row in
        guard let signal = Signal(rawValue: row["signal"]) else { return nil }
        var event = FeedbackEvent(
          number: row["number"], id: row["id"], interaction: row["interaction"], user: row["user"],
          time: Timestamp(microseconds: row["time"]), signal: signal, value: row["value"], count: row["count"]
        )
        event.hasCorrection = row["has_correction"]
        event.comment = (row["comment"] as String?).flatMap(LabelClass.init(rawValue:))
        event.correction = row["correction"]
        return event
      })
    input.interaction = number
    input.turns = try Row.fetchAll(turns, arguments: [hash]).compactMap(TurnSignal.init)
    input.functions = try Row.fetchAll(functions, arguments: [hash]).compactMap { row in
      LabelClass(rawValue: row["class"]).map {
        FunctionVote(voter: row["voter"], interaction: row["interaction"], class: $0, weight: row["weight"])
      }
    }
    input.models = try Row.fetchAll(models, arguments: [hash]).map { row in
      ModelVote(
        voter: row["voter"], version: row["version"], content: content, interaction: row["interaction"],
        class: (row["class"] as String?).flatMap(LabelClass.init(rawValue:)), probability: row["probability"])
    }
    // A person has one vote: a word for the golden set is a more deliberate one than an answer in a queue.
    let words = try reviewWords(hash).merging(try humanWords(hash)) { $1 }
    input.humans = words.sorted { $0.key < $1.key }.map {
      LabelInput.HumanWord(labeler: $0.key, class: $0.value)
    }
    return input
  }

  /// The newest answer of each person that says good or bad; where people disagreed and somebody decided, of those who
  /// decided alone, who saw the answers of all others.
  private func reviewWords(_ hash: Data) throws -> [String: LabelClass] {
    var answers: [String: LabelClass] = [:]
    var decisions: [String: LabelClass] = [:]
    let rows = try Row.fetchCursor(reviews, arguments: [hash])
    while let row = try rows.next() {
      guard let label = LabelClass(rawValue: row[1]) else { continue }
      if row[2] == ReviewTask.adjudicate.rawValue {
        decisions[row[0]] = label
      } else {
        answers[row[0]] = label
      }
    }
    return decisions.isEmpty ? answers : decisions
  }

  /// The last word of each labeler since the content was last taken out of the golden set.
  private func humanWords(_ hash: Data) throws -> [String: LabelClass] {
    var words: [String: LabelClass] = [:]
    let rows = try Row.fetchCursor(humans, arguments: [hash])
    while let row = try rows.next() {
      if let label = (row[1] as String?).flatMap(LabelClass.init(rawValue:)) {
        words[row[0]] = label
      } else {
        words.removeAll()
      }
    }
    return words
  }
}
