import Bytes
import Foundation
import GRDB
import Records
import Testing

@testable import Catalog

extension CatalogFolder {
  /// Writes a batch of candidates, each of its own content but for those that `content` names; not chosen are those whose id
  /// ends in `-`.
  func synthesize(
    _ ids: [String], batch: String = "b", at seconds: Int64 = 0, content: [String: String] = [:],
    conversation: String? = nil
  ) throws {
    let rows = ids.map { id in
      InteractionRow.make(
        "synthesis/\(id)", at: seconds, content: content[id] ?? "content \(id)", conversation: conversation)
    }
    var commit = PullCommit(source: CatalogStore.synthesisSource, run: "run")
    commit.segments = [
      SegmentRow(
        table: .interactions, day: "2026-11-20", name: "batch-\(batch)", fileBytes: 1, textBytes: 1,
        records: ids.count)
    ]
    commit.interactions = rows
    try catalog.addSynthesisBatch(
      SynthesisBatch(
        id: batch, pipeline: "p", dataset: "set", run: "run", time: .at(seconds), definition: "d", plan: "{}")
    )
    let done = try catalog.finishSynthesisBatch(
      batch, account: "{}", commit,
      ids.map { id in
        CandidateRow(
          interaction: "synthesis/\(id)",
          facts: SyntheticFacts(
            batch: batch, dataset: "set", slice: "orders", operator: "persona", role: .train,
            isChosen: !id.hasSuffix("-"), model: "mini", family: "gpt", score: 0.5), cost: 1, lineage: "{}")
      })
    #expect(done)
  }

  /// Puts candidates into a queue of acceptance and has people answer: `a ann+ bob-` is accepted by ann and rejected by bob.
  func answer(_ words: [String], queue: String = "candidates", reason: ReviewReason = .synthetic) throws {
    try catalog.syncReviewQueue(
      ReviewQueueSetting(name: queue, definition: "{}", guideline: "g", quota: 3))
    for line in words {
      let parts = line.split(separator: " ").map(String.init)
      let id = "synthesis/\(parts[0])"
      let content = try catalog.pool.read { db in
        try Data.fetchOne(db, sql: "SELECT content_hash FROM interactions WHERE id = ?", arguments: [id])
      }
      let hash = try #require(content.flatMap { ContentHash(bytes: $0) })
      try catalog.addReviewItems(
        [NewReviewItem(task: .accept, content: hash, interaction: id, reason: reason, value: 1)], to: queue,
        run: "run", at: .at(0))
      for word in parts.dropFirst() {
        try catalog.pool.write { db in
          try db.execute(
            sql: """
              INSERT OR REPLACE INTO review_answers (item, labeler, event, kind, label, class, content_hash, was_exposed)
              SELECT number, ?, (SELECT count(*) FROM review_answers), ?, 'x', ?, content_hash, 0
              FROM review_items WHERE interaction = ? AND queue = ?
              """,
            arguments: [
              String(word.dropLast()), word.hasSuffix("?") ? "skip" : "answer",
              word.hasSuffix("+") ? "good" : "bad", id, queue,
            ])
        }
      }
    }
  }
}

