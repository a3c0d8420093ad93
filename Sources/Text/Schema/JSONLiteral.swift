/// A JSON value that a schema holds, to compare others with.
///
/// Numbers are equal if their values are, whatever their form: `1` is `1.0`.
indirect enum JSONLiteral: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case double(Double)
  case string([UInt8])
  case array([JSONLiteral])
  case object([(key: [UInt8], value: JSONLiteral)])

  /// Copies a value.
  init(_ value: JSONValue) {
    switch value.kind {
    case .null: self = .null
    case .bool: self = .bool(value.bool ?? false)
    case .integer: self = .integer(value.int64 ?? 0)
    case .unsigned: self = .unsigned(value.uint64 ?? 0)
    case .double: self = .double(value.double ?? 0)
    case .string: self = .string(Array(value.utf8 ?? UnsafeRawBufferPointer(start: nil, count: 0)))
    case .array: self = .array(value.elements.map(JSONLiteral.init))
    case .object: self = .object(value.members.map { (Array($0.key), JSONLiteral($0.value)) })
    }
  }

  /// Whether a value is equal to this one.
  func equals(_ value: JSONValue) -> Bool {
    switch self {
    case .null: return value.isNull
    case .bool(let own): return value.bool == own
    case .integer(let own):
      return value.int64.map { $0 == own } ?? (value.kind == .double && value.double == Double(own))
    case .unsigned(let own):
      return value.uint64.map { $0 == own } ?? (value.kind == .double && value.double == Double(own))
    case .double(let own): return value.double == own
    case .string(let own): return value.utf8.map { own.elementsEqual($0) } ?? false
    case .array(let own):
      guard value.kind == .array else { return false }
      var count = 0
      var same = true
      value.forEachElement { element in
        if same { same = count < own.count && own[count].equals(element) }
        count += 1
      }
      return same && count == own.count
    case .object(let own):
      guard value.kind == .object else { return false }
      var count = 0
      value.forEachMember { _, _ in count += 1 }
      guard count == own.count else { return false }
      return own.allSatisfy { member in
        member.key.withUnsafeBytes { value.member($0) }.map { member.value.equals($0) } ?? false
      }
    }
  }
}

/// Hashes of JSON values that are equal where the values are.
enum JSONHash {
  static func of(_ value: JSONValue) -> UInt64 {
    switch value.kind {
    case .null: return 1
    case .bool: return value.bool == true ? 2 : 3
    case .integer: return mix(UInt64(bitPattern: value.int64 ?? 0) ^ 5)
    case .unsigned: return mix((value.uint64 ?? 0) ^ 5)
    case .double:
      let number = value.double ?? 0
      if let whole = Int64(exactly: number) { return mix(UInt64(bitPattern: whole) ^ 5) }
      if let whole = UInt64(exactly: number) { return mix(whole ^ 5) }
      return mix(number.bitPattern ^ 7)
    case .string: return bytes(value.utf8 ?? UnsafeRawBufferPointer(start: nil, count: 0))
    case .array:
      var hash: UInt64 = 11
      value.forEachElement { hash = mix(hash &* 31 &+ of($0)) }
      return hash
    case .object:
      // A sum, so that the order of members does not count.
      var hash: UInt64 = 13
      value.forEachMember { hash = hash &+ mix(bytes($0) ^ mix(of($1))) }
      return mix(hash)
    }
  }

  /// FNV-1a, 64 bits.
  private static func bytes(_ text: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return mix(hash)
  }

  /// The finaliser of MurmurHash3.
  private static func mix(_ value: UInt64) -> UInt64 {
    var hash = value
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ (hash >> 33)
  }
}
