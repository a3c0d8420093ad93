import Foundation

/// A share or a mean with its interval.
public struct IntervalEstimate: Sendable, Hashable, Codable {
  /// The estimate.
  public let value: Double
  /// The lower end.
  public let low: Double
  /// The upper end.
  public let high: Double

  /// States an estimate.
  public init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }

  /// An estimate of a share, whose interval is neither below 0 nor above 1.
  public var asShare: IntervalEstimate {
    IntervalEstimate(value: value, low: max(0, low), high: min(1, high))
  }
}

extension IntervalEstimate {
  /// A share of successes with Wilson's score interval, which holds at few trials and at shares near 0 and 1.
  ///
  /// After E. B. Wilson, JASA 22, 1927.
  /// - Parameters:
  ///   - successes: 0 up to trials; fractions are allowed, for weighted counts.
  ///   - trials: above 0.
  ///   - level: the share of intervals that hold the truth; default 0.95.
  /// - Returns: nil without a trial.
  public static func wilson(successes: Double, trials: Double, level: Double = 0.95) -> IntervalEstimate? {
    guard trials > 0, successes >= 0, successes <= trials else { return nil }
    let deviations = normalQuantile(0.5 + level / 2)
    let square = deviations * deviations
    let share = successes / trials
    let centre = (share + square / (2 * trials)) / (1 + square / trials)
    let width =
      deviations / (1 + square / trials)
      * (share * (1 - share) / trials + square / (4 * trials * trials)).squareRoot()
    // Rounding must not put the ends past what the formula gives exactly at 0 and at 1.
    return IntervalEstimate(
      value: share, low: successes == 0 ? 0 : max(0, centre - width),
      high: successes == trials ? 1 : min(1, centre + width))
  }

  /// The mean of what humans would say of all items, from a judge on all of them and humans on a few.
  ///
  /// Prediction-powered inference with its weight tuned (PPI++: A. N. Angelopoulos, J. C. Duchi, T. Zrnic,
  /// arXiv 2311.01453): λ · mean of the judge + mean of (human − λ · judge), with λ = Cov(human, judge) / ((1
  /// + n/N) · Var(judge)), kept from 0 to 1: a judge that knows nothing does not count, and the interval is
  /// never wider than that of the humans alone by more than chance.
  /// - Parameters:
  ///   - human: what humans said of the n items that they saw.
  ///   - judge: what the judge said of the same items, in the same order.
  ///   - others: what the judge said of the N items that no human saw.
  ///   - level: the share of intervals that hold the truth; default 0.95.
  /// - Returns: nil for fewer than two items with a human.
  public static func predictionPowered(
    human: [Double], judge: [Double], others: [Double], level: Double = 0.95
  ) -> IntervalEstimate? {
    precondition(human.count == judge.count, "each item that a human saw has a judge's word")
    guard human.count >= 2 else { return nil }
    let (seen, unseen) = (Double(human.count), Double(others.count))
    func mean(_ values: [Double]) -> Double {
      values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }
    func variance(_ values: [Double]) -> Double {
      let mean = mean(values)
      return values.count < 2
        ? 0 : values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }
    let (humanMean, judgeMean) = (mean(human), mean(judge))
    var covariance = 0.0
    for (one, other) in zip(human, judge) { covariance += (one - humanMean) * (other - judgeMean) }
    covariance /= seen - 1
    let spread = variance(judge + others)
    let weight =
      unseen > 0 && spread > 0 ? min(1, max(0, covariance / ((1 + seen / unseen) * spread))) : 0
    let rest = zip(human, judge).map { $0 - weight * $1 }
    let value = weight * mean(others) + mean(rest)
    var square = variance(rest) / seen
    if unseen > 0 { square += weight * weight * variance(others.count > 1 ? others : judge) / unseen }
    let width = normalQuantile(0.5 + level / 2) * square.squareRoot()
    return IntervalEstimate(value: value, low: value - width, high: value + width)
  }
}

/// The number that a standard normal stays below with this probability; good to 1e-9 relative.
///
/// P. J. Acklam's rational approximation with one step of Halley's method.
func normalQuantile(_ probability: Double) -> Double {
  guard probability > 0 else { return -.infinity }
  guard probability < 1 else { return .infinity }
  let a = [
    -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
    -3.066479806614716e+01, 2.506628277459239e+00,
  ]
  let b = [
    -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
    -1.328068155288572e+01,
  ]
  let c = [
    -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
    4.374664141464968e+00, 2.938163982698783e+00,
  ]
  let d = [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00]
  func tail(_ part: Double) -> Double {
    let q = (-2 * log(part)).squareRoot()
    let above = ((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]
    return above / ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1)
  }
  var value: Double
  if probability < 0.02425 {
    value = tail(probability)
  } else if probability > 1 - 0.02425 {
    value = -tail(1 - probability)
  } else {
    let q = probability - 0.5
    let r = q * q
    let above = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q
    value = above / (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1)
  }
  let error = 0.5 * erfc(-value / 2.0.squareRoot()) - probability
  let step = error * (2 * Double.pi).squareRoot() * exp(value * value / 2)
  value -= step / (1 + value * step / 2)
  return value
}