@Suite("What people said of a batch") struct BatchAcceptanceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let id: String
    var candidates = 100
    let sampled: Int
    let accepted: Int
    let rejected: Int
    var gate: Double? = 0.7
    let verdict: BatchAcceptance.Verdict
    var testDescription: String { id }
  }

  @Test(
    "the lower end of Wilson's interval decides, and no answer that is still missing is taken for a no",
    arguments: [
      Row(id: "nobody was asked", sampled: 0, accepted: 0, rejected: 0, verdict: .waiting),
      Row(id: "nobody has answered", sampled: 20, accepted: 0, rejected: 0, verdict: .waiting),
      Row(id: "8 of 8", sampled: 20, accepted: 8, rejected: 0, verdict: .waiting),
      Row(id: "9 of 9", sampled: 20, accepted: 9, rejected: 0, verdict: .accepted),
      Row(id: "19 of 20", sampled: 20, accepted: 19, rejected: 1, verdict: .accepted),
      Row(id: "18 of 20", sampled: 20, accepted: 18, rejected: 2, verdict: .rejected),
      Row(id: "one no and the rest open", sampled: 20, accepted: 0, rejected: 1, verdict: .waiting),
      Row(id: "two noes are one too many", sampled: 20, accepted: 0, rejected: 2, verdict: .rejected),
      Row(id: "no gate", sampled: 20, accepted: 0, rejected: 20, gate: nil, verdict: .accepted),
      Row(id: "a gate that all pass", sampled: 20, accepted: 1, rejected: 19, gate: 0, verdict: .accepted),
      Row(
        id: "all of a small batch", candidates: 4, sampled: 4, accepted: 3, rejected: 1, verdict: .accepted),
      Row(
        id: "all of a small batch, too few", candidates: 4, sampled: 4, accepted: 2, rejected: 2,
        verdict: .rejected),
      Row(
        id: "a small batch in part", candidates: 4, sampled: 4, accepted: 3, rejected: 0, verdict: .waiting),
      Row(id: "no candidate is left", candidates: 0, sampled: 0, accepted: 0, rejected: 0, verdict: .waiting),
    ])
  func verdicts(_ row: Row) {
    let batch = BatchAcceptance(
      batch: "b", candidates: row.candidates, sampled: row.sampled, accepted: row.accepted,
      rejected: row.rejected)
    #expect(batch.verdict(row.gate) == row.verdict)
    #expect(batch.answered == row.accepted + row.rejected)
  }

  @Test("an item is what most people say, half of them not being most; skips are no answers") func majority()
    throws
  {
    let folder = try CatalogFolder()
    try folder.synthesize(["a", "b", "c", "d", "e", "f", "g", "h-"])
    try folder.curate(drop: ["synthesis/f": "length/output-empty"])
    try folder.answer([
      "a ann+ bob+ cleo-", "b ann+ bob-", "c ann-", "d ann?", "e", "f ann+", "h- ann+",
    ])
    let said = try #require(try folder.catalog.batchAcceptances()["b"])
    var expected = BatchAcceptance(batch: "b", candidates: 6, sampled: 5, accepted: 1, rejected: 2)
    expected.refused = ["synthesis/b", "synthesis/c"]
    #expect(said == expected, "what is dropped, or not chosen, is no part of the sample")
  }

  @Test("of the answers of one person in several queues the newest counts; what was picked by hand does not")
  func newest() throws {
    let folder = try CatalogFolder()
    try folder.synthesize(["a", "b"])
    try folder.curate()
    try folder.answer(["a ann-"], queue: "one")
    try folder.answer(["a ann+"], queue: "two")
    try folder.answer(["b ann+"], queue: "two", reason: .assigned)
    let said = try #require(try folder.catalog.batchAcceptances()["b"])
    #expect(said == BatchAcceptance(batch: "b", candidates: 2, sampled: 1, accepted: 1, rejected: 0))
  }

  @Test("batches that are not written have nothing to say") func open() throws {
    let folder = try CatalogFolder()
    try folder.catalog.addSynthesisBatch(
      SynthesisBatch(
        id: "o", pipeline: "p", dataset: "set", run: "r", time: .at(0), definition: "d", plan: "{}"))
    try folder.synthesize([], batch: "w")
    #expect(
      try folder.catalog.batchAcceptances() == [
        "w": BatchAcceptance(batch: "w", candidates: 0, sampled: 0, accepted: 0, rejected: 0)
      ])
  }
}

@Suite("What models wrote is seen by nobody who learns from users") struct SynthesisExclusionTests {
  private func folder() throws -> CatalogFolder {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/a", content: "a"), .make("chat/b", content: "b", conversation: "chat/a")])
    // The first two have one input.
    try folder.synthesize(["x", "y-", "z"], content: ["x": "x", "y-": "y"], conversation: "written")
    try folder.catalog.pool.write { db in
      try db.execute(
        sql: "UPDATE interactions SET input_hash = (SELECT input_hash FROM interactions WHERE id = 'chat/a')")
    }
    try folder.curate()
    return folder
  }

  @Test("queues") func queues() throws {
    let folder = try folder()
    var seen: [String] = []
    try folder.catalog.forEachReviewCandidate(notIn: "q") { seen.append($0.interaction) }
    #expect(seen == ["chat/a", "chat/b"])
    var pairs: [Set<String>] = []
    try folder.catalog.forEachReviewPair(notIn: "q") { pairs.append([$0.interaction, $0.other]) }
    #expect(pairs == [["chat/a", "chat/b"]])
    for task in [ReviewTask.label, .correct, .adjudicate] {
      #expect(try folder.catalog.namedReviewItem("synthesis/x", task: task) == nil)
      #expect(try folder.catalog.namedReviewItem("chat/a", task: task) != nil)
    }
    #expect(try folder.catalog.namedReviewItem("synthesis/x", task: .accept) != nil)
  }

