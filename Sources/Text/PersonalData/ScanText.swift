/// A run of bytes that may be read out of bounds: outside lies a zero, which every recogniser takes as an
/// edge.
struct ScanText {
  let base: UnsafePointer<UInt8>
  let count: Int

  @inline(__always)
  func at(_ index: Int) -> UInt8 {
    UInt(bitPattern: index) < UInt(bitPattern: count) ? base[index] : 0
  }

  /// Whether the bytes of `literal` stand at `index`.
  @inline(__always)
  func has(_ literal: StaticString, at index: Int) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard index >= 0, index + length <= count else { return false }
    let bytes = literal.utf8Start
    for place in 0..<length where base[index + place] != bytes[place] { return false }
    return true
  }

  /// Whether the letters of `literal`, given in lower case, stand at `index` in either case.
  func hasIgnoringCase(_ literal: StaticString, at index: Int) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard index >= 0, index + length <= count else { return false }
    let bytes = literal.utf8Start
    for place in 0..<length where base[index + place].asciiLowered != bytes[place] { return false }
    return true
  }

  /// Whether exactly a mark such as `[SECRET_1]` stands from `start` to `end`.
  func isMark(from start: Int, to end: Int) -> Bool {
    guard end - start >= 5, at(start) == 0x5B, at(end - 1) == 0x5D else { return false }
    var place = start + 1
    while at(place).isUpper || at(place) == 0x5F { place += 1 }
    let digits = place
    guard digits > start + 2, at(digits - 1) == 0x5F else { return false }
    while at(place).isDigit { place += 1 }
    return place > digits && place == end - 1
  }
}

/// A place found by a recogniser, in bytes.
struct ScanSpan {
  let start: Int
  let end: Int
}

extension UInt8 {
  @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
  @inline(__always) var isUpper: Bool { self &- 0x41 < 26 }
  @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
  @inline(__always) var isAlphanumeric: Bool { isDigit || isLetter }
  @inline(__always) var isHex: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
  /// Letters, digits and underscore: what a word of code or an identifier goes on with.
  @inline(__always) var isWord: Bool { isAlphanumeric || self == 0x5F }
  /// The alphabet of base64url, which most keys are written in.
  @inline(__always) var isToken: Bool { isWord || self == 0x2D }
  /// White space of ASCII: space, tab, line feed, vertical tab, form feed, carriage return.
  @inline(__always) var isSpace: Bool { self == 0x20 || self &- 0x09 < 5 }
  @inline(__always) var isContinuation: Bool { self & 0xC0 == 0x80 }
  /// Leads of two-byte characters from U+00C0 to U+027F: the Latin letters beyond ASCII.
  @inline(__always) var isLatinLead: Bool { self &- 0xC3 < 7 }
  @inline(__always) var asciiLowered: UInt8 { isUpper ? self | 0x20 : self }
}
