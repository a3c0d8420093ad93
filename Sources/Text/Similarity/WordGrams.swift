/// Runs of words of a text as hashes with their places, to find text that is also elsewhere.
///
/// A run of n words has the same hash wherever it stands, whatever parts its words (see ``WordScanner``).
/// Thirteen words are what GPT-3's authors took to find test items in training text (Brown et al. 2020,
/// "Language Models are Few-Shot Learners", appendix C). Owned by one task at a time; buffers are kept from
/// one text to the next.
public final class WordGrams {
  /// The words of the text that was scanned last.
  public let words = WordScanner()

  /// Makes a scanner that has seen no text.
  public init() {}

  /// Reads a text; its words take the place of those of the text before.
  /// - Parameter text: UTF-8, valid or not.
  public func scan(_ text: UnsafeRawBufferPointer) { words.scan(text) }

  /// Words of the text that was scanned last.
  @inlinable public var wordCount: Int { words.wordCount }

  /// The hash of all words of the text, in their order, however many they are: the same as that of a run of
  /// as many; nil where there is no word.
  @inlinable public var wholeText: UInt64? {
    guard wordCount > 0 else { return nil }
    return Self.finish(words.hashes.reduce(0) { $0 &* Self.factor &+ $1 })
  }

  /// Calls `body` for each run of `size` words, from the first on; never where the text has fewer.
  ///
  /// The time taken does not depend on `size`.
  /// - Parameters:
  ///   - size: words in a run, 1 to 64; anything else is a programming error that stops the process.
  ///   - body: takes a hash of 64 bits and the bytes from the run's first word to behind its last. It must not scan
  ///     another text with the same object.
  @inlinable public func forEachGram(_ size: Int, _ body: (UInt64, Range<Int>) throws -> Void) rethrows {
    precondition((1...64).contains(size), "a run has 1 to 64 words")
    let storage = words.storage.pointee
    guard storage.count >= size else { return }
    // What a word's hash has been multiplied by when it leaves the run.
    var leaving: UInt64 = 1
    for _ in 0..<size { leaving = leaving &* Self.factor }
    var hash: UInt64 = 0
    for place in 0..<size { hash = hash &* Self.factor &+ storage.hashes[place] }
    var place = size
    while true {
      let first = storage.places[place - size] & 0xFFFF_FFFF
      let last = storage.places[place - 1] >> 32
      try body(Self.finish(hash), Int(first)..<Int(last))
      if place == storage.count { return }
      hash = hash &* Self.factor &+ storage.hashes[place] &- leaving &* storage.hashes[place - size]
      place += 1
    }
  }

  // Knuth's multiplier for linear congruential sequences of 64 bits: odd, and 5 modulo 8, so that its powers
  // go round only after 2⁶² steps.
  @usableFromInline static let factor: UInt64 = 0x5851_F42D_4C95_7F2D

  @inlinable
  @inline(__always)
  static func finish(_ hash: UInt64) -> UInt64 {
    // The finaliser of MurmurHash3: the sum's lower bits depend on the words' lower bits alone.
    var value = hash
    value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ value >> 33
  }
}
