/// What a character is to words.
enum WordKind: UInt8 {
  /// Parts words.
  case gap
  /// Is not there.
  case skipped
  /// Part of a word.
  case letter
  /// A word of its own.
  case word
}

/// The kinds of characters beyond ASCII.
///
/// The lists are of blocks of the Unicode Character Database 15.1 (Blocks.txt), with the punctuation in them
/// (general categories P, Z and S) set apart where it is common. What no list names is a letter.
struct WordClasses: Sendable {
  static let standard = WordClasses()

  /// By the value of a character of two bytes: its lower case as those bytes, the first in the lower one; 0
  /// parts words and 1 is skipped.
  let twoBytes: [UInt16]
  /// The ``WordKind`` of each character below U+10000.
  let kinds: [UInt8]

  /// Blocks whose scripts have no spaces between words, and pictures.
  private static let words: [ClosedRange<Int>] = [
    0x0E00...0x0EFF,  // Thai and Lao
    0x1000...0x109F,  // Myanmar
    0x1780...0x17FF,  // Khmer
    0x2600...0x27BF,  // pictures and dingbats
    0x2E80...0x2FDF,  // radicals
    0x3005...0x3007,  // ideographs among punctuation
    0x3021...0x3029,
    0x3040...0x312F,  // kana and Bopomofo
    0x3190...0x9FFF,  // ideographs, with what is enclosed or squared
    0xA000...0xA4CF,  // Yi
    0xF900...0xFAFF,  // compatibility ideographs
    0xFF66...0xFF9F,  // half-width kana
  ]

  private static let gaps: [ClosedRange<Int>] = [
    0x0080...0x00BF,  // Latin-1 punctuation
    0x00D7...0x00D7, 0x00F7...0x00F7,  // times, divided by
    0x037E...0x037E, 0x0387...0x0387,  // Greek
    0x055A...0x055F, 0x0589...0x058A,  // Armenian
    0x05BE...0x05BE, 0x05C0...0x05C0, 0x05C3...0x05C3, 0x05C6...0x05C6, 0x05F3...0x05F4,  // Hebrew
    0x0609...0x060D, 0x061B...0x061B, 0x061D...0x061F, 0x066A...0x066D, 0x06D4...0x06D4,  // Arabic
    0x0700...0x070D, 0x07F7...0x07F9,  // Syriac, N'Ko
    0x0964...0x0965, 0x0970...0x0970,  // dandas
    0x0E3F...0x0E3F, 0x0E4F...0x0E4F, 0x0E5A...0x0E5B,  // Thai
    0x0F04...0x0F14, 0x0F3A...0x0F3D,  // Tibetan
    0x104A...0x104F, 0x10FB...0x10FB,  // Myanmar, Georgian
    0x1360...0x1368, 0x1400...0x1400, 0x166D...0x166E, 0x1680...0x1680,  // Ethiopic, Canadian, Ogham
    0x17D4...0x17DB, 0x1800...0x180A,  // Khmer, Mongolian
    0x2000...0x206F,  // general punctuation
    0x20A0...0x20CF,  // currencies
    0x2190...0x25FF,  // arrows, operators, technical signs, boxes
    0x27C0...0x2BFF,  // more arrows and operators, Braille patterns
    0x2E00...0x2E7F,  // supplemental punctuation
    0x3000...0x3004, 0x3008...0x3020, 0x302A...0x303F,  // ideographic punctuation
    0x30A0...0x30A0, 0x30FB...0x30FB,  // kana
    0xFE10...0xFE1F, 0xFE30...0xFE6F,  // vertical and small forms
    0xFF00...0xFF0F, 0xFF1A...0xFF20, 0xFF3B...0xFF40, 0xFF5B...0xFF65, 0xFFE0...0xFFFF,  // full-width forms
  ]

  private static let skipped: [ClosedRange<Int>] = [
    0x00AD...0x00AD,  // soft hyphen
    0x034F...0x034F, 0x061C...0x061C, 0x180B...0x180F,  // joiner, Arabic mark, Mongolian selectors
    0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F,  // zero width, directions
    0xFE00...0xFE0F,  // variation selectors
    0xFEFF...0xFEFF,  // byte order mark
  ]

  /// Letters among the gaps: ª, µ, º.
  private static let letters = [0x00AA, 0x00B5, 0x00BA]

  private init() {
    var kinds = [UInt8](repeating: WordKind.letter.rawValue, count: 0x10000)
    for (ranges, kind) in [(Self.words, WordKind.word), (Self.gaps, .gap), (Self.skipped, .skipped)] {
      for range in ranges { for value in range { kinds[value] = kind.rawValue } }
    }
    for value in Self.letters { kinds[value] = WordKind.letter.rawValue }
    self.kinds = kinds
    twoBytes = (0..<0x800).map { value in
      switch WordKind(rawValue: kinds[value]) {
      case .letter where value >= 0x80:
        let lower = Self.lowered(value)
        return UInt16(0xC0 | lower >> 6) | UInt16(0x80 | lower & 0x3F) << 8
      case .skipped: return 1
      default: return 0
      }
    }
  }

