import Text

/// Counts over a text outside blocks of code: what words, lines and characters it is made of.
///
/// One pass. Marks at the beginning of a line (headings, bullets, numbers, quotes) and the strokes of tables
/// belong to Markdown and are no words.
struct TextShape {
  /// Runs without white space, marks left out.
  private(set) var words = 0
  /// Characters (Unicode scalars) in words, addresses left out, and the words they are in.
  private(set) var wordCharacters = 0
  private(set) var measuredWords = 0
  /// Words with at least one letter.
  private(set) var wordsWithLetter = 0
  /// `#` within lines, `…` and runs of three or more dots.
  private(set) var symbols = 0
  /// Lines that are not blank; those that begin with a bullet; those that end in an ellipsis.
  private(set) var lines = 0
  private(set) var bulletLines = 0
  private(set) var ellipsisLines = 0
  /// Characters that are no white space; of these braces, those that cannot be printed, those of scripts
  /// without spaces.
  private(set) var characters = 0
  private(set) var braces = 0
  private(set) var controls = 0
  private(set) var unspaced = 0
  /// Marks of wrong decoding: U+FFFD, and UTF-8 that was read as Windows-1252.
  private(set) var damaged = 0
  /// Bytes in words of letters, digits and the signs of encodings (`+ / = - _ .`) of at least ``longWord``
  /// bytes that are no address, and the place of the first.
  private(set) var longBytes = 0
  private(set) var firstLong: Int?
  /// Where `lorem ipsum` stands first.
  private(set) var firstLorem: Int?

  /// From this length on a word in ASCII is none: the longest in English dictionaries has 45 letters, paths
  /// and signatures in code stay below, keys and encoded files do not.
  static let longWord = 160

  init(_ text: UnsafeRawBufferPointer) {
    Self.kinds.withUnsafeBufferPointer { kinds in
      if let table = kinds.baseAddress { read(text, table: table) }
    }
  }

  private mutating func read(_ text: UnsafeRawBufferPointer, table: UnsafePointer<UInt8>) {
    var inCode = false
    var isLeftOut = false
    var endsInEllipsis = false
    var runs = OddRuns(in: text)
    while let run = runs.next() {
      if !isLeftOut, run.plain.words > 0 {
        add(run.plain)
        endsInEllipsis = false
      }
      if run.isFirst {
        if endsInEllipsis { ellipsisLines += 1 }
        endsInEllipsis = false
        let isFence = Self.isFence(text, from: run.start, to: run.stop)
        if isFence { inCode.toggle() }
        isLeftOut = isFence || inCode
      }
      if isLeftOut { continue }
      if let ellipsis = addWord(text, from: run.start, to: run.stop, isFirst: run.isFirst, table: table) {
        endsInEllipsis = ellipsis
      }
    }
    if !isLeftOut, runs.rest.words > 0 {
      add(runs.rest)
      endsInEllipsis = false
    }
    if endsInEllipsis { ellipsisLines += 1 }
  }

  private mutating func add(_ plain: OddRuns.Plain) {
    words += plain.words
    wordsWithLetter += plain.words
    measuredWords += plain.words
    wordCharacters += plain.bytes
    characters += plain.bytes
  }

  /// Whether the line whose first word this is opens or closes a block of code: up to three spaces and three backquotes or
  /// tildes (CommonMark 0.31, 4.5).
  private static func isFence(_ text: UnsafeRawBufferPointer, from word: Int, to end: Int) -> Bool {
    guard end - word > 2, text[word] == 0x60 || text[word] == 0x7E else { return false }
    guard text[word + 1] == text[word], text[word + 2] == text[word] else { return false }
    var line = word
    while line > 0, word - line < 3, text[line - 1] == 0x20 { line -= 1 }
    return line == 0 || text[line - 1] == 0x0A
  }

