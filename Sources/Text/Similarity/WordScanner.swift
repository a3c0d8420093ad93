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
  private let borders: UnsafeMutablePointer<UInt32>

  /// Makes a scanner that has seen no text.
  public init() {
    storage = .allocate(capacity: 1)
    storage.initialize(to: Storage(capacity: Self.usual))
    borders = .allocate(capacity: Self.stretch + WordSource.borderSlack)
  }

  deinit {
    borders.deallocate()
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

  /// Bytes whose runs are looked for before any of them is read; a multiple of 64.
  private static let stretch = 4096

  /// Goes over the text a stretch at a time: first for the borders of runs of letters, digits and bytes beyond ASCII,
  /// without a branch on what they are, then for the words in those runs, which mostly are the runs.
  private func read(_ source: WordSource) {
    var count = 0
    var hashes = storage.pointee.hashes
    var places = storage.pointee.places
    var room = storage.pointee.capacity
    var stretch = 0
    // The beginning of a run that goes on from one stretch to the next stands first.
    var waiting = 0
    while stretch < source.end {
      let end = min(stretch + Self.stretch, source.end)
      let found = waiting + source.borders(in: stretch..<end, isInside: waiting == 1, to: borders + waiting)
      stretch = end
      var border = 0
      while border &+ 1 < found {
        let start = Int(borders[border])
        let stop = Int(borders[border &+ 1])
        border &+= 2
        let length = stop &- start
        let eight = EightBytes(value: source.eight(at: start))
        if count < room, length <= 8, eight.areASCII(length) {
          hashes[count] = WordHash.of(eight.lowered(length))
          places[count] = UInt64(start) | UInt64(stop) << 32
          count &+= 1
          continue
        }
        var next = start
        while next < stop {
          if count == room {
            storage.pointee.count = count
            grow()
            hashes = storage.pointee.hashes
            places = storage.pointee.places
            room = storage.pointee.capacity
          }
          let word = source.word(at: next)
          next = word.next
          if word.end > word.start {
            hashes[count] = word.hash
            places[count] = UInt64(word.start) | UInt64(word.end) << 32
            count &+= 1
          }
        }
      }
      waiting = found & 1
      if waiting == 1 { borders[0] = borders[found - 1] }
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

/// Eight bytes of a text, the first in the lowest byte.
struct EightBytes {
  private static let tops: UInt64 = 0x8080_8080_8080_8080
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  let value: UInt64

  /// The top bit of each ASCII letter and digit.
  @inline(__always)
  private var inWord: UInt64 {
    // Seven bits a byte, so that no sum carries into its neighbour.
    let low = value & ~Self.tops
    let small = low | Self.ones &* 0x20
    let letters = (small &+ Self.ones &* (0x80 - 0x61)) & ~(small &+ Self.ones &* (0x80 - 0x7B))
    let digits = (low &+ Self.ones &* (0x80 - 0x30)) & ~(low &+ Self.ones &* (0x80 - 0x3A))
    return (letters | digits) & ~value & Self.tops
  }

  /// Letters and digits before the first other byte, 0 to 8.
  @inline(__always)
  var wordLength: Int { (~inWord & Self.tops).trailingZeroBitCount >> 3 }

  /// A bit for each byte that is a letter, a digit or beyond ASCII, the first byte's the lowest.
  @inline(__always)
  var runBits: UInt64 { (((inWord | value & Self.tops) >> 7) &* 0x0102_0408_1020_4080) >> 56 }

  /// Whether the first `count` bytes, 1 to 8, are ASCII.
  @inline(__always)
  func areASCII(_ count: Int) -> Bool { value & Self.tops & Self.mask(count) == 0 }

  /// The first `count` bytes, 1 to 8, in lower case, and zeros; they are letters and digits.
  @inline(__always)
  func lowered(_ count: Int) -> UInt64 {
    // A digit has the bit already that makes a letter small.
    (value | Self.ones &* 0x20) & Self.mask(count)
  }

  /// Ones in the first `count` bytes, 1 to 8.
  @inline(__always)
  private static func mask(_ count: Int) -> UInt64 {
    UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- 8 &* count)
  }
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
    if left >= 8 { return whole(at: place) }
    if left <= 0 { return 0 }
    if end >= 8 { return whole(at: end - 8) >> UInt64(64 - 8 * left) }
    var value: UInt64 = 0
    for index in 0..<left {
      value |= UInt64(base.load(fromByteOffset: place + index, as: UInt8.self)) << UInt64(8 * index)
    }
    return value
  }

  /// What may be written behind the borders of a stretch.
  static let borderSlack = 10

  /// Writes where runs of letters, digits and bytes beyond ASCII begin and end; returns how many places that are.
  ///
  /// The text's end ends a run; that of a stretch before it does not. `isInside` says whether a run goes on from before.
  @inline(__always)
  func borders(in stretch: Range<Int>, isInside: Bool, to borders: UnsafeMutablePointer<UInt32>) -> Int {
    var before: UInt64 = isInside ? 1 : 0
    var count = 0
    var block = stretch.lowerBound
    while block < stretch.upperBound {
      let bits = runBits(at: block)
      var changes = bits ^ (bits << 1 | before)
      before = bits >> 63
      let found = changes.nonzeroBitCount
      // In fours, so that the number of rounds is mostly foreseen; what is written too much is written over.
      var written = 0
      while written < found {
        for offset in 0..<4 {
          borders[count &+ written &+ offset] = UInt32(
            truncatingIfNeeded: block &+ changes.trailingZeroBitCount)
          changes &= changes &- 1
        }
        written &+= 4
      }
      count &+= found
      block &+= 64
    }
    if stretch.upperBound == end, before == 1 {
      borders[count] = UInt32(truncatingIfNeeded: end)
      count += 1
    }
    return count
  }

  /// A bit for each of 64 bytes that is in a run.
  @inline(__always)
  private func runBits(at block: Int) -> UInt64 {
    guard block + 64 <= end else {
      return (0..<8).reduce(0) {
        $0 | EightBytes(value: eight(at: block + 8 * $1)).runBits << UInt64(8 * $1)
      }
    }
    func part(_ index: Int) -> UInt64 {
      EightBytes(value: whole(at: block &+ 8 &* index)).runBits &<< UInt64(truncatingIfNeeded: 8 &* index)
    }
    return part(0) | part(1) | part(2) | part(3) | part(4) | part(5) | part(6) | part(7)
  }

  /// Eight bytes, all of which are in the text.
  @inline(__always)
  private func whole(at place: Int) -> UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self))
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
        let run = EightBytes(value: eight)
        let length = run.wordLength
        if length == 0 { break }
        if last == start { start = place }
        hash.add(run.lowered(length), count: UInt64(length))
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
