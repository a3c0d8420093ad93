import Bytes
import Foundation
import GRDB
import Records
import Testing
import TestSupport

@testable import Catalog

extension Workbench {
  private static let definition = "Datasets/support-sft/dataset.yaml"

  /// Says what the slices of `support-sft` should have.
  func aim(_ synthesis: String = "{target: 30, targets: {app: 8, other: 0}}") throws {
    try append(Self.definition, "\nsynthesis: \(synthesis)\n")
  }

  /// Writes batches of candidates for `support-sft` into the catalog, as a model's: the first one curated, and accepted by
  /// ann but for its last; the second one not curated.
  func synthesize(late: Bool = true) throws {
    let catalog = try CatalogStore(path: "\(home)/catalog.sqlite")
    try Self.write((0..<10).map { "c\($0)" }, "batch-1", slice: "sizing", to: catalog)
    let rules = try #require(
      try catalog.pool.read { db in try Int64.fetchOne(db, sql: "SELECT max(number) FROM rule_versions") })
    for segment in try catalog.pendingSegments(rules: rules) {
      let pending = try catalog.pendingInteractions(segment: segment.number, rules: rules)
      try catalog.commitCuration(
        rules: rules,
        pending.map { CurationResult(number: $0.number, decision: .kept, reason: nil, findings: []) })
    }
    if late { try Self.write(["late0", "late1"], "batch-2", slice: "app", to: catalog) }
    try catalog.syncReviewQueue(
      ReviewQueueSetting(name: "candidates", definition: "{}", guideline: "g", quota: 1))
    for (place, candidate) in try catalog.acceptableCandidates(for: "candidates").enumerated() {
      let item = NewReviewItem(
        task: .accept, content: candidate.content, interaction: candidate.interaction, reason: .synthetic,
        value: 1)
      try catalog.addReviewItems(
        [item], to: "candidates", run: "run", at: Timestamp(microseconds: 1_795_168_800_000_000))
      try catalog.pool.write { db in
        try db.execute(
          sql: """
            INSERT INTO review_answers (item, labeler, event, kind, label, class, content_hash, was_exposed)
            SELECT number, 'ann', number, 'answer', 'x', ?, content_hash, 0 FROM review_items WHERE interaction = ?
            """, arguments: [place < 9 ? "good" : "bad", candidate.interaction])
      }
    }
  }

  private static func write(_ ids: [String], _ batch: String, slice: String, to catalog: CatalogStore) throws
  {
    let time = Timestamp(microseconds: 1_795_168_800_000_000)
    var commit = PullCommit(source: CatalogStore.synthesisSource, run: "20261120T021500Z-cold-000001")
    commit.segments = [
      SegmentRow(
        table: .interactions, day: "2026-11-20",
        name: Digest.sha256(Array(batch.utf8)).hex, fileBytes: 1, textBytes: 1, records: ids.count)
    ]
    commit.interactions = ids.map { id in
      InteractionRow(
        id: "synthesis/\(id)", time: time, conversation: "written-\(id)", stamp: time, digest: .of(id),
        inputHash: .of("in \(id)"), contentHash: .of(id))
    }
    try catalog.addSynthesisBatch(
      SynthesisBatch(
        id: batch, pipeline: "cold", dataset: "support-sft", run: "run", time: time, definition: "d",
        plan: "{}"))
    let facts = SyntheticFacts(
      batch: batch, dataset: "support-sft", slice: slice, operator: "self-instruct", role: .train,
      isChosen: true, model: "mini", family: "gpt", score: 0.925)
    _ = try catalog.finishSynthesisBatch(
      batch, account: "{}", commit,
      ids.map {
        CandidateRow(
          interaction: "synthesis/\($0)", facts: facts, cost: 1234,
          lineage: #"{"template":"3f2a","seeds":["support-chat/chat-1"],"judges":{"helpful/mini":0.9}}"#)
      })
  }
}

