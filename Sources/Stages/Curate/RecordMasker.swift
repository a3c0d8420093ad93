import Bytes
import Text

/// Writes a record anew with marks in place of the personal data that redaction left in its texts.
///
/// Owned by one task at a time. Marks count in the record, in the order of its canonical JSON.
final class RecordMasker {
  private let redactor = Redactor()

  /// Members whose strings are names of things, not texts.
  private static let names: [StaticString] = ["id", "role", "tool_call_id", "type", "sha256"]

  /// Appends the record's canonical JSON with marks.
  func append(_ record: JSONValue, to out: ByteBuffer) {
    redactor.begin()
    var writer = JSONWriter(out)
    writer.beginObject()
    for member in CanonicalOrder.members(of: record) {
      writer.key(member.key)
      let isText = member.key.spells("input") || member.key.spells("output") || member.key.spells("metadata")
      if isText { mask(member.value, &writer) } else { writer.canonical(member.value) }
    }
    writer.endObject()
  }

  private func mask(_ value: JSONValue, _ writer: inout JSONWriter) {
    switch value.kind {
    case .object:
      writer.beginObject()
      for member in CanonicalOrder.members(of: value) {
        writer.key(member.key)
        if Self.names.contains(where: { member.key.spells($0) }) {
          writer.canonical(member.value)
        } else {
          mask(member.value, &writer)
        }
      }
      writer.endObject()
    case .array:
      writer.beginArray()
      value.forEachElement { mask($0, &writer) }
      writer.endArray()
    case .string:
      if let text = value.utf8 { writer.string(redactor.redacted(text)) }
    default: writer.canonical(value)
    }
  }
}
