/// The majority of votes: a class has the probability of its share of the votes.
///
/// Every voter counts the same, silence says nothing, and gold is certain. An item without a vote has all
/// classes at the same probability. Equal shares are a tie, which ``LabelEstimate/label(of:)`` states as nil.
struct MajorityModel {
  func fit(_ columns: VoteColumns) -> VoteFit {
    let shares = columns.shares()
    var prior = [Double](repeating: 0, count: columns.classes)
    for (index, share) in shares.enumerated() { prior[index % columns.classes] += share }
    let sum = prior.reduce(0, +)
    return VoteFit(
      probabilities: shares, prior: prior.map { sum > 0 ? $0 / sum : 1 / Double(columns.classes) })
  }
}
