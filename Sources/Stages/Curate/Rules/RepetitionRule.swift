import Bytes
import Records
import Text

/// Drops outputs that repeat themselves.
///
/// **Reasons** (drop at more than ``dropFactor`` times a share, flag between one and that; `repeated-tail` drops)
/// - `duplicate-lines`: of the lines with three or more words, more than ``duplicateLineShare`` were there
///   before, or they hold more than ``duplicateLineCharacterShare`` of those lines' bytes; from ``minLines``
///   such lines on;
/// - `duplicate-ngrams`: the commonest run of 2, 3 or 4 words makes up more than 0.20, 0.18 or 0.16 of the
///   text, or repeated runs of 5 to 10 words more than 0.15, 0.14, 0.13, 0.12, 0.11 or 0.10; from
///   ``minWords`` words on;
/// - `repeated-tail`: the text ends in four or more repeats of one piece of up to 200 bytes, 200 bytes or
///   more in all: a model in a loop. The last repeat may be cut. The finding's place is the loop.
///
/// The shares are those of Gopher (Rae et al. 2021, "Scaling Language Models", table A1), counted in the
/// way of datatrove's `GopherRepetitionFilter`: a run's share is its count times its length, and repeated
/// runs count without overlap; here the spaces between words count in both. Gopher wrote them for web
/// pages. In a short chat answer two turns of phrase would pass 0.20, so the word runs are judged from 50
/// words on and the lines from 4 on; blank lines and lines of one or two words (braces, list heads) do not
/// count. Words end at ASCII white space; lengths are in bytes.
///
/// What passes a share by little is often a song with a chorus, a training plan or an outline: of the 687 answers
/// of OpenAssistant's first 100 trees, nearly all people's own work, 21 pass one, and 2 pass three times one. So
/// these are flagged, and only what passes ``dropFactor`` times the share is dropped.
///
/// The work is linear in the output: each length of run is one pass over one table.
public struct RepetitionRule: Rule {
  /// The rule's name.
  public static let name = "repetition"
  /// The rule's version.
  public static let version = 2
  /// The rule's reason codes.
  public static let reasons = ["duplicate-lines", "duplicate-ngrams", "repeated-tail"]
  /// What a share may be.
  public static let shareRange = 0.0...1.0
  /// What ``minWords`` may be.
  public static let minWordsRange = CurateParameters.Repetition.minWordsRange
  /// What ``minLines`` may be.
  public static let minLinesRange = 2...100_000
  /// What ``dropFactor`` may be.
  public static let dropFactorRange = 1.0...10.0

  /// The largest share of repeated lines; default 0.30, legal 0 to 1.
  public let duplicateLineShare: Double
  /// The largest share of bytes in repeated lines; default 0.20, legal 0 to 1.
  public let duplicateLineCharacterShare: Double
  /// The fewest words of a text whose word runs are judged; default 50, legal 1 to 100,000.
  public let minWords: Int
  /// The fewest lines of three words of a text whose lines are judged; default 4, legal 2 to 100,000.
  public let minLines: Int
  /// How many times a share must be passed for a drop; default 3, legal 1 to 10, where 1 is Gopher's rule itself.
  public let dropFactor: Double

  /// Gopher's shares for the commonest run of 2, 3 and 4 words.
  static let topShares = [0.20, 0.18, 0.16]
  /// Gopher's shares for repeated runs of 5 to 10 words.
  static let duplicateShares = [0.15, 0.14, 0.13, 0.12, 0.11, 0.10]

  /// Makes the rule.
  /// - Parameters:
  ///   - duplicateLineShare: the largest share of repeated lines; default 0.30.
  ///   - duplicateLineCharacterShare: the largest share of bytes in them; default 0.20.
  ///   - minWords: the fewest words for judging word runs; default 50.
  ///   - minLines: the fewest lines for judging lines; default 4.
  ///   - dropFactor: how many times a share must be passed for a drop; default 3.
  public init(
    duplicateLineShare: Double = 0.30, duplicateLineCharacterShare: Double = 0.20, minWords: Int = 50,
    minLines: Int = 4, dropFactor: Double = 3
  ) {
    self.dropFactor = dropFactor
    self.duplicateLineShare = duplicateLineShare
    self.duplicateLineCharacterShare = duplicateLineCharacterShare
    self.minWords = minWords
    self.minLines = minLines
  }

  /// Reports repetition in the output.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    let text = record.output
    if let tail = RepeatedTail.find(text) {
      report(
        Finding(
          rule: Self.name, reason: "repeated-tail", effect: .drop, part: "output", offset: tail.offset,
          length: tail.length))
    }
    // Below a word of one letter and a space each, there cannot be enough words.
    let enoughBytes = text.count >= 2 * min(minWords, 3 * minLines) - 1
    guard enoughBytes, let words = WordRuns(text) else { return }
    func note(_ reason: String, when passes: (Double) -> Bool) {
      guard passes(1) else { return }
      let effect: Finding.Effect = dropFactor == 1 || passes(dropFactor) ? .drop : .flag
      report(Finding(rule: Self.name, reason: reason, effect: effect, part: "output"))
    }
    if words.lineCount >= minLines {
      let lines = words.duplicateLines()
      note("duplicate-lines") { factor in
        Double(lines.count) > factor * duplicateLineShare * Double(words.lineCount)
          || Double(lines.bytes) > factor * duplicateLineCharacterShare * Double(words.lineBytes)
      }
    }
    if words.count >= minWords {
      note("duplicate-ngrams") { factor in
        words.exceeds(top: Self.topShares, duplicate: Self.duplicateShares, factor: factor)
      }
    }
  }
}

/// A loop at the end of a text.
enum RepeatedTail {
  static let longestPeriod = 200
  static let shortestLoop = 200
  static let repeats = 4

  /// The loop with the shortest period, if there is one.
  static func find(_ text: UnsafeRawBufferPointer) -> (offset: Int, length: Int)? {
    var end = text.count
    while end > 0, ASCIIText.isSpace(text[end - 1]) { end -= 1 }
    guard let base = text.baseAddress, end >= shortestLoop else { return nil }
    func eight(_ place: Int) -> UInt64 { base.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
    let last = eight(end - 8)
    for period in 1...min(longestPeriod, end - 8) where eight(end - 8 - period) == last {
      let needed = max(shortestLoop, repeats * period)
      guard needed <= end else { return nil }
      var place = end - 1
      let limit = end - needed + period
      while place >= limit, text[place] == text[place - period] { place -= 1 }
      guard place < limit else { continue }
      while place >= period, text[place] == text[place - period] { place -= 1 }
      let start = place + 1 - period
      return (start, end - start)
    }
    return nil
  }
}
