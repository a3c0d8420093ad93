import Bytes
import Records
import Text

/// One message of a span, gathered from flattened keys and written in the shape that OpenAI's clients send.
struct OpenInferenceMessage {
  private struct Call {
    var id: JSONValue?
    var name: JSONValue?
    var arguments: JSONValue?
  }

  private struct Part {
    var type: JSONValue?
    var text: JSONValue?
    var url: JSONValue?
    var call: Call?
  }

  private var role: JSONValue?
  private var name: JSONValue?
  private var callID: JSONValue?
  private var content: JSONValue?
  private var parts: [Int: Part] = [:]
  private var calls: [Int: Call] = [:]
  /// The only call, as instrumentations wrote it before there were several.
  private var oldCall: Call?

  /// Takes what stands under the key behind the message's place, `message.role` for one.
  mutating func add(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
    guard let key = OpenInferenceSpan.rest(key, after: "message.") else { return }
    if let (place, rest) = OpenInferenceSpan.path(key, after: "contents.") {
      Self.add(rest, value, to: &parts[place, default: Part()])
    } else if let (place, rest) = OpenInferenceSpan.path(key, after: "tool_calls.") {
      Self.add(rest, value, to: &calls[place, default: Call()])
    } else if Self.equal(key, "role") {
      role = value
    } else if Self.equal(key, "content") {
      content = value
    } else if Self.equal(key, "name") {
      name = value
    } else if Self.equal(key, "tool_call_id") {
      callID = value
    } else if Self.equal(key, "function_call_name") {
      oldCall = oldCall ?? Call()
      oldCall?.name = value
    } else if Self.equal(key, "function_call_arguments_json") {
      oldCall = oldCall ?? Call()
      oldCall?.arguments = value
    }
  }

  private static func add(_ key: UnsafeRawBufferPointer, _ value: JSONValue, to part: inout Part) {
    if OpenInferenceSpan.rest(key, after: "tool_call.") != nil {
      part.call = part.call ?? Call()
      part.call.map {
        var call = $0
        add(key, value, to: &call)
        part.call = call
      }
    } else if equal(key, "message_content.type") {
      part.type = value
    } else if equal(key, "message_content.text") {
      part.text = value
    } else if OpenInferenceSpan.ends(key, with: ".url") {
      part.url = value
    }
  }

  private static func add(_ key: UnsafeRawBufferPointer, _ value: JSONValue, to call: inout Call) {
    if equal(key, "tool_call.id") {
      call.id = value
    } else if equal(key, "tool_call.function.name") {
      call.name = value
    } else if equal(key, "tool_call.function.arguments") {
      call.arguments = value
    }
  }

  private static func equal(_ key: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
    RawBytes.equal(key, OpenInferenceSpan.bytes(name))
  }

  /// Whether it says or calls something.
  var says: Bool {
    if let content, content.utf8?.isEmpty != true { return true }
    return !parts.isEmpty || !calls.isEmpty || oldCall != nil
  }

  /// Writes it as JSON.
  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    let parts = parts.sorted { $0.key < $1.key }.map(\.value)
    writer.key("content")
    if parts.isEmpty {
      if let content { writer.canonical(content) } else { writer.null() }
    } else {
      writer.beginArray()
      // Both forms at once are one text twice; calls among the parts are the calls below in their order.
      for part in parts where part.call == nil { Self.write(part, to: &writer) }
      writer.endArray()
    }
    Self.write("name", name, to: &writer)
    writer.key("role")
    if let role { writer.canonical(role) } else { writer.string("assistant") }
    Self.write("tool_call_id", callID, to: &writer)
    var calls = calls.sorted { $0.key < $1.key }.map(\.value)
    if calls.isEmpty { calls = parts.compactMap(\.call) }
    if calls.isEmpty, let oldCall { calls = [oldCall] }
    if !calls.isEmpty {
      writer.key("tool_calls")
      writer.beginArray()
      for call in calls { Self.write(call, to: &writer) }
      writer.endArray()
    }
    writer.endObject()
  }

  private static func write(_ part: Part, to writer: inout JSONWriter) {
    writer.beginObject()
    let type = part.type?.string ?? "text"
    if let url = part.url {
      let name = type == "audio" ? "audio_url" : "image_url"
      writer.key(string: name)
      writer.beginObject()
      write("url", url, to: &writer)
      writer.endObject()
      writer.key("type")
      writer.string(name)
    } else {
      write("text", part.text, to: &writer)
      writer.key("type")
      writer.string(type)
    }
    writer.endObject()
  }

  private static func write(_ call: Call, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("function")
    writer.beginObject()
    write("arguments", call.arguments, to: &writer)
    write("name", call.name, to: &writer)
    writer.endObject()
    write("id", call.id, to: &writer)
    writer.key("type")
    writer.string("function")
    writer.endObject()
  }

  private static func write(_ key: StaticString, _ value: JSONValue?, to writer: inout JSONWriter) {
    guard let value else { return }
    writer.key(key)
    writer.canonical(value)
  }
}

