import Foundation
import Text

/// How fast records are sketched, and how many near duplicates the sketches find and miss.
///
/// What is right is computed from words and sets of strings, without the sketches. Speeds are of one core.
enum MinHashMeasure {
  private static let threshold = 0.8

  static func run() throws -> Bool {
    var figures = Figures()
    speed(&figures)
    let texts = try MinHashTexts.published()
    published(texts, &figures)
    var falseMerges = 0
    for family in Family.allCases {
      let pairs = family.pairs(texts)
      falseMerges += curve(family, pairs, &figures)
    }
    figures.note("minhash_false_merges", Double(falseMerges), "pairs", atMost: 0)
    return figures.passed
  }

  /// One document a line, for the peers.
  static func printDocuments() throws -> Bool {
    for text in MinHashTexts.documents(2000) { print(String(decoding: text, as: UTF8.self)) }
    return true
  }

  /// Pairs of short texts and their similarity, one pair a line with tabs between, for the peers.
  static func printPairs() throws -> Bool {
    let pairs = Family.texts.pairs(try MinHashTexts.published())
    for index in stride(from: 0, to: pairs.count, by: max(1, pairs.count / 3000)) {
      let pair = pairs[index]
      print("\(pair.exact)\t\(pair.left.1)\t\(pair.right.1)")
    }
    return true
  }

  // MARK: Speed

  /// Seconds of a core that this thread has used, so that what else runs counts little.
  private static func coreSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func speed(_ figures: inout Figures) {
    let texts = MinHashTexts.documents(10_000)
    let size = texts.reduce(0) { $0 + $1.count }
    /// The best of ten rounds, in seconds of a core.
    func best(_ body: ([UInt8]) -> Int) -> Double {
      var least = Double.infinity
      for _ in 0..<10 {
        let start = coreSeconds()
        var sum = 0
        for text in texts { sum &+= body(text) }
        least = min(least, coreSeconds() - start)
        // Without a use of the sum nothing would have to be computed.
        if sum == 42 { print("forty-two") }
      }
      return least
    }
    let scanner = WordScanner()
    let scanning = best { text in
      text.withUnsafeBytes { scanner.scan($0) }
      return scanner.wordCount
    }
    figures.note("words_mb_per_s_core", Double(size) / scanning / 1e6, "MB/s")
    let grams = WordGrams()
    let runs = best { text in
      var sum = 0
      text.withUnsafeBytes { grams.scan($0) }
      grams.forEachGram(13) { hash, range in sum &+= Int(truncatingIfNeeded: hash) &+ range.lowerBound }
      return sum
    }
    figures.note("word_grams_mb_per_s_core", Double(size) / runs / 1e6, "MB/s")
    let sketcher = Sketcher()
    let signing = best { text in
      text.withUnsafeBytes { sketcher.sketch(text: $0).shingles.count }
    }
    figures.note("minhash_mb_per_s_core", Double(size) / signing / 1e6, "MB/s")
    figures.note("minhash_documents_per_s_core", Double(texts.count) / signing, "documents/s")
    // An input of 300 bytes and the rest as output.
    let records = best { text in
      text.withUnsafeBytes {
        sketcher.sketch(
          input: UnsafeRawBufferPointer(rebasing: $0[..<300]),
          output: UnsafeRawBufferPointer(rebasing: $0[300...])
        ).output.count
      }
    }
    figures.note("minhash_record_mb_per_s_core", Double(size) / records / 1e6, "MB/s")
  }

  // MARK: Pairs as they are

  /// Near duplicates among published texts: all that there are against all that are found.
  private static func published(_ texts: [String], _ figures: inout Figures) {
    let sketcher = Sketcher()
    var sketches: [TextSketch] = []
    var sets: [Set<String>] = []
    var otherCounts = 0
    for text in texts {
      sketches.append(sketch(text, sketcher))
      sets.append(MinHashTexts.shingles(MinHashTexts.words(text)))
      if sets[sets.count - 1].count != sketches[sketches.count - 1].shingles.count { otherCounts += 1 }
    }
    var byShingle: [String: [Int]] = [:]
    for (index, set) in sets.enumerated() {
      for shingle in set { byShingle[shingle, default: []].append(index) }
    }
    var right: Set<[Int]> = []
    for members in byShingle.values {
      for (place, second) in members.enumerated() {
        for first in members[..<place] where MinHashTexts.jaccard(sets[first], sets[second]) >= threshold {
          right.insert([first, second])
        }
      }
    }
    var byBand: [[UInt64]: [Int]] = [:]
    for (index, sketch) in sketches.enumerated() {
      for (band, hash) in sketch.bands.enumerated() {
        byBand[[UInt64(band), hash], default: []].append(index)
      }
    }
    var candidates: Set<[Int]> = []
    for members in byBand.values {
      for (place, second) in members.enumerated() {
        for first in members[..<place] { candidates.insert([first, second]) }
      }
    }
    let found = candidates.filter {
      TextSketch.areSimilar(sketches[$0[0]], sketches[$0[1]], threshold: threshold)
    }
    figures.note("minhash_published_texts", Double(texts.count), "texts")
    figures.note("minhash_published_other_words", Double(otherCounts), "texts")
    figures.note("minhash_published_pairs", Double(right.count), "pairs")
    figures.note("minhash_published_recall", share(found.intersection(right).count, right.count), "share")
    figures.note("minhash_published_precision", share(found.intersection(right).count, found.count), "share")
    figures.note("minhash_published_candidates", Double(candidates.count), "pairs")
  }

