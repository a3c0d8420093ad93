import Bytes
import Records
import Text

/// Brings the payloads of chat logs into one shape while it redacts them: a JSON array of messages, and one
/// assistant message.
///
/// It knows the shapes of OpenAI (chat, legacy functions, completions, Responses), Anthropic, Gemini, LangChain,
/// OpenTelemetry's and OpenInference's messages, Logfire's events, the Vercel AI SDK, LlamaIndex and TensorZero.
/// The attempts are in `MessageInput` and `MessageOutput`. A string that holds JSON counts as what it holds only
/// where the whole of it has the shape of messages; else it is the text that it was, and text inside a message is
/// never parsed.
///
/// Parts that are not text become `[image]`-like marks and references, and set ``hasMedia``. What a model thought
/// stands beside the content. A call of a tool without an id gets `call-1`, `call-2` and so on, and so does its
/// result.
final class MessageNormaliser {
  /// The input's messages as JSON.
  let input = ByteBuffer(capacity: 1 << 14)
  /// The output message as JSON.
  let output = ByteBuffer(capacity: 1 << 14)
  private(set) var inputCharacters = 0
  private(set) var outputCharacters = 0
  private(set) var userTurns = 0
  private(set) var hasMedia = false
  private(set) var inputHash = ContentHash(high: 0, low: 0)
  private(set) var contentHash = ContentHash(high: 0, low: 0)

  let redactor: Redactor
  private let normal = ByteBuffer(capacity: 1 << 14)
  private(set) var messages = 0
  /// The message under way, a result of a tool inside it, and a run of items that make one message.
  let draft = MessageDraft()
  let inner = MessageDraft()
  let run = MessageDraft()
  let side = ByteBuffer(capacity: 1 << 10)
  let callIDs = ToolCallIDs()
  private var parsers: [JSONParser] = []
  private var nesting = 0

  /// Strings of JSON inside strings of JSON that are followed.
  static let deepestString = 3
  /// Objects inside objects that are opened in search of messages.
  static let deepestObject = 8

  init(redactor: Redactor) { self.redactor = redactor }

  /// Starts a record.
  func begin() {
    redactor.begin()
    callIDs.begin()
    input.removeAll()
    output.removeAll()
    normal.removeAll()
    inputCharacters = 0
    outputCharacters = 0
    userTurns = 0
    messages = 0
    hasMedia = false
    nesting = 0
  }

  /// Reads the input of a record into ``input``.
  func readInput(_ value: JSONValue) throws {
    run.begin()
    var writer = JSONWriter(input)
    writer.beginArray()
    try readMessages(value, &writer)
    guard messages > 0 else { throw RowFault.noInput }
    writer.endArray()
    inputHash = ContentHash.of(normal.view)
  }

  /// Adds one message of plain text to the input, for sources that hold a conversation node by node.
  func addMessage(role: String, text: UnsafeRawBufferPointer, _ writer: inout JSONWriter) {
    writer.beginObject()
    writeContent(text, role: role, to: &writer)
    writer.key("role")
    writer.string(role)
    writer.endObject()
    messages += 1
    if role == "user" { userTurns += 1 }
  }

  /// Ends an input that was added message by message.
  func endMessages() { inputHash = ContentHash.of(normal.view) }

  /// Reads the output of a record into ``output``; nothing there means an output of no characters.
  func readOutput(_ value: JSONValue?) throws {
    normal.append(0x1D)
    let before = inputCharacters
    var writer = JSONWriter(output)
    try writeOutput(value, &writer, depth: 0)
    outputCharacters = inputCharacters - before
    inputCharacters = before
    contentHash = ContentHash.of(normal.view)
  }

  // MARK: Strings of JSON

  /// Hands what a string holds to `body` if it is JSON of the shape that is asked for.
  /// - Parameters:
  ///   - text: the string; only one in brackets is tried.
  ///   - shape: whether a value is what is looked for.
  ///   - body: what to do with it.
  /// - Returns: false if the string is text.
  /// - Throws: what `body` throws.
  func withJSON(
    in text: UnsafeRawBufferPointer, shape: (JSONValue) -> Bool, _ body: (JSONValue) throws -> Void
  ) throws -> Bool {
    guard nesting < Self.deepestString, Self.isBracketed(text) else { return false }
    if parsers.count == nesting { parsers.append(JSONParser(maximumLength: 1 << 30)) }
    let parser = parsers[nesting]
    nesting += 1
    defer { nesting -= 1 }
    do {
      return try parser.parse(text) { (value: JSONValue) throws -> Bool in
        guard shape(value) else { return false }
        try body(value)
        return true
      }
    } catch is JSONFault {
      return false
    }
  }

