import Curate
import Records
import Testing
import Text

/// Rules over the text of an output: language, quality, errors, format.
@Suite struct TextRuleTests {
  typealias Case = RuleTests.Case

  /// Reasons, with `!` for those that drop.
  private func check(_ item: Case) {
    let findings = RuleTests.findings(item)
    #expect(findings.map { $0.reason + ($0.effect == .drop ? "!" : "") } == item.expected)
    for finding in findings {
      #expect(finding.rule == type(of: item.rule).name)
      #expect(type(of: item.rule).reasons.contains(finding.reason))
      #expect(finding.part == "output")
      #expect(finding.offset + finding.length <= item.output.utf8.count)
    }
  }

  @Test("codes are sorted, and no rule has another's")
  func codes() {
    let rules: [any Rule.Type] = [
      ErrorOutputRule.self, LanguageRule.self, OutputFormatRule.self, QualityRule.self, TestTrafficRule.self,
    ]
    for rule in rules { #expect(rule.reasons == rule.reasons.sorted()) }
    let all = rules.flatMap { $0.reasons } + RuleSet.all.flatMap { $0.reasons }
    let names = Set((rules + RuleSet.all).map { $0.name })
    #expect(
      Set(all).count
        == names.reduce(0) { sum, name in
          sum + ((rules + RuleSet.all).first { $0.name == name }?.reasons.count ?? 0)
        })
  }

  // MARK: Language

  private static let german = "Halten Sie den Knopf zehn Sekunden lang gedrückt, bis das Licht rot wird."
  private static let english =
    "Hold the button for ten seconds until the light turns red, and then let it go."
  private static let french = "Maintenez le bouton enfoncé pendant dix secondes, puis relâchez-le."

  @Test(arguments: [
    Case("same language", LanguageRule(), input: "How do I reset the device that I bought?", output: english),
    Case("short input", LanguageRule(), input: "Hallo", output: english),
    Case(
      "another language", LanguageRule(), input: "Wie setze ich das Gerät zurück, das ich gekauft habe?",
      output: english, "mismatch"),
    Case("allowed", LanguageRule(allowed: ["en", "de"]), output: german),
    Case("not allowed", LanguageRule(allowed: ["en", "de"]), input: "?", output: french, "other-language!"),
    Case("unknown passes", LanguageRule(allowed: ["en"]), output: "OK 42"),
    Case("code passes", LanguageRule(allowed: ["de"]), output: "```\nfor the user that you are\n```"),
    Case(
      "a near language passes", LanguageRule(allowed: ["no"]), input: "?",
      output: "Hold knappen nede i ti sekunder, indtil lyset bliver rødt, og slip den så igen."),
    Case("empty", LanguageRule(allowed: ["en"]), output: ""),
  ])
  func language(_ item: Case) { check(item) }

  @Test("the languages can be had without the rule")
  func languagesOfRecord() {
    Array(Self.german.utf8).withUnsafeBytes { input in
      Array(Self.english.utf8).withUnsafeBytes { output in
        let languages = RecordLanguages(of: RecordView(input: input, conversation: input, output: output))
        #expect(languages.input.code == "de")
        #expect(languages.output.code == "en")
        var found: [Finding] = []
        LanguageRule().examine(languages) { found.append($0) }
        #expect(found == [Finding(rule: "language", reason: "mismatch", effect: .flag, part: "output")])
      }
    }
    #expect(["en", "haw"].allSatisfy(CurateParameters.Language.isCode))
    #expect(!["EN", "und", "e", "engl", ""].contains(where: CurateParameters.Language.isCode))
  }

  // MARK: Quality

  private static let prose = """
    To reset the device, hold the power button for ten seconds until the light turns red. Let it go, wait for
    the second light, and press it once more. The settings are now as they were when you bought it.
    """
  private static let base64 = String(repeating: "QmFzZTY0IGlzIGFuIGVuY29kaW5n", count: 20)

