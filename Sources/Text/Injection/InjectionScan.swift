import Bytes
import Glibc

/// Looks for the patterns of injection in a text, and in its folded form where that differs.
public enum InjectionScan {
  /// A match, in bytes of the text itself.
  public struct Hit {
    /// What it tries, as ``Patterns`` name it.
    public let reason: String
    /// Whether it is enough by itself; others want a second opinion.
    public let isStrong: Bool
    /// Where it begins.
    public let offset: Int
    /// Its bytes.
    public let length: Int
  }

  /// Compiled patterns with what each says.
  public struct Patterns: Sendable {
    let set: PatternSet
    let entries: [InjectionPatterns.Entry]

    init(_ isWanted: (InjectionPatterns.Entry) -> Bool) {
      var groups: [PatternGroup] = []
      var entries: [InjectionPatterns.Entry] = []
      for family in InjectionPatterns.families {
        let wanted = family.entries.filter(isWanted)
        guard !wanted.isEmpty else { continue }
        entries += wanted
        groups.append(
          PatternGroup(
            wanted.map(\.expression), keys: family.keys, before: family.before, after: family.after))
      }
      do {
        set = try PatternSet(groups)
      } catch {
        fatalError("a pattern of the program itself does not compile: \(error)")
      }
      self.entries = entries
    }
  }

  /// What is looked for in what a model reads.
  public static let inputs = Patterns { _ in true }
  /// What is looked for in what it wrote.
  public static let outputs = Patterns { $0.inOutput }

  private static let hints: PatternSet = {
    do {
      return try PatternSet([InjectionPatterns.hints])
    } catch {
      fatalError("a pattern of the program itself does not compile: \(error)")
    }
  }()

  /// Whether the text has a word that makes asking the classifier worth its time.
  public static func hasHint(_ text: UnsafeRawBufferPointer) -> Bool {
    var found = false
    hints.scan(text) { _ in
      found = true
      return false
    }
    return found
  }

  /// The matches in reading order of each group, and hidden text.
  public static func run(_ text: UnsafeRawBufferPointer, _ patterns: Patterns) -> [Hit] {
    var hits: [Hit] = []
    let survey = scan(text, patterns, &hits)
    // Hidden characters are among those that are folded.
    let mayFold = survey.hasBytesBeyondASCII && TextFolder.mayFold(text)
    if mayFold, let hidden = HiddenText.find(text) {
      hits.append(Hit(reason: "hidden-text", isStrong: true, offset: hidden.offset, length: hidden.length))
    }
    guard mayFold || survey.isSpelledOut else { return hits }
    let buffer = ByteBuffer(capacity: text.count)
    guard TextFolder.append(text, spelledOut: survey.isSpelledOut, to: buffer) else { return hits }
    // What the text itself shows is not looked for in its folded form, where it would be found again.
    var places = SourcePlaces(text: text, spelledOut: survey.isSpelledOut)
    var again: [Hit] = []
    _ = scan(buffer.view, patterns, &again)
    for hit in again where !hits.contains(where: { $0.reason == hit.reason && $0.isStrong == hit.isStrong }) {
      let (start, end) = places.source(of: hit.offset, hit.offset + hit.length)
      hits.append(Hit(reason: hit.reason, isStrong: hit.isStrong, offset: start, length: end - start))
    }
    return hits
  }

  /// Places of a folded text in the text; each asks for a pass, so only a few are asked for.
  private struct SourcePlaces {
    let text: UnsafeRawBufferPointer
    let spelledOut: Bool
    private static let most = 16
    private var asked = 0

    init(text: UnsafeRawBufferPointer, spelledOut: Bool) {
      self.text = text
      self.spelledOut = spelledOut
    }

    /// Start and end in the text; the whole text where too many were asked for.
    mutating func source(of start: Int, _ end: Int) -> (Int, Int) {
      asked += 1
      guard asked <= Self.most else { return (0, text.count) }
      return (
        TextFolder.source(of: start, in: text, spelledOut: spelledOut),
        TextFolder.source(of: end, in: text, spelledOut: spelledOut)
      )
    }
  }

  private static func scan(
    _ text: UnsafeRawBufferPointer, _ patterns: Patterns, _ hits: inout [Hit]
  ) -> PatternSurvey {
    patterns.set.scan(text) { match in
      let entry = patterns.entries[match.number]
      if entry.isNegatable, isNegated(text, match.offset) { return true }
      hits.append(
        Hit(reason: entry.reason, isStrong: entry.isStrong, offset: match.offset, length: match.length))
      return true
    }
  }

  /// Whether "not", "never" or "n't" stands right before the place, at most one word between.
  private static func isNegated(_ text: UnsafeRawBufferPointer, _ place: Int) -> Bool {
    var end = place
    for _ in 0..<2 {
      while end > 0, ASCIIText.isSpace(text[end - 1]) { end -= 1 }
      for word in ["not", "never", "n't", "n\u{2019}t", "cannot"] as [StaticString] {
        if ASCIIText.has(word, in: text, at: end - word.utf8CodeUnitCount) { return true }
      }
      let word = end
      while end > 0, word - end < 12, ASCIIText.lowered(text[end - 1]) &- 0x61 < 26 { end -= 1 }
      if end == word { return false }
    }
    return false
  }

  /// Where the last user message stands in the conversation; nil if it does not.
  public static func place(of input: UnsafeRawBufferPointer, in conversation: UnsafeRawBufferPointer)
    -> Range<Int>?
  {
    guard let needle = input.baseAddress, !input.isEmpty else { return 0..<0 }
    guard let hay = conversation.baseAddress, input.count <= conversation.count else { return nil }
    // Most often it is the last message.
    let last = conversation.count - input.count
    if memcmp(hay + last, needle, input.count) == 0 { return last..<conversation.count }
    return ByteSearch.find(input, in: conversation).map { $0..<$0 + input.count }
  }

  /// 300 bytes around a match on either side, within bounds, cut at characters: what the classifier weighs.
  public static func surroundings(
    of hit: Hit, in text: UnsafeRawBufferPointer, _ bounds: Range<Int>
  ) -> UnsafeRawBufferPointer {
    var start = max(bounds.lowerBound, hit.offset - 300)
    var end = min(bounds.upperBound, hit.offset + hit.length + 300)
    while start > bounds.lowerBound, text[start] & 0xC0 == 0x80 { start -= 1 }
    while end < bounds.upperBound, text[end] & 0xC0 == 0x80 { end += 1 }
    return UnsafeRawBufferPointer(rebasing: text[min(start, end)..<end])
  }
}
