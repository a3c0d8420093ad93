import Bytes
import Records
import Text

/// Brings the payloads of chat logs into one shape while it redacts them: a JSON array of messages, and one
/// assistant message.
///
/// Input, in the order of attempts: a string is one user message; an array is messages; an object with `messages`
/// is those, after its `system`; an object with `input`, `prompt`, `question`, `query` or `text` is one user
/// message; any other object is a user message of its canonical JSON. Output: a string; a completion with
/// `choices`; a message; an array of parts, or of messages whose last counts; an object with `content`, `output`,
/// `answer`, `text` or `raw`. Parts that are not text become `[image]`-like marks and set ``hasMedia``.
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
  private let text = ByteBuffer(capacity: 1 << 14)
  private var messages = 0

  init(redactor: Redactor) { self.redactor = redactor }

  /// Starts a record.
  func begin() {
    redactor.begin()
    input.removeAll()
    output.removeAll()
    normal.removeAll()
    inputCharacters = 0
    outputCharacters = 0
    userTurns = 0
    messages = 0
    hasMedia = false
  }

  /// Reads the input of a record into ``input``.
  func readInput(_ value: JSONValue) throws {
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
    try writeOutput(value, &writer)
    outputCharacters = inputCharacters - before
    inputCharacters = before
    contentHash = ContentHash.of(normal.view)
  }

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
    case .string: writer.string(redactor.redacted(value.utf8 ?? .init(start: nil, count: 0)))
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

  private func readMessages(_ value: JSONValue, _ writer: inout JSONWriter) throws {
    switch value.kind {
    case .string: addMessage(role: "user", text: value.utf8 ?? .init(start: nil, count: 0), &writer)
    case .array: try value.forEachElement { try readMessage($0, &writer) }
    case .object:
      if let list = value["messages"], list.kind == .array {
        if let system = value["system"], !system.isNull {
          addMessage(role: "system", text: gather(system), &writer)
        }
        try readMessages(list, &writer)
      } else if value["role"] != nil {
        try readMessage(value, &writer)
      } else if let question = Self.first(of: ["input", "prompt", "question", "query", "text"], in: value) {
        try readMessages(question, &writer)
      } else {
        addMessage(role: "user", text: gather(value), &writer)
      }
    default: throw RowFault.noInput
    }
  }

  private func readMessage(_ value: JSONValue, _ writer: inout JSONWriter) throws {
    // An array of strings, or LangChain's array of arrays.
    if value.kind == .array || value.kind == .string { return try readMessages(value, &writer) }
    guard let role = Self.role(value["role"]) else { throw RowFault.badRole }
    if role == "user" { userTurns += 1 }
    try writeMessage(value, role: role, &writer)
    messages += 1
  }

  private func writeOutput(_ value: JSONValue?, _ writer: inout JSONWriter) throws {
    guard let value, !value.isNull else { return writeAssistant(.init(start: nil, count: 0), &writer) }
    switch value.kind {
    case .string: writeAssistant(value.utf8 ?? .init(start: nil, count: 0), &writer)
    case .array:
      let elements = value.elements
      if let last = elements.last, last["role"] != nil {
        try writeMessage(last, role: "assistant", &writer)
      } else if let first = elements.first, first["message"] != nil || first["generation"] != nil {
        try writeOutput(first["message"] ?? first["generation"], &writer)
      } else {
        writeAssistant(gather(value), &writer)
      }
    case .object:
      if let choice = value["choices"]?[0] {
        try writeOutput(choice["message"] ?? choice["text"], &writer)
      } else if value["role"] != nil || value["tool_calls"] != nil {
        try writeMessage(value, role: "assistant", &writer)
      } else if let content = Self.first(
        of: ["content", "output", "answer", "text", "raw", "message"], in: value)
      {
        try writeOutput(content, &writer)
      } else {
        writeAssistant(gather(value), &writer)
      }
    default: writeAssistant(gather(value), &writer)
    }
  }

  private func writeAssistant(_ content: UnsafeRawBufferPointer, _ writer: inout JSONWriter) {
    writer.beginObject()
    writeContent(content, role: "assistant", to: &writer)
    writer.key("role")
    writer.string("assistant")
    writer.endObject()
  }

  private func writeMessage(_ value: JSONValue, role: String, _ writer: inout JSONWriter) throws {
    writer.beginObject()
    writeContent(value["content"].map { gather($0) } ?? .init(start: nil, count: 0), role: role, to: &writer)
    if let name = value["name"]?.utf8, !name.isEmpty {
      writer.key("name")
      writer.string(redactor.redacted(name))
    }
    writer.key("role")
    writer.string(role)
    if let call = value["tool_call_id"]?.utf8 {
      writer.key("tool_call_id")
      // Redacted as the call's own id is, so that the two stay equal.
      writer.string(redactor.redacted(call))
    }
    if let calls = value["tool_calls"], calls.kind == .array, calls[0] != nil {
      writer.key("tool_calls")
      let start = writer.out.count
      redacted(calls, to: &writer)
      normal.append(UnsafeRawBufferPointer(rebasing: writer.out.view[start...]))
    }
    writer.endObject()
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

  /// The text of a message's content: a string, parts, or anything else as canonical JSON; valid until the next
  /// call.
  private func gather(_ value: JSONValue) -> UnsafeRawBufferPointer {
    if let content = value.utf8 { return content }
    text.removeAll()
    if value.kind == .array {
      value.forEachElement { appendPart($0) }
    } else if !value.isNull {
      appendPart(value)
    }
    return text.view
  }

  private func appendPart(_ part: JSONValue) {
    if text.count > 0 { text.append(0x0A) }
    if let content = part.utf8 { return text.append(content) }
    if let content = Self.first(of: ["text", "content", "value"], in: part) {
      if let plain = content.utf8 { return text.append(plain) }
      var writer = JSONWriter(text)
      return writer.canonical(content)
    }
    if let type = part["type"]?.utf8, part["arguments"] == nil, type.count <= 40 {
      hasMedia = true
      text.append(0x5B)
      text.append(type)
      return text.append(0x5D)
    }
    var writer = JSONWriter(text)
    writer.canonical(part)
  }

  private static func first(of keys: [String], in value: JSONValue) -> JSONValue? {
    for key in keys {
      if let found = value[key], !found.isNull { return found }
    }
    return nil
  }

  static func role(_ value: JSONValue?) -> String? {
    switch value?.string?.lowercased() {
    case "user", "human": "user"
    case "assistant", "ai", "model": "assistant"
    case "system", "developer": "system"
    case "tool", "function": "tool"
    default: nil
    }
  }
}
