import Text

extension UnsafeRawBufferPointer {
  /// A view of nothing.
  static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

  /// Whether these bytes are those of a literal.
  @inline(__always)
  func equals(_ literal: StaticString) -> Bool {
    RawBytes.equal(self, UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// Whether these bytes are those of one of the literals.
  func isOne(of literals: [StaticString]) -> Bool { literals.contains { equals($0) } }

  /// Whether these bytes begin with those of a literal.
  func begins(with literal: StaticString) -> Bool {
    count >= literal.utf8CodeUnitCount
      && UnsafeRawBufferPointer(rebasing: self[..<literal.utf8CodeUnitCount]).equals(literal)
  }
}

extension JSONValue {
  /// The first of these members that is there and not null.
  func first(of keys: [String]) -> JSONValue? {
    for key in keys {
      if let found = self[key], !found.isNull { return found }
    }
    return nil
  }

  /// A string of at least one character under the first of these keys that has one.
  func text(of keys: [String]) -> UnsafeRawBufferPointer? {
    for key in keys {
      if let found = self[key]?.utf8, !found.isEmpty { return found }
    }
    return nil
  }

  /// An array's first element; nil for anything else.
  var firstElement: JSONValue? { kind == .array ? self[0] : nil }

  /// Whether it is an array with elements, all of which meet a condition.
  func isList(of condition: (JSONValue) -> Bool) -> Bool {
    var any = false
    var all = kind == .array
    forEachElement { element in
      any = true
      if all { all = condition(element) }
    }
    return any && all
  }
}

/// The members of one message in any library's spelling, found in one walk; null counts as absent.
struct MessageFields {
  var role: JSONValue?
  /// What names the role where `role` does not: a class, a type, an event.
  var hint: JSONValue?
  var content: JSONValue?
  var text: JSONValue?
  var name: JSONValue?
  var type: JSONValue?
  var callID: JSONValue?
  var toolCallID: JSONValue?
  var toolName: JSONValue?
  var toolCalls: JSONValue?
  var functionCall: JSONValue?
  var additional: JSONValue?
  var kwargs: JSONValue?
  var marker: JSONValue?
  var id: JSONValue?
  var message: JSONValue?
  var data: JSONValue?
  var body: JSONValue?
  var refusal: JSONValue?
  var reasoning: JSONValue?
  var audio: JSONValue?
  /// Whether there is a member for content, be it null.
  var hasContent = false

  /// Finds the members of an object.
  init(_ value: JSONValue) {
    value.forEachMember { key, member in set(key, member.isNull ? nil : member) }
  }

  private mutating func set(_ key: UnsafeRawBufferPointer, _ value: JSONValue?) {
    switch key.count {
    case 2:
      if key.equals("id") { id = value } else if key.equals("lc") { marker = value }
    case 4:
      if key.equals("role") {
        role = value
      } else if key.equals("name") {
        name = value
      } else if key.equals("type") {
        type = value
      } else if key.equals("text") {
        text = value
      } else if key.equals("data") {
        data = value
      } else if key.equals("body") {
        body = value
      }
    case 5: if key.equals("parts") { setContent(value) } else if key.equals("audio") { audio = value }
    case 6: if key.equals("blocks") { setContent(value) } else if key.equals("kwargs") { kwargs = value }
    case 7:
      if key.equals("content") {
        hasContent = true
        content = value
      } else if key.equals("message") {
        message = value
      } else if key.equals("call_id") {
        callID = value
      } else if key.equals("refusal") {
        refusal = value
      }
    case 8:
      if key.equals("contents") {
        setContent(value)
      } else if key.equals("toolName") {
        toolName = value
      } else if key.equals("thinking") {
        reasoning = reasoning ?? value
      }
    case 9:
      if key.equals("toolCalls") {
        toolCalls = toolCalls ?? value
      } else if key.equals("reasoning") {
        reasoning = reasoning ?? value
      }
    case 10:
      if key.equals("tool_calls") {
        toolCalls = value
      } else if key.equals("toolCallId") {
        toolCallID = toolCallID ?? value
      } else if key.equals("event.name") || key.equals("event_name") {
        hint = hint ?? value
      }
    case 12: if key.equals("tool_call_id") { toolCallID = value }
    case 13: if key.equals("function_call") { functionCall = value }
    case 17:
      if key.equals("additional_kwargs") {
        additional = value
      } else if key.equals("reasoning_content") {
        reasoning = value ?? reasoning
      }
    default: break
    }
  }

  /// Gemini's, OpenTelemetry's, LlamaIndex' and OpenInference's names of content, where `content` is absent.
  private mutating func setContent(_ value: JSONValue?) { content = content ?? value }

  /// Wrappers around wrappers that are followed.
  private static let wrappers = 4

  /// The members of a message behind what libraries wrap it in: LangChain's constructor or data, a choice, an event.
  static func unwrapping(_ value: JSONValue) -> MessageFields {
    var fields = MessageFields(value)
    for _ in 0..<wrappers {
      guard let (inner, hint) = fields.wrapped else { break }
      fields = MessageFields(inner)
      if fields.hint == nil { fields.hint = hint }
    }
    return fields
  }

  private var wrapped: (JSONValue, hint: JSONValue?)? {
    if let kwargs, kwargs.kind == .object, isConstructor { return (kwargs, id?.elements.last ?? hint) }
    guard role == nil, !hasContent else { return nil }
    if let message, message.kind == .object { return (message, hint) }
    if let data, data.kind == .object, MessageNormaliser.role(type) != nil { return (data, type) }
    if let body, body.kind == .object, hint != nil { return (body, hint) }
    return nil
  }

  /// Whether this is LangChain's `{"lc":1,"type":"constructor","id":[…],"kwargs":{…}}`.
  private var isConstructor: Bool {
    marker != nil || id?.kind == .array || type?.utf8?.equals("constructor") ?? false
  }

  /// The role by our names; nil if there is none or it is unknown.
  var roleName: String? {
    if let role { return MessageNormaliser.role(role) }
    return MessageNormaliser.role(hint) ?? MessageNormaliser.role(type)
  }

  /// Whether something is there that a message says.
  var says: Bool {
    hasContent || content != nil || text != nil || toolCalls != nil || functionCall != nil
      || additional != nil
      || refusal != nil
  }

  /// What an entry of a list is that has no role of its own.
  enum Item { case call, result, reasoning, other }

  /// The kind of an item of OpenAI's Responses or of a tool call by the Vercel AI SDK; nil for a message.
  var item: Item? {
    guard role == nil else { return nil }
    if toolCallID != nil, toolName != nil { return .call }
    guard let type = type?.utf8 else { return nil }
    if type.isOne(of: ["function_call", "custom_tool_call"]) { return name != nil ? .call : nil }
    if type.isOne(of: ["function_call_output", "custom_tool_call_output"]) { return .result }
    if type.equals("reasoning") { return .reasoning }
    return type.isOne(of: Self.hosted) ? .other : nil
  }

  /// Items of Responses that tell of tools which the provider runs itself.
  private static let hosted: [StaticString] = [
    "item_reference", "web_search_call", "file_search_call", "computer_call", "code_interpreter_call",
    "image_generation_call", "local_shell_call", "mcp_call", "mcp_list_tools", "mcp_approval_request",
  ]

  /// Whether this is no message but the definition of a tool, which Langfuse's handler for LangChain logs as one.
  var isToolDefinition: Bool {
    guard toolCallID == nil, let content, content.kind == .object else { return false }
    return content["type"]?.utf8?.equals("function") ?? false && content["function"]?["name"]?.utf8 != nil
  }

  /// Puts what the message holds into a draft.
  func fill(_ draft: MessageDraft) {
    if let content = content ?? text { draft.add(content) }
    if draft.content.isEmpty {
      if let refusal = refusal?.utf8 { draft.addText(refusal) }
      if let transcript = audio?["transcript"]?.utf8 { draft.addText(transcript) }
    }
    if let audio, audio.kind == .object { draft.addSound(audio) }
    if let reasoning = reasoning ?? additional?["reasoning_content"] { draft.addReasoning(value: reasoning) }
    if let list = [toolCalls, additional?["tool_calls"]].compactMap({ $0 }).first(where: {
      $0.firstElement != nil
    }) {
      // Content may hold the same calls once more.
      draft.calls = list.elements
    } else if let call = functionCall ?? additional?["function_call"], call.kind == .object {
      draft.calls.append(call)
    }
  }
}
