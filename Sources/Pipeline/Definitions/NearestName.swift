/// Finds the name that was probably meant.
public enum NearestName {
  /// The legal name with the fewest edits from `name`, the first of equals; nil if none is near.
  ///
  /// An edit inserts, removes or changes a character or swaps two neighbours (optimal string alignment). Near is at
  /// most a third of the longer name's length, and at least one edit: beyond that a guess misleads.
  public static func nearest(to name: String, among legal: [String]) -> String? {
    let name = Array(name.lowercased().unicodeScalars)
    guard name.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in legal {
      let other = Array(candidate.lowercased().unicodeScalars)
      guard other.count <= 64 else { continue }
      let found = distance(name, other)
      guard found <= max(1, max(name.count, other.count) / 3), found < max(name.count, other.count) else {
        continue
      }
      if best.map({ found < $0.distance }) ?? true { best = (candidate, found) }
    }
    return best?.name
  }

  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var before = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        var cost = min(
          last[column + 1] + 1, current[column] + 1, last[column] + (left[row] == right[column] ? 0 : 1))
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, before[column - 1] + 1)
        }
        current.append(cost)
      }
      (before, last) = (last, current)
    }
    return last[right.count]
  }
}
