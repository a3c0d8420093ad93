import Foundation

/// Turns a student's raw probabilities into ones that hold: a line in log odds, fitted on predictions out of fold.
///
/// Platt's method with his smoothed targets (1999), by Newton steps: two numbers, which a few hundred items settle,
/// where isotonic regression wants thousands.
public struct StudentScale: Sendable, Hashable, Codable {
  /// The slope, 0 or more: a student whose predictions run against the labels says nothing.
  public var slope: Double
  /// The offset.
  public var offset: Double

  /// Leaves probabilities as they are.
  public static let none = StudentScale(slope: 1, offset: 0)

  /// States a scale.
  public init(slope: Double, offset: Double) {
    self.slope = slope
    self.offset = offset
  }

  private static func odds(_ probability: Double) -> Double {
    let kept = min(max(probability, 1e-4), 1 - 1e-4)
    return log(kept / (1 - kept))
  }

  /// The scaled probability.
  public func callAsFunction(_ probability: Double) -> Double {
    1 / (1 + exp(-(slope * Self.odds(probability) + offset)))
  }

  /// Fits a scale.
  /// - Parameters:
  ///   - predictions: raw probabilities of good, out of fold.
  ///   - targets: the probabilities of good that they should have, by the same index.
  /// - Returns: the scale; ``none`` for fewer than ten items.
  public static func fit(_ predictions: [Double], _ targets: [Double]) -> StudentScale {
    guard predictions.count >= 10 else { return .none }
    let good = targets.reduce(0, +)
    let bad = Double(targets.count) - good
    let high = (good + 1) / (good + 2)
    let low = 1 / (bad + 2)
    let odds = predictions.map(odds)
    let wanted = targets.map { low + (high - low) * $0 }
    // A weak pull to nothing keeps the numbers finite where the classes part cleanly.
    let pull = 1e-3
    func loss(_ scale: StudentScale) -> Double {
      var sum = pull / 2 * (scale.slope * scale.slope + scale.offset * scale.offset)
      for (odd, want) in zip(odds, wanted) {
        let value = scale.slope * odd + scale.offset
        sum += (value > 0 ? value + log1p(exp(-value)) : log1p(exp(value))) - want * value
      }
      return sum
    }
    var scale = StudentScale(slope: 0, offset: log((good + 1) / (bad + 1)))
    var least = loss(scale)
    for _ in 0..<50 {
      var gradient = (scale.slope * pull, scale.offset * pull)
      var curve = (pull, 0.0, pull)
      for (odd, want) in zip(odds, wanted) {
        let said = 1 / (1 + exp(-(scale.slope * odd + scale.offset)))
        let weight = said * (1 - said)
        gradient.0 += (said - want) * odd
        gradient.1 += said - want
        curve.0 += weight * odd * odd
        curve.1 += weight * odd
        curve.2 += weight
      }
      let determinant = curve.0 * curve.2 - curve.1 * curve.1
      guard determinant > 0 else { break }
      var step = (
        (curve.2 * gradient.0 - curve.1 * gradient.1) / determinant,
        (curve.0 * gradient.1 - curve.1 * gradient.0) / determinant
      )
      // A full step may leap over the valley; half of it, or less, does not.
      var next = scale
      for _ in 0..<20 {
        next = StudentScale(slope: scale.slope - step.0, offset: scale.offset - step.1)
        if loss(next) <= least { break }
        step = (step.0 / 2, step.1 / 2)
      }
      let now = loss(next)
      guard now < least - 1e-10 else { break }
      scale = next
      least = now
    }
    guard scale.slope > 0 else {
      return StudentScale(slope: 0, offset: odds.isEmpty ? 0 : Self.odds((good + 1) / (good + bad + 2)))
    }
    return scale
  }
}
