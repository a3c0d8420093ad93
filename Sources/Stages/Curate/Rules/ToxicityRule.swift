import Bytes
import Records
import Text

/// Finds insults, slurs, threats and obscenity, in the last user message and in the output, apart.
///
/// **Reasons**
/// - `slur`: a strong word of the lexicon, such as a slur against a group;
/// - `threat`: a phrase that threatens or wishes harm;
/// - `profanity`: a coarse word, where the classifier gives its surroundings at least ``confirmThreshold``;
/// - `suspected-toxicity`: a word that says nothing by itself ("kill", "stupid", "hate"), where the classifier gives its
///   surroundings at least ``classifierThreshold``.
///
/// **Effects.** In the output a finding drops the record; in the input it flags, since a system learns to answer rude
/// people from records with rude inputs. A slur or threat that the classifier gives less than ``doubtThreshold``, as in a
/// dictionary's entry, only flags in outputs too. Without a classifier, hints say nothing, and coarse words flag from
/// ``fewestCoarseWords`` on.
///
/// The classifier is asked only near words of the lexicon, at most at ``mostWeighed`` places of a part, so that most
/// texts cost one pass over their words. Words are whole words: "Scunthorpe" and "assess" hold none. Letters in disguise
/// are read as plain ones (``WordLexicon``, ``TextFolder``). English, with a few words of other languages.
///
/// Without a models folder the rule knows ``ToxicWords`` alone; ``hasClassifier`` tells. `Jobs/train-classifiers` makes
/// classifier and lexicon, `Jobs/evaluate-rules` measures them: thresholds are where at most 0.5 % of ordinary texts
/// (self-instruct, MT-bench, OpenAssistant) are found.
public struct ToxicityRule: Rule {
  /// The rule's name.
  public static let name = "toxicity"
  /// The rule's version.
  public static let version = 1
  /// The rule's reason codes.
  public static let reasons = ["profanity", "slur", "suspected-toxicity", "threat"]
  /// The most places of a part that the classifier weighs: 6.
  public static let mostWeighed = 6
  /// Coarse words from which a text is flagged where there is no classifier: 3.
  public static let fewestCoarseWords = 3
  /// Below this probability a slur or threat only flags: 0.02.
  public static let doubtThreshold = 0.02

  /// The probability from which the classifier finds a text toxic near a word that says nothing; default 0.5.
  public let classifierThreshold: Double
  /// The probability from which it confirms a coarse word; default 0.05.
  public let confirmThreshold: Double
  /// Whether there is a classifier.
  public var hasClassifier: Bool { classifier != nil }
  /// The classifier's digest, if there is one: with another one the same record may get other findings.
  public var modelDigest: Digest? { classifier?.digest }
  private let classifier: TextClassifier?
  private let lexicon: WordLexicon

  /// Makes the rule.
  /// - Parameters:
  ///   - parameters: thresholds; default their defaults.
  ///   - classifier: the model `toxicity`, asked for the label `toxic`; default none.
  ///   - lexicon: words in place of the program's own, such as those of ``ModelFolder/lexicon()``; default none.
  public init(
    _ parameters: CurateParameters.Toxicity = .init(), classifier: TextClassifier? = nil,
    lexicon: WordLexicon? = nil
  ) {
    classifierThreshold = parameters.classifierThreshold
    confirmThreshold = parameters.confirmThreshold
    self.classifier = classifier
    self.lexicon = lexicon ?? ToxicWords.lexicon
  }

