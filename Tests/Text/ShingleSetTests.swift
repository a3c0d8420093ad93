import Testing
import Text

@Suite struct ShingleSetTests {
  /// A set of numbers that are spread evenly, one for each index.
  private func set(_ indices: some Sequence<Int>) -> ShingleSet {
    let values = Set(
      indices.map { index in
        var numbers = FixedNumbers(state: UInt64(index))
        return UInt32(truncatingIfNeeded: numbers.next())
      }
    ).sorted()
    return ShingleSet(smallest: Array(values.prefix(ShingleSet.limit)), count: values.count)
  }

  @Test(
    arguments: [
      (0..<0, 0..<0, 1), (0..<1, 0..<0, 0), (0..<5, 0..<5, 1), (0..<5, 5..<9, 0), (0..<10, 5..<15, 5.0 / 15),
      (0..<512, 0..<512, 1), (0..<512, 256..<768, 256.0 / 768), (0..<4, 0..<5, 0.8), (0..<7, 0..<10, 0.7),
    ] as [(Range<Int>, Range<Int>, Double)])
  func whole(_ left: Range<Int>, _ right: Range<Int>, _ expected: Double) {
    let (left, right) = (set(left), set(right))
    #expect(left.isWhole && right.isWhole)
    #expect(ShingleSet.jaccard(left, right) == expected)
    #expect(ShingleSet.jaccard(right, left) == expected)
    #expect(ShingleSet.areSimilar(left, right, threshold: expected))
    #expect(ShingleSet.areSimilar(right, left, threshold: expected))
    if expected < 1 { #expect(!ShingleSet.areSimilar(left, right, threshold: expected + 1e-9)) }
  }

  @Test(
    arguments: [(513, 0.8), (700, 0.8), (1000, 0.9), (3000, 0.5), (3000, 0.8), (20_000, 0.3)]
      as [(Int, Double)])
  func estimated(_ union: Int, _ similarity: Double) {
    let both = Int(similarity * Double(union))
    let edge = (union - both) / 2
    for offset in [0, 100_000, 200_000, 300_000] {
      let left = set(offset..<offset + both + edge)
      let right = set(offset + edge..<offset + union)
      let error = (similarity * (1 - similarity) / Double(ShingleSet.limit)).squareRoot()
      let value = ShingleSet.jaccard(left, right)
      #expect(abs(value - similarity) < 4 * error)
      #expect(ShingleSet.jaccard(right, left) == value)
    }
  }

  /// One set is whole, the other is not.
  @Test func halfWhole() {
    let (left, right) = (set(0..<400), set(0..<2000))
    #expect(left.isWhole && !right.isWhole)
    #expect(abs(ShingleSet.jaccard(left, right) - 0.2) < 0.07)
    #expect(!ShingleSet.areSimilar(left, right, threshold: 0.21))
  }

  /// Where the similarity is estimated the margin shrinks with the union, and nothing below the threshold
  /// passes.
  @Test(arguments: [(560, 0.82), (700, 0.86), (1000, 0.88), (3000, 0.9)] as [(Int, Double)])
  func margin(_ union: Int, _ passing: Double) {
    func similar(_ similarity: Double, _ offset: Int) -> Bool {
      let both = Int((similarity * Double(union)).rounded())
      let edge = (union - both) / 2
      return ShingleSet.areSimilar(
        set(offset..<offset + both + edge), set(offset + edge..<offset + union), threshold: 0.8)
    }
    var passed = 0
    for offset in stride(from: 0, to: 1_000_000, by: 50_000) {
      #expect(!similar(0.795, offset))
      if similar(passing, offset) { passed += 1 }
    }
    #expect(passed >= 18)
  }

  @Test func identicalTextsAlwaysMerge() {
    for count in [0, 1, 512, 513, 5000] {
      for threshold in [0.0, 0.8, 0.99, 1] {
        #expect(ShingleSet.areSimilar(set(0..<count), set(0..<count), threshold: threshold))
      }
    }
  }

  @Test func recordsAreSimilarInBothParts() {
    let (text, other, none) = (set(0..<50), set(100..<150), set(0..<0))
    func record(_ input: ShingleSet, _ output: ShingleSet) -> RecordSketch {
      RecordSketch(bands: [], input: input, output: output)
    }
    let expected: [(RecordSketch, RecordSketch, Bool)] = [
      (record(text, other), record(text, other), true), (record(text, other), record(text, text), false),
      (record(text, other), record(other, other), false), (record(none, text), record(none, text), true),
      (record(none, text), record(text, none), false), (record(none, none), record(none, none), true),
    ]
    for (left, right, similar) in expected {
      #expect(RecordSketch.areSimilar(left, right, threshold: 0.8) == similar)
    }
  }
}
