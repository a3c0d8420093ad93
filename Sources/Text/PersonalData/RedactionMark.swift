/// A mark that stands in a text in place of personal data: `[EMAIL_1]`.
public enum RedactionMark {
  /// Hands out the marks of a text, in their order: a word of capital letters, digits and `_` of up to 32 bytes, and a
  /// number of up to six digits.
  /// - Parameters:
  ///   - text: UTF-8.
  ///   - body: takes a mark's word and number.
  public static func forEach(in text: UnsafeRawBufferPointer, _ body: (_ word: String, _ number: Int) -> Void)
  {
    var place = 0
    while let start = text[place...].firstIndex(of: 0x5B) {
      place = start + 1
      var end = place
      while end < text.count, end - place < 40, text[end].isMarkByte { end += 1 }
      guard end < text.count, text[end] == 0x5D else { continue }
      let mark = text[place..<end]
      guard let line = mark.lastIndex(of: 0x5F), (1...32).contains(line - place), (2...7).contains(end - line)
      else { continue }
      let digits = mark[(line + 1)...]
      guard digits.allSatisfy({ $0.isMarkDigit }) else { continue }
      body(
        String(decoding: mark[..<line], as: UTF8.self), digits.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }
  }
}

extension UInt8 {
  /// Whether it is a capital letter, a digit or `_`.
  fileprivate var isMarkByte: Bool { (0x41...0x5A).contains(self) || isMarkDigit || self == 0x5F }

  fileprivate var isMarkDigit: Bool { (0x30...0x39).contains(self) }
}