/// One opinion on a span, a trace or a session: Phoenix's annotations, and those in a span's attributes.
struct OpenInferenceAnnotation {
  var name: String?
  var label: JSONValue?
  var score: JSONValue?
  var explanation: JSONValue?
  var annotator: String?
  var identifier: String?
  /// The person, where the application says who.
  var user: String?

  /// Takes what stands under the last part of a key.
  mutating func add(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
    switch String(decoding: key, as: UTF8.self) {
    case "name": name = value.string
    case "label": label = value
    case "score": score = value
    case "explanation": explanation = value
    case "annotator_kind": annotator = value.string
    case "identifier": identifier = value.string
    case "metadata.user_id", "metadata.user": user = value.scalarText
    default: break
    }
  }

  /// What it says as feedback, with neither target nor conversation yet.
  ///
  /// Opinions of models and of code count only where the definition names them. A thumb is read from the label, then
  /// from the score; one with neither that explains itself is a comment.
  /// - Returns: nil for a name that nothing translates, which is counted.
  /// - Throws: ``RowFault`` `badValue`.
  func facts(native: String, time: Timestamp, _ records: RecordWriter) throws -> FeedbackFacts? {
    let name = name ?? ""
    let isPerson = (annotator ?? "HUMAN").uppercased() == "HUMAN"
    guard let rule = isPerson ? records.signal(named: name) : records.source.signals[name] else {
      records.unmapped(signal: name)
      return nil
    }
    var signal = rule.signal
    let explained = explanation?.utf8.map { !$0.isEmpty } ?? false
    if signal == .thumb, rule.value == nil, label == nil, score == nil, explained { signal = .comment }
    var facts = FeedbackFacts(native: native, time: time, signal: signal)
    facts.user = person
    switch signal {
    case .thumb:
      facts.value = try rule.value ?? label.flatMap(Self.thumb) ?? RecordWriter.value(rule, score ?? label)
      facts.comment = explanation
    case .comment: facts.comment = explained ? explanation : label
    case .correction: facts.correction = explained ? explanation : label
    default:
      facts.value = try RecordWriter.value(rule, score ?? label)
      facts.comment = explanation
    }
    return facts
  }

  /// Who it is from; Phoenix's own interface makes identifiers that begin with `px-`.
  private var person: String? {
    if let user, !user.isEmpty { return user }
    guard let identifier, !identifier.isEmpty, !identifier.hasPrefix("px-") else { return nil }
    return identifier
  }

  /// Labels of thumbs: those of Phoenix's built-in configuration, its documentation and its examples.
  private static func thumb(_ label: JSONValue) -> Double? {
    guard let text = label.string?.lowercased() else { return nil }
    let plain = String(text.map { $0 == "_" || $0 == " " ? "-" : $0 })
    switch plain {
    case "positive", "thumbs-up", "thumb-up", "up", "good", "like", "correct", "👍": return 1
    case "negative", "thumbs-down", "thumb-down", "down", "bad", "dislike", "incorrect", "👎": return -1
    default: return nil
    }
  }
}
