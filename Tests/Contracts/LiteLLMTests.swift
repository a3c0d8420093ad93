import Catalog
import Foundation
import Records
import Testing

@testable import Pull

@Suite("LiteLLM") struct LiteLLMTests {
  let workshop: Workshop
  let source: SourceDefinition

  init() throws {
    workshop = try Workshop()
    var source = SourceDefinition(name: "gateway", path: workshop.at("files/*.json"))
    source.kind = .litellm
    self.source = source
    try FileManager.default.createDirectory(atPath: workshop.at("files"), withIntermediateDirectories: true)
  }

  private func write(_ text: String, to name: String = "a.json") throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: workshop.at("files/\(name)")))
  }

  /// What a real LiteLLM wrote.
  struct Capture: CustomTestStringConvertible {
    let mode: String
    let layout: String
    var isSpend = false
    var testDescription: String { "\(mode) \(layout)\(isSpend ? " spend" : "")" }
  }

  @Test(
    "what the real LiteLLM's callbacks write is what was sent and answered",
    .enabled(if: Python.withClients != nil, "FLYWHEEL_CONTRACT_PYTHON names no Python with litellm"),
    arguments: [
      Capture(mode: "sdk", layout: "ndjson"), Capture(mode: "sdk", layout: "array", isSpend: true),
      Capture(mode: "proxy", layout: "files"),
    ])
  func captured(_ capture: Capture) async throws {
    try await Python.run(
      try #require(Python.withClients), "servers/litellm_capture.py",
      [
        "--folder", workshop.at("files"), "--mode", capture.mode, "--layout", capture.layout, "--rows", "27",
        "--expect", workshop.at("expect.jsonl"),
      ] + (capture.isSpend ? ["--spend"] : []))
    let account = try await workshop.pull(source)
    #expect(account.quarantined == [:])
    #expect(account.lines == 27)
    #expect(account.interactions.new == 27)
    try workshop.expect(workshop.at("expect.jsonl"), of: "gateway")
    #expect(try await workshop.pull(source).filesRead == 0)
  }

  static let payload = """
    {"id":"r1","litellm_call_id":"c1","trace_id":"s1","session_id":"","call_type":"acompletion","status":"success",
     "startTime":1795425580.5,"endTime":1795425582.75,"model":"gpt-4o-mini","response_cost":1.35e-05,
     "prompt_tokens":10,"completion_tokens":20,"end_user":"u1","metadata":{},"model_parameters":{},
     "messages":[{"role":"user","content":"Hi"}],
     "response":{"choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"Hello"}}]}}
    """

  struct Case: CustomTestStringConvertible {
    let name: String
    var find = ""
    var put = ""
    /// The record's member and its value; nil for a row that is left out.
    var expected: (String, String)?
    var reason: String?
    var testDescription: String { name }
  }

  @Test(
    "each form of a payload",
    arguments: [
      Case(name: "as-it-is", expected: ("latency", "2.25")),
      Case(name: "trace-is-conversation", expected: ("conversation", "\"s1\"")),
      Case(
        name: "session", find: "\"session_id\":\"\"", put: "\"session_id\":\"s2\"",
        expected: ("conversation", "\"s2\"")),
      Case(name: "call-id", expected: ("response", "\"gateway/c1\"")),
      Case(name: "failed", find: "\"success\"", put: "\"failure\""),
      Case(name: "embedding", find: "acompletion", put: "aembedding"),
      Case(name: "image", find: "acompletion", put: "aimage_generation"),
      Case(name: "responses", find: "acompletion", put: "aresponses", expected: ("id", "\"gateway/r1\"")),
      Case(
        name: "no-content", find: "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]",
        put: "\"messages\":\"{}\""),
      Case(
        name: "request", find: "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]",
        put:
          #""messages":"{}","proxy_server_request":"{\"messages\":[{\"role\":\"user\",\"content\":\"Ho\"}]}""#,
        expected: ("input", #"[{"content":"Ho","role":"user"}]"#)),
      Case(
        name: "request-with-body", find: "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]",
        put:
          #""messages":{},"proxy_server_request":{"url":"http://x/v1","body":{"instructions":"Be brief.","input":"Ho"}}"#,
        expected: ("input", #"[{"content":"Be brief.","role":"system"},{"content":"Ho","role":"user"}]"#)),
      Case(
        name: "text-answer", find: "\"response\":{", put: "\"response\":\"Hey\",\"old\":{",
        expected: ("output", #"{"content":"Hey","role":"assistant"}"#)),
      Case(
        name: "time-as-text", find: "1795425580.5", put: "\"2026-11-23 09:19:40.500000\"",
        expected: ("time", "\"2026-11-23T09:19:40.500Z\"")),
      Case(name: "bad-time", find: "1795425580.5", put: "\"soon\"", reason: "bad-time"),
      Case(name: "no-id", find: "\"id\":\"r1\"", put: "\"id\":null", reason: "no-id"),
    ])
  func forms(_ item: Case) async throws {
    let text =
      item.find.isEmpty ? Self.payload : Self.payload.replacingOccurrences(of: item.find, with: item.put)
    try #require(item.find.isEmpty || text != Self.payload)
    try write("[\(text)]")
    let account = try await workshop.pull(source)
    #expect(account.quarantined == (item.reason.map { [$0: 1] } ?? [:]))
    let records = try workshop.records(.interactions, of: "gateway")
    guard let (key, value) = item.expected else {
      #expect(records.isEmpty)
      #expect(account.unmatched == (item.reason == nil ? 1 : 0))
      return
    }
    #expect(records["r1"]?[key]?.canonical == value)
  }

  @Test("a file that is being written waits, and is read when it is whole")
  func live() async throws {
    let text = "[\n\(Self.payload),\n\(Self.payload.replacingOccurrences(of: "\"r1\"", with: "\"r2\""))\n]\n"
    try write(String(text.prefix(text.count - 200)))
    let first = try await workshop.pull(source)
    #expect((first.interactions.new, first.unfinished, first.quarantined.count) == (1, 1, 0))
    try write(text)
    let second = try await workshop.pull(source)
    #expect((second.interactions.new, second.unfinished, second.quarantined.count) == (1, 0, 0))
  }

  @Test(
    "the shared payload of the real LiteLLM",
    .enabled(
      if: ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"] != nil, "FLYWHEEL_TEST_DATA is not set"))
  func shared() async throws {
    let data = try #require(ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"])
    var source = source
    source.path = data + "/litellm/standard_logging_payload.json"
    let account = try await workshop.pull(source)
    #expect(account.quarantined == [:])
    let record = try #require(try workshop.records(.interactions, of: "gateway").values.first)
    #expect(record["input"]?.canonical == #"[{"content":"Hello, world!","role":"user"}]"#)
    #expect(record["output"]?.canonical == #"{"content":"hi","role":"assistant"}"#)
    #expect(record["time"]?.canonical == "\"2025-01-24T09:20:46.847Z\"")
  }
}
