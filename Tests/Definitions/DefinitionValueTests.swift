import Curate
import Foundation
import Label
import Pipeline
import Publish
import Pull
import Records
import Testing

@Suite struct DefinitionValueTests {
  func path(_ text: String) throws -> FieldPath { try #require(FieldPath(text)) }

  func rule(_ texts: String..., scale: Double = 1) throws -> FieldRule {
    FieldRule(paths: try texts.map { try path($0) }, scale: scale)
  }

  @Test func readsAWholePipeline() throws {
    let reading = PipelineDefinition.read(Array(Fixtures.pipeline.utf8), name: "night", file: "P.yaml")
    #expect(reading.faults == [])
    let pipeline = try #require(reading.definition)
    var curate = CurateParameters()
    curate.length?.minOutputCharacters = 2
    curate.length?.maxOutputCharacters = 30
    curate.length?.maxInputCharacters = 40
    curate.refusal = false
    curate.truncation = false
    curate.repetition?.minWords = 60
    curate.duplicates?.near = false
    curate.duplicates?.threshold = 0.9
    curate.influence?.perDay = 9
    curate.influence?.burst = 3
    curate.influence?.burstSeconds = 30
    curate.personalData = nil
    var label = LabelParameters()
    label.model = .majority
    label.implicitWeight = 0.25
    let expected = PipelineDefinition(
      name: "night", file: "P.yaml", description: "Every night - pull, curate, label, publish.", workers: 2,
      steps: [
        Step(line: 4, parameters: .pull(PullParameters(sources: ["chat"]))),
        Step(line: 5, parameters: .pull(PullParameters(sources: ["votes", "trees"]))),
        Step(line: 7, parameters: .curate(curate)), Step(line: 16, parameters: .label(label)),
        Step(line: 17, parameters: .publish(PublishParameters(datasets: ["sft"]))),
        Step(line: 18, parameters: .publish(PublishParameters(datasets: ["pref", "eval"]))),
      ])
    #expect(pipeline == expected)
    #expect(pipeline.sources == ["chat", "votes", "trees"])
    #expect(pipeline.datasets == ["sft", "pref", "eval"])
    #expect(
      reading.references.map { "\($0.document) \($0.name) \($0.line):\($0.column)" } == [
        "source chat 4:20", "source votes 6:17", "source trees 6:24", "dataset sft 17:24",
        "dataset pref 19:18", "dataset eval 19:24",
      ])
  }

  @Test(arguments: [
    "- curate", "- curate:", "- curate: {}", "- curate: {rules: {}}",
    "- curate: {rules: {length: true, repetition: true, refusal: true}}",
    "- curate: {rules: {length: {}, repetition: {}}}",
  ])
  func everyRuleIsOnByDefault(_ step: String) {
    let yaml = "steps:\n- pull: {source: a}\n\(step)\n"
    let pipeline = PipelineDefinition.read(Array(yaml.utf8), name: "p", file: "P.yaml").definition
    #expect(pipeline?.steps.last?.parameters == .curate(CurateParameters()))
    #expect(CurateParameters().length?.minOutputCharacters == 1)
    #expect(CurateParameters().length?.maxOutputCharacters == 200_000)
    #expect(CurateParameters().length?.maxInputCharacters == 400_000)
    #expect(CurateParameters().repetition?.minWords == 50)
  }

  @Test func rulesWithParametersAreSwitchedOff() {
    let yaml = "steps:\n- pull: {source: a}\n- curate: {rules: {length: false, repetition: false}}\n"
    let pipeline = PipelineDefinition.read(Array(yaml.utf8), name: "p", file: "P.yaml").definition
    var expected = CurateParameters()
    expected.length = nil
    expected.repetition = nil
    #expect(pipeline?.steps.last?.parameters == .curate(expected))
  }

