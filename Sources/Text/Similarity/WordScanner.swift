/// Splits a text into words and hashes them, as comparisons of texts need it.
///
/// A word is the longest run of letters and digits, in lower case. Punctuation, white space and symbols part words and
/// are not looked at further, so that `Don't!` is the words `don` and `t`. Characters that have no width (U+200B to
/// U+200F, U+2060, U+FEFF, soft hyphens, variation selectors and their like) are skipped, so that they hide no word.
/// In scripts without spaces, which are ideographs, kana, Thai, Lao, Khmer and Myanmar, each character is a word; so
/// are emoji.
///
/// Lower case is that of ASCII, its full-width forms, Latin-1, Latin Extended-A, Greek, Cyrillic and Armenian; other
/// letters stay as they are. Nothing is composed: `é` as one character and as two are different words. A byte that is
/// no valid UTF-8 parts words.
///
/// The time taken is linear in the length of the text whatever is in it. A scanner keeps its buffers from one text to
/// the next and is owned by one task at a time.
public final class WordScanner {
  /// Counts up when words or their hashes change, since stored hashes depend on both.
  public static let version = 1

  @usableFromInline struct Storage {
    @usableFromInline var hashes: UnsafeMutablePointer<UInt64>
    // Both ends of each word, 32 bits each.
    @usableFromInline var places: UnsafeMutablePointer<UInt64>
    @usableFromInline var count = 0
    @usableFromInline var capacity: Int

    init(capacity: Int) {
      hashes = .allocate(capacity: capacity)
      places = .allocate(capacity: capacity)
      self.capacity = capacity
    }

    func free() {
      hashes.deallocate()
      places.deallocate()
    }
  }

  // Behind a pointer, since a class's own variables are checked for overlapping access at every use.
  @usableFromInline let storage: UnsafeMutablePointer<Storage>
  private let classes = WordClasses.standard

  /// Makes a scanner that has seen no text.
  public init() {
    storage = .allocate(capacity: 1)
    storage.initialize(to: Storage(capacity: Self.usual))
  }

  deinit {
    storage.pointee.free()
    storage.deallocate()
  }

  /// Words of the text that was scanned last.
  @inlinable public var wordCount: Int { storage.pointee.count }

  /// A hash of 64 bits for each word, in their order; valid until the next scan.
  ///
  /// Words of up to eight bytes never share a hash, longer ones by chance alone. The hash has no key: whoever writes
  /// a text can make long words collide.
  @inlinable public var hashes: UnsafeBufferPointer<UInt64> {
    UnsafeBufferPointer(start: storage.pointee.hashes, count: storage.pointee.count)
  }

  /// The bytes of the text that a word takes, from its first character to behind its last.
  /// - Parameter word: its index, below ``wordCount``.
  /// - Returns: offsets that lie at borders of characters.
  @inlinable public func range(of word: Int) -> Range<Int> {
    precondition(word >= 0 && word < storage.pointee.count, "no such word")
    let place = storage.pointee.places[word]
    return Int(place & 0xFFFF_FFFF)..<Int(place >> 32)
  }

  /// Reads a text; its words take the place of those of the text before.
  /// - Parameter text: UTF-8, valid or not; of more than 4 GiB only the first 4 GiB are read.
  public func scan(_ text: UnsafeRawBufferPointer) {
    // The buffers of one huge text are not kept for small ones.
    if storage.pointee.capacity > Self.usual, text.count < Self.usual {
      storage.pointee.free()
      storage.pointee = Storage(capacity: Self.usual)
    }
    storage.pointee.count = 0
    guard let base = text.baseAddress else { return }
    classes.twoBytes.withUnsafeBufferPointer { twoBytes in
      classes.kinds.withUnsafeBufferPointer { kinds in
        guard let twoBytes = twoBytes.baseAddress, let kinds = kinds.baseAddress else { return }
        let source = WordSource(
          base: base, end: min(text.count, Int(UInt32.max) - 1), twoBytes: twoBytes, kinds: kinds)
        read(source)
      }
    }
  }

  /// Words that the buffers hold at first: those of a text of some 400 KB.
  private static let usual = 1 << 16

  private func read(_ source: WordSource) {
    var hashes = storage.pointee.hashes
    var places = storage.pointee.places
    var capacity = storage.pointee.capacity
    var count = 0
    var place = 0
    while place < source.end {
      if count == capacity {
        storage.pointee.count = count
        grow()
        hashes = storage.pointee.hashes
        places = storage.pointee.places
        capacity = storage.pointee.capacity
      }
      let eight = EightBytes(source.eight(at: place))
      let length = eight.wordLength
      if length == 0, eight.value & 0x80 == 0 {
        place += eight.gapLength
      } else if length > 0, length < 8, (eight.value >> UInt64(8 * length)) & 0x80 == 0 {
        // Most words: shorter than eight bytes, all ASCII, and ended by ASCII, which is left out as well.
        hashes[count] = WordHash.of(eight.lowered & ~(UInt64.max << UInt64(8 * length)))
        places[count] = UInt64(place) | UInt64(place + length) << 32
        count += 1
        place += length + 1
      } else {
        let word = source.word(at: place)
        if word.end > word.start {
          hashes[count] = word.hash
          places[count] = UInt64(word.start) | UInt64(word.end) << 32
          count += 1
        }
        place = word.next
      }
    }
    storage.pointee.count = count
  }

