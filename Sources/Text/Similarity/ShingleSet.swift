/// The shingles of one text: hashes of its runs of words, each once.
///
/// Of a text with more than ``limit`` shingles only the smallest hashes are kept (a bottom-k sketch), so that
/// a set takes at most 2 KiB.
public struct ShingleSet: Sendable, Hashable {
  /// The most hashes that are kept: 512, some 500 words, more than most answers of a chat have.
  public static let limit = 512

  /// The smallest hashes in ascending order, none twice, at most ``limit``.
  public let smallest: [UInt32]
  /// Shingles of the whole text, none counted twice.
  public let count: Int

  /// Whether every shingle is here.
  public var isWhole: Bool { smallest.count == count }

  /// Takes hashes in ascending order.
  /// - Parameters:
  ///   - smallest: the smallest hashes, ascending, none twice, at most ``limit``.
  ///   - count: shingles of the whole text, at least as many.
  public init(smallest: [UInt32], count: Int) {
    self.smallest = smallest
    self.count = count
  }

  /// The Jaccard similarity of two sets, 0 to 1: exact where both are whole, else estimated from the smallest
  /// hashes of their union.
  ///
  /// The estimate over k hashes has the standard error √(J(1 − J)/k) (Bar-Yossef et al. 2002, "Counting
  /// distinct elements in a data stream"; Cohen & Kaplan 2007, "Summarizing data using bottom-k sketches"):
  /// at most 0.022 here. Two empty sets are equal.
  public static func jaccard(_ left: ShingleSet, _ right: ShingleSet) -> Double {
    let whole = left.isWhole && right.isWhole
    let most = whole ? Int.max : min(limit, left.smallest.count + right.smallest.count)
    return left.smallest.withUnsafeBufferPointer { left in
      right.smallest.withUnsafeBufferPointer { right in
        var (first, second, union, both) = (0, 0, 0, 0)
        while union < most, first < left.count || second < right.count {
          if second == right.count || (first < left.count && left[first] < right[second]) {
            first += 1
          } else if first == left.count || right[second] < left[first] {
            second += 1
          } else {
            both += 1
            first += 1
            second += 1
          }
          union += 1
        }
        return union == 0 ? 1 : Double(both) / Double(union)
      }
    }
  }

  /// Whether two texts are at least so similar, for sure: where the similarity is estimated, the estimate
  /// must pass the threshold by four standard errors, which a pair below it does once in 30,000 times.
  ///
  /// The error is that of drawing ``limit`` shingles of the union without putting them back. The nearer the
  /// union is to the limit, the smaller it is: at a threshold of 0.8 and a union of 600, 1000 and 5000
  /// shingles four errors are 0.027, 0.049 and 0.067.
  /// - Parameters:
  ///   - left: one text's shingles.
  ///   - right: the other's.
  ///   - threshold: 0 to 1.
  /// - Returns: whether they are.
  public static func areSimilar(_ left: ShingleSet, _ right: ShingleSet, threshold: Double) -> Bool {
    // Whatever the sets hold, they share no more than the smaller one has.
    let (fewer, more) = (Double(min(left.count, right.count)), Double(max(left.count, right.count)))
    if more > 0, fewer / more < threshold { return false }
    let value = jaccard(left, right)
    if left.isWhole && right.isWhole { return value >= threshold }
    // The union at the threshold, of which the shares of what is in both and in either are known.
    let union = (fewer + more) / (1 + threshold)
    let drawn = Double(limit)
    let rest = max(union - drawn, 0) / max(union - 1, 1)
    let error = (threshold * (1 - threshold) / drawn * rest).squareRoot()
    return value >= min(threshold + 4 * error, max(threshold, 0.995))
  }
}

/// What near duplicates of a record are found by.
public struct RecordSketch: Sendable, Hashable {
  /// Bands of a signature: records that share one are candidates.
  public static let bandCount = 20

  /// One hash for each band of the signature over the shingles of both parts: ``bandCount``, or none where
  /// neither part has a word.
  public let bands: [UInt64]
  /// The shingles of the last user message.
  public let input: ShingleSet
  /// The shingles of the output.
  public let output: ShingleSet

  /// Puts a sketch together.
  public init(bands: [UInt64], input: ShingleSet, output: ShingleSet) {
    self.bands = bands
    self.input = input
    self.output = output
  }

  /// Whether two records are near duplicates: each part at least so similar, since another answer to one
  /// question is a sibling and another question with one answer is another record.
  public static func areSimilar(_ left: RecordSketch, _ right: RecordSketch, threshold: Double) -> Bool {
    ShingleSet.areSimilar(left.output, right.output, threshold: threshold)
      && ShingleSet.areSimilar(left.input, right.input, threshold: threshold)
  }
}