  @Test func readsInteractions() throws {
    let reading = SourceDefinition.read(Array(Fixtures.chat.utf8), name: "chat", file: "S.yaml")
    #expect(reading.faults == [])
    var mapping = InteractionMapping(
      id: try rule("id"), time: try rule("created_at", "timestamp"), input: try rule("messages"),
      output: try rule("response"))
    mapping.match = [
      FieldMatch(path: try path("type"), value: .text("interaction")),
      FieldMatch(path: try path("level"), value: .number(2)),
      FieldMatch(path: try path("live"), value: .bool(true)),
      FieldMatch(path: try path("a.b"), value: .text("2")),
    ]
    mapping.conversation = try rule("session.id")
    mapping.user = try rule("user_id")
    mapping.app = try rule("app")
    mapping.model = FieldRule(constant: "gpt")
    mapping.prompt = try rule("prompt_version")
    mapping.parent = try rule("parent_id")
    mapping.finish = try rule("choices.0.finish_reason")
    mapping.tokensIn = try rule("usage.prompt_tokens")
    mapping.tokensOut = try rule("usage.completion_tokens")
    mapping.cost = try rule("cost")
    mapping.latency = try rule("latency_ms", "ms", scale: 0.001)
    mapping.updated = try rule("updated_at")
    mapping.metadata = [try path("tags"), try path("user.tier"), try path("a\\.b")]
    var expected = SourceDefinition(name: "chat", path: "../../samples/${LOGS}/$DAY/*.jsonl")
    expected.app = "support"
    expected.redact = [.email, .secret]
    expected.maximumLine = 2048
    expected.interactions = mapping
    #expect(reading.definition == expected)
  }

  @Test func readsFeedback() throws {
    let reading = SourceDefinition.read(Array(Fixtures.votes.utf8), name: "votes", file: "S.yaml")
    #expect(reading.faults == [])
    var mapping = FeedbackMapping(
      about: "chat", id: try rule("id"), time: try rule("timestamp"), signal: try rule("metric_name"))
    mapping.match = [FieldMatch(path: try path("type"), value: .text("feedback"))]
    mapping.target = try rule("target_id")
    mapping.value = try rule("value")
    mapping.comment = try rule("comment")
    mapping.correction = try rule("correction")
    mapping.count = try rule("n")
    mapping.user = try rule("user_id")
    mapping.updated = try rule("updated_at")
    mapping.signals = [
      "haiku_score": SignalRule(signal: .thumb), "thumbs_up": SignalRule(signal: .thumb, value: 1),
      "stars": SignalRule(signal: .rating, from: SignalScale(low: 1, high: 5)),
    ]
    var expected = SourceDefinition(name: "votes", path: "/var/log/votes.jsonl")
    expected.feedback = mapping
    #expect(reading.definition == expected)
    #expect(expected.redact == RedactionKind.allCases)
    #expect(expected.maximumLine == 16_777_216)
  }

  @Test func feedbackIsAboutItsOwnSourceByDefault() {
    let yaml = FaultRow.source + "feedback: {id: i, time: t, conversation: c, signal: {value: thumb}}\n"
    let reading = SourceDefinition.read(Array(yaml.utf8), name: "both", file: "S.yaml")
    #expect(reading.definition?.feedback?.about == "both")
    #expect(reading.definition?.feedback?.conversation == FieldPath("c").map { FieldRule(paths: [$0]) })
    #expect(reading.references == [])
  }

  @Test func readsTrees() throws {
    let reading = SourceDefinition.read(Array(Fixtures.trees.utf8), name: "trees", file: "S.yaml")
    #expect(reading.faults == [])
    var mapping = TreeMapping(
      root: try path("prompt"), replies: try path("replies"), id: try rule("message_id"),
      text: try rule("text"), role: try rule("role"), time: FieldRule(constant: "2023-04-12"))
    mapping.match = [FieldMatch(path: try path("state"), value: .text("ready"))]
    mapping.outputRole = "bot"
    mapping.roles = ["prompter": .user, "bot": .assistant]
    mapping.conversation = try rule("message_tree_id")
    mapping.app = FieldRule(constant: "open")
    mapping.user = try rule("user_id")
    mapping.model = try rule("model_name")
    mapping.metadata = [try path("lang"), try path("synthetic")]
    mapping.rank = try rule("rank")
    mapping.votes = VoteMapping(
      path: try path("emojis"),
      signals: [
        "+1": SignalRule(signal: .thumb, value: 1), "-1": SignalRule(signal: .thumb, value: -1),
        "seen": SignalRule(signal: .click),
      ])
    var expected = SourceDefinition(name: "trees", path: "trees.jsonl.gz")
    expected.tree = mapping
    #expect(reading.definition == expected)
  }

