/// A place in a parsed document: a view of simdjson's tape that copies nothing.
///
/// It is valid inside ``JSONParser/parse(padded:_:)``'s closure only. The tape is an array of 64-bit words, the
/// type in the upper 8 bits and a payload in the lower 56; a container's payload says where it ends, so that a
/// value is skipped in one step.
public struct JSONValue {
  /// The JSON type of a value.
  public enum Kind: Sendable { case object, array, string, integer, unsigned, double, bool, null }

  @usableFromInline let tape: UnsafePointer<UInt64>
  @usableFromInline let strings: UnsafePointer<UInt8>
  @usableFromInline let index: Int

  @inlinable
  init(tape: UnsafePointer<UInt64>, strings: UnsafePointer<UInt8>, index: Int) {
    self.tape = tape
    self.strings = strings
    self.index = index
  }

  @inlinable
  @inline(__always)
  var type: UInt8 { UInt8(truncatingIfNeeded: tape[index] >> 56) }

  /// The type.
  public var kind: Kind {
    switch type {
    case 0x7B: .object
    case 0x5B: .array
    case 0x22: .string
    case 0x6C: .integer
    case 0x75: .unsigned
    case 0x64: .double
    case 0x74, 0x66: .bool
    default: .null
    }
  }

  /// Whether it is `null`.
  public var isNull: Bool { type == 0x6E }

  /// The decoded UTF-8 of a string; nil for other types.
  @inlinable
  @inline(__always)
  public var utf8: UnsafeRawBufferPointer? {
    guard type == 0x22 else { return nil }
    let start = UnsafeRawPointer(strings + Int(tape[index] & 0x00FF_FFFF_FFFF_FFFF))
    return UnsafeRawBufferPointer(start: start + 4, count: Int(start.loadUnaligned(as: UInt32.self)))
  }

  /// A string's value; nil for other types.
  public var string: String? { utf8.map { String(decoding: $0, as: UTF8.self) } }

  /// A Boolean's value; nil for other types.
  public var bool: Bool? {
    switch type {
    case 0x74: true
    case 0x66: false
    default: nil
    }
  }

  /// An integer's value if it fits; nil for other types.
  public var int64: Int64? {
    switch type {
    case 0x6C: Int64(bitPattern: tape[index + 1])
    case 0x75: Int64(exactly: tape[index + 1])
    default: nil
    }
  }

  /// An integer's value if it is 0 or more; nil for other types.
  public var uint64: UInt64? {
    switch type {
    case 0x6C: UInt64(exactly: Int64(bitPattern: tape[index + 1]))
    case 0x75: tape[index + 1]
    default: nil
    }
  }

  /// Any number's value; nil for other types.
  public var double: Double? {
    switch type {
    case 0x6C: Double(Int64(bitPattern: tape[index + 1]))
    case 0x75: Double(tape[index + 1])
    case 0x64: Double(bitPattern: tape[index + 1])
    default: nil
    }
  }

  /// The tape index behind this value.
  @inlinable
  @inline(__always)
  var end: Int {
    switch type {
    case 0x7B, 0x5B: Int(tape[index] & 0xFFFF_FFFF)
    case 0x6C, 0x75, 0x64: index + 2
    default: index + 1
    }
  }

  @inlinable
  @inline(__always)
  func at(_ index: Int) -> JSONValue { JSONValue(tape: tape, strings: strings, index: index) }

  /// Calls `body` with each member of an object in the document's order, equal keys included; nothing for
  /// other types.
  @inlinable
  @inline(__always)
  public func forEachMember(_ body: (UnsafeRawBufferPointer, JSONValue) throws -> Void) rethrows {
    guard type == 0x7B else { return }
    let last = end - 1
    var place = index + 1
    while place < last {
      guard let key = at(place).utf8 else { return }
      let value = at(place + 1)
      try body(key, value)
      place = value.end
    }
  }

  /// Calls `body` with each element of an array; nothing for other types.
  @inlinable
  @inline(__always)
  public func forEachElement(_ body: (JSONValue) throws -> Void) rethrows {
    guard type == 0x5B else { return }
    let last = end - 1
    var place = index + 1
    while place < last {
      let value = at(place)
      try body(value)
      place = value.end
    }
  }

  /// The members of an object; empty for other types.
  public var members: [(key: UnsafeRawBufferPointer, value: JSONValue)] {
    var list: [(key: UnsafeRawBufferPointer, value: JSONValue)] = []
    forEachMember { list.append(($0, $1)) }
    return list
  }

  /// The elements of an array; empty for other types.
  public var elements: [JSONValue] {
    var list: [JSONValue] = []
    forEachElement { list.append($0) }
    return list
  }

  /// The member of an object with this key, the last of equal ones; nil if there is none.
  public subscript(key: String) -> JSONValue? {
    var copy = key
    return copy.withUTF8 { member(UnsafeRawBufferPointer($0)) }
  }

  /// The element of an array at a 0-based position; nil if there is none.
  public subscript(position: Int) -> JSONValue? {
    var found: JSONValue?
    var count = 0
    forEachElement {
      if count == position { found = $0 }
      count += 1
    }
    return found
  }

  /// The member of an object with this key in UTF-8, the last of equal ones; nil if there is none.
  @inlinable
  public func member(_ key: UnsafeRawBufferPointer) -> JSONValue? {
    var found: JSONValue?
    forEachMember { name, value in
      if RawBytes.equal(name, key) { found = value }
    }
    return found
  }
}
