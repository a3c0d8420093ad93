/// Keeps prompts whose answers are good even at their worst.
///
/// Rejecting instruction preferences (RIP, P. Yu et al., arXiv 2501.18578): a prompt is kept if its worst answer is of
/// high quality and long, and little worse than its best. With the medians of all three as limits 20,000 prompts of
/// WildChat became 4,538 (section 5). Items without a second answer are not judged, and stay.
public struct PromptFilter: Sendable, Hashable, Codable {
  /// The share of worst answers whose quality is too low, 0 to 1; default 0.5, as in the paper.
  public var rejectedQuality: Double
  /// The share of worst answers that are too short, 0 to 1; default 0.5, as in the paper.
  public var rejectedLength: Double
  /// The share of gaps that are narrow enough, 0 to 1; default 0.5, as in the paper.
  public var gap: Double

  /// Sets the limits, as quantiles of the items that are filtered.
  public init(rejectedQuality: Double = 0.5, rejectedLength: Double = 0.5, gap: Double = 0.5) {
    self.rejectedQuality = rejectedQuality
    self.rejectedLength = rejectedLength
    self.gap = gap
  }

  /// Why items are left out, by their place; a value at a limit is kept.
  public func leftOut(_ items: [SelectionItem]) -> [Int: SelectionReason] {
    func gap(_ item: SelectionItem) -> Double? { item.rejectedQuality.map { item.quality - $0 } }
    let leastQuality = quantile(items.compactMap(\.rejectedQuality), rejectedQuality)
    let leastLength = quantile(items.compactMap(\.rejectedLength), rejectedLength)
    let widest = quantile(items.compactMap(gap), self.gap)
    var reasons: [Int: SelectionReason] = [:]
    for (place, item) in items.enumerated() {
      if let value = item.rejectedQuality, let leastQuality, value < leastQuality {
        reasons[place] = .lowRejectedQuality
      } else if let value = item.rejectedLength, let leastLength, value < leastLength {
        reasons[place] = .shortRejected
      } else if let value = gap(item), let widest, value > widest {
        reasons[place] = .wideGap
      }
    }
    return reasons
  }
}