  @Test(arguments: [
    Case("prose", QualityRule(), output: prose), Case("short", QualityRule(), output: "4"),
    Case(
      "headings and numbers of a list are no symbols", QualityRule(),
      output: (0..<12).map { "## Step \($0)\n\n\($0). Press the button and wait for the light." }
        .joined(separator: "\n")),
    Case(
      "code in fences", QualityRule(),
      output: "See:\n```\n" + String(repeating: "{ # } ", count: 300) + "\n```\n"),
    Case("Chinese", QualityRule(), output: String(repeating: "按住电源按钮十秒钟，直到指示灯变红，然后松开。", count: 20)),
    Case(
      "Thai", QualityRule(),
      output: String(repeating: "กดปุ่มค้างไว้สิบวินาทีจนไฟเป็นสีแดง ", count: 40)),
    Case(
      "a table", QualityRule(),
      output: "| Name | Use |\n| --- | --- |\n"
        + (0..<12).map { "| part \($0) | holds the button |" }.joined(separator: "\n")),
    Case(
      "an address", QualityRule(), output: "See https://example.com/" + String(repeating: "abc/", count: 60)),
    Case("JSON", QualityRule(), output: "[" + String(repeating: "{ \"a\": 1 }, ", count: 40) + "{}]"),
    Case(
      "bullets", QualityRule(), output: (0..<10).map { "- thing \($0)" }.joined(separator: "\n"),
      "bullet-lines"),
    Case("nine bullets pass", QualityRule(), output: (0..<9).map { "- thing \($0)" }.joined(separator: "\n")),
    Case(
      "braces", QualityRule(), output: String(repeating: "set {value} of {this} word ", count: 10), "braces"),
    Case("control", QualityRule(), output: prose + "\u{1B}[31m", "control-characters"),
    Case(
      "binary", QualityRule(), output: String(repeating: "a\u{01}b\u{02}", count: 20), "control-characters!"),
    Case(
      "teasers", QualityRule(),
      output: (0..<4).map { "word \($0)\(($0 < 2) ? "..." : ".")" }.joined(separator: "\n"),
      "ellipsis-lines"),
    Case(
      "all teasers", QualityRule(), output: String(repeating: "read more…\n", count: 5), "ellipsis-lines!"),
    Case(
      "numbers", QualityRule(), output: prose + String(repeating: " 12", count: 25), "few-letters"),
    Case("numbers alone", QualityRule(), output: String(repeating: "1234 ", count: 40), "few-letters!"),
    Case("a key", QualityRule(), output: prose + prose + prose + " " + base64.prefix(200), "long-word"),
    Case("an encoded file", QualityRule(), output: "Here: " + base64, "long-word!"),
    Case("dummy text", QualityRule(), output: prose + " Lorem ipsum dolor.", "lorem-ipsum"),
    Case("only dummy text", QualityRule(), output: "Lorem ipsum dolor sit amet.", "lorem-ipsum!"),
    Case("asked for", QualityRule(), input: "Write a lorem ipsum.", output: "Lorem ipsum dolor sit amet."),
    Case(
      "short words", QualityRule(), output: String(repeating: "xy a of it ", count: 20), "mean-word-length"),
    Case(
      "long words", QualityRule(), output: String(repeating: "Donaudampfschifffahrt ", count: 35),
      "mean-word-length"),
    Case("wrong encoding", QualityRule(), output: prose + " CafÃ© donâ€™t", "mojibake"),
    Case("replaced", QualityRule(), output: "a\u{FFFD}\u{FFFD}b\u{FFFD}", "mojibake!"),
    Case("one such passes", QualityRule(), output: prose + " Ã©"),
    Case("Portuguese capitals pass", QualityRule(), output: "NÃO, ÂNGULO, À “SÃO” JOSÉ™ É»"),
    Case(
      "hash signs", QualityRule(), output: String(repeating: "word other #tag and more words ", count: 10),
      "symbols"),
    Case(
      "only hash signs", QualityRule(), output: String(repeating: "word ### ", count: 20), "few-letters",
      "symbols!"),
    Case("empty", QualityRule(), output: ""), Case("blank", QualityRule(), output: " \n\n\t"),
  ])
  func quality(_ item: Case) { check(item) }

  // MARK: Errors

