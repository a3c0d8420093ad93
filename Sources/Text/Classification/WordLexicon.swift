import CTextVectors

/// How bad a word or phrase of a ``WordLexicon`` is.
public enum WordGrade: UInt8, Sendable, CaseIterable, Comparable {
  /// Says nothing by itself: worth a closer look.
  case hint = 1
  /// Coarse, or bad in some senses.
  case weak = 2
  /// Bad in nearly every text.
  case strong = 3
  /// A phrase that threatens or wishes harm.
  case threat = 4

  /// Orders by badness.
  public static func < (left: WordGrade, right: WordGrade) -> Bool { left.rawValue < right.rawValue }
}

/// Words, and phrases of two and three words, that are looked for as whole words.
///
/// Words are runs of ASCII letters and bytes beyond ASCII; case does not matter for ASCII. Digits and signs that stand
/// for letters are read as those (0 o, 1 i, 3 e, 4 a, 5 s, 7 t, @ a, $ s) in words with at least one letter. A word of up
/// to 12 letters is compared exactly, by five bits a letter; longer ones by a hash of 64 bits.
public struct WordLexicon: Sendable {
  /// A word or phrase found.
  public struct Match: Sendable, Hashable {
    /// Its grade.
    public let grade: WordGrade
    /// Where it begins, in UTF-8 bytes.
    public let offset: Int
    /// How many bytes it has.
    public let length: Int
  }

  private static let endsTwo: UInt8 = 0x10
  private static let endsThree: UInt8 = 0x20

  private var keys: [UInt64]
  private var values: [UInt8]
  private var filter: [UInt64]
  /// A bit for each beginning of up to three bytes, the lower five bits of each, that a word of the table may have.
  private var beginnings: [UInt64]
  /// Words and phrases in it.
  public let count: Int

  /// Makes a lexicon; of equal entries the worst grade counts, and entries of more than three words are left out.
  /// - Parameter entries: words or phrases, words apart by spaces, in any case.
  public init(_ entries: [(text: String, grade: WordGrade)]) {
    var table: [UInt64: UInt8] = [:]
    var beginnings = [UInt64](repeating: 0, count: (1 << 15) / 64)
    var number = 0
    for entry in entries {
      var words: [UInt64] = []
      var beginning: [UInt8] = []
      Array(entry.text.utf8).withUnsafeBytes { bytes in
        Self.forEachWord(bytes) { word, start, _ in
          words.append(word.key)
          beginning = Array(bytes[start..<min(word.end, start + 3)])
        }
      }
      guard (1...3).contains(words.count), let last = words.last else { continue }
      // A phrase is looked for from its last word on.
      for number in Self.beginnings(of: beginning) {
        beginnings[number >> 6] |= 1 << UInt64(number & 63)
      }
      let key = words.dropFirst().reduce(words[0], Self.joined)
      if words.count == 2 { table[last, default: 0] |= Self.endsTwo }
      if words.count == 3 { table[last, default: 0] |= Self.endsThree }
      let held = table[key, default: 0]
      if held & 0x0F == 0 { number += 1 }
      table[key] = held & 0xF0 | max(held & 0x0F, entry.grade.rawValue)
    }
    var size = 1024
    while size < 4 * table.count { size *= 2 }
    keys = [UInt64](repeating: 0, count: size)
    values = [UInt8](repeating: 0, count: size)
    filter = [UInt64](repeating: 0, count: size / 8)
    let mask = size - 1
    count = number
    self.beginnings = beginnings
    for (key, value) in table {
      var slot = Self.slot(key) & mask
      while values[slot] != 0 { slot = (slot + 1) & mask }
      keys[slot] = key
      values[slot] = value
      let bit = Self.slot(key) & (size * 8 - 1)
      filter[bit >> 6] |= 1 << UInt64(bit & 63)
    }
  }

