import Statistics

/// CROWDLAB: votes and a classifier, weighted by how good each is, for items with few votes.
///
/// H. W. Goh, U. Tkachenko, J. Mueller, CROWDLAB: supervised learning to infer consensus labels and quality
/// scores for data with multiple annotators, arXiv 2210.06812, in the form of cleanlab's code. With consensus
/// the majority's class: a voter weighs 1 − (its disagreement with other voters) / (error of always saying
/// the commonest class), the classifier 1 − (its error against consensus) / (the same), times √(votes an
/// item); both at least 1e-6. A vote gives its class P, the mean agreement with consensus, and the others (1
/// − P)/(K − 1); the weighted mean is the probability.
///
/// The classifier's probabilities must be out of sample (``Folds``). Best at one or two votes an item.
public struct Crowdlab: Sendable {
  /// Items × classes, row by item; gold items are certain.
  public let probabilities: [Double]
  /// The majority's class by item; -1 for items without a vote.
  public let consensus: [Int32]
  /// The weight of the classifier.
  public let modelWeight: Double
  /// The weight of each voter.
  public let voterWeights: [Double]

  /// Weighs votes and a classifier.
  /// - Parameters:
  ///   - table: the votes; silence says nothing.
  ///   - classifier: items × classes, row by item, out of sample.
  public init(_ table: VoteTable, classifier: [Double]) {
    let classes = table.classes
    precondition(classifier.count == table.items * classes, "there is one row for each item")
    let least = 1e-6
    let consensus = Self.consensus(table, classifier)
    var (agreement, several, votedItems) = (0.0, 0.0, 0.0)
    var wrongModel = 0.0
    var commonest = [Double](repeating: 0, count: classes)
    var same = [Double](repeating: 0, count: table.voters.count)
    var met = same
    for item in 0..<table.items {
      let votes = table.votes(on: item)
      if !votes.isEmpty { votedItems += 1 }
      guard votes.count > 1 else { continue }
      several += 1
      let agreed = votes.count { $0.answer == consensus[item] }
      agreement += Double(agreed) / Double(votes.count)
      commonest[Int(consensus[item])] += 1
      let row = classifier[(item * classes)..<((item + 1) * classes)]
      var best = row.startIndex
      for index in row.indices where row[index] > row[best] { best = index }
      if best - row.startIndex != Int(consensus[item]) { wrongModel += 1 }
      for vote in votes {
        same[Int(vote.voter)] += Double(votes.count { $0.answer == vote.answer } - 1)
        met[Int(vote.voter)] += Double(votes.count - 1)
      }
    }
    // Where no item has two votes nothing tells how good anyone is: all weigh the same.
    let likelihood = several > 0 ? agreement / several : 1
    let error = several > 0 ? max(least, 1 - (commonest.max() ?? 0) / several) : 1
    let metVoters = met.indices.filter { met[$0] > 0 }
    let usual =
      metVoters.isEmpty ? 1 : metVoters.reduce(0) { $0 + same[$1] / met[$1] } / Double(metVoters.count)
    let weights = met.indices.map { max(least, 1 - (1 - (met[$0] > 0 ? same[$0] / met[$0] : usual)) / error) }
    let modelError = several > 0 ? wrongModel / several : 0
    let votesPerItem = votedItems > 0 ? Double(table.votes.count) / votedItems : 1
    let modelWeight = max(least, 1 - modelError / error) * votesPerItem.squareRoot()
    var probabilities = classifier
    for item in 0..<table.items {
      let row = item * classes
      if table.gold[item] >= 0 {
        for each in 0..<classes { probabilities[row + each] = each == Int(table.gold[item]) ? 1 : 0 }
        continue
      }
      var sum = modelWeight
      for each in 0..<classes { probabilities[row + each] *= modelWeight }
      for vote in table.votes(on: item) {
        let weight = weights[Int(vote.voter)]
        sum += weight
        for each in 0..<classes {
          let share = each == Int(vote.answer) ? likelihood : (1 - likelihood) / Double(classes - 1)
          probabilities[row + each] += weight * share
        }
      }
      for each in 0..<classes { probabilities[row + each] /= sum }
    }
    self.probabilities = probabilities
    self.consensus = consensus
    self.modelWeight = modelWeight
    voterWeights = weights
  }

  /// The class with most votes; of equal ones that which the classifier holds more probable, then the rarer
  /// among all votes, then the first.
  private static func consensus(_ table: VoteTable, _ classifier: [Double]) -> [Int32] {
    let classes = table.classes
    var all = [Int](repeating: 0, count: classes)
    for vote in table.votes { all[Int(vote.answer)] += 1 }
    return (0..<table.items).map { item in
      let votes = table.votes(on: item)
      guard !votes.isEmpty else { return -1 }
      var counts = [Int](repeating: 0, count: classes)
      for vote in votes { counts[Int(vote.answer)] += 1 }
      let best = (0..<classes).max {
        (counts[$0], classifier[item * classes + $0], -all[$0], -$0)
          < (counts[$1], classifier[item * classes + $1], -all[$1], -$1)
      }
      return Int32(best ?? 0)
    }
  }
}
