import Bytes
import Text

/// Names calls of tools that have no id, and finds the call that a result without an id answers.
final class ToolCallIDs {
  /// Calls that wait for results at a time; more than a turn makes.
  private static let longest = 256

  private var made = 0
  private var unanswered: [(name: [UInt8], number: Int)] = []

  /// Starts a record.
  func begin() {
    made = 0
    if !unanswered.isEmpty { unanswered.removeAll() }
  }

  /// The id of the next call that has none.
  func next(name: UnsafeRawBufferPointer) -> String {
    made += 1
    // What waits is searched for every result, so a log must not make it long.
    if unanswered.count == Self.longest { unanswered.removeFirst() }
    unanswered.append((Array(name), made))
    return Self.id(made)
  }

  /// The id of the oldest call of this name that has no result yet, of any name if there is none; nil if no such
  /// call was made.
  func answer(name: UnsafeRawBufferPointer?) -> String? {
    guard !unanswered.isEmpty else { return nil }
    guard let name, !name.isEmpty else { return Self.id(unanswered.removeFirst().number) }
    guard let place = unanswered.firstIndex(where: { $0.name.elementsEqual(name) }) else { return nil }
    return Self.id(unanswered.remove(at: place).number)
  }

  private static func id(_ number: Int) -> String { "call-\(number)" }
}

extension MessageNormaliser {
  private static let ids = ["call_id", "toolCallId", "tool_call_id", "toolUseId", "tool_use_id", "id"]

  /// Writes one call in OpenAI's shape; one that has it already, or that names no function, stays as it is but for
  /// redaction.
  func writeCall(_ value: JSONValue, _ writer: inout JSONWriter) {
    let call = value["tool_call"].flatMap { $0.kind == .object ? $0 : nil } ?? value
    let function = call["function"].flatMap { $0.kind == .object ? $0 : nil }
    let id = call.text(of: Self.ids)
    if let function, id != nil, call["id"]?.utf8 != nil, call["type"]?.utf8 != nil,
      function["name"]?.utf8 != nil,
      function["arguments"]?.utf8 != nil
    {
      return redacted(call, to: &writer)
    }
    guard
      let name = function?["name"]?.utf8 ?? call.text(of: ["name", "toolName", "tool_name"])
        ?? call["function"]?.utf8
    else { return redacted(value, to: &writer) }
    let keys = ["arguments", "args", "input", "parameters", "tool_kwargs"]
    writer.beginObject()
    writer.key("function")
    writer.beginObject()
    writer.key("arguments")
    writeArguments((function ?? call).first(of: keys) ?? call.first(of: keys), &writer)
    writer.key("name")
    writer.string(redactor.redacted(name))
    writer.endObject()
    writer.key("id")
    if let id { writer.string(redactor.redacted(id)) } else { writer.string(callIDs.next(name: name)) }
    writer.key("type")
    writer.string("function")
    writer.endObject()
  }

  /// Writes arguments as a string: one that is a string as it is, anything else as canonical JSON.
  private func writeArguments(_ value: JSONValue?, _ writer: inout JSONWriter) {
    guard let value else { return writer.string("{}") }
    if let text = value.utf8 { return writer.string(redactor.redacted(text)) }
    side.removeAll()
    var plain = JSONWriter(side)
    // Strings one by one, so that a mark never eats a quote; then all of it, for what numbers hold.
    redacted(value, to: &plain)
    writer.string(redactor.redacted(side.view))
  }

  /// Writes what a tool answered as a message of its own.
  func writeResult(_ value: JSONValue, _ writer: inout JSONWriter) {
    inner.begin()
    addResult(value, to: inner)
    let name = value.text(of: ["name", "toolName", "tool_name"])
    if let id = value.text(of: Self.ids) {
      return write(inner, role: "tool", name: name, callID: id, &writer)
    }
    guard var made = callIDs.answer(name: name) else {
      return write(inner, role: "tool", name: name, &writer)
    }
    made.withUTF8 {
      write(inner, role: "tool", name: name, callID: UnsafeRawBufferPointer($0), &writer)
    }
  }

  /// Adds the text of what a tool answered.
  func addResult(_ value: JSONValue, to draft: MessageDraft) {
    guard let content = value.first(of: ["content", "output", "response", "result"]) else { return }
    guard content.kind == .object else { return draft.add(content) }
    // The Vercel AI SDK's output says its own type; any other object is what the tool answered.
    guard content["type"]?.utf8 != nil, let inner = content["value"] else { return draft.addJSON(content) }
    if inner.kind == .object { draft.addJSON(inner) } else { draft.add(inner) }
  }
}
