import Testing

@testable import Curate

@Suite struct WordRunsTests {
  /// The longest share of a run of words, in the way of Gopher: of all its times for 2 to 4 words, of repeats that do not
  /// overlap for 5 to 10.
  private static func exceeds(_ words: [String], _ factor: Double) -> Bool {
    let total = Double(words.reduce(-1) { $0 + $1.utf8.count + 1 })
    for size in 2...10 where words.count >= size {
      let runs = (0...words.count - size).map { words[$0..<$0 + size].joined(separator: " ") }
      var share = 0
      if size <= 4 {
        for (run, times) in Dictionary(grouping: runs, by: { $0 }) where times.count > 1 {
          share = max(share, times.count * run.utf8.count)
        }
        if Double(share) > RepetitionRule.topShares[size - 2] * factor * total { return true }
      } else {
        var seen: Set<String> = []
        var next = 0
        for (place, run) in runs.enumerated() where place >= next && !seen.insert(run).inserted {
          share += run.utf8.count
          next = place + size
        }
        if Double(share) > RepetitionRule.duplicateShares[size - 5] * factor * total { return true }
      }
    }
    return false
  }

  @Test("shares are those of the definition", arguments: [1, 3] as [Double])
  func agreesWithDefinition(_ factor: Double) {
    var state: UInt64 = 31
    func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var passed = 0
    for round in 0..<600 {
      // From few words, which repeat at every turn, to so many that nothing does.
      let vocabulary = [3, 10, 40, 200, 2000][round % 5]
      var words = (0..<2 + below(400)).map { _ in "w\(below(vocabulary))" }
      // Some texts say a part again.
      if below(3) == 0 { words += words.prefix(below(words.count)) }
      let separators = [" ", "  ", "\n", " \n\n"]
      let text = words.map { $0 + separators[below(separators.count)] }.joined()
      let expected = Self.exceeds(words, factor)
      passed += expected ? 1 : 0
      Array(text.utf8).withUnsafeBytes { text in
        guard let runs = WordRuns(text) else {
          Issue.record("a text is not read")
          return
        }
        #expect(runs.count == words.count)
        let found = runs.exceeds(
          top: RepetitionRule.topShares, duplicate: RepetitionRule.duplicateShares, factor: factor)
        #expect(found == expected, "round \(round)")
      }
    }
    #expect(passed > 50 && passed < 550)
  }
}
