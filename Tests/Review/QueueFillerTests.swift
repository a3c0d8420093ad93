import Bytes
import Foundation
import GRDB
import Records
import Review
import Testing

@testable import Catalog

extension AnswerBench {
  /// Decides on all that was logged: kept, but for those named.
  func curate(drop: Set<String> = [], findings: [String: [Finding]] = [:]) throws {
    let version = try catalog.rulesVersion(digest: "rules")
    for segment in try catalog.pendingSegments(rules: version) {
      let pending = try catalog.pendingInteractions(segment: segment.number, rules: version)
      let ids = try catalog.pool.read { db in
        try pending.map {
          try String.fetchOne(db, sql: "SELECT id FROM interactions WHERE number = ?", arguments: [$0.number])
            ?? ""
        }
      }
      try catalog.commitCuration(
        rules: version,
        zip(pending, ids).map { row, id in
          CurationResult(
            number: row.number, decision: drop.contains(id) ? .dropped : .kept,
            reason: drop.contains(id) ? "length/empty" : nil, findings: findings[id] ?? [])
        })
    }
  }

  func set(_ id: String, entropy: Double? = nil, good: Double = 0, bad: Double = 0) throws {
    try catalog.pool.write { db in
      try db.execute(
        sql: "UPDATE interactions SET entropy = ?, good = ?, bad = ?, label = 'good' WHERE id = ?",
        arguments: [entropy, good, bad, id])
    }
  }

  func filler(_ change: (inout QueueDefinition) -> Void) -> QueueFiller {
    change(&queue)
    return QueueFiller(catalog: catalog, queue: queue, run: "run", time: now)
  }

  /// The items of the queue in their order: interaction, reason, slice and value.
  func standing() throws -> [String] {
    try catalog.pool.read { db in
      try String.fetchAll(
        db,
        sql: """
          SELECT interaction || ' ' || reason || ' ' || coalesce(slice, '-') || ' ' || round(value, 2)
          FROM review_items WHERE queue = 'daily' AND gold IS NULL ORDER BY value DESC, interaction
          """)
    }
  }
}

@Suite("Filling queues") struct QueueFillerTests {
  private func bench(_ ids: [String] = ["a", "b", "c", "d"], drop: Set<String> = []) throws -> AnswerBench {
    let bench = try AnswerBench()
    try bench.log(ids.map { ($0, "output \($0)") })
    try bench.curate(drop: drop)
    return bench
  }

  @Test("uncertain labels come in by their entropy, dropped records and sure ones do not, and nothing twice")
  func uncertain() throws {
    let bench = try bench(drop: ["d"])
    for (id, entropy) in [("a", 0.6), ("b", 0.9), ("c", 0.2), ("d", 1)] {
      try bench.set(id, entropy: entropy)
    }
    let filler = bench.filler { $0.fill = [QueueFill(.uncertain)] }
    let first = try filler.fill()
    #expect(first.added == ["uncertain": 2] && first.open == 2)
    #expect(try bench.standing() == ["b uncertain - 0.9", "a uncertain - 0.6"])
    #expect(try filler.fill().added == [:])
  }

