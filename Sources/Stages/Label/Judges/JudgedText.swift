import Text

/// The form in which logged text reaches a judge: nothing in it that a reader would not see, and no longer than stated.
///
/// - Terminal escapes (CSI, OSC and the others of ECMA-48) go whole, other control characters too; line ends of any
///   kind become line feeds, and tabs stay.
/// - Characters that nobody sees go: zero-width ones, marks of direction (bidi), tag characters, variation selectors,
///   fillers. They are the ways to hide an instruction in a text that looks harmless.
/// - Bytes that are no UTF-8 become U+FFFD.
/// - A text that is too long is cut in its middle; two thirds of what stays are its start.
public struct JudgedText: Sendable, Hashable {
  /// Counts up when the form changes, since judges are measured on it.
  public static let version = 1

  /// The text up to the cut, or all of it.
  public let head: String
  /// The text behind the cut; empty where nothing was cut.
  public let tail: String
  /// Bytes that were left out in the middle; 0 where nothing was cut.
  public let bytesLeftOut: Int
  /// Characters that were taken out because nobody sees them, and escapes.
  public let hidden: Int

  /// Cleans a text.
  /// - Parameters:
  ///   - bytes: UTF-8, or any bytes.
  ///   - maximumCharacters: the most characters that stay, 3 or more.
  public init(_ bytes: UnsafeRawBufferPointer, maximumCharacters: Int) {
    // A character has at most four bytes; what lies beyond is not looked at, so that a megabyte costs no more.
    let front = maximumCharacters - maximumCharacters / 3
    let back = maximumCharacters / 3
    var cleaner = Cleaner()
    guard bytes.count > 8 * maximumCharacters else {
      cleaner.read(bytes, 0, bytes.count)
      let all = cleaner.out
      guard all.count > maximumCharacters else {
        head = String(String.UnicodeScalarView(all))
        tail = ""
        bytesLeftOut = 0
        hidden = cleaner.hidden
        return
      }
      let rest = all[front..<(all.count - back)]
      head = String(String.UnicodeScalarView(all[..<front]))
      tail = String(String.UnicodeScalarView(all[(all.count - back)...]))
      bytesLeftOut = rest.reduce(0) { $0 + UTF8.width($1) }
      hidden = cleaner.hidden
      return
    }
    let frontEnd = Self.boundary(bytes, 4 * maximumCharacters)
    let backStart = Self.boundary(bytes, bytes.count - 4 * maximumCharacters)
    cleaner.read(bytes, 0, frontEnd)
    let first = cleaner.out
    cleaner.out = []
    cleaner.read(bytes, backStart, bytes.count)
    let headPart = first.prefix(front)
    let tailPart = cleaner.out.suffix(back)
    head = String(String.UnicodeScalarView(headPart))
    tail = String(String.UnicodeScalarView(tailPart))
    bytesLeftOut =
      backStart - frontEnd + first.dropFirst(front).reduce(0) { $0 + UTF8.width($1) }
      + cleaner.out.dropLast(back).reduce(0) { $0 + UTF8.width($1) }
    hidden = cleaner.hidden
  }

  /// Cleans a text that is a string.
  public init(_ text: String, maximumCharacters: Int) {
    var copy = text
    self = copy.withUTF8 { Self(UnsafeRawBufferPointer($0), maximumCharacters: maximumCharacters) }
  }

  /// The next place at or before `place` where a character may begin.
  private static func boundary(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> Int {
    var place = place
    var steps = 0
    while place > 0, steps < 3, bytes[place] & 0xC0 == 0x80 {
      place -= 1
      steps += 1
    }
    return place
  }

  private struct Cleaner {
    var out: [Unicode.Scalar] = []
    var hidden = 0

    mutating func read(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) {
      out.reserveCapacity(out.count + (end - start))
      var decoder = UTF8()
      var iterator = UnsafeRawBufferPointer(rebasing: bytes[start..<end]).makeIterator()
      var escape = Escape.none
      var lastWasReturn = false
      loop: while true {
        let scalar: Unicode.Scalar
        switch decoder.decode(&iterator) {
        case .scalarValue(let value): scalar = value
        case .error: scalar = "\u{FFFD}"
        case .emptyInput: break loop
        }
        if escape != .none {
          let before = escape
          escape = before.next(scalar.value)
          // A line end is never part of an escape that is none.
          if escape == .none, scalar.value == 0x0A || scalar.value == 0x0D { out.append("\n") }
          continue
        }
        switch scalar.value {
        case 0x0A:
          if !lastWasReturn { out.append("\n") }
        case 0x0D, 0x85, 0x2028, 0x2029: out.append("\n")
        case 0x09: out.append("\t")
        case 0x1B:
          hidden += 1
          escape = .begun
        case 0x9B:
          hidden += 1
          escape = .sequence
        case 0x90, 0x98, 0x9D, 0x9E, 0x9F:
          hidden += 1
          escape = .string(0)
        case 0..<0x20, 0x7F..<0xA0: hidden += 1
        case let value where JudgedText.isHidden(value): hidden += 1
        default: out.append(scalar)
        }
        lastWasReturn = scalar.value == 0x0D
      }
    }
  }

  /// Where a reader of terminal escapes is.
  private enum Escape: Equatable {
    case none
    case begun
    case sequence
    /// In the text of an operating system command; how many characters it has had.
    case string(Int)
    case stringEnd

    /// A string without its end is given up after this many characters, so that it swallows no text.
    static let longest = 256

    func next(_ value: UInt32) -> Escape {
      switch self {
      case .none: return .none
      case .begun:
        switch value {
        case 0x5B: return .sequence
        case 0x5D, 0x50, 0x58, 0x5E, 0x5F: return .string(0)
        case 0x20...0x2F: return .begun
        default: return .none
        }
      case .sequence: return (0x20...0x3F).contains(value) ? .sequence : .none
      case .string(let count):
        if value == 0x07 || value == 0x9C || value == 0x0A || count >= Self.longest { return .none }
        return value == 0x1B ? .stringEnd : .string(count + 1)
      case .stringEnd: return .none
      }
    }
  }

  /// Whether a character takes no room on a screen, changes the direction of others, or fills.
  static func isHidden(_ value: UInt32) -> Bool {
    switch value {
    case 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180F, 0x200B...0x200F,
      0x202A...0x202E,
      0x2060...0x206F, 0x3164, 0xFE00...0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3,
      0x1D173...0x1D17A, 0xE0000...0xE0FFF:
      true
    default: false
    }
  }
}
