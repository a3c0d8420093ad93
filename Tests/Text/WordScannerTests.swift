import Testing

@testable import Text

@Suite struct WordScannerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let expected: [String]
    var testDescription: String { text.debugDescription }

    init(_ text: String, _ expected: [String]) {
      self.text = text
      self.expected = expected
    }
  }

  private func hash(_ word: String) -> UInt64 {
    var hash = WordHash()
    for byte in word.utf8 { hash.add(UInt64(byte), count: 1) }
    return hash.value
  }

  @discardableResult
  private func scan(_ bytes: [UInt8], with scanner: WordScanner = WordScanner()) -> [Range<Int>] {
    bytes.withUnsafeBytes { scanner.scan($0) }
    return (0..<scanner.wordCount).map { scanner.range(of: $0) }
  }

  /// Each word by its hash, so that lower case and what is skipped are told as well.
  @Test(arguments: [
    Case("", []), Case("  ...\n\t", []), Case("Hello, World!", ["hello", "world"]), Case("a", ["a"]),
    Case("Don't", ["don", "t"]), Case("snake_case x=1", ["snake", "case", "x", "1"]),
    Case("exactly8 sevenaa ninechars", ["exactly8", "sevenaa", "ninechars"]),
    Case("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", ["abcdefghijklmnopqrstuvwxyz0123456789"]),
    Case("@A[`a{/0:9", ["a", "a", "0", "9"]),
    Case("Straße ÀÉÎ×ÕÜÞ÷ÿ", ["straße", "àéî", "õüþ", "ÿ"]), Case("naïve café", ["naïve", "café"]),
    Case("ŽLUTÝ Œuvre ŁÓDŹ Ÿ", ["žlutý", "œuvre", "łódź", "ÿ"]), Case("µm ªº", ["µm", "ªº"]),
    Case("ΟΔΥΣΣΕΥΣ Οδυσσεύς Άνθρωπος", ["οδυσσευσ", "οδυσσεύσ", "άνθρωπος".replacing("ς", with: "σ")]),
    Case("Привет, МИР! Ґанок Ёж", ["привет", "мир", "ґанок", "ёж"]), Case("ՀԱՅ", ["հայ"]),
    Case("«mot» „Wort“ ¿qué? a—b…c", ["mot", "wort", "qué", "a", "b", "c"]),
    Case("a\u{A0}b\u{2003}c\u{3000}d\u{200A}e", ["a", "b", "c", "d", "e"]),
    Case("he\u{200B}l\u{200C}l\u{200D}o\u{FEFF}", ["hello"]), Case("\u{FEFF}text", ["text"]),
    Case("so\u{AD}ft ab\u{2060}cd\u{202E}ef", ["soft", "abcdef"]), Case("\u{200B} \u{200B}", []),
    Case("我爱你，世界。", ["我", "爱", "你", "世", "界"]), Case("GPT模型v2", ["gpt", "模", "型", "v2"]),
    Case("カタカナ・ひら", ["カ", "タ", "カ", "ナ", "ひ", "ら"]), Case("人々〇", ["人", "々", "〇"]),
    Case("안녕 세상아", ["안녕", "세상아"]), Case("สวัสดี", ["ส", "ว", "ั", "ส", "ด", "ี"]),
    Case("नमस्ते दुनिया।", ["नमस्ते", "दुनिया"]), Case("مرحبا، كيف؟", ["مرحبا", "كيف"]),
    Case("ＡＢｃ１２！ｘ", ["abc12", "x"]), Case("😀😀 ok👍🏽", ["😀", "😀", "ok", "👍", "🏽"]),
    Case("❤\u{FE0F}x", ["❤", "x"]), Case("👨\u{200D}👩", ["👨", "👩"]), Case("𠀀𝐀𝐁", ["𠀀", "𝐀𝐁"]),
    Case("e\u{301}a", ["e\u{301}a"]), Case("1→2 3≤4", ["1", "2", "3", "4"]),
    Case("abcdefgé hijklmnop", ["abcdefgé", "hijklmnop"]),
  ])
  func words(_ item: Case) {
    let scanner = WordScanner()
    let ranges = scan(Array(item.text.utf8), with: scanner)
    #expect(Array(scanner.hashes) == item.expected.map(hash))
    #expect(ranges.count == item.expected.count)
  }

  @Test func places() {
    let text = "\u{FEFF}The é\u{200B}t\u{200B} 中,b"
    let bytes = Array(text.utf8)
    let words = scan(bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
    #expect(words == ["The", "é\u{200B}t", "中", "b"])
  }

  /// What cannot be read parts words, and nothing else does.
  @Test(
    arguments: [
      ([0x61, 0xFF, 0x62], [0..<1, 2..<3]), ([0x61, 0xC3], [0..<1]), ([0xC3, 0x61], [1..<2]),
      ([0x80, 0x80, 0x61], [2..<3]), ([0xC0, 0x80], []), ([0xC1, 0xBF, 0x61], [2..<3]),
      ([0xE0, 0x80, 0x80], []), ([0xED, 0xA0, 0x80], []), ([0xE4, 0xB8], []), ([0xE4, 0xB8, 0xAD], [0..<3]),
      ([0xF0, 0x80, 0x80, 0x80], []), ([0xF4, 0x90, 0x80, 0x80], []), ([0xF8, 0x88, 0x80, 0x80], []),
      ([0x61, 0x00, 0x62], [0..<1, 2..<3]), ([0xF0, 0xA0, 0x80, 0x80], [0..<4]), ([0xF0, 0xA0, 0x80], []),
    ] as [([UInt8], [Range<Int>])])
  func invalidBytes(_ bytes: [UInt8], _ expected: [Range<Int>]) {
    #expect(scan(bytes) == expected)
  }

  /// The fast loops against the definition, character by character.
  @Test func agreesWithDefinition() {
    var numbers = FixedNumbers(state: 11)
    let alphabet = [
      "A", "b", "Z", "9", "@", "[", " ", " ", " ", "\n", "\u{A0}", "\u{200B}", "\u{FEFF}", "é", "É", "Σ", "是",
      "😀",
      "word", "Abcdefgh", "ไ", "안", "，", "Ｑ", "\u{301}",
    ]
    let gaps: Set<String> = ["@", "[", " ", "\n", "\u{A0}", "，"]
    let alone: Set<String> = ["是", "😀", "ไ"]
    let scanner = WordScanner()
    // A few texts are longer than what is read at a time.
    for size in Array(repeating: 40, count: 3000) + Array(repeating: 10_000, count: 20) {
      let pieces = (0..<numbers.below(size)).map { _ in alphabet[numbers.below(alphabet.count)] }
      var expected: [[UInt8]] = []
      var word: [UInt8] = []
      func finish() {
        if !word.isEmpty { expected.append(word) }
        word = []
      }
      for piece in pieces {
        if piece == "\u{200B}" || piece == "\u{FEFF}" { continue }
        if gaps.contains(piece) || alone.contains(piece) { finish() }
        if gaps.contains(piece) { continue }
        word += Array((piece == "Ｑ" ? "q" : piece == "\u{301}" ? piece : piece.lowercased()).utf8)
        if alone.contains(piece) { finish() }
      }
      finish()
      scan(Array(pieces.joined().utf8), with: scanner)
      #expect(Array(scanner.hashes) == expected.map { hash(String(decoding: $0, as: UTF8.self)) })
    }
  }

  /// Whatever the bytes are, places ascend, do not overlap, and split no character.
  @Test func placesOfAnyBytes() {
    var numbers = FixedNumbers(state: 3)
    let scanner = WordScanner()
    for _ in 0..<3000 {
      let bytes = (0..<numbers.below(50)).map { _ -> UInt8 in
        let edges: [UInt8] = [0x20, 0x61, 0x80, 0xBF, 0xC2, 0xC3, 0xE2, 0xE4, 0xED, 0xEF, 0xF0, 0xF4]
        return numbers.below(3) == 0 ? UInt8(numbers.below(256)) : edges[numbers.below(edges.count)]
      }
      var last = 0
      for range in scan(bytes, with: scanner) {
        #expect(range.lowerBound >= last && !range.isEmpty && range.upperBound <= bytes.count)
        let word = String(validating: bytes[range], as: UTF8.self)
        #expect(word != nil)
        last = range.upperBound
      }
    }
  }

  /// Words that end where a block or a stretch of the text ends, or go on behind it.
  @Test(arguments: [1, 7, 8, 9, 63, 64, 65, 127, 128, 4095, 4096, 4097, 8191, 8192, 8193, 20_000])
  func borders(_ length: Int) {
    let scanner = WordScanner()
    let long = [UInt8](repeating: 0x41, count: length)
    let expected = hash(String(repeating: "a", count: length))
    #expect(scan(long, with: scanner) == [0..<length])
    #expect(Array(scanner.hashes) == [expected])
    #expect(scan([0x20] + long + [0x2E], with: scanner) == [1..<length + 1])
    #expect(Array(scanner.hashes) == [expected])
    #expect(scan(long + [0x20] + long, with: scanner) == [0..<length, length + 1..<2 * length + 1])
    #expect(Array(scanner.hashes) == [expected, expected])
    let gaps = [UInt8](repeating: 0x20, count: length)
    #expect(scan(gaps + [0x61] + gaps, with: scanner) == [length..<length + 1])
    #expect(scan(gaps + Array("é是".utf8), with: scanner) == [length..<length + 2, length + 2..<length + 5])
  }

  /// Texts without an end to their words, or with nothing but ends, and what they leave in the buffers.
  @Test func hostileTexts() {
    let scanner = WordScanner()
    let long = [UInt8](repeating: 0x61, count: 10_000_000)
    #expect(scan(long, with: scanner) == [0..<10_000_000])
    let marks = Array(("a" + String(repeating: "\u{301}", count: 100_000)).utf8)
    #expect(scan(marks, with: scanner) == [0..<200_001])
    #expect(scan([UInt8](repeating: 0x80, count: 1_000_000), with: scanner).isEmpty)
    #expect(scan(Array(String(repeating: "\u{200B}", count: 100_000).utf8), with: scanner).isEmpty)
    let many = scan(Array(String(repeating: "a ", count: 300_000).utf8), with: scanner)
    #expect(many.count == 300_000 && many.last == 599_998..<599_999)
    #expect(Set(scanner.hashes).count == 1)
    #expect(scan(Array("b c".utf8), with: scanner) == [0..<1, 2..<3])
  }

  @Test func versionIsStored() {
    #expect(WordScanner.version == 1)
    // Computed by another program from the definition; what is stored rests on them.
    #expect(hash("word") == 0x463E_BAA8_DEFC_E220)
    #expect(hash("internationalisation") == 0x2507_0B81_60AB_74EB)
  }
}
