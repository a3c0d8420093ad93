import CMinHash

/// Makes sketches of records and texts, by which near duplicates are found.
///
/// A text is the set of its shingles: its runs of five words (see ``WordScanner``), or one run of all its words where
/// it has fewer. The signature is a MinHash (Broder 1997, "On the resemblance and containment of documents"): for each
/// of 120 permutations of the numbers of 32 bits the smallest image of any shingle, so that two sets have the same
/// minimum with a probability that is their Jaccard similarity s. Twenty bands of six minima make two sets candidates
/// with probability 1 − (1 − s⁶)²⁰: 0.998 at 0.8, 0.91 at 0.7, 0.27 at 0.5. Candidates are then compared by their
/// ``ShingleSet``s.
///
/// Runs of five words are what RefinedWeb (Penedo et al. 2023) and datatrove's MinhashConfig take.
///
/// The time taken is linear in the length of the text. A sketcher keeps its buffers from one text to the next and is
/// owned by one task at a time.
public final class Sketcher {
  /// Counts up when sketches change, which they do with the words as well; those of two versions cannot be compared.
  public static let version = 1

  /// Words in a shingle.
  public static let shingleSize = 5

  /// What tells equal shingles of different parts apart in a signature.
  private enum Part: UInt32 {
    case text = 0
    // Halves of 2⁶⁴ over the golden ratio: any two different numbers.
    case input = 0x9E37_79B9
    case output = 0x7F4A_7C15
  }

  private let grams = WordGrams()
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
  /// Its signature is that of the shingles of both parts together, where a shingle of one part is never one of the
  /// other. A record without any word has no bands, so that it is no candidate for anything.
  /// - Parameters:
  ///   - input: the last user message, UTF-8, valid or not.
  ///   - output: the output, likewise.
  /// - Returns: the sketch.
  public func sketch(input: UnsafeRawBufferPointer, output: UnsafeRawBufferPointer) -> RecordSketch {
    var signature = Signature()
    let input = add(input, .input, to: &signature)
    let output = add(output, .output, to: &signature)
    let bands = input.count + output.count == 0 ? [] : signature.bands()
    return RecordSketch(bands: bands, input: input, output: output)
  }

  /// The sketch of one text; one without any word has no bands.
  /// - Parameter text: UTF-8, valid or not.
  /// - Returns: the sketch.
  public func sketch(text: UnsafeRawBufferPointer) -> TextSketch {
    var signature = Signature()
    let shingles = add(text, .text, to: &signature)
    return TextSketch(bands: shingles.count == 0 ? [] : signature.bands(), shingles: shingles)
  }

  /// Shingles that the buffers hold at first: those of a text of some 400 KB.
  private static let usual = 1 << 16

  private func add(_ text: UnsafeRawBufferPointer, _ part: Part, to signature: inout Signature) -> ShingleSet
  {
    grams.scan(text)
    let words = grams.wordCount
    reserve(words)
    var count = 0
    if words < Self.shingleSize {
      if let whole = grams.wholeText {
        values[0] = UInt32(truncatingIfNeeded: whole >> 32)
        count = 1
      }
    } else {
      let values = values
      grams.forEachGram(Self.shingleSize) { hash, _ in
        values[count] = UInt32(truncatingIfNeeded: hash >> 32)
        count += 1
      }
      count = cminhash_distinct(values, scratch, count)
    }
    signature.add(values, count, part.rawValue)
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
  /// One hash for each band of the signature, ``RecordSketch/bandCount`` of them, or none where there is no word.
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

  /// Adds shingles; `flip` tells those of different parts apart.
  mutating func add(_ values: UnsafePointer<UInt32>, _ count: Int, _ flip: UInt32) {
    cminhash_sign(values, count, flip, Self.permutations.multipliers, Self.permutations.addends, &minima)
  }

  /// A hash of the minima of each band.
  func bands() -> [UInt64] {
    minima.withUnsafeBufferPointer { minima in
      (0..<RecordSketch.bandCount).map { band in
        // The band's number goes in first, above the minima, so that equal minima in two bands give two hashes.
        var hash = UInt64(band + 1) << 32
        for row in 0..<Self.rows {
          hash = (hash ^ UInt64(minima[band * Self.rows + row])) &* 0x9E37_79B9_7F4A_7C15
          hash ^= hash >> 32
        }
        return hash
      }
    }
  }
}

/// The numbers of the permutations x ↦ ax + b modulo 2³², a odd.
///
/// They are the upper halves of the numbers that SplitMix64 (Steele et al. 2014, "Fast splittable pseudorandom number
/// generators") gives for the seed 1, a and b in turn.
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
