import Bytes
import Records
import Text

/// What is sent for a request, and what it is known by.
struct RequestBody {
  /// The path relative to the service's address.
  let path: String
  /// The body, as JSON.
  let bytes: [UInt8]
  /// The digest of everything that shapes the answer.
  let digest: Digest
  /// Tokens of the question at most; see ``mostTokens(bytes:messages:)``.
  let mostInputTokens: Int

  private init(path: String, repetition: Int, service: ModelService, mostInputTokens: Int, out: ByteBuffer) {
    self.path = path
    self.mostInputTokens = mostInputTokens
    bytes = out.bytes
    let length = out.count
    // Behind the body, so that nothing is copied; the service's name and the path hold no line feed.
    out.append("\nflywheel-request-1\n")
    out.append(string: service.name)
    out.append(0x0A)
    out.append(string: path)
    out.append(0x0A)
    out.append(decimal: Int64(repetition))
    digest = Digest.sha256(out.view)
    out.truncate(to: length)
  }

  // MARK: Chats

  /// Writes a chat as the service wants it.
  init(_ request: ChatRequest, _ model: LanguageModel, _ service: ModelService, _ out: ByteBuffer) {
    out.removeAll()
    var writer = JSONWriter(out)
    let structured = model.structured ?? service.kind.structured
    if service.kind == .anthropic {
      Self.writeAnthropic(request, model, structured, &writer)
    } else {
      Self.writeOpenAI(request, model, service.kind, structured, &writer)
    }
    let most = Self.mostTokens(bytes: out.count, messages: request.messages.count)
    self.init(
      path: service.kind.chatPath, repetition: request.repetition, service: service, mostInputTokens: most,
      out: out)
  }

  /// A bound for the tokens of a question that no tokeniser of bytes passes.
  ///
  /// Tokenisers of bytes (GPT, Llama 3, Qwen, Claude) make at most one token of a byte. To each message a chat
  /// template adds its marks, of which 16 tokens are more than any known one has, and a tool's or a schema's own
  /// instructions add some hundreds (Anthropic, "Tool use": 313 to 346 tokens).
  static func mostTokens(bytes: Int, messages: Int) -> Int { bytes + 16 * messages + 512 }

  private static func writeOpenAI(
    _ request: ChatRequest, _ model: LanguageModel, _ kind: ModelServiceKind, _ structured: StructuredOutput,
    _ writer: inout JSONWriter
  ) {
    writer.beginObject()
    writer.key("model")
    writer.string(model.identifier)
    writer.key("messages")
    writer.beginArray()
    if let schema = request.schema, structured.isInInstructions {
      write(.system, text: instructions(for: schema), &writer)
    }
    for message in request.messages { write(message.role, text: message.content, &writer) }
    writer.endArray()
    writer.key(kind.maximumTokensKey)
    writer.integer(Int64(request.maximumTokens))
    if model.takesTemperature {
      writer.key("temperature")
      writer.number(request.temperature)
    }
    if model.takesSeed, let seed = request.seed {
      writer.key("seed")
      writer.integer(Int64(seed))
    }
    if request.alternatives > 0 {
      writer.key("logprobs")
      writer.bool(true)
      writer.key("top_logprobs")
      writer.integer(Int64(request.alternatives))
    }
    if let schema = request.schema { write(schema, structured, &writer) }
    writer.endObject()
  }

  private static func write(_ role: ChatMessage.Role, text: String, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("role")
    writer.string(role.rawValue)
    writer.key("content")
    writer.string(text)
    writer.endObject()
  }

