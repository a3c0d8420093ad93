/// The beginning of a text as words alone: what tells a language, and nothing else.
///
/// Letters stay, in lower case where they are ASCII or Latin-1, and everything between them is one space.
/// Left out are blocks of code between fences, code between backquotes, addresses (`https://…`, `www.…`,
/// `a@b.c`), tags (`<p>`), words with digits or underscores in them, and marks such as `[EMAIL_1]`. Bytes
/// that are no UTF-8 separate words.
struct LanguageSample {
  /// The longest sample in bytes.
  ///
  /// CLD2 takes 50 to 100 ns a byte (measured), and a longer sample decides little more.
  static let most = 600
  /// The shorter sample in bytes that is tried first: four small words are in it.
  static let brief = 160
  /// How far into a text is looked in bytes, so that a megabyte of digits costs no more than a page.
  static let reach = 16_384

  /// Words in the sample.
  private(set) var words = 0
  /// Letters of the scripts Han, Kana and Hangul in the sample.
  private(set) var han = 0
  private(set) var kana = 0
  private(set) var hangul = 0
  /// Cyrillic letters: all; ы and э, which Russian has; those that Russian does not have.
  private(set) var cyrillic = 0
  private(set) var russian = 0
  private(set) var unRussian = 0
  /// All letters in the sample.
  private(set) var letters = 0
  /// Bytes in the sample.
  private(set) var count = 0

  private let most: Int

  /// Writes a sample of at most `most` bytes of a text to a buffer that has 8 bytes more.
  init(_ text: UnsafeRawBufferPointer, most: Int, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    self.most = most
    let end = min(text.count, Self.reach)
    guard let base = text.baseAddress, let target = UnsafeMutableRawPointer(buffer.baseAddress) else {
      return
    }
    var place = 0
    var lineStart = true
    // One byte of room for the space before a word, or a word would never begin.
    while place < end, count + 1 < most {
      if let after = addLetters(base, from: place, end: end, to: target) {
        place = after
        lineStart = false
        continue
      }
      let byte = text[place]
      if byte == 0x60 {
        place = Self.afterCode(text, from: place, end: end, lineStart: lineStart)
        lineStart = false
        continue
      }
      if byte == 0x3C, let after = Self.afterTag(text, from: place, end: end) {
        place = after
        continue
      }
      guard Self.isWordByte(byte) else {
        lineStart = byte == 0x0A || lineStart && byte == 0x20
        place += 1
        continue
      }
      lineStart = false
      place = addWord(text, from: place, end: end, to: buffer)
    }
  }

  /// Letters, digits, and what holds an address or a name of code together.
  @inline(__always)
  private static func isWordByte(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte >= 0x80 || byte &- 0x30 < 10 || byte == 0x5F || byte == 0x40
  }

  /// Behind the code that backquotes at `place` open; behind the backquotes alone if nothing closes them.
  private static func afterCode(
    _ text: UnsafeRawBufferPointer, from place: Int, end: Int, lineStart: Bool
  ) -> Int {
    var start = place
    while start < end, text[start] == 0x60 { start += 1 }
    let ticks = start - place
    let isFence = ticks >= 3 && lineStart
    var at = start
    while at < end {
      if text[at] == 0x0A, !isFence { return start }
      if text[at] == 0x60 {
        let run = at
        while at < end, text[at] == 0x60 { at += 1 }
        if at - run >= ticks { return at }
      } else {
        at += 1
      }
    }
    // A fence that nothing closes runs to the end (CommonMark 0.31, 4.5).
    return isFence ? end : start
  }

  /// Behind a tag of at most 200 bytes; nil if none begins here.
  private static func afterTag(_ text: UnsafeRawBufferPointer, from place: Int, end: Int) -> Int? {
    guard place + 1 < end else { return nil }
    let first = text[place + 1]
    guard (first | 0x20) &- 0x61 < 26 || first == 0x2F || first == 0x21 else { return nil }
    var at = place + 1
    let limit = min(end, place + 200)
    while at < limit {
      if text[at] == 0x3E { return at + 1 }
      if text[at] == 0x3C { return nil }
      at += 1
    }
    return nil
  }

