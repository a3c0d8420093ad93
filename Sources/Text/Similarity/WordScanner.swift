/// Splits a text into words and hashes them, as comparisons of texts need it.
///
/// A word is the longest run of letters and digits, in lower case. Punctuation, white space and symbols part
/// words and are not looked at further, so that `Don't!` is the words `don` and `t`. Characters that have no
/// width (U+200B to U+200F, U+2060, U+FEFF, soft hyphens, variation selectors and their like) are skipped, so
/// that they hide no word. In scripts without spaces, which are ideographs, kana, Thai, Lao, Khmer and
/// Myanmar, each character is a word; so are emoji.
///
/// Lower case is that of ASCII, its full-width forms, Latin-1, Latin Extended-A, Greek, Cyrillic and
/// Armenian; other letters stay as they are. Nothing is composed: `é` as one character and as two are
/// different words. A byte that is no valid UTF-8 parts words.
///
/// The time taken is linear in the length of the text whatever is in it. A scanner keeps its buffers from one
/// text to the next and is owned by one task at a time.
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
  /// Words of up to eight bytes never share a hash, longer ones by chance alone. The hash has no key: whoever
  /// writes a text can make long words collide.
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

  /// Goes over the runs of letters, digits and bytes beyond ASCII, which mostly are words.
  private func read(_ source: WordSource) {
    var count = 0
    var hashes = storage.pointee.hashes
    var places = storage.pointee.places
    var room = storage.pointee.capacity
    var runs = ByteRuns(.word, in: UnsafeRawBufferPointer(start: source.base, count: source.end))
    while let (start, stop) = runs.next() {
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
