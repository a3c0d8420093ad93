/// Measures of UTF-8 text.
public enum UTF8Text {
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
