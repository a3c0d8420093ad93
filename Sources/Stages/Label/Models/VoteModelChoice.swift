/// Why a model was used.
public enum VoteModelReason: Sendable, Hashable, CustomStringConvertible {
  /// It was asked for by name.
  case forced
  /// There is no vote.
  case noVotes
  /// Items with a vote have too few of them to tell voters apart.
  case fewVotes(perItem: Double, least: Double)
  /// There are too few items.
  case fewItems(Int, least: Int)
  /// There are too few voters that do not copy each other.
  case fewClusters(Int, least: Int)
  /// There is enough of everything.
  case enough(items: Int, votesPerItem: Double, clusters: Int)

  /// One line for a report.
  public var description: String {
    switch self {
    case .forced: "asked for"
    case .noVotes: "no votes"
    case .fewVotes(let perItem, let least): "\(rounded(perItem)) votes an item, fewer than \(rounded(least))"
    case .fewItems(let items, let least): "\(items) items with votes, fewer than \(least)"
    case .fewClusters(let clusters, let least): "\(clusters) independent sources, fewer than \(least)"
    case .enough(let items, let votes, let clusters):
      "\(items) items with \(rounded(votes)) votes each, of \(clusters) independent sources"
    }
  }

  private func rounded(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
