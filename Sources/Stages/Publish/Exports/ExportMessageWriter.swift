import Bytes
import Text

/// Writes messages as a format wants them: role and content first, then name, tool calls and the call answered.
struct MessageWriter {
  let format: ExportFormat
  let subject: ExportSubject
  let arguments: ToolArguments

  /// Writes an array of messages and, behind them, the answer.
  func list(
    _ messages: [ExportMessage], _ part: String, then answer: ExportMessage? = nil, _ answerPart: String = "",
    to writer: inout JSONWriter
  ) throws {
    writer.beginArray()
    for (index, message) in messages.enumerated() { try one(message, part, index, &writer) }
    if let answer { try one(answer, answerPart, nil, &writer) }
    writer.endArray()
  }

  private func one(
    _ message: ExportMessage, _ part: String, _ index: Int?, _ writer: inout JSONWriter
  ) throws {
    writer.beginObject()
    writer.key("role")
    writer.string(message.role.name.raw)
    if let content = message.content {
      writer.key("content")
      writer.string(content)
    } else if format == .inspect {
      writer.key("content")
      writer.string("")
    }
    try name(message, &writer)
    if !message.calls.isEmpty {
      writer.key("tool_calls")
      writer.beginArray()
      for call in message.calls { try self.call(call, part, index, &writer) }
      writer.endArray()
    }
    if let id = message.callID {
      writer.key("tool_call_id")
      writer.string(id)
    }
    writer.endObject()
  }

  /// OpenAI's tool messages have no name; Inspect's call it the function, and its others have none.
  private func name(_ message: ExportMessage, _ writer: inout JSONWriter) throws {
    guard let name = message.name else { return }
    switch (format, message.role) {
    case (.openai, .tool): return
    case (.inspect, .tool): writer.key("function")
    case (.inspect, _): return
    default: writer.key("name")
    }
    writer.string(name)
  }

  private func call(
    _ call: ExportMessage.Call, _ part: String, _ index: Int?, _ writer: inout JSONWriter
  ) throws {
    writer.beginObject()
    if let id = call.id {
      writer.key("id")
      writer.string(id)
    } else if format != .trl {
      throw subject.error(.badToolCall, part, index)
    }
    if format != .inspect {
      writer.key("type")
      writer.string("function")
      writer.key("function")
      writer.beginObject()
      writer.key("name")
    } else {
      writer.key("function")
    }
    writer.string(call.name)
    writer.key("arguments")
    let isWritten =
      format == .openai
      ? arguments.text(call.arguments, to: &writer) : arguments.object(call.arguments, to: &writer)
    guard isWritten else { throw subject.error(.badToolArguments, part, index) }
    if format != .inspect {
      writer.endObject()
    } else {
      writer.key("type")
      writer.string("function")
    }
    writer.endObject()
  }
}

/// Converts the arguments of tool calls between JSON in a string and an object.
final class ToolArguments {
  private lazy var parser = JSONParser()
  private let scratch = ByteBuffer(capacity: 256)

  /// Writes arguments as a string; false if they are neither a string nor an object.
  ///
  /// A string stays as the model wrote it, valid or not; no arguments are `{}`.
  func text(_ value: JSONValue?, to writer: inout JSONWriter) -> Bool {
    guard let value, !value.isNull else {
      writer.string("{}")
      return true
    }
    if let text = value.utf8 {
      if text.isEmpty { writer.string("{}") } else { writer.string(text) }
      return true
    }
    guard value.kind == .object else { return false }
    scratch.removeAll()
    var inner = JSONWriter(scratch)
    inner.canonical(value)
    writer.string(scratch.view)
    return true
  }

  /// Writes arguments as an object; false if they are none, or a string that holds none.
  func object(_ value: JSONValue?, to writer: inout JSONWriter) -> Bool {
    guard let value, !value.isNull else {
      writer.beginObject()
      writer.endObject()
      return true
    }
    guard let text = value.utf8 else {
      guard value.kind == .object else { return false }
      writer.canonical(value)
      return true
    }
    guard !text.isEmpty else {
      writer.beginObject()
      writer.endObject()
      return true
    }
    let parsed = try? parser.parse(text) { value in
      guard value.kind == .object else { return false }
      writer.canonical(value)
      return true
    }
    return parsed ?? false
  }
}
