/// Votes on an item by class, those classes that have some.
struct VoteCounts {
  let counts: [(answer: Int, count: Double)]
  let votes: Int
  /// Ordered pairs of votes that are equal.
  let equalPairs: Double
}

/// Items by what was voted on them, so that a sample of items is a weight on each pattern.
struct VotePatterns<Pattern> {
  /// Different patterns, in order of their first item.
  private(set) var patterns: [Pattern] = []
  /// Items of each pattern.
  private(set) var weights: [Double] = []
  /// The pattern of each item that has one.
  private(set) var places: [Int32] = []
  /// Items with two votes or more.
  private(set) var tellingItems = 0

  /// Items that have a pattern.
  var items: Int { places.count }

  private init(_ table: VoteTable, key: (ArraySlice<VoteTable.Vote>) -> [Int32]?, make: ([Int32]) -> Pattern)
  {
    var numbers: [[Int32]: Int32] = [:]
    for item in 0..<table.items {
      let votes = table.votes(on: item)
      guard let key = key(votes) else { continue }
      if votes.count >= 2 { tellingItems += 1 }
      let place: Int32
      if let number = numbers[key] {
        place = number
      } else {
        place = Int32(patterns.count)
        numbers[key] = place
        patterns.append(make(key))
        weights.append(0)
      }
      weights[Int(place)] += 1
      places.append(place)
    }
  }
}

extension VotePatterns where Pattern == [Int32] {
  /// Items by a key of their votes; nil leaves an item out.
  init(_ table: VoteTable, key: (ArraySlice<VoteTable.Vote>) -> [Int32]?) {
    self.init(table, key: key, make: { $0 })
  }
}

extension VotePatterns where Pattern == VoteCounts {
  /// Items by their votes for each class, of items with enough votes.
  init(_ table: VoteTable, leastVotes: Int, byClass classes: Int) {
    self.init(
      table, key: { $0.count >= leastVotes ? $0.map(\.answer).sorted() : nil },
      make: { answers in
        var counts: [(answer: Int, count: Double)] = []
        for answer in answers {
          if counts.last?.answer == Int(answer) {
            counts[counts.count - 1].count += 1
          } else {
            counts.append((Int(answer), 1))
          }
        }
        return VoteCounts(
          counts: counts, votes: answers.count,
          equalPairs: counts.reduce(0) { $0 + $1.count * ($1.count - 1) })
      })
  }
}