  @Test func readsADatasetInOrder() throws {
    let reading = DatasetDefinition.read(Array(Fixtures.dataset.utf8), name: "pref", file: "D.yaml")
    #expect(reading.faults == [])
    var expected = DatasetDefinition(name: "pref", kind: .preference)
    expected.description = "What users liked: better first"
    expected.license = "apache-2.0"
    expected.language = ["en", "pt-BR"]
    expected.select = "label = 'good' AND app = 'support'"
    expected.slices = [
      SliceDefinition(name: "zebra", condition: "input LIKE '%zebra%'"),
      SliceDefinition(name: "billing", condition: "input LIKE '%invoice%'"),
      SliceDefinition(name: "a.b-c_1", condition: "tokens > 3 AND true\n"),
    ]
    expected.splits = [
      SplitDefinition(name: "validation", share: 15), SplitDefinition(name: "train", share: 80),
      SplitDefinition(name: "test", share: 5),
    ]
    expected.seed = "other-seed"
    expected.pairs = .all
    expected.maximumExamples = 500
    expected.maximumExampleCharacters = 600
    expected.gates.minimumExamples = 7
    expected.gates.maximumPersonalData = 8
    #expect(reading.definition == expected)
    #expect(expected.splits.map(\.trains) == [false, true, false])
  }

