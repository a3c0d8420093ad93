import Bytes
import Testing
import Text

@Suite struct TextFolderTests {
  static func folded(_ text: [UInt8], spelledOut: Bool = false) -> [UInt8]? {
    let out = ByteBuffer()
    return text.withUnsafeBytes { TextFolder.append($0, spelledOut: spelledOut, to: out) } ? out.bytes : nil
  }

  @Test(
    arguments: [
      ("plain", nil), ("naïve café", nil), ("Привет", nil), ("日本語", nil), ("👨‍👩‍👧", "👨👩👧"),
      ("ig\u{200B}nore", "ignore"),
      ("ｉｇｎｏｒｅ", "ignore"), ("𝐈𝐠𝐧𝐨𝐫𝐞", "Ignore"), ("іgnоrе", "ignore"), ("Ιgnore", "Ignore"),
      ("e\u{301}x", "ex"),
      ("\u{E0049}\u{E0067}", "Ig"), ("soft\u{AD}hyphen", "softhyphen"), ("𝟏𝟐", "12"), ("оно was", nil),
    ] as [(String, String?)])
  func folds(_ text: String, _ expected: String?) {
    #expect(Self.folded(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } == expected)
  }

  @Test(
    arguments: [
      ("i g n o r e", "ignore"), ("i g n o r e  a l l  that", "ignore  a l l  that"),
      ("i.g.n.o.r.e it", "ignore it"),
      ("a b c", nil), ("say i-g-n-o-r-e now", "say ignore now"), ("I g n o rest", "Igno rest"),
    ] as [(String, String?)])
  func closesUp(_ text: String, _ expected: String?) {
    #expect(
      Self.folded(Array(text.utf8), spelledOut: true).map { String(decoding: $0, as: UTF8.self) } == expected)
  }

  /// Places of the form lead to the characters they came from, and never into one.
  @Test func places() {
    let text = Array("a ig\u{200B}nore і𝐠 x".utf8)
    let form = Self.folded(text) ?? []
    #expect(String(decoding: form, as: UTF8.self) == "a ignore іg x")
    text.withUnsafeBytes { view in
      for place in 0...form.count {
        let source = TextFolder.source(of: place, in: view, spelledOut: false)
        #expect(
          source == view.count || view[source] & 0xC0 != 0x80
            || form[min(place, form.count - 1)] & 0xC0 == 0x80)
      }
      #expect(TextFolder.source(of: 4, in: view, spelledOut: false) == 4)
    }
  }

  @Test func neverLongerWhateverTheBytes() {
    var numbers = FixedNumbers(state: 3)
    for _ in 0..<300 {
      let text = (0..<numbers.below(300)).map { _ in UInt8(numbers.below(256)) }
      for spelledOut in [false, true] {
        #expect(Self.folded(text, spelledOut: spelledOut)?.count ?? 0 <= text.count)
      }
    }
  }
}
