import Bytes

/// What one tier did.
public struct EscalationTierAccount: Sendable, Hashable, Codable {
  /// Its name: `votes` for what is at hand, `student:…`, `judge:…`.
  public var tier: String
  /// Items that it was asked about now.
  public var asked = 0
  /// Items whose answer was bought before.
  public var kept = 0
  /// Answers for good.
  public var good = 0
  /// Answers for bad.
  public var bad = 0
  /// Answers without a vote: it could not tell, was hijacked, or could not be read.
  public var silent = 0
  /// Of these, hijacked ones.
  public var hijacked = 0
  /// Items without an answer now.
  public var failed = 0
  /// Items that were certain after it, and not before.
  public var decided = 0
  /// What it cost now, in millionths of a US dollar.
  public var cost: Int64 = 0
  /// Why it was not asked: what it falls short of; empty where it was.
  public var shortfalls: [String] = []

  /// Nothing done.
  public init(tier: String) { self.tier = tier }
}

/// An item that is left for a person.
public struct HumanItem: Sendable, Hashable {
  /// Why.
  public enum Reason: String, Sendable, Hashable, CaseIterable, Codable {
    /// A person is worth more than anybody else who could be asked.
    case bestByHuman = "best-by-human"
    /// Everybody was asked, and it is not certain.
    case uncertain
    /// The budget ended first.
    case budget
    /// A judge took orders from it.
    case hijacked
    /// A judge's answer could not be read.
    case unread
  }

  /// The content.
  public let content: ContentHash
  /// The interaction to show.
  public let interaction: String
  /// What an answer is worth: uncertainty in bits × slice deficit × traffic.
  public let priority: Double
  /// The probability of good, as far as it is known.
  public let good: Double
  /// Why.
  public let reason: Reason

  /// States an item.
  public init(content: ContentHash, interaction: String, priority: Double, good: Double, reason: Reason) {
    self.content = content
    self.interaction = interaction
    self.priority = priority
    self.good = good
    self.reason = reason
  }
}

/// What an escalation did, tier by tier.
public struct EscalationAccount: Sendable, Hashable, Codable {
  /// Items looked at.
  public var items = 0
  /// The tiers in their order, what was at hand first.
  public var tiers: [EscalationTierAccount] = []
  /// Items that are left for people, by reason.
  public var left: [String: Int] = [:]
  /// What was spent now, in millionths of a US dollar.
  public var spent: Int64 = 0
  /// What could be spent; nil without a limit of its own.
  public var budget: Int64?
  /// Whether the budget ended it while asking somebody was still worth something.
  public var isBudgetSpent = false
  /// Mean uncertainty of an item before, in bits.
  public var entropyBefore = 0.0
  /// Mean uncertainty after.
  public var entropyAfter = 0.0

  /// Nothing.
  public init() {}

  /// Items that somebody decided.
  public var decided: Int { tiers.reduce(0) { $0 + $1.decided } }
}
