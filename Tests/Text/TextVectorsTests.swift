import Testing

@testable import Text

/// The passes with wide vectors against a look at each byte.
@Suite struct TextVectorsTests {
  /// Calls with texts of all lengths around borders of blocks, made of few kinds of bytes so that long runs come up, and
  /// with some long ones.
  private static func forEach(
    _ pieces: [String], _ body: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    var numbers = FixedNumbers(state: 17)
    let sizes =
      Array(0...200) + Array(repeating: 64, count: 200) + Array(repeating: 300, count: 200)
      + [1000, 5000, 20_000]
    for size in sizes {
      // From all pieces, or from two of them.
      let some =
        numbers.below(3) == 0
        ? [pieces[numbers.below(pieces.count)], pieces[numbers.below(pieces.count)]] : pieces
      var bytes: [UInt8] = []
      while bytes.count < size { bytes += Array(some[numbers.below(some.count)].utf8) }
      try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<size])) }
    }
    for byte in [0x20, 0x61, 0x0A, 0xE2] as [UInt8] {
      for size in [1, 63, 64, 65, 128, 2047, 2048, 2049] {
        try [UInt8](repeating: byte, count: size).withUnsafeBytes(body)
      }
    }
  }

  private static let prose = [
    "a", "Z", "0", " ", " ", "\n", "\t", "word", "Letters", "@", "$", "é", "…", "’", "．", "😀", "\u{0}",
    "\u{7F}", ".",
    ",", "!", "lo", "lorem", "ipsum", "x1", "A-b", "\r\n", "(see", "end)", "```", "- ", "~",
  ]

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func runs(_ text: UnsafeRawBufferPointer, _ isInside: (UInt8) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for place in text.indices where isInside(text[place]) {
      if let last = runs.last, last.upperBound == place {
        runs[runs.count - 1] = last.lowerBound..<place + 1
      } else {
        runs.append(place..<place + 1)
      }
    }
    return runs
  }

  @Test("runs are as long as they can be") func byteRuns() {
    Self.forEach(Self.prose) { text in
      for kind in [ByteRuns.Kind.word, .visible] {
        var found: [Range<Int>] = []
        var runs = ByteRuns(kind, in: text)
        while let (start, stop) = runs.next() { found.append(start..<stop) }
        let expected = Self.runs(text) { byte in
          kind == .visible
            ? !Self.isSpace(byte) : Self.isLetter(byte) || (0x30...0x39).contains(byte) || byte >= 0x80
        }
        #expect(found == expected, "\(kind), \(text.count) bytes")
      }
    }
  }

  private static func isPlain(_ word: UnsafeRawBufferPointer.SubSequence) -> Bool {
    let signs = Array("!\"'),.:;?".utf8)
    let letters = word.prefix(while: isLetter)
    return !letters.isEmpty
      && (letters.count == word.count
        || letters.count == word.count - 1 && word.last.map { signs.contains($0) } ?? false)
  }

  @Test("every word is a run of its own or counted among plain ones") func oddRuns() {
    Self.forEach(Self.prose) { text in
      let words = Self.runs(text) { !Self.isSpace($0) }
      var next = 0
      func passes(_ plain: OddRuns.Plain) -> Bool {
        let skipped = words[next..<min(next + plain.words, words.count)]
        next += plain.words
        return skipped.count == plain.words && skipped.allSatisfy { Self.isPlain(text[$0]) && $0.count < 192 }
          && plain.bytes == skipped.reduce(0) { $0 + $1.count }
          && skipped.allSatisfy { !Self.isFirst($0.lowerBound, in: text) }
          && skipped.allSatisfy {
            !String(decoding: text[$0].prefix(2), as: UTF8.self).lowercased().hasPrefix("lo")
          }
      }
      var runs = OddRuns(in: text)
      while let run = runs.next() {
        #expect(passes(run.plain))
        guard next < words.count else { break }
        #expect(words[next] == run.start..<run.stop)
        #expect(run.isFirst == Self.isFirst(run.start, in: text))
        next += 1
      }
      #expect(passes(runs.rest) && next == words.count, "\(text.count) bytes")
    }
  }

  @Test("of prose few words are looked at one by one") func mostWordsArePlain() {
    let text = String(repeating: "It was the best of times, it was the worst of times. ", count: 40)
    Array(text.utf8).withUnsafeBytes { text in
      var odd = 0
      var plain = 0
      var runs = OddRuns(in: text)
      while let run = runs.next() {
        odd += 1
        plain += run.plain.words
      }
      plain += runs.rest.words
      #expect(odd + plain == 480)
      // The first, and those with a sign at the end of a block.
      #expect(odd <= 1 + text.count / 64)
    }
  }

  /// Whether a line feed, or the text's beginning, and white space alone lie before a place.
  private static func isFirst(_ place: Int, in text: UnsafeRawBufferPointer) -> Bool {
    let gap = text[..<place].reversed().prefix(while: isSpace)
    return gap.count == place || gap.contains(0x0A)
  }

  @Test("marks are those of the definition") func byteMarks() {
    let pieces =
      Self.prose + [
        "\u{A0}", "\u{AD}", "٣", "۴", "१", "ก", "\u{2011}", "\u{200B}", "\u{3000}", "（", "\u{FEFF}", "е", "α",
        "\u{301}",
        "𝒜", "\u{E0041}", "12", "AKIA", "Be", "GR", "yJ", "Q~", ":", "=", "_", "{", "[", "<", "`",
      ]
    Self.forEach(pieces) { text in
      func at(_ place: Int) -> UInt8 { text.indices.contains(place) ? text[place] : 0 }
      func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
      func isMarked(_ kind: ByteMarks.Kind, _ place: Int) -> Bool {
        let (before, byte, next) = (at(place - 1), at(place), at(place + 1))
        switch kind {
        case .trigger:
          switch byte {
          case 0x30...0x39: return !isDigit(before)
          case 0x2D, 0x2E: return next > 0x20
          case 0x42: return next == 0x65
          case 0x41: return (0x41...0x5A).contains(next)
          case 0x4A: return before == 0x79
          case 0x7E: return before == 0x51
          default: return [0x40, 0x47, 0x3A, 0x3D, 0x5F].contains(byte)
          }
        case .folded:
          switch byte {
          case 0xC2: return next == 0xA0 || next == 0xAD
          case 0xD9, 0xDB, 0xE0: return true
          case 0xE2: return next < 0x89
          case 0xE3: return next == 0x80
          case 0xEF: return next > 0xB8
          default: return false
          }
        case .opening:
          switch byte {
          case 0x60: return true
          case 0x7B: return Self.isLetter(next) || next == 0x7B || next == 0x20
          case 0x5B, 0x3C: return Self.isLetter(next)
          default: return false
          }
        case .disguised:
          switch byte {
          case 0xC2: return next == 0xAD
          case 0xCC...0xD1: return true
          case 0xE2: return next == 0x80 || next == 0x81
          case 0xEF: return (0xB8...0xBD).contains(next)
          case 0xF0: return next == 0x9D
          case 0xF3: return next == 0xA0
          default: return false
          }
        }
      }
      for kind in [ByteMarks.Kind.trigger, .folded, .disguised, .opening] {
        for start in [0, 1, 63, 64, 100] where start <= text.count {
          var found: [Int] = []
          var marks = ByteMarks(kind, in: text, from: start)
          while let place = marks.place() { found.append(place) }
          #expect(found == (start..<text.count).filter { isMarked(kind, $0) }, "\(kind), \(text.count) bytes")
        }
      }
    }
  }

  @Test("bytes beyond ASCII are seen wherever they stand") func isASCII() {
    for size in [0, 1, 15, 16, 63, 64, 65, 200] {
      var bytes = [UInt8](repeating: 0x7F, count: size)
      #expect(bytes.withUnsafeBytes { UTF8Text.isASCII($0) })
      for place in bytes.indices {
        bytes[place] = 0x80
        #expect(!bytes.withUnsafeBytes { UTF8Text.isASCII($0) })
        bytes[place] = 0x7F
      }
    }
  }

  @Test(
    "the first of the literals that stand at a place is found",
    arguments: [
      ("Timed out", 0, "timed"), ("at: timeout!", 4, "time"), ("tim", 0, nil), ("xtime", 0, nil),
      ("time", 4, nil),
      ("", 0, nil), ("<NIL>", 0, "<nil>"), ("time", -1, nil),
    ] as [(String, Int, String?)])
  func literals(_ text: String, _ place: Int, _ expected: String?) {
    let set = LiteralSet(["timed", "time", "timeout", "<nil>"])
    let found = Array(text.utf8).withUnsafeBytes { set.first(in: $0, at: place).map { "\($0)" } }
    #expect(found == expected)
  }
}
