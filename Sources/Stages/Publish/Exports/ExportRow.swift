import Bytes
import Records
import Text

/// Turns published examples into rows of an export format, one after another.
///
/// It keeps a parser for the arguments of tool calls, so it belongs to one task.
public struct ExportRow {
  private let arguments = ToolArguments()

  /// Makes a converter.
  public init() {}

  /// Checks an example's messages for its kind, whatever the format.
  ///
  /// Messages are there, roles are legal, contents are strings (or absent beside tool calls), the trained turn is
  /// an assistant's and not empty, and every tool message answers an earlier call.
  /// - Parameters:
  ///   - example: the example.
  ///   - kind: what it is for.
  /// - Throws: ``ExportError``.
  public func check(example: JSONValue, kind: Kind) throws {
    _ = try ExportExample(example, kind.parts)
  }

  /// Writes one row, or nothing if it throws.
  /// - Parameters:
  ///   - example: the example.
  ///   - kind: what it is for.
  ///   - format: the shape; one of ``ExportFormat/legal(for:)``.
  ///   - writer: where the row goes, as one value.
  /// - Throws: ``ExportError``.
  public func write(
    example: JSONValue, kind: Kind, format: ExportFormat, to writer: inout JSONWriter
  ) throws {
    _ = try row(example: example, kind: kind, format: format, to: &writer)
  }

  /// Writes one row and says whether its messages have roles and contents only, so that its columns are known.
  func row(
    example: JSONValue, kind: Kind, format: ExportFormat, to writer: inout JSONWriter
  ) throws -> Bool {
    guard ExportFormat.legal(for: kind).contains(format) else {
      throw ExportError(.illegalFormat, place: "\(kind.rawValue) as \(format.rawValue)")
    }
    guard format != .records else {
      writer.canonical(example)
      return false
    }
    let parts = try ExportExample(example, kind.parts)
    try Self.checkLastRole(parts, kind, format)
    let (before, length) = (writer, writer.out.count)
    do {
      writer.beginObject()
      try body(parts, example, kind, format, &writer)
      writer.endObject()
    } catch {
      before.out.truncate(to: length)
      writer = before
      throw error
    }
    return parts.isPlain
  }

  /// Writes where an example comes from: id, conversation, label, lineage, origin, slice and time, of these what
  /// there is.
  public func writeProvenance(example: JSONValue, to writer: inout JSONWriter) {
    writer.beginObject()
    if let id = example["id"] {
      writer.key("id")
      writer.canonical(id)
    }
    Self.provenance(example, &writer)
    writer.endObject()
  }

  private static func provenance(_ example: JSONValue, _ writer: inout JSONWriter) {
    for name in ["conversation", "label", "lineage", "origin", "slice", "time"] {
      guard let value = example[name] else { continue }
      writer.key(string: name)
      writer.canonical(value)
    }
  }

  /// OpenAI's preference input ends with a user or tool message, TRL's prompt with anything but a system message.
  private static func checkLastRole(_ parts: ExportExample, _ kind: Kind, _ format: ExportFormat) throws {
    let legal: [ExportMessage.Role]? =
      switch (format, kind) {
      case (.openai, .preference): [.user, .tool]
      case (.trl, .preference), (.trl, .kto), (.trl, .eval): [.user, .tool, .assistant]
      default: nil
      }
    guard let legal, let last = parts.input.last else { return }
    guard legal.contains(last.role) else {
      throw parts.subject.error(.illegalLastRole, "input", parts.input.count - 1)
    }
  }

  private func body(
    _ parts: ExportExample, _ example: JSONValue, _ kind: Kind, _ format: ExportFormat,
    _ writer: inout JSONWriter
  ) throws {
    let shape = MessageWriter(format: format, subject: parts.subject, arguments: arguments)
    switch (kind, format) {
    case (.sft, _), (.fewshot, _):
      writer.key("messages")
      try shape.list(parts.input, "input", then: parts.answer, "output", to: &writer)
    case (.preference, .openai):
      writer.key("input")
      writer.beginObject()
      writer.key("messages")
      try shape.list(parts.input, "input", to: &writer)
      writer.endObject()
      writer.key("preferred_output")
      try shape.list([], "chosen", then: parts.answer, "chosen", to: &writer)
      writer.key("non_preferred_output")
      try shape.list([], "rejected", then: parts.rejected, "rejected", to: &writer)
    case (.preference, _):
      writer.key("prompt")
      try shape.list(parts.input, "input", to: &writer)
      writer.key("chosen")
      try shape.list([], "chosen", then: parts.answer, "chosen", to: &writer)
      writer.key("rejected")
      try shape.list([], "rejected", then: parts.rejected, "rejected", to: &writer)
    case (.kto, _):
      writer.key("prompt")
      try shape.list(parts.input, "input", to: &writer)
      writer.key("completion")
      try shape.list([], "output", then: parts.answer, "output", to: &writer)
      writer.key("label")
      writer.bool(parts.desirable ?? false)
    case (.eval, .trl):
      writer.key("prompt")
      try shape.list(parts.input, "input", to: &writer)
    case (.eval, .inspect):
      guard let id = parts.subject.id?.utf8 else { throw parts.subject.error(.missingField, "id") }
      writer.key("id")
      writer.string(id)
      writer.key("input")
      try shape.list(parts.input, "input", to: &writer)
      writer.key("target")
      writer.string(parts.text)
      writer.key("metadata")
      writer.beginObject()
      Self.provenance(example, &writer)
      writer.endObject()
    case (.eval, _):
      writer.key("input")
      try shape.list(parts.input, "input", to: &writer)
      writer.key("ideal")
      writer.string(parts.text)
    }
  }
}

extension Kind {
  /// Which fields of an example of this kind hold what.
  var parts: ExampleParts {
    switch self {
    case .sft, .fewshot: ExampleParts(answer: "output")
    case .kto: ExampleParts(answer: "output", hasDesirable: true)
    case .preference: ExampleParts(answer: "chosen", rejected: "rejected")
    case .eval: ExampleParts(answer: "reference", needsText: true)
    }
  }
}