  @inline(never)
  private func grow() {
    let old = storage.pointee
    var fresh = Storage(capacity: old.capacity * 2)
    fresh.hashes.update(from: old.hashes, count: old.count)
    fresh.places.update(from: old.places, count: old.count)
    fresh.count = old.count
    old.free()
    storage.pointee = fresh
  }
}

/// The hash of a word's bytes in lower case, eight at a time, the first in the lowest byte.
struct WordHash {
  // 2⁶⁴ over the golden ratio, made odd, and a constant of MurmurHash3's finaliser.
  private static let first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private static let second: UInt64 = 0xC4CE_B9FE_1A85_EC53

  private var state: UInt64 = 0
  private var pending: UInt64 = 0
  private var filled: UInt64 = 0

  /// The hash of up to eight bytes, none of them zero.
  @inline(__always)
  static func of(_ bytes: UInt64) -> UInt64 { finish(mix(0, bytes)) }

  @inline(__always)
  private static func mix(_ state: UInt64, _ bytes: UInt64) -> UInt64 {
    let value = (state ^ bytes) &* first
    return value ^ value >> 32
  }

  @inline(__always)
  private static func finish(_ state: UInt64) -> UInt64 {
    let value = state &* second
    return value ^ value >> 29
  }

  /// Adds 1 to 8 bytes; those above are zero.
  @inline(__always)
  mutating func add(_ bytes: UInt64, count: UInt64) {
    pending |= bytes << (8 * filled)
    if filled + count >= 8 {
      state = Self.mix(state, pending)
      pending = bytes >> (64 - 8 * filled)
    }
    filled = (filled + count) & 7
  }

  /// The hash of what was added.
  @inline(__always)
  var value: UInt64 { Self.finish(filled > 0 ? Self.mix(state, pending) : state) }
}

/// What is ASCII letter or digit in eight bytes.
struct EightBytes {
  private static let tops: UInt64 = 0x8080_8080_8080_8080
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  let value: UInt64
  /// The bytes with letters of ASCII in lower case.
  let lowered: UInt64
  // The top bit of each letter and digit.
  private let inWord: UInt64

  @inline(__always)
  init(_ value: UInt64) {
    // Seven bits a byte, so that no sum carries into its neighbour.
    let low = value & ~Self.tops
    let small = low | Self.ones &* 0x20
    let letters =
      (small &+ Self.ones &* (0x80 - 0x61)) & ~(small &+ Self.ones &* (0x80 - 0x7B)) & ~value & Self.tops
    let digits =
      (low &+ Self.ones &* (0x80 - 0x30)) & ~(low &+ Self.ones &* (0x80 - 0x3A)) & ~value & Self.tops
    self.value = value
    inWord = letters | digits
    lowered = value | letters >> 2
  }

  /// Letters and digits before the first other byte, 0 to 8.
  @inline(__always)
  var wordLength: Int { (~inWord & Self.tops).trailingZeroBitCount >> 3 }

  /// Other bytes of ASCII before the first letter, digit or byte beyond ASCII, 0 to 8.
  @inline(__always)
  var gapLength: Int { (inWord | value & Self.tops).trailingZeroBitCount >> 3 }
}

/// A text with what tells its characters apart.
struct WordSource {
  let base: UnsafeRawPointer
  let end: Int
  let twoBytes: UnsafePointer<UInt16>
  let kinds: UnsafePointer<UInt8>

  /// Eight bytes from `place` on, the first in the lowest byte, with zeros behind the end.
  @inline(__always)
  func eight(at place: Int) -> UInt64 {
    let left = end - place
    if left >= 8 { return UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self)) }
    if end >= 8 {
      let last = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self))
      return last >> UInt64(64 - 8 * left)
    }
    var value: UInt64 = 0
    for index in 0..<max(left, 0) {
      value |= UInt64(base.load(fromByteOffset: place + index, as: UInt8.self)) << UInt64(8 * index)
    }
    return value
  }

  /// The word that begins at a place or behind what is skipped there; empty where a character parts words.
  ///
  /// Reading goes on at `next`, which is behind the place.
  @inline(never)
  func word(at first: Int) -> (hash: UInt64, start: Int, end: Int, next: Int) {
    var hash = WordHash()
    var place = first
    var start = first
    var last = first
    while place < end {
      let eight = eight(at: place)
      if eight & 0x80 == 0 {
        let run = EightBytes(eight)
        let length = run.wordLength
        if length == 0 { break }
        if last == start { start = place }
        let mask = length == 8 ? UInt64.max : ~(UInt64.max << UInt64(8 * length))
        hash.add(run.lowered & mask, count: UInt64(length))
        place += length
        last = place
        continue
      }
      let character = WordCharacter(eight, left: end - place, self)
      switch character.kind {
      case .letter:
        if last == start { start = place }
        hash.add(character.bytes, count: UInt64(character.count))
        place += character.width
        last = place
      case .skipped:
        place += character.width
        if last == start { (start, last) = (place, place) }
      case .word:
        if last > start { return (hash.value, start, last, place) }
        hash.add(character.bytes, count: UInt64(character.count))
        return (hash.value, place, place + character.width, place + character.width)
      case .gap:
        return (hash.value, start, last, place + character.width)
      }
    }
    return (hash.value, start, last, place)
  }
}
