import Text

/// Inputs, in the order of attempts.
///
/// A string is one user message, or the messages that it holds as JSON. An array is messages, or the parts of one.
/// An object is opened by `messages`, `contents`, one message, `new_message`, `input`, `prompt`, `question`, `query`,
/// `text`, `prompts`, `args` or a wrapper of such; what names a system prompt beside them comes first. Any other
/// object is a user message of its canonical JSON.
extension MessageNormaliser {
  func readMessages(_ value: JSONValue, _ writer: inout JSONWriter, depth: Int = 0) throws {
    switch value.kind {
    case .string: try readString(value, &writer)
    case .array: try readList(value, &writer, depth: depth)
    case .object: try readObject(value, &writer, depth: depth)
    default: throw RowFault.noInput
    }
  }

  private func readString(_ value: JSONValue, _ writer: inout JSONWriter) throws {
    let text = value.utf8 ?? .nothing
    let isRead = try withJSON(in: text, shape: MessageShape.isInput) { (inner: JSONValue) in
      try readMessages(inner, &writer)
    }
    if !isRead { addMessage(role: "user", text: text, &writer) }
  }

  private func readList(_ list: JSONValue, _ writer: inout JSONWriter, depth: Int) throws {
    if let first = list.firstElement, MessageShape.isPart(first) {
      draft.begin()
      draft.add(list)
      return try writeDraft(role: "user", name: nil, callID: nil, &writer)
    }
    try list.forEachElement { try readMessage($0, &writer, depth: depth) }
    flush(&writer)
  }

  private func readMessage(_ value: JSONValue, _ writer: inout JSONWriter, depth: Int) throws {
    switch value.kind {
    case .object: break
    // LangChain's array of arrays.
    case .array where depth < Self.deepestObject: return try readList(value, &writer, depth: depth + 1)
    case .string:
      flush(&writer)
      return addMessage(role: "user", text: value.utf8 ?? .nothing, &writer)
    default: throw RowFault.badRole
    }
    let fields = MessageFields.unwrapping(value)
    if let item = fields.item { return readItem(item, value, &writer) }
    guard let role = fields.roleName else { throw RowFault.badRole }
    if role == "assistant", fields.type?.utf8?.equals("message") ?? false {
      // Responses log an answer and its calls as items of one turn.
      if !run.content.isEmpty || !run.calls.isEmpty { flush(&writer) }
      return fields.fill(run)
    }
    flush(&writer)
    if role == "tool", fields.isToolDefinition { return }
    try write(fields, role: role, &writer)
  }

  private func readItem(_ item: MessageFields.Item, _ value: JSONValue, _ writer: inout JSONWriter) {
    switch item {
    case .call:
      run.calls.append(value)
      // The Vercel AI SDK logs a result with its call.
      if value.first(of: ["input", "args"]) == nil, value.first(of: ["output", "result"]) != nil {
        run.calls.removeLast()
        flush(&writer)
        writeResult(value, &writer)
      }
    case .result:
      flush(&writer)
      writeResult(value, &writer)
    case .reasoning:
      if !run.content.isEmpty || !run.calls.isEmpty { flush(&writer) }
      run.addPart(value)
    case .other: break
    }
  }

  /// Writes the message that a run of items made, if there is one.
  private func flush(_ writer: inout JSONWriter) {
    guard !run.isEmpty else { return }
    write(run, role: "assistant", &writer)
    run.begin()
  }

