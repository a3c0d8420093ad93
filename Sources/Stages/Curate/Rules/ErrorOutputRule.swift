import Records
import Text

/// Drops outputs that are an error or a stand-in, not an answer.
///
/// **Reasons**
/// - `error-page` (drop): the output is an HTML document whose title is a status (`502 Bad Gateway`), nginx's
///   or Cloudflare's;
/// - `non-value` (drop): the output is `undefined`, `NaN`, `[object Object]`, `nil`, `<nil>` or `(null)` and
///   nothing else, and the conversation does not speak of it or of JavaScript; `None` and `null` are
///   `truncation/placeholder`;
/// - `service-error` (drop): the output begins as the errors of providers, proxies and clients do (`Error
///   code: 429 - {…`, `Rate limit reached for`, `upstream connect error`), is an error object of theirs
///   (`{"error":{"message":…,"type":…}}`), or is one of their phrases and nothing else (`Internal Server
///   Error`, `Request timed out.`), in at most 2,000 bytes; and the conversation does not have the phrase;
/// - `stack-trace` (drop): the output is a stack trace of Python, Java, JavaScript, Go or Rust with no
///   sentence beside it, and the last user message does not speak of an error, an exception or a trace;
/// - `stand-in` (drop): the output is `tbd`, `placeholder`, `your answer here` and the like and nothing else;
///   or it begins with `as a placeholder`;
/// - `unfilled-blank` (flag): `[Your Name]`, `[INSERT LINK]`, `<insert …>` outside code, where the last user
///   message has no such bracket. A flag, since an answer with them is often the letter or template that was
///   asked for;
/// - `unfilled-variable` (flag): `{{name}}`, `{customer_name}` or `${user}` outside code, where the
///   conversation has no brace: a template whose values did not arrive.
///
/// An answer that explains an error is none: it does not begin with it, or the question has the phrase. It
/// has no parameters.
///
/// Measured, on sets that served for tuning as well: of 175 seed answers of self-instruct, 687 of
/// OpenAssistant's first 100 trees, 160 of MT-bench and 1,000 haiku none is dropped, and 3 are flagged
/// `unfilled-blank`: letters and code that were asked for.
public struct ErrorOutputRule: Rule {
  /// The rule's name.
  public static let name = "error-output"
  /// The rule's version.
  public static let version = 1
  /// The rule's reason codes.
  public static let reasons = [
    "error-page", "non-value", "service-error", "stack-trace", "stand-in", "unfilled-blank",
    "unfilled-variable",
  ]

  private static let nonValues: [StaticString] = [
    "undefined", "nan", "[object object]", "nil", "<nil>", "(null)", "[object promise]", "(nil)",
  ]
  private static let standIns: [StaticString] = [
    "tbd", "placeholder", "[placeholder]", "your answer here", "answer here", "insert answer here",
    "[insert answer here]", "<insert answer here>", "your response here", "response goes here",
    "answer goes here", "<answer>", "<response>", "[answer]", "[response]", "[output]", "<output>",
  ]
  private static let traceWords: [StaticString] = [
    "trace", "error", "exception", "panic", "crash", "fehler", "erreur", "excepci",
  ]

  /// Makes the rule.
  public init() {}

  /// Reports an output that is no answer.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    func finding(_ reason: String, _ effect: Finding.Effect, _ offset: Int, _ length: Int) {
      report(
        Finding(
          rule: Self.name, reason: reason, effect: effect, part: "output", offset: offset, length: length))
    }
    let body = ASCIIText.trimmed(record.output)
    guard !body.isEmpty else { return }
    if let reason = whole(body, record) { return finding(reason, .drop, 0, 0) }
    findTemplates(record, finding)
  }

  /// Why the output as a whole is no answer; nil if it may be one.
  private func whole(_ body: UnsafeRawBufferPointer, _ record: RecordView) -> String? {
    if ErrorTexts.isErrorPage(body) { return "error-page" }
    if ErrorTexts.isServiceError(body, in: record.conversation) { return "service-error" }
    if ErrorTexts.isStackTrace(body), !ASCIIText.containsAny(of: Self.traceWords, record.input) {
      return "stack-trace"
    }
    if isNonValue(body, in: record.conversation) { return "non-value" }
    return isStandIn(body) ? "stand-in" : nil
  }

  private func isNonValue(_ body: UnsafeRawBufferPointer, in conversation: UnsafeRawBufferPointer) -> Bool {
    guard body.count <= 16, let value = Self.nonValues.first(where: { ASCIIText.isOne(of: [$0], body) })
    else {
      return false
    }
    let speaks: [StaticString] = [value, "javascript", "typeof", "console.", "golang", "```"]
    return !ASCIIText.containsAny(of: speaks, conversation)
  }

  private func isStandIn(_ body: UnsafeRawBufferPointer) -> Bool {
    if ASCIIText.has("as a placeholder", in: body, at: 0) { return true }
    guard body.count <= 24 else { return false }
    var end = body.count
    while end > 0, body[end - 1] == 0x2E || body[end - 1] == 0x21 { end -= 1 }
    let bare = UnsafeRawBufferPointer(rebasing: body[..<end])
    // In lower case the first of them is Spanish and Portuguese for "all".
    if ASCIIText.isOne(of: ["todo"], bare) { return bare.allSatisfy { $0 & 0x20 == 0 } }
    return ASCIIText.isOne(of: Self.standIns, bare)
  }

  /// Reports the first place of each form.
  private func findTemplates(
    _ record: RecordView, _ finding: (String, Finding.Effect, Int, Int) -> Void
  ) {
    var variable: (offset: Int, length: Int)?
    var blank: (offset: Int, length: Int)?
    UnfilledTemplate.scan(record.output) { form, offset, length in
      switch form {
      case .variable: variable = variable ?? (offset, length)
      case .blank: blank = blank ?? (offset, length)
      }
    }
    if let blank, !record.input.contains(0x5B), !record.input.contains(0x3C) {
      finding("unfilled-blank", .flag, blank.offset, blank.length)
    }
    if let variable, !record.conversation.contains(0x7B) {
      finding("unfilled-variable", .flag, variable.offset, variable.length)
    }
  }
}
