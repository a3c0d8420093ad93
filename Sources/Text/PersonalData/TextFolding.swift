/// Text as it would be written in ASCII, with the way back.
///
/// **Folds** full-width forms (U+FF01–FF5E, small forms U+FE52, FE58, FE63, FE6B), decimal digits
/// (Arabic-Indic U+0660, extended U+06F0, Devanagari U+0966, Bengali U+09E6, Thai U+0E50 and the nine behind
/// each), dashes (U+2010–2015, U+2212) and spaces (U+00A0, U+2000–200A, U+202F, U+205F, U+3000) to the ASCII
/// character they look like or mean, and drops what nobody sees: U+00AD, U+200B–200F, U+202A–202E,
/// U+2060–2064, U+2066–2069, U+FEFF (Unicode 15.1, UnicodeData: general categories Nd, Pd, Zs and Cf, and the
/// decompositions of the full-width block).
///
/// **Does not fold** digits of other scripts, superscripts, mathematical alphabets, letters that look like
/// others, and the ideographic full stop.
///
/// Not every such character makes a second reading worthwhile: a dash or wide space does where it touches a
/// digit and six digits stand near, or where it touches a letter and an `@` stands near; a character that
/// nobody sees where a digit or `@` stands near; digits and the sign `＠` always do. Only what stands within
/// ``reach`` of one of them is read again. A place found that way counts if it holds a character that was
/// folded; what holds none was found in the text as it is.
struct TextFolding {
  /// How far around a folded character is read again, in bytes: longer than any number or name with the words
  /// around it.
  static let reach = 256
  /// How far around a dash or space digits are counted, in bytes: of any number in groups, six are that near
  /// to one.
  static let near = 12
  /// How far around a letter's neighbour an `@` is looked for, in bytes.
  static let nearSign = 32

  /// The text as it is read.
  let folded: UnsafeMutableBufferPointer<UInt8>
  /// Where each byte of it stands in the part.
  let places: UnsafeMutableBufferPointer<Int32>
  /// The part's first byte.
  let origin: Int
  private(set) var count = 0

  // MARK: Where

  /// What a multi-byte character is read as: its byte, or 0 if it is dropped; nil if it stays.
  @inline(__always)
  private static func ascii(_ text: ScanText, _ place: Int, _ length: inout Int) -> UInt8? {
    let (a, b, c) = (text.at(place), text.at(place + 1), text.at(place + 2))
    length = a < 0xE0 ? 2 : 3
    switch a {
    case 0xC2: return b == 0xAD ? 0 : (b == 0xA0 ? 0x20 : nil)
    case 0xD9: return b &- 0xA0 < 10 ? b &- 0x70 : nil
    case 0xDB: return b &- 0xB0 < 10 ? b &- 0x80 : nil
    case 0xE0:
      if b == 0xA5 || b == 0xA7 { return c &- 0xA6 < 10 ? c &- 0x76 : nil }
      return b == 0xB9 && c &- 0x90 < 10 ? c &- 0x60 : nil
    case 0xE2:
      switch (b, c) {
      case (0x80, 0x80...0x8A), (0x80, 0xAF), (0x81, 0x9F): return 0x20
      case (0x80, 0x8B...0x8F), (0x80, 0xAA...0xAE), (0x81, 0xA0...0xA4), (0x81, 0xA6...0xA9): return 0
      case (0x80, 0x90...0x95), (0x88, 0x92): return 0x2D
      default: return nil
      }
    case 0xE3: return b == 0x80 && c == 0x80 ? 0x20 : nil
    case 0xEF:
      switch (b, c) {
      case (0xBC, 0x81...0xBF): return c &- 0x60
      case (0xBD, 0x80...0x9E): return c &- 0x20
      case (0xBB, 0xBF): return 0
      case (0xB9, 0x92): return 0x2E
      case (0xB9, 0x98), (0xB9, 0xA3): return 0x2D
      case (0xB9, 0xAB): return 0x40
      default: return nil
      }
    default: return nil
    }
  }

  /// A bit for each lead byte from 0xC0 on of a character that is folded: C2 D9 DB E0 E2 E3 EF.
  private static let leads: UInt64 =
    1 << 0x02 | 1 << 0x19 | 1 << 0x1B | 1 << 0x20 | 1 << 0x22 | 1 << 0x23 | 1 << 0x2F

  @inline(__always)
  private static func isLead(_ byte: UInt8) -> Bool { byte >= 0xC0 && leads >> UInt64(byte & 0x3F) & 1 != 0 }

  /// The parts of a text that are worth a second reading, in order, apart, with whole characters.
  static func windows(_ text: ScanText) -> [Range<Int>] {
    let bytes = UnsafeRawBufferPointer(start: text.base, count: text.count)
    let first = UTF8Text.asciiLength(bytes)
    return first < text.count ? windows(text, ByteMarks(.folded, in: bytes, from: first)) : []
  }