  /// Writes a message, and the results of tools that stand in it as messages of their own.
  private func write(_ fields: MessageFields, role: String, _ writer: inout JSONWriter) throws {
    if let text = fields.toolCalls?.utf8 {
      let isRead = try withJSON(in: text, shape: { $0.isList { $0.kind == .object } }) { (calls: JSONValue) in
        var copy = fields
        copy.toolCalls = calls
        try write(copy, role: role, &writer)
      }
      if isRead { return }
    }
    draft.begin()
    fields.fill(draft)
    let name = fields.name?.utf8
    if let id = fields.toolCallID?.utf8 {
      return try writeDraft(role: role, name: name, callID: id, &writer)
    }
    guard role == "tool", draft.results.isEmpty, var made = callIDs.answer(name: name) else {
      return try writeDraft(role: role, name: name, callID: nil, &writer)
    }
    try made.withUTF8 {
      try writeDraft(role: role, name: name, callID: UnsafeRawBufferPointer($0), &writer)
    }
  }

  private func writeDraft(
    role: String, name: UnsafeRawBufferPointer?, callID: UnsafeRawBufferPointer?, _ writer: inout JSONWriter
  ) throws {
    let results = draft.results
    if results.isEmpty || role == "assistant" || role == "system" {
      if results.isEmpty || !draft.isEmpty { write(draft, role: role, name: name, callID: callID, &writer) }
      for result in results { writeResult(result, &writer) }
    } else {
      for result in results { writeResult(result, &writer) }
      if !draft.isEmpty { write(draft, role: role, name: name, callID: callID, &writer) }
    }
  }

  // MARK: Objects

  private func readObject(_ value: JSONValue, _ writer: inout JSONWriter, depth: Int) throws {
    if let (system, content) = MessageShape.conversation(in: value) {
      if let system { try readSystem(system, &writer) }
      if content.kind == .string { return try readString(content, &writer) }
      return try readContents(content, &writer, depth: depth)
    }
    if MessageShape.isMessage(value) || value["role"] != nil {
      try readMessage(value, &writer, depth: depth)
      return flush(&writer)
    }
    guard depth < Self.deepestObject else { return addWhole(value, &writer) }
    if let message = value.first(of: ["new_message", "newMessage"]), message.kind == .object {
      return try readMessages(message, &writer, depth: depth + 1)
    }
    if let question = value.first(of: MessageShape.questions) {
      let system = value.first(of: ["system", "instructions"])
      if let system, system.kind == .string { try readSystem(system, &writer) }
      return try readQuestion(question, in: value, &writer, depth: depth)
    }
    if let list = value.first(of: ["prompts", "args"]), list.firstElement != nil {
      return try readList(list, &writer, depth: depth + 1)
    }
    if let inner = MessageShape.wrapped(in: value) {
      return try readMessages(inner, &writer, depth: depth + 1)
    }
    addWhole(value, &writer)
  }

  /// Reads Gemini's contents, which may lack roles, or a list of messages.
  private func readContents(_ list: JSONValue, _ writer: inout JSONWriter, depth: Int) throws {
    guard let first = list.firstElement, first["role"] == nil, first["parts"] != nil else {
      return try readList(list, &writer, depth: depth)
    }
    try list.forEachElement { content in
      if content["role"] != nil { return try readMessage(content, &writer, depth: depth) }
      draft.begin()
      draft.add(content)
      try writeDraft(role: "user", name: nil, callID: nil, &writer)
    }
  }

  private func readSystem(_ value: JSONValue, _ writer: inout JSONWriter) throws {
    draft.begin()
    draft.add(value)
    try writeDraft(role: "system", name: nil, callID: nil, &writer)
  }

  /// Reads what an object asks; text that a person may have typed is not parsed.
  private func readQuestion(
    _ question: JSONValue, in value: JSONValue, _ writer: inout JSONWriter, depth: Int
  ) throws {
    guard let text = question.utf8 else { return try readMessages(question, &writer, depth: depth + 1) }
    if value["input"]?.utf8 != nil || value["prompt"]?.utf8 != nil {
      return try readString(question, &writer)
    }
    addMessage(role: "user", text: text, &writer)
  }

  private func addWhole(_ value: JSONValue, _ writer: inout JSONWriter) {
    draft.begin()
    draft.addPart(value)
    write(draft, role: "user", &writer)
  }
}
