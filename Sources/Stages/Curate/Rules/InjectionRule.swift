import Bytes
import Records
import Text

/// Finds prompt injection and jailbreaks: in the last user message, and in whatever else the model read, such as tool
/// results and documents; in outputs what is aimed at their readers.
///
/// **Reasons**
/// - `instruction-override`: earlier instructions are to be ignored, forgotten or replaced;
/// - `prompt-leak`: the system prompt is to be told;
/// - `role-play-jailbreak`: the model is to play one without rules (DAN and its kin);
/// - `delimiter-forgery`: marks of a chat template or headings of a system prompt, as if they were the platform's;
/// - `encoded-payload`: instructions in Base64, ROT13 and the like are to be decoded and followed;
/// - `hidden-text`: four tag characters or six characters of no width in a row;
/// - `exfiltration`: an image or request whose address carries what the conversation knows;
/// - `judge-attack`: a grader is addressed, or a grade is asked for;
/// - `suspected-attack`: no pattern, but a word that most attacks share, and the classifier's probability is at least
///   ``classifierThreshold``.
///
/// **Effects.** In the input a strong pattern drops the record, and so does `hidden-text`. A weak one, which ordinary
/// texts hold too, drops it if the classifier gives the place at least ``confirmThreshold``; it is left alone if the
/// classifier gives less, and flags if there is no classifier. In the rest of the conversation, where an application's
/// own system prompt stands too, a strong pattern drops only with that confirmation and flags without; a weak one flags
/// with it, and is left alone without. `suspected-attack` flags. In outputs `judge-attack`, `exfiltration` by an image and
/// `hidden-text` flag.
///
/// Patterns read English, and the commonest forms in German, French, Spanish, Italian, Portuguese, Russian, Chinese and
/// Japanese. Disguised letters are read as plain ones (``TextFolder``). Right behind "not", "never" or "n't" overrides
/// and leaks do not count.
///
/// Without a classifier the rule works by its patterns alone; ``hasClassifier`` tells. `Jobs/train-classifiers` makes
/// one, `Jobs/evaluate-rules` measures both: the thresholds are where at most 0.5 % of ordinary prompts (self-instruct,
/// MT-bench, OpenAssistant) are found.
public struct InjectionRule: Rule {
  /// The rule's name.
  public static let name = "injection"
  /// The rule's version.
  public static let version = 1
  /// The rule's reason codes.
  public static let reasons = [
    "delimiter-forgery", "encoded-payload", "exfiltration", "hidden-text",
    "instruction-override",
    "judge-attack", "prompt-leak", "role-play-jailbreak", "suspected-attack",
  ]

  /// The probability from which the classifier flags by itself; default 0.98, legal 0.5 to 1.
  public let classifierThreshold: Double
  /// The probability from which it confirms a pattern; default 0.5, legal 0 to 1.
  public let confirmThreshold: Double
  /// Whether there is a classifier.
  public var hasClassifier: Bool { classifier != nil }
  /// The classifier's digest, if there is one: with another one the same record may get other findings.
  public var modelDigest: Digest? { classifier?.digest }
  private let classifier: TextClassifier?

  /// Makes the rule.
  /// - Parameters:
  ///   - parameters: thresholds; default their defaults.
  ///   - classifier: the model `injection`, asked for the label `attack`; default none.
  public init(_ parameters: CurateParameters.Injection = .init(), classifier: TextClassifier? = nil) {
    classifierThreshold = parameters.classifierThreshold
    confirmThreshold = parameters.confirmThreshold
    self.classifier = classifier
  }

