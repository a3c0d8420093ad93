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

/// A text with what tells its characters apart.
struct WordSource {
  let base: UnsafeRawPointer
  let end: Int
  let twoBytes: UnsafePointer<UInt16>
  let kinds: UnsafePointer<UInt8>

  /// Eight bytes from `place` on, the first in the lowest byte, with zeros behind the end.
  @inline(__always)
  func eight(at place: Int) -> UInt64 { EightBytes(base, at: place, end: end).value }

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
