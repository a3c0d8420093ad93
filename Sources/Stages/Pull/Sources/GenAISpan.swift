import Bytes
import Records
import Text

/// The attributes of one span or event by OpenTelemetry's conventions for generative AI, the current ones and those
/// before them: `gen_ai.prompt`, OpenLLMetry's `gen_ai.prompt.0.content`, the Vercel AI SDK's `ai.prompt.messages`.
///
/// It takes them as an object of dotted keys. What deprecated events held stands in it under ``messages`` and
/// ``choice``. It keeps views, so it is used inside one parse.
struct GenAISpan {
  /// The key of the messages that events of one message each held.
  static let messages: StaticString = "flywheel.messages"
  /// The key of the message that a choice event held.
  static let choice: StaticString = "flywheel.choice"

  private let attributes: JSONValue

  init(_ attributes: JSONValue) { self.attributes = attributes }

  // MARK: Facts

  /// The operations that are calls of a model for text.
  private static let operations: Set<String> = ["chat", "text_completion", "generate_content", "completion"]

  /// Whether this is a call of a model for text with an answer, and not a tool's, an agent's or an embedding's span.
  var isCall: Bool {
    let operation = text("gen_ai.operation.name", "llm.request.type")
    // Spans of the Vercel AI SDK stand around a span of the call itself, which has a model of its own.
    if operation == nil, attributes["ai.operationId"] != nil, attributes["gen_ai.request.model"] == nil {
      return false
    }
    return operation.map(Self.operations.contains) ?? true
  }

  /// Whether there is an answer.
  var hasOutput: Bool {
    value(Self.outputs) != nil
      || attributes.members.contains { key, value in
        OpenInferenceSpan.path(key, after: Self.completions)?.rest.elementsEqual("role".utf8) == false
          && value.utf8?.isEmpty != true
      }
  }

  /// The name that feedback in another process knows the answer by.
  var responseID: String? { text("gen_ai.response.id", "ai.response.id") }

  /// Fills in what attributes say of a call.
  func fill(_ facts: inout InteractionFacts, _ records: RecordWriter) throws {
    facts.conversation = text(
      "gen_ai.conversation.id", "session.id", "traceloop.association.properties.session_id")
    facts.user = text("user.id", "enduser.id", "traceloop.association.properties.user_id")
    facts.model = text(
      "gen_ai.response.model", "gen_ai.request.model", "ai.response.model", "ai.model.id", "llm.request.model"
    )
    facts.prompt = text("gen_ai.prompt.name")
    facts.response = responseID
    facts.tokensIn = count(
      "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "ai.usage.inputTokens",
      "ai.usage.promptTokens")
    facts.tokensOut = count(
      "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "ai.usage.outputTokens",
      "ai.usage.completionTokens")
    facts.finish =
      attributes["gen_ai.response.finish_reasons"]?[0]?.string
      ?? text(
        "gen_ai.completion.0.finish_reason", "ai.response.finishReason", "gen_ai.response.finish_reasons")
      ?? attributes["flywheel.finish"]?.string
  }

  // MARK: Messages

  private static let inputs = [
    "gen_ai.input.messages", "flywheel.messages", "gen_ai.prompt", "ai.prompt.messages",
  ]
  private static let outputs = [
    "gen_ai.output.messages", "flywheel.choice", "gen_ai.completion", "ai.response.text",
    "ai.response.object",
    "ai.response.toolCalls",
  ]
  private static let prompts: StaticString = "gen_ai.prompt."
  private static let completions: StaticString = "gen_ai.completion."

  /// Writes the interaction.
  /// - Throws: ``RowFault``.
  func interaction(_ facts: InteractionFacts, _ records: RecordWriter) throws {
    let out = ByteBuffer(capacity: 1 << 12)
    try withInput(out, records) { input in
      try withOutput(out, records) { output in try records.interaction(facts, input: input, output: output) }
    }
  }

