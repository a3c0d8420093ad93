import Statistics
import Testing

@testable import Review

/// A text, what is shown of it, and how many columns that takes.
struct ShownText: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let shown: String
  let width: Int
  var testDescription: String { name }

  init(_ name: String, _ text: String, _ shown: String, _ width: Int) {
    self.init(name, bytes: Array(text.utf8), shown, width)
  }

  init(_ name: String, bytes: [UInt8], _ shown: String, _ width: Int) {
    self.name = name
    self.bytes = bytes
    self.shown = shown
    self.width = width
  }
}

@Suite("Review screen: safe text") struct SafeTextTests {
  static let texts = [
    ShownText("plain", "Hello, world", "Hello, world", 12),
    ShownText("escape sequence", "\u{1B}[31mred", "^[[31mred", 9),
    ShownText("window title", "\u{1B}]0;pwned\u{07}", "^[]0;pwned^G", 12),
    ShownText("device string", "\u{1B}Pq\u{1B}\\", "^[Pq^[\\", 7),
    ShownText("nul", "a\u{0}b", "a^@b", 4),
    ShownText("backspaces", "safe\u{8}\u{8}x", "safe^H^Hx", 9),
    ShownText("delete", "a\u{7F}", "a^?", 3),
    ShownText("lone carriage return", "a\rb", "a^Mb", 4),
    ShownText("C1 control", "\u{9B}31m", "‹U+009B›31m", 11),
    ShownText("next line", "\u{85}", "‹U+0085›", 8),
    ShownText("override", "\u{202E}gnp.exe", "‹U+202E›gnp.exe", 15),
    ShownText("isolates", "\u{2066}a\u{2069}", "‹U+2066›a‹U+2069›", 17),
    ShownText("marks of direction", "\u{200E}\u{200F}\u{61C}", "‹U+200E›‹U+200F›‹U+061C›", 24),
    ShownText("zero width space", "zero\u{200B}width", "zero‹U+200B›width", 17),
    ShownText("byte order mark", "\u{FEFF}a", "‹U+FEFF›a", 9),
    ShownText("word joiner", "a\u{2060}b", "a‹U+2060›b", 10),
    ShownText("soft hyphen", "soft\u{AD}hyphen", "soft‹U+00AD›hyphen", 18),
    ShownText("line separator", "a\u{2028}b", "a‹U+2028›b", 10),
    ShownText("tags", "\u{E0068}\u{E0069}", "‹tag h›‹tag i›", 14),
    ShownText("language tag", "\u{E0001}", "‹U+E0001›", 9),
    ShownText("variation selectors that hide bytes", "a\u{E0101}\u{E0102}", "a‹U+E0101›‹U+E0102›", 19),
    ShownText("private use", "\u{E0A0}", "‹U+E0A0›", 8),
    ShownText("not a character", "\u{FFFF}", "‹U+FFFF›", 8),
    ShownText("Hangul filler", "\u{3164}", "‹U+3164›", 8),
    ShownText("byte that is no UTF-8", bytes: [0x61, 0xFF, 0x62], "a‹FF›b", 6),
    ShownText("cut character", bytes: [0xE6, 0xBC], "‹E6›‹BC›", 8),
    ShownText("overlong slash", bytes: [0xC0, 0xAF], "‹C0›‹AF›", 8),
    ShownText("surrogate", bytes: [0xED, 0xA0, 0x80], "‹ED›‹A0›‹80›", 12),
    ShownText("beyond Unicode", bytes: [0xF4, 0x90, 0x80, 0x80], "‹F4›‹90›‹80›‹80›", 16),
    ShownText("raw C1 byte", bytes: [0x9B, 0x33], "‹9B›3", 5),
    ShownText("Chinese", "漢字", "漢字", 4),
    ShownText("full width", "ＡＢ", "ＡＢ", 4),
    ShownText("half width", "ｱｲ", "ｱｲ", 2),
    ShownText("Korean by parts", "\u{1112}\u{1161}\u{11AB}", "\u{1112}\u{1161}\u{11AB}", 2),
    ShownText("combining", "e\u{301}", "e\u{301}", 1),
    ShownText("combining on nothing", "\u{301}a", "◌\u{301}a", 2),
    ShownText("combining at the cap", "a\u{301}\u{301}\u{301}\u{301}", "a\u{301}\u{301}\u{301}\u{301}", 1),
    ShownText(
      "combining beyond the cap", "a" + String(repeating: "\u{301}", count: 7),
      "a\u{301}\u{301}\u{301}\u{301}‹+3›", 5),
    ShownText("emoji", "😀", "😀", 2),
    ShownText("family", "👨\u{200D}👩\u{200D}👧\u{200D}👦", "👨👩👧👦", 8),
    ShownText("joiner between letters", "a\u{200D}b", "a‹U+200D›b", 10),
    ShownText("joiner at the end", "😀\u{200D}", "😀‹U+200D›", 10),
    ShownText("skin colour", "👍🏽", "👍", 2),
    ShownText("skin colour alone", "🏽", "🏽", 2),
    ShownText("heart as a picture", "❤\u{FE0F}", "❤", 1),
    ShownText("selector on a letter", "a\u{FE0F}", "a‹U+FE0F›", 9),
    ShownText("flag", "🇯🇵", "JP", 2),
    ShownText("half a flag", "🇯", "J", 1),
    ShownText("keycap", "1\u{FE0F}\u{20E3}", "1\u{20E3}", 1),
    ShownText("accent on a mark", "\u{200B}\u{301}", "‹U+200B›◌\u{301}", 9),
    ShownText("Hebrew, as logged", "שלום", "שלום", 4),
  ]

