import CNcurses

/// How a terminal shows a Unicode scalar.
///
/// Widths are those of the C library in the locale `C.UTF-8`, which ncurses, tmux and most programs over SSH
/// go by.
enum CharacterClass: Sendable, Equatable {
  /// Takes columns of its own.
  case wide(Int)
  /// Stands on the character before it.
  case combining
  /// U+200D.
  case joiner
  /// U+FE0E and U+FE0F, which say whether an emoji is a picture.
  case presentation
  /// U+1F3FB to U+1F3FF, the colour of skin of the emoji before.
  case skin
  /// U+1F1E6 to U+1F1FF, two of which are a flag.
  case regional
  /// Shown as a mark.
  case hidden

  /// Sets the locale for characters of this process, once; ncurses reads it too.
  static let locale: Bool = setlocale(LC_CTYPE, "C.UTF-8") != nil

  /// Invisible, of no width, reordering, private or not assigned: sorted, not overlapping.
  ///
  /// Unicode 15: Default_Ignorable_Code_Point, Bidi_Control, the line separators and the interlinear
  /// annotations, less the variation selectors 15 and 16 and U+200D, which have cases of their own; and the
  /// private use areas, whose width no two terminals agree on.
  static let invisible: [ClosedRange<UInt32>] = [
    0x80...0x9F, 0xAD...0xAD, 0x34F...0x34F, 0x61C...0x61C, 0x115F...0x1160, 0x17B4...0x17B5, 0x180B...0x180F,
    0x200B...0x200C, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0x3164...0x3164, 0xE000...0xF8FF,
    0xFE00...0xFE0D, 0xFEFF...0xFEFF, 0xFFA0...0xFFA0, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A,
    0xE0000...0xE0FFF, 0xF0000...0x10FFFF,
  ]

  /// Letters that are written from right to left: the blocks from Hebrew to Arabic Extended-A, their
  /// presentation forms, and the old scripts of U+10800 and U+1E800.
  static func isRightToLeft(_ value: UInt32) -> Bool {
    guard value >= 0x590 else { return false }
    return value <= 0x8FF || (0xFB1D...0xFDFF).contains(value) || (0xFE70...0xFEFC).contains(value)
      || (0x10800...0x10FFF).contains(value) || (0x1E800...0x1EFFF).contains(value)
  }

  static func of(_ scalar: Unicode.Scalar) -> CharacterClass {
    let value = scalar.value
    if value < 0x7F { return value < 0x20 ? .hidden : .wide(1) }
    switch value {
    case 0x200D: return .joiner
    case 0xFE0E, 0xFE0F: return .presentation
    case 0x1F3FB...0x1F3FF: return .skin
    case 0x1F1E6...0x1F1FF: return .regional
    case 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0x3041...0x3096, 0x30A1...0x30FA: return .wide(2)
    default: break
    }
    if isInvisible(value) { return .hidden }
    let width = columns(value)
    return width < 0 ? .hidden : width == 0 ? .combining : .wide(width)
  }

  /// What the C library says: -1 where a character cannot be printed.
  static func columns(_ value: UInt32) -> Int {
    _ = locale
    return Int(cncurses_columns(value))
  }

  private static func isInvisible(_ value: UInt32) -> Bool {
    var low = 0
    var high = invisible.count
    while low < high {
      let middle = (low + high) / 2
      if invisible[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < invisible.count && invisible[low].contains(value)
  }

  /// Whether a scalar is drawn as a picture, alone or with U+FE0F; the digits, `#` and `*` are, on keycaps.
  static func isEmoji(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isEmoji }
}
