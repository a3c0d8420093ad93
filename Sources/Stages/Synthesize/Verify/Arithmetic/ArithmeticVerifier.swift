/// Whether the equations in an output hold.
///
/// It finds equations of numbers, such as `12 × 3 = 36`, `$5.20 + 1.30 = $6.50`, `15 % of 80 = 12` and `3 km + 500 m
/// = 3.5 km`, with parentheses, chains (`3 + 4 = 7 = 14 / 2`) and LaTeX's `\times`, and computes them with exact
/// fractions. A number that stands alone counts as rounded to the places it shows: `10 / 3 = 3.33` holds, `10 / 3 =
/// 3.34` does not. Units are the millimetre to the kilometre, the milligram to the kilogram, the millilitre and the
/// litre, the millisecond to the hour, per cent, and dollars, euros, pounds and yen; a number without one has that of
/// the number it is added to or compared with. Commas, narrow spaces and apostrophes part thousands.
///
/// It is made to call no right equation wrong. What holds a word, a power, a root, a unit it does not know, more than
/// 18 digits or a hyphen that may be a range's is left alone, and so are code blocks. The time taken is linear in the
/// output.
///
/// | code | of |
/// | --- | --- |
/// | `arithmetic-wrong` | an equation whose sides differ |
/// | `unit-mismatch` | one that adds or equates different kinds of things |
public struct ArithmeticVerifier: OutputVerifier {
  /// `arithmetic`.
  public let name = "arithmetic"

  /// Verifies equations.
  public init() {}

  /// Verifies an output; not applicable where it holds no equation that can be judged.
  public func verify(_ output: VerifiedOutput) async throws -> Verification {
    var reader = ArithmeticReader(output.output)
    reader.read()
    if let failure = reader.failure { return .failed(failure) }
    return reader.hasJudged ? .passed : .notApplicable
  }
}
