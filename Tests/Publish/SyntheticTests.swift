import Bytes
import Catalog
import Records
import Registry
import Testing

@testable import Publish

@Suite("What models wrote, published") struct SyntheticTests {
  /// A dataset that trains on everything, or evaluates with everything, and takes what models wrote unasked.
  static func dataset(
    _ kind: Kind = .sft, name: String = "set", _ change: (inout DatasetDefinition) -> Void = { _ in }
  ) -> DatasetDefinition {
    var dataset = DatasetDefinition(name: name, kind: kind)
    dataset.splits = [SplitDefinition(name: kind == .eval ? "test" : "train", share: 100)]
    dataset.decontamination = nil
    dataset.synthesis = allowance()
    change(&dataset)
    return dataset
  }

  /// A target that nothing in a test reaches, and nobody asked.
  static func allowance(_ change: (inout SynthesisAllowance) -> Void = { _ in }) -> SynthesisAllowance {
    var allowance = SynthesisAllowance()
    allowance.target = 1000
    allowance.acceptance = nil
    change(&allowance)
    return allowance
  }

  static func organic(_ count: Int, from first: Int = 0) -> [LoggedSample] {
    (first..<first + count).map { index in
      LoggedSample("\(index)") { sample in
        sample.conversation = "c-\(index)"
        sample.input = #"[{"content":"Question \#(index)","role":"user"}]"#
        sample.label = .good
        sample.good = 1
      }
    }
  }

  /// Candidates of one batch, each for an input of its own.
  static func written(
    _ ids: [String], batch: String = "b", dataset: String = "set", slice: String = "other",
    role: SyntheticRole = .train, score: (Int) -> Double = { _ in 0.5 }
  ) -> [LoggedSample] {
    ids.enumerated().map { place, id in
      LoggedSample(id) { sample in
        sample.conversation = "written-\(id)"
        sample.input = #"[{"content":"Written \#(id)","role":"user"}]"#
        sample.synthetic = .make(
          slice: slice, role: role, score: score(place), batch: batch, dataset: dataset)
      }
    }
  }

