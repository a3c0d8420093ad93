/// Takes the best items that differ from those taken before.
///
/// Deita (W. Liu et al., arXiv 2312.15685): items by score, each taken if its highest cosine to those taken is below
/// 0.9, until enough are taken. Vectors are embeddings where all items have one, else word counts of their texts; see
/// `SelectionVectors`.
public struct DiversitySelection: Sendable, Hashable, Codable {
  /// The cosine from which two items are almost the same, above 0 up to 1; default 0.9, as in the paper.
  public var limit: Double
  /// Items that are taken at most, 0 or more; nil, the default, for no limit.
  public var take: Int?

  /// Sets limits.
  public init(limit: Double = 0.9, take: Int? = nil) {
    self.limit = limit
    self.take = take
  }

  /// Why items are left out, by their place, and the place of the nearest where one was too near.
  public func leftOut(_ items: [SelectionItem]) -> [Int: (reason: SelectionReason, nearest: Int?)] {
    leftOut(items, Array(items.indices), SelectionVectors(items))
  }

  /// The same of some of the items, whose vectors are those among all.
  func leftOut(
    _ items: [SelectionItem], _ places: [Int], _ vectors: SelectionVectors
  ) -> [Int: (reason: SelectionReason, nearest: Int?)] {
    var kept = SelectionVectors.Kept(vectors)
    var count = 0
    var reasons: [Int: (reason: SelectionReason, nearest: Int?)] = [:]
    for place in places.sorted(by: { SelectionItem.isBefore(items[$0], items[$1]) }) {
      if let take, count >= take {
        reasons[place] = (.beyondLimit, nil)
      } else if let nearest = kept.nearest(to: place), nearest.cosine >= limit {
        reasons[place] = (.notDiverse, nearest.place)
      } else {
        kept.add(place)
        count += 1
      }
    }
    return reasons
  }
}
