import Bytes
import Publish
import Records
import Testing
import Text

@Suite struct ExportRowTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let kind: Kind
    let format: ExportFormat
    let expected: String
    var example: String?
    var testDescription: String {
      "\(kind.rawValue) as \(format.rawValue)" + (example == nil ? "" : " with tools")
    }
  }

  static let prompt = #"[{"role":"system","content":"Be brief."},{"role":"user","content":"Reset?"}]"#
  static let good = #"{"role":"assistant","content":"Settings."}"#
  static let bad = #"{"role":"assistant","content":"Menu."}"#
  static let talk = String(prompt.dropLast()) + "," + good + "]"
  static let metadata =
    #""metadata":{"conversation":"c-17",\#(Sample.facts),"slice":"billing","time":"2026-11-20T10:00:00.000Z"}"#

  static let openAITools =
    #"[{"role":"user","content":"Weather?","name":"ann"},{"role":"assistant","tool_calls":[{"id":"t1","#
    + #""type":"function","function":{"name":"find","arguments":"{\"a\":1,\"b\":[true]}"}}]},"#
    + #"{"role":"tool","content":"Rain","tool_call_id":"t1"}"#
  static let trlTools =
    #"[{"role":"user","content":"Weather?","name":"ann"},{"role":"assistant","tool_calls":[{"id":"t1","#
    + #""type":"function","function":{"name":"find","arguments":{"a":1,"b":[true]}}}]},"#
    + #"{"role":"tool","content":"Rain","name":"find","tool_call_id":"t1"}"#
  static let inspectTools =
    #"[{"role":"user","content":"Weather?"},{"role":"assistant","content":"","tool_calls":[{"id":"t1","#
    + #""function":"find","arguments":{"a":1,"b":[true]},"type":"function"}]},"#
    + #"{"role":"tool","content":"Rain","function":"find","tool_call_id":"t1"}]"#
  static let asText = Sample.toolInput(#""{\"b\":[true],\"a\":1}""#)
  static let asObject = Sample.toolInput(#"{"a":1,"b":[true]}"#)

  static let cases: [Case] =
    Kind.allCases.map { Case(kind: $0, format: .records, expected: Sample.example($0)) } + [
      Case(kind: .sft, format: .openai, expected: #"{"messages":\#(talk)}"#),
      Case(kind: .sft, format: .trl, expected: #"{"messages":\#(talk)}"#),
      Case(kind: .fewshot, format: .openai, expected: #"{"messages":\#(talk)}"#),
      Case(kind: .fewshot, format: .trl, expected: #"{"messages":\#(talk)}"#),
      Case(
        kind: .preference, format: .openai,
        expected:
          #"{"input":{"messages":\#(prompt)},"preferred_output":[\#(good)],"non_preferred_output":[\#(bad)]}"#
      ),
      Case(
        kind: .preference, format: .trl,
        expected: #"{"prompt":\#(prompt),"chosen":[\#(good)],"rejected":[\#(bad)]}"#),
      Case(
        kind: .kto, format: .trl, expected: #"{"prompt":\#(prompt),"completion":[\#(good)],"label":false}"#),
      Case(kind: .eval, format: .openai, expected: #"{"input":\#(prompt),"ideal":"Settings."}"#),
      Case(kind: .eval, format: .trl, expected: #"{"prompt":\#(prompt)}"#),
      Case(
        kind: .eval, format: .inspect,
        expected: #"{"id":"support-chat/abc","input":\#(prompt),"target":"Settings.",\#(metadata)}"#),
      Case(
        kind: .sft, format: .openai, expected: #"{"messages":\#(openAITools),\#(good)]}"#,
        example: Sample.example(.sft, input: asObject)),
      Case(
        kind: .sft, format: .trl, expected: #"{"messages":\#(trlTools),\#(good)]}"#,
        example: Sample.example(.sft, input: asText)),
      Case(
        kind: .eval, format: .inspect,
        expected: #"{"id":"support-chat/abc","input":\#(inspectTools),"target":"Settings.",\#(metadata)}"#,
        example: Sample.example(.eval, input: asText)),
    ]

  @Test(arguments: cases)
  func rows(_ item: Case) throws {
    #expect(
      try Sample.row(item.example ?? Sample.example(item.kind), item.kind, item.format) == item.expected)
  }

  @Test(arguments: Kind.allCases, ExportFormat.allCases)
  func aFormatIsLegalOrRefused(_ kind: Kind, _ format: ExportFormat) throws {
    // The table above has a row for every legal pair and for no other.
    let isListed = Self.cases.contains { $0.kind == kind && $0.format == format }
    #expect(ExportFormat.legal(for: kind).contains(format) == isListed)
    if !isListed {
      let error = ExportError(.illegalFormat, place: "\(kind.rawValue) as \(format.rawValue)")
      #expect(throws: error) { try Sample.row(Sample.example(kind), kind, format) }
    }
  }

  @Test func theStandardOfEachKindIsLegal() {
    #expect(Kind.allCases.map { ExportFormat.standard(for: $0) } == [.openai, .trl, .trl, .openai, .openai])
    for kind in Kind.allCases { #expect(ExportFormat.legal(for: kind).contains(.standard(for: kind))) }
  }

  struct Arguments: Sendable, CustomTestStringConvertible {
    let id: String
    let json: String
    /// What follows `"arguments":` in the row; nil where it is refused.
    let openai: String?
    let trl: String?
    var testDescription: String { id }
  }

  @Test(arguments: [
    Arguments(id: "text", json: #""{\"a\":1}""#, openai: #""{\"a\":1}""#, trl: #"{"a":1}"#),
    Arguments(id: "text keeps its spaces", json: #""{ }""#, openai: #""{ }""#, trl: "{}"),
    Arguments(
      id: "object", json: #"{"b":"\"","a":[1.5]}"#, openai: #""{\"a\":[1.5],\"b\":\"\\\"\"}""#,
      trl: #"{"a":[1.5],"b":"\""}"#),
    Arguments(id: "empty text", json: #""""#, openai: #""{}""#, trl: "{}"),
    Arguments(id: "null", json: "null", openai: #""{}""#, trl: "{}"),
    Arguments(id: "text of an array", json: #""[1]""#, openai: #""[1]""#, trl: nil),
    Arguments(id: "broken text", json: #""{\"a\":""#, openai: #""{\"a\":""#, trl: nil),
    Arguments(id: "array", json: "[1]", openai: nil, trl: nil),
    Arguments(id: "number", json: "1", openai: nil, trl: nil),
  ])
  func toolArguments(_ item: Arguments) throws {
    let example = Sample.example(.sft, input: Sample.toolInput(item.json))
    for (format, expected) in [(ExportFormat.openai, item.openai), (.trl, item.trl)] {
      guard let expected else {
        let error = ExportError(.badToolArguments, example: Sample.id, place: "input[1]")
        #expect(throws: error) { try Sample.row(example, .sft, format) }
        continue
      }
      let row = try Sample.row(example, .sft, format)
      #expect(row.contains(#""function":{"name":"find","arguments":\#(expected)}}]"#))
    }
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let id: String
    let code: ExportError.Code
    let place: String
    let kind: Kind
    let format: ExportFormat?
    let example: String
    var testDescription: String { id }

    /// A fault in the whole example, in its input, or in its output, chosen answer or reference.
    init(
      _ id: String, _ code: ExportError.Code, _ place: String, kind: Kind = .sft, format: ExportFormat? = nil,
      example: String? = nil, input: String? = nil, output: String? = nil
    ) {
      self.id = id
      self.code = code
      self.place = place
      self.kind = kind
      self.format = format
      var text = example ?? Sample.example(kind)
      if let input { text = Sample.example(kind, input: #""input":"# + input) }
      if let output { text = text.replacing(#"{"content":"Settings.","role":"assistant"}"#, with: output) }
      self.example = text
    }
  }

  static let call = #"{"id":"t1","function":{"name":"f","arguments":"{}"}}"#

  @Test(arguments: [
    Fault("no messages", .noMessages, "input", input: "[]"),
    Fault("input is an object", .missingField, "input", input: "{}"),
    Fault("a message is a string", .illegalRole, "input[0]", input: #"["x"]"#),
    Fault("developer", .illegalRole, "input[0]", input: #"[{"content":"x","role":"developer"}]"#),
    Fault("null content", .contentMissing, "input[0]", input: #"[{"content":null,"role":"user"}]"#),
    Fault("no content", .contentMissing, "input[0]", input: #"[{"role":"user"}]"#),
    Fault("content of parts", .contentMissing, "input[0]", input: #"[{"content":[],"role":"user"}]"#),
    Fault(
      "content of parts beside calls", .contentMissing, "input[0]",
      input: #"[{"content":[],"role":"assistant","tool_calls":[\#(call)]}]"#),
    Fault(
      "tool without id", .unknownToolCall, "input[1]",
      input: #"[{"content":"x","role":"user"},{"content":"x","role":"tool"}]"#),
    Fault(
      "tool before its call", .unknownToolCall, "input[0]",
      input:
        #"[{"content":"x","role":"tool","tool_call_id":"t1"},{"role":"assistant","tool_calls":[\#(call)]}]"#),
    Fault(
      "tool of another call", .unknownToolCall, "input[1]",
      input:
        #"[{"role":"assistant","tool_calls":[\#(call)]},{"content":"x","role":"tool","tool_call_id":"t2"}]"#),
    Fault(
      "calls of a user", .badToolCall, "input[0]",
      input: #"[{"content":"x","role":"user","tool_calls":[\#(call)]}]"#),
    Fault(
      "call without a function", .badToolCall, "input[0]",
      input: #"[{"content":"x","role":"assistant","tool_calls":[{"id":"t1"}]}]"#),
    Fault(
      "calls are a string", .badToolCall, "input[0]",
      input: #"[{"content":"x","role":"assistant","tool_calls":"x"}]"#),
    Fault(
      "call without id for OpenAI", .badToolCall, "input[0]", kind: .sft, format: .openai,
      input: #"[{"content":"x","role":"assistant","tool_calls":[{"function":{"name":"f"}}]}]"#),
    Fault(
      "TRL's prompt ends with a system message", .illegalLastRole, "input[0]", kind: .kto, format: .trl,
      input: #"[{"content":"x","role":"system"}]"#),
    Fault(
      "OpenAI's preference ends with the assistant", .illegalLastRole, "input[0]", kind: .preference,
      format: .openai, input: #"[{"content":"x","role":"assistant"}]"#),
    Fault("empty output", .contentEmpty, "output", output: #"{"content":"","role":"assistant"}"#),
    Fault("null output", .contentMissing, "output", output: #"{"content":null,"role":"assistant"}"#),
    Fault("output of a user", .illegalRole, "output", output: #"{"content":"x","role":"user"}"#),
    Fault("no output", .missingField, "output", output: "null"),
    Fault(
      "empty chosen", .contentEmpty, "chosen", kind: .preference,
      output: #"{"content":"","role":"assistant"}"#),
    Fault(
      "reference of calls", .contentEmpty, "reference", kind: .eval,
      output: #"{"role":"assistant","tool_calls":[\#(call)]}"#),
    Fault(
      "desirable is no Boolean", .missingField, "desirable", kind: .kto,
      example: Sample.example(.kto).replacing(#""desirable":false"#, with: #""desirable":0"#)),
    Fault(
      "no rejected", .missingField, "rejected", kind: .preference,
      example: Sample.example(.preference).replacing("rejected", with: "refused")),
  ])
  func faults(_ fault: Fault) {
    let error = ExportError(fault.code, example: Sample.id, place: fault.place)
    #expect(throws: error) {
      try Sample.row(fault.example, fault.kind, fault.format ?? .standard(for: fault.kind))
    }
    if fault.format == nil {
      #expect(throws: error) {
        try JSONParser().parse(fault.example) { try ExportRow().check(example: $0, kind: fault.kind) }
      }
    }
  }

  @Test func anAnswerOfToolCallsIsLegal() throws {
    let example = Sample.example(.sft)
      .replacing(
        #"{"content":"Settings.","role":"assistant"}"#,
        with: #"{"role":"assistant","tool_calls":[\#(Self.call)]}"#)
    let answer =
      #"{"role":"assistant","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]}"#
    #expect(
      try Sample.row(example, .sft, .openai)
        == #"{"messages":\#(Self.prompt.dropLast()),\#(answer)]}"#)
  }

  @Test func aRefusedRowLeavesTheWriterAsItWas() throws {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    let converter = ExportRow()
    writer.beginArray()
    writer.integer(1)
    let broken = Sample.example(.sft, input: Sample.toolInput("1"))
    #expect(throws: ExportError(.badToolArguments, example: Sample.id, place: "input[1]")) {
      try JSONParser().parse(broken) {
        try converter.write(example: $0, kind: .sft, format: .trl, to: &writer)
      }
    }
    writer.integer(2)
    writer.endArray()
    #expect(String(decoding: out.view, as: UTF8.self) == "[1,2]")
  }

  @Test func provenance() throws {
    let out = ByteBuffer()
    try JSONParser().parse(Sample.example(.sft)) { value in
      var writer = JSONWriter(out)
      ExportRow().writeProvenance(example: value, to: &writer)
    }
    let rest = #""slice":"billing","time":"2026-11-20T10:00:00.000Z"}"#
    #expect(
      String(decoding: out.view, as: UTF8.self)
        == #"{"id":"support-chat/abc","conversation":"c-17",\#(Sample.facts),\#(rest)"#)
  }

  @Test func anErrorShowsNoControlCharacters() {
    let error = ExportError(.unknownToolCall, example: "a\u{1B}[2J\u{202E}é", place: "input[3]")
    #expect(error.description == #"unknown-tool-call: input[3], example a\u{1B}[2J\u{202E}\u{00E9}"#)
    #expect(ExportError(.closed).description == "closed")
    #expect(ExportError(.archiveFailed, number: 28).description == "archive-failed: errno 28")
  }
}
