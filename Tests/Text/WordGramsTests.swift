import Testing
import Text

@Suite struct WordGramsTests {
  private func scan(_ text: String, with grams: WordGrams = WordGrams()) -> WordGrams {
    Array(text.utf8).withUnsafeBytes { grams.scan($0) }
    return grams
  }

  private func grams(_ text: String, _ size: Int) -> [(hash: UInt64, range: Range<Int>)] {
    var found: [(UInt64, Range<Int>)] = []
    scan(text).forEachGram(size) { found.append(($0, $1)) }
    return found
  }

  /// The hash of a run alone must be that of the run inside a text, whatever went before.
  @Test(arguments: [1, 2, 5, 13, 64])
  func rollsAsIfAlone(_ size: Int) {
    var numbers = FixedNumbers(state: 9)
    let words = (0..<100).map { _ in "w\(numbers.below(30))" }
    let found = grams(words.joined(separator: " "), size)
    #expect(found.count == 100 - size + 1)
    for (place, gram) in found.enumerated() {
      let alone = grams(words[place..<place + size].joined(separator: ",\n"), size)
      #expect(alone.map(\.hash) == [gram.hash])
    }
  }

  @Test func places() {
    let text = "  One, two — three é. "
    let bytes = Array(text.utf8)
    let found = grams(text, 2).map { String(decoding: bytes[$0.range], as: UTF8.self) }
    #expect(found == ["One, two", "two — three", "three é"])
  }

  @Test(arguments: [("", 1, 0), ("a b", 3, 0), ("a b c", 3, 1), ("a b c", 1, 3), ("...", 1, 0)])
  func counts(_ text: String, _ size: Int, _ expected: Int) {
    #expect(grams(text, size).count == expected)
  }

  /// Order counts, and so does each word; punctuation and case do not.
  @Test func tellsRunsApart() {
    let same = ["a b c", "A, b... C!", "a\u{200B} b\nc"].flatMap { grams($0, 3).map(\.hash) }
    #expect(Set(same).count == 1)
    let other = ["a b c", "a c b", "c b a", "b a c", "a b b", "a b", "ab c d"].compactMap {
      scan($0).wholeText
    }
    #expect(Set(other).count == 7)
  }

  @Test func wholeText() {
    #expect(scan("").wholeText == nil)
    #expect(scan("x y z").wholeText == grams("x y z", 3)[0].hash)
  }

  @Test func bodyMayThrow() {
    struct Stop: Error {}
    var calls = 0
    #expect(throws: Stop.self) {
      try scan("a b c d").forEachGram(2) { _, _ in
        calls += 1
        if calls == 2 { throw Stop() }
      }
    }
    #expect(calls == 2)
  }

  /// Of 200,000 runs of few words no two share a hash.
  @Test func noCollisions() {
    let grams = WordGrams()
    var seen: Set<UInt64> = []
    let text = (0..<100_000).map { "\($0 % 317) \($0 % 1009)" }.joined(separator: " ")
    _ = scan(text, with: grams)
    grams.forEachGram(4) { hash, _ in seen.insert(hash) }
    // Both remainders at two steps, from either word on.
    #expect(seen.count == 2 * 100_000 - 3)
  }
}
