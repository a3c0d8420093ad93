import Text

/// Values of OTLP in its JSON form: an object with one member, which names the type.
enum OTLPValue {
  /// Writes a value as plain JSON.
  static func write(_ value: JSONValue, to writer: inout JSONWriter) {
    var isWritten = false
    value.forEachMember { name, content in
      guard !isWritten else { return }
      isWritten = write(content, as: name, to: &writer)
    }
    if !isWritten { writer.null() }
  }

  private static func write(
    _ content: JSONValue, as name: UnsafeRawBufferPointer, to writer: inout JSONWriter
  ) -> Bool {
    if name.elementsEqual("intValue".utf8) {
      // 64 bits come as text, which numbers of JSON would not hold.
      guard let number = content.int64 ?? content.string.flatMap({ Int64($0) }) else { return false }
      writer.integer(number)
    } else if name.elementsEqual("arrayValue".utf8) {
      writer.beginArray()
      content["values"]?.forEachElement { write($0, to: &writer) }
      writer.endArray()
    } else if name.elementsEqual("kvlistValue".utf8) {
      writer.beginObject()
      writeMembers(content["values"], to: &writer)
      writer.endObject()
    } else if ["stringValue", "boolValue", "doubleValue", "bytesValue"].contains(where: {
      name.elementsEqual($0.utf8)
    }) {
      writer.canonical(content)
    } else {
      return false
    }
    return true
  }

  /// Writes a list of attributes as members of an object.
  static func writeMembers(_ list: JSONValue?, to writer: inout JSONWriter) {
    list?.forEachElement { attribute in
      guard let key = attribute["key"]?.utf8, let value = attribute["value"] else { return }
      writer.key(key)
      write(value, to: &writer)
    }
  }

  /// The value of a name in a list of attributes.
  static func find(_ name: String, in list: JSONValue?) -> JSONValue? {
    var found: JSONValue?
    list?.forEachElement { if $0["key"]?.utf8?.elementsEqual(name.utf8) ?? false { found = $0["value"] } }
    return found
  }

  /// The text of a name in a list of attributes; nil for other types.
  static func text(_ name: String, in list: JSONValue?) -> String? {
    find(name, in: list)?["stringValue"]?.string
  }
}
