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
    let kept = min(max(probability, 1e-6), 1 - 1e-6)
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
    var scale = StudentScale(slope: 0.5, offset: 0)
    for _ in 0..<50 {
      // A weak pull to nothing keeps the step finite where the classes part cleanly.
      var gradient = (scale.slope * 1e-3, scale.offset * 1e-3)
      var curve = (1e-3, 0.0, 1e-3)
      for (odd, target) in zip(odds, targets) {
        let wanted = low + (high - low) * target
        let said = 1 / (1 + exp(-(scale.slope * odd + scale.offset)))
        let weight = max(said * (1 - said), 1e-9)
        gradient.0 += (said - wanted) * odd
        gradient.1 += said - wanted
        curve.0 += weight * odd * odd
        curve.1 += weight * odd
        curve.2 += weight
      }
      let scaleOf = curve.0 * curve.2 - curve.1 * curve.1
      guard scaleOf > 1e-12 else { break }
      let step = (
        (curve.2 * gradient.0 - curve.1 * gradient.1) / scaleOf,
        (curve.0 * gradient.1 - curve.1 * gradient.0) / scaleOf
      )
      scale.slope -= min(max(step.0, -1), 1)
      scale.offset -= min(max(step.1, -2), 2)
      if abs(step.0) < 1e-9, abs(step.1) < 1e-9 { break }
    }
    guard scale.slope > 0 else {
      return StudentScale(slope: 0, offset: odds.isEmpty ? 0 : Self.odds((good + 1) / (good + bad + 2)))
    }
    return scale
  }
}
