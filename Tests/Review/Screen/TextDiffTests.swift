import Statistics
import Testing

@testable import Review

@Suite("Review screen: changes") struct TextDiffTests {
  @Test("changes by lines, and in them by words") func words() throws {
    let hunks = TextDiff.hunks("a\nThe lamp is red.\nz", "a\nThe lamp is very green.\nz")
    let hunk = try #require(hunks.first)
    #expect(hunks.count == 1)
    #expect(hunk.context == ["a"])
    #expect(
      hunk.before == [
        [
          .init(change: .same, text: "The lamp is "), .init(change: .removed, text: "red"),
          .init(change: .same, text: "."),
        ]
      ])
    #expect(
      hunk.after == [
        [
          .init(change: .same, text: "The lamp is "), .init(change: .added, text: "very green"),
          .init(change: .same, text: "."),
        ]
      ])
  }

  @Test("lines that came and went") func lines() {
    #expect(TextDiff.lines("a\nb\nc", "a\nc\nd", width: 40).map(\.text) == ["  a", "- b", "  c", "+ d"])
    #expect(TextDiff.lines("same", "same", width: 40).isEmpty)
    #expect(TextDiff.lines("", "new", width: 40).map(\.text) == ["- ", "+ new"])
  }

  @Test("what is the same is counted, not shown") func skipped() {
    let old = (1...20).map { "line \($0)" }.joined(separator: "\n")
    let lines = TextDiff.lines(old, old + "\nend", width: 40).map(\.text)
    #expect(lines == ["… 18 lines unchanged", "  line 19", "  line 20", "+ end"])
  }

  @Test("a long line shows what is around its change") func shortened() {
    let long = String(repeating: "word ", count: 2000)
    let lines = TextDiff.lines(long + "red", long + "green", width: 80).map(\.text)
    #expect(lines.count < 12)
    #expect(lines[0].hasPrefix("- … "))
    #expect(lines.contains { $0.hasSuffix("red") })
    #expect(lines.contains { $0.hasSuffix("green") })
  }

  @Test("hostile text of a change is shown as marks") func hostile() {
    #expect(TextDiff.lines("a", "a\u{1B}[2J", width: 40).map(\.text).last == "+ a^[[2J")
  }

  @Test("common elements are those that can be kept", arguments: 1...30) func common(_ seed: Int) {
    var numbers = SplitMix(state: UInt64(seed))
    let a = (0..<40).map { _ in Int.random(in: 0..<6, using: &numbers) }
    let b = (0..<40).map { _ in Int.random(in: 0..<6, using: &numbers) }
    let pairs = TextDiff.common(a, b)
    #expect(pairs.allSatisfy { a[$0.0] == b[$0.1] })
    #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.0 < $1.0 && $0.1 < $1.1 })
    let kept = a.difference(from: b).removals.count
    #expect(pairs.count == b.count - kept)
  }
}
