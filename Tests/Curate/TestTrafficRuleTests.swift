import Curate
import Records
import Testing
import Text

@Suite struct TestTrafficRuleTests {
  private func findings(
    _ input: String, app: String? = nil, metadata: String? = nil, hasMedia: Bool = false,
    rule: TestTrafficRule = TestTrafficRule()
  ) throws -> [String] {
    var result: [String] = []
    func examine(_ value: JSONValue?) {
      Array(input.utf8).withUnsafeBytes { text in
        Array((app ?? "").utf8).withUnsafeBytes { name in
          rule.examine(
            RecordView(
              input: text, conversation: text, output: text, hasMedia: hasMedia, app: app == nil ? nil : name,
              metadata: value)
          ) { result.append($0.reason + ($0.effect == .drop ? "!" : "")) }
        }
      }
    }
    if let metadata { try JSONParser().parse(metadata) { examine($0) } } else { examine(nil) }
    return result
  }

  @Test(arguments: [
    "hi", "hello", "Hello!", "thanks", "thank you", "ok", "yes", "no", "why?", "help", "go on", "continue",
    "Write a test for this function.", "test the hypothesis that the means are equal", "What is a ping?",
    "How do I write hello world in Rust?", "Testing in production: good idea?", "lorem", "were", "power",
    "typewriter",
    "assess", "property", "hmm", "haha", "ASDA", "rhythms", "Is this a test or an exam?", "qwerty or dvorak?",
    "こんにちは", "", " ", "?", "??", "1", "42", "aaa bbb ccc", "The test failed, what now?",
    "Please explain the load test that we ran yesterday and what its numbers mean for us.",
  ])
  func passesPeople(_ input: String) throws { #expect(try findings(input) == []) }

  @Test(arguments: [
    ("test", "test-phrase!"), ("Test.", "test-phrase!"), ("TEST!!!", "test-phrase!"),
    ("testing 123", "test-phrase!"),
    ("testing   testing", "test-phrase!"), ("ping", "test-phrase!"), ("health check", "test-phrase!"),
    ("Lorem ipsum dolor sit amet, consectetur", "test-phrase!"), ("foo bar baz", "test-phrase!"),
    ("hello world", "test-phrase"), ("Hello, World!", "test-phrase"), ("foo bar", "test-phrase"),
    ("This is a test.", "test-phrase"), ("this is a load test message 17", "test-phrase"),
    ("asdf", "keyboard-mash!"), ("asdfasdf", "keyboard-mash!"), ("qweasd", "keyboard-mash!"),
    ("ASDFGHJKL", "keyboard-mash!"), ("qwerty", "keyboard-mash!"), ("zxcvbnm", "keyboard-mash!"),
    ("asdfas", "keyboard-mash!"), ("sdkfjhsdf", "keyboard-mash"), ("hjkl", "keyboard-mash"),
    ("aaaaaa", "repeated-character!"), ("x x x x x", "repeated-character!"), ("???", "repeated-character"),
    ("1111", "repeated-character"),
  ])
  func findsTests(_ input: String, _ expected: String) throws { #expect(try findings(input) == [expected]) }

  @Test("an image says what a text does not") func media() throws {
    #expect(try findings("test", hasMedia: true) == [])
  }

  @Test(arguments: [
    (#"{"env": "test"}"#, ["test-environment!"]), (#"{"environment": "Staging"}"#, ["test-environment!"]),
    (#"{"deployment.environment": "ci"}"#, ["test-environment!"]), (#"{"env": "production"}"#, []),
    (#"{"env": "prod", "stage": 3}"#, []), (#"{"environment": "the test of time"}"#, []),
    (#"{"synthetic": true}"#, ["test-mark!"]), (#"{"is_test": "true"}"#, ["test-mark!"]),
    (#"{"bot": 1}"#, ["test-mark!"]), (#"{"bot": false, "is_test": "no", "crawler": 0}"#, []),
    (#"{"bot": "support"}"#, []), (#"{"user_agent": "k6/0.49.0 (https://k6.io/)"}"#, ["test-agent!"]),
    (#"{"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}"#, ["test-agent!"]),
    (#"{"http.user_agent": "Mozilla/5.0 HeadlessChrome/120"}"#, ["test-agent!"]),
    (#"{"user_agent": "curl/8.5.0"}"#, ["test-agent"]),
    (#"{"user_agent": "python-requests/2.31"}"#, ["test-agent"]),
    (#"{"user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"}"#, []),
    (#"{"user_agent": null, "env": null}"#, []), (#"{"note": "test", "tags": ["test"]}"#, []), ("[]", []),
  ])
  func readsMetadata(_ metadata: String, _ expected: [String]) throws {
    #expect(try findings("How do I reset it?", metadata: metadata) == expected)
  }

  @Test func environmentsAreADefinitionsOwn() throws {
    let rule = TestTrafficRule(environments: ["abn"])
    #expect(try findings("Hi there", metadata: #"{"env": "ABN"}"#, rule: rule) == ["test-environment!"])
    #expect(try findings("Hi there", metadata: #"{"env": "test"}"#, rule: rule) == [])
  }

  @Test(arguments: [
    ("healthcheck", true), ("Smoke-Test", true), ("support", false), ("test-prep-tutor", false),
  ])
  func readsApps(_ app: String, _ isTest: Bool) throws {
    #expect(try findings("How do I reset it?", app: app) == (isTest ? ["test-app!"] : []))
  }
}