  /// Adds a word with all its characters; returns whether it ends in an ellipsis, nil if it is a mark at a line's beginning.
  private mutating func addWord(
    _ text: UnsafeRawBufferPointer, from start: Int, to end: Int, isFirst: Bool, table: UnsafePointer<UInt8>
  ) -> Bool? {
    var place = start
    var bits: UInt8 = 0
    var continuations = 0
    while place < end {
      let byte = text[place]
      bits |= table[Int(byte)]
      if byte < 0x80 {
        place += 1
        continue
      }
      let length = addScalar(text, at: place, end: end, bits: &bits)
      continuations += length - 1
      place += length
    }
    let kinds = Kinds(rawValue: bits)
    let size = end - start - continuations
    characters += size
    if kinds.contains(.control) { addControls(text, from: start, to: end) }
    if kinds.contains(.other) {
      for at in start..<end where text[at] == 0x7B || text[at] == 0x7D { braces += 1 }
    }
    if isFirst {
      lines += 1
      if Self.isBullet(text, from: start, to: end) { bulletLines += 1 }
      if kinds.isSubset(of: [.mark, .dot, .digit, .hash]), end - start <= 6 { return nil }
    }
    return addWord(text, from: start, to: end, kinds: kinds, size: size)
  }

  /// What kinds of characters a word holds.
  private struct Kinds: OptionSet {
    let rawValue: UInt8
    static let letter = Kinds(rawValue: 1)
    static let digit = Kinds(rawValue: 2)
    static let mark = Kinds(rawValue: 4)
    static let hash = Kinds(rawValue: 8)
    static let dot = Kinds(rawValue: 16)
    static let control = Kinds(rawValue: 32)
    static let wide = Kinds(rawValue: 64)
    static let other = Kinds(rawValue: 128)
  }

  /// The kind of each byte; 0 is white space.
  private static let kinds: [UInt8] = (0..<256).map { byte -> UInt8 in
    if ASCIIText.isSpace(UInt8(byte)) { return 0 }
    let kinds: Kinds =
      switch UInt8(byte) {
      case 0x41...0x5A, 0x61...0x7A: .letter
      case 0x30...0x39: .digit
      case 0x23: .hash
      case 0x2E: [.dot, .mark]
      case 0x2D, 0x2A, 0x2B, 0x2F, 0x3E, 0x7C, 0x29, 0x3A, 0x5F, 0x3D: .mark
      case 0x00...0x1F, 0x7F: .control
      case 0x80...0xFF: .wide
      default: .other
      }
    return kinds.rawValue
  }

  /// Adds what a character beyond ASCII is, and returns its length.
  private mutating func addScalar(
    _ text: UnsafeRawBufferPointer, at place: Int, end: Int, bits: inout UInt8
  ) -> Int {
    let first = text[place]
    let second = place + 1 < end ? text[place + 1] : 0
    switch first {
    case 0xC2:
      if second &- 0x80 < 0x20 { controls += 1 }
      return min(2, end - place)
    case 0xC3:
      bits |= Kinds.letter.rawValue
      let length = Self.misread(text, at: place, end: end)
      if length > 0 {
        damaged += 1
        return length
      }
      return min(2, end - place)
    case 0xE0 where second >= 0xB8, 0xE1 where second <= 0x82 || second == 0x9E || second == 0x9F,
      0xE3 where second &- 0x81 < 3, 0xE4...0xE9:
      // Thai to Tibetan, Myanmar, Khmer, Kana, Han.
      unspaced += 1
      bits |= Kinds.letter.rawValue
      return min(3, end - place)
    case 0xE2:
      if second == 0x80, place + 2 < end, text[place + 2] == 0xA6 { bits |= Kinds.dot.rawValue }
      return min(3, end - place)
    case 0xEF:
      if second == 0xBF, place + 2 < end, text[place + 2] == 0xBD { damaged += 1 }
      return min(3, end - place)
    case 0xF0: return min(4, end - place)
    default:
      bits |= Kinds.letter.rawValue
      return 1
    }
  }

