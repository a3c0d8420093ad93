import Records
import Text

/// Drops records whose input or output is empty, too short or too long to learn from.
///
/// **Reasons** (all drop)
/// - `output-empty`: the output is empty or white space, and calls no tool;
/// - `output-too-short`: it has fewer characters than ``minOutputCharacters``, and calls no tool;
/// - `output-too-long`: it has more characters than ``maxOutputCharacters``;
/// - `input-empty`: the last user message is empty or white space, and there is no media;
/// - `input-too-long`: all input messages together have more characters than ``maxInputCharacters``.
///
/// A character is a Unicode scalar. The upper limits are about four characters a token for 50,000 tokens of
/// output and 100,000 of input, which is more than fine-tuning services take in one example; they are there
/// against logs with whole files in them, not as a measure of quality.
public struct LengthRule: Rule {
  /// The rule's name.
  public static let name = "length"
  /// The rule's version.
  public static let version = 1
  /// The rule's reason codes.
  public static let reasons = [
    "input-empty", "input-too-long", "output-empty", "output-too-long", "output-too-short",
  ]
  /// What ``minOutputCharacters`` may be.
  public static let minOutputCharactersRange = CurateParameters.Length.minimumRange
  /// What ``maxOutputCharacters`` may be.
  public static let maxOutputCharactersRange = CurateParameters.Length.maximumRange
  /// What ``maxInputCharacters`` may be.
  public static let maxInputCharactersRange = CurateParameters.Length.maximumRange

  /// The shortest output, in characters; default 1, legal 1 to 1,000,000.
  public let minOutputCharacters: Int
  /// The longest output, in characters; default 200,000, legal 1 to 100,000,000.
  public let maxOutputCharacters: Int
  /// The longest input of all messages together, in characters; default 400,000, legal 1 to 100,000,000.
  public let maxInputCharacters: Int

  /// Makes the rule.
  /// - Parameters:
  ///   - minOutputCharacters: the shortest output in characters; default 1.
  ///   - maxOutputCharacters: the longest output in characters; default 200,000.
  ///   - maxInputCharacters: the longest input in characters; default 400,000.
  public init(
    minOutputCharacters: Int = 1, maxOutputCharacters: Int = 200_000, maxInputCharacters: Int = 400_000
  ) {
    self.minOutputCharacters = minOutputCharacters
    self.maxOutputCharacters = maxOutputCharacters
    self.maxInputCharacters = maxInputCharacters
  }

  /// Reports what is empty, too short or too long.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    func drop(_ reason: String, _ part: String) {
      report(Finding(rule: Self.name, reason: reason, effect: .drop, part: part))
    }
    if isBlank(record.input), !record.hasMedia { drop("input-empty", "input") }
    if exceeds(record.conversation, maxInputCharacters) { drop("input-too-long", "input") }
    if isBlank(record.output) {
      if !record.hasToolCalls { drop("output-empty", "output") }
    } else if !record.hasToolCalls, !exceeds(record.output, minOutputCharacters - 1) {
      drop("output-too-short", "output")
    } else if exceeds(record.output, maxOutputCharacters) {
      drop("output-too-long", "output")
    }
  }

  private func isBlank(_ text: UnsafeRawBufferPointer) -> Bool {
    for byte in text where !ASCIIText.isSpace(byte) { return false }
    return true
  }

  /// Whether the text has more characters than `limit`; counted only where its bytes do not tell.
  private func exceeds(_ text: UnsafeRawBufferPointer, _ limit: Int) -> Bool {
    if text.count <= limit { return false }
    return UTF8Text.characterCount(text) > limit
  }
}