  /// Reports words and phrases in reading order by their ends; a phrase and its words are reported each.
  /// - Parameters:
  ///   - text: UTF-8, or any bytes; of more than 4 GiB only the first 4 GiB are read.
  ///   - report: takes a match.
  public func scan(_ text: UnsafeRawBufferPointer, _ report: (Match) -> Void) {
    guard let base = text.baseAddress else { return }
    keys.withUnsafeBufferPointer { keys in
      values.withUnsafeBufferPointer { values in
        filter.withUnsafeBufferPointer { filter in
          Self.classes.withUnsafeBufferPointer { classes in
            let search = Search(
              keys: keys, values: values, filter: filter, classes: classes,
              source: base.assumingMemoryBound(to: UInt8.self), end: min(text.count, Int(UInt32.max) - 1))
            search.run(beginnings, report)
          }
        }
      }
    }
  }

  /// The lexicon's tables, and a text that they are held against.
  private struct Search {
    let keys: UnsafeBufferPointer<UInt64>
    let values: UnsafeBufferPointer<UInt8>
    let filter: UnsafeBufferPointer<UInt64>
    let classes: UnsafeBufferPointer<UInt8>
    let source: UnsafePointer<UInt8>
    let end: Int

    /// Bytes whose words are looked for in one call: a multiple of 64, so small that the places fit on the stack.
    private static let stretch = 448
    /// How far before a word the words of its phrase are looked for at first, in bytes; then twice as far, and so on.
    private static let reach = 96

    func run(_ beginnings: [UInt64], _ report: (Match) -> Void) {
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.stretch / 2 + 1) { places in
        var state: UInt32 = 0
        for start in stride(from: 0, to: end, by: Self.stretch) {
          let count = ctext_words(
            source, start, min(start + Self.stretch, end), end, &state, beginnings, places.baseAddress)
          for index in 0..<count { look(at: Int(places[index]), report) }
        }
      }
    }

    /// Looks for the word that begins at a place, and for phrases that it ends.
    private func look(at start: Int, _ report: (Match) -> Void) {
      let word = WordLexicon.word(source, start, end, classes)
      let value = find(word.key)
      guard value != 0 else { return }
      func note(_ value: UInt8, from start: Int) {
        guard let grade = WordGrade(rawValue: value & 0x0F) else { return }
        report(Match(grade: grade, offset: start, length: word.end - start))
      }
      note(value, from: start)
      guard value & (WordLexicon.endsTwo | WordLexicon.endsThree) != 0 else { return }
      let (first, second) = words(before: start)
      let pair = WordLexicon.joined(second.key, word.key)
      if value & WordLexicon.endsTwo != 0 { note(find(pair), from: second.start) }
      if value & WordLexicon.endsThree != 0 {
        let three = WordLexicon.joined(WordLexicon.joined(first.key, second.key), word.key)
        note(find(three), from: first.start)
      }
    }

    /// The last two words before a place; without a key where there are none.
    private func words(before stop: Int) -> (
      first: (key: UInt64, start: Int), second: (key: UInt64, start: Int)
    ) {
      var reach = Self.reach
      while true {
        var (first, second) = ((key: UInt64(0), start: 0), (key: UInt64(0), start: 0))
        var found = 0
        var from = max(0, stop - reach)
        let isWhole = from == 0
        // Not within a word.
        while !isWhole, from < stop, classes[Int(source[from])] != 0 { from += 1 }
        WordLexicon.forEachWord(UnsafeRawBufferPointer(start: source + from, count: stop - from)) {
          word, start, _ in
          (first, second) = (second, (word.key, from + start))
          found += 1
        }
        if found >= 2 || isWhole { return (first, second) }
        reach *= 2
      }
    }