  private static func share(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 1 : Double(part) / Double(whole)
  }

  private static func sketch(_ text: String, _ sketcher: Sketcher) -> TextSketch {
    Array(text.utf8).withUnsafeBytes { sketcher.sketch(text: $0) }
  }

  // MARK: Edited pairs

  /// A record or text, and one made of it; a text alone is an output without an input.
  struct Pair {
    let left: (String, String)
    let right: (String, String)
    /// The similarity of the parts that are less alike.
    let exact: Double
  }

  enum Family: String, CaseIterable {
    /// Texts of 30 to 500 words.
    case texts = ""
    /// Records of two such texts, both edited.
    case records = "_record"
    /// Texts of 600 to 3,000 words, of which only the smallest hashes are kept.
    case long = "_long"

    /// Pairs at all similarities from 0.45 on, in the same number for each twentieth that edits aim at.
    func pairs(_ texts: [String]) -> [Pair] {
      var numbers = SeededNumbers(state: 17)
      let words = texts.map(MinHashTexts.words)
      let all = words.flatMap { $0 }
      let short = words.filter { (30...500).contains($0.count) }
      var pairs: [Pair] = []
      for step in 9...19 {
        for _ in 0..<(self == .long ? 150 : 1000) {
          let aim = (Double(step) + numbers.share()) / 20
          func edit(_ words: [String]) -> (left: String, right: String, exact: Double) {
            // An edit of a run of n words touches five of its n − 4 shingles, on both sides.
            let edits = Double(words.count - 4) * (1 - aim) / (1 + aim) / 5
            let other = MinHashTexts.edited(words, edits: Int(edits + numbers.share()), from: all, &numbers)
            let exact = MinHashTexts.jaccard(MinHashTexts.shingles(words), MinHashTexts.shingles(other))
            return (words.joined(separator: " "), other.joined(separator: " "), exact)
          }
          switch self {
          case .texts:
            let text = edit(short[numbers.below(short.count)])
            pairs.append(Pair(left: ("", text.left), right: ("", text.right), exact: text.exact))
          case .records:
            let (input, output) = (
              edit(short[numbers.below(short.count)]), edit(short[numbers.below(short.count)])
            )
            pairs.append(
              Pair(
                left: (input.left, output.left), right: (input.right, output.right),
                exact: min(input.exact, output.exact)))
          case .long:
            let size = 600 + numbers.below(2400)
            var text: [String] = []
            while text.count < size { text += short[numbers.below(short.count)] }
            let edited = edit(text)
            pairs.append(Pair(left: ("", edited.left), right: ("", edited.right), exact: edited.exact))
          }
        }
      }
      return pairs
    }
  }

  /// Prints for each twentieth of similarity what becomes a candidate and what is found; returns the false
  /// merges.
  private static func curve(_ family: Family, _ pairs: [Pair], _ figures: inout Figures) -> Int {
    let sketcher = Sketcher()
    func sketch(_ record: (String, String)) -> RecordSketch {
      Array(record.0.utf8).withUnsafeBytes { input in
        Array(record.1.utf8).withUnsafeBytes { sketcher.sketch(input: input, output: $0) }
      }
    }
    let judged = pairs.map { pair in
      let (left, right) = (sketch(pair.left), sketch(pair.right))
      return (
        exact: pair.exact, left: left, right: right,
        candidate: zip(left.bands, right.bands).contains { $0 == $1 }
      )
    }
    print("  similarity  pairs  expected  candidates  found at its own threshold  found at \(threshold)")
    for step in 10...19 {
      let least = Double(step) / 20
      // A similarity is a fraction, so the borders are met exactly or not at all.
      let bin = judged.filter { $0.exact >= least && ($0.exact < least + 0.05 || step == 19) }
      let candidates = bin.filter(\.candidate)
      func found(_ threshold: Double) -> Double {
        let similar = candidates.filter { RecordSketch.areSimilar($0.left, $0.right, threshold: threshold) }
        return share(similar.count, bin.count)
      }
      let expected = bin.reduce(0) { $0 + 1 - pow(1 - pow($1.exact, 6), 20) } / Double(max(bin.count, 1))
      let columns = [expected, share(candidates.count, bin.count), found(least), found(threshold)]
      print(
        "  \(least)".padding(toLength: 14, withPad: " ", startingAt: 0)
          + String(bin.count).padding(toLength: 7, withPad: " ", startingAt: 0)
          + columns.map { String(format: "%.4f  ", $0) }.joined())
      let name = String(format: "%.2f", least)
      figures.note("minhash\(family.rawValue)_candidates_\(name)", columns[1], "share")
      figures.note("minhash\(family.rawValue)_recall_\(name)", columns[2], "share")
      // Where similarities are estimated, pairs just above the threshold are left apart.
      if family == .long { figures.note("minhash_long_found_\(name)", columns[3], "share") }
    }
    let merged = judged.filter {
      $0.candidate && RecordSketch.areSimilar($0.left, $0.right, threshold: threshold)
    }
    let wrong = merged.filter { $0.exact < threshold }
    figures.note(
      "minhash\(family.rawValue)_precision", share(merged.count - wrong.count, merged.count), "share")
    let isWhole = { (pair: RecordSketch) in pair.input.isWhole && pair.output.isWhole }
    figures.note(
      "minhash\(family.rawValue)_whole_pairs",
      Double(judged.filter { isWhole($0.left) && isWhole($0.right) }.count), "pairs")
    return wrong.filter { isWhole($0.left) && isWhole($0.right) }.count
  }
}
