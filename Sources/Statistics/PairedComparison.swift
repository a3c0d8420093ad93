import Foundation

/// What McNemar's test says of two models on the same items.
public struct McNemarTest: Sendable, Hashable {
  /// The probability of a split as uneven, or more, if both were equally good; 0 to 1, never too low.
  public let exact: Double
  /// The same with half the weight on the split that was seen.
  ///
  /// It is nearer to its level, and the one to use (M. W. Fagerland, S. Lydersen, P. Laake, BMC Medical Research
  /// Methodology 13:91, 2013).
  public let midP: Double

  /// Tests two numbers of items.
  ///
  /// After Q. McNemar, Psychometrika 12, 1947; conditional on their sum, by the binomial distribution.
  /// - Parameters:
  ///   - onlyFirst: items that the first has right and the second wrong, 0 or more.
  ///   - onlySecond: items that the second has right and the first wrong, 0 or more.
  public init(onlyFirst: Int, onlySecond: Int) {
    precondition(onlyFirst >= 0 && onlySecond >= 0, "a number of items is not below 0")
    let (all, fewer) = (onlyFirst + onlySecond, min(onlyFirst, onlySecond))
    // The logarithm of all over fewer, over 2^all.
    var logarithm = -Double(all) * log(2)
    for step in 0..<fewer { logarithm += log(Double(all - step) / Double(step + 1)) }
    let point = exp(logarithm)
    var (term, below) = (point, 0.0)
    for number in stride(from: fewer, to: 0, by: -1) {
      term *= Double(number) / Double(all - number + 1)
      below += term
      if term < below * 1e-17 { break }
    }
    let isEven = onlyFirst == onlySecond
    exact = isEven ? 1 : min(1, 2 * (below + point))
    midP = isEven ? 1 - point / 2 : min(1, 2 * below + point)
  }
}

/// Intervals of what two models differ by on the same items.
///
/// Items are drawn with replacement, both models' values together: what is hard for both does not count as chance. The
/// same values and seed give the same interval on every machine.
public struct PairedComparison: Sendable {
  /// How ends are read off the samples.
  public enum Method: String, Sendable, CaseIterable, Codable {
    /// Quantiles of the samples.
    case percentile
    /// Quantiles moved by bias and skewness (B. Efron, JASA 82, 1987), which hold better for few or skewed values.
    case accelerated
  }

  /// Samples, 100 or more; default 2,000.
  ///
  /// From about there on the ends of 95 % move little (B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap,
  /// 1993, section 19.3).
  public var samples: Int
  /// The share of samples inside, above 0 and below 1; default 0.95.
  public var level: Double
  /// Seed of the samples; default 0.
  public var seed: UInt64

  /// Compares with intervals.
  public init(samples: Int = 2000, level: Double = 0.95, seed: UInt64 = 0) {
    self.samples = max(100, samples)
    self.level = level
    self.seed = seed
  }

  /// The mean of the first's values less that of the second's.
  /// - Parameters:
  ///   - first: a value for each item.
  ///   - second: the other's values of the same items, in the same order.
  ///   - method: how ends are read; default bias-corrected and accelerated.
  /// - Returns: nil for fewer than two items.
  public func difference(
    _ first: [Double], _ second: [Double], method: Method = .accelerated
  ) -> IntervalEstimate? {
    precondition(first.count == second.count, "each item has a value of both")
    guard first.count >= 2 else { return nil }
    let values = zip(first, second).map { $0 - $1 }
    let mean = values.reduce(0, +) / Double(values.count)
    var means: [Double] = []
    means.reserveCapacity(samples)
    forEachSample(of: values.count) { places in
      means.append(places.reduce(0) { $0 + values[$1] } / Double(values.count))
    }
    means.sort()
    let edge = (1 - level) / 2
    var shares = (low: edge, high: 1 - edge)
    if method == .accelerated, let moved = Self.moved(shares, means, values, mean) { shares = moved }
    return IntervalEstimate(
      value: mean, low: Self.quantile(means, shares.low), high: Self.quantile(means, shares.high))
  }

  /// Hands out samples of items, drawn with replacement.
  /// - Parameters:
  ///   - count: the number of items, 1 or more.
  ///   - body: takes the places of as many items.
  public func forEachSample(of count: Int, _ body: ([Int]) -> Void) {
    precondition(count > 0, "nothing can be drawn from nothing")
    var numbers = SplitMix(state: seed)
    var places = [Int](repeating: 0, count: count)
    for _ in 0..<samples {
      // The high half of the product is a number below count.
      for index in places.indices {
        places[index] = Int(numbers.next().multipliedFullWidth(by: UInt64(count)).high)
      }
      body(places)
    }
  }

  /// The ends of the share ``level`` of sorted values.
  /// - Returns: nil for no value.
  public func ends(of sorted: [Double]) -> (low: Double, high: Double)? {
    guard !sorted.isEmpty else { return nil }
    let edge = (1 - level) / 2
    return (Self.quantile(sorted, edge), Self.quantile(sorted, 1 - edge))
  }

  /// Shares moved by the samples' bias and the values' skewness; nil where either is not defined.
  private static func moved(
    _ shares: (low: Double, high: Double), _ sorted: [Double], _ values: [Double], _ mean: Double
  ) -> (low: Double, high: Double)? {
    // Equal values count as half below, as for few different values many are.
    let below = Double(sorted.count { $0 < mean } + sorted.count { $0 <= mean }) / 2
    let bias = normalQuantile(below / Double(sorted.count))
    var (squares, cubes) = (0.0, 0.0)
    for value in values {
      let apart = value - mean
      squares += apart * apart
      cubes += apart * apart * apart
    }
    guard bias.isFinite, squares > 0 else { return nil }
    let skewness = cubes / (6 * squares * squares.squareRoot())
    func moved(_ share: Double) -> Double {
      let sum = bias + normalQuantile(share)
      return erfc(-(bias + sum / (1 - skewness * sum)) / 2.0.squareRoot()) / 2
    }
    return (moved(shares.low), moved(shares.high))
  }

  private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let place = min(max(share, 0), 1) * Double(sorted.count - 1)
    let below = Int(place)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    return sorted[below] + (sorted[below + 1] - sorted[below]) * (place - Double(below))
  }
}

extension IntervalEstimate {
  /// The mean difference of two models, from a judge on all items and a human or a verifier on some.
  ///
  /// ``predictionPowered(human:judge:others:level:)`` of differences: what is hard for both, and what the judge is
  /// wrong about for both, cancels item by item.
  /// - Parameters:
  ///   - judged: the judge's word on the first less that on the second, for each item.
  ///   - truth: the same of a human or a verifier, nil for items that none has seen; in the same order.
  ///   - level: the share of intervals that hold the truth; default 0.95.
  /// - Returns: nil for fewer than two items with a truth.
  public static func predictionPoweredDifference(
    judged: [Double], truth: [Double?], level: Double = 0.95
  ) -> IntervalEstimate? {
    precondition(judged.count == truth.count, "each item has a judge's word")
    var (human, judge, others): ([Double], [Double], [Double]) = ([], [], [])
    for (said, known) in zip(judged, truth) {
      if let known {
        human.append(known)
        judge.append(said)
      } else {
        others.append(said)
      }
    }
    return predictionPowered(human: human, judge: judge, others: others, level: level)
  }
}
