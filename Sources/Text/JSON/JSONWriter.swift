import Bytes

/// Writes JSON into a ``ByteBuffer`` in the form of RFC 8785 (JSON Canonicalization Scheme): no white space,
/// the shortest escapes, numbers as ECMAScript prints them.
///
/// Keys come out in the caller's order, except in ``canonical(_:)``, which sorts them.
public struct JSONWriter {
  /// Where the text goes.
  public let out: ByteBuffer
  @usableFromInline var needsComma = false

  /// Writes into `out` from now on.
  public init(_ out: ByteBuffer) { self.out = out }

  @inlinable
  @inline(__always)
  mutating func separate() {
    if needsComma { out.append(0x2C) }
    needsComma = true
  }

  /// Opens an object, as a value.
  @inlinable
  public mutating func beginObject() {
    separate()
    out.append(0x7B)
    needsComma = false
  }

  /// Closes an object.
  @inlinable
  public mutating func endObject() {
    out.append(0x7D)
    needsComma = true
  }

  /// Opens an array, as a value.
  @inlinable
  public mutating func beginArray() {
    separate()
    out.append(0x5B)
    needsComma = false
  }

  /// Closes an array.
  @inlinable
  public mutating func endArray() {
    out.append(0x5D)
    needsComma = true
  }

  /// Writes a key of plain ASCII without quotes or backslashes; a value must follow.
  @inlinable
  @inline(__always)
  public mutating func key(_ name: StaticString) {
    separate()
    out.append(0x22)
    out.append(name)
    out.append(0x22)
    out.append(0x3A)
    needsComma = false
  }

  /// Writes any key; a value must follow.
  public mutating func key(_ name: UnsafeRawBufferPointer) {
    separate()
    JSONText.appendQuoted(name, to: out)
    out.append(0x3A)
    needsComma = false
  }

  /// Writes any key; a value must follow.
  public mutating func key(string name: String) {
    var copy = name
    copy.withUTF8 { key(UnsafeRawBufferPointer($0)) }
  }

  /// Writes a string value from UTF-8.
  @inline(__always)
  public mutating func string(_ text: UnsafeRawBufferPointer) {
    separate()
    JSONText.appendQuoted(text, to: out)
  }

  /// Writes a string value.
  public mutating func string(_ text: String) {
    var copy = text
    copy.withUTF8 { string(UnsafeRawBufferPointer($0)) }
  }

  /// Writes an integer value.
  public mutating func integer(_ value: Int64) {
    separate()
    out.append(decimal: value)
  }

  /// Writes a number value as ECMAScript does; not-a-number and infinities, which JSON lacks, become null.
  public mutating func number(_ value: Double) {
    separate()
    JSONText.appendNumber(value, to: out)
  }

  /// Writes a key and a string; nothing where there is none.
  public mutating func member(_ name: StaticString, _ text: String?) {
    guard let text else { return }
    key(name)
    string(text)
  }

  /// Writes a key and a number; nothing where there is none.
  public mutating func member(_ name: StaticString, _ value: Double?) {
    guard let value else { return }
    key(name)
    number(value)
  }

  /// Writes a Boolean value.
  public mutating func bool(_ value: Bool) {
    separate()
    out.append(value ? "true" : "false")
  }

  /// Writes null.
  public mutating func null() {
    separate()
    out.append("null")
  }

  /// Writes a value that is JSON already.
  public mutating func raw(_ json: UnsafeRawBufferPointer) {
    separate()
    out.append(json)
  }

  /// Writes a value that is JSON already.
  public mutating func raw(_ json: [UInt8]) { json.withUnsafeBytes { raw($0) } }

  /// Writes a parsed value in canonical form: keys sorted by UTF-16 code units, of equal keys the last.
  public mutating func canonical(_ value: JSONValue) {
    switch value.kind {
    case .object:
      beginObject()
      for member in CanonicalOrder.members(of: value) {
        key(member.key)
        canonical(member.value)
      }
      endObject()
    case .array:
      beginArray()
      value.forEachElement { canonical($0) }
      endArray()
    case .string: string(value.utf8 ?? UnsafeRawBufferPointer(start: nil, count: 0))
    case .integer: integer(value.int64 ?? 0)
    case .unsigned, .double: number(value.double ?? 0)
    case .bool: bool(value.bool ?? false)
    case .null: null()
    }
  }
}
