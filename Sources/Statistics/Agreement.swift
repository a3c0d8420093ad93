import Foundation

/// How far two classes are apart, for Krippendorff's α.
public enum AgreementScale: String, Sendable, CaseIterable, Codable {
  /// Different is different.
  case nominal
  /// Classes have an order; how far apart depends on how many votes lie between.
  case ordinal
  /// Classes are numbers 0, 1, 2, …; the squared difference counts.
  case interval
}

/// An agreement with its interval.
public struct AgreementEstimate: Sendable, Hashable {
  /// 1 full agreement, 0 as by chance, below 0 less than by chance; nil where it is not defined: no item with
  /// two votes, or votes of one class only.
  public let value: Double?
  /// The lower end of the interval; nil as ``value``.
  public let low: Double?
  /// The upper end of the interval; nil as ``value``.
  public let high: Double?
  /// Items that tell: those with two votes or more, or voted on by both.
  public let items: Int
}

/// Agreement between voters, corrected for chance, with a bootstrap interval over items.
///
/// Share of equal answers overstates agreement: against judges κ is 33 to 41 points below it (arXiv
/// 2606.19544). Which one:
///
/// | measure | for |
/// | --- | --- |
/// | ``cohenKappa(_:_:_:)`` | two voters, such as a judge and a human |
/// | ``fleissKappa(_:)`` | many voters and about as many votes on each item |
/// | ``krippendorffAlpha(_:scale:)`` | any number of votes, missing ones, ordered classes; the default |
/// | ``gwetAC1(_:)`` | one class is nearly everything, where κ and α fall though voters agree |
///
/// Silence is never an answer here. The interval is the percentile interval of samples of items drawn with
/// replacement, by a seed: the same votes give the same interval on every machine.
public struct Agreement: Sendable {
  /// Samples of the interval, 0 for none; default 1,000.
  public var samples: Int
  /// The share of samples inside the interval, above 0 and below 1; default 0.95.
  public var level: Double
  /// Seed of the samples; default 0.
  public var seed: UInt64

  /// Measures with an interval.
  public init(samples: Int = 1000, level: Double = 0.95, seed: UInt64 = 0) {
    self.samples = samples
    self.level = level
    self.seed = seed
  }

