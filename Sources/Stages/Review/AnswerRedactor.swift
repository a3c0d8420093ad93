import Text

/// Puts marks in place of personal data in what people type, before it is stored.
///
/// Numbers of new marks go on behind those of the marks that stand in the text already, since a corrected output keeps
/// the marks of the output that it corrects. Redacting what was redacted changes nothing.
///
/// Owned by one task at a time.
public final class AnswerRedactor {
  private let redactor: Redactor

  /// A redactor.
  /// - Parameter kinds: what is replaced; default all that patterns find.
  public init(kinds: Set<PersonalDataKind> = PersonalDataKind.patterns) {
    redactor = Redactor(scanner: PersonalDataScanner(kinds: kinds))
  }

  /// The marks that the last text got, by kind.
  public var counts: [(kind: PersonalDataKind, count: Int)] { redactor.counts }

  /// A text with marks.
  public func redacted(_ text: String) -> String {
    var copy = text
    return copy.withUTF8 { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      var highest: [PersonalDataKind: Int] = [:]
      RedactionMark.forEach(in: raw) { word, number in
        if let kind = PersonalDataKind(rawValue: word) { highest[kind] = max(highest[kind] ?? 0, number) }
      }
      redactor.begin(after: highest)
      return String(decoding: redactor.redacted(raw), as: UTF8.self)
    }
  }

  /// An answer whose correction and note have marks.
  public func redacted(_ answer: ReviewAnswer) -> ReviewAnswer {
    var copy = answer
    copy.correction = answer.correction.map(redacted)
    copy.note = answer.note.map(redacted)
    return copy
  }
}
