import Bytes
import Foundation
import GRDB
import Records
import Statistics

/// What people said of a batch of candidates, by the sample that they looked at.
///
/// Only what curation keeps and what is fit to be imitated counts: the rest is published by nobody, or as the worse side of
/// a pair.
public struct BatchAcceptance: Sendable, Hashable, Codable {
  /// Whether a batch may be published.
  public enum Verdict: String, Sendable, CaseIterable, Codable {
    /// It may.
    case accepted
    /// Too few answers to say.
    case waiting
    /// It may not, whatever is still answered of the sample.
    case rejected
  }

  /// The batch.
  public let batch: String
  /// Candidates that could be sampled: kept, and fit to be imitated.
  public let candidates: Int
  /// Those that a queue asked about.
  public let sampled: Int
  /// Those of them that more people accepted than rejected.
  public let accepted: Int
  /// Those of them that as many people rejected as accepted, or more: what half of the people would not publish is not
  /// published.
  public let rejected: Int
  /// The interactions that are counted as rejected: whatever becomes of their batch, they are not published.
  public var refused: Set<String> = []

  /// States what people said.
  public init(batch: String, candidates: Int, sampled: Int, accepted: Int, rejected: Int) {
    self.batch = batch
    self.candidates = candidates
    self.sampled = sampled
    self.accepted = accepted
    self.rejected = rejected
  }

  /// Those of the sample that somebody answered.
  public var answered: Int { accepted + rejected }

  /// The share of accepted ones with Wilson's 95 % interval; nil before the first answer.
  ///
  /// Where every candidate of the batch was answered the interval is the share itself, since nothing is left to chance.
  public var share: IntervalEstimate? { estimate(accepted: accepted, of: answered) }

  /// Whether the batch may be published.
  /// - Parameter gate: what the lower end of ``share`` must reach, 0 to 1; nil lets every batch pass.
  /// - Returns: the verdict; `rejected` only where no further answer on the sample could change it.
  public func verdict(_ gate: Double?) -> Verdict {
    guard let gate else { return .accepted }
    if let share, share.low >= gate { return .accepted }
    let best = estimate(accepted: sampled - rejected, of: sampled)
    return (best?.low ?? 1) >= gate ? .waiting : .rejected
  }

  private func estimate(accepted: Int, of trials: Int) -> IntervalEstimate? {
    guard trials > 0 else { return nil }
    let share = Double(accepted) / Double(trials)
    if trials >= candidates { return IntervalEstimate(value: share, low: share, high: share) }
    return IntervalEstimate.wilson(successes: Double(accepted), trials: Double(trials))
  }
}

/// A candidate that people may be asked to accept.
public struct AcceptableCandidate: Sendable, Hashable {
  /// The catalog's number of its interaction.
  public let number: Int64
  /// Its interaction.
  public let interaction: String
  /// Its content.
  public let content: ContentHash
  /// Its batch.
  public let batch: String
  /// The slice that it was written for.
  public let slice: String
  /// Whether the queue has asked about it.
  public let isQueued: Bool
}

extension SyntheticFacts {
  /// Reads the columns of `candidates`; nil for a role that this program does not know.
  init?(_ row: Row) {
    guard let role = SyntheticRole(rawValue: row["role"]) else { return nil }
    self.init(
      batch: row["batch"], dataset: row["dataset"], slice: row["slice"], operator: row["operator"],
      role: role,
      isChosen: row["is_chosen"], model: row["model"], family: row["family"], score: row["score"])
  }
}

extension CatalogStore {
  /// Whether the interaction `name` was logged, and not written by a model to be published: as SQL.
  ///
  /// What models wrote has queues, gates and datasets of its own. Nothing that learns from users, or counts them, may see
  /// it.
  static func isLogged(_ name: String) -> String { "\(name).source <> '\(synthesisSource)'" }

