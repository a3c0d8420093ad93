import Bytes
import Foundation
import GRDB
import Records
import Review
import Testing

@testable import Catalog

extension AnswerBench {
  /// Writes a batch of candidates as a model's; not chosen are those whose id ends in `-`.
  func write(_ ids: [String], batch: String, at seconds: Int64 = 0, slice: String = "orders") throws {
    var commit = PullCommit(source: CatalogStore.synthesisSource, run: "run")
    commit.segments = [
      SegmentRow(
        table: .interactions, day: "2026-11-20", name: "batch-\(batch)", fileBytes: 1, textBytes: 1,
        records: ids.count)
    ]
    commit.interactions = ids.map { id in
      InteractionRow(
        id: id, time: now, conversation: id, stamp: now, digest: .of(id), inputHash: .of("Hi"),
        contentHash: Self.content(id))
    }
    try catalog.addSynthesisBatch(
      SynthesisBatch(
        id: batch, pipeline: "p", dataset: "set", run: "run", time: Timestamp(microseconds: seconds),
        definition: "d", plan: "{}"))
    let done = try catalog.finishSynthesisBatch(
      batch, account: "{}", commit,
      ids.map { id in
        CandidateRow(
          interaction: id,
          facts: SyntheticFacts(
            batch: batch, dataset: "set", slice: slice, operator: "persona", role: .train,
            isChosen: !id.hasSuffix("-"), model: "mini", family: "gpt", score: 0.5), cost: 1, lineage: "{}")
      })
    #expect(done)
  }

  /// What the queue asks about: interaction, batch and slice.
  func asked() throws -> [String] {
    try catalog.pool.read { db in
      try String.fetchAll(
        db,
        sql: "SELECT interaction || ' ' || batch || ' ' || slice FROM review_items WHERE reason = 'synthetic'"
      )
    }
  }
}

@Suite("Queues of what models wrote") struct CandidateQueueTests {
  private func bench() throws -> AnswerBench {
    try AnswerBench(.accept) { queue in
      var fill = QueueFill(.synthetic)
      fill.sample = 3
      queue.fill = [fill]
    }
  }

  private func fill(_ bench: AnswerBench) throws -> QueueFillAccount {
    try QueueFiller(catalog: bench.catalog, queue: bench.queue, run: "run", time: bench.now).fill()
  }

  @Test("a sample of each batch, of what is kept and fit to be imitated, the oldest batch first")
  func sample()
    throws
  {
    let bench = try bench()
    try bench.log([("logged", "output")])
    try bench.write((0..<9).map { "n\($0)" }, batch: "new", at: 9)
    try bench.write(["o0", "o1", "o2", "o3-", "o4-"], batch: "old", at: 1, slice: "returns")
    try bench.curate(drop: ["o1"])
    #expect(try fill(bench).added == ["synthetic": 5])
    let asked = try bench.asked()
    #expect(asked.prefix(2).sorted() == ["o0 old returns", "o2 old returns"])
    #expect(asked.dropFirst(2).count == 3 && asked.dropFirst(2).allSatisfy { $0.hasSuffix(" new orders") })
    #expect(try fill(bench).total == 0)
    // A larger sample holds the smaller one.
    bench.queue.fill[0].sample = 5
    #expect(try fill(bench).total == 2)
    #expect(try Array(bench.asked().prefix(5)) == asked)
  }

  @Test("the draw is the queue's own, and the same each time") func draw() throws {
    var draws: [Set<String>] = []
    for name in ["one", "one", "two"] {
      let bench = try AnswerBench(.accept) { _ in }
      try bench.write((0..<200).map { "c\($0)" }, batch: "b")
      try bench.curate()
      var queue = QueueDefinition(name: name)
      queue.task = .accept
      queue.fill = [QueueFill(.synthetic)]
      _ = try QueueFiller(catalog: bench.catalog, queue: queue, run: "run", time: bench.now).fill()
      draws.append(Set(try bench.asked()))
    }
    #expect(draws[0].count == 20 && draws[0] == draws[1] && draws[0] != draws[2])
  }

  @Test("the limit holds for what is open, and a condition for what is asked") func limit() throws {
    let bench = try bench()
    try bench.write((0..<9).map { "c\($0)" }, batch: "b")
    try bench.curate()
    bench.queue.fill[0].limit = 2
    #expect(try fill(bench).added == ["synthetic": 2])
    #expect(try fill(bench).total == 0)
    try bench.answer("ann", "accept")
    #expect(try fill(bench).added == ["synthetic": 1], "all three of the sample are asked about")
    try bench.answer("ann", "accept")
    #expect(try fill(bench).total == 0)
    let other = try self.bench()
    try other.write(["c0", "c1"], batch: "b")
    try other.curate()
    other.queue.select = "batch = 'b' AND id = 'c1'"
    #expect(try fill(other).total == 1)
  }

  @Test("answers given at the desk decide on the batch") func answers() throws {
    let bench = try bench()
    try bench.write(["a", "b", "c"], batch: "b")
    try bench.curate()
    _ = try fill(bench)
    for word in ["accept", "reject", "accept"] { try bench.answer("ann", word) }
    let said = try #require(try bench.catalog.batchAcceptances()["b"])
    #expect(said.accepted == 2 && said.rejected == 1 && said.sampled == 3 && said.candidates == 3)
    #expect(said.refused.count == 1)
    #expect(said.verdict(0.6) == .accepted && said.verdict(0.7) == .rejected)
  }

  @Test(
    "no other queue asks about it, whatever its reasons", arguments: [ReviewTask.label, .correct, .prefer])
  func others(_ task: ReviewTask) throws {
    let bench = try AnswerBench(task) { queue in
      queue.slices = [.init(name: "all", condition: "true")]
      queue.fill = QueueDefinition.reasons(for: task).map { reason in
        var fill = QueueFill(reason)
        fill.share = 1
        return fill
      }
    }
    try bench.log([("a", "x"), ("b", "y")])
    try bench.write((0..<9).map { "c\($0)" }, batch: "b")
    try bench.curate()
    for id in ["a", "c0", "c1"] { try bench.set(id, entropy: 1, good: 1, bad: 1) }
    #expect(try fill(bench).total == (task == .prefer ? 1 : 2))
  }
}
