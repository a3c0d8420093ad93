import Foundation
import TestSupport
import Testing

@Suite("flywheel sources", .enabled(if: Program.has("python3"), "python3 is not installed"))
struct SourcesTests {
  /// Four observations: a whole one with personal data, one that lacks much, a tool call, one without a time.
  private static let observations = #"""
    {"data": [
      {"id": "o1", "traceId": "t1", "type": "GENERATION", "startTime": "2026-06-19T10:00:00.000Z",
       "endTime": "2026-06-19T10:00:01.500Z", "userId": "ann@example.org", "sessionId": "s1", "model": "gpt-4o",
       "usageDetails": {"input": 9, "output": 7}, "totalCost": 0.0002, "latency": 1.5,
       "input": "[{\"role\":\"user\",\"content\":\"I am ann@example.org, +49 30 901820, card 4111 1111 1111 1111.\\nWhere is my order?\"}]",
       "output": "{\"role\":\"assistant\",\"content\":\"On its way to you, Ann. Its number is in the message that went to ann@example.org this morning, and the parcel's own page shows where it is.\"}"},
      {"id": "o2", "traceId": "t2", "type": "GENERATION", "startTime": "2026-06-19T09:00:00.000Z",
       "input": "Red? \u001b[31mred\u001b[0m \u202Eder", "output": "No.", "model": null},
      {"id": "o3", "traceId": "t3", "type": "GENERATION", "startTime": "2026-06-19T08:00:00.000Z", "sessionId": "s3",
       "userId": "bob", "model": "gpt-4o", "input": "My invoice?",
       "output": "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"find_invoice\",\"arguments\":\"{}\"}}]}"},
      {"id": "o4", "traceId": "t4", "type": "GENERATION", "startTime": "soon", "input": "a", "output": "b"}
    ], "meta": {}}
    """#

  private static let scores = #"""
    {"data": [
      {"id": "f1", "name": "user-feedback", "value": true, "dataType": "BOOLEAN", "source": "API",
       "timestamp": "2026-06-19T11:00:00.000Z", "subject": {"kind": "trace", "id": "t1"}},
      {"id": "f2", "name": "helpfulness", "value": 0.5, "dataType": "NUMERIC", "source": "API",
       "timestamp": "2026-06-19T11:00:00.000Z", "subject": {"kind": "trace", "id": "t1"}},
      {"id": "f3", "name": "helpfulness", "value": 0.25, "dataType": "NUMERIC", "source": "API",
       "timestamp": "2026-06-19T11:00:00.000Z", "subject": {"kind": "trace", "id": "t2"}},
      {"id": "f4", "name": "tone\u001b[2J", "value": "kind", "dataType": "CATEGORICAL", "source": "API",
       "timestamp": "2026-06-19T11:00:00.000Z", "subject": {"kind": "trace", "id": "t1"}}
    ], "meta": {"limit": 100}}
    """#

  /// A server that answers with the rows above.
  private func server() async throws -> LoopbackServer {
    let server = try LoopbackServer()
    for (path, body) in [("v2/observations", Self.observations), ("v3/scores", Self.scores)] {
      try await server.control(#"{"fault":"status","status":200,"path":"\#(path)","body":\#(body)}"#)
    }
    return server
  }

  @Test("test shows what would be stored, and what is missing, to the letter") func test() async throws {
    let server = try await server()
    defer { withExtendedLifetime(server) {} }
    let bench = try Workbench(chat: "sources-test")
    let ran = try bench.run(["sources", "test", "chat"], environment: server.environment)
    #expect(ran.code == 0)
    #expect(ran.errors.isEmpty)
    try Expected.expect(ran.output, "sources-test")
    for text in ["ann@example.org", "901820", "4111", "bob", "\u{1B}", LoopbackServer.secret] {
      #expect(!ran.output.contains(text), "\(text.debugDescription) is shown")
    }
    // Nothing is stored but the key of the pseudonyms, which stands elsewhere here.
    #expect(!FileManager.default.fileExists(atPath: "\(bench.home)/lake"))
    #expect(!FileManager.default.fileExists(atPath: "\(bench.home)/catalog.sqlite"))
  }

  @Test("test as JSON") func testJSON() async throws {
    let server = try await server()
    defer { withExtendedLifetime(server) {} }
    let bench = try Workbench(chat: "sources-json")
    let ran = try bench.run(["sources", "test", "chat", "--json"], environment: server.environment)
    let document = try JSONDocument(ran.output)
    #expect(document["requests"] == .number(2))
    #expect(document["samples"]?.elements.count == 3)
    #expect(document["unmappedSignals"] == .map(["helpfulness": .number(2), "tone[2J": .number(1)]))
    try Expected.expect(document.shape.joined(separator: "\n") + "\n", "json/sources-test")
  }

  @Test("test of what cannot be had") func testRefused() async throws {
    let server = try LoopbackServer()
    defer { withExtendedLifetime(server) {} }
    let bench = try Workbench(chat: "sources-refused")
    let wrong = server.environment.merging(["LANGFUSE_SECRET_KEY": "sk-wrong"]) { $1 }
    let unknown = try bench.run(["sources", "test", "chat"], environment: wrong)
    #expect(unknown.code == 1)
    #expect(unknown.output.isEmpty)
    #expect(
      unknown.errors.contains(
        " does not know the key (401); the key is in the variable LANGFUSE_PUBLIC_KEY and "))
    #expect(!unknown.errors.contains("sk-wrong"))
    let unset = try bench.run(["sources", "test", "chat"], environment: ["CHAT_ADDRESS": server.address])
    #expect(unset.code == 2)
    #expect(
      unset.errors
        == "error: source 'chat' needs its `key` in the variable LANGFUSE_SECRET_KEY, which is not set. Set it in the environment of the run, or name another variable or a file in Pipelines/sources/chat.yaml.\n"
    )
    let nowhere = try bench.run(["sources", "test", "chat"])
    #expect(nowhere.code == 2)
    let other = try bench.run("sources", "test", "chad")
    #expect(other.code == 2)
    #expect(other.errors == "error: there is no source 'chad'. Did you mean 'chat'? There are: chat.\n")
    let rows = try bench.run("sources", "test", "chat", "--rows", "0")
    #expect(rows.code == 2)
    #expect(rows.errors.hasPrefix("Error: --rows takes 1 to 10000, not 0.\n"))
  }

  @Test("list shows each source with what was read from it") func list() async throws {
    let server = try LoopbackServer()
    defer { withExtendedLifetime(server) {} }
    let bench = try Workbench(chat: "sources-list")
    #expect(
      try bench.succeed("sources", "list") == """
        source  kind      place          pipelines  interactions  feedback  quarantined  newest record
        chat    langfuse  $CHAT_ADDRESS  nightly               0         0            0  -

