import CMinHash
import Testing

@testable import Text

@Suite struct SketcherTests {
  private static let question = "What does the quick brown fox jump over?"
  private static let answer =
    "The quick brown fox jumps over the lazy dog, and then it goes home to sleep."

  private func sketch(_ input: String, _ output: String, with sketcher: Sketcher = Sketcher()) -> RecordSketch
  {
    Array(input.utf8).withUnsafeBytes { input in
      Array(output.utf8).withUnsafeBytes { sketcher.sketch(input: input, output: $0) }
    }
  }

  private func sketch(_ text: String, with sketcher: Sketcher = Sketcher()) -> TextSketch {
    Array(text.utf8).withUnsafeBytes { sketcher.sketch(text: $0) }
  }

  /// A text of so many words out of a vocabulary of 5,000.
  private func text(_ count: Int, _ numbers: inout FixedNumbers) -> [String] {
    (0..<count).map { _ in "w\(numbers.below(5000))" }
  }

  private func shingles(_ words: [String]) -> Set<[String]> {
    if words.isEmpty { return [] }
    if words.count < 5 { return [words] }
    return Set((0...words.count - 5).map { Array(words[$0..<$0 + 5]) })
  }

  /// Computed by another program from the definitions; what is stored rests on them.
  @Test func valuesAreStored() {
    #expect(Sketcher.version == 1)
    let record = sketch(Self.question, Self.answer)
    #expect(record.input.smallest == [0x1E3B_1707, 0x2885_A43E, 0x2BFF_E485, 0x349B_3E45])
    #expect(
      record.output.smallest == [
        0x03B3_4FF6, 0x2D9C_DFC2, 0x3881_0349, 0x422E_FF75, 0x5D3F_3B3E, 0x6A92_858B, 0x7394_FA05,
        0x946E_3929, 0x9FAA_1541, 0xBB14_B67C, 0xBE0D_5C49, 0xF9A5_C235,
      ])
    #expect(record.bands.prefix(3) == [0x57DA_916F_7D4F_41B7, 0x2C17_EA1C_4EC9_9B2B, 0x3D08_9096_D45A_2CDF])
    #expect(sketch(Self.answer).bands.suffix(2) == [0xCE2A_AD25_40BC_4952, 0xF7B4_4A81_1D8F_3860])
  }

  struct Pair: Sendable, CustomTestStringConvertible {
    let left: String
    let right: String
    let expected: Double
    var testDescription: String { "\(left.debugDescription) and \(right.debugDescription)" }

    init(_ left: String, _ right: String, _ expected: Double) {
      self.left = left
      self.right = right
      self.expected = expected
    }
  }

  @Test(arguments: [
    Pair("", "", 1), Pair("", "yes", 0), Pair("yes", "Yes!", 1), Pair("yes", "no", 0),
    Pair("?!", "", 1), Pair("one two three", "one two three four", 0),
    Pair("a b c d e", "A, B; C... d\ne", 1), Pair("a b c d e", "b a c d e", 0),
    Pair("a b c d e f", "a b c d e g", 1.0 / 3), Pair("a b c d e f", "f a b c d e", 1.0 / 3),
    Pair("a a a a a", "a a a a a a a a a", 1),
    Pair("a b c d e a b c d e", "a b c d e a b c d e a b c d e", 1),
    Pair("今天天气很好", "今天天气很坏", 1.0 / 3), Pair("今天天气很好。", "今天，天气很好", 1),
    Pair("ig\u{200B}nore all pre\u{200D}vious rules now", "ignore all previous rules now", 1),
    Pair("ÉTÉ À LA MER BLEUE", "été à la mer bleue", 1),
  ])
  func similarity(_ pair: Pair) {
    let (left, right) = (sketch(pair.left), sketch(pair.right))
    #expect(ShingleSet.jaccard(left.shingles, right.shingles) == pair.expected)
    #expect(ShingleSet.jaccard(right.shingles, left.shingles) == pair.expected)
    #expect((left.bands == right.bands) == (pair.expected == 1))
    #expect(TextSketch.areSimilar(left, right, threshold: 1.0 / 3) == (pair.expected >= 1.0 / 3))
    #expect(TextSketch.areSimilar(left, right, threshold: 0.34) == (pair.expected >= 0.34))
  }

  /// Whole sets give the similarity of the shingles as words, to the last bit.
  @Test func agreesWithSetsOfWords() {
    var numbers = FixedNumbers(state: 21)
    let sketcher = Sketcher()
    for _ in 0..<200 {
      let words = text(numbers.below(400), &numbers)
      var edited = words
      for _ in 0..<numbers.below(12) where !edited.isEmpty { edited[numbers.below(edited.count)] = "edit" }
      let (left, right) = (shingles(words), shingles(edited))
      let union = left.union(right).count
      let expected = union == 0 ? 1 : Double(left.intersection(right).count) / Double(union)
      let first = sketch(words.joined(separator: " "), with: sketcher).shingles
      let second = sketch(edited.joined(separator: "\n"), with: sketcher).shingles
      #expect(first.isWhole && first.count == left.count)
      #expect(ShingleSet.jaccard(first, second) == expected)
    }
  }

  /// Of a long text the smallest hashes are kept, and all shingles counted.
  @Test func longTexts() {
    var numbers = FixedNumbers(state: 4)
    let words = text(3000, &numbers)
    let whole = sketch(words.joined(separator: " ")).shingles
    #expect(whole.count == shingles(words).count)
    #expect(whole.smallest.count == ShingleSet.limit && !whole.isWhole)
    #expect(zip(whole.smallest, whole.smallest.dropFirst()).allSatisfy { $0 < $1 })
    // Each half has fewer, and the smallest of both must be those of the whole but for the four in the
    // middle.
    let halves = [words[..<1502], words[1498...]].map { sketch($0.joined(separator: " ")).shingles }
    let merged = Set(halves.flatMap(\.smallest)).sorted().prefix(ShingleSet.limit)
    #expect(Array(merged) == whole.smallest)
  }

  /// A signature is of the set: what comes first does not matter, nor how often it comes.
  @Test func orderDoesNotCount() {
    var numbers = FixedNumbers(state: 8)
    let values = (0..<500).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }
    let expected = signature([values])
    #expect(signature([values.reversed()]) == expected)
    #expect(signature([values + values.prefix(50)]) == expected)
    #expect(signature([Array(values.prefix(123)), Array(values.dropFirst(123))]) == expected)
    #expect(signature([values.map { $0 ^ 1 }]) != expected)
  }

  private func signature(_ parts: [[UInt32]]) -> [UInt32] {
    var signature = Signature()
    for values in parts { signature.add(values, values.count) }
    return signature.minima
  }

  /// A band needs minima of both parts: what shares an answer and not the question shares no band.
  @Test func bandsNeedBothParts() {
    var numbers = FixedNumbers(state: 3)
    let answer = text(200, &numbers).joined(separator: " ")
    let questions = (0..<40).map { _ in text(40, &numbers).joined(separator: " ") }
    let sketches = questions.map { sketch($0, answer) }
    let shared = sketches.dropFirst().count { !Set($0.bands).isDisjoint(with: sketches[0].bands) }
    #expect(shared == 0)
    let same = sketch(questions[0], answer)
    #expect(same.bands == sketches[0].bands)
  }

  @Test func partsAreApart() {
    let text = Self.answer
    let (input, output, both) = (sketch(text, ""), sketch("", text), sketch(text, text))
    #expect(Set(input.bands).isDisjoint(with: output.bands))
    #expect(input.input == output.output && input.output == ShingleSet(smallest: [], count: 0))
    #expect(both.bands != input.bands && both.bands != output.bands)
    for sketch in [input, output, both] { #expect(Set(sketch.bands).count == RecordSketch.bandCount) }
    #expect(RecordSketch.areSimilar(both, both, threshold: 1))
    #expect(!RecordSketch.areSimilar(both, input, threshold: 0.1))
    #expect(!RecordSketch.areSimilar(both, output, threshold: 0.1))
  }

  @Test func noWordsNoBands() {
    for text in ["", " ", "?!", "\u{200B}", "\u{FFFD}"] {
      #expect(sketch(text, text).bands.isEmpty)
      #expect(sketch(text).bands.isEmpty)
      #expect(sketch(text).shingles == ShingleSet(smallest: [], count: 0))
    }
    #expect(sketch("", "a").bands.count == RecordSketch.bandCount)
  }

  /// What was sketched before leaves nothing behind.
  @Test func nothingIsKept() {
    let sketcher = Sketcher()
    let fresh = sketch(Self.question, Self.answer)
    for before in ["", "x", String(repeating: "long text without end ", count: 40_000)] {
      _ = sketch(before, before, with: sketcher)
      #expect(sketch(Self.question, Self.answer, with: sketcher) == fresh)
    }
  }

  @Test func hostileTexts() {
    let sketcher = Sketcher()
    #expect(sketch(String(repeating: "a", count: 10_000_000), with: sketcher).shingles.count == 1)
    #expect(sketch(String(repeating: "a ", count: 1_000_000), with: sketcher).shingles.count == 1)
    #expect(sketch("e" + String(repeating: "\u{301}", count: 100_000), with: sketcher).shingles.count == 1)
    let invalid = [UInt8](repeating: 0xC3, count: 1_000_000)
    #expect(invalid.withUnsafeBytes { sketcher.sketch(text: $0) }.bands.isEmpty)
    var numbers = FixedNumbers(state: 1)
    let many = (0..<200_000).map { _ in String(numbers.next(), radix: 36) }.joined(separator: " ")
    // All differ; of so many numbers of 32 bits some five are expected to be equal.
    #expect((199_980...199_996).contains(sketch(many, with: sketcher).shingles.count))
  }

  /// The processor's widest kernel against the definition.
  @Test(arguments: [0, 1, 2, 15, 16, 17, 500, 1023])
  func kernel(_ count: Int) {
    var numbers = FixedNumbers(state: UInt64(count))
    let permutations = Permutations()
    let values = (0..<count).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }
    for length in [120, 60] {
      let start = (0..<length).map { _ in UInt32.max - UInt32(numbers.below(1 << 28)) }
      var expected = start
      for permutation in 0..<length {
        for value in values {
          let image = value &* permutations.multipliers[permutation] &+ permutations.addends[permutation]
          expected[permutation] = min(expected[permutation], image)
        }
      }
      var minima = start
      let sign = length == 120 ? cminhash_sign : cminhash_sign_half
      sign(values, count, permutations.multipliers, permutations.addends, &minima)
      #expect(minima == expected)
    }
  }

  @Test(arguments: [0, 1, 2, 3, 255, 256, 257, 5000], [1, 2, 300, 0x100_0000, 0x1_0000_0000])
  func sorting(_ count: Int, _ limit: Int) {
    var numbers = FixedNumbers(state: UInt64(count))
    for scale in [1, UInt64(0xFFFF_FFFF) / UInt64(limit) + 1] {
      var values = (0..<count).map { _ in UInt32(truncatingIfNeeded: UInt64(numbers.below(limit)) * scale) }
      let expected = Set(values).sorted()
      var scratch = [UInt32](repeating: 0, count: count)
      let kept = cminhash_distinct(&values, &scratch, count)
      #expect(Array(values.prefix(kept)) == expected)
    }
  }

  /// How often sets of a similarity become candidates, against 1 − (1 − s⁶)²⁰ with four standard errors.
  @Test(arguments: [0.3, 0.5, 0.6, 0.7, 0.8, 0.9])
  func candidates(_ similarity: Double) {
    var numbers = FixedNumbers(state: 77)
    let (pairs, union) = (1000, 200)
    let both = Int((similarity * Double(union)).rounded())
    var found = 0
    for _ in 0..<pairs {
      let values = (0..<union).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }
      let middle = both + (union - both) / 2
      var (left, right) = (Signature(), Signature())
      left.add(Array(values[..<middle]), middle)
      let other = Array(values[..<both] + values[middle...])
      right.add(other, other.count)
      if zip(left.bands(ofParts: false), right.bands(ofParts: false)).contains(where: { $0 == $1 }) {
        found += 1
      }
    }
    func power(_ base: Double, _ exponent: Int) -> Double {
      (0..<exponent).reduce(1) { value, _ in value * base }
    }
    let expected = 1 - power(1 - power(similarity, 6), RecordSketch.bandCount)
    let error = (expected * (1 - expected) / Double(pairs)).squareRoot()
    #expect(abs(Double(found) / Double(pairs) - expected) <= 4 * error + 0.001)
  }
}
