import Bytes
import Testing
import Transport

@testable import LanguageModels

@Suite("Request bodies") struct RequestBodyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let kind: ModelServiceKind
    var structured: StructuredOutput?
    var change: @Sendable (inout ChatRequest) -> Void = { _ in }
    var model: @Sendable (inout LanguageModel) -> Void = { _ in }
    let path: String
    let body: String
    var testDescription: String { id }
  }

  private static let schema = #"{"type":"object","properties":{"v":{"enum":["yes","no"]}}}"#
  private static let messages =
    #""messages":[{"role":"system","content":"Judge."},{"role":"user","content":"Hi \"you\"\n"}]"#
  private static let schemaIsSet: @Sendable (inout ChatRequest) -> Void = { $0.schema = Array(schema.utf8) }
  private static let format =
    #""response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":\#(schema)}}"#

  static let cases = [
    Case(
      id: "openai", kind: .openai, path: "/chat/completions",
      body: #"{"model":"m-1",\#(messages),"max_completion_tokens":512,"temperature":0}"#),
    Case(
      id: "openai schema, seed, temperature, repetition", kind: .openai,
      change: {
        schemaIsSet(&$0)
        $0.seed = 7
        $0.temperature = 0.25
        $0.maximumTokens = 64
        $0.repetition = 3
      }, path: "/chat/completions",
      body: #"{"model":"m-1",\#(messages),"max_completion_tokens":64,"temperature":0.25,"seed":7,\#(format)}"#
    ),
    Case(
      id: "openai without temperature and seed", kind: .openai, change: { $0.seed = 7 },
      model: {
        $0.takesTemperature = false
        $0.takesSeed = false
      }, path: "/chat/completions", body: #"{"model":"m-1",\#(messages),"max_completion_tokens":512}"#),
    Case(
      id: "log probabilities", kind: .llamaCpp, change: { $0.alternatives = 5 }, path: "/chat/completions",
      body: #"{"model":"m-1",\#(messages),"max_tokens":512,"temperature":0,"logprobs":true,"top_logprobs":5}"#
    ),
    Case(
      id: "vllm", kind: .vllm, change: schemaIsSet, path: "/chat/completions",
      body: #"{"model":"m-1",\#(messages),"max_tokens":512,"temperature":0,\#(format)}"#),
    Case(
      id: "vllm guided", kind: .vllm, structured: .guidedJSON, change: schemaIsSet, path: "/chat/completions",
      body: #"{"model":"m-1",\#(messages),"max_tokens":512,"temperature":0,"guided_json":\#(schema)}"#),
    Case(
      id: "vllm structured outputs", kind: .vllm, structured: .structuredOutputs, change: schemaIsSet,
      path: "/chat/completions",
      body:
        #"{"model":"m-1",\#(messages),"max_tokens":512,"temperature":0,"structured_outputs":{"json":\#(schema)}}"#
    ),
    Case(
      id: "ollama", kind: .ollama, change: schemaIsSet, path: "/chat/completions",
      body: #"{"model":"m-1",\#(messages),"max_tokens":512,"temperature":0,\#(format)}"#),
    Case(
      id: "tensorrt-llm", kind: .tensorrtLLM, change: schemaIsSet, path: "/chat/completions",
      body: #"{"model":"m-1",\#(messages),"max_tokens":512,"temperature":0,\#(format)}"#),
    Case(
      id: "litellm", kind: .litellm, path: "/chat/completions",
      body: #"{"model":"m-1",\#(messages),"max_tokens":512,"temperature":0}"#),
    Case(
      id: "portkey", kind: .portkey, path: "/chat/completions",
      body: #"{"model":"m-1",\#(messages),"max_tokens":512,"temperature":0}"#),
    Case(
      id: "compatible tells the schema in words", kind: .compatible, change: schemaIsSet,
      path: "/chat/completions",
      body:
        #"{"model":"m-1","messages":[{"role":"system","content":"Answer with one JSON value that meets this JSON Schema, and with nothing else: {\"type\":\"object\",\"properties\":{\"v\":{\"enum\":[\"yes\",\"no\"]}}}"},{"role":"system","content":"Judge."},{"role":"user","content":"Hi \"you\"\n"}],"max_tokens":512,"temperature":0}"#
    ),
    Case(
      id: "anthropic", kind: .anthropic,
      change: {
        $0.temperature = 1.5
        $0.seed = 7
        $0.messages.insert(ChatMessage(.system, "Be kind."), at: 1)
      }, path: "/messages",
      body:
        #"{"model":"m-1","max_tokens":512,"temperature":1,"system":"Judge.\n\nBe kind.","messages":[{"role":"user","content":[{"type":"text","text":"Hi \"you\"\n"}]}]}"#
    ),
    Case(
      id: "anthropic tool", kind: .anthropic, change: schemaIsSet, path: "/messages",
      body:
        #"{"model":"m-1","max_tokens":512,"temperature":0,"system":"Judge.","messages":[{"role":"user","content":[{"type":"text","text":"Hi \"you\"\n"}]}],"tools":[{"name":"answer","description":"Gives the answer.","input_schema":\#(schema)}],"tool_choice":{"type":"tool","name":"answer"}}"#
    ),
    Case(
      id: "anthropic output format", kind: .anthropic, structured: .outputFormat, change: schemaIsSet,
      path: "/messages",
      body:
        #"{"model":"m-1","max_tokens":512,"temperature":0,"system":"Judge.","messages":[{"role":"user","content":[{"type":"text","text":"Hi \"you\"\n"}]}],"output_config":{"format":{"type":"json_schema","schema":\#(schema)}}}"#
    ),
  ]

  private static func request() -> ChatRequest {
    ChatRequest(model: "m", messages: [ChatMessage(.system, "Judge."), ChatMessage(.user, "Hi \"you\"\n")])
  }

  private static func service(_ kind: ModelServiceKind, name: String = "s") -> ModelService {
    ModelService(name: name, kind: kind, address: "http://127.0.0.1")
  }

  private static let model = LanguageModel(name: "m", service: "s", identifier: "m-1")

  @Test("each service gets the body it takes", arguments: cases)
  func bodies(_ item: Case) {
    var request = Self.request()
    item.change(&request)
    var model = Self.model
    model.structured = item.structured
    item.model(&model)
    let body = RequestBody(request, model, Self.service(item.kind), ByteBuffer())
    #expect(String(decoding: body.bytes, as: UTF8.self) == item.body)
    #expect(body.path == item.path)
  }

  @Test("embeddings")
  func embeddings() {
    let request = EmbeddingRequest(model: "m", texts: ["a", "ü"], dimensions: 256)
    let body = RequestBody(request, Self.model, Self.service(.openai), ByteBuffer())
    let expected = #"{"model":"m-1","input":["a","ü"],"encoding_format":"float","dimensions":256}"#
    #expect(String(decoding: body.bytes, as: UTF8.self) == expected)
    #expect(body.path == "/embeddings")
  }

  struct Change: Sendable, CustomTestStringConvertible {
    let id: String
    let isOther: Bool
    let change: @Sendable (inout ChatRequest, inout LanguageModel, inout ModelService) -> Void
    var testDescription: String { id }
  }

  @Test(
    "the digest has all that shapes the answer, and nothing else",
    arguments: [
      Change(id: "nothing", isOther: false) { _, _, _ in },
      Change(id: "name in the project", isOther: false) { request, model, _ in
        request.model = "other"
        model.name = "other"
      },
      Change(id: "address", isOther: false) { _, _, service in service.address = "http://127.0.0.2" },
      Change(id: "price", isOther: false) { _, model, _ in model.prices.input = 5 },
      Change(id: "limits", isOther: false) { _, _, service in service.requestsPerMinute = 5 },
      Change(id: "key", isOther: false) { _, _, service in
        service.credentials = ModelService.credentials(.openai, key: "other")
      },
      Change(id: "service", isOther: true) { _, _, service in service.name = "t" },
      Change(id: "model", isOther: true) { _, model, _ in model.identifier = "m-2" },
      Change(id: "message", isOther: true) { request, _, _ in request.messages[1].content = "Hi" },
      Change(id: "role", isOther: true) { request, _, _ in request.messages[0].role = .user },
      Change(id: "temperature", isOther: true) { request, _, _ in request.temperature = 0.1 },
      Change(id: "length", isOther: true) { request, _, _ in request.maximumTokens = 5 },
      Change(id: "seed", isOther: true) { request, _, _ in request.seed = 5 },
      Change(id: "schema", isOther: true) { request, _, _ in request.schema = Array("{}".utf8) },
      Change(id: "alternatives", isOther: true) { request, _, _ in request.alternatives = 2 },
      Change(id: "repetition", isOther: true) { request, _, _ in request.repetition = 1 },
    ])
  func digests(_ item: Change) {
    var (request, model, service) = (Self.request(), Self.model, Self.service(.openai))
    let before = RequestBody(request, model, service, ByteBuffer()).digest
    item.change(&request, &model, &service)
    let after = RequestBody(request, model, service, ByteBuffer()).digest
    #expect((before != after) == item.isOther)
  }

  @Test("a digest is the same in every version of the program, or all answers would be bought again")
  func digestIsStable() {
    let body = RequestBody(Self.request(), Self.model, Self.service(.openai), ByteBuffer())
    let expected = Digest.sha256(
      #"{"model":"m-1",\#(Self.messages),"max_completion_tokens":512,"temperature":0}"#
        + "\nflywheel-request-1\ns\n/chat/completions\n0")
    #expect(body.digest == expected)
  }

  @Test("the bound of a question's tokens is no less than its bytes")
  func bound() {
    var request = Self.request()
    request.messages[1].content = String(repeating: "ab", count: 10_000)
    let body = RequestBody(request, Self.model, Self.service(.openai), ByteBuffer())
    #expect(body.mostInputTokens >= 20_000 + 6)
    #expect(body.mostInputTokens < 21_000)
  }
}

@Suite("Prices") struct ModelPricesTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let input: Double
    let output: Double
    let tokens: (Int, Int)
    let cost: Int64
    var testDescription: String { id }
  }

  @Test(
    "costs are rounded up to a millionth of a dollar",
    arguments: [
      Case(id: "free", input: 0, output: 0, tokens: (1000, 1000), cost: 0),
      Case(id: "nothing", input: 3, output: 15, tokens: (0, 0), cost: 0),
      Case(id: "whole", input: 3, output: 15, tokens: (1000, 100), cost: 4500),
      Case(id: "part", input: 0.15, output: 0.6, tokens: (1, 0), cost: 1),
      Case(id: "parts together", input: 0.15, output: 0.6, tokens: (7, 13), cost: 9),
      Case(id: "smallest price", input: 0.000001, output: 0, tokens: (1_000_000, 0), cost: 1),
      Case(id: "below the smallest", input: 0.0000001, output: 0, tokens: (1_000_000, 0), cost: 1),
      Case(id: "huge", input: 1_000_000, output: 0, tokens: (1_000_000_000, 0), cost: 1_000_000_000_000_000),
      Case(
        id: "beyond", input: 1e9, output: 1e9, tokens: (Int.max, Int.max), cost: 2_000_000_000_000_000),
      Case(id: "below nothing", input: -1, output: 1, tokens: (-5, 1_000_000), cost: 1_000_000),
    ])
  func costs(_ item: Case) {
    let prices = ModelPrices(dollarsPerMillionInput: item.input, output: item.output)
    #expect(prices.cost(input: item.tokens.0, output: item.tokens.1) == item.cost)
  }
}