  /// Adds the word at `place`, or leaves it out, and returns where the text goes on.
  private mutating func addWord(
    _ text: UnsafeRawBufferPointer, from place: Int, end: Int, to buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    let start = count
    if count > 0 {
      buffer[count] = 0x20
      count += 1
    }
    var at = place
    var isMarked = false
    var isForeign = false
    while at < end, Self.isWordByte(text[at]), count < most {
      let byte = text[at]
      if byte < 0x80 {
        let lowered = byte | 0x20
        if lowered &- 0x61 < 26 {
          buffer[count] = lowered
          count += 1
          letters += 1
        } else {
          isMarked = true
        }
        at += 1
        continue
      }
      let length = UTF8Scalar.length(text, at: at, end: end)
      // Bytes that are no UTF-8, a dash or an emoji end the word.
      guard length > 0, addScalar(text, at: at, length: length, to: buffer) else {
        at += max(length, 1)
        break
      }
      at += length
      isForeign = true
    }
    let isAddress = Self.isAddress(text, from: place, at: at, end: end)
    // A digit within a word of another script is a number that needs no space around it.
    if isAddress || isMarked && !isForeign {
      letters -= count - start - (start > 0 ? 1 : 0)
      count = start
      if isAddress { while at < end, text[at] > 0x20, text[at] < 0x80 { at += 1 } }
    } else if count - start <= (start > 0 ? 1 : 0) {
      count = start
    } else {
      words += 1
    }
    return at
  }

  /// Adds a word of ASCII letters alone, as most are, and returns where the text goes on, behind a space at its end; nil,
  /// and nothing is added, if it is another, may begin an address, or has no room.
  @inline(__always)
  private mutating func addLetters(
    _ base: UnsafeRawPointer, from place: Int, end: Int, to target: UnsafeMutableRawPointer
  ) -> Int? {
    let start = count == 0 ? 0 : count &+ 1
    target.storeBytes(of: 0x20, toByteOffset: count, as: UInt8.self)
    var length = 0
    while true {
      let eight = EightBytes(base, at: place &+ length, end: end)
      let found = eight.letterCount
      guard start &+ length &+ found < most else { return nil }
      target.storeBytes(of: eight.small.littleEndian, toByteOffset: start &+ length, as: UInt64.self)
      length &+= found
      if found < 8 { break }
    }
    guard length > 0 else { return nil }
    let at = place &+ length
    let next = at < end ? base.load(fromByteOffset: at, as: UInt8.self) : 0
    if Self.isWordByte(next) || next == 0x3A || next == 0x2E && length == 3 { return nil }
    count = start &+ length
    letters &+= length
    words &+= 1
    return next == 0x20 ? at &+ 1 : at
  }

  /// Whether what was read up to `at` begins an address (`https://…`, `www.…`) or holds an `@`.
  private static func isAddress(_ text: UnsafeRawBufferPointer, from place: Int, at: Int, end: Int) -> Bool {
    if at + 2 < end, text[at] == 0x3A, text[at + 1] == 0x2F, text[at + 2] == 0x2F { return true }
    if at - place == 3, at < end, text[at] == 0x2E {
      return (0..<3).allSatisfy { text[place + $0] | 0x20 == 0x77 }
    }
    for index in place..<at where text[index] == 0x40 { return text[at - 1] < 0x80 }
    return false
  }

  /// Adds a character beyond ASCII if it can be a letter.
  private mutating func addScalar(
    _ text: UnsafeRawBufferPointer, at place: Int, length: Int, to buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> Bool {
    let value = UTF8Scalar.value(text, at: place, length: length)
    switch value {
    // Latin-1's signs; general punctuation to dingbats; CJK signs; private use; wide forms of ASCII
    // signs; emoji.
    case 0x80...0xBF where value != 0xAA && value != 0xBA && value != 0xB5, 0xD7, 0xF7, 0x2000...0x2BFF,
      0x2E00...0x2E7F, 0x3000...0x3004, 0x3008...0x3020, 0xE000...0xF8FF, 0xFE00...0xFE6F, 0xFF00...0xFF20,
      0xFFE0...0xFFFF, 0x1F000...0x1FAFF, 0xE0000...0x10FFFF:
      return false
    case 0x3041...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9D: kana += 1
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: han += 1
    case 0xAC00...0xD7A3, 0x1100...0x11FF: hangul += 1
    case 0x400...0x52F: addCyrillic(value)
    default: break
    }
    for index in 0..<length { buffer[count + index] = text[place + index] }
    // À to Þ and А to Я in lower case, so that words can be looked up.
    if value &- 0xC0 < 0x1F { buffer[count + 1] |= 0x20 }
    if value &- 0x410 < 0x20 {
      buffer[count] = value < 0x420 ? 0xD0 : 0xD1
      buffer[count + 1] = value < 0x420 ? buffer[count + 1] + 0x20 : buffer[count + 1] - 0x20
    }
    count += length
    letters += 1
    return true
  }

  private mutating func addCyrillic(_ value: UInt32) {
    cyrillic += 1
    switch value {
    case 0x42B, 0x44B, 0x42D, 0x44D: russian += 1
    case 0x410...0x44F, 0x401, 0x451: break
    default: unRussian += 1
    }
  }
}
