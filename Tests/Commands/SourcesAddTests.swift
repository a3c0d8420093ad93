import Foundation
import TestSupport
import Testing

@Suite("flywheel sources add", .enabled(if: Program.has("python3"), "python3 is not installed"))
struct SourcesAddTests {
  private static let phoenix = [
    "sources", "add", "spans", "--kind", "phoenix", "--address", "http://127.0.0.1:6006", "--project-name",
    "support",
  ]

  @Test("flags make a definition that teaches, checks, and stands in the pipeline") func flags() throws {
    let bench = try Workbench(chat: "add")
    let ran = try bench.run(Self.phoenix + ["--pipeline", "nightly", "--since", "90d", "--no-test"])
    #expect(ran.code == 0)
    #expect(
      ran.output == """
        wrote Pipelines/sources/spans.yaml, and into the pull step of Pipelines/nightly.yaml
        next: flywheel sources test spans

        """)
    #expect(
      try bench.read("Pipelines/sources/spans.yaml") == """
        # Arize Phoenix. `flywheel sources test spans` tries it.
        kind: phoenix

        # $NAME is a variable of the environment.
        address: http://127.0.0.1:6006
        project: support

        # Where the first reading starts. Later ones go on from their cursors.
        since: 90d

        # Rows, changes and feedback come late: each reading starts this much before the last one's end.
        # look_back: 7d

        # What your names of scores mean, beside the system's own conventions (`sources test` lists unknown ones).
        # signals: {helpfulness: {signal: rating, from: [0, 1]}}
        # Places in a row kept as metadata, for selections and slices.
        # metadata: [metadata.tier]

        """)
    #expect(try bench.succeed("check") == "1 pipeline, 2 sources, 0 datasets: all sound\n")
    let again = try bench.run(Self.phoenix + ["--no-test"])
    #expect(again.code == 2)
    #expect(
      again.errors.replacing(bench.project, with: "PROJECT")
        == "error: PROJECT/Pipelines/sources/spans.yaml is there already; flywheel overwrites nothing.\n")
  }

  @Test("what it does as JSON") func json() throws {
    let bench = try Workbench(chat: "add-json")
    let ran = try bench.run(Self.phoenix + ["--no-test", "--json"])
    #expect(
      try JSONDocument(ran.output)
        == JSONDocument(
          #"{"source": "spans", "kind": "phoenix", "file": "Pipelines/sources/spans.yaml"}"#))
  }

  @Test("texts that YAML would read otherwise are quoted") func quoted() throws {
    let bench = try Workbench(chat: "add-quoted")
    let name = "yes: #1 \"chat\" \\ it's"
    let ran = try bench.run([
      "sources", "add", "spans", "--kind", "phoenix", "--address", "$HOST/x", "--project-name", name,
      "--key-file",
      "key file.txt", "--no-test",
    ])
    #expect(ran.code == 0, "\(ran.errors)")
    let text = try bench.read("Pipelines/sources/spans.yaml")
    #expect(text.contains(#"project: "yes: #1 \"chat\" \\ it's""#))
    #expect(text.contains(#"key: {file: "key file.txt"}"#))
    #expect(try bench.run("check").code == 0)
  }

  /// Texts that a scalar may be, and that must come back as texts.
  @Test(
    "a project keeps its name",
    arguments: ["true", "No", "null", "1e3", "0x10", "007", "~", "-", "a b", "bot"])
  func names(_ name: String) throws {
    let bench = try Workbench(chat: "add-names")
    let ran = try bench.run([
      "sources", "add", "spans", "--kind", "phoenix", "--address", "http://127.0.0.1:1",
      "--project-name=\(name)",
      "--no-test",
    ])
    #expect(ran.code == 0, "\(ran.errors)")
    let needsQuotes = name != "bot"
    #expect(
      try bench.read("Pipelines/sources/spans.yaml").contains("\nproject: \"\(name)\"\n") == needsQuotes)
  }

  @Test("a new source is tried at once") func tried() async throws {
    let server = try LoopbackServer()
    defer { withExtendedLifetime(server) {} }
    let bench = try Workbench(chat: "add-tried")
    let ran = try bench.run(
      [
        "sources", "add", "live", "--kind", "langfuse", "--address", "$CHAT_ADDRESS", "--since", "2026-06-01",
      ],
      environment: server.environment)
    #expect(ran.code == 0, "\(ran.errors)")
    #expect(
      ran.output.hasPrefix(
        "wrote Pipelines/sources/live.yaml\n\nlive: Langfuse, $CHAT_ADDRESS; it answered 2 requests\n"))
    #expect(
      ran.output.contains("\n  add live to the step `pull` of a pipeline, such as Pipelines/nightly.yaml\n"))
    // What fails the test stays, so that it can be mended and tried again.
    let down = try bench.run(
      ["sources", "add", "down", "--kind", "langfuse", "--address", "http://127.0.0.1:1"],
      environment: server.environment)
    #expect(down.code == 75)
    #expect(down.output == "wrote Pipelines/sources/down.yaml\n\n")
    #expect(down.errors.hasPrefix("error: source 'down': Langfuse at 127.0.0.1:1: no connection ("))
    #expect(try bench.run("sources", "list").output.contains("down"))
  }

  struct Edit: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let pipeline: String
    /// Nil where the text is left alone.
    let edited: String?
  }

  static let edits = [
    Edit(
      testDescription: "one source", pipeline: "# night\nsteps:\n- pull: {source: chat}  # all\n",
      edited: "# night\nsteps:\n- pull: {sources: [chat, spans]}  # all\n"),
    Edit(
      testDescription: "a list", pipeline: "steps:\n  - pull: {sources: [chat]}\n",
      edited: "steps:\n  - pull: {sources: [chat, spans]}\n"),
    Edit(
      testDescription: "a list on the next line", pipeline: "steps:\n  - pull:\n      sources: [chat]\n",
      edited: "steps:\n  - pull:\n      sources: [chat, spans]\n"),
    Edit(
      testDescription: "one source on the next line", pipeline: "steps:\n- pull:\n    source: chat\n",
      edited: "steps:\n- pull:\n    sources: [chat, spans]\n"),
    Edit(
      testDescription: "a list with one entry a line",
      pipeline: "steps:\n- pull:\n    sources:\n    - chat\n", edited: nil),
    Edit(testDescription: "in quotes", pipeline: "steps:\n- pull: {'source': \"chat\"}\n", edited: nil),
  ]

  @Test("a pipeline is edited in its usual forms, and left alone in others", arguments: edits)
  func pipeline(_ row: Edit) throws {
    let bench = try Workbench(chat: "add-pipeline")
    try bench.write("Pipelines/nightly.yaml", row.pipeline)
    let ran = try bench.run(Self.phoenix + ["--pipeline", "nightly", "--no-test"])
    #expect(try bench.read("Pipelines/nightly.yaml") == row.edited ?? row.pipeline)
    #expect(ran.code == (row.edited == nil ? 2 : 0))
    let file = "\(bench.project)/Pipelines/sources/spans.yaml"
    #expect(FileManager.default.fileExists(atPath: file) == (row.edited != nil))
    guard row.edited == nil else { return }
    #expect(
      ran.errors
        == "error: Pipelines/nightly.yaml lists the sources of its pull step in a form that is not edited by a program, so nothing was written. Leave out --pipeline, and add 'spans' there yourself.\n"
    )
  }

  struct Misuse: CustomTestStringConvertible, Sendable {
    let name: String
    let arguments: [String]
    /// The first line of standard error.
    let error: String
    var testDescription: String { name }

    init(_ name: String, _ arguments: String, _ error: String) {
      self.name = name
      self.arguments = arguments.split(separator: " ").map(String.init)
      self.error = error
    }
  }

  static let misuses = [
    Misuse("no name", "", "Error: NAME is needed, or a terminal to ask at."),
    Misuse("no kind", "spans", "Error: --kind is needed, or a terminal to ask at."),
    Misuse("no address", "spans --kind phoenix", "Error: --address is needed, or a terminal to ask at."),
    Misuse(
      "no project", "spans --kind phoenix --address http://x",
      "Error: --project-name is needed, or a terminal to ask at."),
    Misuse("no path", "logs --kind litellm", "Error: --path is needed, or a terminal to ask at."),
    Misuse(
      "no query", "rows --kind sql --database sqlite:x", "Error: --query is needed, or a terminal to ask at."),
    Misuse(
      "a kind that is none", "spans --kind fenix",
      "Error: The value 'fenix' is invalid for '--kind <kind>'. Please provide one of the following:"),
    Misuse(
      "a name with capitals", "Spans --kind phoenix",
      "error: a source's name is written with a-z, 0-9, '.', '_' and '-', not 'Spans'."),
    Misuse(
      "a name that leads elsewhere", "../spans --kind phoenix",
      "error: a source's name is written with a-z, 0-9, '.', '_' and '-', not '../spans'."),
    Misuse(
      "no address at all", "spans --kind phoenix --address phoenix:6006 --project-name p",
      "error: 1 fault in the definitions:"),
    Misuse("no time", "chats --kind langfuse --since soon", "error: 1 fault in the definitions:"),
    Misuse(
      "a pipeline that is not there", "chats --kind langfuse --pipeline nihgtly",
      "error: there is no pipeline 'nihgtly'. Did you mean 'nightly'? There are: nightly."),
    Misuse(
      "a project of files", "logs --kind litellm --path x --project-name p",
      "Error: --project-name has no meaning for the kind litellm read from its path."),
    Misuse(
      "an address of files", "logs --kind langfuse --path x --address http://x",
      "Error: --address has no meaning for the kind langfuse read from its path."),
    Misuse(
      "a workspace that the kind does not know",
      "spans --kind phoenix --address http://x --project-name p --workspace-name w",
      "Error: --workspace-name has no meaning for the kind phoenix read from its address."),
    Misuse(
      "two places of the key", "chats --kind langfuse --key-env A --key-file b",
      "Error: Give --key-env or --key-file, not both."),
  ]

  @Test("wrong use writes nothing", arguments: misuses) func misuse(_ row: Misuse) throws {
    let bench = try Workbench(chat: "add-misuse")
    let before = Workbench.tree(bench.project)
    let ran = try bench.run(["sources", "add"] + row.arguments + ["--no-test"])
    #expect(ran.code == 2)
    #expect(ran.output.isEmpty)
    #expect(ran.errors.split(separator: "\n").first.map(String.init) == row.error)
    #expect(Workbench.tree(bench.project) == before)
  }

  @Test(
    "at a terminal it asks for what is not given", .enabled(if: Program.has("tmux"), "tmux is not installed"))
  func asks() throws {
    let bench = try Workbench(chat: "add-asks")
    let (last, _) = try Pane().run(
      "cd '\(bench.project)'; NO_COLOR=1 '\(Program.path)' sources add --no-test",
      answers: [
        ("name of the source: ", "spans"), ("sql): ", "phoenix"), ("address: ", "http://127.0.0.1:6006"),
        ("project: ", "support"),
      ])
    #expect(
      last == """
        name of the source: spans
        kind (file, langfuse, langsmith, phoenix, mlflow, helicone, braintrust, otlp, litellm, open-webui, o
        penai, portkey, promptlayer, sql): phoenix
        address: http://127.0.0.1:6006
        project: support
        wrote Pipelines/sources/spans.yaml
        next: flywheel sources test spans
        exit code 0
        """)
    #expect(
      try bench.read("Pipelines/sources/spans.yaml").contains(
        "\naddress: http://127.0.0.1:6006\nproject: support\n"))
    // An empty answer takes what stands in brackets, and a key is not asked for.
    let (second, _) = try Pane().run(
      "cd '\(bench.project)'; NO_COLOR=1 '\(Program.path)' sources add live --kind langfuse --no-test",
      answers: [("address [https://cloud.langfuse.com]: ", "")])
    #expect(
      second == """
        address [https://cloud.langfuse.com]:
        wrote Pipelines/sources/live.yaml
        next: flywheel sources test live
        exit code 0
        """)
  }
}
