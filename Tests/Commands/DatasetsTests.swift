import Foundation
import Testing
import TestSupport

@Suite("flywheel datasets, status and JSON") struct DatasetsTests {
  @Test("the list") func list() throws {
    let bench = try Published.bench()
    let text = Marks.apply(try bench.succeed("datasets", "list"), bench)
    try Expected.expect(text, "datasets-list")
    #expect(Marks.apply(try bench.succeed("datasets"), bench) == text)
  }

  @Test("one dataset, one version") func show() throws {
    let bench = try Published.bench()
    try Expected.expect(
      Marks.apply(try bench.succeed("datasets", "show", "support-sft"), bench), "datasets-show")
    try Expected.expect(
      Marks.apply(try bench.succeed("datasets", "show", "support-sft@1"), bench), "datasets-show-version")
  }

  @Test("the status") func status() throws {
    let bench = try Published.bench()
    try Expected.expect(Marks.apply(try bench.succeed("status"), bench), "status")
  }

  struct Unknown: CustomTestStringConvertible, Sendable {
    let name: String
    let errors: String
    var testDescription: String { name }
  }

  static let unknown = [
    Unknown(
      name: "support-sfd",
      errors: """
        there is no published dataset 'support-sfd'. Did you mean 'support-sft'? There are: support-eval, \
        support-fewshot, support-kto, support-preference, support-sft.
        """),
    Unknown(
      name: "support-sft@2",
      errors: "there is no version 'support-sft@2'. Did you mean 'support-sft@1'? There are: support-sft@1."),
    Unknown(name: "support-sft@0", errors: "a version is written NAME or NAME@NUMBER, not 'support-sft@0'."),
    Unknown(name: "@1", errors: "a version is written NAME or NAME@NUMBER, not '@1'."),
    Unknown(name: "a@1@2", errors: "a version is written NAME or NAME@NUMBER, not 'a@1@2'."),
    Unknown(name: "a@\u{1B}[0m", errors: "a version is written NAME or NAME@NUMBER, not 'a@\\u{1B}[0m'."),
  ]

  @Test("a name that nothing has", arguments: unknown) func unknownName(_ row: Unknown) throws {
    let bench = try Published.bench()
    for command in [["datasets", "show", row.name], ["pull", row.name, "--to", "\(bench.folder)/unknown"]] {
      let ran = try bench.run(command)
      #expect(ran.code == 2)
      #expect(ran.output.isEmpty)
      #expect(ran.errors == "error: \(row.errors)\n")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(bench.folder)/unknown"))
  }

  @Test("a registry without versions") func nothing() throws {
    let bench = try Workbench(sample: "none")
    let ran = try bench.run("datasets")
    #expect(ran.code == 2)
    #expect(
      ran.errors == """
        error: there is no registry: not-a-registry: format.json: no such object. Publish a version \
        first, or name one with --registry.

        """)
  }

  static let documents: [(name: String, arguments: [String])] = [
    ("check", ["check"]), ("status", ["status"]), ("datasets-list", ["datasets", "list"]),
    ("datasets-show", ["datasets", "show", "support-sft"]),
    ("datasets-show-version", ["datasets", "show", "support-sft@1"]), ("why", ["why", "chat-cc7f713befd4"]),
    ("why-duplicate", ["why", "chat-e72b18daa90e"]), ("verify", ["verify"]), ("run", ["run", "nightly"]),
    ("pull", ["pull", "support-sft", "--to", "json-pull"]),
  ]

  @Test("the shape of every JSON document", arguments: documents)
  func shape(_ row: (name: String, arguments: [String])) throws {
    let bench = try Published.copy("shape")
    let ran = try bench.run(row.arguments + ["--json"])
    #expect(ran.code == 0)
    #expect(ran.errors.isEmpty)
    let lines = try JSONDocument(ran.output).shape
    try Expected.expect(lines.joined(separator: "\n") + "\n", "json/\(row.name)")
  }
}
