import Testing

@testable import Label

@Suite("Distance of corrections") struct WordDistanceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let left: String
    let right: String
    let distance: Double
    var testDescription: String { id }
  }

  @Test(arguments: [
    Case(id: "equal", left: "a b c d", right: "a b c d", distance: 0),
    Case(id: "case and punctuation", left: "Hello, world!", right: "hello world", distance: 0),
    Case(id: "one of four changed", left: "a b c d", right: "a x c d", distance: 0.25),
    Case(id: "one of five added", left: "a b c d", right: "a b x c d", distance: 0.2),
    Case(id: "all of it", left: "a b", right: "c d", distance: 1),
    Case(id: "a move of one word", left: "a b c d e", right: "b c d e a", distance: 0.4),
    Case(id: "against nothing", left: "a b c", right: "", distance: 1),
    Case(id: "two nothings", left: "", right: "", distance: 0),
    Case(id: "marks without words", left: "...", right: "!!!", distance: 1),
  ])
  func table(_ item: Case) {
    #expect(Self.distance(item.left, item.right) == item.distance)
    #expect(Self.distance(item.right, item.left) == item.distance)
  }

  @Test("the bit-parallel distance is that of the plain table, over block borders")
  func plain() {
    var state: UInt64 = 7
    func next(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    for lengths in [
      (1, 1), (3, 5), (63, 64), (64, 64), (64, 130), (65, 64), (128, 127), (200, 129), (300, 40),
    ] {
      for alphabet: UInt64 in [2, 5, 1000] {
        let left = (0..<lengths.0).map { _ in next(alphabet) }
        let right = (0..<lengths.1).map { _ in next(alphabet) }
        #expect(WordDistance.levenshtein(left[...], right[...]) == Self.plain(left, right))
      }
    }
  }

  @Test("a huge text is compared in no more than its length, and a touch-up of it stays one")
  func huge() {
    let words = (0..<40_000).map { "w\($0 % 5000)" }
    var changed = words
    changed[20_000] = "other"
    #expect(Self.distance(words.joined(separator: " "), changed.joined(separator: " ")) == 1.0 / 40_000)
    let other = (0..<40_000).map { "x\($0 % 5000)" }
    #expect(Self.distance(words.joined(separator: " "), other.joined(separator: " ")) == 1)
    let half = words.enumerated().map { $0.offset.isMultiple(of: 2) ? "y" : $0.element }
    #expect(abs(Self.distance(words.joined(separator: " "), half.joined(separator: " ")) - 0.5) < 0.001)
  }

  private static func distance(_ left: String, _ right: String) -> Double {
    var (left, right) = (left, right)
    return left.withUTF8 { left in
      right.withUTF8 {
        WordDistance().distance(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer($0))
      }
    }
  }

  private static func plain(_ left: [UInt64], _ right: [UInt64]) -> Int {
    var row = Array(0...right.count)
    for (index, word) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let next = min(row[column] + 1, row[column + 1] + 1, diagonal + (right[column] == word ? 0 : 1))
        diagonal = row[column + 1]
        row[column + 1] = next
      }
    }
    return row[right.count]
  }
}
