import Bytes
import Records
import Testing
import Text

@testable import LanguageModels

/// What is written for a batch, byte by byte, and what is read of any line that may come back.
@Suite("Files of batches") struct BatchFileTests {
  private static let digest = Digest.sha256("a")
  private static let key = "0123456789abcdef"

  private static func body(_ text: String, _ kind: ModelServiceKind) -> RequestBody {
    var request = ChatRequest(model: "m", messages: [ChatMessage(.user, text)])
    request.maximumTokens = 5
    return RequestBody(
      request, LanguageModel(name: "m", service: "s", identifier: "x"),
      ModelService(name: "s", kind: kind, address: "http://h"), ByteBuffer())
  }

  private static func draft(_ kind: ModelServiceKind, _ texts: [String]) -> BatchDraft {
    var draft = BatchDraft(key: key, kind: kind, limits: .vendor(kind))
    for text in texts {
      let body = body(text, kind)
      let isAdded = draft.add(body, BatchRow(digest: body.digest, reserved: 1, attempt: 1))
      #expect(isAdded)
    }
    return draft
  }

  @Test("a file for OpenAI has a line for each request")
  func openAI() {
    let draft = Self.draft(.openai, ["a", "b", "c"])
    let names = draft.rows.map(\.digest.hex)
    let lines = zip(names, ["a", "b", "c"]).map { name, text in
      #"{"custom_id":"\#(name)","method":"POST","url":"/v1/chat/completions","body":{"model":"x","messages":"#
        + #"[{"role":"user","content":"\#(text)"}],"max_completion_tokens":5,"temperature":0}}"# + "\n"
    }
    #expect(String(decoding: draft.bytes(without: []), as: UTF8.self) == lines.joined())
    let left = draft.bytes(without: [draft.rows[0].digest])
    #expect(String(decoding: left, as: UTF8.self) == lines[1] + lines[2])
  }

  @Test("a body for Anthropic holds all requests, each under the batch's key")
  func anthropic() {
    let draft = Self.draft(.anthropic, ["a", "b"])
    let parts = zip(draft.rows, ["a", "b"]).map { row, text in
      #"{"custom_id":"0123456789abcdef-\#(row.digest.hex.prefix(40))","params":{"model":"x","max_tokens":5,"#
        + #""temperature":0,"messages":[{"role":"user","content":[{"type":"text","text":"\#(text)"}]}]}}"#
    }
    let whole = String(decoding: draft.bytes(without: []), as: UTF8.self)
    #expect(whole == #"{"requests":[\#(parts[0]),\#(parts[1])]}"#)
    let left = draft.bytes(without: [draft.rows[0].digest])
    #expect(String(decoding: left, as: UTF8.self) == #"{"requests":[\#(parts[1])]}"#)
  }

  @Test("a batch takes no more than its limits, and one request of any length")
  func limits() {
    let body = Self.body("a", .openai)
    let row = BatchRow(digest: body.digest, reserved: 1, attempt: 1)
    var few = BatchDraft(key: Self.key, kind: .openai, limits: BatchLimits(requests: 2, bytes: 1 << 20))
    let added = [few.add(body, row), few.add(body, row), few.add(body, row)]
    #expect(added == [true, true, false])
    var small = BatchDraft(key: Self.key, kind: .openai, limits: BatchLimits(requests: 9, bytes: 10))
    let addedToSmall = [small.add(body, row), small.add(body, row)]
    #expect(addedToSmall == [true, false])
  }

  // MARK: Results

  struct Line: Sendable, CustomTestStringConvertible {
    enum Sort: Sendable, Equatable {
      case answered(input: Int?, output: Int?)
      case again(String)
      case failed(String)
      case bad
      case unknown
      case nothing
    }

    let id: String
    var kind = ModelServiceKind.openai
    /// `ID` stands for the request's own name.
    let text: String
    let expected: Sort
    var testDescription: String { "\(kind.rawValue): \(id)" }
  }

  private static let chat =
    #"{"choices":[{"message":{"content":"yes"}}],"usage":{"prompt_tokens":7,"completion_tokens":2}}"#
  private static let message =
    #"{"content":[{"type":"text","text":"yes"}],"usage":{"input_tokens":7,"output_tokens":2}}"#

  private static func response(_ status: String, _ body: String) -> String {
    #"{"custom_id":"ID","response":{"status_code":\#(status),"body":\#(body)},"error":null}"#
  }

