import Bytes
import Testing
import Text

@Suite struct NormaliserTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let expected: String
    var testDescription: String { text.debugDescription }

    init(_ text: String, _ expected: String) {
      self.text = text
      self.expected = expected
    }
  }

  @Test(arguments: [
    Case("", ""), Case("   \t\n", ""), Case("Hello World", "hello world"), Case("  a  b \r\n c ", "a b c"),
    Case("ABCDEFGHIJKLMNOPQRSTUVWXYZ[@`{", "abcdefghijklmnopqrstuvwxyz[@`{"),
    Case("a\u{A0}\u{200B} \u{FEFF}b", "a b"), Case("\u{FEFF}Text", "text"), Case("x\u{200B}", "x"),
    Case("ÄRGER Straße 是😀", "Ärger straße 是😀"), Case("WORDWITHOUTANYSPACEATALL", "wordwithoutanyspaceatall"),
    Case("\u{200A}a\u{200C}", "\u{200A}a\u{200C}"), Case("a\u{B}b\u{C}c", "a b c"),
    Case("a\u{0}B", "a\u{0}b"),
    Case("12345678 ABCDEFGH  ABCDEFGH ", "12345678 abcdefgh abcdefgh"),
  ])
  func normalForm(_ item: Case) {
    let out = ByteBuffer()
    out.append("kept ")
    Array(item.text.utf8).withUnsafeBytes { TextNormaliser.append($0, to: out) }
    #expect(String(decoding: out.view, as: UTF8.self) == "kept " + item.expected)
  }

  /// The fast loop against the definition, byte by byte.
  @Test func agreesWithDefinition() {
    var numbers = FixedNumbers(state: 5)
    let alphabet = [
      "A", "b", "Z", "z", "@", "[", " ", " ", "\n", "\u{A0}", "\u{200B}", "\u{FEFF}", "é", "是", "9",
    ]
    for _ in 0..<2000 {
      let pieces = (0..<numbers.below(60)).map { _ in alphabet[numbers.below(alphabet.count)] }
      var expected = ""
      for piece in pieces {
        if [" ", "\n", "\u{A0}", "\u{200B}", "\u{FEFF}"].contains(piece) {
          if !expected.isEmpty, expected.last != " " { expected += " " }
        } else {
          expected += piece.utf8.count == 1 ? piece.lowercased() : piece
        }
      }
      if expected.last == " " { expected.removeLast() }
      let out = ByteBuffer()
      Array(pieces.joined().utf8).withUnsafeBytes { TextNormaliser.append($0, to: out) }
      #expect(String(decoding: out.view, as: UTF8.self) == expected)
    }
  }

  /// Nothing behind the end is read, whatever the length, with what stops the fast loop at every place.
  @Test(arguments: [[0x41], [0x20], [0x0A, 0x0A], [0xC3, 0xA9], [0xE2, 0x86, 0x92, 0x20]] as [[UInt8]])
  func everyLength(_ piece: [UInt8]) {
    for length in 0...140 {
      for place in 0...length {
        let inside =
          [UInt8](repeating: 0x42, count: place) + piece + [UInt8](repeating: 0x43, count: length - place)
        // More behind the end, which would show.
        let bytes = inside + Array("Zz".utf8)
        let out = ByteBuffer()
        bytes.withUnsafeBytes {
          TextNormaliser.append(UnsafeRawBufferPointer(rebasing: $0[..<inside.count]), to: out)
        }
        let words = inside.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
          .split { $0 == 0x20 || $0 == 0x0A }.joined(separator: [0x20])
        #expect(out.bytes == Array(words), "\(place) of \(length)")
      }
    }
  }

  @Test func versionIsStored() { #expect(TextNormaliser.version == 1) }

  @Test(arguments: [("", 0), ("abc", 3), ("é是😀", 3), ("e\u{301}", 2), ("👨‍👩‍👧", 5)])
  func characters(_ text: String, _ expected: Int) {
    Array(text.utf8).withUnsafeBytes { #expect(UTF8Text.characterCount($0) == expected) }
    let long = String(repeating: text, count: 1000)
    Array(long.utf8).withUnsafeBytes { #expect(UTF8Text.characterCount($0) == expected * 1000) }
  }
}