  /// Reports the worst finding of the input and of the output.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    if let found = worst(record.input) {
      report(
        Finding(
          rule: Self.name, reason: found.reason, effect: .flag, part: "input", offset: found.offset,
          length: found.length))
    }
    if let found = worst(record.output) {
      report(
        Finding(
          rule: Self.name, reason: found.reason, effect: found.isDoubtful ? .flag : .drop, part: "output",
          offset: found.offset, length: found.length))
    }
  }

  private struct Found {
    let reason: String
    let offset: Int
    let length: Int
    let isDoubtful: Bool
  }

  private func worst(_ text: UnsafeRawBufferPointer) -> Found? {
    var matches = Matches()
    lexicon.scan(text) { matches.add($0) }
    if let found = judge(matches, in: text) { return found }
    if UTF8Text.isASCII(text) { return nil }
    let folded = ByteBuffer(capacity: text.count)
    guard TextFolder.append(text, spelledOut: false, to: folded) else { return nil }
    matches = Matches()
    lexicon.scan(folded.view) { matches.add($0) }
    return judge(matches, in: folded.view).map { found in
      let start = TextFolder.source(of: found.offset, in: text, spelledOut: false)
      let end = TextFolder.source(of: found.offset + found.length, in: text, spelledOut: false)
      return Found(reason: found.reason, offset: start, length: end - start, isDoubtful: found.isDoubtful)
    }
  }

  private func judge(_ matches: Matches, in text: UnsafeRawBufferPointer) -> Found? {
    func probability(_ match: WordLexicon.Match) -> Double? {
      classifier.map { $0.probability(Self.surroundings(of: match, in: text)) }
    }
    func found(_ reason: String, _ match: WordLexicon.Match, isDoubtful: Bool = false) -> Found {
      Found(reason: reason, offset: match.offset, length: match.length, isDoubtful: isDoubtful)
    }
    if let match = matches.bad.first {
      let doubtful = probability(match).map { $0 < Self.doubtThreshold } ?? false
      return found(match.grade == .threat ? "threat" : "slur", match, isDoubtful: doubtful)
    }
    guard hasClassifier else {
      guard matches.coarse >= Self.fewestCoarseWords, let first = matches.weak.first else { return nil }
      return found("profanity", first, isDoubtful: true)
    }
    for match in matches.weak where probability(match) ?? 0 >= confirmThreshold {
      return found("profanity", match)
    }
    for match in matches.hints where probability(match) ?? 0 >= classifierThreshold {
      return found("suspected-toxicity", match)
    }
    return nil
  }

  /// 150 bytes around a match on either side, cut at characters: what the classifier weighs.
  private static func surroundings(
    of match: WordLexicon.Match, in text: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    var start = max(0, match.offset - 150)
    var end = min(text.count, match.offset + match.length + 150)
    while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
    while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
    return UnsafeRawBufferPointer(rebasing: text[start..<end])
  }

  /// The first matches of each grade, apart from each other, and how many coarse words there are.
  private struct Matches {
    private(set) var bad: [WordLexicon.Match] = []
    private(set) var weak: [WordLexicon.Match] = []
    private(set) var hints: [WordLexicon.Match] = []
    private(set) var coarse = 0

    mutating func add(_ match: WordLexicon.Match) {
      switch match.grade {
      case .strong, .threat: if bad.isEmpty { bad.append(match) }
      case .weak:
        coarse += 1
        Self.keep(match, &weak)
      case .hint: Self.keep(match, &hints)
      }
    }

    /// Near words share their surroundings, so one of them is enough.
    private static func keep(_ match: WordLexicon.Match, _ list: inout [WordLexicon.Match]) {
      guard list.count < mostWeighed / 2 else { return }
      if let last = list.last, match.offset < last.offset + 100 { return }
      list.append(match)
    }
  }
}

extension CurateParameters {
  /// Parameters of the rule `toxicity`.
  public struct Toxicity: Sendable, Hashable, Codable {
    /// Legal values of ``classifierThreshold``.
    public static let classifierThresholdRange = 0.5...1.0
    /// Legal values of ``confirmThreshold``.
    public static let confirmThresholdRange = 0.0...1.0

    /// The probability from which the classifier finds a text toxic near a word that says nothing; default 0.5.
    public var classifierThreshold: Double = 0.5
    /// The probability from which it confirms a coarse word; default 0.05.
    public var confirmThreshold: Double = 0.05

    /// Takes the defaults.
    public init() {}
  }
}
