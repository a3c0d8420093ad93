/// Text that a reader does not see and a model does.
enum HiddenText {
  /// The fewest tag characters (U+E0020 to U+E007F) in a row, unless U+1F3F4 before them makes them a flag.
  static let fewestTags = 4
  /// The fewest characters of no width (U+200B to U+200F, U+2060 to U+2064, U+FEFF) in a row.
  ///
  /// Scripts and emoji use one, rarely two; hidden bits need eight a letter.
  static let fewestNoWidth = 6

  /// The first run of such characters, if there is one: offset and length in bytes.
  static func find(_ text: UnsafeRawBufferPointer) -> (offset: Int, length: Int)? {
    var place = 0
    let count = text.count
    while place < count {
      let byte = text[place]
      guard byte >= 0xE2 else {
        place += 1
        continue
      }
      if isTag(text, place) {
        let start = place
        while isTag(text, place) { place += 4 }
        let isFlag =
          start >= 4 && text[start - 4] == 0xF0 && text[start - 3] == 0x9F && text[start - 2] == 0x8F
        if !isFlag, (place - start) / 4 >= fewestTags { return (start, place - start) }
      } else if hasNoWidth(text, place) {
        let start = place
        while hasNoWidth(text, place) { place += 3 }
        if (place - start) / 3 >= fewestNoWidth { return (start, place - start) }
      } else {
        place += 1
      }
    }
    return nil
  }

  @inline(__always)
  private static func isTag(_ text: UnsafeRawBufferPointer, _ place: Int) -> Bool {
    place + 4 <= text.count && text[place] == 0xF3 && text[place + 1] == 0xA0
      && (text[place + 2] == 0x80 && text[place + 3] >= 0xA0 || text[place + 2] == 0x81)
  }

  @inline(__always)
  private static func hasNoWidth(_ text: UnsafeRawBufferPointer, _ place: Int) -> Bool {
    guard place + 3 <= text.count else { return false }
    switch (text[place], text[place + 1], text[place + 2]) {
    case (0xE2, 0x80, 0x8B...0x8F), (0xE2, 0x81, 0xA0...0xA4), (0xEF, 0xBB, 0xBF): return true
    default: return false
    }
  }
}