@Suite("flywheel coverage") struct CoverageTests {
  @Test("what each slice has and lacks, to the letter") func table() throws {
    let bench = try Published.copy("coverage")
    try bench.aim()
    try Expected.expect(try bench.succeed("coverage", "support-sft"), "coverage")
    try bench.synthesize()
    let shown = try bench.succeed("coverage", "support-sft")
    try Expected.expect(shown, "coverage-written")
    let slices = try #require(try bench.json("coverage", "support-sft")["slices"]?.elements)
    #expect(
      slices.map { $0["slice"]?.string } == [
        "orders", "returns", "billing", "sizing", "repairs", "app", "other",
      ])
    #expect(slices[3]["synthetic"] == .number(9) && slices[5]["pending"] == .number(2))
    #expect(slices.allSatisfy { $0.members.count == 8 })
  }

  @Test("nothing has been published yet") func unpublished() throws {
    let bench = try Published.copy("unpublished")
    try bench.aim()
    let published = try bench.succeed("coverage", "support-sft")
    try FileManager.default.removeItem(atPath: "\(bench.home)/registry")
    #expect(try bench.succeed("coverage", "support-sft") == published, "and no folder is made for it")
    #expect(!FileManager.default.fileExists(atPath: "\(bench.home)/registry"))
  }

  @Test("a dataset that is none, and one without targets, end with exit code 2") func refused() throws {
    let bench = try Published.bench()
    let unknown = try bench.run("coverage", "support-sfd")
    #expect(unknown.code == 2 && unknown.output.isEmpty)
    #expect(
      unknown.errors.hasPrefix(
        "error: there is no dataset 'support-sfd'. Did you mean 'support-sft'? There are: "))
    let plain = try bench.run("coverage", "support-sft")
    #expect(plain.code == 2 && plain.output.isEmpty)
    #expect(
      plain.errors
        == "error: the dataset 'support-sft' has no targets: say in Datasets/support-sft/dataset.yaml what its slices "
        + "should have, such as `synthesis: {target: 40}`.\n")
    let new = try Workbench(sample: "new")
    try new.aim()
    #expect(try new.run("coverage", "support-sft").errors.contains("nothing was run in"))
  }

  @Test(
    "colours on a terminal that may have them, and nowhere else",
    .enabled(if: Program.has("tmux"), "tmux is not installed")) func colours() throws
  {
    let bench = try Published.copy("colours")
    try bench.aim()
    func shown(_ variables: String) throws -> String {
      try Pane().run("cd '\(bench.project)'; \(variables) '\(Program.path)' coverage support-sft").last
    }
    let colored = try shown("env")
    #expect(colored.contains("\u{1B}[32m█") && colored.contains("░") && !colored.contains("#"))
    for variables in ["NO_COLOR=1", "TERM=dumb"] {
      let plain = try shown(variables)
      #expect(!plain.contains("\u{1B}[3") && plain.contains("####"))
    }
  }

  @Test("a run says what models wrote of each dataset, and what people rejected") func run() throws {
    let bench = try Published.copy("rejected")
    try bench.aim("{target: 30, acceptance: 0.95}")
    try bench.synthesize(late: false)
    let output = try bench.succeed("run", "nightly")
    #expect(
      output.contains(
        "\nsynthetic: support-sft: 0 written by models; batches that people rejected: 1\n"))
    let run = try #require(Marks.runs(bench).last)
    let report = try String(contentsOfFile: "\(bench.home)/runs/\(run)/report.html", encoding: .utf8)
    #expect(report.contains("<h2>Written by models</h2>") && report.contains("rejected by people: batch-1"))
    let why = try bench.succeed("why", "c3")
    #expect(why.contains("support-sft@1 on: left out: people rejected its batch\n"))
    try bench.succeed("datasets", "show", "support-sft@1")
    #expect(
      try bench.succeed("coverage", "support-sft").contains("sizing       30       19          2          0"))
  }

  @Test("why says of a candidate who wrote it, for what, and what became of it") func why() throws {
    let bench = try Published.copy("candidate")
    try bench.aim()
    try bench.synthesize()
    try CatalogStore(path: "\(bench.home)/catalog.sqlite").recordPublication(
      dataset: "support-kto", number: 2, version: "v", contentRoot: "r", run: "run",
      ["synthetic-cap", "acceptance-pending", "not-accepted"].enumerated().map { place, reason in
        Membership(example: "e\(place)", interaction: "synthesis/c0", outcome: "out:\(reason)")
      })
    try Expected.expect(Marks.apply(try bench.succeed("why", "c0"), bench), "why/candidate")
    let found = try #require(try bench.json("why", "synthesis/late0")[0])
    #expect(found["candidate"]?["batch"] == .text("batch-2") && found["decision"] == nil)
    #expect(found["candidate"]?["acceptance"]?["sampled"] == .number(0))
    #expect(found["notSelected"]?["support-sft"] == .text("not curated yet"))
    #expect(try bench.json("why", "chat-4fca5c218543")[0]?["candidate"] == nil)
  }
}
