import Bytes
import Catalog
import Foundation
import LanguageModels
import Records
import Statistics

/// What a judge did in a run.
public struct JudgeAccount: Sendable, Hashable, Codable {
  /// The name of its votes.
  public var voter = ""
  /// Whether its votes count.
  public var isAdmitted = false
  /// Why not: what it falls short of; empty where they count.
  public var shortfalls: [String] = []
  /// Items laid before it now.
  public var asked = 0
  /// Items that it had judged before.
  public var kept = 0
  /// Votes for good.
  public var good = 0
  /// Votes for bad.
  public var bad = 0
  /// Items on which it could not tell.
  public var abstained = 0
  /// Items on which it took orders from the text: no vote, a finding `judge-hijacked`, and a person decides.
  public var hijacked = 0
  /// Items whose answer could not be read, or was refused: no vote, and a person decides.
  public var unread = 0
  /// Items without an answer, which are asked again in another run.
  public var failed = 0
  /// What it cost now, in millionths of a US dollar.
  public var cost: Int64 = 0
  /// Whether the budget ended it before all items were judged.
  public var isBudgetSpent = false

  /// Nothing.
  public init() {}

  /// Counts an opinion.
  public mutating func add(_ opinion: JudgeOpinion) {
    asked += 1
    cost += opinion.cost
    switch opinion.outcome {
    case .good: good += 1
    case .bad: bad += 1
    case .abstain: abstained += 1
    case .hijacked: hijacked += 1
    case .unread: unread += 1
    case .failed: failed += 1
    }
  }
}

/// Keeps what was bought, so that nothing is bought twice.
struct JudgeLedger: Sendable {
  let catalog: CatalogStore
  let run: String

  /// Keeps opinions in the catalog: votes, silences, and flags for what a person should see.
  ///
  /// What failed is not kept.
  func keep(
    _ judge: Judge, _ opinions: [(row: JudgingRow, opinion: JudgeOpinion)], _ calibration: JudgeCalibration?
  )
    throws
  {
    var votes: [ModelVote] = []
    var flags: [JudgeFlagRow] = []
    for (row, opinion) in opinions where opinion.outcome != .failed {
      let label = opinion.outcome.isGood.map { $0 ? LabelClass.good : .bad }
      votes.append(
        ModelVote(
          voter: judge.name, version: judge.version, content: row.content, interaction: row.interaction,
          class: label, probability: label.map { Self.probability($0, opinion, calibration) }))
      if opinion.outcome == .hijacked || opinion.outcome == .unread {
        flags.append(
          JudgeFlagRow(
            content: row.content, voter: judge.name, version: judge.version,
            reason: "judge-\(opinion.outcome.rawValue)", interaction: row.interaction))
      }
    }
    // Flags first: a vote says that the item is done.
    try catalog.addJudgeFlags(flags, run: run)
    try catalog.addModelVotes(votes, run: run)
  }

  /// The probability of the class: as measured on golden items, else the score.
  private static func probability(
    _ label: LabelClass, _ opinion: JudgeOpinion, _ calibration: JudgeCalibration?
  ) -> Double {
    guard let calibration else {
      let score = opinion.score ?? 0.5
      return max(0.5, label == .good ? score : 1 - score)
    }
    return max(0.5, label == .good ? calibration.goodAfterGood : 1 - calibration.goodAfterBad)
  }

  /// Enters a judge as a voter.
  func enter(_ judge: Judge, _ calibration: JudgeCalibration?) throws -> [String] {
    let shortfalls = judge.shortfalls(calibration)
    let reason =
      !shortfalls.isEmpty
      ? shortfalls.joined(separator: ", ")
      : calibration.map { "kappa \(JudgeCalibration.short($0.kappa.value))" }
        ?? "uncalibrated by its definition"
    try catalog.setModelVoter(
      ModelVoter(
        name: judge.name, version: judge.version, isAdmitted: shortfalls.isEmpty, reason: reason,
        agreement: calibration?.kappa.value), run: run)
    if let calibration {
      try catalog.setVoteProbabilities(
        voter: judge.name, version: judge.version, good: max(calibration.goodAfterGood, 0.5),
        bad: max(1 - calibration.goodAfterBad, 0.5))
    }
    return shortfalls
  }
}

/// Lays items before a judge, and keeps what it says.
public struct JudgeRun: Sendable {
  /// Opinions that are kept in one transaction.
  private static let batch = 64

  let catalog: CatalogStore
  let service: any ChatModel
  let run: String
  private let concurrency: Int