  @Test("what the escalation left for people, votes on both sides, and suspects") func reasons() throws {
    let bench = try bench()
    try bench.catalog.setHumanItems(
      [
        HumanItemRow(
          content: AnswerBench.content("a"), interaction: "a", priority: 1, good: 0.5, reason: "uncertain")
      ], run: "run")
    try bench.set("b", entropy: 0.1, good: 1, bad: 1)
    try bench.catalog.addJudgeFlags(
      [
        JudgeFlagRow(
          content: AnswerBench.content("c"), voter: "j", version: "1", reason: "judge-hijacked",
          interaction: "c")
      ], run: "run")
    try bench.catalog.pool.write { db in
      try db.execute(
        sql: "INSERT INTO label_suspects (content_hash, score) VALUES (?, 0.7)",
        arguments: [Data(AnswerBench.content("d").bytes)])
    }
    let account = try bench.filler {
      $0.fill = [QueueFill(.uncertain), QueueFill(.disagreeing), QueueFill(.suspect)]
    }.fill()
    #expect(account.added == ["uncertain": 1, "disagreeing": 1, "suspect": 2])
    #expect(
      try bench.standing() == [
        "a uncertain - 1.0", "b disagreeing - 1.0", "c suspect - 1.0", "d suspect - 0.7",
      ])
  }

  @Test("slices under their target are filled up to it, those that lack more first") func coverage() throws {
    let bench = try bench(["a", "b", "c", "d", "e"])
    _ = try bench.filler {
      $0.slices = [
        .init(name: "front", condition: "id IN ('a', 'b', 'c')"),
        .init(name: "back", condition: "id IN ('c', 'd')"),
      ]
      var fill = QueueFill(.coverage)
      fill.target = 2
      $0.fill = [fill]
    }.fill()
    #expect(
      try bench.standing().map { $0.dropFirst(2) }.sorted() == [
        "coverage back 1.0", "coverage front 1.0", "coverage front 1.0",
      ])
    try bench.answer("ann", "good")
    let again = try QueueFiller(catalog: bench.catalog, queue: bench.queue, run: "run", time: bench.now)
      .fill()
    #expect(again.total == 0, "one is answered and one is open of two")
  }

  @Test("an audit draws the same each time, and the limit holds for what is open") func audit() throws {
    let bench = try bench((0..<200).map { "r\($0)" })
    let filler = bench.filler {
      var fill = QueueFill(.audit)
      fill.share = 0.5
      fill.limit = 40
      $0.fill = [fill]
    }
    #expect(try filler.fill().added == ["audit": 40])
    #expect(try filler.fill().total == 0)
    try bench.answer("ann", "good")
    #expect(try filler.fill().total == 1)
    let other = try AnswerBench()
    try other.log((0..<200).map { ("r\($0)", "output r\($0)") })
    try other.curate()
    _ = try QueueFiller(catalog: other.catalog, queue: bench.queue, run: "x", time: other.now).fill()
    #expect(Set(try other.standing()).isSubset(of: Set(try bench.standing())))
  }

  @Test(
    "an adjudication takes what others disagree on, shows what they said without names, and counts as exposed"
  )
  func adjudication() throws {
    let bench = try AnswerBench { $0.quota = 2 }
    try bench.log([("a", "x"), ("b", "y")])
    try bench.curate()
    try bench.fill(["a", "b"])
    for (labeler, labels) in [("ann", ["good", "good"]), ("bob", ["bad", "good"])] {
      for label in labels { try bench.answer(labeler, label) }
    }
    var judge = QueueDefinition(name: "court")
    judge.task = .adjudicate
    judge.guideline = "Decide."
    judge.gold.share = 0
    judge.fill = [QueueFill(.adjudication)]
    let filler = QueueFiller(catalog: bench.catalog, queue: judge, run: "run", time: bench.now)
    #expect(try filler.fill().added == ["adjudication": 1])
    #expect(try filler.fill().total == 0)
    let desk = try bench.desk("cleo", judge)
    let item = try #require(try desk.next())
    let opinions = try desk.content(item).opinions
    #expect(item.interaction == "a" && opinions.map(\.alias) == ["A", "B"])
    #expect(Set(opinions.map(\.labels)) == [["good"], ["bad"]])
    #expect(try desk.submit(ReviewAnswer(labels: ["bad"]), for: item) == .stored)
    let exposed = try bench.catalog.pool.read { db in
      try Bool.fetchAll(db, sql: "SELECT was_exposed FROM review_answers WHERE labeler = 'cleo'")
    }
    #expect(exposed == [true])
  }

  @Test(
    "golden items come in hidden, with a reason like the others; one that is golden no more is given to nobody"
  )
  func gold() throws {
    let bench = try bench()
    for id in ["a", "b"] { try bench.set(id, entropy: 1) }
    _ = try bench.catalog.addGolden(
      [GoldenWord(interaction: "a", class: .good, labeler: "zoe")], at: bench.now)
    let filler = bench.filler {
      $0.fill = [QueueFill(.uncertain)]
      $0.gold.share = 0.5
    }
    let account = try filler.fill()
    #expect(account.added == ["uncertain": 1] && account.gold == 1 && account.open == 1)
    func served(_ labeler: String) throws -> Set<String> {
      let desk = try bench.desk(labeler)
      var seen: Set<String> = []
      for _ in 0..<20 {
        guard let item = try desk.next() else { continue }
        #expect(item.reason == .uncertain)
        seen.insert(item.interaction)
        try desk.release(item)
      }
      return seen
    }
    #expect(try served("ann") == ["a", "b"])
    _ = try bench.catalog.addGolden([GoldenWord(interaction: "a", class: nil, labeler: "zoe")], at: bench.now)
    #expect(try filler.fill().gold == 0)
    #expect(try served("ann") == ["b"])
  }

  @Test("pairs of outputs for one input come in for a preference, once") func pairs() throws {
    let bench = try AnswerBench(.prefer)
    try bench.log([("a", "x"), ("b", "y"), ("c", "z")])
    try bench.curate(drop: ["c"])
    let filler = bench.filler {
      var fill = QueueFill(.audit)
      fill.share = 1
      $0.fill = [fill]
    }
    #expect(try filler.fill().added == ["audit": 1])
    #expect(try filler.fill().total == 0)
    let desk = try bench.desk("ann")
    let item = try #require(try desk.next())
    let content = try desk.content(item)
    let texts = content.outputs.map { String(decoding: $0.text, as: UTF8.self) }
    #expect(Set(texts) == ["x", "y"])
    let first = item.interaction == "a" ? "x" : "y"
    #expect(texts.first == first || item.isTurned)
  }

  @Test("a closed queue is not filled") func closed() throws {
    let bench = try bench()
    try bench.set("a", entropy: 1)
    let filler = bench.filler { $0.fill = [QueueFill(.uncertain)] }
    try bench.catalog.syncReviewQueue(bench.queue.setting())
    _ = try bench.catalog.setReviewQueue("daily", isClosed: true)
    let account = try filler.fill()
    #expect(account.isClosed && account.total == 0)
    #expect(try bench.standing() == [])
  }

  @Test("findings stand at their places in the messages") func findings() throws {
    let bench = try AnswerBench()
    try bench.log([("a", "Hello there, friend")])
    try bench.curate(findings: [
      "a": [
        Finding(rule: "tone", reason: "chummy", effect: .flag, part: "output", offset: 13, length: 6),
        Finding(rule: "tone", reason: "short", effect: .flag, part: "input", offset: 0, length: 2),
        Finding(rule: "tone", reason: "beyond", effect: .flag, part: "output", offset: 90, length: 6),
      ]
    ])
    try bench.fill(["a"])
    let desk = try bench.desk("ann")
    let content = try desk.content(try #require(try desk.next()))
    #expect(content.input.map(\.findings) == [[ReviewSpan(title: "tone/short", bytes: 0..<2)]])
    #expect(content.outputs.map(\.findings) == [[ReviewSpan(title: "tone/chummy", bytes: 13..<19)]])
  }
}