  private func withInput(_ out: ByteBuffer, _ records: RecordWriter, _ body: (JSONValue?) throws -> Void)
    throws
  {
    out.removeAll()
    var writer = JSONWriter(out)
    if let messages = value(Self.inputs) {
      guard let system = value(["gen_ai.system_instructions"]) else { return try body(messages) }
      writer.beginObject()
      writer.key("messages")
      writer.canonical(messages)
      writer.key("system_instructions")
      // A list of parts, which attributes of spans hold as text.
      if let text = system.utf8, text.first == 0x5B, try records.nested(text, { _ in true }) == true {
        writer.raw(text)
      } else {
        writer.canonical(system)
      }
      writer.endObject()
    } else {
      guard writeIndexed(Self.prompts, to: &writer) else { return try body(nil) }
    }
    if try records.nested(out.view, body) == nil { throw RowFault.noInput }
  }

  private func withOutput(_ out: ByteBuffer, _ records: RecordWriter, _ body: (JSONValue?) throws -> Void)
    throws
  {
    if let output = value(Self.outputs) { return try body(output) }
    out.removeAll()
    var writer = JSONWriter(out)
    guard writeIndexed(Self.completions, onlyFirst: true, to: &writer) else { return try body(nil) }
    _ = try records.nested(out.view, body)
  }

  // MARK: Indexed attributes

  private struct IndexedMessage {
    var fields: [(key: UnsafeRawBufferPointer, value: JSONValue)] = []
    var calls: [Int: [(key: UnsafeRawBufferPointer, value: JSONValue)]] = [:]
  }

  /// Writes the messages whose keys begin so, in the order of their places; false if there are none.
  private func writeIndexed(_ prefix: StaticString, onlyFirst: Bool = false, to writer: inout JSONWriter)
    -> Bool
  {
    var found: [Int: IndexedMessage] = [:]
    attributes.forEachMember { key, value in
      guard !value.isNull, let (place, rest) = OpenInferenceSpan.path(key, after: prefix) else { return }
      if let (call, leaf) = OpenInferenceSpan.path(rest, after: "tool_calls.") {
        found[place, default: IndexedMessage()].calls[call, default: []].append((leaf, value))
      } else {
        found[place, default: IndexedMessage()].fields.append((rest, value))
      }
    }
    let messages = found.sorted { $0.key < $1.key }.map(\.value).prefix(onlyFirst ? 1 : .max)
    guard !messages.isEmpty else { return false }
    writer.beginArray()
    for message in messages { Self.write(message, to: &writer) }
    writer.endArray()
    return true
  }

  private static func write(_ message: IndexedMessage, to writer: inout JSONWriter) {
    writer.beginObject()
    for (key, value) in message.fields {
      writer.key(key)
      if key.elementsEqual("content".utf8) {
        writeContent(value, to: &writer)
      } else {
        writer.canonical(value)
      }
    }
    if !message.calls.isEmpty {
      writer.key("tool_calls")
      writer.beginArray()
      for (_, call) in message.calls.sorted(by: { $0.key < $1.key }) {
        writer.beginObject()
        for (key, value) in call where key.elementsEqual("id".utf8) {
          writer.key("id")
          writer.canonical(value)
        }
        writer.key("function")
        writer.beginObject()
        for (key, value) in call where !key.elementsEqual("id".utf8) {
          writer.key(key)
          writer.canonical(value)
        }
        writer.endObject()
        writer.key("type")
        writer.string("function")
        writer.endObject()
      }
      writer.endArray()
    }
    writer.endObject()
  }

  /// Writes the content of a message, whose several parts attributes hold as JSON; the normaliser does not parse a
  /// message's own text.
  static func writeContent(_ value: JSONValue, to writer: inout JSONWriter) {
    if let text = value.utf8, text.starts(with: "[{\"type\"".utf8), isJSON(text) {
      writer.raw(text)
    } else {
      writer.canonical(value)
    }
  }

  private static func isJSON(_ text: UnsafeRawBufferPointer) -> Bool {
    (try? JSONParser(maximumLength: max(text.count, 1 << 10)).parse(text) { (_: JSONValue) in true }) ?? false
  }

  // MARK: Parts

  /// The first of these attributes that is not null and not an empty text.
  private func value(_ keys: [String]) -> JSONValue? {
    for key in keys {
      if let found = attributes[key], !found.isNull, found.utf8?.isEmpty != true { return found }
    }
    return nil
  }

  private func text(_ keys: String...) -> String? { value(keys)?.scalarText }

  private func count(_ keys: String...) -> Int64? {
    let value = value(keys)
    let number = value?.double ?? value?.string.flatMap(Double.init)
    return number.flatMap { Int64(exactly: $0.rounded()) }
  }
}
