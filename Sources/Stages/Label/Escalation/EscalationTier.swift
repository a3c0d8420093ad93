import Foundation

/// Who can be asked about an item, and what asking is worth.
public struct EscalationTier: Sendable, Hashable {
  /// The name, for the account.
  public let name: String
  /// The share of good outputs that it calls good, above 0 and below 1.
  public let sensitivity: Double
  /// The share of bad outputs that it calls bad, above 0 and below 1.
  public let specificity: Double
  /// What one answer costs, in millionths of a US dollar; 0 is free.
  public let price: Int64

  /// States a tier.
  public init(name: String, sensitivity: Double, specificity: Double, price: Int64) {
    self.name = name
    self.sensitivity = min(max(sensitivity, 0.001), 0.999)
    self.specificity = min(max(specificity, 0.001), 0.999)
    self.price = price
  }

  /// Bits of uncertainty of a probability.
  static func entropy(_ probability: Double) -> Double {
    guard probability > 0, probability < 1 else { return 0 }
    return -probability * log2(probability) - (1 - probability) * log2(1 - probability)
  }

  /// The probability of good after this tier's vote.
  func posterior(_ good: Double, saidGood: Bool) -> Double {
    let for_ = good * (saidGood ? sensitivity : 1 - sensitivity)
    let against = (1 - good) * (saidGood ? 1 - specificity : specificity)
    return for_ / (for_ + against)
  }

  /// The bits that one answer is expected to tell about an item: the mutual information of vote and class.
  func gain(_ good: Double) -> Double {
    let saysGood = good * sensitivity + (1 - good) * (1 - specificity)
    let after =
      saysGood * Self.entropy(posterior(good, saidGood: true))
      + (1 - saysGood) * Self.entropy(posterior(good, saidGood: false))
    return max(0, Self.entropy(good) - after)
  }
}