  @Test(arguments: [
    Case("an answer", ErrorOutputRule(), output: "Press the button."),
    Case(
      "OpenAI", ErrorOutputRule(), output: "Error code: 429 - {'error': {'message': 'Rate limit'}}",
      "service-error!"),
    Case(
      "rate limit", ErrorOutputRule(), output: "Rate limit reached for gpt-4 in organization x",
      "service-error!"),
    Case(
      "object", ErrorOutputRule(),
      output: #"{"error": {"message": "Invalid", "type": "invalid_request_error", "code": null}}"#,
      "service-error!"),
    Case(
      "Anthropic", ErrorOutputRule(),
      output: #"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#,
      "service-error!"),
    Case("proxy", ErrorOutputRule(), output: "upstream connect error or disconnect/reset", "service-error!"),
    Case("status", ErrorOutputRule(), output: "502 Bad Gateway\n", "service-error!"),
    Case("connection", ErrorOutputRule(), output: "Connection error.", "service-error!"),
    Case("timeout", ErrorOutputRule(), output: "Request timed out.", "service-error!"),
    Case(
      "an app's own object passes", ErrorOutputRule(), output: #"{"error": "no order with this number"}"#),
    Case(
      "an explanation passes", ErrorOutputRule(), input: "What does 502 Bad Gateway mean?",
      output: "502 Bad Gateway means that the proxy got no answer from the server behind it."),
    Case(
      "a quiz passes", ErrorOutputRule(), input: "Is 502 'Bad Gateway' or 'Not found'?", output: "Bad Gateway"
    ),
    Case(
      "an explanation that begins so passes", ErrorOutputRule(),
      output: "Internal Server Error is the status 500."),
    Case(
      "nginx", ErrorOutputRule(),
      output:
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>…<hr><center>nginx</center></body></html>",
      "error-page!"),
    Case(
      "Cloudflare", ErrorOutputRule(),
      output: "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>",
      "error-page!"),
    Case(
      "a page that was asked for passes", ErrorOutputRule(),
      output: "<!DOCTYPE html><html><head><title>4 ways to cook</title></head></html>"),
    Case(
      "Python", ErrorOutputRule(),
      output: "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nValueError: bad",
      "stack-trace!"),
    Case(
      "Java", ErrorOutputRule(),
      output:
        "Exception in thread \"main\" java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n\tat a.D.e(D.java:2)",
      "stack-trace!"),
    Case(
      "Node", ErrorOutputRule(),
      output: "TypeError: x is undefined\n    at f (a.js:1:2)\n    at g (b.js:3:4)", "stack-trace!"),
    Case(
      "Go", ErrorOutputRule(),
      output:
        "panic: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:7 +0x1d\nexit status 2",
      "stack-trace!"),
    Case(
      "asked for", ErrorOutputRule(), input: "Show me a Python traceback.",
      output: "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: bad"),
    Case(
      "explained", ErrorOutputRule(),
      output:
        "Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: bad\n\nThis means that f got a bad value."
    ),
    Case("undefined", ErrorOutputRule(), output: "undefined", "non-value!"),
    Case("object Object", ErrorOutputRule(), output: "[object Object]", "non-value!"),
    Case(
      "asked for a value", ErrorOutputRule(), input: "What does typeof x give in JavaScript?",
      output: "undefined"),
    Case("placeholder", ErrorOutputRule(), output: "[insert answer here]", "stand-in!"),
    Case(
      "announced placeholder", ErrorOutputRule(), output: "As a placeholder, this says nothing.", "stand-in!"),
    Case("Spanish for all", ErrorOutputRule(), output: "todo"),
    Case("letter", ErrorOutputRule(), output: "Dear [Your Name],\nthanks.", "unfilled-blank"),
    Case("insert", ErrorOutputRule(), output: "Click <insert link> to go on.", "unfilled-blank"),
    Case("given in the question", ErrorOutputRule(), input: "Use [Your Name].", output: "Dear [Your Name],"),
    Case("a link", ErrorOutputRule(), output: "See [your account](https://example.com)."),
    Case("a mark of redaction", ErrorOutputRule(), output: "Write to [EMAIL_1]."),
    Case("variable", ErrorOutputRule(), output: "Hello {{name}}, welcome.", "unfilled-variable"),
    Case("one brace", ErrorOutputRule(), output: "Hello {customer_name}.", "unfilled-variable"),
    Case("shell", ErrorOutputRule(), output: "Hello ${user}.", "unfilled-variable"),
    Case("a set", ErrorOutputRule(), output: "Let {x} be a set."),
    Case("code", ErrorOutputRule(), output: "Use `{{name}}`:\n```\nHello {{name}}\n```"),
    Case("code without fences", ErrorOutputRule(), output: "text = f\"Hello {user_name}\""),
    Case(
      "a question about templates", ErrorOutputRule(), input: "What is {{name}}?",
      output: "{{name}} is a variable."),
    Case("empty", ErrorOutputRule(), output: ""),
  ])
  func errors(_ item: Case) { check(item) }

  // MARK: Format

  private static func format(_ strip: Bool = true) throws -> OutputFormatRule {
    let schema = try JSONSchema(Array(#"{"type": "object", "required": ["answer"]}"#.utf8))
    return OutputFormatRule(schemas: ["bot": schema], stripFence: strip)
  }

  @Test func format() throws {
    let rule = try Self.format()
    let good = #"{"answer": 1}"#
    check(Case("fits", rule, output: good, app: "bot"))
    check(Case("another app", rule, output: "Hello", app: "chat"))
    check(Case("no app", rule, output: "Hello"))
    check(Case("fence", rule, output: "```json\n\(good)\n```\n", app: "bot"))
    check(Case("fence without a name", rule, output: "```\n\(good)\n```", app: "bot"))
    check(
      Case("fence stays", try Self.format(false), output: "```json\n\(good)\n```", app: "bot", "not-json!"))
    check(Case("text beside", rule, output: "Here:\n```json\n\(good)\n```", app: "bot", "not-json!"))
    check(Case("text", rule, output: "Hello", app: "bot", "not-json!"))
    check(Case("cut", rule, output: #"{"answer": "#, app: "bot", "not-json!"))
    check(Case("empty", rule, output: "", app: "bot", "not-json!"))
    check(Case("tool call", rule, output: "", app: "bot", hasToolCalls: true))
    check(Case("too deep", rule, output: String(repeating: "[", count: 100_000), app: "bot", "not-json!"))
    check(Case("misses", rule, output: #"{"other": 1}"#, app: "bot", "schema!"))
    check(Case("another type", rule, output: "[1]", app: "bot", "schema!"))
  }

  // MARK: Hostile text

  @Test(
    "a long text is read once",
    arguments: ["a", "a\u{301}", "```\n", "{{a", "[your ", "<insert ", "`", "…", "Ã©", "#"])
  func standsHostileText(_ piece: String) {
    let text = String(repeating: piece, count: 1_000_000 / piece.utf8.count)
    let time = ContinuousClock().measure {
      for rule in [ErrorOutputRule(), LanguageRule(), QualityRule(), RefusalRule(), TestTrafficRule()]
        as [any Rule]
      {
        _ = RuleTests.findings(Case(piece, rule, input: text, output: text))
      }
    }
    // A second or two in a debug build; what is quadratic in a megabyte takes hours.
    #expect(time < .seconds(60))
  }

  @Test(
    "bytes that are no UTF-8 are read as well",
    arguments: [[0xFF], [0xC3], [0xE2, 0x80], [0xF0, 0x9F, 0x98], [0xE0]])
  func standsBadUTF8(_ bytes: [UInt8]) {
    for count in [1, 7, 500] {
      let text = (0..<count).flatMap { _ in bytes }
      text.withUnsafeBytes { view in
        for rule in [ErrorOutputRule(), LanguageRule(), QualityRule(), RefusalRule(), TestTrafficRule()]
          as [any Rule]
        {
          rule.examine(RecordView(input: view, conversation: view, output: view)) {
            #expect($0.offset + $0.length <= view.count)
          }
        }
      }
    }
  }
}
