import Statistics

/// The little statistics that calibrating a judge needs.
enum JudgeStatistics {
  /// A confusion of two classes: rows are the truth, columns what the judge said.
  struct Confusion: Sendable, Hashable, Codable {
    var goodGood = 0
    var goodBad = 0
    var badGood = 0
    var badBad = 0

    var count: Int { goodGood + goodBad + badGood + badBad }

    /// Truth and vote: good-good, good-bad, bad-good, bad-bad.
    var counts: [Int] { [goodGood, goodBad, badGood, badBad] }

    /// Cohen's κ; 0 where chance alone would agree fully, since such items tell nothing.
    var kappa: Double {
      let n = Double(count)
      guard n > 0 else { return 0 }
      let agree = Double(goodGood + badBad) / n
      let truth = Double(goodGood + goodBad) / n
      let said = Double(goodGood + badGood) / n
      let chance = truth * said + (1 - truth) * (1 - said)
      return chance >= 1 ? 0 : (agree - chance) / (1 - chance)
    }

    mutating func add(truthIsGood: Bool, saidGood: Bool) {
      switch (truthIsGood, saidGood) {
      case (true, true): goodGood += 1
      case (true, false): goodBad += 1
      case (false, true): badGood += 1
      case (false, false): badBad += 1
      }
    }
  }

  /// How votes go with the truth: their confusion, and Cohen's κ with its interval of 95 %.
  static func measure(
    _ votes: [(truth: Bool, said: Bool)]
  ) -> (confusion: Confusion, kappa: IntervalEstimate) {
    var confusion = Confusion()
    for vote in votes { confusion.add(truthIsGood: vote.truth, saidGood: vote.said) }
    let interval = kappaInterval(votes)
    return (
      confusion,
      IntervalEstimate(value: confusion.kappa, low: interval.lowerBound, high: interval.upperBound)
    )
  }

  /// A share by Laplace's rule of succession: as if there had been one hit and one miss before.
  static func succession(_ hits: Int, of count: Int) -> Double { Double(hits + 1) / Double(count + 2) }

  /// The central 95 % of κ over 1,000 draws of the items with replacement, from a fixed seed; all that κ can be where
  /// nothing is told.
  static func kappaInterval(_ items: [(truth: Bool, said: Bool)]) -> ClosedRange<Double> {
    guard !items.isEmpty else { return -1...1 }
    let votes = items.enumerated().flatMap { number, item in
      [
        VoteTable.Vote(item: Int32(number), voter: 0, answer: item.truth ? 0 : 1),
        VoteTable.Vote(item: Int32(number), voter: 1, answer: item.said ? 0 : 1),
      ]
    }
    let table = VoteTable(
      classes: 2, items: items.count, voters: [Voter(name: "truth"), Voter(name: "judge")], votes: votes)
    let estimate = Agreement().cohenKappa(table, 0, 1)
    guard let low = estimate.low, let high = estimate.high else { return -1...1 }
    return low...max(low, high)
  }

  /// Expected calibration error over ten bins of equal width.
  static func calibrationError(_ items: [(probability: Double, truth: Double)]) -> Double {
    guard !items.isEmpty else { return 0 }
    var bins = [(sum: Double, hits: Double, count: Double)](repeating: (0, 0, 0), count: 10)
    for item in items {
      let bin = min(9, max(0, Int(item.probability * 10)))
      bins[bin].sum += item.probability
      bins[bin].hits += item.truth
      bins[bin].count += 1
    }
    return bins.reduce(0) { $0 + abs($1.sum - $1.hits) } / Double(items.count)
  }
}
