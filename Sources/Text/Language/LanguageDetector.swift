import CCLD2

/// The language of a text, as far as it can be told.
public struct DetectedLanguage: Sendable, Hashable {
  /// The code of a language that was not told.
  public static let undetermined = "und"

  /// ISO 639-1's code in lower case, ISO 639-2's where that has none; `und` where the language was not told.
  public let code: String
  /// How sure it is, 0 to 1; 0 with `und`.
  public let confidence: Double

  /// Whether the language was told.
  public var isKnown: Bool { code != Self.undetermined }

  /// States a language.
  /// - Parameters:
  ///   - code: its code.
  ///   - confidence: 0 to 1.
  public init(code: String, confidence: Double) {
    self.code = code
    self.confidence = confidence
  }

  static let unknown = DetectedLanguage(code: undetermined, confidence: 0)
}

/// Tells the language of a text, or says that it cannot be told.
///
/// Three looks, cheapest first: the script (Kana is Japanese, Hangul Korean), the small words of English,
/// German, French, Spanish, Italian, Portuguese and Dutch where they speak plainly, and CLD2 for the rest.
/// What is too short or in doubt is `und`: a wrong language costs a record, an unknown one nothing. It holds
/// nothing between calls, and several tasks may call it at once.
public enum LanguageDetector {
  /// The fewest letters of a text in an alphabet that is judged.
  static let minLetters = 12
  /// The fewest letters of a text that CLD2 alone decides on: of what it says of one to three words a tenth is wrong
  /// (measured).
  static let minLettersAlone = 32
  /// The fewest letters of a text that CLD2 takes for one of ``common``.
  static let minLettersCommon = 18
  /// Languages that most chats are in, so that CLD2's answer is more often right than with others.
  static let common: Set<String> = ["en", "de", "fr", "es", "it", "pt", "nl", "ru", "ja", "zh"]
  /// The fewest small words that decide alone.
  static let minHits: Int32 = 4

