import Foundation
import Statistics

/// Finds voters that copy each other, so that each group counts as one voter.
///
/// Two voters are one source when they agree beyond what their knowledge of the classes explains: conditional
/// κ = (A − a·b) / (1 − a·b), 0.5 or more. A is how the two go together on items that both voted on:
/// (agreement − chance) / √((1 − Σp²)(1 − Σq²)) for their shares p and q of the answers, which is the
/// correlation for two classes, Cohen's κ for equal shares, and 1 for copies. a and b are how each goes
/// together with the class that nobody sees. Of voters that know nothing of each other A = a·b, so that a and
/// b are found from the agreement with all others: each is the median of A/b over the others, weighted, until
/// nothing moves. A median, so that the copies, which are the few, do not shape what they are judged by.
/// Votes of the others as they are would not do in place of the class: where they are wrong, two good voters
/// agree without copying, and would be merged.
///
/// Gold tells a and b directly: of voters with ``Parameters/goldItems`` or more votes on gold items they are
/// taken from those. Without gold two voters need three others that know something: of fewer, copies cannot
/// be told from good voters, and all are left alone.
///
/// Measured on 7 judges of which the worst is there five times (2,000 items): Dawid–Skene .682, with merging
/// .946.
public struct SourceClusters: Sendable {
  /// When voters are one.
  public struct Parameters: Sendable, Hashable {
    /// Least conditional κ of voters that are one source; default 0.5.
    public var kappa = 0.5
    /// Least items that both voted on; default 30.
    public var sharedItems = 30
    /// Least votes on gold items for them to tell how good a voter is; default 100.
    public var goldItems = 100

    /// The defaults.
    public init() {}
  }

  /// Two voters and their conditional κ.
  public struct Pair: Sendable, Hashable {
    /// The lower number.
    public let first: Int
    /// The higher number.
    public let second: Int
    /// Agreement beyond independence, at most 1.
    public let kappa: Double
    /// Items that both voted on.
    public let items: Int
  }

  /// Voters that count as one, by number; every voter is in one cluster, and clusters are by their lowest
  /// number.
  public let clusters: [[Int]]
  /// Pairs that were merged.
  public let merged: [Pair]

  /// Compares voters.
  ///
  /// At most 16 million counts are kept: of more voters than that allows, those with most votes are compared.
  /// At most 500 million pairs of votes are read: of more, every second, third, … item.
  public init(_ table: VoteTable, _ parameters: Parameters = Parameters()) {
    let compared = Self.compared(table, parameters)
    guard compared.count >= 2 else {
      self.init(voters: table.voters.count, merged: [])
      return
    }
    let counts = PairCounts(table, compared)
    var ties = [Double](repeating: .nan, count: compared.count * compared.count)
    var shared = [Int](repeating: 0, count: ties.count)
    for first in compared.indices {
      for second in (first + 1)..<max(first + 1, compared.count) {
        let (tie, items) = counts.association(first, second)
        shared[first * compared.count + second] = items
        shared[second * compared.count + first] = items
        guard items >= parameters.sharedItems, let tie else { continue }
        ties[first * compared.count + second] = tie
        ties[second * compared.count + first] = tie
      }
    }
    let known = Self.goldAssociations(table, compared, least: parameters.goldItems)
    let knowledge = SourceKnowledge(ties, shared, known, goldItems: max(1, parameters.goldItems)).voters
    var merged: [Pair] = []
    let pairs = Double(ties.count { !$0.isNaN }) / 2
    // As many comparisons as there are pairs find agreement by chance of √(2 ln pairs) deviations; two more
    // are sure.
    let deviations = (2 * log(max(1, pairs))).squareRoot() + 2
    for first in compared.indices {
      for second in (first + 1)..<max(first + 1, compared.count) {
        let place = first * compared.count + second
        guard !ties[place].isNaN, let one = knowledge[first], let other = knowledge[second] else { continue }
        let expected = min(one.value * other.value, 0.999)
        let kappa = (ties[place] - expected) / (1 - expected)
        let deviation =
          ((1 - expected * expected) / Double(shared[place])
          + other.value * other.value * one.variance + one.value * one.value * other.variance).squareRoot()
        guard kappa >= parameters.kappa, ties[place] - expected >= deviations * deviation else { continue }
        // Gold of both tells; else three others that are known to know something, or nothing tells copies
        // from two good voters.
        let witnesses = compared.indices.count { other in
          guard other != first, other != second, let their = knowledge[other] else { return false }
          return !ties[first * compared.count + other].isNaN && !ties[second * compared.count + other].isNaN
            && their.value * their.value > 4 * their.variance
        }
        guard witnesses >= 3 || (known[first] != nil && known[second] != nil) else { continue }
        let numbers = [compared[first], compared[second]].sorted()
        merged.append(Pair(first: numbers[0], second: numbers[1], kappa: kappa, items: shared[place]))
      }
    }
    self.init(
      voters: table.voters.count, merged: merged.sorted { ($0.first, $0.second) < ($1.first, $1.second) })
  }

  private init(voters: Int, merged: [Pair]) {
    var parent = Array(0..<voters)
    func root(_ voter: Int) -> Int {
      var voter = voter
      while parent[voter] != voter { voter = parent[voter] }
      return voter
    }
    for pair in merged {
      let (one, other) = (root(pair.first), root(pair.second))
      parent[max(one, other)] = min(one, other)
    }
    var members = [[Int]](repeating: [], count: voters)
    for voter in 0..<voters { members[root(voter)].append(voter) }
    self.clusters = members.filter { !$0.isEmpty }
    self.merged = merged
  }