        """)
    #expect(try bench.run(["pull", "chat"], environment: server.environment).code == 0)
    #expect(
      try bench.succeed("sources") == """
        source  kind      place          pipelines  interactions  feedback  quarantined  newest record
        chat    langfuse  $CHAT_ADDRESS  nightly              20        15            0  2026-06-20T11:59:00.000Z

        """)
    let rows = try bench.json("sources", "list").elements
    #expect(rows.count == 1)
    #expect(rows[0]["pipelines"] == .list([.text("nightly")]))
    #expect(rows[0]["interactions"] == .number(20))
    let empty = try Workbench(empty: "sources-none")
    try FileManager.default.createDirectory(
      atPath: "\(empty.project)/Pipelines", withIntermediateDirectories: true)
    #expect(try empty.succeed("sources") == "there is no source yet; `flywheel sources add` makes one\n")
  }

  @Test("list --kinds needs no project") func kinds() throws {
    let ran = try Program.run(Program.path, ["sources", "list", "--kinds"], in: "/")
    #expect(ran.code == 0)
    try Expected.expect(ran.output, "sources-kinds")
    let json = try JSONDocument(
      try Program.run(Program.path, ["sources", "list", "--kinds", "--json"], in: "/").output)
    #expect(json.elements.count == ran.output.split(separator: "\n").count - 1)
  }

  @Test("pull NAME reads a source once, and --since reads from there again") func pull() async throws {
    let server = try LoopbackServer()
    defer { withExtendedLifetime(server) {} }
    let bench = try Workbench(chat: "sources-pull")
    let first = try bench.run(["pull", "chat"], environment: server.environment)
    #expect(first.code == 0, "\(first.errors)")
    #expect(
      Marks.apply(first.output, bench) == """
        pull-chat: done in 0.3 s

        pulled       43 records
        kept         0 interactions, 15 feedback events
        not curated  20
        dropped      8: not-mapped 8
        quarantined  0

