import Foundation
import Label
import Statistics
import Testing

@Suite("Choice of a label model") struct LabelEstimatorTests {
  struct Choice: Sendable, CustomTestStringConvertible {
    let items: Int
    let voters: Int
    /// Votes on each item.
    let votes: Int
    let expected: VoteModel
    let reason: String
    var silence = Silence.missing
    var testDescription: String { "\(items) items, \(voters) voters, \(votes) votes an item, \(silence)" }
  }

  @Test(arguments: [
    Choice(
      items: 200, voters: 3, votes: 2, expected: .dawidSkene,
      reason: "200 items with 2.0 votes each, of 3 independent sources"),
    Choice(
      items: 199, voters: 3, votes: 2, expected: .majority, reason: "199 items with votes, fewer than 200"),
    Choice(
      items: 200, voters: 2, votes: 2, expected: .majority, reason: "2 independent sources, fewer than 3"),
    Choice(
      items: 200, voters: 3, votes: 1, expected: .majority, reason: "1.0 votes an item, fewer than 2.0"),
    Choice(
      items: 50, voters: 12, votes: 10, expected: .dawidSkene,
      reason: "50 items with 10.0 votes each, of 12 independent sources"),
    Choice(
      items: 49, voters: 12, votes: 10, expected: .majority, reason: "49 items with votes, fewer than 50"),
    // A rule's silence is an answer.
    Choice(
      items: 200, voters: 3, votes: 1, expected: .dawidSkene,
      reason: "200 items with 3.0 votes each, of 3 independent sources", silence: .symbol),
    Choice(items: 5, voters: 3, votes: 0, expected: .majority, reason: "no votes"),
  ])
  func chooses(_ choice: Choice) {
    var votes: [VoteTable.Vote] = []
    var numbers = SeededNumbers(5)
    for item in 0..<choice.items {
      for turn in 0..<choice.votes {
        votes.append(
          VoteTable.Vote(
            item: Int32(item), voter: Int32((item + turn) % choice.voters), answer: Int32(numbers.below(2))))
      }
    }
    let table = VoteTable(
      classes: 2, items: choice.items, voters: Sample.voters(choice.voters, silence: choice.silence),
      votes: votes)
    let estimate = LabelEstimator().estimate(table)
    #expect(estimate.model == choice.expected)
    #expect(estimate.reason.description == choice.reason)
    var forced = LabelEstimator()
    forced.model = .mace
    #expect(forced.estimate(table).reason == .forced)
  }

  // MARK: Copies

  @Test("copies are found, and nobody else", arguments: Regime.allCases)
  func clusters(_ regime: Regime) {
    let (table, _) = regime.table(items: 1200, seed: 4)
    let largest = SourceClusters(table).clusters.map(\.count).max()
    #expect(largest == (regime == .copiedRule || regime == .copiedJudge ? 5 : 1))
  }

  @Test("half copies are found, three voters are left alone") func partialCopies() {
    // Nine judges, of which the last three take the word of the seventh on four of five items.
    var numbers = SeededNumbers(11)
    let levels = [0.7, 0.72, 0.74, 0.76, 0.78, 0.8, 0.82]
    let answers = (0..<1500).map { _ -> [Int?] in
      let truth = numbers.below(2)
      var row: [Int?] = (0..<7).map { numbers.share() < levels[$0] ? truth : 1 - truth }
      for _ in 0..<3 {
        row.append(numbers.share() < 0.8 ? row[6] : numbers.share() < 0.8 ? truth : 1 - truth)
      }
      return row
    }
    let found = SourceClusters(rows(answers))
    #expect(found.clusters.filter { $0.count > 1 } == [[6, 7, 8, 9]])
    #expect(found.merged.allSatisfy { $0.kappa >= 0.5 && $0.items == 1500 })
    // Two good ones of three agree beyond what the third explains, which proves nothing.
    let three = SourceClusters(rows(answers.map { [$0[5], $0[5], $0[0]] }))
    #expect(three.clusters == [[0], [1], [2]])
  }