  /// Prepares a run.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - service: who answers.
  ///   - run: the run that pays.
  ///   - concurrency: questions in flight, 1 or more; default 16.
  public init(catalog: CatalogStore, service: any ChatModel, run: String, concurrency: Int = 16) {
    self.catalog = catalog
    self.service = service
    self.run = run
    self.concurrency = concurrency
  }

  /// The newest calibration of a version of a judge; nil where it was never measured.
  /// - Parameters:
  ///   - judge: the judge.
  ///   - catalog: where calibrations are kept.
  /// - Returns: the calibration.
  /// - Throws: the catalog's errors.
  public static func calibration(of judge: Judge, in catalog: CatalogStore) throws -> JudgeCalibration? {
    try catalog.calibrations().first { $0.voter == judge.name && $0.version == judge.version }
      .flatMap { JudgeCalibration(json: $0.account) }
  }

  /// Judges what a judge has not judged yet, unless it is below its gate: such a judge is not asked at all.
  ///
  /// Opinions are kept in batches in the order of the rows: killed anywhere, a second run does what is left, and the
  /// client's cache pays for nothing again.
  /// - Parameters:
  ///   - judge: the judge, pointwise.
  ///   - rows: what is judged.
  ///   - items: reads them.
  ///   - progress: called with items done and in all.
  /// - Returns: the account; a spent budget ends it and is no error.
  /// - Throws: the catalog's and the lake's errors, ``ModelError`` where nothing can be judged.
  public func judge(
    _ judge: Judge, _ rows: [JudgingRow], items: (JudgingRow) throws -> JudgeItem,
    progress: (Int, Int) -> Void = { _, _ in }
  ) async throws -> JudgeAccount {
    let ledger = JudgeLedger(catalog: catalog, run: run)
    let calibration = try Self.calibration(of: judge, in: catalog)
    var account = JudgeAccount()
    account.voter = judge.voter
    account.shortfalls = try ledger.enter(judge, calibration)
    account.isAdmitted = account.shortfalls.isEmpty
    guard account.isAdmitted else { return account }
    let done = Set(try catalog.modelVotes(of: judge.name, version: judge.version).map(\.content))
    let open = rows.filter { !done.contains($0.content) }
    account.kept = rows.count - open.count
    account.isBudgetSpent = try await ask(open, items: items) { [service] item in
      try await judge.opinion(on: item, from: service)
    } took: { opinion in
      account.add(opinion)
      progress(account.asked, open.count)
    } keep: { opinions in
      try ledger.keep(judge, opinions, calibration)
    }
    return account
  }

  /// Asks about rows, some at a time, and keeps what was said in batches in their order.
  /// - Parameters:
  ///   - rows: what is asked about.
  ///   - items: reads a row's texts.
  ///   - opinion: asks.
  ///   - took: called with each opinion, in the order of the rows.
  ///   - keep: keeps a batch.
  /// - Returns: whether the budget ended it before all were asked.
  /// - Throws: what the closures throw, but for a spent budget.
  func ask<Row: Sendable, Item: Sendable, Opinion: Sendable>(
    _ rows: [Row], items: (Row) throws -> Item,
    opinion: @escaping @Sendable (Item) async throws -> Opinion, took: (Opinion) -> Void,
    keep: ([(row: Row, opinion: Opinion)]) throws -> Void
  ) async throws -> Bool {
    var next = rows.startIndex
    var isOver = false
    var batch: [(row: Row, opinion: Opinion)] = []
    try await OrderedTasks.run(limit: concurrency) { () -> (Row, Item)? in
      guard !isOver, next < rows.endIndex else { return nil }
      defer { next += 1 }
      return (rows[next], try items(rows[next]))
    } work: { row, item in
      try await Self.attempt { (row, try await opinion(item)) }
    } consume: { result in
      switch result {
      case .success(let one):
        took(one.1)
        batch.append((one.0, one.1))
        if batch.count >= Self.batch {
          try keep(batch)
          batch.removeAll()
        }
      case .failure: isOver = true
      }
    }
    try keep(batch)
    return isOver
  }

  /// A spent budget as a value: the answers that others bought meanwhile are still to be kept.
  static func attempt<Value: Sendable>(
    _ work: () async throws -> Value
  ) async throws -> Result<Value, ModelError> {
    do {
      return .success(try await work())
    } catch let error as ModelError where error.code == .budgetSpent {
      return .failure(error)
    }
  }
}

extension JudgeCalibration {
  /// Reads what ``json`` wrote; nil for anything else.
  public init?(json: String) {
    guard let value = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
    self = value
  }

  /// The calibration as JSON with sorted keys.
  public var json: String { sortedJSON }
}