  private func ids(_ lines: [String]) -> [String] {
    lines.compactMap { $0.firstMatch(of: #/"id":"([^"]+)","input"/#).map { String($0.1) } }
  }

  // MARK: Kinds

  /// Two inputs to train, each with a better and a worse output, and one to evaluate.
  private func kinds() throws -> PublishWorkshop {
    let shop = try PublishWorkshop()
    try shop.add(Self.organic(1))
    func sample(_ id: String, _ input: String, _ facts: SyntheticFacts) -> LoggedSample {
      LoggedSample(id) { sample in
        sample.conversation = "written-\(input)"
        sample.input = #"[{"content":"\#(input)","role":"user"}]"#
        sample.output = #"{"content":"Output \#(id)","role":"assistant"}"#
        sample.synthetic = facts
      }
    }
    try shop.add([
      sample("a1", "A", .make(score: 0.9)), sample("a2", "A", .make(score: 0.7)),
      sample("a3", "A", .make(chosen: false, score: 0.2)),
      sample("a4", "A", .make(chosen: false, score: 0.4)),
      sample("b1", "B", .make(score: 0.6)), sample("b2", "B", .make(chosen: false, score: 0.1)),
      sample("e1", "E", .make(role: .eval)), sample("e2", "E", .make(role: .eval, chosen: false)),
    ])
    return shop
  }

  struct KindRow: Sendable, CustomTestStringConvertible {
    let kind: Kind
    var pairs: PairStrategy?
    let examples: [String]
    var testDescription: String { "\(kind.rawValue) \(pairs?.rawValue ?? "")" }
  }

  @Test(
    "each kind takes what is fit for it",
    arguments: [
      KindRow(kind: .sft, examples: ["a1", "a2", "b1"]),
      KindRow(kind: .fewshot, examples: ["a1", "a2", "b1"]),
      KindRow(kind: .kto, examples: ["a1", "a2", "a3", "a4", "b1", "b2"]),
      KindRow(kind: .eval, examples: ["e1"]),
      KindRow(kind: .preference, examples: ["a1..a3", "b1..b2"]),
      KindRow(
        kind: .preference, pairs: .all, examples: ["a1..a3", "a1..a4", "a2..a3", "a2..a4", "b1..b2"]),
    ])
  func kinds(_ row: KindRow) async throws {
    let shop = try kinds()
    let dataset = Self.dataset(row.kind) { if let pairs = row.pairs { $0.pairs = pairs } }
    let account = try await shop.publish(dataset)
    let found = try ids(shop.examples("set", row.kind == .eval ? "test" : "train"))
      .filter { $0.hasPrefix("synthesis/") }.map { $0.replacing("synthesis/", with: "") }
    #expect(found == row.examples)
    #expect(account.synthetic?.synthetic == row.examples.count)
  }

  @Test("without the section nothing of it is in any dataset, whatever it selects", arguments: Kind.allCases)
  func notAllowed(_ kind: Kind) async throws {
    let shop = try kinds()
    for condition in ["true", "origin = 'synthetic'", "source = 'synthesis'", "batch = 'b'"] {
      let dataset = Self.dataset(kind, name: "plain") {
        $0.synthesis = nil
        $0.select = condition
        $0.gates.minimumExamples = 0
      }
      let account = try await shop.publish(dataset)
      #expect(account.synthetic == nil && account.candidates <= 1)
      let lines = try shop.examples("plain", kind == .eval ? "test" : "train")
      #expect(!lines.contains { $0.contains("synthesis") || $0.contains("synthetic") })
    }
    #expect(try shop.candidateStays("a1") == [])
  }

  @Test("an example says that it is synthetic, who wrote it, and how") func bodies() async throws {
    let shop = try kinds()
    _ = try await shop.publish(Self.dataset(.sft))
    #expect(
      try shop.examples("set", "train").first { $0.contains("a1") }
        == #"{"conversation":"written-A","id":"synthesis/a1","input":[{"content":"A","role":"user"}],"kind":"sft","label":{"votes":{"bad":0,"good":0}},"lineage":{"feedback":[],"interactions":["synthesis/a1"],"synthesis":[{"batch":"b","family":"gpt","model":"mini","operator":"self-instruct"}]},"origin":"synthetic","output":{"content":"Output a1","role":"assistant"},"slice":"other","time":"2026-11-20T10:33:20.000Z"}"#
    )
    _ = try await shop.publish(Self.dataset(.preference, name: "pairs") { $0.synthesis?.from = ["set"] })
    let pair = try #require(try shop.examples("pairs", "train").first)
    let author = #"{"batch":"b","family":"gpt","model":"mini","operator":"self-instruct"}"#
    #expect(pair.contains(#""synthesis":[\#(author),\#(author)]},"origin":"synthetic","rejected""#))
    _ = try await shop.publish(Self.dataset(.kto, name: "kto") { $0.synthesis?.from = ["set"] })
    let wanted = try shop.examples("kto", "train").map { line in
      (ids([line])[0], line.contains(#""desirable":true"#))
    }
    #expect(wanted.count == 7)
    for (id, isWanted) in wanted where id.hasPrefix("synthesis/") {
      #expect(isWanted == ["synthesis/a1", "synthesis/a2", "synthesis/b1"].contains(id), "\(id)")
    }
  }

  @Test("a version's definition says what was allowed") func definition() async throws {
    let shop = try PublishWorkshop()
    try shop.add(Self.organic(1))
    for allowance in [nil, SynthesisAllowance()] {
      var dataset = Self.dataset { $0.synthesis = allowance }
      dataset.synthesis?.target = 40
      _ = try await shop.publish(dataset)
      let reference = try #require(try shop.registry.latest(of: "set"))
      let version = try shop.registry.version(reference.version)
      let text = String(decoding: version.description.definition, as: UTF8.self)
      let stated = #""synthesis":{"acceptance":0.7,"from":["set"],"share":50,"targets":{"other":40}}"#
      #expect(text.contains(stated) == (allowance != nil))
      #expect(try canonicalForm(text) == text)
      try shop.add(Self.organic(1, from: 9))
    }
  }

  @Test("a slice is the one it was written for, where the dataset has it") func slices() async throws {
    let shop = try PublishWorkshop()
    try shop.add(
      Self.written(["a"], slice: "orders") + Self.written(["b"], slice: "gone") + Self.written(["c"]))
    let dataset = Self.dataset { $0.slices = [SliceDefinition(name: "orders", condition: "false")] }
    let account = try await shop.publish(dataset)
    let slices = try shop.examples("set", "train").map { line in
      line.firstMatch(of: #/"slice":"([a-z]+)"/#).map { String($0.1) }
    }
    #expect(slices == ["orders", "other", "other"])
    #expect(account.synthetic?.slices.map { "\($0.slice) \($0.synthetic)" } == ["orders 1", "other 2"])
  }

  @Test("only what was written for the datasets that are named") func from() async throws {
    let shop = try PublishWorkshop()
    for name in ["set", "one", "two"] {
      try shop.add(Self.written(["for-\(name)"], batch: "b-\(name)", dataset: name))
    }
    for (from, expected) in [([], ["set"]), (["one"], ["one"]), (["one", "two"], ["one", "two"])] {
      let dataset = Self.dataset { $0.synthesis?.from = from }
      _ = try await shop.publish(dataset)
      #expect(try ids(shop.examples("set", "train")) == expected.map { "synthesis/for-\($0)" })
    }
  }

  // MARK: Splits

  @Test("what was written to evaluate is held out, wherever its conversation lies") func heldOut()
    async throws
  {
    let shop = try PublishWorkshop()
    let names = (0..<40).map { "e\($0)" }
    try shop.add(Self.written(names, role: .eval))
    var dataset = Self.dataset(.eval) { $0.splits = DatasetDefinition.defaultSplits(for: .eval) }
    #expect(try await shop.publish(dataset).splits == ["test": 40])
    dataset.name = "two"
    dataset.splits = [SplitDefinition(name: "test", share: 5), SplitDefinition(name: "dev", share: 15)]
    dataset.synthesis?.from = ["set"]
    let account = try await shop.publish(dataset)
    #expect(account.splits.values.reduce(0, +) == 40)
    #expect(account.splits["dev"] ?? 0 > account.splits["test"] ?? 0)
    dataset.kind = .sft
    dataset.name = "train"
    dataset.splits = DatasetDefinition.defaultSplits(for: .sft)
    dataset.gates.minimumExamples = 0
    #expect(try await shop.publish(dataset).candidates == 0, "and never trains")
  }

  @Test(
    "p is the place p · W / 100 in the held-out splits",
    arguments: [
      (["test 10"], 0, 90), (["test 10"], 50, 95), (["test 10"], 99, 99.9),
      (["test 5", "dev 15"], 0, 95), (["test 5", "dev 15"], 24, 99.8), (["test 5", "dev 15"], 25, 80),
      (["test 5", "dev 15"], 75, 90), (["test 100"], 42, 42),
    ] as [([String], Double, Double)])
  func formula(_ splits: [String], _ position: Double, _ expected: Double) {
    var dataset = DatasetDefinition(name: "set", kind: .eval)
    dataset.splits = splits.map { text in
      let parts = text.split(separator: " ")
      return SplitDefinition(name: String(parts[0]), share: Int(parts[1]) ?? 0)
    }
    let roles = Dictionary(uniqueKeysWithValues: dataset.splits.map { ($0.name, LedgerRole.eval) })
    let found = SplitPlan.heldOut(position, SplitPlan.bands(dataset), roles)
    #expect(abs(found - expected) < 1e-9)
  }

  @Test("what was written to train stands where its conversation does") func ordinary() async throws {
    let shop = try PublishWorkshop()
    let names = (0..<40).map { "t\($0)" }
    try shop.add(Self.written(names))
    let dataset = Self.dataset { $0.splits = DatasetDefinition.defaultSplits(for: .sft) }
    let bands = SplitPlan.bands(dataset)
    let expected = names.filter { name in
      bands[0].range.contains(SplitPlan.position("written-\(name)", seed: dataset.seed))
    }
    let account = try await shop.publish(dataset)
    #expect(account.splits == ["train": expected.count, "validation": 40 - expected.count])
  }

  @Test("an input that evaluates does not train, also where a model wrote it") func leak() async throws {
    let shop = try PublishWorkshop()
    try shop.add(Self.written(["t"], batch: "one"))
    try shop.add(
      Self.written(["e"], batch: "two", role: .eval).map { sample in
        var sample = sample
        sample.input = #"[{"content":"Written t","role":"user"}]"#
        return sample
      })
    _ = try await shop.publish(Self.dataset())
    let account = try await shop.publish(
      Self.dataset(.eval, name: "eval") {
        $0.synthesis?.from = ["set"]
        $0.gates.minimumExamples = 0
      })
    #expect(account.left == ["leak": 1] && account.splits == ["test": 0])
  }

  /// A conversation, and what a model wrote in one whose position is held out of training.
  private func validationID() throws -> String {
    let found = (0..<1000).lazy.map { "v\($0)" }.first {
      SplitPlan.position("written-\($0)", seed: DatasetDefinition.defaultSeed) >= 90
    }
    return try #require(found)
  }

  @Test("held out, it keeps no real data from training: neither its input, nor words that it shares")
  func givesWay() async throws {
    let id = try validationID()
    let question = (0..<20).map { "word\($0)" }.joined(separator: " ")
    func write(_ sample: inout LoggedSample, _ text: String) {
      sample.input = #"[{"content":"\#(text)","role":"user"}]"#
    }
    for (text, decontaminates, outcome) in [
      (question, false, "out:leak"), (question + " more", true, "out:contaminated"),
    ] {
      let shop = try PublishWorkshop()
      var logged = Self.organic(1)
      write(&logged[0], question)
      logged[0].conversation = "c-train"
      var written = Self.written([id, "w1"])
      write(&written[0], text)
      let dataset = Self.dataset {
        $0.splits = [
          SplitDefinition(name: "train", share: 90), SplitDefinition(name: "validation", share: 10),
        ]
        $0.decontamination = decontaminates ? Decontamination() : nil
      }
      try #require(SplitPlan.position("c-train", seed: dataset.seed) < 90)
      try shop.add(logged)
      try shop.add(written)
      let account = try await shop.publish(dataset)
      #expect(try shop.stays("0") == ["set in:train 1-"])
      #expect(try shop.candidateStays(id) == ["set \(outcome)"])
      #expect(account.decontamination?.heldOut ?? 0 == (decontaminates ? 1 : 0))
      // Once it was published as held out it stays so, and nothing that is like it trains.
      let other = try PublishWorkshop()
      try other.add(written)
      _ = try await other.publish(dataset)
      try other.add(logged)
      _ = try await other.publish(dataset)
      #expect(try other.stays("0") == ["set \(outcome) 1-"])
      #expect(try other.candidateStays(id).last == "set in:validation")
    }
  }

  // MARK: Cap

  struct CapRow: Sendable, CustomTestStringConvertible {
    let id: String
    let target: Int
    let share: Int
    let organic: Int
    let written: Int
    let published: Int
    var testDescription: String { id }
  }

  @Test(
    "a slice has no more of it than it lacks, and no more than its share",
    arguments: [
      CapRow(id: "nothing real: the share", target: 10, share: 50, organic: 0, written: 12, published: 5),
      CapRow(id: "the whole of it", target: 10, share: 100, organic: 0, written: 12, published: 10),
      CapRow(id: "what is lacking", target: 10, share: 50, organic: 8, written: 12, published: 2),
      CapRow(id: "fewer than there is room for", target: 10, share: 50, organic: 2, written: 3, published: 3),
      CapRow(id: "full", target: 10, share: 50, organic: 10, written: 4, published: 0),
      CapRow(id: "more than full", target: 10, share: 50, organic: 14, written: 4, published: 0),
      CapRow(id: "rounded down", target: 7, share: 50, organic: 0, written: 9, published: 3),
      CapRow(id: "none allowed", target: 10, share: 0, organic: 0, written: 4, published: 0),
    ])
  func cap(_ row: CapRow) async throws {
    let shop = try PublishWorkshop()
    if row.organic > 0 { try shop.add(Self.organic(row.organic)) }
    try shop.add(Self.written((0..<row.written).map { "w\($0)" }))
    let account = try await shop.publish(
      Self.dataset {
        $0.gates.minimumExamples = 0
        $0.synthesis?.target = row.target
        $0.synthesis?.share = row.share
      })
    let slice = try #require(account.synthetic?.slices.first)
    #expect(slice.synthetic == row.published && slice.organic == row.organic && slice.target == row.target)
    #expect(slice.capped == row.written - row.published)
    #expect(account.left["synthetic-cap"] ?? 0 == row.written - row.published)
    #expect(account.splits == ["train": row.organic + row.published])
  }

  @Test("as real examples come, those of the lowest score go") func retreat() async throws {
    let shop = try PublishWorkshop()
    try shop.add(Self.written(["w0", "w1", "w2", "w3"]) { Double($0) / 10 })
    let dataset = Self.dataset {
      $0.synthesis?.target = 5
      $0.synthesis?.share = 80
    }
    _ = try await shop.publish(dataset)
    func standing() throws -> [String] {
      try ids(shop.examples("set", "train")).filter { $0.hasPrefix("synthesis/") }.map {
        String($0.suffix(2))
      }
    }
    #expect(try standing() == ["w0", "w1", "w2", "w3"])
    try shop.add(Self.organic(3))
    _ = try await shop.publish(dataset)
    #expect(try standing() == ["w2", "w3"])
    try shop.add(Self.organic(4, from: 3))
    let last = try await shop.publish(dataset)
    #expect(try standing() == [])
    #expect(last.splits == ["train": 7])
    #expect(try shop.candidateStays("w0") == ["set in:train", "set out:synthetic-cap"])
  }

  @Test("of equal scores a hash of the seed and the id decides, whatever the order of arrival") func ties()
    async throws
  {
    var found: [Set<String>] = []
    for (names, seed) in [
      (["w0", "w1", "w2", "w3", "w4", "w5"], "s"), (["w5", "w3", "w1", "w0", "w2", "w4"], "s"),
      (["w0", "w1", "w2", "w3", "w4", "w5"], "another seed"),
    ] {
      let shop = try PublishWorkshop()
      try shop.add(Self.written(names))
      _ = try await shop.publish(
        Self.dataset {
          $0.seed = seed
          $0.synthesis?.target = 6
        })
      found.append(Set(try ids(shop.examples("set", "train"))))
    }
    #expect(found[0].count == 3 && found[0] == found[1] && found[0] != found[2])
  }

  @Test("where a dataset is full, real examples come first") func full() async throws {
    let shop = try PublishWorkshop()
    try shop.add(
      Self.organic(3).map { sample in
        var sample = sample
        sample.label = nil
        return sample
      })
    try shop.add(Self.written(["w0", "w1"]))
    let account = try await shop.publish(Self.dataset { $0.maximumExamples = 3 })
    #expect(account.splits == ["train": 3] && account.left == ["maximum": 2])
    #expect(account.synthetic?.synthetic == 0)
  }

  @Test("it makes no dataset larger, of which a user may have a share") func influence() {
    let users = (0..<40).map { index in
      Draft(id: "d\(index)", parts: .single(.make("d\(index)", user: "u"), corrected: false))
    }
    let written = (0..<960).map { index in
      Draft(id: "w\(index)", parts: .single(.make("w\(index)", synthetic: .make()), corrected: false))
    }
    var dataset = DatasetDefinition(name: "set", kind: .sft)
    dataset.maximumUserShare = 5
    var outcomes = [SplitPlan.Outcome](repeating: .split("train"), count: 1000)
    let account = InfluenceCap.apply(users + written, &outcomes, dataset)
    #expect(account?.limit == 10 && account?.leftOut == 30)
    #expect(outcomes[40...].allSatisfy { $0 == .split("train") })
  }

  // MARK: Acceptance

  @Test("a batch is published once people accept its sample, and never where they reject it")
  func acceptance() async throws {
    let shop = try PublishWorkshop()
    let names = (0..<30).map { "w\($0)" }
    try shop.add(Self.organic(1))
    try shop.add(Self.written(names))
    var dataset = Self.dataset { $0.synthesis?.acceptance = 0.7 }
    func account() async throws -> PublishAccount { try await shop.publish(dataset) }
    let first = try await account()
    #expect(first.left == ["acceptance-pending": 30] && first.synthetic?.waiting == ["b"])
    #expect(try shop.candidateStays("w0") == ["set out:acceptance-pending"])
    try shop.answer("b", accepted: Array(names[..<8]), unanswered: ["w20"])
    #expect(try await account().left == ["acceptance-pending": 30], "8 of 8: at least 0.68")
    try shop.answer("b", accepted: ["w8"])
    let third = try await account()
    #expect(third.synthetic?.synthetic == 30 && third.synthetic?.waiting == [], "9 of 9: at least 0.70")
    try shop.answer("b", accepted: [], rejected: Array(names[9..<16]))
    let fourth = try await account()
    #expect(fourth.left == ["not-accepted": 30] && fourth.synthetic?.rejected == ["b"])
    #expect(try shop.candidateStays("w0").last == "set out:not-accepted")
    // What people refused singly stays out of a batch that passes.
    for gate in [0.3, nil] {
      dataset.synthesis?.acceptance = gate
      let passed = try await account()
      #expect(passed.synthetic?.synthetic == 23 && passed.left == ["not-accepted": 7])
      #expect(passed.synthetic?.rejected == [])
    }
  }

  @Test("a version, and its account, are the same whatever the number of workers") func workers() async throws
  {
    var roots: Set<String> = []
    for workers in [1, 4] {
      let shop = try kinds()
      let account = try await shop.publish(Self.dataset(.kto), workers: workers)
      roots.insert("\(account.contentRoot) \(account.synthetic?.slices.map(\.synthetic) ?? [])")
    }
    #expect(roots.count == 1)
  }

  // MARK: Exports

  @Test("an export's training rows hold nothing of it, its provenance and card do", arguments: Kind.allCases)
  func exports(_ kind: Kind) async throws {
    let shop = try kinds()
    _ = try await shop.publish(Self.dataset(kind))
    let reference = try #require(try shop.registry.latest(of: "set"))
    let split = kind == .eval ? "test" : "train"
    for format in ExportFormat.legal(for: kind) {
      let job = try ExportJob(
        target: .folder(shop.folder("export-\(format.rawValue)")),
        description: ExportDescription(
          dataset: "set", number: 1, kind: kind, version: reference.version,
          contentRoot: reference.contentRoot), format: format)
      try shop.registry.forEachRecord(of: reference.version, split: split, sortedByID: true) { id, json in
        try job.add(split: split, id: id, json)
      }
      let path = try job.finish().path
      func text(_ name: String) throws -> String {
        String(decoding: try DurableFile.read("\(path)/\(name)"), as: UTF8.self)
      }
      let rows = try text("\(split).jsonl")
      // `inspect` has a place for it, and `records` is what was published.
      if format == .openai || format == .trl {
        #expect(!rows.contains("self-instruct") && !rows.contains("synthetic"), "\(format)")
      } else {
        #expect(rows.contains("self-instruct"))
      }
      if format != .records {
        #expect(try text("\(split).meta.jsonl").contains(#""operator":"self-instruct""#))
      }
      let card = try text("README.md")
      #expect(card.contains("## Written by models") && card.contains("| gpt | "))
      #expect(card.contains("- \"synthetic\""))
      #expect(card.contains("compare models of a family above (gpt)") == (kind == .eval))
    }
  }
}
