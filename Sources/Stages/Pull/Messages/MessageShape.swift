import Text

/// Which parsed values have the shape of messages.
///
/// Strings of JSON are judged by it before anything of them is believed, so it asks for more than the readers do: a
/// text that merely is JSON, such as a model's answer in a format of the application's own, must stay text.
enum MessageShape {
  /// Objects inside objects that are looked into.
  private static let deepest = 4
  /// Members that hold what was asked.
  static let questions = ["input", "prompt", "question", "query", "text"]
  private static let wrappers = ["kwargs", "body", "request", "inputs"]

  // MARK: One message

  /// Whether an object is one message of any library, or a call or a result in its place.
  static func isMessage(_ value: JSONValue) -> Bool {
    guard value.kind == .object else { return false }
    let fields = MessageFields.unwrapping(value)
    switch fields.item {
    case .call: return true
    case .result: return fields.callID != nil
    case .reasoning, .other: return false
    case nil: break
    }
    guard fields.roleName != nil, fields.says else { return false }
    // A type that names a role is LangChain's; its content is there.
    return fields.role != nil || fields.hint != nil || fields.hasContent
  }

  /// Whether an object from a string is a message beyond doubt, since a type and a content alone may be an answer.
  private static func isLoneMessage(_ value: JSONValue) -> Bool {
    guard isMessage(value) else { return false }
    let fields = MessageFields.unwrapping(value)
    return fields.role != nil || fields.hint != nil || fields.item != nil || fields.additional != nil
      || fields.toolCallID != nil || fields.toolCalls != nil
  }

  /// Whether all elements of a list can only be messages or items, be their roles known or not.
  private static func isHistory(_ list: JSONValue) -> Bool {
    var any = false
    return list.isList { value in
      if isMessage(value) || (value["role"]?.utf8 != nil && MessageFields(value).says) {
        any = true
        return true
      }
      return MessageFields.unwrapping(value).item != nil
    } && any
  }

  /// Whether an element of a list is a part of one message's content.
  static func isPart(_ value: JSONValue) -> Bool {
    guard value.kind == .object, value["role"] == nil else { return false }
    if let type = (value["type"] ?? value["block_type"])?.utf8 {
      guard PartKind.isKnown(type), MessageFields(value).item == nil else { return false }
      return type.isOne(of: ["text", "input_text", "output_text"])
        ? value.first(of: ["text", "content", "value"]) != nil : true
    }
    return value["text"]?.utf8 != nil
      || value.first(of: ["functionCall", "functionResponse", "inlineData"]) != nil
  }

  private static func isTypedPart(_ value: JSONValue) -> Bool {
    isPart(value) && (value["type"] ?? value["block_type"]) != nil
  }

  /// Whether every element of a list is an item of a response or a tool call, so that they are one answer.
  static func isItems(_ list: JSONValue) -> Bool {
    var any = false
    let all = list.isList { value in
      let fields = MessageFields(value)
      if fields.item != nil { any = true }
      return fields.item != nil || (fields.role != nil && fields.type?.utf8?.equals("message") ?? false)
    }
    return all && any
  }

  // MARK: Inputs

  /// The list of messages in an object, and what stands beside it as the system prompt.
  static func conversation(in value: JSONValue) -> (system: JSONValue?, content: JSONValue)? {
    let systems = ["system", "system_instruction", "systemInstruction", "system_instructions"]
    if let list = value["messages"], list.kind == .array || list.kind == .string {
      return (value.first(of: systems), list)
    }
    guard let list = value["contents"] else { return nil }
    let isRead = list.kind == .string || list.isList { $0.kind == .string || $0["parts"] != nil }
    return isRead ? (value.first(of: systems) ?? value["config"]?.first(of: systems), list) : nil
  }

  /// The object with messages in another that only wraps it.
  static func wrapped(in value: JSONValue) -> JSONValue? {
    for key in wrappers {
      if let inner = value[key], inner.kind == .object, isInput(inner, 1) { return inner }
    }
    return nil
  }

  /// Whether JSON from a string is messages of an input.
  static func isInput(_ value: JSONValue) -> Bool { isInput(value, 0) }

  private static func isInput(_ value: JSONValue, _ depth: Int) -> Bool {
    guard depth < deepest else { return false }
    if value.kind == .array {
      return isHistory(value) || value.isList(of: isTypedPart)
        || value.isList { $0.kind == .array && isInput($0, depth + 1) }
    }
    guard value.kind == .object else { return false }
    if let (_, content) = conversation(in: value) {
      return content.kind == .string || content.isList { $0.kind == .string } || isInput(content, depth + 1)
        || content.isList { $0["parts"]?.kind == .array }
    }
    if isLoneMessage(value) { return true }
    if let message = value.first(of: ["new_message", "newMessage"]) { return isMessage(message) }
    if let question = value.first(of: questions) {
      if question.kind != .string { return isInput(question, depth + 1) }
      // One member is the question; of more, the others would be lost.
      return value.members.count == 1 || value["instructions"]?.utf8 != nil || value["system"]?.utf8 != nil
    }
    if let list = value.first(of: ["prompts", "args"]), list.firstElement != nil {
      return list.isList { $0.kind == .string || isMessage($0) } && value.members.count <= 2
    }
    return wrappers.contains { key in value[key].map { $0.kind == .object && isInput($0, depth + 1) } ?? false
    }
  }

  // MARK: Outputs

  /// Whether JSON from a string is a model's answer with its envelope.
  static func isOutput(_ value: JSONValue) -> Bool { isOutput(value, 0) }

  private static func isOutput(_ value: JSONValue, _ depth: Int) -> Bool {
    guard depth < deepest else { return false }
    if value.kind == .array {
      return isHistory(value) || value.isList(of: isTypedPart) || value.isList(of: isGeneration)
        || (value.firstElement.map { $0.kind == .array && isOutput($0, depth + 1) } ?? false)
    }
    guard value.kind == .object else { return false }
    if let choice = value["choices"]?.firstElement {
      return choice.first(of: ["message", "text", "delta"]) != nil
    }
    if let candidate = value["candidates"]?.firstElement { return candidate["content"] != nil }
    if let generations = value["generations"]?.firstElement {
      return isGeneration(generations) || (generations.firstElement.map(isGeneration) ?? false)
    }
    if isLoneMessage(value) { return true }
    if value.first(of: ["tool_calls", "toolCalls"])?.firstElement?.kind == .object { return true }
    if value["parts"]?.isList(of: isPart) ?? false { return true }
    if let content = value["content"], content["parts"]?.kind == .array || content.isList(of: isTypedPart) {
      return true
    }
    if value["object"]?.utf8?.equals("response") ?? false, value["output"]?.kind == .array { return true }
    if let output = value["output"], isHistory(output) || (output.kind == .object && isMessage(output)) {
      return true
    }
    return value["messages"].map(isHistory) ?? false
  }

  /// Whether this is an entry of LangChain's `generations`, or a choice.
  private static func isGeneration(_ value: JSONValue) -> Bool {
    guard value.kind == .object else { return false }
    if let message = value["message"] { return isMessage(message) }
    return value["text"]?.utf8 != nil && value.first(of: ["generation_info", "type"]) != nil
  }
}