  /// Tells the language of a text in UTF-8, of which at most the first 600 bytes of words are read.
  /// - Parameter text: any bytes.
  /// - Returns: the language, or `und`.
  public static func detect(_ text: UnsafeRawBufferPointer) -> DetectedLanguage {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: LanguageSample.most + 8) { buffer in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: 32) { counts in
        // Most texts are plain after a few lines.
        let brief = LanguageSample(text, most: LanguageSample.brief, into: buffer)
        if let language = plain(brief, buffer, counts) { return language }
        if brief.count + 1 < LanguageSample.brief { return doubtful(brief, buffer, counts) }
        let sample = LanguageSample(text, most: LanguageSample.most, into: buffer)
        return plain(sample, buffer, counts) ?? doubtful(sample, buffer, counts)
      }
    }
  }

  /// What script and small words tell; nil if they do not.
  private static func plain(
    _ sample: LanguageSample, _ buffer: UnsafeMutableBufferPointer<UInt8>,
    _ counts: UnsafeMutableBufferPointer<Int32>
  ) -> DetectedLanguage? {
    let ideographs = sample.han + sample.kana + sample.hangul
    if ideographs * 2 > sample.letters {
      if sample.hangul * 2 > ideographs { return known("ko", sample.hangul, of: sample.letters) }
      if sample.kana * 8 > ideographs, ideographs >= 3 { return known("ja", ideographs, of: sample.letters) }
      // A few Han characters may be Chinese or Japanese.
      if ideographs < 6 { return .unknown }
    } else if sample.letters < minLetters || sample.letters < 2 * sample.words {
      // Words of one letter are formulas or damage.
      return .unknown
    } else if sample.cyrillic * 4 > sample.letters * 3, sample.russian > 0, sample.unRussian == 0 {
      // Belarusian has і and ў, and the Turkic languages that write ы have letters of their own as well.
      return known("ru", sample.cyrillic, of: sample.letters)
    }
    let votes = WordVotes(UnsafeRawBufferPointer(start: buffer.baseAddress, count: sample.count), counts)
    // A language's own small words are a third to a half of its words.
    guard votes.best < FunctionWords.decided, votes.hits >= minHits, votes.hits * 5 >= Int32(sample.words),
      votes.second * 3 <= votes.hits * 2
    else { return nil }
    return DetectedLanguage(
      code: votes.code, confidence: Double(votes.hits) / Double(votes.hits + votes.second))
  }

  private static func known(_ code: String, _ part: Int, of whole: Int) -> DetectedLanguage {
    DetectedLanguage(code: code, confidence: Double(part) / Double(max(whole, 1)))
  }

  /// What small words say.
  private struct WordVotes {
    let counts: UnsafeMutableBufferPointer<Int32>
    private(set) var best = 0
    private(set) var second: Int32 = 0
    var hits: Int32 { counts[best] }
    var code: String { FunctionWords.codes[best] }

    init(_ bytes: UnsafeRawBufferPointer, _ counts: UnsafeMutableBufferPointer<Int32>) {
      self.counts = counts
      FunctionWords.count(bytes, into: counts)
      for language in 1..<FunctionWords.keywords where counts[language] > counts[best] { best = language }
      for language in 0..<FunctionWords.keywords where language != best {
        second = max(second, counts[language])
      }
    }

    func hits(of code: String) -> Int32 {
      FunctionWords.codes.firstIndex(of: code).map { counts[$0] } ?? 0
    }
  }

  /// CLD2's answer, where small words do not speak against it.
  private static func doubtful(
    _ sample: LanguageSample, _ buffer: UnsafeMutableBufferPointer<UInt8>,
    _ counts: UnsafeMutableBufferPointer<Int32>
  ) -> DetectedLanguage {
    guard let start = buffer.baseAddress else { return .unknown }
    let votes = WordVotes(UnsafeRawBufferPointer(start: start, count: sample.count), counts)
    let result = ccld2_detect(start, sample.count, 1)
    guard result.percent >= 70, let name = result.code else { return .unknown }
    let code = standard(String(cString: name))
    guard code != "un" else { return .unknown }
    let own = votes.hits(of: code) + (code == "en" ? votes.counts[FunctionWords.keywords] : 0)
    // Japanese of more than a few words has Kana.
    if code == "ja", sample.kana == 0 { return .unknown }
    // Serbian and Ukrainian cannot be written for long without their own letters.
    if code == "sr" || code == "uk", sample.cyrillic > 0, sample.unRussian == 0 {
      let russian = votes.hits(of: "ru")
      guard russian >= 2, russian > votes.hits(of: "bg") else { return .unknown }
      return DetectedLanguage(code: "ru", confidence: 0.6)
    }
    let isCommon = common.contains(code)
    let isListed = FunctionWords.codes.contains(code)
    if isListed || votes.hits >= 3, votes.hits > own, !isCommon || common.contains(votes.code) {
      // Another language has more of the small words: a name or a title misled one of the two.
      guard votes.best < FunctionWords.decided, votes.hits >= 3, votes.hits >= 2 * max(own, votes.second)
      else { return .unknown }
      return DetectedLanguage(code: votes.code, confidence: 0.6)
    }
    let isWide = sample.han + sample.kana + sample.hangul > 0
    let enough = sample.letters >= (isCommon ? minLettersCommon : minLettersAlone)
    guard isWide || enough || own >= 2 && sample.letters >= 16 else { return .unknown }
    guard result.is_reliable == 1 || own >= (isCommon ? 1 : 2) else { return .unknown }
    return DetectedLanguage(code: code, confidence: Double(result.percent) / 100)
  }

  /// CLD2's code as ISO 639 has it.
  private static func standard(_ code: String) -> String {
    switch code {
    case "zh-Hant": "zh"
    case "iw": "he"
    case "jw": "jv"
    case "in": "id"
    case "sr-ME": "sr"
    default: code
    }
  }

  /// Whether two languages are so near that a text in one is often taken for the other, so that a difference
  /// says nothing.
  public static func areNear(_ one: String, _ other: String) -> Bool {
    if one == other { return true }
    return near.contains { $0.contains(one) && $0.contains(other) }
  }

  private static let near: [Set<String>] = [
    ["no", "nb", "nn", "da"], ["hr", "sr", "bs"], ["id", "ms"], ["es", "gl"], ["pt", "gl"], ["es", "ca"],
    ["cs", "sk"], ["nl", "af"], ["bg", "mk"], ["be", "uk"], ["be", "ru"],
  ]
}