  @Test func readsHowMuchModelsMayWrite() throws {
    func read(_ yaml: String) -> DatasetDefinition? {
      DatasetDefinition.read(Array(yaml.utf8), name: "d", file: "D.yaml").definition
    }
    let plain = "kind: sft\nslices: {orders: a, returns: b}\n"
    let without = try #require(read(plain))
    #expect(without.synthesis == nil && without.sliceNames == ["orders", "returns", "other"])
    let some = try #require(read(plain + "synthesis: {target: 40}\n"))
    let defaults = try #require(some.synthesis)
    #expect(defaults.share == 50 && defaults.acceptance == 0.7 && defaults.sources(of: "d") == ["d"])
    #expect(some.sliceNames.map { defaults.target(of: $0) } == [40, 40, 40])
    #expect(some.sliceNames.map { defaults.most(of: $0) } == [20, 20, 20])
    let all = try #require(
      read(
        plain
          + "synthesis: {target: 9, targets: {orders: 15, other: 0}, share: 30, from: [x, d], acceptance: false}\n"
      )?.synthesis)
    #expect(["orders", "returns", "other"].map { all.target(of: $0) } == [15, 9, 0])
    #expect(["orders", "returns", "other"].map { all.most(of: $0) } == [4, 2, 0])
    #expect(all.acceptance == nil && all.sources(of: "d") == ["x", "d"])
    #expect(read(plain + "synthesis: {targets: {orders: 3}}\n")?.synthesis?.target(of: "returns") == 0)
    #expect(some.definitionDigest != without.definitionDigest)
    let digest = some.definitionDigest
    #expect(read(plain + "synthesis: {target: 40, share: 50, acceptance: 0.7}\n")?.definitionDigest == digest)
    #expect(read(plain + "synthesis: {target: 41}\n")?.definitionDigest != digest)
    let copy = try JSONDecoder().decode(DatasetDefinition.self, from: JSONEncoder().encode(some))
    #expect(copy == some)
  }

  @Test(arguments: [
    ("", Decontamination(), 5), ("decontaminate: true\nmaximum_user_share: 5\n", Decontamination(), 5),
    ("decontaminate: {}\n", Decontamination(), 5),
    ("decontaminate: false\nmaximum_user_share: 100\n", nil, 100),
  ])
  func readsWhatKeepsSidesApart(_ yaml: String, _ decontamination: Decontamination?, _ share: Int) throws {
    let reading = DatasetDefinition.read(Array("kind: eval\n\(yaml)".utf8), name: "d", file: "D.yaml")
    let dataset = try #require(reading.definition)
    #expect(dataset.decontamination == decontamination)
    #expect(dataset.maximumUserShare == share)
    // Whoever states the defaults has the same definition as whoever states nothing.
    let plain = DatasetDefinition.read(Array("kind: eval\n".utf8), name: "d", file: "D.yaml").definition
    #expect((dataset.definitionDigest == plain?.definitionDigest) == (decontamination != nil))
    #expect(try JSONDecoder().decode(DatasetDefinition.self, from: JSONEncoder().encode(dataset)) == dataset)
  }

  @Test func readsDecontaminationInFull() throws {
    let yaml = "kind: sft\ndecontaminate: {ngram: 20, threshold: 0.9, overlap: 1}\n"
    let dataset = DatasetDefinition.read(Array(yaml.utf8), name: "d", file: "D.yaml").definition
    var expected = Decontamination()
    expected.ngram = 20
    expected.threshold = 0.9
    expected.overlap = 1
    #expect(dataset?.decontamination == expected)
  }

  @Test func readsProtectedFiles() throws {
    let yaml = Fixtures.pipeline.replacingOccurrences(
      of: "- publish: {dataset: sft}", with: "- publish: {dataset: sft, protected: [evals/*.jsonl, a.txt]}")
    let reading = PipelineDefinition.read(Array(yaml.utf8), name: "night", file: "P.yaml")
    var parameters = PublishParameters(datasets: ["sft"])
    parameters.protected = ["evals/*.jsonl", "a.txt"]
    #expect(reading.definition?.steps[4].parameters == .publish(parameters))
    #expect(reading.files.map(\.pattern) == ["evals/*.jsonl", "a.txt"])
    let pipeline = try #require(reading.definition)
    let copy = try JSONDecoder().decode(PipelineDefinition.self, from: JSONEncoder().encode(pipeline))
    #expect(copy.definitionDigest == pipeline.definitionDigest)
    #expect(copy.steps.map(\.parameters) == pipeline.steps.map(\.parameters))
  }

  @Test(arguments: [
    (Kind.sft, "train 90 validation 10", 1_000_000, nil, nil),
    (.preference, "train 90 validation 10", 1_000_000, nil, PairStrategy.bestWorst),
    (.kto, "train 90 validation 10", 1_000_000, nil, nil), (.eval, "test 10", 1_000_000, nil, nil),
    (.fewshot, "train 90", 32, 2000, nil),
  ])
  func defaultsFollowTheKind(
    _ kind: Kind, _ splits: String, _ examples: Int, _ characters: Int?, _ pairs: PairStrategy?
  ) throws {
    let reading = DatasetDefinition.read(Array("kind: \(kind)\n".utf8), name: "d", file: "D.yaml")
    let dataset = try #require(reading.definition)
    #expect(dataset.splits.map { "\($0.name) \($0.share)" }.joined(separator: " ") == splits)
    #expect(dataset.maximumExamples == examples)
    #expect(dataset.maximumExampleCharacters == characters)
    #expect(dataset.pairs == pairs)
    #expect(dataset.select == "true")
    #expect(dataset.seed == "flywheel")
    #expect(dataset.gates.minimumExamples == 1)
    #expect(dataset.gates.maximumPersonalData == 0)
  }

  @Test(arguments: [
    ("a", ["a"]), ("a.0.b", ["a", "0", "b"]), ("0", ["0"]), ("gen_ai\\.system.x", ["gen_ai.system", "x"]),
    ("a\\\\.b", ["a\\", "b"]), ("ü.ß", ["ü", "ß"]),
  ])
  func pathsReadAndWrite(_ text: String, _ components: [String]) throws {
    let path = try path(text)
    #expect(path.components == components)
    #expect(path.description == text)
    #expect(path.last == components.last)
  }

  @Test(arguments: ["", ".", "a.", ".a", "a..b", "a\\"]) func pathsRefuse(_ text: String) {
    #expect(FieldPath(text) == nil)
  }

  @Test(arguments: [
    ("../../samples/*.jsonl", "/p/samples/*.jsonl"), ("./a/./b", "/p/Pipelines/sources/a/b"),
    ("$LOGS/x", "/logs/x"), ("${LOGS}x/$DAY-1.jsonl", "/logsx/2026-1.jsonl"), ("/a/../../b", "/b"),
    ("cost$5/$", "/p/Pipelines/sources/cost$5/$"),
  ])
  func pathsResolve(_ path: String, _ expected: String) throws {
    let source = SourceDefinition(name: "s", path: path)
    let resolved = try source.resolvedPath(
      environment: ["LOGS": "/logs", "DAY": "2026"], definitionFolder: "/p/Pipelines/sources")
    #expect(resolved == expected)
  }

  @Test(arguments: ["x/$NONE/y", "${NONE}", "$EMPTY/x"]) func pathsNeedTheirVariables(_ path: String) {
    let name = path.contains("NONE") ? "NONE" : "EMPTY"
    #expect(throws: SourcePathError(source: "s", variable: name)) {
      try SourceDefinition(name: "s", path: path).resolvedPath(
        environment: ["EMPTY": ""], definitionFolder: "/p")
    }
    #expect(
      SourcePathError(source: "s", variable: name).description
        == "source 's' needs the variable \(name), which is not set")
  }
}
