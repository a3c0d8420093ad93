import Bytes
import Catalog
import LanguageModels

/// What a judge of pairs did in a run.
public struct JudgePairAccount: Sendable, Hashable, Codable {
  /// The name of its votes.
  public var voter = ""
  /// Whether its word counts.
  public var isAdmitted = false
  /// Why not: what it falls short of; empty where it counts.
  public var shortfalls: [String] = []
  /// Pairs laid before it now, each in both orders.
  public var asked = 0
  /// Pairs that it had judged before.
  public var kept = 0
  /// What came of those asked now, by outcome.
  public var outcomes: [String: Int] = [:]
  /// What it cost now, in millionths of a US dollar.
  public var cost: Int64 = 0
  /// Whether the budget ended it before all pairs were judged.
  public var isBudgetSpent = false

  /// Nothing.
  public init() {}
}

extension JudgeRun {
  /// Outputs for one input that are compared at most.
  ///
  /// A greeting has answers by the thousand, which teach no more than eight.
  static let mostSiblings = 8

  /// Lays outputs for one input before a judge of pairs, unless it is below its gate: each output with the next in the
  /// order of their hashes, so that n outputs cost n − 1 pairs.
  ///
  /// A win that survives the turn makes a pair of a preference dataset. What flips, and what the judge was led astray
  /// by, is flagged for a person.
  /// - Parameters:
  ///   - judge: the judge; its rubric's form is `pairs`.
  ///   - groups: outputs by input.
  ///   - items: reads them.
  ///   - progress: called with pairs done and in all.
  /// - Returns: the account; a spent budget ends it and is no error.
  /// - Throws: the catalog's and the lake's errors, ``ModelError`` where nothing can be judged.
  public func judgePairs(
    _ judge: Judge, _ groups: [[SiblingRow]], items: (SiblingRow) throws -> JudgeItem,
    progress: (Int, Int) -> Void = { _, _ in }
  ) async throws -> JudgePairAccount {
    let calibration = try Self.calibration(of: judge, in: catalog)
    var account = JudgePairAccount()
    account.voter = judge.voter
    account.shortfalls = try JudgeLedger(catalog: catalog, run: run).enter(judge, calibration)
    account.isAdmitted = account.shortfalls.isEmpty
    guard account.isAdmitted else { return account }
    let done = Set(
      try catalog.judgePairs(of: judge.name, version: judge.version).map { [$0.first, $0.second] })
    let pairs = groups.flatMap { group in
      zip(group.prefix(Self.mostSiblings), group.prefix(Self.mostSiblings).dropFirst())
    }
    let open = pairs.filter { !done.contains([$0.0.content, $0.1.content]) }
    account.kept = pairs.count - open.count
    account.isBudgetSpent = try await ask(open) { rows in
      JudgePair(try items(rows.0), try items(rows.1))
    } opinion: { [service] pair in
      try await judge.opinion(on: pair, from: service)
    } took: { opinion in
      account.asked += 1
      account.outcomes[opinion.outcome.rawValue, default: 0] += 1
      account.cost += opinion.cost
      progress(account.asked, open.count)
    } keep: { opinions in
      try keep(judge, opinions)
    }
    return account
  }

  /// Keeps opinions; what failed is asked again in another run.
  private func keep(
    _ judge: Judge, _ opinions: [(row: (SiblingRow, SiblingRow), opinion: PairOpinion)]
  ) throws {
    var flags: [JudgeFlagRow] = []
    var rows: [JudgePairRow] = []
    for ((first, second), opinion) in opinions where opinion.outcome != .failed {
      rows.append(
        JudgePairRow(
          voter: judge.name, version: judge.version, first: first.content, second: second.content,
          outcome: opinion.outcome.rawValue))
      guard [.flip, .hijacked, .unread].contains(opinion.outcome) else { continue }
      for side in [first, second] {
        flags.append(
          JudgeFlagRow(
            content: side.content, voter: judge.name, version: judge.version,
            reason: "judge-\(opinion.outcome.rawValue)", interaction: side.interaction))
      }
    }
    // Flags first: a row says that the pair is done.
    try catalog.addJudgeFlags(flags, run: run)
    try catalog.addJudgePairs(rows, run: run)
  }
}