  /// The length of a character of two to four bytes in UTF-8 that was read as Windows-1252 and written as
  /// UTF-8 again: `Ã©`, `â€™`, `ðŸ˜€`; 0 if none begins at `place`.
  ///
  /// Of two bytes only those that begin with Â and Ã (Latin-1), Ð and Ñ (Cyrillic) count: `É™` may be meant.
  private static func misread(_ text: UnsafeRawBufferPointer, at place: Int, end: Int) -> Int {
    guard place + 1 < end else { return 0 }
    let follow: Int
    switch text[place + 1] {
    case 0x82, 0x83, 0x90, 0x91: follow = 1
    case 0xA0...0xAF: follow = 2
    case 0xB0: follow = 3
    default: return 0
    }
    var at = place + 2
    for _ in 0..<follow {
      let length = continuation(text, at: at, end: end)
      guard length > 0 else { return 0 }
      at += length
    }
    return at - place
  }

  /// The length of a character that Windows-1252 has at 0x80 to 0xBF; 0 if none is here.
  private static func continuation(_ text: UnsafeRawBufferPointer, at place: Int, end: Int) -> Int {
    guard place + 1 < end else { return 0 }
    let (first, second) = (text[place], text[place + 1])
    switch first {
    // A no-break space behind a letter may be meant, so it does not count.
    case 0xC2: return second != 0xA0 ? 2 : 0
    case 0xC5: return [0x92, 0x93, 0xA0, 0xA1, 0xB8, 0xBD, 0xBE].contains(second) ? 2 : 0
    case 0xC6: return second == 0x92 ? 2 : 0
    case 0xCB: return second == 0x86 || second == 0x9C ? 2 : 0
    case 0xE2: return place + 2 < end && (second == 0x80 || second == 0x82 || second == 0x84) ? 3 : 0
    default: return 0
    }
  }

  private mutating func addControls(_ text: UnsafeRawBufferPointer, from start: Int, to end: Int) {
    for place in start..<end where text[place] < 0x20 || text[place] == 0x7F { controls += 1 }
  }

  /// Whether the line's first word is a bullet: `-`, `*`, `+` or `•` with a space behind it.
  private static func isBullet(_ text: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Bool {
    switch end - start {
    case 1: return text[start] == 0x2D || text[start] == 0x2A || text[start] == 0x2B
    case 3...: return text[start] == 0xE2 && text[start + 1] == 0x80 && text[start + 2] == 0xA2
    default: return false
    }
  }

  /// Counts a word; returns whether it ends in an ellipsis.
  private mutating func addWord(
    _ text: UnsafeRawBufferPointer, from start: Int, to end: Int, kinds: Kinds, size: Int
  ) -> Bool {
    // Strokes of tables and rules.
    if kinds == .mark, end - start <= 2 || kinds.isDisjoint(with: [.dot]) { return false }
    words += 1
    if end - start == 5, firstLorem == nil, ASCIIText.has("lorem ipsum", in: text, at: start) {
      firstLorem = start
    }
    if !kinds.isDisjoint(with: .letter) { wordsWithLetter += 1 }
    var isAddress = false
    if end - start > 20 {
      let word = UnsafeRawBufferPointer(rebasing: text[start..<end])
      isAddress = ASCIIText.find("://", rare: 0, in: word) != nil
      if end - start >= Self.longWord, !isAddress, kinds.isDisjoint(with: [.wide, .other]) {
        longBytes += end - start
        if firstLong == nil { firstLong = start }
      }
    }
    if !isAddress {
      wordCharacters += size
      measuredWords += 1
    }
    if kinds.contains(.hash) { for place in start..<end where text[place] == 0x23 { symbols += 1 } }
    guard kinds.contains(.dot) else { return false }
    return addEllipses(text, from: start, to: end)
  }

  private mutating func addEllipses(_ text: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Bool {
    var place = start
    var atEnd = false
    while place < end {
      if text[place] == 0x2E {
        let run = place
        while place < end, text[place] == 0x2E { place += 1 }
        if place - run >= 3 {
          symbols += 1
          atEnd = place == end
        }
      } else if text[place] == 0xE2, place + 2 < end, text[place + 1] == 0x80, text[place + 2] == 0xA6 {
        place += 3
        symbols += 1
        atEnd = place == end
      } else {
        place += 1
      }
    }
    return atEnd
  }
}
