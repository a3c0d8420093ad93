import Testing
import Text

@Suite struct WordLexiconTests {
  static let lexicon = WordLexicon([
    ("darn", .weak), ("heck", .hint), ("villain", .strong), ("go away now", .threat), ("bad egg", .weak),
    ("egg", .hint),
    ("antidisestablishmentarian", .weak), ("блин", .weak), ("four word phrase here", .weak),
  ])

  static func found(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var result: [String] = []
    bytes.withUnsafeBytes { view in
      _ = lexicon.scan(view) { match in
        result.append(
          "\(match.grade) "
            + String(decoding: view[match.offset..<match.offset + match.length], as: UTF8.self))
      }
    }
    return result
  }

  @Test(arguments: [
    ("Darn it!", ["weak Darn"]), ("darned", []), ("d4rn D@RN", ["weak d4rn", "weak D@RN"]),
    ("“darn” darn… 😀darn😀", ["weak darn", "weak darn", "weak darn"]),
    ("a bad egg", ["hint egg", "weak bad egg"]), ("bad, egg", ["hint egg", "weak bad, egg"]),
    ("egg", ["hint egg"]),
    ("please go away now", ["threat go away now"]), ("go away", []), ("now go away", []),
    ("villain,darn", ["strong villain", "weak darn"]),
    ("dar", []), ("d4rnation", []), ("darn7", []), ("(darn)", ["weak darn"]),
    ("unknown. Go -- away; NOW", ["threat Go -- away; NOW"]),
    ("we go away now", ["threat go away now"]), ("12 bad\n\n34 EGG", ["hint EGG", "weak bad\n\n34 EGG"]),
    ("antidisestablishmentarian", ["weak antidisestablishmentarian"]), ("antidisestablishmentariam", []),
    ("блин!", ["weak блин"]),
    ("four word phrase here", []), ("", []), ("12345", []),
  ])
  func findsWholeWords(_ text: String, _ expected: [String]) { #expect(Self.found(text) == expected) }

  @Test func surveys() {
    let survey = Array("one two—three".utf8).withUnsafeBytes { Self.lexicon.scan($0) { _ in } }
    #expect(survey.words == 3)
    #expect(survey.hasBytesBeyondASCII)
    #expect(Self.lexicon.count == 8)
  }

  @Test func takesAnyBytes() {
    var numbers = FixedNumbers(state: 4)
    for _ in 0..<200 {
      let text = (0..<numbers.below(400)).map { _ in UInt8(numbers.below(256)) }
      text.withUnsafeBytes { view in
        _ = Self.lexicon.scan(view) { #expect($0.offset + $0.length <= view.count) }
      }
    }
  }
}