  /// Whether the first and the last byte other than white space are brackets of one kind.
  private static func isBracketed(_ text: UnsafeRawBufferPointer) -> Bool {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 0x09 < 5 }
    guard let first = text.first(where: { !isSpace($0) }), first == 0x7B || first == 0x5B else {
      return false
    }
    return text.last(where: { !isSpace($0) }) == first + 2
  }

  // MARK: Writing

  /// Writes what a draft holds as one message of the input.
  func write(
    _ draft: MessageDraft, role: String, name: UnsafeRawBufferPointer? = nil,
    callID: UnsafeRawBufferPointer? = nil, _ writer: inout JSONWriter
  ) {
    writer.beginObject()
    writeContent(draft.content, role: role, to: &writer)
    if draft.hasMedia { hasMedia = true }
    if !draft.media.isEmpty {
      writer.key("media")
      writer.beginArray()
      for reference in draft.media { reference.write(to: &writer, redactor: redactor) }
      writer.endArray()
    }
    if let name, !name.isEmpty {
      writer.key("name")
      writer.string(redactor.redacted(name))
    }
    if draft.reasoning.count > 0 {
      writer.key("reasoning")
      writer.string(redactor.redacted(draft.reasoning.view))
    }
    writer.key("role")
    writer.string(role)
    if let callID {
      writer.key("tool_call_id")
      // Redacted as the call's own id is, so that the two stay equal.
      writer.string(redactor.redacted(callID))
    }
    if !draft.calls.isEmpty {
      writer.key("tool_calls")
      let start = writer.out.count
      writer.beginArray()
      for call in draft.calls { writeCall(call, &writer) }
      writer.endArray()
      normal.append(UnsafeRawBufferPointer(rebasing: writer.out.view[start...]))
    }
    writer.endObject()
    messages += 1
    if role == "user" { userTurns += 1 }
  }

  /// Writes the `content` member, redacted, and adds it to the text that the hashes are of.
  private func writeContent(_ content: UnsafeRawBufferPointer, role: String, to writer: inout JSONWriter) {
    let clean = redactor.redacted(content)
    writer.key("content")
    writer.string(clean)
    inputCharacters += UTF8Text.characterCount(clean)
    normal.append(0x1E)
    normal.append(string: role)
    normal.append(0x1F)
    TextNormaliser.append(clean, to: normal)
  }

  // MARK: Redaction

  /// Writes a value in canonical form with its keys and strings redacted.
  func redacted(_ value: JSONValue, to writer: inout JSONWriter) {
    switch value.kind {
    case .object:
      writer.beginObject()
      for (key, value) in redactedMembers(of: value) {
        writer.key(string: key)
        redacted(value, to: &writer)
      }
      writer.endObject()
    case .array:
      writer.beginArray()
      value.forEachElement { redacted($0, to: &writer) }
      writer.endArray()
    case .string: writer.string(redactor.redacted(value.utf8 ?? .nothing))
    default: writer.canonical(value)
    }
  }

  /// The members of an object in the canonical order of their redacted keys; of keys that became equal the last.
  private func redactedMembers(of value: JSONValue) -> [(key: String, value: JSONValue)] {
    var isChanged = false
    let members: [(key: String, value: JSONValue)] = CanonicalOrder.members(of: value).map { member in
      let clean = redactor.redacted(member.key)
      isChanged = isChanged || clean.baseAddress != member.key.baseAddress
      return (String(decoding: clean, as: UTF8.self), member.value)
    }
    guard isChanged else { return members }
    // Bytes, not strings: to Swift two spellings of one character are equal.
    var last: [[UInt8]: (key: String, value: JSONValue)] = [:]
    for member in members { last[Array(member.key.utf8)] = member }
    return last.values.sorted { CanonicalOrder.precedes($0.key, $1.key) }
  }

  // MARK: Roles

  /// The role by our names; nil if it is none that is known, in either case.
  static func role(_ value: JSONValue?) -> String? {
    guard let name = value?.utf8 else { return nil }
    // What nearly every message says costs no string.
    if name.equals("user") { return "user" }
    if name.equals("assistant") { return "assistant" }
    guard name.count <= 40 else { return nil }
    switch String(decoding: name, as: UTF8.self).lowercased() {
    case "user", "human", "humanmessage", "humanmessagechunk", "gen_ai.user.message": return "user"
    case "assistant", "ai", "model", "bot", "chatbot", "aimessage", "aimessagechunk",
      "gen_ai.assistant.message", "gen_ai.choice":
      return "assistant"
    case "system", "developer", "systemmessage", "systemmessagechunk", "gen_ai.system.message":
      return "system"
    case "tool", "function", "toolmessage", "toolmessagechunk", "functionmessage", "functionmessagechunk",
      "gen_ai.tool.message":
      return "tool"
    default: return nil
    }
  }
}
