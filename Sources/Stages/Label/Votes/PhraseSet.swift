import Text

/// Phrases of one to six words, each with a score, and where they stand in a text.
///
/// Words are those of ``WordScanner``: lower case, parted by whatever is no letter or digit, so that `doesn't work` is
/// three of them; each ideograph and emoji is one. The time taken is linear in the text.
struct PhraseSet: Sendable {
  /// A phrase in a text.
  struct Hit: Hashable {
    /// Its first word.
    let word: Int
    /// Its number of words.
    let count: Int
    /// Its score.
    let score: Int
  }

  /// Scores by the hash of the whole phrase, by number of words less one.
  private let scores: [[UInt64: Int]]

  /// Takes phrases with their scores; of two spellings that are the same words the later counts.
  init(_ phrases: [(text: String, score: Int)]) {
    let grams = WordGrams()
    var scores: [[UInt64: Int]] = []
    for phrase in phrases {
      var text = phrase.text
      text.withUTF8 { grams.scan(UnsafeRawBufferPointer($0)) }
      guard let hash = grams.wholeText, grams.wordCount <= 6 else { continue }
      while scores.count < grams.wordCount { scores.append([:]) }
      scores[grams.wordCount - 1][hash] = phrase.score
    }
    self.scores = scores
  }

  /// The phrases in the text that was scanned last, from left to right; of several that begin at one word the
  /// longest, and none within another.
  /// - Parameters:
  ///   - grams: has scanned the text.
  ///   - limit: words that are looked at.
  /// - Returns: hits.
  func hits(in grams: WordGrams, limit: Int) -> [Hit] {
    let words = min(grams.wordCount, limit)
    var found = [Hit?](repeating: nil, count: words)
    for (index, table) in scores.enumerated() where !table.isEmpty {
      var word = 0
      grams.forEachGram(index + 1) { hash, _ in
        if word + index < words, let score = table[hash] {
          found[word] = Hit(word: word, count: index + 1, score: score)
        }
        word += 1
      }
    }
    var hits: [Hit] = []
    var next = 0
    for hit in found.compactMap(\.self) where hit.word >= next {
      hits.append(hit)
      next = hit.word + hit.count
    }
    return hits
  }
}