  private func shown(_ bytes: [UInt8]) -> CellLine {
    var line = CellLine()
    for cluster in SafeText.clusters(bytes) {
      for cell in SafeText.split(cluster, .plain) { line.append(cell) }
    }
    return line
  }

  @Test("what is shown", arguments: texts) func shows(_ item: ShownText) {
    let line = shown(item.bytes)
    #expect(line.text.unicodeScalars.elementsEqual(item.shown.unicodeScalars), "\(line.text)")
    #expect(line.width == item.width)
    #expect(SafeText.clusters(item.bytes).reduce(0) { $0 + $1.width } == item.width)
  }

  @Test("a mark has a style of its own, a joined character another") func styles() {
    #expect(SafeText.cells("a\u{1B}", .user).map(\.style) == [.user, .mark, .mark])
    #expect(SafeText.cells("👨\u{200D}👩", .user).map(\.style) == [.joined, .joined])
    #expect(SafeText.cells("a\nb", .plain).map(\.text) == ["a", "↵", "b"])
  }

  @Test("a hundred thousand accents make one cell and a number") func stacked() {
    let text = "a" + String(repeating: "\u{301}", count: 100_000) + "b"
    let line = shown(Array(text.utf8))
    #expect(line.text == "a\u{301}\u{301}\u{301}\u{301}‹+99996›b")
  }

  @Test("line ends of Windows are line ends") func windows() {
    #expect(SafeText.clusters(Array("a\r\nb".utf8)).map(\.kind) == [.text, .newline, .text])
  }

  /// Bytes and scalars of every kind.
  static func noise(_ seed: UInt64, count: Int = 2000) -> [UInt8] {
    var numbers = SplitMix(state: seed)
    var bytes: [UInt8] = []
    let special: [UInt32] = [
      0x1B, 0x0A, 0x0D, 0x09, 0x20, 0x200D, 0xFE0F, 0x202E, 0x301, 0x1F468, 0x1F1E6, 0x1F3FB, 0x5D0, 0x627,
      0x4E00,
      0xE0041, 0x1100, 0x1161, 0x20E3, 0x31, 0x9B, 0x7F,
    ]
    while bytes.count < count {
      switch Int.random(in: 0..<4, using: &numbers) {
      case 0: bytes.append(UInt8.random(in: 0...255, using: &numbers))
      case 1: bytes.append(UInt8.random(in: 32...126, using: &numbers))
      case 2:
        let value = special[Int.random(in: 0..<special.count, using: &numbers)]
        if let scalar = Unicode.Scalar(value) { bytes += Array(String(scalar).utf8) }
      default:
        if let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &numbers)) {
          bytes += Array(String(scalar).utf8)
        }
      }
    }
    return bytes
  }

  @Test(
    "whatever the bytes, each cell is as wide as the terminal draws it, and none holds a control",
    arguments: 1...40)
  func invariant(_ seed: Int) {
    let line = shown(Self.noise(UInt64(seed)))
    for cell in line.cells {
      let scalars = Array(cell.text.unicodeScalars)
      #expect(scalars.count <= SafeText.cap + 1)
      #expect(scalars.reduce(0) { $0 + CharacterClass.columns($1.value) } == Int(cell.width), "\(scalars)")
      for scalar in scalars {
        let isShown: Bool =
          switch CharacterClass.of(scalar) {
          case .wide, .combining, .skin: true
          default: false
          }
        #expect(isShown, "U+\(String(scalar.value, radix: 16)) reaches the terminal")
      }
    }
  }

  @Test("clusters cover all bytes, in their order", arguments: 1...20) func covers(_ seed: Int) {
    let bytes = Self.noise(UInt64(seed))
    var end = 0
    for cluster in SafeText.clusters(bytes) {
      #expect(cluster.bytes.lowerBound == end)
      end = cluster.bytes.upperBound
    }
    #expect(end == bytes.count)
  }

  @Test("widths that are known without asking are those of the C library") func widths() {
    for value in UInt32(0x20)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value), case .wide(let width) = CharacterClass.of(scalar),
        width != CharacterClass.columns(value)
      else { continue }
      Issue.record("U+\(String(value, radix: 16)) is \(CharacterClass.columns(value)) wide, not \(width)")
    }
  }
}