  @inline(never)
  private static func windows(_ text: ScanText, _ marks: consuming ByteMarks) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var ahead = Ahead()
    while let place = marks.place() {
      let byte = text.base[place]
      // What stands in the first half of a part's reach ahead is in the part.
      if let last = result.last, place + reach / 2 <= last.upperBound { continue }
      guard isLead(byte), let weight = weight(text, place), matters(text, place, byte, weight, &ahead)
      else { continue }
      let from = boundary(text, place - reach)
      let end = boundary(text, place + 2 * reach)
      if let last = result.last, last.upperBound >= from {
        result[result.count - 1] = last.lowerBound..<end
      } else {
        result.append(from..<end)
      }
    }
    return result
  }

  /// What a character that is folded may do.
  private enum Weight {
    /// A digit or `@`.
    case value
    /// Stands between the parts of a number or name.
    case joint
    /// Nobody sees it.
    case hidden
  }

  /// What a character may do, by what it is read as; nil if it may do nothing.
  @inline(__always)
  private static func weight(_ text: ScanText, _ place: Int) -> Weight? {
    var length = 0
    guard let byte = ascii(text, place, &length) else { return nil }
    switch byte {
    case 0: return .hidden
    case 0x30...0x39, 0x40: return .value
    case 0x20, 0x28, 0x29, 0x2B, 0x2D, 0x2E: return .joint
    default: return nil
    }
  }

  /// Where signs stand next, so that no byte is looked at for every character near it.
  private struct Ahead {
    /// The first `@`, or what may be folded to it, of those that a look went to.
    var sign = -1
    /// Likewise, digits among them.
    var signOrDigit = -1
  }

  /// Whether a character may hide something; places must ascend.
  @inline(__always)
  private static func matters(
    _ text: ScanText, _ place: Int, _ lead: UInt8, _ weight: Weight, _ ahead: inout Ahead
  ) -> Bool {
    switch weight {
    case .value: return true
    case .joint:
      let (before, after) = (text.at(place - 1), text.at(place + (lead < 0xE0 ? 2 : 3)))
      if isNumeric(before) || isNumeric(after) { return hasDigits(text, place) }
      return before.isLetter && after.isAlphanumeric && hasSign(text, place, orDigit: false, &ahead.sign)
    case .hidden: return hasSign(text, place, orDigit: true, &ahead.signOrDigit)
    }
  }

  /// A digit, or what stands beside digits in a number; other bytes may be a folded character of their own.
  @inline(__always)
  private static func isNumeric(_ byte: UInt8) -> Bool {
    byte.isDigit || byte == 0x28 || byte == 0x29 || byte == 0x2B
  }

  @inline(never)
  private static func hasDigits(_ text: ScanText, _ place: Int) -> Bool {
    var digits = 0
    for near in place - near..<place + near + 3 where text.at(near).isDigit { digits += 1 }
    return digits >= 6
  }

  @inline(__always)
  private static func hasSign(_ text: ScanText, _ place: Int, orDigit: Bool, _ next: inout Int) -> Bool {
    if next < place - nearSign {
      next = firstSign(text, from: max(place - nearSign, 0), orDigit: orDigit)
    }
    return next < place + nearSign
  }

  /// The place of the first sign from `start` on; behind any place if there is none.
  @inline(never)
  private static func firstSign(_ text: ScanText, from start: Int, orDigit: Bool) -> Int {
    var place = start
    while place < text.count {
      let byte = text.base[place]
      if byte == 0x40 || byte == 0xEF || orDigit && byte.isDigit { return place }
      place &+= 1
    }
    return .max
  }

  /// The nearest character boundary at or before a place, in the text.
  private static func boundary(_ text: ScanText, _ place: Int) -> Int {
    var result = min(max(place, 0), text.count)
    var steps = 0
    while result > 0, result < text.count, text.base[result].isContinuation, steps < 3 {
      result -= 1
      steps += 1
    }
    return result
  }

  // MARK: Folding

  /// Folds a part of a text, and hands it to `body`.
  static func withFolded(_ text: ScanText, _ part: Range<Int>, _ body: (TextFolding) -> Void) {
    guard !part.isEmpty else { return }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: part.count) { folded in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: part.count) { places in
        var folding = TextFolding(folded: folded, places: places, origin: part.lowerBound)
        folding.fill(text, part)
        body(folding)
      }
    }
  }

  private mutating func fill(_ text: ScanText, _ part: Range<Int>) {
    var count = 0
    var place = part.lowerBound
    while place < part.upperBound {
      let byte = text.base[place]
      var length = 1
      var plain: UInt8? = byte
      if byte >= 0xC0, Self.isLead(byte) {
        plain = Self.ascii(text, place, &length)
        if plain == nil || place + length > part.upperBound {
          plain = byte
          length = 1
        }
      }
      if let plain, plain != 0 || byte == 0 {
        folded[count] = plain
        places[count] = Int32(truncatingIfNeeded: place - origin)
        count += 1
      }
      place += length
    }
    self.count = count
  }

  private init(
    folded: UnsafeMutableBufferPointer<UInt8>, places: UnsafeMutableBufferPointer<Int32>, origin: Int
  ) {
    self.folded = folded
    self.places = places
    self.origin = origin
  }

  /// The folded text.
  var text: ScanText? {
    folded.baseAddress.map { ScanText(base: UnsafePointer($0), count: count) }
  }

  /// Where a place of the folded text stands in the text, if it holds a folded character.
  func original(_ text: ScanText, _ start: Int, _ end: Int) -> ScanSpan? {
    guard start >= 0, start < end, end <= count else { return nil }
    let from = origin + Int(places[start])
    var to = origin + Int(places[end - 1]) + 1
    // The last character was folded from two or three bytes.
    if folded[end - 1] < 0x80, text.at(to - 1) >= 0x80 { to += text.at(to - 1) < 0xE0 ? 1 : 2 }
    return to - from > end - start ? ScanSpan(start: from, end: to) : nil
  }

  /// Hands over what a text is read as, a byte a call.
  static func plain(_ text: UnsafeRawBufferPointer, _ take: (UInt8) -> Void) {
    guard let start = text.baseAddress else { return }
    let whole = ScanText(base: start.assumingMemoryBound(to: UInt8.self), count: text.count)
    var place = 0
    while place < whole.count {
      let byte = whole.base[place]
      var length = 1
      if byte >= 0xC0, isLead(byte), let plain = ascii(whole, place, &length) {
        if plain != 0 { take(plain) }
        place += length
      } else {
        take(byte)
        place += 1
      }
    }
  }
}