        """)
    let again = try bench.run(["pull", "chat", "--json"], environment: server.environment)
    #expect(try JSONDocument(again.output)["balance"]?["pulled"] == .number(0))
    let since = try bench.run(
      ["pull", "chat", "--since", "2026-06-19", "--json"], environment: server.environment)
    let balance = try JSONDocument(since.output)["balance"]
    #expect(balance?["keptFeedback"] == .number(0))
    #expect(balance?["pending"] == .number(0))
    #expect(try #require(balance?["dropped"]?["repeated-row"]?.int) > 5)
  }

  @Test("a first pull --since of the last days leaves those before them to the next pull") func part()
    async throws
  {
    let server = try LoopbackServer()
    defer { withExtendedLifetime(server) {} }
    let bench = try Workbench(chat: "sources-part")
    let part = try bench.run(
      ["pull", "chat", "--since", "2026-06-19", "--json"], environment: server.environment)
    #expect(try JSONDocument(part.output)["balance"]?["pending"] == .number(6))
    let rest = try bench.run(["pull", "chat", "--json"], environment: server.environment)
    #expect(try JSONDocument(rest.output)["balance"]?["pending"] == .number(14))
    // One that reaches further back than anything is due counts as a reading.
    let other = try Workbench(chat: "sources-whole")
    let whole = try other.run(
      ["pull", "chat", "--since", "2026-05-01", "--json"], environment: server.environment)
    #expect(try JSONDocument(whole.output)["balance"]?["pending"] == .number(20))
    let again = try other.run(["pull", "chat", "--json"], environment: server.environment)
    #expect(try JSONDocument(again.output)["balance"]?["pulled"] == .number(0))
  }

  struct Misuse: CustomTestStringConvertible, Sendable {
    let name: String
    let arguments: [String]
    let errors: String
    var testDescription: String { name }
  }

  static let misuses = [
    Misuse(
      name: "no length of time", arguments: ["pull", "chat", "--since", "soon"],
      errors: "error: --since is written as 30d, 12h, 90m or a date such as 2026-11-01, not 'soon'.\n"),
    Misuse(
      name: "no source", arguments: ["pull", "chad", "--since", "30d"],
      errors: "error: there is no source 'chad'. Did you mean 'chat'? There are: chat.\n"),
    Misuse(
      name: "files of a source", arguments: ["pull", "chat", "--since", "30d", "--to", "x"],
      errors:
        "Error: --since reads a source into the lake; it takes none of --to, --archive, --format, --compress.\n"
    ),
  ]

  @Test("a bucket is read, and a refused key gets the store's own code") func bucket() throws {
    let bench = try Workbench(chat: "sources-bucket")
    try bench.write("bucket/calls/1.json", #"{"id": "c1", "call_type": "completion", "status": "success",\n"#)
    try bench.append(
      "bucket/calls/1.json",
      #""startTime": 1795341600.5, "endTime": 1795341601, "model": "m", "messages": "Red?", "response": "No."}"#
    )
    try bench.write("Pipelines/sources/gateway.yaml", "kind: litellm\npath: s3://logs/calls/\n")
    let server = try LoopbackServer("bucket", ["--folder", "\(bench.project)/bucket"])
    defer { withExtendedLifetime(server) {} }
    var environment = ["AWS_ENDPOINT_URL": server.address, "AWS_SECRET_ACCESS_KEY": "s"]
    environment["AWS_ACCESS_KEY_ID"] = "OTHER"
    let refused = try bench.run(["pull", "gateway"], environment: environment)
    #expect(refused.code == 1)
    #expect(
      refused.errors
        == "error: source 'gateway': the object store at 127.0.0.1:\(server.port) refuses (403, InvalidAccessKeyId); "
        + "the key is in the variable AWS_ACCESS_KEY_ID and the variable AWS_SECRET_ACCESS_KEY. Put valid keys there, "
        + "with the right to list and to read.\n")
    environment["AWS_ACCESS_KEY_ID"] = "KEY"
    let read = try bench.run(["pull", "gateway"], environment: environment)
    #expect(read.output.contains("pulled       1 records\n"))
    #expect(read.code == 0)
  }

  @Test("wrong use of pull", arguments: misuses) func misuse(_ row: Misuse) throws {
    let ran = try Workbench(chat: "sources-misuse").run(row.arguments)
    #expect(ran.code == 2)
    #expect(ran.output.isEmpty)
    #expect(ran.errors.hasPrefix(row.errors))
  }

  @Test("a name that is both means the dataset, and with --since the source") func both() async throws {
    let server = try LoopbackServer()
    defer { withExtendedLifetime(server) {} }
    let bench = try Published.copy("sources-both")
    try bench.write(
      "Pipelines/sources/support-sft.yaml", "kind: langfuse\naddress: $CHAT_ADDRESS\nsince: 2026-06-01\n")
    let dataset = try bench.run(["pull", "support-sft", "--to", "out"], environment: server.environment)
    #expect(dataset.output.hasPrefix("support-sft@1 as openai in "))
    let source = try bench.run(
      ["pull", "support-sft", "--since", "2026-06-01"], environment: server.environment)
    #expect(source.output.hasPrefix("pull-support-sft: done in "))
    // A dataset that is not published yet leaves the name to the source.
    try bench.write(
      "Pipelines/sources/haiku-sft.yaml", "kind: langfuse\naddress: $CHAT_ADDRESS\nsince: 2026-06-01\n")
    let other = try bench.run(["pull", "haiku-sft"], environment: server.environment)
    #expect(other.output.hasPrefix("pull-haiku-sft: done in "))
  }
}
