import Bytes
import Text

/// What one message's content holds, gathered before any of it is written.
///
/// It keeps views into the parsed row, so it is filled and written inside one parse.
final class MessageDraft {
  private let text = ByteBuffer(capacity: 1 << 12)
  /// What a model thought before it answered.
  let reasoning = ByteBuffer(capacity: 256)
  /// Content that is one string, which is not copied.
  private var plain: UnsafeRawBufferPointer?
  /// Calls of tools, in any library's shape.
  var calls: [JSONValue] = []
  /// What tools answered, in any library's shape.
  private(set) var results: [JSONValue] = []
  /// Parts that are not text.
  private(set) var media: [MediaReference] = []
  private(set) var hasMedia = false

  /// The text; valid until the next change.
  var content: UnsafeRawBufferPointer { plain ?? text.view }

  /// Whether nothing but results of tools is there.
  var isEmpty: Bool { content.isEmpty && calls.isEmpty && reasoning.count == 0 && !hasMedia }

  /// Forgets everything.
  func begin() {
    text.removeAll()
    reasoning.removeAll()
    plain = nil
    if !calls.isEmpty { calls.removeAll() }
    if !results.isEmpty { results.removeAll() }
    if !media.isEmpty { media.removeAll() }
    hasMedia = false
  }

  /// Adds content: a string, parts, or anything else as canonical JSON.
  func add(_ value: JSONValue) {
    switch value.kind {
    case .string: addText(value.utf8 ?? .nothing)
    case .array: value.forEachElement { addPart($0) }
    case .object:
      if let parts = value["parts"], parts.kind == .array { add(parts) } else { addPart(value) }
    case .null: break
    default: addPart(value)
    }
  }

  /// Adds a line of text.
  func addText(_ content: UnsafeRawBufferPointer) {
    guard plain != nil || text.count > 0 else {
      plain = content
      return
    }
    openLine()
    text.append(content)
  }

  /// Adds a line of canonical JSON.
  func addJSON(_ value: JSONValue) {
    openLine()
    var writer = JSONWriter(text)
    writer.canonical(value)
  }

  private func openLine() {
    if let plain {
      text.append(plain)
      self.plain = nil
    }
    if text.count > 0 { text.append(0x0A) }
  }

  // MARK: Parts

  /// Adds one part of a content.
  func addPart(_ part: JSONValue) {
    if let content = part.utf8 { return addText(content) }
    guard part.kind == .object else { return addJSON(part) }
    guard let type = (part["type"] ?? part["block_type"])?.utf8 else { return addUntyped(part) }
    switch PartKind(type) {
    case .call: calls.append(part)
    case .result: results.append(part)
    case .reasoning: addReasoning(part)
    case .refusal: addText(part["refusal"]?.utf8 ?? .nothing)
    case .media: addMedia(part, type)
    case .document where part.first(of: ["text", "content", "value"]) == nil: addMedia(part, type)
    case .document, .text: addValue(part, type)
    }
  }

  /// Adds a part whose one member says what it is, as Gemini's and Bedrock's do.
  private func addUntyped(_ part: JSONValue) {
    if let text = part["text"]?.utf8 {
      guard part["thought"]?.bool ?? false else { return addText(text) }
      return addReasoning(part)
    }
    if let call = part.first(of: ["functionCall", "function_call", "toolUse"]), call.kind == .object {
      return calls.append(call)
    }
    if let result = part.first(of: ["functionResponse", "function_response", "toolResult"]),
      result.kind == .object
    {
      return results.append(result)
    }
    if let data = part.first(of: ["inlineData", "inline_data", "fileData", "file_data"]), data.kind == .object
    {
      return addMedia(part, nil)
    }
    if let inner = part["message_content"], inner.kind == .object { return addPart(inner) }
    addValue(part, nil)
  }

  /// Adds a part by its text, or by its value, or by a mark of its type, or as canonical JSON.
  private func addValue(_ part: JSONValue, _ type: UnsafeRawBufferPointer?) {
    if let content = part.first(of: ["text", "content", "value"]) {
      if let plain = content.utf8 { return addText(plain) }
      return addJSON(content)
    }
    if let type, part["arguments"] == nil, type.count <= 40 { return addMark(type) }
    addJSON(part)
  }

  private func addMedia(_ part: JSONValue, _ type: UnsafeRawBufferPointer?) {
    let reference = MediaReference(part, type: type)
    media.append(reference)
    if let type, type.count <= 40, !type.isOne(of: ["blob", "uri", "media", "binary"]),
      part["modality"] == nil
    {
      return addMark(type)
    }
    let kind = reference.kind
    addMark(UnsafeRawBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount))
  }

  /// Adds a model's spoken answer, whose text stands elsewhere.
  func addSound(_ audio: JSONValue) {
    hasMedia = true
    media.append(MediaReference(audio, type: nil, kind: "audio"))
  }

  private func addMark(_ name: UnsafeRawBufferPointer) {
    hasMedia = true
    openLine()
    text.append(0x5B)
    text.append(name)
    text.append(0x5D)
  }

  private func addReasoning(_ part: JSONValue) {
    for key in ["thinking", "text", "content", "summary", "reasoning"] {
      guard let value = part[key] else { continue }
      let before = reasoning.count
      addReasoning(value: value)
      if reasoning.count > before { return }
    }
  }

  /// Adds a thought: a string, or a list of strings or of objects with `text`.
  func addReasoning(value: JSONValue) {
    value.forEachElement { addReasoning(line: $0.utf8 ?? $0["text"]?.utf8) }
    addReasoning(line: value.utf8)
  }

  private func addReasoning(line: UnsafeRawBufferPointer?) {
    guard let line, !line.isEmpty else { return }
    if reasoning.count > 0 { reasoning.append(0x0A) }
    reasoning.append(line)
  }
}

/// What a part is by its type.
enum PartKind {
  case text, call, result, reasoning, refusal, media, document

  private static let callTypes: [StaticString] = [
    "tool_use", "tool_call", "tool-call", "function_call", "server_tool_use", "server_tool_call",
    "custom_tool_call",
  ]
  private static let resultTypes: [StaticString] = [
    "tool_result", "tool-result", "tool_call_response", "function_response", "function_call_output",
    "custom_tool_call_output", "server_tool_call_response", "web_search_tool_result",
  ]
  private static let thoughtTypes: [StaticString] = [
    "reasoning", "thinking", "redacted_thinking", "reasoning_text",
  ]
  private static let mediaTypes: [StaticString] = [
    "image_url", "image", "input_image", "input_audio", "audio", "audio_url", "video", "video_url",
    "input_video", "file", "input_file", "blob", "uri", "media", "binary", "image-url", "audio-url",
    "video-url", "document-url",
  ]

  /// The kind of a type; an unknown one is text, or a mark where it has none.
  init(_ type: UnsafeRawBufferPointer) {
    if type.isOne(of: ["text", "input_text", "output_text"]) {
      self = .text
    } else if type.isOne(of: Self.callTypes) {
      self = .call
    } else if type.isOne(of: Self.resultTypes) {
      self = .result
    } else if type.isOne(of: Self.thoughtTypes) {
      self = .reasoning
    } else if type.isOne(of: Self.mediaTypes) {
      self = .media
    } else if type.equals("document") {
      self = .document
    } else {
      self = type.equals("refusal") ? .refusal : .text
    }
  }

  /// Whether a type is one that parts of a content are known to have.
  static func isKnown(_ type: UnsafeRawBufferPointer) -> Bool {
    PartKind(type) != .text || type.isOne(of: ["text", "input_text", "output_text"])
  }
}