@Suite("The desk") struct CatalogDeskTests {
  @Test("an answer that the queue does not offer is refused, as is somebody who may not answer")
  func refused() throws {
    let bench = try AnswerBench { $0.labelers = ["ann"] }
    try bench.log([("a", "x")])
    try bench.fill(["a"])
    #expect(throws: DeskError.notALabeler(queue: "daily", labeler: "bob")) { try bench.desk("bob") }
    let desk = try bench.desk("ann")
    let item = try #require(try desk.next())
    #expect(throws: DeskError.notOffered(queue: "daily", label: "great")) {
      try desk.submit(ReviewAnswer(labels: ["great"]), for: item)
    }
    #expect(throws: DeskError.notOffered(queue: "daily", label: "bad,good")) {
      try desk.submit(ReviewAnswer(labels: ["good", "bad"]), for: item)
    }
    #expect(try desk.submit(ReviewAnswer(labels: ["good"]), for: item) == .stored)
  }

  @Test("a suggestion is hidden, or logged, and what is answered after it is exposed") func suggestions()
    throws
  {
    let bench = try AnswerBench()
    try bench.log([("a", "x")])
    try bench.curate()
    try bench.catalog.pool.write { db in
      try db.execute(sql: "UPDATE interactions SET label = 'bad', probability = 0.8")
    }
    try bench.fill(["a"])
    let hidden = try bench.desk("ann")
    let item = try #require(try hidden.next())
    #expect(try hidden.suggestion(item) == nil)
    bench.queue.suggestions = .after
    let after = try bench.desk("ann")
    #expect(try after.suggestion(item) == nil, "not answered yet")
    #expect(try after.submit(ReviewAnswer(labels: ["good"]), for: item) == .stored)
    #expect(try after.suggestion(item) == ReviewSuggestion(label: "bad", probability: 0.8))
    func exposed() throws -> [Bool] {
      try bench.catalog.pool.read { db in try Bool.fetchAll(db, sql: "SELECT was_exposed FROM review_answers")
      }
    }
    #expect(try exposed() == [false])
    let again = try #require(try after.open(item.item))
    #expect(again.answer?.labels == ["good"])
    #expect(try after.submit(ReviewAnswer(labels: ["bad"]), for: again) == .stored)
    #expect(try exposed() == [true])
  }

  @Test("what is typed is redacted before it is stored: corrections, notes, reasons of a skip") func typed()
    throws
  {
    let bench = try AnswerBench { $0.task = .correct }
    try bench.log([("a", "x"), ("b", "y")])
    try bench.fill(["a", "b"])
    let desk = try bench.desk("ann")
    let first = try #require(try desk.next())
    try desk.note(first, "ask ann@example.org")
    let answer = ReviewAnswer(labels: ["corrected"], correction: "write to bob@example.org")
    #expect(try desk.submit(answer, for: first) == .stored)
    #expect(try desk.skip(try #require(try desk.next()), reason: "it is cat@example.org's"))
    let stored = try bench.catalog.pool.read { db in
      try String.fetchAll(
        db, sql: "SELECT coalesce(answer, '') || coalesce(text, '') FROM review_events ORDER BY number")
    }
    #expect(stored.count == 3)
    #expect(stored.allSatisfy { $0.contains("[EMAIL_1]") && !$0.contains("example.org") }, "\(stored)")
  }

  @Test("progress, pace and agreement") func progress() throws {
    let bench = try AnswerBench { $0.quota = 2 }
    let ids = (0..<6).map { "i\($0)" }
    try bench.log(ids.map { ($0, "x \($0)") })
    try bench.fill(ids)
    for _ in 0..<6 { try bench.answer("ann", "good") }
    for number in 0..<5 { try bench.answer("bob", number < 4 ? "good" : "bad") }
    let progress = try bench.desk("ann").progress()
    #expect(progress.own == 6 && progress.answers == 11 && progress.wanted == 12 && progress.open == 1)
    #expect(progress.pace == 2400, "1.5 seconds each")
    let figures = try QueueFigures("daily", catalog: bench.catalog)
    #expect(figures.shared == 5 && figures.labels.map(\.label) == ["good", "bad"])
    #expect(figures.labelers.map(\.labeler) == ["ann", "bob"] && figures.labelers.map(\.answers) == [6, 5])
    #expect(figures.agreement.map(\.name) == ["alpha", "kappa", "ac1"])
    // Of five pairs one differs: observed disagreement 1/5, expected 2·9·1/(10·9) = 1/5.
    #expect(abs((figures.agreement.first?.value ?? 9) - 0) < 1e-9)
    #expect(progress.alpha.map { abs($0) < 1e-9 } ?? false)
  }
}
