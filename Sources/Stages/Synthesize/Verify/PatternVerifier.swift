import Text

/// Whether an output matches what it must, and nothing that it must not.
///
/// Patterns are RE2's, which takes time linear in the output; upper and lower case differ unless a pattern says
/// `(?i)`. A pattern matches anywhere unless it says `^` or `\A`. An empty output matches nothing.
///
/// | code | of |
/// | --- | --- |
/// | `pattern-missing` | an output without a match of a pattern that must match |
/// | `pattern-forbidden` | an output with a match of one that must not |
public struct PatternVerifier: OutputVerifier {
  /// `pattern`.
  public let name = "pattern"
  private let patterns: PatternSet
  private let required: Int

  /// Verifies with patterns.
  /// - Parameters:
  ///   - required: patterns that must each match; default none.
  ///   - forbidden: patterns none of which may match; default none.
  /// - Throws: ``VerifierFault`` with `bad-pattern` for one that RE2 does not take, `no-pattern` for none at all.
  public init(required: [String] = [], forbidden: [String] = []) throws {
    guard !required.isEmpty || !forbidden.isEmpty else { throw VerifierFault(.noPattern) }
    self.required = required.count
    do {
      // A group each, so that one with many matches hides no other.
      patterns = try PatternSet((required + forbidden).map { PatternGroup(["(?-i)\($0)"]) })
    } catch let fault as PatternFault {
      let isRequired = fault.group < required.count
      let number = (isRequired ? fault.group : fault.group - required.count) + 1
      throw VerifierFault(
        .badPattern, place: "\(isRequired ? "required" : "forbidden").\(number)", detail: fault.reason)
    }
  }

  /// Verifies an output; always applicable.
  public func verify(_ output: VerifiedOutput) async throws -> Verification {
    var found = [Bool](repeating: false, count: patterns.count)
    var text = output.output
    text.withUTF8 { bytes in
      _ = patterns.scan(UnsafeRawBufferPointer(bytes), limit: 1) { match in
        found[match.number] = true
        return true
      }
    }
    if found[required...].contains(true) { return .failed("pattern-forbidden") }
    return found[..<required].contains(false) ? .failed("pattern-missing") : .passed
  }
}
