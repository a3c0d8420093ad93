import Bytes
import Catalog
import Foundation
import Records
import Statistics

/// A judge whose calls are in the data already: its votes cost nothing.
///
/// Its answers are pulled as feedback of a source of their own, on an interaction or, where the log joins them by a
/// conversation only, on that (`conversation:` in the source's mapping), so that no user's vote is among them.
public struct DataJudge: Sendable, Hashable, Codable {
  /// What the judge is measured against.
  public enum Measure: String, Sendable, Hashable, CaseIterable, Codable {
    /// Golden items.
    case golden
    /// What users said outright: thumbs, ratings and corrections of other sources.
    case feedback
  }

  /// Its name, as in `judge:NAME`.
  public var name: String
  /// The source of its answers.
  public var source: String
  /// A value above this is good, one below is bad, and this one abstains; default 0.
  public var threshold = 0.0
  /// What it is measured against; default golden items.
  public var against = Measure.golden
  /// Least Cohen κ; default 0.6.
  public var kappa = 0.6
  /// Least number of items that it is measured on; default 30.
  public var items = 30
  /// Whether it must reach that; default true.
  public var isGated = true

  /// Names a judge.
  public init(name: String, source: String) {
    self.name = name
    self.source = source
  }

  /// The name of its votes without the version.
  public var voter: String { "judge:\(name)" }

  /// The version: 64 hexadecimal digits of how its answers are read.
  public var version: String { Digest.sha256("data-judge 1 \(name) \(source) \(threshold)").hex }
}

/// What a judge in the data came to.
public struct DataJudgeAccount: Sendable, Hashable, Codable {
  /// The name of its votes.
  public var voter = ""
  /// Contents that it judged.
  public var judged = 0
  /// Votes for good.
  public var good = 0
  /// Votes for bad.
  public var bad = 0
  /// Contents on which its answers are undecided.
  public var undecided = 0
  /// What it was measured against.
  public var against = DataJudge.Measure.golden
  /// Contents that it was measured on.
  public var measured = 0
  /// Truth and vote: good-good, good-bad, bad-good, bad-bad.
  public var confusion: [Int] = [0, 0, 0, 0]
  /// Cohen κ with its interval of 95 %.
  public var kappa = IntervalEstimate(value: 0, low: -1, high: 1)
  /// Contents that it judged and nobody else said anything of.
  public var alone = 0
  /// Expected calibration error of the probabilities after its votes, each from the other folds.
  public var crossValidatedError = 0.0
  /// Mean squared error of these probabilities.
  public var brier = 0.0
  /// Probability of good after a vote for good.
  public var goodAfterGood = 0.5
  /// Probability of good after a vote for bad.
  public var goodAfterBad = 0.5
  /// Share of good outputs among all that it judged, from the truth where there is one and its votes elsewhere (PPI++).
  public var share: IntervalEstimate?
  /// What it falls short of; empty where its votes count.
  public var shortfalls: [String] = []

  /// Nothing.
  public init() {}
}

/// Brings the answers of judges in the data into the catalog as votes.
public struct DataJudgeImport: Sendable {
  private let catalog: CatalogStore
  private let run: String
  /// Folds of the cross-validation, by the hash of the content.
  private static let folds: UInt64 = 5

  /// Prepares an import.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - run: the run that does it.
  public init(catalog: CatalogStore, run: String) {
    self.catalog = catalog
    self.run = run
  }

