import Catalog
import Foundation
import Records
import Testing

@testable import Pull

/// What the rows of a service become, told in a few words.
struct ServiceRowCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let row: String
  /// `interaction ID`, `signal value on target`, `unmapped NAME`, `nothing` or the reason of a quarantine.
  let outcome: String

  init(_ id: String, _ row: String, _ outcome: String) {
    testDescription = id
    self.row = row
    self.outcome = outcome
  }

  /// What a source makes of the row.
  func found(_ kind: SourceKind, signals: [String: SignalRule] = [:]) throws -> String {
    var source = SourceDefinition(name: "s", path: "*.jsonl")
    source.kind = kind
    source.signals = signals
    let result = try Mapped(row + "\n", source).result
    var parts = result.interactions.map { "interaction \($0.id.dropFirst(2))" }
    parts += result.feedback.map { row in
      let place = row.target ?? row.trace ?? row.conversation ?? "nothing"
      return "\(row.signal.rawValue) \(row.value.map { String(Int($0)) } ?? "-") on \(place)"
    }
    parts += result.quarantine.map(\.reason)
    parts += result.tally.unmappedSignals.keys.sorted().map { "unmapped \($0)" }
    return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
  }
}

@Suite("Langfuse's rows") struct LangfuseReaderTests {
  /// A score of version 4.
  private static func score(_ members: String, subject: String = #"{"kind":"trace","id":"t"}"#) -> String {
    #"{"id":"f","timestamp":"2026-11-20T10:00:00Z","source":"API","subject":\#(subject),\#(members)}"#
  }

  /// A score before version 4, or of an export.
  private static func flat(_ members: String) -> String {
    #"{"id":"f","timestamp":"2026-11-20 10:00:00.000000","source":"API",\#(members)}"#
  }

  /// An observation.
  private static func observation(_ members: String) -> String {
    #"{"id":"o","type":"GENERATION","startTime":"2026-11-20T10:00:00Z","input":"Hi?",\#(members)}"#
  }

