import CTextVectors

/// Measures of UTF-8 text.
public enum UTF8Text {
  /// Whether all bytes are ASCII.
  public static func isASCII(_ text: UnsafeRawBufferPointer) -> Bool { asciiLength(text) == text.count }

  /// The bytes before the first that is not ASCII, all if there is none.
  static func asciiLength(_ text: UnsafeRawBufferPointer) -> Int {
    text.baseAddress.map { ctext_ascii_length($0, text.count) } ?? 0
  }

  /// The number of Unicode scalars: bytes that are no continuation bytes, whether the text is valid or not.
  public static func characterCount(_ text: UnsafeRawBufferPointer) -> Int {
    guard let start = text.baseAddress else { return 0 }
    let ones: UInt64 = 0x0101_0101_0101_0101
    var continuations = 0
    var place = 0
    while place + 8 <= text.count {
      // Eight counters of a byte each, emptied before they can overflow.
      let limit = min(place + 8 * 255, text.count & ~7)
      var lanes: UInt64 = 0
      while place < limit {
        let word = (start + place).loadUnaligned(as: UInt64.self)
        lanes &+= (word >> 7) & ~(word >> 6) & ones
        place += 8
      }
      for lane in 0..<8 { continuations += Int(lanes >> UInt64(8 * lane) & 0xFF) }
    }
    while place < text.count {
      if text[place] & 0xC0 == 0x80 { continuations += 1 }
      place += 1
    }
    return text.count - continuations
  }
}

extension UTF8Text {
  /// The bytes of the character at `place`: 1 to 4, and 1 for a byte that begins none.
  @inline(__always)
  static func width(_ source: UnsafePointer<UInt8>, _ place: Int, _ count: Int) -> Int {
    let byte = source[place]
    let width = byte < 0xC2 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 1
    guard place + width <= count else { return 1 }
    for index in 1..<max(width, 1) where source[place + index] & 0xC0 != 0x80 { return 1 }
    return width
  }

  /// The scalar of the character of `width` bytes at `place`; for a single byte that byte.
  @inline(__always)
  static func scalar(_ source: UnsafePointer<UInt8>, _ place: Int, _ width: Int) -> UInt32 {
    let first = UInt32(source[place])
    func more(_ index: Int) -> UInt32 { UInt32(source[place + index]) & 0x3F }
    switch width {
    case 2: return (first & 0x1F) << 6 | more(1)
    case 3: return (first & 0x0F) << 12 | more(1) << 6 | more(2)
    case 4: return (first & 0x07) << 18 | more(1) << 12 | more(2) << 6 | more(3)
    default: return first
    }
  }
}
