import Text

/// A text that is like another.
public struct NearestText: Sendable, Hashable {
  /// The other's id.
  public let id: String
  /// ROUGE-L's F measure, 0 to 1.
  public let likeness: Double

  /// States a likeness.
  public init(id: String, likeness: Double) {
    self.id = id
    self.likeness = likeness
  }
}

/// Texts that new ones must differ from.
///
/// A new instruction is taken where its ROUGE-L with all others is 0.7 at most (Self-Instruct, Y. Wang et al.,
/// arXiv 2212.10560, section 2.2). ROUGE-L is the F measure, precision and recall alike, of the longest common
/// subsequence of words (C.-Y. Lin, ROUGE, 2004); words are those of `WordScanner`.
///
/// Two texts of m and n words that are more alike than the limit share more than half of it times m + n words, so
/// only texts that hold one of a text's rarest words are compared, by a subsequence of 64 words at a time (H. Hyyrö,
/// Bit-parallel LCS-length computation revisited, 2004). Owned by one task at a time.
public final class NoveltyPool {
  /// What Self-Instruct takes: 0.7.
  public static let usualLimit = 0.7
  /// Words of a text that are compared, from the first on; more than any prompt that is written for a task.
  static let mostWords = 2048

  private struct Entry {
    let id: String
    let words: [UInt64]
  }

  private let limit: Double
  private let scanner = WordScanner()
  private var entries: [Entry] = []
  /// Which texts hold a word for the first, second, … time.
  private var holders: [UInt64: [Int32]] = [:]

  /// Makes an empty pool.
  /// - Parameter limit: the likeness above which a text is not new, above 0 and below 1; default 0.7.
  public init(limit: Double = NoveltyPool.usualLimit) { self.limit = min(max(limit, 0.01), 0.99) }

  /// Texts in the pool.
  public var count: Int { entries.count }

  /// Adds a text.
  public func add(id: String, text: String) {
    let words = words(of: text)
    for element in Self.elements(words) { holders[element, default: []].append(Int32(entries.count)) }
    entries.append(Entry(id: id, words: words))
  }

  /// The text that is most like this one, of several the first that was added; nil where all are different enough.
  ///
  /// A text without words is like nothing.
  public func nearest(to text: String) -> NearestText? {
    let words = words(of: text)
    guard !words.isEmpty else { return nil }
    var masks = SubsequenceMasks(words)
    var best: NearestText?
    var bestEntry = Int32.max
    for entry in candidates(words) {
      let other = entries[Int(entry)]
      let both = Double(words.count + other.words.count)
      // No subsequence is longer than the shorter text.
      guard 2 * Double(min(words.count, other.words.count)) / both > limit else { continue }
      let likeness = 2 * Double(masks.longestCommon(other.words)) / both
      guard likeness > limit else { continue }
      if likeness > best?.likeness ?? 0 || likeness == best?.likeness && entry < bestEntry {
        best = NearestText(id: other.id, likeness: likeness)
        bestEntry = entry
      }
    }
    return best
  }

  /// Texts that share one of the words of which any text alike must have one.
  private func candidates(_ words: [UInt64]) -> Set<Int32> {
    // With n words, alike means a subsequence above limit / 2 × (m + n), and n is above limit / (2 − limit) × m: so
    // more than limit / (2 − limit) of the m words are shared, and one of any others and one more.
    let least = Int(Double(words.count) * limit / (2 - limit))
    let elements = Self.elements(words).map { (count: holders[$0]?.count ?? 0, element: $0) }
      .sorted { ($0.count, $0.element) < ($1.count, $1.element) }
    var found: Set<Int32> = []
    for (_, element) in elements.prefix(max(1, words.count - least)) {
      found.formUnion(holders[element] ?? [])
    }
    return found
  }

  private func words(of text: String) -> [UInt64] {
    var text = text
    return text.withUTF8 { bytes in
      scanner.scan(UnsafeRawBufferPointer(bytes))
      return Array(scanner.hashes.prefix(Self.mostWords))
    }
  }

  /// Words made different by how often they stood before, so that shared ones can be counted as those of sets.
  private static func elements(_ words: [UInt64]) -> [UInt64] {
    var seen: [UInt64: UInt64] = [:]
    return words.map { word in
      let times = seen[word, default: 0]
      seen[word] = times + 1
      return word &+ times &* 0x9E37_79B9_7F4A_7C15
    }
  }
}

/// Where each word stands in a text, a bit for each place.
struct SubsequenceMasks {
  private let blocks: Int
  private let count: Int
  private var masks: [UInt64: [UInt64]] = [:]
  private var row: [UInt64]

  init(_ words: [UInt64]) {
    count = words.count
    blocks = (words.count + 63) / 64
    row = []
    for (place, word) in words.enumerated() {
      masks[word, default: [UInt64](repeating: 0, count: blocks)][place / 64] |= 1 << UInt64(place % 64)
    }
  }

  /// Words in the longest subsequence that both texts have.
  mutating func longestCommon(_ other: [UInt64]) -> Int {
    row = [UInt64](repeating: ~0, count: blocks)
    for word in other {
      guard let mask = masks[word] else { continue }
      var carry = false
      for block in 0..<blocks {
        let both = row[block] & mask[block]
        let (sum, first) = row[block].addingReportingOverflow(both)
        let (whole, second) = sum.addingReportingOverflow(carry ? 1 : 0)
        carry = first || second
        row[block] = whole | (row[block] & ~mask[block])
      }
    }
    // A place is in the subsequence where its bit has become 0.
    let unused = blocks * 64 - count
    let zeros = row.reduce(0) { $0 + (~$1).nonzeroBitCount }
    guard unused > 0, let last = row.last else { return zeros }
    return zeros - (~last >> UInt64(64 - unused)).nonzeroBitCount
  }
}
