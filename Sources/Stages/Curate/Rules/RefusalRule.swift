import Records
import Text

/// Drops records whose output declines to answer.
///
/// **Reason** `output-refusal` (drop): the provider's finish reason is `content_filter`, `content-filter`,
/// `refusal` or `safety` in either case; or a sentence that begins within the first 200 bytes of the output
/// declines, in the words of ``RefusalPhrases``. ASCII case does not count, a curly apostrophe is a straight
/// one, and a run of white space is one space.
///
/// In English a refusal is built of parts: an excuse ("I'm sorry, but", "Unfortunately,", "As an AI language
/// model,"), a denial ("I can't", "I'm unable to", "I won't") and a verb. Without an excuse the verb must be
/// one of helping ("help with", "assist", "comply"); after an apology it may be one of giving as well
/// ("provide", "create", "answer"); after "As an AI" none is needed. So "I'm sorry to hear that", "I cannot
/// stress enough", "I can't help but notice" and "I'm sorry, but I can't find your order" are no refusals.
/// Chinese, Dutch, French, German, Italian, Japanese, Portuguese, Russian and Spanish are covered by their
/// commonest forms.
///
/// It has no parameters. The 200 bytes are two to three sentences: later ones are caveats of an answer.
public struct RefusalRule: Rule {
  /// The rule's name.
  public static let name = "refusal"
  /// The rule's version.
  public static let version = 2
  /// The rule's reason codes.
  public static let reasons = ["output-refusal"]

  /// Where a sentence must begin, in bytes from the output's start.
  static let reach = 200
  /// What is read of the output in bytes, so that the last sentence can be judged.
  static let window = 400

  private static let finishes: [StaticString] = ["content_filter", "content-filter", "refusal", "safety"]

  /// Makes the rule.
  public init() {}

  /// Reports an output that declines.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    if let finish = record.finish, ASCIIText.isOne(of: Self.finishes, finish) {
      report(Finding(rule: Self.name, reason: "output-refusal", effect: .drop, part: "output"))
      return
    }
    guard let offset = firstRefusal(record.output) else { return }
    report(
      Finding(rule: Self.name, reason: "output-refusal", effect: .drop, part: "output", offset: offset))
  }

  /// Whether a sentence begins as one that declines may, judged by its first bytes.
  private static func mayDecline(_ head: UnsafeRawBufferPointer) -> Bool {
    guard let base = head.baseAddress else { return false }
    var atStart = true
    let end = min(head.count, reach)
    var place = 0
    while place < end {
      // Letters and spaces within a sentence.
      if !atStart, place + 8 <= end, EightBytes(base, at: place, end: end).areLettersOrSpaces {
        place += 8
        continue
      }
      let byte = head[place]
      switch byte {
      case 0x2E, 0x21, 0x3F, 0x3A, 0x3B, 0x0A: atStart = true
      case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x80...0xFF:
        if atStart, RefusalPhrases.mayOpen(head, place) { return true }
        atStart = false
      default: break
      }
      place += 1
    }
    return false
  }

  /// Where the first sentence that declines begins.
  private func firstRefusal(_ output: UnsafeRawBufferPointer) -> Int? {
    let head = UnsafeRawBufferPointer(rebasing: output.prefix(Self.window))
    guard Self.mayDecline(head) else { return nil }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.window) { buffer -> Int? in
      var length = 0
      var starts = (
        count: 0, normal: InlineArray<32, Int>(repeating: 0), raw: InlineArray<32, Int>(repeating: 0)
      )
      var atStart = true
      var place = 0
      while place < head.count {
        var byte = ASCIIText.lowered(head[place])
        let raw = place
        place += 1
        if byte == 0xE2, place + 1 < head.count, head[place] == 0x80, head[place + 1] == 0x99 {
          byte = 0x27
          place += 2
        }
        switch byte {
        case 0x2E, 0x21, 0x3F, 0x3A, 0x3B, 0x0A: atStart = true  // . ! ? : ; and line feed
        case 0x61...0x7A, 0x30...0x39, 0x80...0xFF:
          if atStart, raw < Self.reach, starts.count < 32 {
            starts.normal[starts.count] = length
            starts.raw[starts.count] = raw
            starts.count += 1
          }
          atStart = false
        default: break
        }
        if ASCIIText.isSpace(byte) {
          if length > 0, buffer[length - 1] != 0x20 {
            buffer[length] = 0x20
            length += 1
          }
        } else {
          buffer[length] = byte
          length += 1
        }
      }
      let text = UnsafeRawBufferPointer(start: buffer.baseAddress, count: length)
      for index in 0..<starts.count where RefusalPhrases.declines(text, from: starts.normal[index]) {
        return starts.raw[index]
      }
      return nil
    }
  }
}
