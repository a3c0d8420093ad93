import Statistics

/// How each voter goes together with the class that nobody sees, from how voters go together.
///
/// Voters that know nothing of each other go together by the product of their numbers, so that each number is
/// about the tie to another over that one's number. Each is the weighted median of those until nothing moves.
struct SourceKnowledge {
  /// One voter's number, from -1 to 1, and its variance.
  struct Voter {
    let value: Double
    let variance: Double
  }

  /// Voters by place; nil where fewer than three others tell.
  let voters: [Voter?]

  /// Most other voters that one is compared with; a median of more is hardly better.
  private static let mostOthers = 200

  /// Finds the numbers of voters.
  ///
  /// `ties` and `shared` hold for each two voters how they go together, not a number where that is not known,
  /// and the items that tell; `known` what gold tells, of `goldItems` items or more.
  init(_ ties: [Double], _ shared: [Int], _ known: [Double?], goldItems: Int) {
    let count = known.count
    let tells = (0..<count).map { voter in
      known[voter] != nil || (0..<count).count { !ties[voter * count + $0].isNaN } >= 3
    }
    // Those it shares most items with, as many as tell enough.
    let others = (0..<count).map { voter -> [Int] in
      (0..<count).filter { tells[$0] && !ties[voter * count + $0].isNaN }
        .sorted { (-shared[voter * count + $0], $0) < (-shared[voter * count + $1], $1) }
        .prefix(Self.mostOthers).map { $0 }
    }
    let even = [Double](repeating: 1, count: count)
    // Voters that say the same weigh together about as one: of five copies among eleven each other voter
    // would see as many copies as others. The fourth power leaves those apart that only know much.
    let likes = (0..<count).map { voter -> Double in
      (0..<count).reduce(1) { sum, other in
        let tie = ties[voter * count + other]
        return tie > 0 ? sum + tie * tie * tie * tie : sum
      }
    }
    // Of a small panel with several good voters they would weigh as one, though; so both are tried, and what
    // leaves fewer pairs unexplained is taken.
    let found = [even, likes].map { likes -> (values: [Double], likes: [Double], unexplained: Double) in
      let values = Self.values(ties, shared, known, tells, others, likes)
      return (values, likes, Self.unexplained(ties, shared, others, values))
    }.min { $0.unexplained < $1.unexplained }
    guard let found else {
      voters = []
      return
    }
    voters = (0..<count).map { voter in
      guard tells[voter] else { return nil }
      // That of a weighted median of normal numbers; gold is counted as its least number of items.
      let items = others[voter].reduce(0) {
        $0 + Double(shared[voter * count + $1]) * found.values[$1] * found.values[$1] / found.likes[$1]
      }
      return Voter(
        value: found.values[voter],
        variance: known[voter] != nil ? 1 / Double(goldItems) : .pi / 2 / max(items, 1e-9))
    }
  }

  private static func values(
    _ ties: [Double], _ shared: [Int], _ known: [Double?], _ tells: [Bool], _ others: [[Int]],
    _ likes: [Double]
  ) -> [Double] {
    let count = known.count
    let pairs = ties.indices.filter { !ties[$0].isNaN }
    let start = max(weightedMedian(pairs.map { (ties[$0], 1) }) ?? 0, 0.01).squareRoot()
    let usual = weightedMedian(pairs.map { (Double(shared[$0]), 1) }) ?? 0
    var values = known.map { $0 ?? start }
    for _ in 0..<60 {
      var next = values
      // A pair that many items tell of, or one with a voter that knows more, weighs no more than the usual
      // pair: copies would outweigh all others, since they share all their items and seem to know everything.
      let level = weightedMedian(values.map { (abs($0), 1) }) ?? 0
      for voter in 0..<count where known[voter] == nil && tells[voter] {
        var ratios: [(value: Double, weight: Double)] = []
        for other in others[voter] where abs(values[other]) > 0.02 {
          let place = voter * count + other
          let weight =
            min(abs(values[other]), level) * min(Double(shared[place]), usual).squareRoot() / likes[other]
          ratios.append((ties[place] / values[other], weight))
        }
        guard let value = weightedMedian(ratios) else { continue }
        // The mean in the logarithm: without it two values would swing around their root for ever.
        let size = min(1, (abs(values[voter]) * max(abs(value), 1e-6)).squareRoot())
        next[voter] = value < 0 ? -size : size
      }
      let moved = zip(values, next).contains { abs($0 - $1) > 1e-4 }
      values = next
      if !moved { break }
    }
    return values
  }

  /// Pairs that do not go together by the product of their numbers; one is whole from three deviations on.
  private static func unexplained(
    _ ties: [Double], _ shared: [Int], _ others: [[Int]], _ values: [Double]
  ) -> Double {
    var sum = 0.0
    for (voter, others) in others.enumerated() {
      for other in others {
        let place = voter * values.count + other
        let expected = min(values[voter] * values[other], 0.999)
        let rest = ties[place] - expected
        sum += min(1, rest * rest * Double(shared[place]) / (9 * (1 - expected * expected)))
      }
    }
    return sum
  }

  private static func weightedMedian(_ values: [(value: Double, weight: Double)]) -> Double? {
    let sorted = values.sorted { ($0.value, $0.weight) < ($1.value, $1.weight) }
    let half = sorted.reduce(0) { $0 + $1.weight } / 2
    var sum = 0.0
    for item in sorted {
      sum += item.weight
      if sum >= half { return item.value }
    }
    return nil
  }
}
