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