  /// Voters with enough votes to compare, those with most votes first.
  private static func compared(_ table: VoteTable, _ parameters: Parameters) -> [Int] {
    var votes = [Int](repeating: 0, count: table.voters.count)
    for vote in table.votes { votes[Int(vote.voter)] += 1 }
    let enough = table.voters.indices.filter { votes[$0] >= parameters.sharedItems }
      .sorted { (-votes[$0], table.voters[$0].name, $0) < (-votes[$1], table.voters[$1].name, $1) }
    return Array(enough.prefix(Int((16e6 / Double(table.classes + 2)).squareRoot())))
  }

  /// How each voter goes together with gold; nil where there is too little of it.
  private static func goldAssociations(_ table: VoteTable, _ compared: [Int], least: Int) -> [Double?] {
    let classes = table.classes
    var places = [Int](repeating: -1, count: table.voters.count)
    for (place, voter) in compared.enumerated() { places[voter] = place }
    var (items, agreed) = (
      [Double](repeating: 0, count: compared.count), [Double](repeating: 0, count: compared.count)
    )
    var given = [Double](repeating: 0, count: compared.count * classes)
    var right = given
    for item in 0..<table.items where table.gold[item] >= 0 {
      for vote in table.votes(on: item) where places[Int(vote.voter)] >= 0 {
        let place = places[Int(vote.voter)]
        items[place] += 1
        agreed[place] += vote.answer == table.gold[item] ? 1 : 0
        given[place * classes + Int(vote.answer)] += 1
        right[place * classes + Int(table.gold[item])] += 1
      }
    }
    return compared.indices.map { place in
      guard items[place] >= Double(least) else { return nil }
      let row = (place * classes)..<((place + 1) * classes)
      return association(items: items[place], agreed: agreed[place], Array(given[row]), Array(right[row]))
    }
  }

  /// (agreement − chance) / √((1 − Σp²)(1 − Σq²)); nil where one always says the same.
  fileprivate static func association(
    items: Double, agreed: Double, _ first: [Double], _ second: [Double]
  ) -> Double? {
    var (chance, one, other) = (0.0, 1.0, 1.0)
    for (left, right) in zip(first, second) {
      chance += left * right / (items * items)
      one -= left * left / (items * items)
      other -= right * right / (items * items)
    }
    guard one > 1e-9, other > 1e-9 else { return nil }
    return (agreed / items - chance) / (one * other).squareRoot()
  }
}

/// What pairs of voters said on items that both voted on.
private struct PairCounts {
  private let size: Int
  private let classes: Int
  /// Items that both voted on.
  private var items: [Int32]
  /// Items on which both said the same.
  private var agreed: [Int32]
  /// Votes of the first for each class, on items that both voted on.
  private var answers: [Int32]
  private let speaksBySilence: [Bool]
  private var votes: [Int]
  private var totals: [Double]
  private var read = 0

  init(_ table: VoteTable, _ compared: [Int]) {
    size = compared.count
    classes = table.classes
    items = [Int32](repeating: 0, count: size * size)
    agreed = items
    answers = [Int32](repeating: 0, count: size * size * classes)
    speaksBySilence = compared.map { table.voters[$0].silence == .symbol }
    votes = [Int](repeating: 0, count: size)
    totals = [Double](repeating: 0, count: size * classes)
    var places = [Int](repeating: -1, count: table.voters.count)
    for (place, voter) in compared.enumerated() { places[voter] = place }
    var work = 0
    for item in 0..<table.items {
      let here = Int(table.starts[item + 1] - table.starts[item])
      work += here * here / 2
    }
    let step = 1 + work / 500_000_000
    var row: [(place: Int, answer: Int)] = []
    for item in stride(from: 0, to: table.items, by: step) {
      read += 1
      row.removeAll(keepingCapacity: true)
      for vote in table.votes(on: item) where places[Int(vote.voter)] >= 0 {
        row.append((places[Int(vote.voter)], Int(vote.answer)))
      }
      count(row)
    }
  }

  private mutating func count(_ row: [(place: Int, answer: Int)]) {
    let (size, classes) = (self.size, self.classes)
    for vote in row {
      votes[vote.place] += 1
      totals[vote.place * classes + vote.answer] += 1
    }
    items.withUnsafeMutableBufferPointer { items in
      agreed.withUnsafeMutableBufferPointer { agreed in
        answers.withUnsafeMutableBufferPointer { answers in
          for first in row {
            for second in row where second.place != first.place {
              let place = first.place * size + second.place
              items[place] += 1
              if first.answer == second.answer { agreed[place] += 1 }
              answers[place * classes + first.answer] += 1
            }
          }
        }
      }
    }
  }

  /// How two voters go together, and the number of items that tells.
  func association(_ first: Int, _ second: Int) -> (Double?, Int) {
    let (place, mirror) = (first * size + second, second * size + first)
    let both = Double(items[place])
    guard speaksBySilence[first], speaksBySilence[second] else {
      guard both > 0 else { return (nil, 0) }
      let tie = SourceClusters.association(
        items: both, agreed: Double(agreed[place]),
        answers[(place * classes)..<((place + 1) * classes)].map(Double.init),
        answers[(mirror * classes)..<((mirror + 1) * classes)].map(Double.init))
      return (tie, Int(both))
    }
    let all = Double(read)
    func shares(_ voter: Int) -> [Double] {
      totals[(voter * classes)..<((voter + 1) * classes)] + [all - Double(votes[voter])]
    }
    let silent = all - Double(votes[first]) - Double(votes[second]) + both
    let tie = SourceClusters.association(
      items: all, agreed: Double(agreed[place]) + silent, shares(first), shares(second))
    return (tie, read)
  }
}
