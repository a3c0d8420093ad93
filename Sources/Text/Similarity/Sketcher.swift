import CMinHash

/// Makes sketches of records and texts, by which near duplicates are found.
///
/// A text is the set of its shingles: its runs of five words (see ``WordScanner``), or one run of all its
/// words where it has fewer. The signature is a MinHash (Broder 1997, "On the resemblance and containment of
/// documents"): for each of 120 permutations of the numbers of 32 bits the smallest image of any shingle, so
/// that two sets have the same minimum with a probability that is their Jaccard similarity s. Twenty bands of
/// six minima make two sets candidates with probability 1 − (1 − s⁶)²⁰: 0.998 at 0.8, 0.92 at 0.7, 0.27 at
/// 0.5. Candidates are then compared by their ``ShingleSet``s.
///
/// Of a record half of the permutations are of the input's shingles and half of the output's, three of each in a band, so
/// that records are candidates with probability 1 − (1 − i³o³)²⁰ for the similarities i and o of their parts: what shares
/// a canned answer and not the question is none.
///
/// Runs of five words are what RefinedWeb (Penedo et al. 2023) and datatrove's MinhashConfig take.
///
/// The time taken is linear in the length of the text. A sketcher keeps its buffers from one text to the next
/// and is owned by one task at a time.
public final class Sketcher {
  /// Counts up when sketches change, which they do with the words as well; those of two versions cannot be
  /// compared.
  public static let version = 1

  /// Words in a shingle.
  public static let shingleSize = 5

  private let grams = WordGrams()
  private var signature = Signature()
  private var values: UnsafeMutablePointer<UInt32>
  private var scratch: UnsafeMutablePointer<UInt32>
  private var capacity: Int

  /// Makes a sketcher.
  public init() {
    capacity = Self.usual
    values = .allocate(capacity: Self.usual)
    scratch = .allocate(capacity: Self.usual)
  }

  deinit {
    values.deallocate()
    scratch.deallocate()
  }

  /// The sketch of a record.
  ///
  /// A record without any word has no bands, so that it is no candidate for anything.
  /// - Parameters:
  ///   - input: the last user message, UTF-8, valid or not.
  ///   - output: the output, likewise.
  /// - Returns: the sketch.
  public func sketch(input: UnsafeRawBufferPointer, output: UnsafeRawBufferPointer) -> RecordSketch {
    signature.clear()
    let inputCount = collect(input)
    signature.add(values, inputCount, half: 0)
    let inputSet = set(inputCount)
    let outputCount = collect(output)
    signature.add(values, outputCount, half: 1)
    let outputSet = set(outputCount)
    return RecordSketch(
      bands: inputCount + outputCount == 0 ? [] : signature.bands(ofParts: true), input: inputSet,
      output: outputSet)
  }

  /// The sketch of one text; one without any word has no bands.
  /// - Parameter text: UTF-8, valid or not.
  /// - Returns: the sketch.
  public func sketch(text: UnsafeRawBufferPointer) -> TextSketch {
    signature.clear()
    let count = collect(text)
    signature.add(values, count)
    return TextSketch(bands: count == 0 ? [] : signature.bands(ofParts: false), shingles: set(count))
  }

  /// Shingles that the buffers hold at first: those of a text of some 400 KB.
  private static let usual = 1 << 16

  /// Puts the shingles of a text at ``values``, ascending and each once, and returns how many there are.
  private func collect(_ text: UnsafeRawBufferPointer) -> Int {
    grams.scan(text)
    let words = grams.wordCount
    reserve(words)
    guard words >= Self.shingleSize else {
      guard let whole = grams.wholeText else { return 0 }
      values[0] = UInt32(truncatingIfNeeded: whole >> 32)
      return 1
    }
    let values = values
    var count = 0
    grams.forEachGram(Self.shingleSize) { hash, _ in
      values[count] = UInt32(truncatingIfNeeded: hash >> 32)
      count += 1
    }
    return cminhash_distinct(values, scratch, count)
  }

  /// The set of the shingles at ``values``.
  private func set(_ count: Int) -> ShingleSet {
    let kept = min(count, ShingleSet.limit)
    return ShingleSet(smallest: Array(UnsafeBufferPointer(start: values, count: kept)), count: count)
  }