  private static func result(_ inner: String) -> String { #"{"custom_id":"ID","result":{\#(inner)}}"# }

  private static func errored(_ type: String) -> Line {
    let isTemporary = type.hasSuffix("_error") && !type.hasPrefix("invalid") && !type.hasPrefix("not")
    return Line(
      id: type, kind: .anthropic,
      text: result(#""type":"errored","error":{"type":"error","error":{"type":"\#(type)","message":"m"}}"#),
      expected: isTemporary ? .again(type) : .failed(type))
  }

  static let lines: [Line] =
    [
      Line(id: "answer", text: response("200", chat), expected: .answered(input: 7, output: 2)),
      Line(
        id: "answer without counts", text: response("200", #"{"choices":[{"message":{"content":"a"}}]}"#),
        expected: .answered(input: nil, output: nil)),
      Line(
        id: "answer with white space", text: " \(response("200", chat))\r",
        expected: .answered(input: 7, output: 2)),
      Line(id: "no answer of this interface", text: response("200", message), expected: .bad),
      Line(id: "answer that is a list", text: response("200", "[]"), expected: .bad),
      Line(id: "429", text: response("429", #"{"error":{"code":"slow"}}"#), expected: .again("slow")),
      Line(id: "503 without a body of ours", text: response("503", "7"), expected: .again("")),
      Line(
        id: "400", text: response("400", #"{"error":{"code":"too_long"}}"#), expected: .failed("too_long")),
      Line(
        id: "words in the place of a code", text: response("400", #"{"error":{"code":"you said: secret"}}"#),
        expected: .failed("")),
      Line(id: "a status that is none", text: response("7", "{}"), expected: .bad),
      Line(id: "a status beyond integers", text: response("1e99", "{}"), expected: .bad),
      Line(id: "a status in text", text: response(#""200""#, chat), expected: .bad),
      Line(
        id: "expired",
        text: #"{"custom_id":"ID","response":null,"error":{"code":"batch_expired","message":"m"}}"#,
        expected: .again("batch_expired")),
      Line(
        id: "an error of its own", text: #"{"custom_id":"ID","error":{"code":"bad_line"}}"#,
        expected: .failed("bad_line")),
      Line(id: "neither", text: #"{"custom_id":"ID","response":null,"error":null}"#, expected: .bad),
      Line(id: "another name", text: #"{"custom_id":"other","response":null}"#, expected: .unknown),
      Line(id: "no name", text: #"{"response":null}"#, expected: .bad),
      Line(id: "a name of another type", text: #"{"custom_id":["ID"]}"#, expected: .bad),
      Line(id: "cut short", text: #"{"custom_id":"ID","resp"#, expected: .bad),
      Line(id: "no object", text: #""ID""#, expected: .bad),
      Line(id: "deep", text: String(repeating: "[", count: 5000), expected: .bad),
      Line(id: "control characters", text: "\u{0}\u{1B}[2J", expected: .bad),
      Line(id: "empty", text: " \t", expected: .nothing),
      Line(
        id: "answer", kind: .anthropic, text: result(#""type":"succeeded","message":\#(message)"#),
        expected: .answered(input: 7, output: 2)),
      Line(id: "no message", kind: .anthropic, text: result(#""type":"succeeded""#), expected: .bad),
      Line(id: "another interface", kind: .anthropic, text: response("200", chat), expected: .bad),
      Line(id: "expired", kind: .anthropic, text: result(#""type":"expired""#), expected: .again("expired")),
      Line(
        id: "canceled", kind: .anthropic, text: result(#""type":"canceled""#), expected: .again("canceled")),
      Line(id: "a new type", kind: .anthropic, text: result(#""type":"paused""#), expected: .bad),
      Line(
        id: "an error in text", kind: .anthropic, text: result(#""type":"errored","error":"x""#),
        expected: .bad),
    ]
    + [
      "api_error", "overloaded_error", "rate_limit_error", "timeout_error", "invalid_request_error",
      "not_found_error",
    ]
    .map(errored)

  private static func read(_ texts: [String], _ kind: ModelServiceKind) -> BatchResults {
    let batch = BatchRecord(key: key, model: "m", run: "r", time: Timestamp(microseconds: 0))
    var results = BatchResults(batch, [BatchRow(digest: digest, reserved: 1, attempt: 1)], kind)
    let name = BatchFile.customID(digest, key, kind)
    results.read(Array(texts.map { $0.replacing("\"ID\"", with: "\"\(name)\"") + "\n" }.joined().utf8))
    return results
  }

  @Test("every line is an answer, an error or counted", arguments: lines)
  func line(_ line: Line) {
    let results = Self.read([line.text], line.kind)
    let found: Line.Sort =
      switch results.lines[Self.digest] {
      case .answered(_, let input, let output): .answered(input: input, output: output)
      case .failed(let error, mayPass: true): .again(error.detail)
      case .failed(let error, mayPass: false): .failed(error.detail)
      case nil: results.bad > 0 ? .bad : results.unknown > 0 ? .unknown : .nothing
      }
    #expect(found == line.expected)
    #expect(results.bad + results.unknown + results.lines.count == (line.expected == .nothing ? 0 : 1))
  }

  @Test("of several lines the first answer counts, also behind an error", arguments: [false, true])
  func several(_ startsWithError: Bool) {
    let other = Self.chat.replacing("yes", with: "no")
    let error = startsWithError ? [Self.response("500", "{}")] : []
    let texts =
      error + [Self.response("200", Self.chat), Self.response("200", other), Self.response("400", "{}")]
    let results = Self.read(texts, .openai)
    guard case .answered(let body, _, _) = results.lines[Self.digest] else {
      Issue.record("no answer")
      return
    }
    #expect(String(decoding: body, as: UTF8.self).contains("yes"))
    #expect(results.repeated == texts.count - 1 && results.answered == 1)
  }

  @Test("whatever byte is changed, nothing crashes and every line is counted")
  func damage() {
    for (kind, text) in [
      (ModelServiceKind.openai, Self.response("200", Self.chat)),
      (.anthropic, Self.result(#""type":"succeeded","message":\#(Self.message)"#)),
    ] {
      let batch = BatchRecord(key: Self.key, model: "m", run: "r", time: Timestamp(microseconds: 0))
      let name = BatchFile.customID(Self.digest, Self.key, kind)
      let whole = Array(text.replacing("\"ID\"", with: "\"\(name)\"").utf8)
      for place in whole.indices {
        for byte: UInt8 in [0, 0x22, 0x7B, 0x5D, 0xFF, whole[place] ^ 1] {
          var bytes = whole
          bytes[place] = byte
          var results = BatchResults(batch, [BatchRow(digest: Self.digest, reserved: 1, attempt: 1)], kind)
          results.read(bytes)
          #expect(results.bad + results.unknown + results.lines.count == 1)
          results.read(Array(whole[..<place]))
        }
      }
    }
  }
}
