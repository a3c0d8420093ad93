/// Digits in groups, as cards and telephone numbers are written.
///
/// Up to eight groups from one place on, with what stands between them. At most eight groups of 20 digits are
/// looked at, so the work is bounded.
struct DigitGroups {
  /// What stands between two groups.
  ///
  /// The raw values fit four bits.
  enum Separator: UInt8 {
    /// The digits end here.
    case none = 0
    case space, hyphen, dot, slash
    /// `) `, `)` and `)-`.
    case closeSpace, close, closeHyphen
    /// ` (`, `(` and `-(`.
    case spaceOpen, open, hyphenOpen
    /// ` - ` and ` / `.
    case wideHyphen, wideSlash
    /// More digits than are looked at.
    case more
  }

  /// The longest group that is told apart; longer ones count as this long.
  static let longest = 20

  let start: Int
  private(set) var count = 0
  /// All digits.
  private(set) var digits = 0
  private var lengths: UInt64 = 0
  private var ends: UInt64 = 0
  private var separators: UInt64 = 0

  /// Reads the groups from the digit at `start` on.
  init(_ text: ScanText, at start: Int) {
    self.start = start
    var place = start
    while true {
      let groupStart = place
      while text.at(place).isDigit, place - groupStart < Self.longest { place += 1 }
      let length = place - groupStart
      lengths |= UInt64(length) << UInt64(8 * count)
      ends |= UInt64(place - start) << UInt64(8 * count)
      digits += length
      var next = place
      var separator = length == Self.longest ? Separator.more : Self.separator(text, &next)
      if separator != .none, count == 7 { separator = .more }
      separators |= UInt64(separator.rawValue) << UInt64(8 * count)
      count += 1
      if separator == .none || separator == .more { return }
      place = next
    }
  }

  @inline(__always)
  func length(_ group: Int) -> Int { Int(lengths >> UInt64(8 * group) & 0xFF) }

  /// Where the group ends in the text.
  @inline(__always)
  func end(_ group: Int) -> Int { start + Int(ends >> UInt64(8 * group) & 0xFF) }

  /// Where the group begins in the text.
  @inline(__always)
  func begin(_ group: Int) -> Int { end(group) - length(group) }

  /// What stands behind the group.
  @inline(__always)
  func separator(_ group: Int) -> Separator {
    Separator(rawValue: UInt8(truncatingIfNeeded: separators >> UInt64(8 * group))) ?? .none
  }

  /// Where the first groups end, if their lengths are the hexadecimal digits of `pattern`, `separator` stands
  /// between them, nothing runs into them from the left, and they do not go on behind.
  func end(_ text: ScanText, of pattern: UInt64, _ separator: Separator = .none) -> Int? {
    let size = (16 - pattern.leadingZeroBitCount / 4)
    guard count >= size, length(0) == Int(pattern >> UInt64(4 * (size - 1)) & 0xF), startsFree(text) else {
      return nil
    }
    for group in 1..<max(1, size) {
      guard length(group) == Int(pattern >> UInt64(4 * (size - 1 - group)) & 0xF),
        self.separator(group - 1) == separator
      else { return nil }
    }
    if separator == .space, text.at(start - 1) == 0x20, text.at(start - 2).isDigit { return nil }
    switch self.separator(size - 1) {
    case .none, .wideHyphen, .wideSlash, .spaceOpen: break
    case .space where separator != .space: break
    case .close, .closeSpace: break
    default: return nil
    }
    let end = self.end(size - 1)
    let after = text.at(end)
    return after.isWord || after == 0x40 || (after == 0x2D && text.at(end + 1).isAlphanumeric) ? nil : end
  }

  /// Whether a hexadecimal number of four digits, such as `5C40`, stands a space before or behind: then the
  /// groups are part of a table of such numbers.
  func isAmongHex(_ text: ScanText, _ end: Int) -> Bool {
    func isHex(_ first: Int) -> Bool {
      var letters = 0
      for place in first..<first + 4 {
        guard text.at(place).isHex else { return false }
        if text.at(place).isLetter { letters += 1 }
      }
      return letters > 0 && letters < 4 && !text.at(first - 1).isWord && !text.at(first + 4).isWord
    }
    return text.at(start - 1).isSpace && isHex(start - 5) || text.at(end).isSpace && isHex(end + 1)
  }

  /// Whether nothing runs into the first group from the left: no word, sign, or number with a joint.
  func startsFree(_ text: ScanText) -> Bool {
    let before = text.at(start - 1)
    if before.isWord { return false }
    switch before {
    case 0x23, 0x24, 0x2B, 0x40, 0x2A: return false  // # $ + @ *
    case 0x2D, 0x2F: return !text.at(start - 2).isAlphanumeric
    case 0x2E, 0x3A: return !text.at(start - 2).isDigit
    default: return true
    }
  }

  /// Reads a separator that a digit follows, and moves behind it.
  private static func separator(_ text: ScanText, _ place: inout Int) -> Separator {
    let (a, b, c) = (text.at(place), text.at(place + 1), text.at(place + 2))
    let found: (Separator, Int)
    switch a {
    case 0x20:
      if b.isDigit {
        found = (.space, 1)
      } else if b == 0x28 {
        found = (.spaceOpen, 2)
      } else if c == 0x20 && (b == 0x2D || b == 0x2F) {
        found = (b == 0x2D ? .wideHyphen : .wideSlash, 3)
      } else {
        return .none
      }
    case 0x2D: found = b == 0x28 ? (.hyphenOpen, 2) : (.hyphen, 1)
    case 0x2E: found = (.dot, 1)
    case 0x2F: found = (.slash, 1)
    case 0x28: found = (.open, 1)
    case 0x29:
      if b == 0x20 {
        found = (.closeSpace, 2)
      } else if b == 0x2D {
        found = (.closeHyphen, 2)
      } else {
        found = (.close, 1)
      }
    default: return .none
    }
    guard text.at(place + found.1).isDigit else { return .none }
    place += found.1
    return found.0
  }
}