    private func find(_ key: UInt64) -> UInt8 {
      let hash = WordLexicon.slot(key)
      let bit = hash & (keys.count * 8 - 1)
      guard filter[bit >> 6] >> UInt64(bit & 63) & 1 != 0 else { return 0 }
      var slot = hash & (keys.count - 1)
      while values[slot] != 0 {
        if keys[slot] == key { return values[slot] }
        slot = (slot + 1) & (keys.count - 1)
      }
      return 0
    }
  }

  /// The numbers that a word with this beginning may have in ``beginnings``: of its letters, and of signs in their place.
  private static func beginnings(of bytes: [UInt8]) -> [Int] {
    var all = [0]
    for (index, byte) in bytes.enumerated() {
      let kind = classes[Int(byte)] & 31
      let same = byte < 0x80 ? (0..<0x80).filter { classes[$0] & 31 == kind } : [Int(byte)]
      all = all.flatMap { number in Set(same.map { $0 & 31 }).map { number | $0 << (5 * index) } }
    }
    return all
  }

  @inline(__always)
  private static func joined(_ left: UInt64, _ right: UInt64) -> UInt64 {
    (left &* 0x9E37_79B9_7F4A_7C15) ^ (right &+ 0x632B_E59B_D9B4_E019)
  }

  @inline(__always)
  private static func slot(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 33)
  }

  /// A run of letters and what stands for letters.
  private struct Word {
    var key: UInt64 = 0
    /// Behind its last byte; its beginning if it is empty.
    var end: Int
    /// What kinds of bytes it has.
    var kinds: UInt8 = 0
    /// The bytes that part it from what follows, 1 or more.
    var gap = 1
  }

  /// Calls with each word and its start and end.
  private static func forEachWord(_ text: UnsafeRawBufferPointer, _ body: (Word, Int, Int) -> Void) {
    guard let source = text.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    classes.withUnsafeBufferPointer { classes in
      var place = 0
      while place < text.count {
        let word = word(source, place, text.count, classes)
        if word.kinds & (letter | beyond) != 0 { body(word, place, word.end) }
        place = word.end + word.gap
      }
    }
  }

  /// The word at `place`.
  @inline(__always)
  private static func word(
    _ source: UnsafePointer<UInt8>, _ place: Int, _ count: Int, _ classes: UnsafeBufferPointer<UInt8>
  ) -> Word {
    var word = Word(end: place)
    while word.end < count {
      let byte = source[word.end]
      let kind = classes[Int(byte)]
      if kind == 0 { break }
      if kind & beyond == 0 {
        word.key = (word.key << 5 | word.key >> 59) ^ UInt64(kind & 31)
      } else {
        let width = gapWidth(source, word.end, count)
        if width > 0 {
          word.gap = width
          break
        }
        word.key = (word.key ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
      }
      word.kinds |= kind
      word.end += 1
    }
    return word
  }

  /// The bytes of a punctuation character or emoji beyond ASCII (U+2000 to U+203F, U+3000 to U+303F, U+1F000 to
  /// U+1FFFF) at `place`, or 0.
  @inline(__always)
  private static func gapWidth(_ source: UnsafePointer<UInt8>, _ place: Int, _ count: Int) -> Int {
    guard place + 1 < count else { return 0 }
    switch (source[place], source[place + 1]) {
    case (0xE2, 0x80), (0xE3, 0x80): return 3
    case (0xF0, 0x9F): return 4
    default: return 0
    }
  }

  private static let letter: UInt8 = 0x40
  private static let beyond: UInt8 = 0x80

  /// Per byte: the letter that it is or stands for, 1 to 26 (27 to 30 for other digits), and whether it is a letter or
  /// lies beyond ASCII; 0 parts words.
  private static let classes: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 256)
    for index in 0..<26 {
      table[0x41 + index] = letter | UInt8(index + 1)
      table[0x61 + index] = letter | UInt8(index + 1)
    }
    for (sign, plain) in [
      ("0", "o"), ("1", "i"), ("3", "e"), ("4", "a"), ("5", "s"), ("7", "t"), ("@", "a"), ("$", "s"),
    ] {
      guard let from = sign.utf8.first, let to = plain.utf8.first else { continue }
      table[Int(from)] = to - 0x60
    }
    for (index, digit) in "2689".utf8.enumerated() { table[Int(digit)] = UInt8(27 + index) }
    for byte in 0x80..<0x100 { table[byte] = beyond | 1 }
    return table
  }()
}
