import Records
import Text

extension CurateParameters {
  /// Parameters of the rule `language`.
  public struct Language: Sendable, Hashable, Codable {
    /// The most languages that may be named.
    public static let allowedCountRange = 0...50

    /// The languages that outputs may be in, by ISO 639-1's codes in lower case (`en`, `de`).
    ///
    /// The default is none, which allows any. At most 50.
    public var allowed: [String] = []

    /// Takes the defaults.
    public init() {}

    /// Whether a text can be the code of a language: two or three letters in lower case, and not `und`.
    public static func isCode(_ text: String) -> Bool {
      (2...3).contains(text.utf8.count) && text.utf8.allSatisfy { $0 &- 0x61 < 26 }
        && text != DetectedLanguage.undetermined
    }
  }
}

/// The languages of a record's last user message and of its output.
public struct RecordLanguages: Sendable, Hashable {
  /// The language of the last user message.
  public let input: DetectedLanguage
  /// The language of the output.
  public let output: DetectedLanguage

  /// Detects both.
  public init(of record: RecordView) {
    input = LanguageDetector.detect(record.input)
    output = LanguageDetector.detect(record.output)
  }
}

/// Finds outputs in a language that was not asked for.
///
/// **Reasons**
/// - `mismatch` (flag): the languages of the last user message and of the output are both known with a
///   confidence of ``sureConfidence`` or more, and differ. A flag only, since whoever asks for a translation
///   gets another language;
/// - `other-language` (drop): the output's language is known and is none of ``allowed``.
///
/// What is too short or in doubt has no language, and no finding. Languages that are often taken for each
/// other (Danish and Norwegian, Croatian and Serbian, Spanish and Galician:
/// ``LanguageDetector/areNear(_:_:)``) count as one. Code between fences, addresses and marks such as
/// `[EMAIL_1]` are not read, and of the rest the first 600 bytes.
///
/// Measured on sentences of ten languages (Leipzig's, by way of lingua; half of them, the other half served for tuning):
/// of 100, 96.8 known and right, 3.2 unknown, 0.3 wrong, many for the sake of an English name or title in them; of texts
/// of one to three words 0.9 wrong. CLD2 alone: 95.6 right, 3.0 unknown, 1.4 wrong.
public struct LanguageRule: Rule {
  /// The rule's name.
  public static let name = "language"
  /// The rule's version.
  public static let version = 1
  /// The rule's reason codes.
  public static let reasons = ["mismatch", "other-language"]
  /// The confidence from which on a difference counts: below it, small words and CLD2 disagreed (measured).
  public static let sureConfidence = 0.7

  /// The languages that outputs may be in; empty, the default, is any.
  public let allowed: [String]

  /// Makes the rule.
  /// - Parameter allowed: the languages that outputs may be in, by their ISO 639-1 codes; default any.
  public init(allowed: [String] = []) { self.allowed = allowed }

  /// Reports an output in another language.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    examine(RecordLanguages(of: record), report)
  }

  /// Reports an output in another language, where the languages are known already.
  public func examine(_ languages: RecordLanguages, _ report: (Finding) -> Void) {
    let (input, output) = (languages.input, languages.output)
    guard output.isKnown else { return }
    if input.isKnown, min(input.confidence, output.confidence) >= Self.sureConfidence,
      !LanguageDetector.areNear(input.code, output.code)
    {
      report(Finding(rule: Self.name, reason: "mismatch", effect: .flag, part: "output"))
    }
    if !allowed.isEmpty, !allowed.contains(where: { LanguageDetector.areNear($0, output.code) }) {
      report(Finding(rule: Self.name, reason: "other-language", effect: .drop, part: "output"))
    }
  }
}