  /// Imports a judge's answers and measures them.
  /// - Parameter judge: the judge.
  /// - Returns: the account.
  /// - Throws: the catalog's errors.
  public func bring(_ judge: DataJudge) throws -> DataJudgeAccount {
    var account = DataJudgeAccount()
    account.voter = ModelVoter.voter(judge.voter, version: judge.version)
    account.against = judge.against
    // Of several answers on one content the majority counts, an even number of each abstains.
    var balance: [(content: ContentHash, interaction: String, sum: Int)] = []
    for answer in try catalog.dataJudgements(source: judge.source) {
      let side = answer.value > judge.threshold ? 1 : answer.value < judge.threshold ? -1 : 0
      if balance.last?.content == answer.content {
        balance[balance.count - 1].sum += side
      } else {
        balance.append((answer.content, answer.interaction, side))
      }
    }
    account.judged = balance.count
    account.good = balance.count { $0.sum > 0 }
    account.bad = balance.count { $0.sum < 0 }
    account.undecided = balance.count { $0.sum == 0 }
    let truth = try truth(judge)
    measure(balance.map { ($0.content, $0.sum) }, truth, &account)
    if judge.isGated {
      if account.measured < judge.items {
        account.shortfalls.append("\(judge.against.rawValue) items \(account.measured) of \(judge.items)")
      }
      if let fault = JudgeCalibration.shortfall("kappa", account.kappa.value, of: judge.kappa) {
        account.shortfalls.append(fault)
      }
    }
    let reason =
      account.shortfalls.isEmpty
      ? account.measured == 0
        ? "unmeasured by its definition"
        : "kappa \(JudgeCalibration.short(account.kappa.value)) with \(judge.against.rawValue)"
      : account.shortfalls.joined(separator: ", ")
    try catalog.setModelVoter(
      ModelVoter(
        name: judge.voter, version: judge.version, isAdmitted: account.shortfalls.isEmpty, reason: reason,
        agreement: account.measured > 0 ? account.kappa.value : nil), run: run)
    try catalog.addModelVotes(
      balance.map { item in
        let label: LabelClass? = item.sum > 0 ? .good : item.sum < 0 ? .bad : nil
        let probability = label.map { $0 == .good ? account.goodAfterGood : 1 - account.goodAfterBad }
        return ModelVote(
          voter: judge.voter, version: judge.version, content: item.content, interaction: item.interaction,
          class: label, probability: account.measured > 0 ? probability.map { max($0, 0.5) } : nil)
      }, run: run)
    // Votes that were brought before keep what was measured then.
    if account.measured > 0 {
      try catalog.setVoteProbabilities(
        voter: judge.voter, version: judge.version, good: max(account.goodAfterGood, 0.5),
        bad: max(1 - account.goodAfterBad, 0.5))
    }
    return account
  }

  private func truth(_ judge: DataJudge) throws -> [ContentHash: Bool] {
    var truth: [ContentHash: Bool] = [:]
    switch judge.against {
    case .golden:
      for item in try catalog.goldenItems() where !item.isExposed {
        truth[item.content] = item.class == .good
      }
    case .feedback:
      for (content, share) in try catalog.explicitShares(except: judge.source) where share != 0.5 {
        truth[content] = share > 0.5
      }
    }
    return truth
  }

  private func measure(
    _ votes: [(content: ContentHash, sum: Int)], _ truth: [ContentHash: Bool],
    _ account: inout DataJudgeAccount
  ) {
    var known: [(fold: UInt64, said: Bool, truth: Bool)] = []
    var pool: [Double] = []
    for vote in votes where vote.sum != 0 {
      if let isGood = truth[vote.content] {
        known.append((vote.content.low % Self.folds, vote.sum > 0, isGood))
      } else {
        pool.append(vote.sum > 0 ? 1 : 0)
      }
    }
    account.alone = pool.count
    account.measured = known.count
    let measured = JudgeStatistics.measure(known.map { ($0.truth, $0.said) })
    account.confusion = measured.confusion.counts
    account.kappa = measured.kappa
    func after(_ said: Bool, without fold: UInt64?) -> Double {
      let same = known.filter { $0.said == said && $0.fold != fold }
      return JudgeStatistics.succession(same.count(where: \.truth), of: same.count)
    }
    account.goodAfterGood = after(true, without: nil)
    account.goodAfterBad = after(false, without: nil)
    let folds = (0..<Self.folds).map { (after(true, without: $0), after(false, without: $0)) }
    let held = known.map { item -> (probability: Double, truth: Double) in
      let fold = folds[Int(item.fold)]
      return (item.said ? fold.0 : fold.1, item.truth ? 1 : 0)
    }
    account.crossValidatedError = JudgeStatistics.calibrationError(held)
    if !held.isEmpty {
      account.brier =
        held.reduce(0) { $0 + ($1.probability - $1.truth) * ($1.probability - $1.truth) } / Double(held.count)
    }
    account.share =
      IntervalEstimate.predictionPowered(
        human: known.map { $0.truth ? 1 : 0 }, judge: known.map { $0.said ? 1 : 0 }, others: pool
      )?.asShare
  }
}
