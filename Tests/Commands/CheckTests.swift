import Foundation
import Testing
import TestSupport

@Suite("flywheel check") struct CheckTests {
  @Test("this repository's definitions are sound") func sound() throws {
    let bench = try Published.bench()
    #expect(
      try bench.succeed("check") == "4 pipelines, 8 sources, 13 datasets, 2 queues, 5 models: all sound\n")
    #expect(
      try bench.json("check")
        == JSONDocument(
          """
          {"pipelines": ["cold-start", "haiku-judged", "nightly", "public-data"], "faults": [], "warnings": [],
           "queues": ["candidates", "support"],
           "models": ["haiku", "mini", "small", "strong", "student"],
           "sources": ["haiku", "haiku-feedback", "haiku-judges", "helper", "helper-feedback", "openassistant",
             "support-chat", "support-feedback"],
           "datasets": ["haiku-kto", "haiku-sft", "helper-eval", "helper-kto", "helper-preference", "helper-sft",
             "openassistant-preference", "openassistant-sft", "support-eval",
             "support-fewshot", "support-kto", "support-preference", "support-sft"]}
          """))
  }

  /// A definition that is wrong, and the code of its fault.
  struct Fault: Sendable {
    let code: String
    let file: String
    let text: String

    init(_ code: String, _ file: String, _ text: String) {
      self.code = code
      self.file = file
      self.text = text
    }
  }

  private static let source = "kind: file\npath: x\ninteractions: {id: a, time: t, input: i, output: o}\n"
  private static let service = "kind: phoenix\naddress: http://127.0.0.1:6006\nproject: support\n"
  private static let feedback =
    "kind: file\npath: x\nfeedback: {about: good, id: a, time: t, target: b, signal: s}\n"
  private static let curated = "steps:\n- pull: {source: good}\n- curate\n"

  /// At least one for each code; those whose file is no text are made by the test itself.
  static let faults: [Fault] = [
    Fault("not-utf8", "Pipelines/not-utf8.yaml", ""),
    Fault("unreadable", "Pipelines/unreadable.yaml", ""),
    Fault("not-a-file", "Pipelines/not-a-file.yaml", ""),
    Fault("too-large", "Pipelines/too-large.yaml", ""),
    Fault("character", "Pipelines/character.yaml", "steps: [a\u{1}]\n"),
    Fault("syntax", "Pipelines/syntax.yaml", "steps: [a\n"),
    Fault("several-documents", "Pipelines/several.yaml", "steps: []\n---\nsteps: []\n"),
    Fault("empty-document", "Pipelines/empty.yaml", "# nothing\n"),
    Fault("alias", "Pipelines/alias.yaml", "steps: *a\n"),
    Fault("anchor", "Pipelines/anchor.yaml", "steps: &a []\n"),
    Fault("tag", "Pipelines/tag.yaml", "steps: !!set {}\n"),
    Fault("duplicate-key", "Pipelines/twice.yaml", "workers: 1\nworkers: 2\n" + curated),
    Fault("key-not-text", "Pipelines/key.yaml", "[a]: 1\n" + curated),
    Fault("unknown-key", "Pipelines/unknown-key.yaml", "worker: 2\n" + curated),
    Fault("missing-key", "Pipelines/missing.yaml", "workers: 1\n"),
    Fault("missing-one-of", "Pipelines/none-of.yaml", "steps:\n- pull: {}\n"),
    Fault("together", "Pipelines/together.yaml", "steps:\n- pull: {source: good, sources: [good]}\n"),
    Fault("wrong-type", "Pipelines/type.yaml", "workers: two\n" + curated),
    Fault("out-of-range", "Pipelines/range.yaml", "workers: 257\n" + curated),
    Fault("unknown-value", "Pipelines/value.yaml", curated + "- label: {model: mayority}\n"),
    Fault("empty-value", "Pipelines/empty-value.yaml", "steps: []\n"),
    Fault("repeated", "Pipelines/repeated.yaml", "steps:\n- pull: {sources: [good, good]}\n"),
    Fault("bad-name", "Pipelines/name.yaml", "steps:\n- pull: {source: Good}\n"),
    Fault("step-needs", "Pipelines/order.yaml", "steps:\n- curate\n"),
    Fault("undeclared", "Pipelines/undeclared.yaml", "steps:\n- pull: {source: goood}\n- curate\n"),
    Fault(
      "crossed-bounds", "Pipelines/crossed.yaml",
      "steps:\n- pull: {source: good}\n- curate: {rules: {length: {min_output_characters: 9, max_output_characters: 8}}}\n"
    ),
    Fault("wrong-suffix", "Pipelines/other.yml", curated),
    Fault("bad-file-name", "Pipelines/Über.yaml", curated),
    Fault("bad-path", "Pipelines/sources/path.yaml", source.replacing("id: a", with: "id: a..b")),
    Fault(
      "bad-variable", "Pipelines/sources/variable.yaml", source.replacing("path: x", with: "path: ${LOGS")),
    Fault(
      "bad-time", "Pipelines/sources/time.yaml", source.replacing("time: t", with: "time: {value: soon}")),
    Fault(
      "zero-scale", "Pipelines/sources/zero.yaml",
      source.replacing("id: a", with: "id: a, cost: {path: c, scale: 0}")),
    Fault(
      "flat-scale", "Pipelines/sources/flat.yaml",
      feedback.replacing("signal: s", with: "signal: s, signals: {stars: {signal: rating, from: [3, 3]}}")),
    Fault(
      "no-interactions", "Pipelines/sources/about.yaml",
      feedback.replacing("about: good", with: "about: reactions")),
    Fault("bad-duration", "Pipelines/sources/duration.yaml", service + "look_back: soon\nsince: never\n"),
    Fault(
      "bad-address", "Pipelines/sources/address.yaml",
      service.replacing("http://127.0.0.1:6006", with: "phoenix:6006")),
    Fault("literal-secret", "Pipelines/sources/secret.yaml", service + "key: sk-literal-0815\n"),
    Fault("unused-source", "Pipelines/sources/reactions.yaml", feedback),
    Fault("nothing-redacted", "Pipelines/sources/bare.yaml", source + "redact: []\n"),
    Fault("bad-split-name", "Datasets/split/dataset.yaml", "kind: sft\nsplits: {Train: 90}\n"),
    Fault("bad-language", "Datasets/language/dataset.yaml", "kind: sft\nlanguage: [english]\n"),
    Fault("shares-over", "Datasets/shares/dataset.yaml", "kind: sft\nsplits: {train: 90, test: 20}\n"),
    Fault("reserved-name", "Datasets/reserved/dataset.yaml", "kind: sft\nslices: {other: 'true'}\n"),
    Fault(
      "no-file", "Pipelines/schema.yaml",
      "steps:\n- pull: {source: good}\n- curate: {rules: {output-format: {schemas: {bot: absent.json}}}}\n"),
    Fault(
      "bad-template", "Pipelines/rubrics/blind.yaml",
      "question: q\nprompt: blind\npanel: [a]\ncriteria: [{id: x, ask: y}]\n"),
    Fault(
      "no-model", "Pipelines/rubrics/nobody.yaml",
      "question: q\nprompt: whole\npanel: [gpt]\ncriteria: [{id: x, ask: y}]\n"),
    Fault("not-for-kind", "Datasets/kind/dataset.yaml", "kind: sft\npairs: all\n"),
    Fault("not-for-task", "Pipelines/queues/task.yaml", "task: prefer\nlabels: []\nguideline: g\n"),
    Fault("bad-key", "Pipelines/queues/key.yaml", "guideline: g\nkeys: {skip: ab}\n"),
    Fault("key-taken", "Pipelines/queues/taken.yaml", "guideline: g\nkeys: {skip: z}\n"),
    Fault("unused-dataset", "Datasets/unused/dataset.yaml", "kind: sft\n"),
  ]

  @Test("every kind of fault, with file, line and column") func everyFault() throws {
    let bench = try Workbench(empty: "faults")
    try bench.write("Pipelines/good.yaml", Self.curated)
    try bench.write("Pipelines/sources/good.yaml", Self.source)
    for fault in Self.faults { try bench.write(fault.file, fault.text) }
    try bench.write("Pipelines/prompts/blind.mustache", "{{{code}}}\n{{! user }}\n{{{output}}}\n")
    try bench.write("Pipelines/prompts/whole.mustache", "{{{code}}}\n{{! user }}\n{{{input}}}{{{output}}}\n")
    try bench.write(
      "Pipelines/models.yaml",
      """
      services: {s: {kind: openai, address: "https://api.example.com/v1"}}
      models: {a: {service: s, model: m, family: f, price: {input: 1, output: 1}}}
      """)
    let folder = "\(bench.project)/Pipelines"
    try Data([0x73, 0xFF, 0x0A]).write(to: URL(filePath: "\(folder)/not-utf8.yaml"))
    for name in ["unreadable", "not-a-file"] {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name).yaml")
    }
    // A link to nothing cannot be read by anybody, whoever runs the test.
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder)/unreadable.yaml", withDestinationPath: "nowhere")
    try FileManager.default.createDirectory(
      atPath: "\(folder)/not-a-file.yaml", withIntermediateDirectories: false)
    let handle = try FileHandle(forWritingTo: URL(filePath: "\(folder)/too-large.yaml"))
    try handle.truncate(atOffset: 64 << 20)
    try handle.close()
    let ran = try bench.run("check")
    #expect(ran.code == 2)
    #expect(ran.errors.isEmpty)
    try Expected.expect(ran.output, "check-faults")
    #expect(!ran.output.contains("0815"), "a secret that stands in a definition is not repeated")
    for fault in Self.faults {
      #expect(ran.output.contains("\(fault.file):"), "nothing is said about \(fault.code)")
    }
    let document = try bench.json("check")
    let faults = document["faults"]?.elements.compactMap(\.string) ?? []
    let warnings = document["warnings"]?.elements.compactMap(\.string) ?? []
    #expect((faults + warnings.map { "warning: \($0)" }).joined(separator: "\n") + "\n" == ran.output)
    let refused = try bench.run("run", "good")
    #expect(refused.code == 2)
    #expect(
      refused.errors
        == "error: \(faults.count) faults in the definitions:\n\(faults.joined(separator: "\n"))\n")
    #expect(!FileManager.default.fileExists(atPath: bench.home))
  }

  @Test("the table above has every code of the source") func complete() throws {
    let source = try Repository.text("Sources/Pipeline/Definitions/DefinitionFault.swift")
    let codes = source.matches(of: #/case \.[A-Za-z0-9]+: "([a-z0-9-]+)"/#).map { String($0.1) }
    #expect(codes.count > 40)
    // Without a project there is no file to name; `HelpTests` has that one.
    #expect(Set(codes).subtracting(["no-project"]) == Set(Self.faults.map(\.code)))
  }

  @Test(
    "a condition on no column is legal, as the default is",
    arguments: ["", "select: 1 = 1\n", "slices: {a: 'true'}\n"])
  func noColumn(_ lines: String) throws {
    let bench = try Workbench(sample: "all")
    try bench.write(
      "Datasets/support-sft/dataset.yaml",
      "kind: sft\ndecontaminate: false\nmaximum_user_share: 100\n" + lines)
    #expect(try bench.succeed("check").hasSuffix(": all sound\n"))
    try bench.succeed("run", "nightly")
    let item = try bench.json("datasets", "list").elements.first { $0["dataset"] == .text("support-sft") }
    // All that is kept but one, whose near duplicate was published for evaluation.
    #expect(item?["examples"] == .number(312))
  }

  @Test("SQL that does not compile, or reads more than the view, is refused with its file")
  func badSQL() throws {
    let bench = try Workbench(sample: "sql")
    try bench.edit("Datasets/support-sft/dataset.yaml", "label = 'good'", "lable = 'good'")
    try bench.edit(
      "Datasets/support-eval/dataset.yaml", "has_correction", "id IN (SELECT name FROM settings)")
    try bench.edit("Datasets/support-kto/dataset.yaml", "label IN", "1); DROP TABLE interactions; --")
    try bench.edit(
      "Datasets/support-sft/dataset.yaml", "orders: metadata ->> 'tags'",
      "orders: load_extension('x') OR metadata")
    try bench.write(
      "Datasets/haiku-sft/dataset.yaml",
      "kind: sft\nselect: id IN (WITH records AS (SELECT value FROM settings) SELECT value FROM records)\n")
    try bench.write(
      "Datasets/haiku-kto/dataset.yaml",
      "kind: kto\nselect: EXISTS (SELECT 1 FROM (SELECT 1 FROM settings) records)\n")
    try bench.write(
      "Datasets/openassistant-sft/dataset.yaml",
      "kind: sft\nselect: EXISTS (SELECT 1 FROM interactions WHERE user = 'x')\n")
    let ran = try bench.run("check")
    #expect(ran.code == 2)
    try Expected.expect(ran.output, "check-sql")
    #expect(try bench.json("check")["faults"]?.elements.count == 7)
  }
}
