import Curate
import Records
import Testing
import Text

@Suite struct RuleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let rule: any Rule
    let input: String
    let output: String
    let finish: String?
    let app: String?
    let hasMedia: Bool
    let hasToolCalls: Bool
    let expected: [String]
    var testDescription: String { id }

    init(
      _ id: String, _ rule: any Rule, input: String = "How do I reset it?",
      output: String = "Press the button.",
      finish: String? = nil, app: String? = nil, hasMedia: Bool = false, hasToolCalls: Bool = false,
      _ expected: String...
    ) {
      self.id = id
      self.rule = rule
      self.input = input
      self.output = output
      self.finish = finish
      self.app = app
      self.hasMedia = hasMedia
      self.hasToolCalls = hasToolCalls
      self.expected = expected
    }
  }

  /// All findings on a record whose conversation is its input.
  static func findings(_ item: Case) -> [Finding] {
    var result: [Finding] = []
    Array(item.input.utf8).withUnsafeBytes { input in
      Array(item.output.utf8).withUnsafeBytes { output in
        Array((item.finish ?? "").utf8).withUnsafeBytes { finish in
          Array((item.app ?? "").utf8).withUnsafeBytes { app in
            item.rule.examine(
              RecordView(
                input: input, conversation: input, output: output, finish: item.finish == nil ? nil : finish,
                hasMedia: item.hasMedia, hasToolCalls: item.hasToolCalls, app: item.app == nil ? nil : app)
            ) { result.append($0) }
          }
        }
      }
    }
    return result
  }

  private func check(_ item: Case) {
    let findings = Self.findings(item)
    #expect(findings.map(\.reason) == item.expected)
    for finding in findings {
      #expect(finding.rule == type(of: item.rule).name)
      #expect(type(of: item.rule).reasons.contains(finding.reason))
    }
  }

  // MARK: Codes

  @Test func reasonCodesAreUniqueAndUnchanged() {
    let codes = RuleSet.all.flatMap { rule in rule.reasons.map { "\(rule.name)/\($0)" } }
    #expect(
      codes == [
        "error-output/error-page",
        "error-output/non-value",
        "error-output/service-error",
        "error-output/stack-trace",
        "error-output/stand-in",
        "error-output/unfilled-blank",
        "error-output/unfilled-variable",
        "injection/delimiter-forgery",
        "injection/encoded-payload",
        "injection/exfiltration",
        "injection/hidden-text",
        "injection/instruction-override",
        "injection/judge-attack",
        "injection/prompt-leak",
        "injection/role-play-jailbreak",
        "injection/suspected-attack",
        "language/mismatch",
        "language/other-language",
        "length/input-empty",
        "length/input-too-long",
        "length/output-empty",
        "length/output-too-long",
        "length/output-too-short",
        "output-format/not-json",
        "output-format/schema",
        "personal-data/recognised-address",
        "personal-data/recognised-person",
        "personal-data/residual-card",
        "personal-data/residual-email",
        "personal-data/residual-iban",
        "personal-data/residual-ip",
        "personal-data/residual-mac",
        "personal-data/residual-national-id",
        "personal-data/residual-phone",
        "personal-data/residual-secret",
        "personal-data/residual-ssn",
        "quality/braces",
        "quality/bullet-lines",
        "quality/control-characters",
        "quality/ellipsis-lines",
        "quality/few-letters",
        "quality/long-word",
        "quality/lorem-ipsum",
        "quality/mean-word-length",
        "quality/mojibake",
        "quality/symbols",
        "refusal/output-refusal",
        "repetition/duplicate-lines",
        "repetition/duplicate-ngrams",
        "repetition/repeated-tail",
        "test-traffic/keyboard-mash",
        "test-traffic/repeated-character",
        "test-traffic/test-agent",
        "test-traffic/test-app",
        "test-traffic/test-environment",
        "test-traffic/test-mark",
        "test-traffic/test-phrase",
        "toxicity/profanity",
        "toxicity/slur",
        "toxicity/suspected-toxicity",
        "toxicity/threat",
        "truncation/cut-json",
        "truncation/cut-marker",
        "truncation/finish-length",
        "truncation/object-dump",
        "truncation/open-code-fence",
        "truncation/placeholder",
      ])
    let reasons = RuleSet.all.flatMap { $0.reasons }
    #expect(Set(reasons).count == reasons.count)
    #expect(RuleSet.all.map { $0.name } == RuleSet.all.map { $0.name }.sorted())
    #expect(RuleSet.defaults.map { type(of: $0).name } == RuleSet.all.map { $0.name })
    #expect(RuleSet.all.map { $0.version } == [1, 1, 1, 1, 1, 2, 1, 2, 2, 1, 1, 2])
  }

  // MARK: Length

  private static let short = LengthRule(
    minOutputCharacters: 5, maxOutputCharacters: 10, maxInputCharacters: 20)

  @Test(arguments: [
    Case("passes", LengthRule()),
    Case("one character passes", LengthRule(), output: "4"),
    Case("empty with tool calls passes", LengthRule(), output: "", hasToolCalls: true),
    Case("image without text passes", LengthRule(), input: "", hasMedia: true),
    Case("at both limits", short, input: String(repeating: "é", count: 20), output: "ééééé"),
    Case("at the upper limit", short, output: String(repeating: "😀", count: 10)),
    Case("output empty", LengthRule(), output: "", "output-empty"),
    Case("output white space", LengthRule(), output: " \n\t", "output-empty"),
    Case("output too short", short, output: "éééé", "output-too-short"),
    Case("output too long", short, output: "12345678901", "output-too-long"),
    Case("input empty", LengthRule(), input: " ", "input-empty"),
    Case(
      "input too long", short, input: String(repeating: "x", count: 21), output: "12345", "input-too-long"),
    Case("both empty", LengthRule(), input: "", output: "", "input-empty", "output-empty"),
    Case(
      "default upper limit", LengthRule(), output: String(repeating: "x", count: 200_001), "output-too-long"),
  ])
  func length(_ item: Case) { check(item) }

  // MARK: Refusal

  @Test(arguments: [
    "I'm sorry, but I can't help with that.", "I’m sorry, but I can’t help with that.",
    "As an AI language model, I cannot form opinions about politics.", "I can't assist with that request.",
    "I cannot comply.", "Sorry, I am unable to provide instructions for this.",
    "I'm sorry to hear that. I can't help with this.", "**I'M SORRY, BUT I CANNOT FULFILL THIS REQUEST.**",
    "I apologize, but as an AI, I am not able to do so.",
    "Unfortunately, I won't be able to help you with that.",
    "I must decline.", "Hello!\n\nI'm  not able to\nassist with this.",
    "Es tut mir leid, aber ich kann Ihnen dabei nicht helfen.", "Als KI-Sprachmodell kann ich nicht fühlen.",
    "Je suis désolé, mais je ne peux pas vous aider avec cela.", "Lo siento, pero no puedo ayudarte con eso.",
    "Lo siento, pero no puedo cumplir con esa solicitud.",
    "I can’t help with that.", "I'm unable to assist.", "I need to decline this one.",
    "Sorry, that's beyond my current scope. Let's talk about something else.",
    "I'm not going to help you write that.", "That's not something I can help with.",
    "I am programmed to be a safe and helpful AI assistant. Therefore, I cannot do so.",
    "As an AI developed by OpenAI, I can't do that.", "I can't create explicit content.",
    "Mi dispiace, ma non posso aiutarti con questa richiesta.",
    "Come modello di linguaggio, non posso farlo.",
    "Desculpe, mas não posso ajudar com isso.", "Het spijt me, maar ik kan je daar niet bij helpen.",
    "Извините, я не могу помочь с этим запросом.", "抱歉，我无法提供这类信息。", "很抱歉，我不能协助您。",
    "申し訳ありませんが、そのご要望にはお応えできません。", "AIとして、そのような内容は提供できません。",
  ])
  func refusal(_ output: String) { check(Case(output, RefusalRule(), output: output, "output-refusal")) }

  @Test(arguments: [
    "I'm sorry to hear that. Here is how you get a refund.", "I cannot stress enough how useful a backup is.",
    "Press the button.", "I can't help but notice that the file is empty.",
    "Sorry for the delay! It is fixed.",
    "I'm sorry, but I can't find your order. What is its number?", "I can't wait to see it!", "",
    "As an AI student, you should read this book.", "She said: \"they can't help with that\".",
    "Es tut mir leid, dass Sie warten mussten. Ich kann Ihnen helfen.", "No puedo creer que funcione.",
    "Je ne peux pas croire que cela marche.", "Non posso crederci, funziona!", "Não posso esperar para ver.",
    "Извините за ожидание! Вот ответ.", "抱歉让您久等了，以下是步骤。", "申し訳ありません。お待たせしました。",
    "Het spijt me dat het zo lang duurde.", "I'm not going to lie, this is hard.",
    "I need to declare a variable first.",
    "As a language model, I am unable to say how cold it is now, but I am able to say "
      + "how cold it was.",
    "If the page says \"I can't help with that\", reload it.",
    String(repeating: "Fine words. ", count: 20) + "I can't help with that.",
  ])
  func noRefusal(_ output: String) { check(Case(output, RefusalRule(), output: output)) }

  @Test(arguments: [
    Case("content filter", RefusalRule(), finish: "content_filter", "output-refusal"),
    Case("refusal", RefusalRule(), finish: "refusal", "output-refusal"),
    Case("Gemini", RefusalRule(), finish: "SAFETY", "output-refusal"),
    Case("stop", RefusalRule(), finish: "stop"), Case("longer word", RefusalRule(), finish: "refusals"),
  ])
  func refusalByFinish(_ item: Case) { check(item) }

  @Test func refusalPlace() {
    let findings = Self.findings(Case("", RefusalRule(), output: "Hm… I’m sorry. I can’t help with that."))
    #expect(
      findings == [
        Finding(rule: "refusal", reason: "output-refusal", effect: .drop, part: "output", offset: 19)
      ])
  }

  // MARK: Truncation

  @Test(arguments: [
    Case("passes", TruncationRule()), Case("stop", TruncationRule(), finish: "stop"),
    Case("closed fence", TruncationRule(), output: "See:\n```swift\nlet a = 1\n```\nDone."),
    Case("backquotes in a line", TruncationRule(), output: "Write ``` to open a block."),
    Case("speaks of truncation", TruncationRule(), output: "The value [truncated] is cut by the log."),
    Case("speaks of the placeholder", TruncationRule(), output: "{\"message\":\"helicone_message\"}"),
    Case("OpenAI", TruncationRule(), finish: "length", "finish-length"),
    Case("Anthropic", TruncationRule(), finish: "max_tokens", "finish-length"),
    Case("Gemini", TruncationRule(), finish: "MAX_TOKENS", "finish-length"),
    Case("Responses", TruncationRule(), finish: "incomplete", "finish-length"),
    Case(
      "LiteLLM in the output", TruncationRule(),
      output: "a ... (litellm_truncated skipped 900 chars. Truncation is a DB storage safeguard.) ... b",
      "cut-marker"),
    Case(
      "LiteLLM in the input", TruncationRule(), input: "_ (litellm_truncated skipped 9 chars)", "cut-marker"),
    Case("dots", TruncationRule(), output: "And then... (truncated)\n", "cut-marker"),
    Case("brackets", TruncationRule(), output: "And then [Truncated]", "cut-marker"),
    Case("ellipsis", TruncationRule(), output: "And then …[truncated]", "cut-marker"),
    Case(
      "Helicone's output", TruncationRule(),
      output: "{\"helicone_message\":\"fetching body from signed_url\"}",
      "placeholder"),
    Case("Helicone's input", TruncationRule(), input: " { \"helicone_message\": \"x\" }", "placeholder"),
    Case("LiteLLM's redaction", TruncationRule(), output: "redacted-by-litellm", "placeholder"),
    Case("a redacted output", TruncationRule(), output: " [REDACTED]\n", "placeholder"),
    Case("a redacted input", TruncationRule(), input: "[redacted]", "placeholder"),
    Case("speaks of redaction", TruncationRule(), output: "The name is [REDACTED]."),
    Case("an object without members", TruncationRule(), output: "{ }", "placeholder"),
    Case("an input without members", TruncationRule(), input: "{}", "placeholder"),
    Case("an empty list is an answer", TruncationRule(), output: "[]"),
    Case("Python's nothing", TruncationRule(), output: "None", "placeholder"),
    Case("JSON's nothing", TruncationRule(), output: "null\n", "placeholder"),
    Case("a person says none", TruncationRule(), input: "None"),
    Case("none of them", TruncationRule(), output: "None of them."),
    Case(
      "messages cut by a limit", TruncationRule(), input: #"[{"role": "user", "parts": [{"type": "te"#,
      "cut-json"),
    Case(
      "messages cut between members", TruncationRule(),
      input: #"{"messages":[{"role":"user","content":"a"},"#,
      "cut-json"),
    Case(
      "a completion cut", TruncationRule(), output: #"{"choices":[{"message":{"content":"say \"}]}"#,
      "cut-json"),
    Case("whole messages", TruncationRule(), input: #"[{"role":"user","content":"a"}]"#),
    Case("messages and a question", TruncationRule(), input: #"[{"role":"user"}] is [{"role" what?"#),
    Case("another object cut", TruncationRule(), output: #"{"name":"Ann","age":"#),
    Case("speaks of messages", TruncationRule(), output: #"Send {"role":"user""#),
    Case(
      "Pydantic's print", TruncationRule(), input: "role='user' content='Hi' name=None tool_calls=None",
      "object-dump"),
    Case("LangChain's print", TruncationRule(), output: "AIMessage(content='Hi', id='1')", "object-dump"),
    Case("a list of prints", TruncationRule(), input: "[Message(role='user', content='Hi')]", "object-dump"),
    Case(
      "Python's dictionary", TruncationRule(), output: "{'role': 'assistant', 'text': \"Hi\"}", "object-dump"),
    Case("a dictionary of other things", TruncationRule(), output: "{'name': 'Ann'}"),
    Case("code with a dictionary", TruncationRule(), output: "{'role': 'user'} is a message."),
    Case("code with a role", TruncationRule(), output: "role='admin'"),
    Case("open fence", TruncationRule(), output: "See:\n```swift\nlet a = 1", "open-code-fence"),
    Case("third fence", TruncationRule(), output: "```\na\n```\n  ```py\nb", "open-code-fence"),
    Case(
      "two at once", TruncationRule(), output: "```\na", finish: "length", "finish-length",
      "open-code-fence"),
  ])
  func truncation(_ item: Case) { check(item) }

  @Test("a print of messages before the last one counts once")
  func dumpInConversation() {
    let dump = Array("role='system' content='Be brief.'\nHi".utf8)
    let question = Array("Hi".utf8)
    var found: [Finding] = []
    dump.withUnsafeBytes { conversation in
      question.withUnsafeBytes { input in
        TruncationRule().examine(RecordView(input: input, conversation: conversation, output: input)) {
          found.append($0)
        }
      }
    }
    #expect(
      found == [Finding(rule: "truncation", reason: "object-dump", effect: .drop, part: "conversation")])
  }

  @Test func truncationEffectsAndPlaces() {
    #expect(
      Self.findings(Case("", TruncationRule(), output: "See:\n```\nlet a")) == [
        Finding(
          rule: "truncation", reason: "open-code-fence", effect: .flag, part: "output", offset: 5, length: 3)
      ])
    #expect(
      Self.findings(Case("", TruncationRule(), output: "Then [truncated] ")) == [
        Finding(
          rule: "truncation", reason: "cut-marker", effect: .drop, part: "output", offset: 5, length: 12)
      ])
  }

  // MARK: Repetition

  /// `count` words none of which is like another.
  private static func words(_ count: Int, _ start: Int = 0) -> String {
    (start..<start + count).map { "word\($0 * 7919 % 10007)" }.joined(separator: " ")
  }

  private static let answer = """
    To reset the device, hold the power button for ten seconds until the light turns red. Let it go,
    wait for the second light, and press it once more. The settings are now as they were when you bought
    it: the network name is on the label below, and the password is printed next to it. If the light
    stays red, the device did not accept the reset; unplug it for a minute and begin again from the
    first step, this time with the cable connected.
    """

  @Test(arguments: [
    Case("prose passes", RepetitionRule(), output: answer),
    Case("short passes", RepetitionRule(), output: "no no no no"),
    Case("different words pass", RepetitionRule(), output: words(3000)),
    Case(
      "short lines do not count", RepetitionRule(),
      output: words(60) + String(repeating: "\n}\nend\n", count: 4) + words(60, 100)),
    Case(
      "one refrain of many lines passes", RepetitionRule(),
      output: (0..<9).map { words(9, $0 * 9) }.joined(separator: "\n") + "\n" + words(9)),
    Case(
      "lines by count", RepetitionRule(),
      output: "one two three\none two three\none two three\n" + words(49) + "\n" + words(40, 60) + "\n"
        + words(45, 120),
      "duplicate-lines"),
    Case(
      "lines by bytes", RepetitionRule(),
      output: words(40) + "\n" + words(40) + "\n" + words(12, 100) + "\n" + words(12, 200) + "\n"
        + words(12, 300),
      "duplicate-lines", "duplicate-ngrams"),
    Case(
      "commonest pair", RepetitionRule(),
      output: (0..<40).map { "very good \(words(1, $0)) \(words(1, $0 + 50))" }.joined(separator: " "),
      "duplicate-ngrams"),
    Case(
      "repeated passage", RepetitionRule(), output: words(30) + " " + words(40, 100) + " " + words(30),
      "duplicate-ngrams"),
    Case(
      "loop at the end", RepetitionRule(),
      output: words(400) + String(repeating: " and on it goes again", count: 10),
      "repeated-tail"),
    Case(
      "loop of one letter", RepetitionRule(), output: words(20) + String(repeating: "a", count: 200),
      "repeated-tail"),
    Case(
      "loop that is cut", RepetitionRule(),
      output: words(400) + String(repeating: " and on it goes again", count: 10) + " and on i",
      "repeated-tail"),
    Case(
      "three repeats pass", RepetitionRule(),
      output: words(2000) + String(repeating: " " + words(20, 4000), count: 3)),
    Case(
      "199 bytes of a letter pass", RepetitionRule(), output: words(20) + String(repeating: "a", count: 199)),
  ])
  func repetition(_ item: Case) { check(item) }

  @Test func loopPlace() {
    let head = "Here it comes: "
    let findings = Self.findings(
      Case("", RepetitionRule(), output: head + String(repeating: "xyz.", count: 100) + "\n"))
    #expect(
      findings == [
        Finding(
          rule: "repetition", reason: "repeated-tail", effect: .drop, part: "output", offset: 15, length: 400)
      ])
  }

  @Test(arguments: [
    ("a little is flagged", RepetitionRule(), 3, Finding.Effect.flag),
    ("three times the share is dropped", RepetitionRule(), 9, .drop),
    ("a factor of 1 drops at the share", RepetitionRule(dropFactor: 1), 3, .drop),
  ])
  func repetitionEffects(_ id: String, _ rule: RepetitionRule, _ repeats: Int, _ effect: Finding.Effect) {
    let lines =
      (0..<10 - repeats).map { "line \(100 + $0) ends" } + Array(repeating: "line 100 ends", count: repeats)
    let findings = Self.findings(Case(id, rule, output: lines.joined(separator: "\n")))
    #expect(
      findings.filter { $0.reason == "duplicate-lines" } == [
        Finding(rule: "repetition", reason: "duplicate-lines", effect: effect, part: "output")
      ])
  }

  /// Gopher's limits are exceeded, not reached: 2 of 10 lines of one length are 0.20 of lines and of bytes.
  @Test func sharesAreUpperLimits() {
    func lines(_ repeats: Int) -> String {
      ((0..<10 - repeats).map { "line \(100 + $0) ends" } + Array(repeating: "line 100 ends", count: repeats))
        .joined(separator: "\n")
    }
    check(Case("at the limit", RepetitionRule(), output: lines(2)))
    check(Case("beyond it", RepetitionRule(), output: lines(3), "duplicate-lines"))
    check(
      Case(
        "other limit", RepetitionRule(duplicateLineShare: 0.5, duplicateLineCharacterShare: 0.5),
        output: lines(3)))
  }

  // MARK: Personal data

  @Test(arguments: [
    Case("passes", PersonalDataRule()),
    Case("marks pass", PersonalDataRule(), output: "Write to [EMAIL_1] or [PHONE_2]."),
    Case("email", PersonalDataRule(), output: "a@b.com", "residual-email"),
    Case("card", PersonalDataRule(), output: "4111111111111111", "residual-card"),
    Case("iban", PersonalDataRule(), output: "DE89370400440532013000", "residual-iban"),
    Case("phone", PersonalDataRule(), output: "+49 30 12345678", "residual-phone"),
    Case("ip", PersonalDataRule(), output: "8.8.8.8", "residual-ip"),
    Case("secret", PersonalDataRule(), input: "AKIAIOSFODNN7EXAMPLE", "residual-secret"),
    Case("ssn", PersonalDataRule(), input: "531-21-7351", "residual-ssn"),
    Case("national id", PersonalDataRule(), output: "12345678Z", "residual-national-id"),
    Case("mac", PersonalDataRule(), output: "00:1B:44:11:3A:B7", "residual-mac"),
    Case(
      "each place", PersonalDataRule(), input: "a@b.com", output: "8.8.8.8 8.8.8.8", "residual-email",
      "residual-ip", "residual-ip"),
    Case(
      "only some kinds", PersonalDataRule(scanner: PersonalDataScanner(kinds: [.card])), output: "a@b.com"),
  ])
  func personalData(_ item: Case) { check(item) }

  @Test func personalDataPlaces() {
    #expect(
      Self.findings(Case("", PersonalDataRule(), input: "is a@b.com", output: "é 8.8.8.8")) == [
        Finding(
          rule: "personal-data", reason: "residual-email", effect: .flag, part: "conversation",
          offset: 3, length: 7),
        Finding(
          rule: "personal-data", reason: "residual-ip", effect: .flag, part: "output", offset: 3, length: 7),
      ])
  }

  /// Without UTF-8, without bytes, at the window's edge: no rule crashes.
  @Test func anyBytes() {
    var state: UInt64 = 9
    for size in [0, 1, 2, 7, 199, 200, 201, 399, 400, 401, 1000, 5000] {
      for _ in 0..<20 {
        let bytes = (0..<size).map { _ -> UInt8 in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return UInt8(truncatingIfNeeded: state >> 33)
        }
        var count = 0
        bytes.withUnsafeBytes { view in
          for rule in RuleSet.defaults {
            rule.examine(RecordView(input: view, conversation: view, output: view, finish: view)) { finding in
              count += 1
              #expect(finding.offset >= 0 && finding.offset + finding.length <= size)
            }
          }
        }
        #expect(size > 0 || count == 2)
      }
    }
  }
}
