import Catalog
import Records
import Testing

@testable import Pull

@Suite("LangSmith's rows") struct LangSmithReaderTests {
  private static func feedback(_ members: String, run: String = #""run_id":"r","trace_id":"t""#) -> String {
    #"{"id":"f","created_at":"2026-11-20T10:00:00Z",\#(run),\#(members)}"#
  }

  private static func run(_ members: String) -> String {
    #"{"id":"r","run_type":"LLM","start_time":"2026-11-20T10:00:00Z","inputs":{"question":"Hi?"},\#(members)}"#
  }

  private static let feedbackRows = [
    ServiceRowCase("1", feedback(#""key":"user_feedback","score":1"#), "thumb 1 on s/r"),
    ServiceRowCase("0", feedback(#""key":"user_score","score":0.0"#), "thumb -1 on s/r"),
    ServiceRowCase("false", feedback(#""key":"thumbs","score":false"#), "thumb -1 on s/r"),
    ServiceRowCase(
      "a value that says which", feedback(#""key":"thumbs","score":null,"value":"up""#), "thumb 1 on s/r"),
    ServiceRowCase("taken back", feedback(#""key":"thumbs","score":null,"value":null"#), "unmapped thumbs"),
    ServiceRowCase(
      "on the root of a trace", feedback(#""key":"thumbs","score":1"#, run: #""run_id":"t","trace_id":"t""#),
      "thumb 1 on s/t"),
    ServiceRowCase(
      "on a project", feedback(#""key":"thumbs","score":1"#, run: #""run_id":null,"trace_id":null"#),
      "nothing"),
    ServiceRowCase(
      "of a pair of experiments", feedback(#""key":"thumbs","score":1,"comparative_experiment_id":"e""#),
      "nothing"),
    ServiceRowCase(
      "a model's", feedback(#""key":"thumbs","score":1,"feedback_source":{"type":"model"}"#),
      "unmapped thumbs"),
    ServiceRowCase("an unknown key", feedback(#""key":"topic","value":"billing""#), "unmapped topic"),
    ServiceRowCase(
      "a corrected text", feedback(#""key":"correction","correction":"Better.""#), "correction - on s/r"),
    ServiceRowCase(
      "a corrected answer under its name", feedback(#""key":"fix","correction":{"answer":"Better."}"#),
      "correction - on s/r"),
    ServiceRowCase(
      "a correction of something else", feedback(#""key":"fix","correction":{"label":3}"#), "unmapped fix"),
    ServiceRowCase(
      "a thumb with a correction", feedback(#""key":"thumbs","score":0,"correction":{"content":"Better."}"#),
      "thumb -1 on s/r, correction - on s/r"),
  ]

  private static let runs = [
    ServiceRowCase("a run", run(#""status":"SUCCESS","outputs":{"answer":"Ho."}"#), "interaction r"),
    ServiceRowCase("version 1", run(#""status":"success","outputs":{"answer":"Ho."}"#), "interaction r"),
    ServiceRowCase("pending", run(#""status":"PENDING","outputs":null"#), "nothing"),
    ServiceRowCase("pending, as version 1 says it", run(#""status":"pending","outputs":{}"#), "nothing"),
    ServiceRowCase("failed", run(#""status":"ERROR","outputs":{}"#), "nothing"),
    ServiceRowCase(
      "failed after an output", run(#""status":"ERROR","outputs":{"answer":"Ho."}"#), "interaction r"),
    ServiceRowCase(
      "a chain", #"{"id":"r","run_type":"chain","start_time":"2026-11-20T10:00:00","inputs":{"a":1}}"#,
      "nothing"),
    ServiceRowCase("something else", #"{"id":"r"}"#, "nothing"),
  ]

  @Test("what feedback becomes", arguments: feedbackRows)
  func becomes(feedback row: ServiceRowCase) throws {
    let found = try row.found(.langsmith)
    #expect(found == row.outcome)
  }

  @Test("what runs become", arguments: runs)
  func becomes(run row: ServiceRowCase) throws {
    let found = try row.found(.langsmith)
    #expect(found == row.outcome)
  }

  @Test("a signal without a value, and a model that the definition names")
  func named() throws {
    let signals = ["copied": SignalRule(signal: .copy), "quality": SignalRule(signal: .rating)]
    let copied = ServiceRowCase("copied", Self.feedback(#""key":"copied","score":null"#), "copy - on s/r")
    #expect(try copied.found(.langsmith, signals: signals) == copied.outcome)
    let judged = ServiceRowCase(
      "judged", Self.feedback(#""key":"quality","score":-1,"feedback_source":{"type":"model"}"#),
      "rating -1 on s/r")
    #expect(try judged.found(.langsmith, signals: signals) == judged.outcome)
  }

  /// Where a conversation is named.
  private static let conversations = [
    (#""thread_id":"a","metadata":{"session_id":"b"}"#, "a"),
    (#""metadata":{"session_id":"b","thread_id":"d"}"#, "b"),
    (#""extra":{"metadata":{"conversation_id":"c"}}"#, "c"), (#""metadata":{"thread_id":"d"}"#, "d"),
    // The run's own `session_id` is its project.
    (#""session_id":"p","trace_id":"t""#, "s/t"),
  ]

  @Test("the conversation, the first name that is there", arguments: conversations)
  func conversation(_ members: String, _ expected: String) throws {
    let row = try interaction(members)
    #expect(row.conversation == expected)
  }

  @Test("the other facts of a run, from wherever they are")
  func facts() throws {
    let first = try interaction(
      #""end_time":"2026-11-20T10:00:02.500000","total_cost":"0.25","extra":{"invocation_params":{"model":"m"}},"#
        + #""metadata":{"user_id":"u","lc_hub_repo":"support","lc_hub_commit_hash":"abc"}"#,
      outputs: #"{"choices":[{"message":{"role":"assistant","content":"Ho."},"finish_reason":"stop"}],"#
        + #""usage_metadata":{"input_tokens":21,"output_tokens":9}}"#)
    #expect(first.latency == 2.5)
    #expect(first.cost == 0.25)
    #expect(first.model == "m")
    #expect(first.prompt == "support/abc")
    #expect(first.finish == "stop")
    #expect(first.tokensIn == 21)
    #expect(first.tokensOut == 9)
    #expect(first.user == Pseudonyms.with(7).user("u"))
    #expect(first.stamp == Timestamp("2026-11-20T10:00:02.500Z"))
    let second = try interaction(#""latency_seconds":1.5,"metadata":{"ls_model_name":"n"}"#)
    #expect(second.latency == 1.5)
    #expect(second.model == "n")
  }

  private func interaction(_ members: String, outputs: String = #"{"answer":"Ho."}"#) throws -> InteractionRow
  {
    var source = SourceDefinition(name: "s", path: "*.jsonl")
    source.kind = .langsmith
    let mapped = try Mapped(Self.run(#""status":"success","outputs":\#(outputs),\#(members)"#) + "\n", source)
    return try #require(mapped.result.interactions.first)
  }
}
