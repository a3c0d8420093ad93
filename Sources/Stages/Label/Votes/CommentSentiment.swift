import Records
import Text

/// Reads from a comment on an answer whether it was good or bad, where the comment is plain about it.
///
/// A list of words and phrases (``SentimentWords``: English, German, French, Spanish, Italian, Portuguese, Dutch, and a few of
/// Chinese and Japanese, thumbs and faces) counts for and against. A negation among the three words before a word of praise
/// and in the same clause turns it (`not helpful`, `nicht hilfreich`); before a word of blame it takes it away (`no
/// errors`), since that is no praise yet. What is on one side alone is read; of both sides one must have three times the
/// other; else it abstains, as it does on a comment that has none of the words. Irony is read as it is written.
///
/// Only the first 300 words are looked at: who writes more weighs more than one thing.
struct CommentSentiment {
  /// Words that are looked at.
  static let words = 300
  /// Words before a word of praise in which a negation counts.
  static let reach = 3
  /// How much more one side needs where there are both.
  static let ratio = 3

  private static let phrases = PhraseSet(
    SentimentWords.good.map { ($0, 1) } + SentimentWords.bad.map { ($0, -1) })
  private static let negations = PhraseSet(SentimentWords.negations.map { ($0, 1) })

  private let grams = WordGrams()

  /// What a comment says; nil where it is not plain.
  func reading(of text: UnsafeRawBufferPointer) -> LabelClass? {
    grams.scan(text)
    let hits = Self.phrases.hits(in: grams, limit: Self.words)
    guard !hits.isEmpty else { return nil }
    let negated = Set(Self.negations.hits(in: grams, limit: Self.words).map { $0.word + $0.count - 1 })
    var (good, bad) = (0, 0)
    for hit in hits {
      let isNegated = isNegated(hit.word, by: negated, text)
      switch (hit.score > 0, isNegated) {
      case (true, false): good += 1
      case (true, true), (false, false): bad += 1
      case (false, true): break
      }
    }
    if good > 0, good >= bad * Self.ratio { return .good }
    if bad > 0, bad >= good * Self.ratio { return .bad }
    return nil
  }

  /// Whether a negation stands among the words before `word`, with no mark between that ends a clause.
  private func isNegated(_ word: Int, by negated: Set<Int>, _ text: UnsafeRawBufferPointer) -> Bool {
    var place = word - 1
    while place >= max(0, word - Self.reach) {
      let between = grams.words.range(of: place).upperBound..<grams.words.range(of: place + 1).lowerBound
      if text[between].contains(where: { [0x2C, 0x2E, 0x3B, 0x3A, 0x21, 0x3F, 0x0A].contains($0) }) {
        return false
      }
      if negated.contains(place) { return true }
      place -= 1
    }
    return false
  }
}
