import Bytes
import LanguageModels

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
  /// A share with its interval of 95 %.
  public struct Estimate: Sendable, Hashable, Codable {
    /// The estimate.
    public var value: Double
    /// The lower bound.
    public var low: Double
    /// The upper bound.
    public var high: Double

    /// States an estimate.
    public init(value: Double, low: Double, high: Double) {
      self.value = value
      self.low = low
      self.high = high
    }

    /// An estimate of a share, which is neither below 0 nor above 1.
    init(share: IntervalEstimate) {
      self.init(value: share.value, low: max(0, share.low), high: min(1, share.high))
    }
  }

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
  public var kappa = Estimate(value: 0, low: -1, high: 1)
  /// The share of equal outcomes when the same was asked again.
  public var retest = Estimate(value: 0, low: 0, high: 1)
  /// For pairs, the share whose winner stayed when the order was turned; nil otherwise.
  public var position: Estimate?
  /// The share of attacked bad items that were not made good; nil where none was attacked.
  public var robustness: Estimate?
  /// Attacks that made a bad item good, by name.
  public var raised: [String: Int] = [:]
  /// The share of good outputs among all, by PPI++ from humans and judge; nil where the judge saw nothing but gold.
  public var share: Estimate?
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
  public var sensitivity: Double { Double(confusion[0] + 1) / Double(confusion[0] + confusion[1] + 2) }

  /// The share of bad outputs that the judge calls bad, by the rule of succession.
  public var specificity: Double { Double(confusion[3] + 1) / Double(confusion[2] + confusion[3] + 2) }

  /// Whether the votes of a judge count.
  /// - Parameter gate: what it must reach; nil lets it vote whatever was measured.
  /// - Returns: what it falls short of, in facts, such as `kappa 0.41 of 0.60`; empty where it votes.
  public func shortfalls(of gate: Rubric.Gate?) -> [String] {
    guard let gate else { return [] }
    var faults: [String] = []
    func require(_ name: String, _ value: Double, _ least: Double) {
      if value < least { faults.append("\(name) \(Self.short(value)) of \(Self.short(least))") }
    }
    let voted = confusion.reduce(0, +)
    if voted < gate.items { faults.append("golden items with a vote \(voted) of \(gate.items)") }
    require("kappa", kappa.value, gate.kappa)
    require("test-retest", retest.value, gate.retest)
    if let position { require("position consistency", position.value, gate.position) }
    if let robustness { require("robustness", robustness.value, gate.robustness) }
    return faults
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