  /// Reports attacks: at most one finding for each reason and part.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    let place = InjectionScan.place(of: record.input, in: record.conversation)
    let hits = InjectionScan.run(place == nil ? record.input : record.conversation, InjectionScan.inputs)
    var findings = Findings()
    for hit in hits {
      let isInput = place.map { $0.contains(hit.offset) } ?? true
      judge(hit, in: place == nil ? record.input : record.conversation, isInput: isInput, place, &findings)
    }
    if place == nil {
      for hit in InjectionScan.run(record.conversation, InjectionScan.inputs) {
        judge(hit, in: record.conversation, isInput: false, nil, &findings)
      }
    }
    for hit in InjectionScan.run(record.output, InjectionScan.outputs) {
      findings.note(hit.reason, .flag, "output", hit.offset, hit.length)
    }
    if let classifier, !findings.has(part: "input"), InjectionScan.hasHint(record.input),
      classifier.probability(record.input) >= classifierThreshold
    {
      findings.note("suspected-attack", .flag, "input", 0, 0)
    }
    for finding in findings.all { report(finding) }
  }

  /// Weighs a pattern's match with the classifier's opinion on its surroundings.
  private func judge(
    _ hit: InjectionScan.Hit, in text: UnsafeRawBufferPointer, isInput: Bool, _ input: Range<Int>?,
    _ findings: inout Findings
  ) {
    let part = isInput ? "input" : "conversation"
    let offset = isInput ? hit.offset - (input?.lowerBound ?? 0) : hit.offset
    if hit.isStrong, isInput { return findings.note(hit.reason, .drop, part, offset, hit.length) }
    guard findings.mayWeigh(hit.reason, part) else { return }
    let confirmed = classifier.map { classifier in
      let bounds = isInput ? input ?? 0..<text.count : 0..<text.count
      return classifier.probability(InjectionScan.surroundings(of: hit, in: text, bounds)) >= confirmThreshold
    }
    switch (isInput, hit.isStrong, confirmed) {
    case (true, _, true?), (false, true, true?): findings.note(hit.reason, .drop, part, offset, hit.length)
    case (true, _, nil), (false, true, _), (false, false, true?):
      findings.note(hit.reason, .flag, part, offset, hit.length)
    case (true, _, false?), (false, false, _): break
    }
  }
}

/// Findings of one record: the worst for each reason and part, the first of equal ones.
private struct Findings {
  /// Places that the classifier weighs for each reason and part, so that a text full of weak matches costs no more.
  private static let mostWeighed = 3

  private(set) var all: [Finding] = []
  private var weighed: [String: Int] = [:]

  func has(part: String) -> Bool { all.contains { $0.part == part } }

  /// Whether a place may still be weighed, which is then counted.
  mutating func mayWeigh(_ reason: String, _ part: String) -> Bool {
    if all.contains(where: { $0.reason == reason && $0.part == part && $0.effect == .drop }) { return false }
    let times = weighed["\(part) \(reason)", default: 0]
    guard times < Self.mostWeighed else { return false }
    weighed["\(part) \(reason)"] = times + 1
    return true
  }

  mutating func note(_ reason: String, _ effect: Finding.Effect, _ part: String, _ offset: Int, _ length: Int)
  {
    let finding = Finding(
      rule: InjectionRule.name, reason: reason, effect: effect, part: part, offset: offset, length: length)
    guard let held = all.firstIndex(where: { $0.reason == reason && $0.part == part }) else {
      all.append(finding)
      return
    }
    if effect == .drop, all[held].effect == .flag { all[held] = finding }
  }
}

extension CurateParameters {
  /// Parameters of the rule `injection`.
  public struct Injection: Sendable, Hashable, Codable {
    /// Legal values of ``classifierThreshold``.
    public static let classifierThresholdRange = 0.5...1.0
    /// Legal values of ``confirmThreshold``.
    public static let confirmThresholdRange = 0.0...1.0

    /// The probability from which the classifier flags an input by itself; default 0.98.
    public var classifierThreshold: Double = 0.98
    /// The probability from which it confirms a pattern; default 0.5.
    public var confirmThreshold: Double = 0.5

    /// Takes the defaults.
    public init() {}
  }
}