  /// Makes room for so many shingles; the buffers of one huge text are not kept for small ones.
  private func reserve(_ count: Int) {
    guard count > capacity || (capacity > Self.usual && count <= Self.usual) else { return }
    values.deallocate()
    scratch.deallocate()
    capacity = max(count, Self.usual)
    values = .allocate(capacity: capacity)
    scratch = .allocate(capacity: capacity)
  }
}

/// What near duplicates of a text are found by.
public struct TextSketch: Sendable, Hashable {
  /// One hash for each band of the signature, ``RecordSketch/bandCount`` of them, or none where there is no
  /// word.
  public let bands: [UInt64]
  /// The shingles of the text.
  public let shingles: ShingleSet

  /// Puts a sketch together.
  public init(bands: [UInt64], shingles: ShingleSet) {
    self.bands = bands
    self.shingles = shingles
  }

  /// Whether two texts are near duplicates.
  public static func areSimilar(_ left: TextSketch, _ right: TextSketch, threshold: Double) -> Bool {
    ShingleSet.areSimilar(left.shingles, right.shingles, threshold: threshold)
  }
}

/// The smallest images of shingles under each permutation.
struct Signature {
  static let permutations = Permutations()
  static let rows = Int(CMINHASH_PERMUTATIONS) / RecordSketch.bandCount

  private(set) var minima = [UInt32](repeating: .max, count: Int(CMINHASH_PERMUTATIONS))

  private static let half = Int(CMINHASH_PERMUTATIONS) / 2

  /// Makes it that of no shingle.
  mutating func clear() {
    minima.withUnsafeMutableBufferPointer { $0.update(repeating: .max) }
  }

  /// Adds shingles to all minima.
  mutating func add(_ values: UnsafePointer<UInt32>, _ count: Int) {
    cminhash_sign(values, count, Self.permutations.multipliers, Self.permutations.addends, &minima)
  }

  /// Adds shingles to the first half of the minima, or to the second.
  mutating func add(_ values: UnsafePointer<UInt32>, _ count: Int, half: Int) {
    let start = half * Self.half
    minima.withUnsafeMutableBufferPointer { minima in
      Self.permutations.multipliers.withUnsafeBufferPointer { multipliers in
        Self.permutations.addends.withUnsafeBufferPointer { addends in
          guard let a = multipliers.baseAddress, let b = addends.baseAddress, let least = minima.baseAddress
          else { return }
          cminhash_sign_half(values, count, a + start, b + start, least + start)
        }
      }
    }
  }

  /// A hash of the minima of each band: six in a row, or of parts three of the first half and three of the second.
  func bands(ofParts: Bool) -> [UInt64] {
    minima.withUnsafeBufferPointer { minima in
      (0..<RecordSketch.bandCount).map { band in
        // The band's number goes in first, above the minima, so that equal minima in two bands give two
        // hashes.
        var hash = UInt64(band + 1) << 32
        for row in 0..<Self.rows {
          let place =
            ofParts
            ? band * Self.rows / 2 + row / 2 + (row & 1) * Self.half : band * Self.rows + row
          hash = (hash ^ UInt64(minima[place])) &* 0x9E37_79B9_7F4A_7C15
          hash ^= hash >> 32
        }
        return hash
      }
    }
  }
}

/// The numbers of the permutations x ↦ ax + b modulo 2³², a odd.
///
/// They are the upper halves of the numbers that SplitMix64 (Steele et al. 2014, "Fast splittable
/// pseudorandom number generators") gives for the seed 1, a and b in turn.
struct Permutations: Sendable {
  let multipliers: [UInt32]
  let addends: [UInt32]

  init() {
    var state: UInt64 = 1
    func next() -> UInt32 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return UInt32(truncatingIfNeeded: (value ^ value >> 31) >> 32)
    }
    var (multipliers, addends): ([UInt32], [UInt32]) = ([], [])
    for _ in 0..<Int(CMINHASH_PERMUTATIONS) {
      multipliers.append(next() | 1)
      addends.append(next())
    }
    self.multipliers = multipliers
    self.addends = addends
  }
}