  private static func write(
    _ schema: [UInt8], _ structured: StructuredOutput, _ writer: inout JSONWriter
  ) {
    switch structured {
    case .jsonSchema:
      writer.key("response_format")
      writer.beginObject()
      writer.key("type")
      writer.string("json_schema")
      writer.key("json_schema")
      writer.beginObject()
      writer.key("name")
      writer.string("answer")
      writer.key("strict")
      writer.bool(true)
      writer.key("schema")
      writer.raw(schema)
      writer.endObject()
      writer.endObject()
    case .guidedJSON:
      writer.key("guided_json")
      writer.raw(schema)
    case .structuredOutputs:
      writer.key("structured_outputs")
      writer.beginObject()
      writer.key("json")
      writer.raw(schema)
      writer.endObject()
    case .jsonObject:
      writer.key("response_format")
      writer.beginObject()
      writer.key("type")
      writer.string("json_object")
      writer.endObject()
    case .tool, .outputFormat, .none: break
    }
  }

  static func instructions(for schema: [UInt8]) -> String {
    "Answer with one JSON value that meets this JSON Schema, and with nothing else: "
      + String(decoding: schema, as: UTF8.self)
  }

  private static func writeAnthropic(
    _ request: ChatRequest, _ model: LanguageModel, _ structured: StructuredOutput,
    _ writer: inout JSONWriter
  ) {
    writer.beginObject()
    writer.key("model")
    writer.string(model.identifier)
    writer.key("max_tokens")
    writer.integer(Int64(request.maximumTokens))
    if model.takesTemperature {
      writer.key("temperature")
      // Its scale ends at 1 (API reference, Messages).
      writer.number(min(1, request.temperature))
    }
    var instructions = request.messages.filter { $0.role == .system }.map(\.content)
    if let schema = request.schema, structured.isInInstructions {
      instructions.append(Self.instructions(for: schema))
    }
    if !instructions.isEmpty {
      writer.key("system")
      writer.string(instructions.joined(separator: "\n\n"))
    }
    writer.key("messages")
    writer.beginArray()
    for message in request.messages where message.role != .system {
      writer.beginObject()
      writer.key("role")
      writer.string(message.role.rawValue)
      writer.key("content")
      writer.beginArray()
      writer.beginObject()
      writer.key("type")
      writer.string("text")
      writer.key("text")
      writer.string(message.content)
      writer.endObject()
      writer.endArray()
      writer.endObject()
    }
    writer.endArray()
    if let schema = request.schema { writeAnthropic(schema, structured, &writer) }
    writer.endObject()
  }

  private static func writeAnthropic(
    _ schema: [UInt8], _ structured: StructuredOutput, _ writer: inout JSONWriter
  ) {
    switch structured {
    case .tool:
      writer.key("tools")
      writer.beginArray()
      writer.beginObject()
      writer.key("name")
      writer.string("answer")
      writer.key("description")
      writer.string("Gives the answer.")
      writer.key("input_schema")
      writer.raw(schema)
      writer.endObject()
      writer.endArray()
      writer.key("tool_choice")
      writer.beginObject()
      writer.key("type")
      writer.string("tool")
      writer.key("name")
      writer.string("answer")
      writer.endObject()
    case .outputFormat:
      writer.key("output_config")
      writer.beginObject()
      writer.key("format")
      writer.beginObject()
      writer.key("type")
      writer.string("json_schema")
      writer.key("schema")
      writer.raw(schema)
      writer.endObject()
      writer.endObject()
    default: break
    }
  }

  // MARK: Embeddings

  /// Writes texts to be embedded.
  init(_ request: EmbeddingRequest, _ model: LanguageModel, _ service: ModelService, _ out: ByteBuffer) {
    out.removeAll()
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("model")
    writer.string(model.identifier)
    writer.key("input")
    writer.beginArray()
    for text in request.texts { writer.string(text) }
    writer.endArray()
    writer.key("encoding_format")
    writer.string("float")
    if let dimensions = request.dimensions {
      writer.key("dimensions")
      writer.integer(Int64(dimensions))
    }
    writer.endObject()
    self.init(
      path: "/embeddings", repetition: 0, service: service,
      mostInputTokens: Self.mostTokens(bytes: out.count, messages: request.texts.count), out: out)
  }
}