  private static let scores = [
    ServiceRowCase(
      "true is up", score(#""name":"user-feedback","dataType":"BOOLEAN","value":true"#), "thumb 1 on s/t"),
    ServiceRowCase(
      "false is down", score(#""name":"user-feedback","dataType":"BOOLEAN","value":false"#), "thumb -1 on s/t"
    ),
    ServiceRowCase("1", score(#""name":"user_feedback","dataType":"NUMERIC","value":1"#), "thumb 1 on s/t"),
    ServiceRowCase(
      "0 is down", score(#""name":"user_feedback","dataType":"NUMERIC","value":0"#), "thumb -1 on s/t"),
    ServiceRowCase("-1", score(#""name":"thumbs","dataType":"NUMERIC","value":-1"#), "thumb -1 on s/t"),
    ServiceRowCase(
      "a category that says which", score(#""name":"thumbs","dataType":"CATEGORICAL","value":"down""#),
      "thumb -1 on s/t"),
    ServiceRowCase(
      "a category that says neither", score(#""name":"thumbs","dataType":"CATEGORICAL","value":"blue""#),
      "bad-value"),
    ServiceRowCase(
      "a remark under a thumb's name", score(#""name":"user-feedback","dataType":"TEXT","value":"so so""#),
      "unmapped user-feedback"),
    ServiceRowCase(
      "a correction",
      score(#""name":"output","dataType":"CORRECTION","value":"Better.","source":"ANNOTATION""#),
      "correction - on s/t"),
    ServiceRowCase(
      "a number under a correction's name", score(#""name":"correction","dataType":"NUMERIC","value":1"#),
      "unmapped correction"),
    ServiceRowCase(
      "an evaluator's",
      score(#""name":"user-feedback","dataType":"BOOLEAN","value":true,"source":"EVAL""#)
        .replacingFirst(#""source":"API","#, ""), "unmapped user-feedback"),
    ServiceRowCase(
      "an unknown name", score(#""name":"topic","dataType":"CATEGORICAL","value":"billing""#),
      "unmapped topic"),
    ServiceRowCase(
      "no name", score(#""dataType":"NUMERIC","value":1"#), "no-signal"),
    ServiceRowCase(
      "on an observation",
      score(
        #""name":"thumbs","dataType":"NUMERIC","value":1"#,
        subject: #"{"kind":"observation","id":"o","traceId":"t"}"#), "thumb 1 on s/o"),
    ServiceRowCase(
      "on a session",
      score(#""name":"thumbs","dataType":"NUMERIC","value":1"#, subject: #"{"kind":"session","id":"c"}"#),
      "thumb 1 on c"),
    ServiceRowCase(
      "on an experiment",
      score(#""name":"thumbs","dataType":"NUMERIC","value":1"#, subject: #"{"kind":"experiment","id":"r"}"#),
      "nothing"),
    ServiceRowCase(
      "older: a number beside the text of a Boolean",
      flat(
        #""name":"thumbs","dataType":"BOOLEAN","value":0,"stringValue":"False","traceId":"t","observationId":"o""#
      ),
      "thumb -1 on s/o"),
    ServiceRowCase(
      "older: the text of a correction",
      flat(#""name":"output","dataType":"CORRECTION","value":0,"stringValue":"Better.","traceId":"t""#),
      "correction - on s/t"),
    ServiceRowCase(
      "older: a run of a dataset",
      flat(#""name":"thumbs","dataType":"NUMERIC","value":1,"datasetRunId":"r""#), "nothing"),
    ServiceRowCase(
      "older: on nothing", flat(#""name":"thumbs","dataType":"NUMERIC","value":1"#), "no-target"),
    ServiceRowCase(
      "export: empty texts are none",
      flat(
        #""name":"thumbs","data_type":"NUMERIC","value":1,"string_value":"","trace_id":"t","observation_id":"","#
          + #""session_id":"","dataset_run_id":"""#), "thumb 1 on s/t"),
    ServiceRowCase(
      "export: a category",
      flat(#""name":"thumbs","data_type":"CATEGORICAL","value":0,"string_value":"up","session_id":"c""#),
      "thumb 1 on c"),
  ]

  private static let observations = [
    ServiceRowCase(
      "a generation", observation(#""output":"Ho.","endTime":"2026-11-20T10:00:01Z""#), "interaction o"),
    ServiceRowCase(
      "still open, but answered", observation(#""output":"Ho.","endTime":null"#), "interaction o"),
    ServiceRowCase("under way", observation(#""output":null,"endTime":null"#), "nothing"),
    ServiceRowCase(
      "failed", observation(#""output":"","level":"ERROR","endTime":"2026-11-20T10:00:01Z""#), "nothing"),
    ServiceRowCase(
      "a span", #"{"id":"o","type":"SPAN","startTime":"2026-11-20T10:00:00Z","input":"{}"}"#, "nothing"),
    ServiceRowCase(
      "an export's",
      #"{"id":"o","type":"GENERATION","start_time":"2026-11-20 10:00:00.000000","input":"Hi?","output":"Ho."}"#,
      "interaction o"),
    ServiceRowCase(
      "no input",
      #"{"id":"o","type":"GENERATION","startTime":"2026-11-20T10:00:00Z","input":null,"output":"Ho."}"#,
      "no-input"),
    ServiceRowCase("no time", #"{"id":"o","type":"GENERATION","input":"Hi?","output":"Ho."}"#, "no-time"),
    ServiceRowCase("something else", #"{"id":"o"}"#, "nothing"),
  ]

  @Test("what scores become", arguments: scores)
  func becomes(score row: ServiceRowCase) throws {
    let found = try row.found(.langfuse)
    #expect(found == row.outcome)
  }

  @Test("what observations become", arguments: observations)
  func becomes(observation row: ServiceRowCase) throws {
    let found = try row.found(.langfuse)
    #expect(found == row.outcome)
  }

  @Test("an evaluator that the definition names is heard")
  func evaluator() throws {
    let row = ServiceRowCase(
      "judge",
      Self.score(#""name":"quality","dataType":"NUMERIC","value":1,"source":"EVAL""#)
        .replacingFirst(#""source":"API","#, ""), "rating 1 on s/t")
    #expect(try row.found(.langfuse, signals: ["quality": SignalRule(signal: .rating)]) == row.outcome)
  }

  @Test("numbers of an export that are texts, and what is worked out")
  func numbers() throws {
    var source = SourceDefinition(name: "s", path: "*.jsonl")
    source.kind = .langfuse
    let rows = try Mapped(
      Self.observation(
        #""output":"Ho.","endTime":"2026-11-20T10:00:02.500Z","usage_details":{"input":"21","output":"9"},"#
          + #""cost_details":{"total":0.5},"prompt_name":"support","prompt_version":3,"updated_at":"#
          + #""2026-11-21 00:00:00.000000""#) + "\n", source)
    let row = try #require(rows.result.interactions.first)
    #expect(row.tokensIn == 21)
    #expect(row.tokensOut == 9)
    #expect(row.cost == 0.5)
    #expect(row.latency == 2.5)
    #expect(row.prompt == "support/3")
    #expect(row.stamp == Timestamp("2026-11-21T00:00:00Z"))
  }
}

extension String {
  /// The text with the first of something replaced.
  func replacingFirst(_ old: String, _ new: String) -> String {
    guard let range = range(of: old) else { return self }
    return replacingCharacters(in: range, with: new)
  }
}
