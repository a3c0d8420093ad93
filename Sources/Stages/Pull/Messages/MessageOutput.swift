import Text

/// Outputs, in the order of attempts.
///
/// A string, or the answer that it holds as JSON; a completion with `choices`, `candidates` or `generations`; a
/// response with `output` items; a message; an array of parts or calls, or of messages whose last counts; an object
/// with `content`, `output`, `answer`, `text`, `raw`, `message`, `response`, `completion`, `generated_text` or
/// `messages`. Anything else is its canonical JSON.
extension MessageNormaliser {
  func writeOutput(_ value: JSONValue?, _ writer: inout JSONWriter, depth: Int) throws {
    guard let value, !value.isNull else { return writeAssistant(.nothing, &writer) }
    guard depth < Self.deepestObject else { return writeWhole(value, &writer) }
    switch value.kind {
    case .string:
      let text = value.utf8 ?? .nothing
      let isRead = try withJSON(in: text, shape: MessageShape.isOutput) { (inner: JSONValue) in
        try writeOutput(inner, &writer, depth: depth + 1)
      }
      if !isRead { writeAssistant(text, &writer) }
    case .array: try writeList(value, &writer, depth: depth + 1)
    case .object: try writeObject(value, &writer, depth: depth + 1)
    default: writeWhole(value, &writer)
    }
  }

  private func writeList(_ list: JSONValue, _ writer: inout JSONWriter, depth: Int) throws {
    if MessageShape.isItems(list) { return writeItems(list, &writer) }
    var last: JSONValue?
    list.forEachElement { last = $0 }
    guard let last, let first = list.firstElement else { return writeAssistant(.nothing, &writer) }
    if last["role"] != nil || MessageShape.isMessage(last) { return try writeMessage(last, &writer) }
    if first.kind == .array, first.firstElement != nil {
      return try writeOutput(first, &writer, depth: depth)
    }
    if let inner = first["message"] ?? first["generation"] {
      return try writeOutput(inner, &writer, depth: depth)
    }
    writeWhole(list, &writer)
  }

  /// Writes the items of a response, or calls of tools, as one message; what stands before a user's turn or a result
  /// is another.
  private func writeItems(_ list: JSONValue, _ writer: inout JSONWriter) {
    draft.begin()
    list.forEachElement { value in
      let fields = MessageFields(value)
      switch fields.item {
      case .call: draft.calls.append(value)
      case .reasoning: draft.addPart(value)
      case .result: draft.begin()
      case .other: break
      case nil:
        if fields.roleName != "assistant" {
          draft.begin()
        } else if let content = fields.content {
          draft.add(content)
        }
      }
    }
    write(draft, role: "assistant", &writer)
  }

  private func writeObject(_ value: JSONValue, _ writer: inout JSONWriter, depth: Int) throws {
    if let choice = value["choices"]?[0] {
      return try writeOutput(choice["message"] ?? choice["text"] ?? choice["delta"], &writer, depth: depth)
    }
    if let candidate = value["candidates"]?.firstElement, candidate.kind == .object {
      return try writeOutput(candidate["content"], &writer, depth: depth)
    }
    if let generations = value["generations"], generations.firstElement != nil {
      return try writeOutput(generations, &writer, depth: depth)
    }
    let hasCalls = value["tool_calls"] != nil || value["toolCalls"]?.firstElement != nil
    if value["role"] != nil || hasCalls || MessageShape.isMessage(value) {
      return try writeMessage(value, &writer)
    }
    if let parts = value["parts"], parts.kind == .array { return writeWhole(value, &writer) }
    if let text = value.first(of: ["content"]) {
      // A message's own text is never parsed.
      return text.kind == .string
        ? writeAssistant(text.utf8 ?? .nothing, &writer) : try writeOutput(text, &writer, depth: depth)
    }
    if let output = value.first(of: ["output", "answer", "text", "raw", "message"])
      ?? value.first(of: ["response", "completion", "generated_text"])
    {
      return try writeOutput(output, &writer, depth: depth)
    }
    if let list = value["messages"], list.firstElement != nil {
      return try writeList(list, &writer, depth: depth)
    }
    writeWhole(value, &writer)
  }

  private func writeMessage(_ value: JSONValue, _ writer: inout JSONWriter) throws {
    var fields = MessageFields.unwrapping(value)
    if let text = fields.toolCalls?.utf8 {
      let isRead = try withJSON(in: text, shape: { $0.isList { $0.kind == .object } }) { (calls: JSONValue) in
        fields.toolCalls = calls
        writeMessage(fields, &writer)
      }
      if isRead { return }
    }
    writeMessage(fields, &writer)
  }

  private func writeMessage(_ fields: MessageFields, _ writer: inout JSONWriter) {
    draft.begin()
    fields.fill(draft)
    writeDraft(name: fields.name?.utf8, callID: fields.toolCallID?.utf8, &writer)
  }

  private func writeWhole(_ value: JSONValue, _ writer: inout JSONWriter) {
    draft.begin()
    draft.add(value)
    writeDraft(name: nil, callID: nil, &writer)
  }

  private func writeDraft(
    name: UnsafeRawBufferPointer?, callID: UnsafeRawBufferPointer?, _ writer: inout JSONWriter
  ) {
    // A tool's own span answers with nothing else.
    if draft.isEmpty, let result = draft.results.first { addResult(result, to: draft) }
    write(draft, role: "assistant", name: name, callID: callID, &writer)
  }

  private func writeAssistant(_ content: UnsafeRawBufferPointer, _ writer: inout JSONWriter) {
    draft.begin()
    draft.addText(content)
    write(draft, role: "assistant", &writer)
  }
}
