/// One Unicode scalar in UTF-8.
enum UTF8Scalar {
  /// The length of the scalar that begins at `place`, 1 to 4; 0 where the bytes are no UTF-8 (Unicode 15,
  /// table 3-7).
  @inline(__always)
  static func length(_ text: UnsafeRawBufferPointer, at place: Int, end: Int) -> Int {
    let first = text[place]
    if first < 0x80 { return 1 }
    func follows(_ count: Int) -> Bool {
      guard place + count < end else { return false }
      for index in 1...count where text[place + index] & 0xC0 != 0x80 { return false }
      return true
    }
    switch first {
    case 0xC2...0xDF: return follows(1) ? 2 : 0
    case 0xE0...0xEF:
      guard follows(2) else { return 0 }
      let second = text[place + 1]
      return first == 0xE0 && second < 0xA0 || first == 0xED && second > 0x9F ? 0 : 3
    case 0xF0...0xF4:
      guard follows(3) else { return 0 }
      let second = text[place + 1]
      return first == 0xF0 && second < 0x90 || first == 0xF4 && second > 0x8F ? 0 : 4
    default: return 0
    }
  }

  /// The scalar's value, of a valid sequence of this length.
  @inline(__always)
  static func value(_ text: UnsafeRawBufferPointer, at place: Int, length: Int) -> UInt32 {
    let first = UInt32(text[place])
    if length == 1 { return first }
    var value = first & (0xFF >> UInt32(length + 1))
    for index in 1..<length { value = value << 6 | UInt32(text[place + index] & 0x3F) }
    return value
  }
}
