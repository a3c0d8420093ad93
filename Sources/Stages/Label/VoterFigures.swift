import Catalog
import Records
import Statistics

/// How each voter of a table did, by the labels and by the golden set.
struct VoterFigures {
  private let voters: ModelVoters
  private let columns: CatalogVotes
  /// The probability of good by content; nil where the majority by weight labels it.
  private let good: [Double?]

  init(_ voters: ModelVoters, _ columns: CatalogVotes, _ good: [Double?]) {
    self.voters = voters
    self.columns = columns
    self.good = good
  }

  /// Puts the voters into an account.
  func fill(_ account: inout LabelAccount) {
    let table = voters.table
    var list = table.voters.enumerated().map { number, voter in
      let votes = voters.total[number]
      return VoterAccount(
        voter: voter.name, votes: votes, abstentions: voters.withVotes - votes,
        goodShare: votes > 0 ? Double(voters.totalGood[number]) / Double(votes) : 0, golden: 0, goldenRight: 0
      )
    }
    var right = [Double](repeating: 0, count: list.count)
    var judged = [Int](repeating: 0, count: list.count)
    for item in 0..<table.items {
      let votes = table.votes(on: item)
      let content = voters.contents[item]
      let share = good[content] ?? Self.share(columns.good[content], columns.bad[content])
      for vote in votes {
        let voter = Int(vote.voter)
        if table.gold[item] >= 0 {
          // What a labeler said is the golden class itself.
          list[voter].golden += 1
          if table.gold[item] == vote.answer { list[voter].goldenRight += 1 }
        }
        guard votes.count > 1 else { continue }
        judged[voter] += 1
        right[voter] += vote.answer == ModelVoters.good ? share : 1 - share
      }
    }
    for voter in list.indices {
      if judged[voter] > 0 { list[voter].accuracy = right[voter] / Double(judged[voter]) }
    }
    let ranked = list.sorted { ($1.votes, $0.voter) < ($0.votes, $1.voter) }
    account.voters = Array(ranked.prefix(LabelAccount.voterLimit))
    account.furtherVoters = ranked.count - account.voters.count
  }

  private static func share(_ good: Double, _ bad: Double) -> Double { (good + 1) / (good + bad + 2) }
}
