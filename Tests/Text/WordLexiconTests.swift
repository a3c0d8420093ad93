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
      lexicon.scan(view) { match in
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

  @Test(arguments: [1, 95, 96, 97, 1000, 5000]) func phrasesAcrossGaps(_ spaces: Int) {
    let gap = String(repeating: " ", count: spaces)
    #expect(Self.found("x go\(gap)away\(gap)now") == ["threat go\(gap)away\(gap)now"])
    #expect(Self.found("bad 12\(gap)34 egg") == ["hint egg", "weak bad 12\(gap)34 egg"])
    #expect(
      Self.found("\(String(repeating: "b", count: spaces))ad egg")
        == (spaces == 1 ? ["hint egg", "weak bad egg"] : ["hint egg"]))
  }

  @Test func counts() { #expect(Self.lexicon.count == 8) }

  /// The search for beginnings against words taken one by one.
  @Test func agreesWithDefinition() {
    var numbers = FixedNumbers(state: 23)
    let pieces = [
      "darn", "d4rn", "HECK", "villain", "go", "away", "now", "bad", "egg", "3gg", "блин", "42", "it", "a",
      "x", "antidote",
      "antidisestablishmentarian", "— ", "…", "“", "😀", " ", " ", " ", " ", "\n", ",", "@", "$", "'", "é",
    ]
    let signs = Array("0o1i3e4a5s7t@a$s")
    let letters: [Character: Character] = Dictionary(
      uniqueKeysWithValues: stride(from: 0, to: signs.count, by: 2).map { (signs[$0], signs[$0 + 1]) })
    let entries = [
      "darn": "weak", "heck": "hint", "villain": "strong", "go away now": "threat", "bad egg": "weak",
      "egg": "hint",
      "antidisestablishmentarian": "weak", "блин": "weak",
    ]
    for round in 0..<4000 {
      let count = numbers.below(round % 100 == 0 ? 2000 : 24)
      let text = (0..<count).map { _ in pieces[numbers.below(pieces.count)] }.joined()
      let words = text.lowercased().split { character in
        !(character.isLetter || character.isNumber || character == "@" || character == "$")
      }.filter { $0.contains { $0.isLetter } }.map { String($0.map { letters[$0] ?? $0 }) }
      var expected: [String] = []
      for index in words.indices {
        for length in 1...3 where index + 1 >= length {
          if let grade = entries[words[(index + 1 - length)...index].joined(separator: " ")] {
            expected.append(grade)
          }
        }
      }
      #expect(Self.found(text).map { String($0.prefix { $0 != " " }) } == expected, "\(text)")
    }
  }

  @Test func takesAnyBytes() {
    var numbers = FixedNumbers(state: 4)
    for _ in 0..<200 {
      let text = (0..<numbers.below(400)).map { _ in UInt8(numbers.below(256)) }
      text.withUnsafeBytes { view in
        Self.lexicon.scan(view) { #expect($0.offset + $0.length <= view.count) }
      }
    }
  }
}