  /// The lower case of a character below U+0800 (UnicodeData.txt, Simple_Lowercase_Mapping, and ς as σ).
  private static func lowered(_ value: Int) -> Int {
    switch value {
    case 0x00C0...0x00DE: value + 0x20
    case 0x0130, 0x0138, 0x0149: value
    case 0x0100...0x0137, 0x014A...0x0177: value | 1
    case 0x0139...0x0148, 0x0179...0x017E: value + (value & 1)
    case 0x0178: 0x00FF
    case 0x0386: 0x03AC
    case 0x0388...0x038A: value + 0x25
    case 0x038C: 0x03CC
    case 0x038E...0x038F: value + 0x3F
    case 0x0391...0x03A1, 0x03A3...0x03AB: value + 0x20
    case 0x03C2: 0x03C3
    case 0x0400...0x040F: value + 0x50
    case 0x0410...0x042F: value + 0x20
    case 0x0460...0x0481, 0x048A...0x04BF, 0x04D0...0x052F: value | 1
    case 0x04C0: 0x04CF
    case 0x04C1...0x04CE: value + (value & 1)
    case 0x0531...0x0556: value + 0x30
    default: value
    }
  }
}

/// One character beyond ASCII.
struct WordCharacter {
  let kind: WordKind
  /// The bytes it takes in the text.
  let width: Int
  /// What is hashed of it, the first byte in the lowest one.
  let bytes: UInt64
  /// How many bytes that are.
  let count: Int

  /// Reads a character.
  /// - Parameters:
  ///   - eight: bytes of the text, the first in the lowest byte and beyond ASCII; zeros behind the end.
  ///   - left: bytes of the text from the first on.
  ///   - source: what tells characters apart.
  @inline(__always)
  init(_ eight: UInt64, left: Int, _ source: WordSource) {
    // A zero behind the end is no continuation byte, so no length needs to be checked.
    if eight & 0xC0E0 == 0x80C0, eight & 0x1E != 0 {
      let value = source.twoBytes[Int(eight & 0x1F) << 6 | Int(eight >> 8 & 0x3F)]
      self.init(value == 0 ? .gap : value == 1 ? .skipped : .letter, 2, UInt64(value), 2)
    } else if eight & 0xC0_C0F0 == 0x80_80E0 {
      let value = Int(eight & 0x0F) << 12 | Int(eight >> 8 & 0x3F) << 6 | Int(eight >> 16 & 0x3F)
      if value < 0x800 || value & 0xF800 == 0xD800 {
        self.init(.gap, 1, 0, 0)
      } else if value & 0xFF00 == 0xFF00, let ascii = Self.narrow(value) {
        self.init(.letter, 3, ascii, 1)
      } else {
        self.init(WordKind(rawValue: source.kinds[value]) ?? .gap, 3, eight & 0xFF_FFFF, 3)
      }
    } else if eight & 0xC0C0_C0F8 == 0x8080_80F0 {
      let high = Int(eight & 0x07) << 18 | Int(eight >> 8 & 0x3F) << 12
      let value = high | Int(eight >> 16 & 0x3F) << 6 | Int(eight >> 24 & 0x3F)
      if value < 0x10000 || value > 0x10FFFF {
        self.init(.gap, 1, 0, 0)
      } else {
        self.init(Self.kind(beyond: value), 4, eight & 0xFFFF_FFFF, 4)
      }
    } else {
      self.init(.gap, 1, 0, 0)
    }
  }

  @inline(__always)
  private init(_ kind: WordKind, _ width: Int, _ bytes: UInt64, _ count: Int) {
    self.kind = kind
    self.width = width
    self.bytes = bytes
    self.count = count
  }

  /// The ASCII letter in lower case, or the digit, of which a character is the full-width form.
  private static func narrow(_ value: Int) -> UInt64? {
    switch value {
    case 0xFF10...0xFF19: UInt64(value - 0xFF10 + 0x30)
    case 0xFF21...0xFF3A: UInt64(value - 0xFF21 + 0x61)
    case 0xFF41...0xFF5A: UInt64(value - 0xFF41 + 0x61)
    default: nil
    }
  }

  /// The kind of a character of four bytes.
  private static func kind(beyond value: Int) -> WordKind {
    switch value {
    case 0x1F000...0x1FAFF, 0x20000...0x3FFFF: .word  // pictures, ideographs
    case 0xE0000...0xE0FFF: .skipped  // tags, variation selectors
    default: .letter
    }
  }
}