  /// What people said of every batch that is written, by its id.
  ///
  /// Of one item the newest answer of each person counts; hidden gold and skips do not.
  /// - Returns: one for each batch, also where nobody was asked.
  /// - Throws: the database's errors.
  public func batchAcceptances() throws -> [String: BatchAcceptance] {
    try pool.read { db in
      let batches = try Row.fetchAll(
        db,
        sql: """
          SELECT b.id, count(i.id) AS candidates FROM synthesis_batches b
          LEFT JOIN candidates c ON c.batch = b.id AND c.is_chosen = 1
          LEFT JOIN interactions i ON i.id = c.interaction AND i.decision = 'kept'
          WHERE b.state = 'written' GROUP BY b.id
          """)
      var answers: [String: [String: [String: Bool]]] = [:]
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT c.batch, c.interaction, a.labeler, a.class = 'good' AS accepts
          FROM candidates c JOIN interactions i ON i.id = c.interaction AND i.decision = 'kept'
          JOIN review_items r ON r.interaction = c.interaction AND r.task = 'accept' AND r.reason = 'synthetic'
            AND r.gold IS NULL
          LEFT JOIN review_answers a ON a.item = r.number AND a.kind = 'answer' AND a.class IN ('good', 'bad')
          WHERE c.is_chosen = 1 ORDER BY a.event
          """)
      while let row = try rows.next() {
        let (batch, interaction): (String, String) = (row[0], row[1])
        if let labeler: String = row[2] {
          answers[batch, default: [:]][interaction, default: [:]][labeler] = row[3]
        } else if answers[batch]?[interaction] == nil {
          answers[batch, default: [:]][interaction] = [:]
        }
      }
      return Dictionary(
        uniqueKeysWithValues: batches.map { row in
          let batch: String = row["id"]
          let items = answers[batch] ?? [:]
          let answered = items.filter { !$0.value.isEmpty }
          let refused = answered.filter { item in
            let accepting = item.value.values.count { $0 }
            return accepting <= item.value.count - accepting
          }
          var acceptance = BatchAcceptance(
            batch: batch, candidates: row["candidates"], sampled: items.count,
            accepted: answered.count - refused.count, rejected: refused.count)
          acceptance.refused = Set(refused.keys)
          return (batch, acceptance)
        })
    }
  }

  /// What people said of contents: whether more of them called it good than bad, in queues and in the golden set, which
  /// counts before them; equal numbers say nothing.
  /// - Returns: a word for each content that has one.
  /// - Throws: the database's errors.
  public func peoplesWords() throws -> [ContentHash: Bool] {
    var words: [ContentHash: Bool] = [:]
    try pool.read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT content_hash, sum(class = 'good') AS good, sum(class = 'bad') AS bad FROM review_answers
          WHERE kind = 'answer' AND class IN ('good', 'bad') GROUP BY content_hash HAVING good <> bad
          """)
      while let row = try rows.next() {
        if let content = ContentHash(bytes: row[0] as Data) {
          words[content] = (row[1] as Int) > (row[2] as Int)
        }
      }
    }
    for item in try goldenItems() where item.class != .tie { words[item.content] = item.class == .good }
    return words
  }

  /// The candidates that people may be asked to accept: kept ones, fit to be imitated, of batches that are written; the
  /// oldest batch first, then by id.
  /// - Parameter queue: the queue that asks.
  /// - Returns: candidates, those that the queue has asked about among them.
  /// - Throws: the database's errors.
  public func acceptableCandidates(for queue: String) throws -> [AcceptableCandidate] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT i.number, i.id, i.content_hash, c.batch, c.slice, EXISTS (
            SELECT 1 FROM review_items r WHERE r.queue = ? AND r.subject = i.content_hash) AS is_queued
          FROM candidates c
          JOIN synthesis_batches b ON b.id = c.batch AND b.state = 'written'
          JOIN interactions i ON i.id = c.interaction AND i.decision = 'kept'
          WHERE c.is_chosen = 1 ORDER BY b.time, b.id, i.id
          """, arguments: [queue]
      ).compactMap { row in
        ContentHash(bytes: row["content_hash"] as Data).map {
          AcceptableCandidate(
            number: row["number"], interaction: row["id"], content: $0, batch: row["batch"],
            slice: row["slice"],
            isQueued: row["is_queued"])
        }
      }
    }
  }

  /// The candidates for some datasets on which curation has not decided: what each was written for, and the hash of its
  /// input.
  public func uncuratedCandidates(
    for datasets: [String]
  ) throws -> [(facts: SyntheticFacts, input: ContentHash)] {
    try pool.read { db in
      let marks = databaseQuestionMarks(count: datasets.count)
      return try Row.fetchAll(
        db,
        sql: """
          SELECT c.*, i.input_hash FROM candidates c JOIN interactions i ON i.id = c.interaction
          WHERE c.dataset IN (\(marks)) AND i.decision IS NULL ORDER BY i.number
          """, arguments: StatementArguments(datasets)
      ).compactMap { row in
        guard let facts = SyntheticFacts(row), let input = ContentHash(bytes: row["input_hash"] as Data)
        else {
          return nil
        }
        return (facts, input)
      }
    }
  }

  /// The examples that the last version of a dataset left out for one of some reasons.
  /// - Parameters:
  ///   - dataset: its name.
  ///   - reasons: reasons without `out:`.
  /// - Returns: ids of examples.
  /// - Throws: the database's errors.
  public func examplesLeftOut(of dataset: String, for reasons: [String]) throws -> Set<String> {
    try pool.read { db in
      let marks = databaseQuestionMarks(count: reasons.count)
      return try Set(
        String.fetchCursor(
          db,
          sql: "SELECT example FROM memberships WHERE dataset = ? AND last IS NULL AND outcome IN (\(marks))",
          arguments: StatementArguments([dataset] + reasons.map { "out:\($0)" })))
    }
  }
}
