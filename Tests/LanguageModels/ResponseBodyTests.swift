import Bytes
import Testing
import Text

@testable import LanguageModels

@Suite("Answers' bodies") struct ResponseBodyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    var kind = ModelServiceKind.openai
    let body: String
    /// Nil where the body is no answer.
    let expected: ResponseBody?
    var testDescription: String { id }
  }

  private static func answer(
    _ text: String, _ finish: String = "stop", _ input: Int? = nil, _ output: Int? = nil,
    isRefusal: Bool = false
  ) -> ResponseBody {
    ResponseBody(
      text: text, finish: finish, inputTokens: input, outputTokens: output, isRefusal: isRefusal)
  }

  static let cases = [
    Case(
      id: "plain",
      body:
        #"{"choices":[{"message":{"role":"assistant","content":"Yes é"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}"#,
      expected: answer("Yes é", "stop", 7, 2)),
    Case(
      id: "no usage", body: #"{"choices":[{"message":{"content":"Yes"},"finish_reason":"length"}]}"#,
      expected: answer("Yes", "length")),
    Case(
      id: "null content", body: #"{"choices":[{"message":{"content":null},"finish_reason":null}]}"#,
      expected: answer("", "")),
    Case(
      id: "parts",
      body: #"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#,
      expected: answer("ab", "")),
    Case(
      id: "refusal",
      body: #"{"choices":[{"message":{"content":null,"refusal":"I will not"},"finish_reason":"stop"}]}"#,
      expected: answer("", isRefusal: true)),
    Case(
      id: "usage that no answer has",
      body:
        #"{"choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":-1,"completion_tokens":1e30}}"#,
      expected: answer("a", "")),
    Case(
      id: "usage of another type", body: #"{"choices":[{"message":{"content":"a"}}],"usage":[1]}"#,
      expected: answer("a", "")),
    Case(id: "no choices", body: #"{"choices":[]}"#, expected: nil),
    Case(id: "choices of another type", body: #"{"choices":{"0":1}}"#, expected: nil),
    Case(id: "message of another type", body: #"{"choices":[{"message":"hello"}]}"#, expected: nil),
    Case(id: "content of another type", body: #"{"choices":[{"message":{"content":7}}]}"#, expected: nil),
    Case(id: "an error with status 200", body: #"{"error":{"message":"no","code":"x"}}"#, expected: nil),
    Case(id: "a list", body: "[]", expected: nil),
    Case(id: "a text", body: #""choices""#, expected: nil),
    Case(
      id: "anthropic", kind: .anthropic,
      body:
        #"{"content":[{"type":"text","text":"Ye"},{"type":"text","text":"s"}],"stop_reason":"end_turn","usage":{"input_tokens":7,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":4}}"#,
      expected: answer("Yes", "end_turn", 12, 4)),
    Case(
      id: "anthropic tool", kind: .anthropic,
      body:
        #"{"content":[{"type":"text","text":"Let me"},{"type":"tool_use","id":"t","name":"answer","input":{"v":"yes","a":[1, 2.50]}}],"stop_reason":"tool_use"}"#,
      expected: answer(#"{"a":[1,2.5],"v":"yes"}"#, "tool_use")),
    Case(
      id: "anthropic refusal", kind: .anthropic, body: #"{"content":[],"stop_reason":"refusal"}"#,
      expected: answer("", "refusal", isRefusal: true)),
    Case(
      id: "anthropic thinking", kind: .anthropic,
      body:
        #"{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Yes"}],"stop_reason":"end_turn"}"#,
      expected: answer("Yes", "end_turn")),
    Case(
      id: "anthropic without content", kind: .anthropic, body: #"{"stop_reason":"end_turn"}"#, expected: nil),
  ]

  @Test(arguments: cases)
  func reads(_ item: Case) throws {
    let read = try Parsers().parse(Array(item.body.utf8)) { ResponseBody.chat($0, item.kind) }
    #expect(read == item.expected)
  }

  @Test("log probabilities")
  func logProbabilities() throws {
    let body =
      #"{"choices":[{"message":{"content":"yes"},"logprobs":{"content":[{"token":"yes","logprob":-0.1,"top_logprobs":[{"token":"yes","logprob":-0.1},{"token":"no","logprob":-2.5},{"token":7}]}]}}]}"#
    let read = try Parsers().parse(Array(body.utf8)) { ResponseBody.chat($0, .openai) }
    #expect(
      read?.tokens == [
        TokenChoice(
          text: "yes",
          alternatives: [
            TokenChoice.Alternative(text: "yes", logProbability: -0.1),
            TokenChoice.Alternative(text: "no", logProbability: -2.5),
          ])
      ])
  }

  @Test(
    "what is no JSON, or is cut anywhere, is no answer and no crash",
    arguments: [
      Array("".utf8), Array("<html>".utf8), [0xFF, 0xFE, 0x00],
      Array(#"{"choices":[{"message":{"content":"\ud800"}}]}"#.utf8),
      Array(String(repeating: "[", count: 100_000).utf8), Array(repeating: 0x20, count: 1 << 20),
      Array(#"{"choices":[{"message":{"content":""#.utf8) + [0xC3, 0x28] + Array(#""}}]}"#.utf8),
    ])
  func hostile(_ bytes: [UInt8]) {
    for kind in [ModelServiceKind.openai, .anthropic] {
      let read = try? Parsers().parse(bytes) { ResponseBody.chat($0, kind) }
      #expect(read == nil)
    }
  }

  @Test("every prefix of an answer is no answer")
  func prefixes() throws {
    let whole = Array(Self.cases[0].body.utf8)
    let parsers = Parsers()
    for length in whole.indices {
      let read = try? parsers.parse(Array(whole[..<length])) { ResponseBody.chat($0, .openai) }
      #expect(read == nil, "of \(length) bytes")
    }
  }

  @Test("an answer longer than a kept parser takes")
  func long() throws {
    let text = String(repeating: "a", count: 3 << 20)
    let read = try Parsers().parse(Array(#"{"choices":[{"message":{"content":"\#(text)"}}]}"#.utf8)) {
      ResponseBody.chat($0, .openai)
    }
    #expect(read?.text.utf8.count == 3 << 20)
  }

  struct Vectors: Sendable, CustomTestStringConvertible {
    let id: String
    let body: String
    let expected: [[Float]]?
    var testDescription: String { id }
  }

  @Test(arguments: [
    Vectors(
      id: "in another order",
      body: #"{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1,2.5]}]}"#,
      expected: [[1, 2.5], [3, 4]]),
    Vectors(
      id: "without indices", body: #"{"data":[{"embedding":[1]},{"embedding":[2]}]}"#, expected: [[1], [2]]),
    Vectors(id: "one missing", body: #"{"data":[{"index":0,"embedding":[1]}]}"#, expected: nil),
    Vectors(
      id: "one twice", body: #"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
      expected: nil),
    Vectors(
      id: "index beyond", body: #"{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}"#,
      expected: nil),
    Vectors(
      id: "lengths differ", body: #"{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}"#,
      expected: nil),
    Vectors(
      id: "not numbers", body: #"{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":["x"]}]}"#,
      expected: nil),
    Vectors(id: "base64", body: #"{"data":[{"embedding":"AAAA"},{"embedding":"AAAA"}]}"#, expected: nil),
    Vectors(id: "empty", body: #"{"data":[{"embedding":[]},{"embedding":[]}]}"#, expected: nil),
  ])
  func vectors(_ item: Vectors) throws {
    let read = try Parsers().parse(Array(item.body.utf8)) { ResponseBody.vectors($0, count: 2) }
    #expect(read == item.expected)
  }

  @Test(
    "a code is taken, words are not",
    arguments: [
      (#"{"error":{"code":"context_length_exceeded","message":"secret"}}"#, "context_length_exceeded"),
      (#"{"error":{"code":null,"type":"invalid_request_error"}}"#, "invalid_request_error"),
      (#"{"error":{"code":"the record said hello"}}"#, ""), (#"{"error":"words"}"#, ""), ("[]", ""),
    ])
  func codes(_ body: String, _ expected: String) throws {
    #expect(try Parsers().parse(Array(body.utf8), ResponseBody.code) == expected)
  }

  @Test(
    "JSON is found in what models write around it",
    arguments: [
      ("{}", "{}"), (" \n{} \t", "{}"), ("```json\n{\"a\":1}\n```", "{\"a\":1}"), ("```\n{}\n```\n", "{}"),
      ("```json {}```", "```json {}```"), ("Here: ```json\n{}\n```", "Here: ```json\n{}\n```"), ("", ""),
      ("```", "```"),
      ("``````", "``````"), ("```\n```", ""),
    ])
  func fences(_ text: String, _ expected: String) { #expect(AnswerText.json(text) == expected) }
}
