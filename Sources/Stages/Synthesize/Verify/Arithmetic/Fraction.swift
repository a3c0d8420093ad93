/// An exact fraction of 128-bit integers, in lowest terms, its denominator above 0.
///
/// Every operation gives nil where a number would not fit, so that what cannot be computed exactly is not judged.
struct Fraction: Hashable, Sendable {
  let numerator: Int128
  let denominator: Int128

  static let zero = Fraction(whole: 0)
  static let hundred = Fraction(whole: 100)

  init(whole: Int128) {
    numerator = whole
    denominator = 1
  }

  init?(_ numerator: Int128, _ denominator: Int128) {
    guard denominator != 0, numerator != .min, denominator != .min else { return nil }
    var (one, other) = (abs(numerator), abs(denominator))
    while other != 0 { (one, other) = (other, one % other) }
    let sign: Int128 = denominator < 0 ? -1 : 1
    self.numerator = sign * (numerator / one)
    self.denominator = sign * (denominator / one)
  }

  var negated: Fraction? { Fraction(-numerator, denominator) }
  var inverted: Fraction? { Fraction(denominator, numerator) }
  var magnitude: Fraction? { numerator < 0 ? negated : self }

  /// Whether it is not above another; nil where it cannot be told.
  func isAtMost(_ other: Fraction) -> Bool? { (self - other).map { $0.numerator <= 0 } }
}

extension Fraction? {
  static func + (left: Fraction?, right: Fraction?) -> Fraction? {
    guard let left, let right else { return nil }
    let (one, first) = left.numerator.multipliedReportingOverflow(by: right.denominator)
    let (other, second) = right.numerator.multipliedReportingOverflow(by: left.denominator)
    let (sum, third) = one.addingReportingOverflow(other)
    let (parts, fourth) = left.denominator.multipliedReportingOverflow(by: right.denominator)
    return first || second || third || fourth ? nil : Fraction(sum, parts)
  }

  static func - (left: Fraction?, right: Fraction?) -> Fraction? { left + right?.negated }

  static func * (left: Fraction?, right: Fraction?) -> Fraction? {
    guard let left, let right else { return nil }
    let (product, first) = left.numerator.multipliedReportingOverflow(by: right.numerator)
    let (parts, second) = left.denominator.multipliedReportingOverflow(by: right.denominator)
    return first || second ? nil : Fraction(product, parts)
  }

  static func / (left: Fraction?, right: Fraction?) -> Fraction? { left * right?.inverted }
}
