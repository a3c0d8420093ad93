import Foundation
import Label
import Statistics
import Testing

@Suite("Label models") struct LabelModelTests {
  // MARK: Tables

  @Test("of two votes of one voter on one item the later counts") func lastVote() {
    let table = VoteTable(
      classes: 3, items: 2, voters: Sample.voters(2),
      votes: [
        .init(item: 1, voter: 0, answer: 0), .init(item: 0, voter: 1, answer: 2),
        .init(item: 1, voter: 0, answer: 1), .init(item: 0, voter: 0, answer: 1),
        .init(item: 1, voter: 0, answer: 2),
      ])
    #expect(table.votes.map(\.answer) == [1, 2, 2])
    #expect(table.votes.map(\.voter) == [0, 1, 0])
    #expect(table.starts == [0, 2, 3])
  }

  // MARK: Majority

  @Test("shares of votes; a tie is stated") func majority() {
    let estimate = LabelEstimator.forced(.majority).estimate(
      rows([[0, 0, 1], [0, 1, nil], [nil, nil, nil], [1, nil, nil]], gold: [-1, -1, -1, 0]))
    #expect(
      zip(estimate.probabilities, [2.0 / 3, 1.0 / 3, 0.5, 0.5, 0.5, 0.5, 1, 0]).allSatisfy { near($0, $1) })
    #expect((0..<4).map(estimate.label) == [0, nil, nil, 0])
    #expect(near(estimate.entropy(of: 1), 1))
    #expect(estimate.entropy(of: 3) == 0)
    // A tie counts by its chance, and an unknown truth not at all.
    #expect(near(estimate.accuracy(truth: [0, 1, -1, 1]), 1.5 / 3))
    #expect(estimate.accuracy(truth: [-1, -1, -1, -1]) == nil)
  }

  // MARK: Dawid and Skene

  @Test("plain is crowd-kit 1.4.2 to the round") func plainDawidSkene() {
    let estimate = LabelEstimator.forced(.dawidSkene, .plain).estimate(Sample.table())
    // crowdkit.aggregation.DawidSkene().fit on the same votes: 6 rounds, probas_ and priors_.
    #expect(estimate.iterations == 6)
    #expect(estimate.converged)
    let expected: [(item: Int, row: [Double])] = [
      (0, [0.999999809, 1.91e-07, 0]), (1, [0, 1, 0]), (7, [0, 0.9533873, 0.0466127]), (16, [0, 1, 0]),
    ]
    for (item, row) in expected {
      #expect(zip(estimate.probabilities(of: item), row).allSatisfy { near($0, $1, within: 2e-9) }, "\(item)")
    }
    #expect(
      zip(estimate.prior, [0.30000021, 0.330225618, 0.369774171]).allSatisfy { near($0, $1, within: 2e-9) })
  }

  @Test("one round of expectation, by hand") func oneRound() {
    var parameters = DawidSkene.Parameters.plain
    parameters.rounds = 1
    // Shares: (1, 0), (1, 0), (½, ½). Classes' shares 5/6 and 1/6. Voter 0 says 0 to class 0 with (1+1+½)/2.5
    // = 1 and to class 1 with ½/½ = 1; voter 1 says 1 to class 0 with ½/2.5 and to class 1 with 1.
    let estimate = LabelEstimator.forced(.dawidSkene, parameters).estimate(rows([[0, 0], [0, 0], [0, 1]]))
    let (one, other) = (5.0 / 6 * 1 * 0.2, 1.0 / 6 * 1 * 1)
    #expect(near(estimate.probabilities(of: 2).first, one / (one + other), within: 1e-9))
    // The two others: class 1 says 0 to voter 1 with 1e-10 only.
    #expect(near(estimate.probabilities(of: 0).first, 1, within: 1e-8))
  }

  @Test("a voter who is always wrong is turned round") func alwaysWrong() {
    // Three good voters, and two that say the opposite.
    let truth = (0..<60).map { $0 % 2 }
    let table = rows(
      truth.indices.map { (item: Int) -> [Int?] in
        let right = truth[item]
        let good = (0..<3).map { slips(item, $0, every: 11) ? 1 - right : right }
        return good + [1 - right, 1 - right]
      })
    let estimate = LabelEstimator.forced(.dawidSkene).estimate(table)
    #expect(estimate.accuracy(truth: truth.map(Int32.init)) == 1)
    #expect((estimate.voters[3].accuracy ?? 1) < 0.01)
    #expect((estimate.voters[0].accuracy ?? 0) > 0.85)
    #expect(estimate.voters[3].votes == 60)
    // A row for each class, its columns the answers.
    #expect(estimate.voters[3].confusion.count == 4)
    #expect(estimate.voters[3].confusion[1] > 0.95)
  }

  @Test("silence tells of a rule's class where it is an answer") func silence() {
    // Two rules for class 1 that fire on class 1 only, and one for class 0: silence of all three.
    let answers: [[Int?]] =
      Array(repeating: [1, 1, nil], count: 20) + Array(repeating: [nil, nil, 0], count: 20)
      + Array(repeating: [1, nil, nil], count: 10) + Array(repeating: [nil, nil, nil], count: 10)
    let symbol = LabelEstimator.forced(.dawidSkene).estimate(rows(answers, silence: .symbol))
    #expect(symbol.label(of: 0) == 1)
    #expect(symbol.label(of: 20) == 0)
    #expect(symbol.label(of: 45) == 1)
    // Of each voter three columns: what it says and its silence.
    #expect(symbol.voters[0].confusion.count == 6)
    #expect(symbol.voters[0].confusion[2] > 0.9)
    let missing = LabelEstimator.forced(.dawidSkene).estimate(rows(answers, silence: .missing))
    // Where silence says nothing an item without a vote has the classes' shares.
    #expect(zip(missing.probabilities(of: 55), missing.prior).allSatisfy { near($0, $1) })
  }

  @Test("a thin voter's matrix is drawn to its accuracy") func thinVoters() {
    // Sixty voters with six votes on four classes each, right on five of six.
    var votes: [VoteTable.Vote] = []
    for item in 0..<120 {
      for turn in 0..<3 {
        let voter = (item * 3 + turn) % 60
        let isWrong = (item / 20 + voter) % 6 == 0
        votes.append(
          VoteTable.Vote(
            item: Int32(item), voter: Int32(voter), answer: Int32((item + (isWrong ? 1 + voter % 3 : 0)) % 4))
        )
      }
    }
    let table = VoteTable(classes: 4, items: 120, voters: Sample.voters(60), votes: votes)
    let truth = (0..<120).map { Int32($0 % 4) }
    var matrices = DawidSkene.Parameters()
    matrices.accuracyVotes = 0
    let drawn = LabelEstimator.forced(.dawidSkene).estimate(table).accuracy(truth: truth) ?? 0
    let alone = LabelEstimator.forced(.dawidSkene, matrices).estimate(table).accuracy(truth: truth) ?? 0
    #expect(drawn > alone)
    #expect(drawn > 0.95)
  }

  // MARK: The others

  @Test("MACE finds who guesses") func mace() {
    // Three voters who know, two that always say 0 and 1.
    let truth = (0..<80).map { $0 % 2 }
    let table = rows(
      truth.indices.map { (item: Int) -> [Int?] in
        let right = truth[item]
        return (0..<3).map { slips(item, $0, every: 17) ? 1 - right : right } + [0, 1]
      })
    let estimate = LabelEstimator.forced(.mace).estimate(table)
    #expect(estimate.accuracy(truth: truth.map(Int32.init)) == 1)
    #expect(near(estimate.voters[3].accuracy, 0.5, within: 0.02))
  }

  @Test("one-coin weighs voters by how right they are") func oneCoin() {
    // Two voters right on .95 of the items outweigh six that are right on .45.
    var numbers = SeededNumbers(7)
    let truth = (0..<300).map { $0 % 3 }
    let table = rows(
      truth.map { (right: Int) -> [Int?] in
        (0..<8).map { (voter: Int) -> Int in
          numbers.share() < (voter < 2 ? 0.95 : 0.45) ? right : (right + 1 + numbers.below(2)) % 3
        }
      }, classes: 3)
    let estimate = LabelEstimator.forced(.oneCoin).estimate(table)
    let majority = LabelEstimator.forced(.majority).estimate(table)
    let (found, shares) = (
      estimate.accuracy(truth: truth.map(Int32.init)) ?? 0,
      majority.accuracy(truth: truth.map(Int32.init)) ?? 0
    )
    #expect(found > 0.95)
    #expect(found > shares + 0.05, "\(shares)")
  }

  @Test("data programming estimates the class balance, or takes it") func dataProgramming() {
    let (table, truth) = Regime.unipolar.table(items: 1000, seed: 3)
    let estimated = LabelEstimator.forced(.dataProgramming).estimate(table)
    #expect(near(estimated.prior[1], 0.3, within: 0.1))
    #expect((estimated.accuracy(truth: truth) ?? 0) > 0.8)
    var estimator = LabelEstimator.forced(.dataProgramming)
    estimator.dataProgramming.classBalance = [7, 3]
    let given = estimator.estimate(table)
    #expect(zip(given.prior, [0.7, 0.3]).allSatisfy { near($0, $1) })
    #expect((given.accuracy(truth: truth) ?? 0) > 0.8)
  }

  // MARK: What holds for all

  static let everyModel: [LabelEstimator] = {
    var all = VoteModel.allCases.map { LabelEstimator.forced($0, clustered: true) }
    all.append(.forced(.dawidSkene, .plain))
    all.append(LabelEstimator())
    return all
  }()

  @Test("whatever the order of votes", arguments: everyModel.indices)
  func order(_ place: Int) {
    let estimator = Self.everyModel[place]
    let first = estimator.estimate(Sample.table())
    for seed in [1, 2] as [UInt64] {
      var numbers = SeededNumbers(seed)
      var votes = Sample.votes
      for index in votes.indices { votes.swapAt(index, numbers.below(votes.count)) }
      let other = estimator.estimate(
        VoteTable(classes: 3, items: 30, voters: Sample.voters(5), votes: votes))
      #expect(other.probabilities == first.probabilities)
      #expect(other.voters == first.voters)
      #expect(other.logLikelihood == first.logLikelihood)
    }
  }

  @Test("gold stays, and shapes the rest", arguments: everyModel.indices)
  func gold(_ place: Int) {
    let estimator = Self.everyModel[place]
    var gold = [Int32](repeating: -1, count: 30)
    // Against most votes.
    for item in [0, 1, 4] { gold[item] = Int32((item + 2) % 3) }
    let estimate = estimator.estimate(Sample.table(gold: gold))
    for item in [0, 1, 4] {
      #expect(estimate.label(of: item) == (item + 2) % 3)
      #expect(estimate.probabilities(of: item).max() == 1)
    }
    isSound(estimate)
  }

  private func isSound(_ estimate: LabelEstimate) {
    for item in 0..<estimate.items {
      let row = estimate.probabilities(of: item)
      #expect(row.allSatisfy { $0 >= 0 && $0 <= 1 + 1e-12 })
      #expect(near(row.reduce(0, +), 1))
    }
    #expect(near(estimate.prior.reduce(0, +), 1))
    #expect(estimate.logLikelihood.isFinite)
    #expect(estimate.voters.allSatisfy { $0.accuracy.map { $0 >= 0 && $0 <= 1 + 1e-12 } ?? ($0.votes == 0) })
    #expect(estimate.voters.allSatisfy { $0.confusion.allSatisfy(\.isFinite) })
    #expect(Set(estimate.clusters.joined()).count == estimate.voters.count)
  }

  struct Odd: Sendable, CustomTestStringConvertible {
    let name: String
    let table: VoteTable
    var testDescription: String { name }
  }

  static let oddTables: [Odd] = [
    Odd(name: "no items", table: VoteTable(classes: 2, items: 0, voters: [], votes: [])),
    Odd(name: "no votes", table: VoteTable(classes: 3, items: 4, voters: Sample.voters(2), votes: [])),
    Odd(
      name: "silent rules only",
      table: VoteTable(classes: 2, items: 4, voters: Sample.voters(2, silence: .symbol), votes: [])),
    Odd(name: "one vote", table: rows([[1]])),
    Odd(name: "one voter", table: rows((0..<40).map { [$0 % 2] })),
    Odd(name: "one class", table: rows(Array(repeating: [1, 1, 1], count: 300))),
    Odd(
      name: "one class of rules", table: rows(Array(repeating: [1, nil, 1], count: 300), silence: .symbol)),
    Odd(name: "opposites", table: rows((0..<300).map { (item: Int) -> [Int?] in [item % 2, 1 - item % 2] })),
    Odd(
      name: "many classes",
      table: rows(
        (0..<200).map { (item: Int) -> [Int?] in [item % 97, item % 97, (item + 1) % 97] }, classes: 97)),
    Odd(
      name: "strong bias",
      table: rows(
        (0..<400).map { (item: Int) -> [Int?] in [item % 40 == 0 ? 1 : 0, 0, item % 50 == 0 ? 1 : 0, 0] })),
    Odd(name: "all gold", table: rows([[0, 1], [1, 1]], gold: [1, 0])),
    Odd(
      name: "rules and people",
      table: VoteTable(
        classes: 2, items: 3, voters: [Voter(name: "r", silence: .symbol), Voter(name: "h")],
        votes: [.init(item: 0, voter: 0, answer: 1), .init(item: 1, voter: 1, answer: 0)])),
  ]

  @Test("odd tables", arguments: oddTables)
  func odd(_ odd: Odd) { for estimator in Self.everyModel { isSound(estimator.estimate(odd.table)) } }

  @Test("a strong bias does not switch classes") func bias() {
    // A twentieth positive; every voter finds half of them and seldom says so of others.
    let truth = (0..<600).map { $0 % 20 == 0 ? 1 : 0 }
    let table = rows(
      truth.indices.map { (item: Int) -> [Int?] in
        (0..<5).map { (voter: Int) -> Int in
          guard truth[item] == 1 else { return slips(item, voter, every: 50) ? 1 : 0 }
          return (item / 20 + voter) % 2
        }
      })
    let estimate = LabelEstimator.forced(.dawidSkene).estimate(table)
    #expect((estimate.accuracy(truth: truth.map(Int32.init)) ?? 0) > 0.97)
    #expect(estimate.prior[1] < 0.1)
  }
}
