/// The little statistics that calibrating a judge needs.
enum JudgeStatistics {
  /// A confusion of two classes: rows are the truth, columns what the judge said.
  struct Confusion: Sendable, Hashable, Codable {
    var goodGood = 0
    var goodBad = 0
    var badGood = 0
    var badBad = 0

    var count: Int { goodGood + goodBad + badGood + badBad }

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

  /// SplitMix64, so that an interval is the same every night.
  struct Draw: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      return word ^ (word >> 31)
    }
  }

  /// The central 95 % of κ over 1,000 draws of the items with replacement, from a fixed seed.
  static func kappaInterval(_ items: [(truth: Bool, said: Bool)]) -> ClosedRange<Double> {
    guard !items.isEmpty else { return -1...1 }
    var draw = Draw(state: UInt64(items.count))
    var values = (0..<1000).map { _ -> Double in
      var confusion = Confusion()
      for _ in items {
        let item = items[Int(draw.next() % UInt64(items.count))]
        confusion.add(truthIsGood: item.truth, saidGood: item.said)
      }
      return confusion.kappa
    }
    values.sort()
    return values[25]...values[974]
  }

  /// An estimate with its 95 % interval.
  struct Estimate: Sendable, Hashable, Codable {
    var value: Double
    var low: Double
    var high: Double
  }

  /// Wilson's interval of a share, 95 %.
  static func wilson(_ hits: Int, of count: Int) -> Estimate {
    guard count > 0 else { return Estimate(value: 0, low: 0, high: 1) }
    let n = Double(count)
    let p = Double(hits) / n
    let z = 1.959964
    let center = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return Estimate(value: p, low: max(0, center - half), high: min(1, center + half))
  }

  /// The mean of a human's answer over many items of which the judge saw all and
  /// the human a few.
  ///
  /// θ = λ·mean(judge, all) + mean(human − λ·judge, few) with λ = Cov(human, judge) / ((1 + n/N)·Var(judge)),
  /// which is never wider than the humans alone (PPI++, arXiv 2311.01453).
  /// - Parameters:
  ///   - human: the human's answers, 0 or 1, on the few.
  ///   - judge: the judge's on the same.
  ///   - pool: the judge's answers on the others.
  /// - Returns: the estimate; nil for fewer than two human answers.
  static func ppi(human: [Double], judge: [Double], pool: [Double]) -> Estimate? {
    let n = Double(human.count)
    let many = Double(pool.count)
    guard human.count == judge.count, human.count >= 2 else { return nil }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
    func covariance(_ left: [Double], _ right: [Double]) -> Double {
      let a = mean(left)
      let b = mean(right)
      return zip(left, right).reduce(0) { $0 + ($1.0 - a) * ($1.1 - b) } / max(Double(left.count) - 1, 1)
    }
    let all = judge + pool
    let spread = covariance(all, all)
    var weight = 0.0
    if many > 0, spread > 0 { weight = min(1, max(0, covariance(human, judge) / ((1 + n / many) * spread))) }
    let rest = zip(human, judge).map { $0 - weight * $1 }
    let value = mean(rest) + (many > 0 ? weight * mean(pool) : weight * mean(judge))
    let variance =
      covariance(rest, rest) / n + (many > 1 ? weight * weight * covariance(pool, pool) / many : 0)
    let half = 1.959964 * variance.squareRoot()
    return Estimate(value: value, low: max(0, value - half), high: min(1, value + half))
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
