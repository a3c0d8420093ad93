import Bytes
import Foundation
import GRDB
import Records

/// What a candidate was written for.
public struct SyntheticFacts: Sendable, Hashable {
  /// The batch it is of.
  public let batch: String
  /// The dataset whose deficit it fills.
  public let dataset: String
  /// The slice of that dataset.
  public let slice: String
  /// How it was made, such as `self-instruct`.
  public let `operator`: String
  /// Whether it may train or evaluate.
  public let role: SyntheticRole
  /// Whether it is fit to be imitated; false for the worse output of a pair.
  public let isChosen: Bool
  /// The model that wrote the output, by its name in the project.
  public let model: String
  /// That model's family.
  public let family: String
  /// Its quality, 0 to 1; of several the higher ones are taken first.
  public let score: Double

  /// States what a candidate was written for.
  public init(
    batch: String, dataset: String, slice: String, operator: String, role: SyntheticRole, isChosen: Bool,
    model: String, family: String, score: Double
  ) {
    self.batch = batch
    self.dataset = dataset
    self.slice = slice
    self.operator = `operator`
    self.role = role
    self.isChosen = isChosen
    self.model = model
    self.family = family
    self.score = score
  }
}

/// A candidate as the catalog keeps it, beside its interaction.
public struct CandidateRow: Sendable, Hashable {
  /// The interaction's id.
  public let interaction: String
  /// What it was written for.
  public let facts: SyntheticFacts
  /// What it cost, in millionths of a US dollar: its share of the batch's requests.
  public let cost: Int64
  /// Operator, template, models, seeds, verifiers' and judges' results, as JSON.
  public let lineage: String

  /// States a candidate.
  public init(interaction: String, facts: SyntheticFacts, cost: Int64, lineage: String) {
    self.interaction = interaction
    self.facts = facts
    self.cost = cost
    self.lineage = lineage
  }
}

/// A batch of candidates: planned once, then worked off, then written in one transaction.
public struct SynthesisBatch: Sendable, Hashable {
  /// Where it stands.
  public enum State: String, Sendable, CaseIterable, Codable {
    /// Planned, and not written yet.
    case open
    /// Its candidates are in the catalog.
    case written
  }

  /// Its id.
  public let id: String
  /// The pipeline that planned it.
  public let pipeline: String
  /// The dataset whose deficits it fills.
  public let dataset: String
  /// The run that planned it.
  public let run: String
  /// When.
  public let time: Timestamp
  /// The digest of the step that planned it.
  public let definition: String
  /// Its tasks, as JSON.
  public let plan: String
  /// Where it stands.
  public var state: State = .open
  /// What it came to, as JSON; nil while it is open.
  public var account: String?

  /// States a batch that is open.
  public init(
    id: String, pipeline: String, dataset: String, run: String, time: Timestamp, definition: String,
    plan: String
  ) {
    self.id = id
    self.pipeline = pipeline
    self.dataset = dataset
    self.run = run
    self.time = time
    self.definition = definition
    self.plan = plan
  }

  init?(_ row: Row) {
    guard let state = State(rawValue: row["state"]) else { return nil }
    self.init(
      id: row["id"], pipeline: row["pipeline"], dataset: row["dataset"], run: row["run"],
      time: Timestamp(microseconds: row["time"]), definition: row["definition"], plan: row["plan"])
    self.state = state
    account = row["account"]
  }
}

extension CatalogStore {
  /// The name that the lake and the catalog give to what models wrote, where a source's name stands.
  public static let synthesisSource = "synthesis"

  /// Enters a batch.
  /// - Throws: the database's errors; a batch of this id that is there stays as it is.
  public func addSynthesisBatch(_ batch: SynthesisBatch) throws {
    try pool.write { db in
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO synthesis_batches (id, pipeline, dataset, run, time, definition, plan, state)
          VALUES (?, ?, ?, ?, ?, ?, ?, 'open')
          """,
        arguments: [
          batch.id, batch.pipeline, batch.dataset, batch.run, batch.time.microseconds, batch.definition,
          batch.plan,
        ])
    }
  }

  /// The batches, the oldest first.
  /// - Parameter state: only those in this state; nil for all.
  /// - Returns: the batches with their plans.
  /// - Throws: GRDB's errors.
  public func synthesisBatches(_ state: SynthesisBatch.State? = nil) throws -> [SynthesisBatch] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: "SELECT * FROM synthesis_batches WHERE ?1 IS NULL OR state = ?1 ORDER BY time, id",
        arguments: [state?.rawValue]
      ).compactMap(SynthesisBatch.init)
    }
  }

  /// Writes what a batch came to: its interactions, what each is for, and that it is done, in one transaction.
  /// - Parameters:
  ///   - id: the batch.
  ///   - account: what it came to, as JSON.
  ///   - commit: its interactions.
  ///   - candidates: what each is for.
  /// - Returns: false, with nothing changed, if it was written before.
  /// - Throws: the database's errors.
  public func finishSynthesisBatch(
    _ id: String, account: String, _ commit: PullCommit, _ candidates: [CandidateRow]
  ) throws -> Bool {
    try pool.write { db in
      try db.execute(
        sql: "UPDATE synthesis_batches SET state = 'written', account = ? WHERE id = ? AND state = 'open'",
        arguments: [account, id])
      guard db.changesCount == 1 else { return false }
      _ = try Self.commit(commit, db)
      let statement = try db.makeStatement(
        sql: """
          INSERT OR REPLACE INTO candidates
            (interaction, batch, dataset, slice, operator, role, is_chosen, model, family, score, cost, lineage)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """)
      for row in candidates {
        let facts = row.facts
        try statement.execute(arguments: [
          row.interaction, facts.batch, facts.dataset, facts.slice, facts.operator, facts.role.rawValue,
          facts.isChosen, facts.model, facts.family, facts.score, row.cost, row.lineage,
        ])
      }
      return true
    }
  }

  /// The numbers of kept candidates that were written for some datasets, ascending.
  public func candidateNumbers(for datasets: [String]) throws -> [Int64] {
    try pool.read { db in
      let marks = databaseQuestionMarks(count: datasets.count)
      return try Int64.fetchAll(
        db,
        sql: """
          SELECT i.number FROM candidates c JOIN interactions i ON i.id = c.interaction
          WHERE c.dataset IN (\(marks)) AND i.decision = 'kept' ORDER BY i.number
          """, arguments: StatementArguments(datasets))
    }
  }

  /// What every candidate was written for, by its interaction's id.
  static func syntheticFacts(_ db: Database) throws -> [String: SyntheticFacts] {
    var found: [String: SyntheticFacts] = [:]
    let rows = try Row.fetchCursor(db, sql: "SELECT \(factColumns), interaction FROM candidates")
    while let row = try rows.next() {
      if let facts = SyntheticFacts(row) { found[row["interaction"]] = facts }
    }
    return found
  }

  private static let factColumns = "batch, dataset, slice, operator, role, is_chosen, model, family, score"

  /// What a candidate was written for and how, for `why`; nil for what was logged.
  public func candidate(_ interaction: String) throws -> (
    facts: SyntheticFacts, lineage: String, cost: Int64
  )? {
    try pool.read { db in
      guard
        let row = try Row.fetchOne(
          db, sql: "SELECT \(Self.factColumns), lineage, cost FROM candidates WHERE interaction = ?",
          arguments: [interaction]),
        let facts = SyntheticFacts(row)
      else { return nil }
      return (facts, row["lineage"], row["cost"])
    }
  }
}
