import Bytes
import Catalog
import Lake
import Records
import Review
import Testing
import Text

@Suite("Corrections and preferences become feedback") struct AnswerCollectorTests {
  @Test("a correction is written once, with marks, taken back by an undo, and counts again after a redo")
  func correction() throws {
    let bench = try AnswerBench(.correct)
    try bench.log([("chat/a", "Call ann@example.com"), ("chat/b", "Right")])
    try bench.fill(["chat/a", "chat/b"])
    let first = try bench.answer("ann", "corrected") {
      $0.correction = "Ask [EMAIL_1] or bob@example.com — 日本語 👩‍💻 \"quoted\"\\"
    }
    #expect(first == "chat/a")
    #expect(try bench.answer("ann", "fine") == "chat/b")
    var account = try bench.collect()
    #expect(
      [account.corrections, account.preferences, account.retracted, account.repeated] as [Int] == [
        1, 0, 0, 0,
      ])
    #expect(account.feedback.new == 1)
    #expect(try bench.feedback("chat/a") == ["correction - × 1"])
    #expect(try bench.feedback("chat/b") == [])
    #expect(try text(bench) == "Ask [EMAIL_1] or [EMAIL_2] — 日本語 👩‍💻 \"quoted\"\\")

    account = try bench.collect("again")
    #expect([account.corrections, account.retracted, account.repeated] as [Int] == [0, 0, 1])
    #expect(account.feedback.total == 0, "what is there is not written again")

    let desk = try bench.desk("ann")
    _ = try desk.undo()
    _ = try desk.undo()
    account = try bench.collect("undone")
    #expect([account.corrections, account.retracted, account.feedback.updated] as [Int] == [0, 1, 1])
    #expect(try bench.feedback("chat/a") == ["correction - × 0"])
    #expect(try bench.catalog.numbers(where: "has_correction") == [])
    #expect(try bench.collect("nothing").feedback.total == 0)

    _ = try desk.redo()
    account = try bench.collect("redone")
    #expect([account.corrections, account.feedback.updated] as [Int] == [1, 1])
    #expect(try bench.feedback("chat/a") == ["correction - × 1"])
    #expect(try bench.catalog.numbers(where: "has_correction") == [1])
  }

  private func text(_ bench: AnswerBench) throws -> String? {
    let candidates = try bench.catalog.unreadFeedback(reader: 1, limit: 9)
    let place = try #require(candidates.first?.place)
    return try LakeBodies(lake: bench.lake).read(.feedback, place) { $0["correction"]?.string }
  }

  struct Preference: Sendable, CustomTestStringConvertible {
    let label: String
    let first, second: String
    var testDescription: String { label }
  }

  @Test(
    "a preference ranks both outputs",
    arguments: [
      Preference(label: "first", first: "rank 0.0 × 1", second: "rank 1.0 × 1"),
      Preference(label: "second", first: "rank 1.0 × 1", second: "rank 0.0 × 1"),
      Preference(label: "tie", first: "rank 0.5 × 1", second: "rank 0.5 × 1"),
    ])
  func preference(_ row: Preference) throws {
    let bench = try AnswerBench(.prefer)
    try bench.log([("chat/a", "One"), ("chat/b", "Two")])
    try bench.fill(["chat/a"], with: ["chat/a": "chat/b"])
    try bench.answer("ann", row.label)
    let account = try bench.collect()
    #expect([account.preferences, account.feedback.new] as [Int] == [1, 2])
    #expect(try bench.feedback("chat/a") == [row.first])
    #expect(try bench.feedback("chat/b") == [row.second])
  }

  @Test("what most people prefer ranks first") func majority() throws {
    let bench = try AnswerBench(.prefer) { $0.quota = 3 }
    try bench.log([("chat/a", "One"), ("chat/b", "Two")])
    try bench.fill(["chat/a"], with: ["chat/a": "chat/b"])
    for (name, label) in [("ann", "second"), ("bob", "second"), ("cleo", "first")] {
      try bench.answer(name, label)
    }
    _ = try bench.collect()
    try bench.catalog.commitCuration(
      rules: try bench.catalog.rulesVersion(digest: "r"),
      [1, 2].map { CurationResult(number: $0, decision: .kept, reason: nil, findings: []) })
    let ranks = Dictionary(
      uniqueKeysWithValues: try bench.catalog.candidates(among: [1, 2]).map { ($0.id, $0.rank ?? -1) })
    let (first, second) = (ranks["chat/a"] ?? 0, ranks["chat/b"] ?? 0)
    #expect(abs(first - 2.0 / 3) < 1e-9)
    #expect(abs(second - 1.0 / 3) < 1e-9)
  }
}