  @Test("a content that was logged too is asked about as what was logged") func both() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("zebra/a", content: "a")])
    try folder.synthesize(["a"], content: ["a": "a"])
    try folder.curate()
    var seen: [String] = []
    try folder.catalog.forEachReviewCandidate(notIn: "q") { seen.append($0.interaction) }
    #expect(seen == ["zebra/a"], "though its id is larger")
  }

  @Test("disputes, and what people have looked at") func disputes() throws {
    let folder = try folder()
    try folder.answer(["x ann+ bob-"])
    try folder.catalog.pool.write { db in
      try db.execute(
        sql: "UPDATE review_items SET task = 'label', state = 1; UPDATE review_answers SET label = labeler")
    }
    #expect(try folder.catalog.reviewDisputes(notIn: "q") == [])
    #expect(try folder.catalog.reviewedInteractions() == [])
  }

  @Test("judges, students and judges of pairs") func judges() throws {
    let folder = try folder()
    #expect(Set(try folder.catalog.judgingRows().map(\.interaction)) == ["chat/a", "chat/b"])
    #expect(
      try folder.catalog.siblings().map { Set($0.map(\.interaction)) } == [["chat/a", "chat/b"]])
  }

  @Test("labeling functions, label models, their counts, and the agreement of people") func labels() throws {
    let folder = try folder()
    let all = try folder.catalog.numbers(where: "true")
    let hits = FunctionHits(voter: "rule:r", class: .good, weight: 1, numbers: all)
    #expect(try folder.catalog.setFunctionVotes(hits) == 2)
    try folder.answer(["x ann+"])
    _ = try folder.catalog.updateVotes(limit: 100) { input in
      input.functions.map {
        VoteRow(interaction: $0.interaction, voter: $0.voter, class: $0.class, weight: $0.weight)
      }
        + input.humans.map {
          VoteRow(interaction: input.interaction, voter: $0.labeler, class: $0.class, weight: 1)
        }
    }
    #expect(try folder.rows("SELECT DISTINCT interaction FROM votes ORDER BY 1") == ["1", "2"])
    let votes = try folder.catalog.catalogVotes()
    #expect(Set(votes.contents) == [.of("a"), .of("b")] && votes.voters == ["rule:r"])
    #expect(try folder.catalog.labelCounts().unlabelled == 2)
    #expect(try folder.catalog.labelCounts(source: "synthesis").unlabelled == 3)
    #expect(try folder.catalog.blindVotes().votes == [])
  }

  @Test("turns of conversations") func turns() throws {
    let folder = try folder()
    #expect(try folder.rows("SELECT conversation FROM conversation_queue") == ["chat/a"])
    try folder.catalog.pool.write { try $0.execute(sql: "DELETE FROM conversation_queue") }
    try folder.catalog.useTurnReader(version: 99)
    #expect(try folder.rows("SELECT conversation FROM conversation_queue") == ["chat/a"])
  }

  @Test("it gives way to real data, be that later and without a label") func settling() throws {
    let folder = try CatalogFolder()
    try folder.synthesize(["a", "b"], at: 0, content: ["a": "same", "b": "near"])
    try folder.commit([
      .make("chat/a", at: 9, content: "same"), .make("chat/b", at: 9, content: "nearly"),
    ])
    try folder.curate()
    let hashes = [ContentHash.of("near"), .of("nearly")].sorted()
    var near = NearDuplicateCommit()
    near.changes = [(from: hashes[1], to: hashes[0])]
    try folder.catalog.commitCuration(rules: 1, [], near: near)
    try folder.catalog.settle(SettlingParameters(exact: true, near: true, influence: nil))
    #expect(
      try folder.standing() == [
        "chat/a kept", "chat/b kept", "synthesis/a \(CatalogStore.duplicateReason)",
        "synthesis/b \(CatalogStore.nearDuplicateReason)",
      ])
  }

  @Test("an id is found with and without its source") func resolve() throws {
    let folder = try folder()
    #expect(try folder.catalog.resolve("x") == ["synthesis/x"])
    #expect(try folder.catalog.resolve("synthesis/x") == ["synthesis/x"])
  }
}