  /// Cohen's κ of two voters: (agreement − chance) / (1 − chance), chance by how often each gives each
  /// answer.
  ///
  /// After J. Cohen, Educational and Psychological Measurement 20, 1960.
  public func cohenKappa(_ table: VoteTable, _ first: Int, _ second: Int) -> AgreementEstimate {
    let classes = table.classes
    let patterns = VotePatterns(table) { votes in
      guard let one = votes.first(where: { Int($0.voter) == first }),
        let other = votes.first(where: { Int($0.voter) == second })
      else { return nil }
      return [one.answer * Int32(classes) + other.answer]
    }
    return estimate(patterns) { weights in
      var (items, equal) = (0.0, 0.0)
      var (left, right) = ([Double](repeating: 0, count: classes), [Double](repeating: 0, count: classes))
      for (pattern, weight) in zip(patterns.patterns, weights) {
        let (one, other) = (Int(pattern[0]) / classes, Int(pattern[0]) % classes)
        items += weight
        if one == other { equal += weight }
        left[one] += weight
        right[other] += weight
      }
      let chance = zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } / (items * items)
      return corrected(equal / items, chance)
    }
  }

  /// Fleiss' κ: as Cohen's, chance by how often all together give each answer.
  ///
  /// After J. L. Fleiss, Psychological Bulletin 76, 1971; for items with different numbers of votes as K. L.
  /// Gwet's programs do it: agreement is the mean over items with two votes or more, a class's share that
  /// over all items.
  public func fleissKappa(_ table: VoteTable) -> AgreementEstimate {
    pairwise(table) { shares in shares.reduce(0) { $0 + $1 * $1 } }
  }

  /// Gwet's AC1: chance is that of guessing on hard items only, Σ π (1 − π) / (K − 1).
  ///
  /// After K. L. Gwet, British Journal of Mathematical and Statistical Psychology 61, 2008; items with
  /// different numbers of votes as for ``fleissKappa(_:)``.
  public func gwetAC1(_ table: VoteTable) -> AgreementEstimate {
    pairwise(table) { shares in shares.reduce(0) { $0 + $1 * (1 - $1) } / Double(shares.count - 1) }
  }

  /// Agreement of pairs against a chance that follows from the shares of the classes.
  private func pairwise(_ table: VoteTable, chance: ([Double]) -> Double) -> AgreementEstimate {
    let patterns = VotePatterns(table, leastVotes: 1, byClass: table.classes)
    return estimate(patterns) { weights in
      var (items, pairs, agreement) = (0.0, 0.0, 0.0)
      var shares = [Double](repeating: 0, count: table.classes)
      for (pattern, weight) in zip(patterns.patterns, weights) where weight > 0 {
        let votes = Double(pattern.votes)
        items += weight
        for (answer, count) in pattern.counts { shares[answer] += weight * count / votes }
        guard votes >= 2 else { continue }
        pairs += weight
        agreement += weight * pattern.equalPairs / (votes * (votes - 1))
      }
      guard pairs > 0, shares.count(where: { $0 > 0 }) > 1 else { return nil }
      return corrected(agreement / pairs, chance(shares.map { $0 / items }))
    }
  }

  /// Krippendorff's α: 1 − observed / expected disagreement of pairs of votes, whatever their number on each
  /// item.
  ///
  /// After A. F. Hayes and K. Krippendorff, Communication Methods and Measures 1, 2007.
  public func krippendorffAlpha(_ table: VoteTable, scale: AgreementScale = .nominal) -> AgreementEstimate {
    let classes = table.classes
    let patterns = VotePatterns(table, leastVotes: 2, byClass: classes)
    return estimate(patterns) { weights in
      // Votes by class; the coincidences' margins are the same.
      var margins = [Double](repeating: 0, count: classes)
      for (pattern, weight) in zip(patterns.patterns, weights) where weight > 0 {
        for (answer, count) in pattern.counts { margins[answer] += weight * count }
      }
      let all = margins.reduce(0, +)
      let places = places(scale, margins)
      func distance(_ one: Int, _ other: Int) -> Double {
        if scale == .nominal { return one == other ? 0 : 1 }
        let difference = places[one] - places[other]
        return difference * difference
      }
      var observed = 0.0
      for (pattern, weight) in zip(patterns.patterns, weights) where weight > 0 && pattern.counts.count > 1 {
        var sum = 0.0
        for (index, (one, count)) in pattern.counts.enumerated() {
          for (other, another) in pattern.counts[(index + 1)...] {
            sum += 2 * count * another * distance(one, other)
          }
        }
        observed += weight * sum / Double(pattern.votes - 1)
      }
      var expected = 0.0
      for one in 0..<classes where margins[one] > 0 {
        for other in (one + 1)..<max(classes, one + 1) {
          expected += 2 * margins[one] * margins[other] * distance(one, other)
        }
      }
      guard expected > 0 else { return nil }
      return 1 - (all - 1) * observed / expected
    }
  }

  /// Where classes lie on a line, so that the squared difference is their distance.
  private func places(_ scale: AgreementScale, _ margins: [Double]) -> [Double] {
    switch scale {
    case .nominal, .interval: return margins.indices.map(Double.init)
    case .ordinal:
      // Half of the own votes and all before: the difference of two is what lies between and half of both.
      var before = 0.0
      return margins.map { margin in
        before += margin
        return before - margin / 2
      }
    }
  }

  private func corrected(_ agreement: Double, _ chance: Double) -> Double? {
    chance < 1 - 1e-12 ? (agreement - chance) / (1 - chance) : nil
  }

  // MARK: Intervals

  private func estimate<Pattern>(
    _ patterns: VotePatterns<Pattern>, _ value: ([Double]) -> Double?
  ) -> AgreementEstimate {
    guard patterns.items > 0, let whole = value(patterns.weights) else {
      return AgreementEstimate(value: nil, low: nil, high: nil, items: patterns.tellingItems)
    }
    var values: [Double] = []
    var numbers = SplitMix(state: seed)
    for _ in 0..<samples {
      var weights = [Double](repeating: 0, count: patterns.patterns.count)
      let places = patterns.places
      let count = UInt64(places.count)
      weights.withUnsafeMutableBufferPointer { weights in
        places.withUnsafeBufferPointer { places in
          for _ in 0..<places.count {
            // The high half of the product is a number below count, even to one in 2^40 for a million items.
            weights[Int(places[Int(numbers.next().multipliedFullWidth(by: count).high)])] += 1
          }
        }
      }
      if let value = value(weights) { values.append(value) }
    }
    values.sort()
    guard let first = values.first, let last = values.last else {
      return AgreementEstimate(value: whole, low: nil, high: nil, items: patterns.tellingItems)
    }
    let edge = (1 - level) / 2
    func quantile(_ share: Double) -> Double {
      let place = share * Double(values.count - 1)
      let below = Int(place)
      guard below + 1 < values.count else { return share < 0.5 ? first : last }
      return values[below] + (values[below + 1] - values[below]) * (place - Double(below))
    }
    return AgreementEstimate(
      value: whole, low: quantile(edge), high: quantile(1 - edge), items: patterns.tellingItems)
  }
}
