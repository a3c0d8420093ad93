import Bytes
import Catalog
import Records

/// The order in which drafts are wanted.
enum DraftRank {
  /// Drafts by what speaks for them: what was logged before what models wrote, then probability, then votes for good, then
  /// a hash of the seed and the id.
  static func ranked(_ indices: [Int], _ drafts: [Draft], seed: String) -> [Int] {
    let keys = indices.map { index in
      let draft = drafts[index]
      return (
        index: index, isLogged: draft.origin != .synthetic, probability: draft.main.probability ?? 0,
        good: draft.main.good,
        hash: ContentHash.of("\(seed)\u{0}\(draft.id)")
      )
    }
    return keys.sorted { left, right in
      if left.isLogged != right.isLogged { return left.isLogged }
      if left.probability != right.probability { return left.probability > right.probability }
      if left.good != right.good { return left.good > right.good }
      return left.hash < right.hash
    }.map(\.index)
  }
}

/// Drafts that one task makes examples of: neighbours in the lake, whose frames are decoded once.
enum DraftBatch {
  /// Log text of one batch in bytes: some frames.
  static let bytes = 8 << 20
  /// Drafts in one batch at most.
  private static let limit = 4096

  struct Entry: Sendable {
    let index: Int
    let draft: Draft
  }

  /// Batches in the order of the places in the lake, the first one last.
  static func batches(_ indices: ArraySlice<Int>, _ drafts: [Draft]) -> [[Entry]] {
    let placed = indices.sorted { left, right in
      let (first, second) = (drafts[left].main.place, drafts[right].main.place)
      if first.segment != second.segment {
        return (first.day, first.segment) < (second.day, second.segment)
      }
      return (first.frame, first.offset, drafts[left].id) < (second.frame, second.offset, drafts[right].id)
    }
    var batches: [[Entry]] = []
    var open: [Entry] = []
    var size = 0
    for index in placed {
      open.append(Entry(index: index, draft: drafts[index]))
      size += drafts[index].main.place.length
      if size >= bytes || open.count >= limit {
        batches.append(open)
        open = []
        size = 0
      }
    }
    if !open.isEmpty { batches.append(open) }
    return batches.reversed()
  }
}
