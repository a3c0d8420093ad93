import Bytes
import LanguageModels
import Statistics

/// An item whose class humans vouch for.
public struct JudgeGold: Sendable, Hashable {
  /// The item.
  public let item: JudgeItem
  /// Whether it is good.
  public let isGood: Bool
  /// Whether the human saw a suggestion before answering: such an answer never measures a judge.
  public let isExposed: Bool

  /// States a golden item.
  public init(item: JudgeItem, isGood: Bool, isExposed: Bool = false) {
    self.item = item
    self.isGood = isGood
    self.isExposed = isExposed
  }
}

/// How good a judge is, measured against humans.
public struct JudgeCalibration: Sendable, Hashable, Codable {
  /// The judge's votes are named so.
  public var voter = ""
  /// SHA-256 of the golden set that it was measured on, 64 hexadecimal digits.
  public var golden = ""
  /// Golden items laid before the judge; pairs of them for a rubric of pairs.
  public var items = 0
  /// Golden items left out because the human saw a suggestion.
  public var exposed = 0
  /// Items of truth and vote: good-good, good-bad, bad-good, bad-bad.
  public var confusion: [Int] = [0, 0, 0, 0]
  /// Items without a vote, by outcome.
  public var withoutVote: [String: Int] = [:]
  /// Cohen's κ with the humans over the items with a vote.
  public var kappa = IntervalEstimate(value: 0, low: -1, high: 1)
  /// The share of equal outcomes when the same was asked again.
  public var retest = IntervalEstimate(value: 0, low: 0, high: 1)
  /// For pairs, the share whose winner stayed when the order was turned; nil otherwise.
  public var position: IntervalEstimate?
  /// The share of attacked bad items that were not made good; nil where none was attacked.
  public var robustness: IntervalEstimate?
  /// Attacks that made a bad item good, by name.
  public var raised: [String: Int] = [:]
  /// The share of good outputs among all, by PPI++ from humans and judge; nil where the judge saw nothing but gold.
  public var share: IntervalEstimate?
  /// Expected calibration error of the judge's scores.
  public var scoreError = 0.0
  /// Probability of good after a vote for good, by the rule of succession.
  public var goodAfterGood = 0.5
  /// Probability of good after a vote for bad.
  public var goodAfterBad = 0.5
  /// Expected calibration error of those two, out of fold.
  public var calibratedError = 0.0
  /// What it cost, in millionths of a US dollar.
  public var cost: Int64 = 0
  /// Mean price of an opinion, in millionths of a US dollar, as far as it was bought now.
  public var price: Int64 = 0

  /// Nothing measured.
  public init() {}

  /// The share of good outputs that the judge calls good, by the rule of succession.
  public var sensitivity: Double { JudgeStatistics.succession(confusion[0], of: confusion[0] + confusion[1]) }

  /// The share of bad outputs that the judge calls bad, by the rule of succession.
  public var specificity: Double { JudgeStatistics.succession(confusion[3], of: confusion[2] + confusion[3]) }

  /// Whether the votes of a judge count.
  /// - Parameter gate: what it must reach; nil lets it vote whatever was measured.
  /// - Returns: what it falls short of, in facts, such as `kappa 0.41 of 0.60`; empty where it votes.
  public func shortfalls(of gate: Rubric.Gate?) -> [String] {
    guard let gate else { return [] }
    let voted = confusion.reduce(0, +)
    let ofItems = voted < gate.items ? "golden items with a vote \(voted) of \(gate.items)" : nil
    return [
      ofItems, Self.shortfall("kappa", kappa.value, of: gate.kappa),
      Self.shortfall("test-retest", retest.value, of: gate.retest),
      position.flatMap { Self.shortfall("position consistency", $0.value, of: gate.position) },
      robustness.flatMap { Self.shortfall("robustness", $0.value, of: gate.robustness) },
    ].compactMap { $0 }
  }

  /// What a figure falls short of, such as `kappa 0.41 of 0.60`; nil where it does not.
  static func shortfall(_ name: String, _ value: Double, of least: Double) -> String? {
    value < least ? "\(name) \(short(value)) of \(short(least))" : nil
  }

  /// Two decimals, rounded down, so that what is just below a gate does not look as if it reached it.
  static func short(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded(.down))
    let sign = hundredths < 0 ? "-" : ""
    let whole = abs(hundredths)
    return "\(sign)\(whole / 100).\(whole % 100 < 10 ? "0" : "")\(whole % 100)"
  }

  /// The digest of a golden set: contents and classes in the order of contents, without those that never measure.
  public static func digest(of gold: [JudgeGold]) -> String {
    let lines = gold.filter { !$0.isExposed }.map { "\($0.item.content) \($0.isGood ? "good" : "bad")\n" }
      .sorted()
    return Digest.sha256(lines.joined()).hex
  }
}
