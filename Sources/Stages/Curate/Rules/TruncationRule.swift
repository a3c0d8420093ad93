import Records
import Text

/// Finds records that are not whole: cut by the model's limit, by the log's store, in their middle, or replaced by
/// something that is not the text.
///
/// **Reasons**
/// - `cut-json` (drop): the input or the output begins as logged messages do (`[{"role"`, `{"messages"`,
///   `{"choices"` and the like) and ends before its brackets close, since an attribute limit or a preview cut it;
/// - `cut-marker` (drop): the marker `litellm_truncated`, which LiteLLM leaves where it cut a text for its
///   database, is in the input or the output; or the output ends in `[truncated]` or in `(truncated)` after
///   three dots or `…`;
/// - `finish-length` (drop): the provider's finish reason is `length` (OpenAI), `max_tokens` (Anthropic,
///   Gemini in capitals), `max_output_tokens` or `incomplete` (OpenAI Responses), in either case;
/// - `object-dump` (drop): the input, a message of the conversation or the output is what Python prints of an object
///   that holds messages (`role='user' content=`, `{'role': 'assistant'`, `HumanMessage(content=`), not a text;
/// - `open-code-fence` (flag): an odd number of lines begins with three backquotes, so a block of code was
///   not closed. A flag only, since people and models forget the last fence of a complete answer as well;
/// - `placeholder` (drop): the input or the output is not the text but a note in its place: Helicone's object
///   with `helicone_message` (the body is elsewhere), LiteLLM's `redacted-by-litellm`, `[REDACTED]` alone, an
///   object without members; or the output is `None` or `null`, which programs print of no value.
///
/// It has no parameters.
public struct TruncationRule: Rule {
  /// The rule's name.
  public static let name = "truncation"
  /// The rule's version.
  public static let version = 2
  /// The rule's reason codes.
  public static let reasons = [
    "cut-json", "cut-marker", "finish-length", "object-dump", "open-code-fence", "placeholder",
  ]

  private static let finishes: [StaticString] = ["length", "max_tokens", "max_output_tokens", "incomplete"]
  private static let endings: [StaticString] = ["[truncated]", "... (truncated)", "… (truncated)"]

  /// Makes the rule.
  public init() {}

  /// Reports where the record was cut.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    func finding(_ reason: String, _ effect: Finding.Effect, _ part: String, _ offset: Int, _ length: Int) {
      report(
        Finding(
          rule: Self.name, reason: reason, effect: effect, part: part, offset: offset, length: length))
    }
    if let finish = record.finish, ASCIIText.isOne(of: Self.finishes, finish) {
      finding("finish-length", .drop, "output", 0, 0)
    }
    for (part, text) in [("conversation", record.conversation), ("output", record.output)] {
      if let place = ASCIIText.find("litellm_truncated", rare: 7, in: text) {
        finding("cut-marker", .drop, part, place, 17)
      } else if part == "output", let place = cutEnding(text) {
        finding("cut-marker", .drop, part, place, text.count - place)
      }
    }
    for (part, text) in [("input", record.input), ("output", record.output)] {
      if isPlaceholder(text)
        || (part == "output" && ASCIIText.isOne(of: ["none", "null"], ASCIIText.trimmed(text)))
      {
        finding("placeholder", .drop, part, 0, 0)
      } else if LoggedObject.isCutJSON(text) {
        finding("cut-json", .drop, part, 0, 0)
      } else if LoggedObject.isDump(text) {
        finding("object-dump", .drop, part, 0, 0)
      }
    }
    if !LoggedObject.isDump(record.input), LoggedObject.isDump(record.conversation) {
      finding("object-dump", .drop, "conversation", 0, 0)
    }
    if let fence = openFence(record.output) { finding("open-code-fence", .flag, "output", fence, 3) }
  }

  /// Where the marker begins with which the text ends.
  private func cutEnding(_ text: UnsafeRawBufferPointer) -> Int? {
    var end = text.count
    while end > 0, ASCIIText.isSpace(text[end - 1]) { end -= 1 }
    for ending in Self.endings {
      let place = end - ending.utf8CodeUnitCount
      if ASCIIText.has(ending, in: text, at: place) { return place }
    }
    return nil
  }

  private func isPlaceholder(_ text: UnsafeRawBufferPointer) -> Bool {
    let body = ASCIIText.trimmed(text)
    guard let first = body.first else { return false }
    if first == 0x7B {
      var place = 1
      while place < body.count, ASCIIText.isSpace(body[place]) { place += 1 }
      if place == body.count - 1, body[place] == 0x7D { return true }
      return ASCIIText.has("\"helicone_message\"", in: body, at: place)
    }
    return ASCIIText.isOne(of: ["redacted-by-litellm", "[redacted]"], body)
  }

  /// Where the last fence stands if their number is odd.
  ///
  /// A fence may be indented by up to three spaces
  /// (CommonMark 0.31, 4.5).
  private func openFence(_ text: UnsafeRawBufferPointer) -> Int? {
    var open: Int?
    var place = 0
    while let hit = ASCIIText.find("```", rare: 0, in: UnsafeRawBufferPointer(rebasing: text[place...])) {
      let fence = place + hit
      var start = fence
      while start > 0, fence - start < 3, text[start - 1] == 0x20 { start -= 1 }
      if start == 0 || text[start - 1] == 0x0A { open = open == nil ? fence : nil }
      place = fence + 3
      while place < text.count, text[place] == 0x60 { place += 1 }
    }
    return open
  }
}
