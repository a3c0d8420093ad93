import Bytes
import Records
import Text

/// The attributes of one span by OpenInference's conventions: dotted keys with the places of list elements in them.
///
/// It knows neither where spans come from nor how their attributes were encoded: whoever reads them hands over keys
/// and values, a value of text as a JSON string. It keeps views, so it is used inside one parse.
struct OpenInferenceSpan {
  private let attributes: [(key: UnsafeRawBufferPointer, value: JSONValue)]

  /// Takes attributes in any order.
  init(_ attributes: [(key: UnsafeRawBufferPointer, value: JSONValue)]) { self.attributes = attributes }

  /// Takes the members of an object; an absent one has no attributes.
  init(_ object: JSONValue?) { self.init(object?.members ?? []) }

  /// The last attribute of a name; nil for null.
  subscript(name: StaticString) -> JSONValue? {
    let found = attributes.last {
      RawBytes.equal($0.key, UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
    return found.flatMap { $0.value.isNull ? nil : $0.value }
  }

  /// What kind of work the span is, such as `LLM`; a server may keep it elsewhere.
  var kind: String? { self["openinference.span.kind"]?.string }

  // MARK: Facts

  /// Fills in what attributes say of a call.
  func fill(_ facts: inout InteractionFacts, _ records: RecordWriter) throws {
    facts.conversation = text("session.id")
    facts.user = text("user.id")
    facts.model = text("llm.response.model_name") ?? text("llm.model_name") ?? text("llm.request.model_name")
    facts.prompt = text("prompt.id") ?? text("llm.prompt_template.version")
    facts.tokensIn = number("llm.token_count.prompt").flatMap { Int64(exactly: $0.rounded()) }
    facts.tokensOut = number("llm.token_count.completion").flatMap { Int64(exactly: $0.rounded()) }
    facts.cost = number("llm.cost.total")
    if facts.cost == nil, let prompt = number("llm.cost.prompt"),
      let completion = number("llm.cost.completion")
    {
      facts.cost = prompt + completion
    }
    facts.finish = try text("llm.finish_reason") ?? loggedFinish(records)
  }

  /// Why the model stopped, as the raw answer of the usual services says it.
  private func loggedFinish(_ records: RecordWriter) throws -> String? {
    guard let raw = self["output.value"]?.utf8, raw.first == 0x7B else { return nil }
    let found = try records.nested(raw) { (answer: JSONValue) -> String? in
      answer["choices"]?[0]?["finish_reason"]?.string ?? answer["stop_reason"]?.string
    }
    return found ?? nil
  }

  /// Whether there is an answer of at least one character.
  var hasOutput: Bool {
    for name: StaticString in ["output.value", "llm.choices.0.completion.text"] {
      if let value = self[name], value.utf8?.isEmpty != true { return true }
    }
    return attributes.contains { key, value in
      guard Self.path(key, after: Self.outputMessages) != nil, value.utf8?.isEmpty != true else {
        return false
      }
      return key.last != UInt8(ascii: "e") || !Self.ends(key, with: ".message.role")
    }
  }

  // MARK: Messages

  private static let inputMessages: StaticString = "llm.input_messages."
  private static let outputMessages: StaticString = "llm.output_messages."

  /// Writes the interaction: its messages, else its prompts and completions, else its raw input and output.
  /// - Throws: ``RowFault``.
  func interaction(_ facts: InteractionFacts, _ records: RecordWriter) throws {
    let out = ByteBuffer(capacity: 1 << 14)
    try withInput(out, records) { input in
      try withOutput(out, records) { output in try records.interaction(facts, input: input, output: output) }
    }
  }

  private func withInput(_ out: ByteBuffer, _ records: RecordWriter, _ body: (JSONValue?) throws -> Void)
    throws
  {
    out.removeAll()
    var writer = JSONWriter(out)
    let messages = messages(Self.inputMessages)
    if messages.isEmpty {
      let prompts = texts(after: "llm.prompts.", "prompt.text")
      guard !prompts.isEmpty else { return try body(self["input.value"]) }
      writer.beginArray()
      for prompt in prompts {
        writer.beginObject()
        writer.key("content")
        writer.string(prompt)
        writer.key("role")
        writer.string("user")
        writer.endObject()
      }
      writer.endArray()
    } else {
      writer.beginArray()
      for message in messages { message.write(to: &writer) }
      writer.endArray()
    }
    if try records.nested(out.view, body) == nil { throw RowFault.noInput }
  }

  private func withOutput(_ out: ByteBuffer, _ records: RecordWriter, _ body: (JSONValue?) throws -> Void)
    throws
  {
    // Several are several answers to choose from, or steps before the answer that have no content.
    guard let message = messages(Self.outputMessages).first(where: \.says) else {
      if let text = texts(after: "llm.choices.", "completion.text").first {
        out.removeAll()
        var writer = JSONWriter(out)
        writer.beginObject()
        writer.key("content")
        writer.string(text)
        writer.key("role")
        writer.string("assistant")
        writer.endObject()
        if try records.nested(out.view, body) == nil { throw RowFault.noInput }
        return
      }
      return try body(self["output.value"])
    }
    out.removeAll()
    var writer = JSONWriter(out)
    message.write(to: &writer)
    if try records.nested(out.view, body) == nil { throw RowFault.noInput }
  }

  /// The messages whose keys begin so, in the order of their places.
  private func messages(_ prefix: StaticString) -> [OpenInferenceMessage] {
    var found: [Int: OpenInferenceMessage] = [:]
    for (key, value) in attributes where !value.isNull {
      guard let (place, rest) = Self.path(key, after: prefix) else { continue }
      found[place, default: OpenInferenceMessage()].add(rest, value)
    }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The texts under keys of a prefix, a place and a name, in the order of their places.
  private func texts(after prefix: StaticString, _ name: StaticString) -> [UnsafeRawBufferPointer] {
    var found: [Int: UnsafeRawBufferPointer] = [:]
    for (key, value) in attributes {
      guard let (place, rest) = Self.path(key, after: prefix), RawBytes.equal(rest, Self.bytes(name)),
        let text = value.utf8
      else { continue }
      found[place] = text
    }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }

  // MARK: Feedback

  /// The feedback that stands on the span itself: of people by default, and of what the definition names.
  ///
  /// - Parameters:
  ///   - span: the span's id, which the ids of its feedback begin with.
  ///   - time: the span's end.
  ///   - target: the interaction that feedback on the span is on; nil puts it on the trace.
  ///   - trace: the span's trace.
  ///   - records: what takes the feedback.
  /// - Throws: ``RowFault``.
  func feedback(span: String, time: Timestamp, target: String?, trace: String?, _ records: RecordWriter)
    throws
  {
    let lists: [(prefix: StaticString, name: String, leaf: StaticString)] = [
      ("annotations.", "annotation", "annotation."), ("evaluations.", "evaluation", "evaluation."),
      ("trace.annotations.", "trace-annotation", "annotation."),
      ("trace.evaluations.", "trace-evaluation", "evaluation."),
      ("session.annotations.", "session-annotation", "annotation."),
      ("session.evaluations.", "session-evaluation", "evaluation."),
    ]
    for list in lists {
      var found: [Int: OpenInferenceAnnotation] = [:]
      for (key, value) in attributes where !value.isNull {
        guard let (place, rest) = Self.path(key, after: list.prefix),
          let leaf = Self.rest(rest, after: list.leaf)
        else { continue }
        found[place, default: OpenInferenceAnnotation()].add(leaf, value)
      }
      for (place, annotation) in found.sorted(by: { $0.key < $1.key }) {
        guard
          var facts = try annotation.facts(native: "\(span)#\(list.name)-\(place)", time: time, records)
        else { continue }
        if list.name.hasPrefix("session") {
          facts.conversation = text("session.id")
        } else {
          facts.target = list.name.hasPrefix("trace") ? nil : target
          facts.trace = trace
        }
        try records.feedback(facts)
      }
    }
  }

  // MARK: Parts

  private func text(_ name: StaticString) -> String? {
    self[name]?.scalarText.flatMap { $0.isEmpty ? nil : $0 }
  }

  private func number(_ name: StaticString) -> Double? {
    let number = self[name].flatMap { $0.double ?? $0.string.flatMap(Double.init) }
    return number.flatMap { $0.isFinite ? $0 : nil }
  }

  static func bytes(_ literal: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
  }

  static func ends(_ key: UnsafeRawBufferPointer, with end: StaticString) -> Bool {
    key.count >= end.utf8CodeUnitCount
      && RawBytes.equal(UnsafeRawBufferPointer(rebasing: key.suffix(end.utf8CodeUnitCount)), bytes(end))
  }

  /// What follows a prefix; nil for keys without it.
  static func rest(_ key: UnsafeRawBufferPointer, after prefix: StaticString) -> UnsafeRawBufferPointer? {
    let length = prefix.utf8CodeUnitCount
    guard key.count > length, RawBytes.equal(UnsafeRawBufferPointer(rebasing: key[..<length]), bytes(prefix))
    else {
      return nil
    }
    return UnsafeRawBufferPointer(rebasing: key[length...])
  }

  /// The place behind a prefix, and what follows the dot behind it; nil for keys of another form.
  static func path(
    _ key: UnsafeRawBufferPointer, after prefix: StaticString
  ) -> (place: Int, rest: UnsafeRawBufferPointer)? {
    guard let rest = rest(key, after: prefix), let dot = rest.firstIndex(of: UInt8(ascii: ".")),
      (1...6).contains(dot)
    else { return nil }
    var place = 0
    for byte in rest[..<dot] {
      guard (0x30...0x39).contains(byte) else { return nil }
      place = place * 10 + Int(byte - 0x30)
    }
    return (place, UnsafeRawBufferPointer(rebasing: rest[(dot + 1)...]))
  }
}