  @Test("gold tells copies of three voters") func goldClusters() {
    var numbers = SeededNumbers(12)
    var gold = [Int32](repeating: -1, count: 800)
    let answers = (0..<800).map { item -> [Int?] in
      let truth = numbers.below(2)
      if item < 300 { gold[item] = Int32(truth) }
      let (one, other) = (
        numbers.share() < 0.75 ? truth : 1 - truth, numbers.share() < 0.85 ? truth : 1 - truth
      )
      return [one, other, one]
    }
    #expect(SourceClusters(rows(answers)).clusters == [[0], [1], [2]])
    #expect(SourceClusters(rows(answers, gold: gold)).clusters == [[0, 2], [1]])
  }

  @Test("good judges of a small panel are not merged") func goodJudges() {
    // Right on .97, .97, .95, .8 and .7: where the others' votes stood for the truth the first two would seem
    // copies.
    var numbers = SeededNumbers(13)
    let answers = (0..<2000).map { _ -> [Int?] in
      let truth = numbers.below(2)
      return [0.97, 0.97, 0.95, 0.8, 0.7].map { numbers.share() < $0 ? truth : 1 - truth }
    }
    #expect(SourceClusters(rows(answers)).merged == [])
  }

  @Test("a cluster has one vote") func collapses() {
    // Four copies against three: by heads 0, by sources 1.
    var numbers = SeededNumbers(14)
    let answers = (0..<600).map { _ -> [Int?] in
      let truth = numbers.below(2)
      let copied = numbers.share() < 0.65 ? truth : 1 - truth
      return [copied, copied, copied, copied]
        + (0..<5).map { _ in numbers.share() < 0.85 ? truth : 1 - truth }
    }
    var estimator = LabelEstimator()
    estimator.model = .majority
    let table = rows(answers + [[0, 0, 0, 0, 1, 1, 1, nil, nil], [0, 1, 0, 1, nil, nil, nil, nil, nil]])
    let estimate = estimator.estimate(table)
    #expect(estimate.clusters.first == [0, 1, 2, 3])
    #expect(near(estimate.probabilities(of: 600).first, 0.25))
    // A tie inside is the word of the member with most votes, of equal ones the first.
    #expect(estimate.label(of: 601) == 0)
    #expect(estimate.voters[3].cluster == 0)
    #expect(estimate.voters[3].votes == 602)
  }

  // MARK: Regimes

  /// What a majority, Dawid–Skene on all voters, and on clusters are right on, the best of them, and the
  /// automatic choice.
  @Test("the automatic choice is never more than .01 below the best", arguments: Regime.allCases)
  func regimes(_ regime: Regime) {
    let seeds: [UInt64] = regime == .few ? Array(1...20) : [1, 2, 3]
    var sums = [0.0, 0, 0, 0]
    for seed in seeds {
      let (table, truth) = regime.table(items: 1000, seed: seed)
      let estimates = [
        LabelEstimator.forced(.majority).estimate(table), LabelEstimator.forced(.dawidSkene).estimate(table),
        LabelEstimator.forced(.dawidSkene, clustered: true).estimate(table), LabelEstimator().estimate(table),
      ]
      for (place, estimate) in estimates.enumerated() {
        sums[place] += (estimate.accuracy(truth: truth) ?? 0) / Double(seeds.count)
      }
    }
    #expect(sums[3] >= (sums[..<3].max() ?? 1) - 0.01, "\(sums)")
    if regime == .copiedJudge {
      #expect(sums[3] >= 0.94)
      #expect(sums[1] < 0.75)
    }
  }

  @Test("rules that know one class, whose silence was called missing") func oneSided() {
    let (table, truth) = Regime.unipolar.table(items: 1000, seed: 2)
    let missing = VoteTable(classes: 2, items: 1000, voters: Sample.voters(10), votes: table.votes)
    let majority = LabelEstimator.forced(.majority).estimate(missing).accuracy(truth: truth) ?? 1
    #expect((LabelEstimator().estimate(missing).accuracy(truth: truth) ?? 0) >= majority - 0.01)
  }
}
