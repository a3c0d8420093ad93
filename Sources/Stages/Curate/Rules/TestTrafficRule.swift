import Records
import Text

extension CurateParameters {
  /// Parameters of the rule `test-traffic`.
  public struct TestTraffic: Sendable, Hashable, Codable {
    /// How many environments may be named.
    public static let environmentsCountRange = 0...50

    /// Names of environments whose traffic is dropped, in lower case; default ``defaultEnvironments``, at
    /// most 50; empty leaves environments alone.
    public var environments: [String] = defaultEnvironments

    /// What ``environments`` is unless a definition says otherwise.
    public static let defaultEnvironments = [
      "ci", "dev", "development", "e2e", "local", "loadtest", "qa", "sandbox", "staging", "test", "testing",
    ]

    /// Takes the defaults.
    public init() {}
  }
}

/// Finds records that no user made: tests, health checks, load generators, crawlers.
///
/// **Reasons**
/// - `keyboard-mash` (drop, or flag): the last user message is one word made of neighbouring keys (`asdf`,
///   `qweasd`, `jkljkl`); flag where it is eight or more Latin letters without a vowel (`sdkfjhsdf`);
/// - `repeated-character` (drop, or flag): it is one letter, five times or more; flag where it is another
///   sign, three times or more (`???`, `111`), as people do write;
/// - `test-agent` (drop, or flag): the metadata's `user_agent` names a load generator, monitor or crawler
///   (k6, JMeter, Locust, Googlebot, HeadlessChrome, kube-probe …); flag where it names a plain client (curl,
///   python-requests, Postman …), which may be a customer's program;
/// - `test-app` (drop): the app is called `healthcheck`, `smoke-test`, `loadtest` and the like;
/// - `test-environment` (drop): the metadata's `env`, `environment`, `stage` or `deployment_environment` is
///   one of ``environments``;
/// - `test-mark` (drop): the metadata's `synthetic`, `bot`, `crawler`, `is_test` and the like is true;
/// - `test-phrase` (drop, or flag): the last user message is `test`, `testing 123`, `ping`, `health check`,
///   or begins with `lorem ipsum dolor`; flag where it is `hello world`, `foo bar`, `abc`, or begins with
///   `this is a test` in at most 60 bytes.
///
/// ASCII case, signs at the ends and runs of white space do not count in phrases. `hi`, `hello`, `thanks` and
/// `write a test for …` are people's own. A message with an image is not judged by its text.
///
/// Measured: of the inputs of self-instruct, OpenAssistant's first 100 trees, MT-bench, 1,000 haiku and two
/// lists of questions and foreign sentences (2,603 in all) none has a finding.
public struct TestTrafficRule: Rule {
  /// The rule's name.
  public static let name = "test-traffic"
  /// The rule's version.
  public static let version = 1
  /// The rule's reason codes.
  public static let reasons = [
    "keyboard-mash", "repeated-character", "test-agent", "test-app", "test-environment", "test-mark",
    "test-phrase",
  ]

  /// Names of environments whose traffic is dropped, in lower case.
  public let environments: [String]

  private static let apps: [StaticString] = [
    "healthcheck", "health-check", "health_check", "smoke-test", "smoke_test", "smoketest",
    "loadtest", "load-test", "load_test", "load-testing", "uptime-check", "canary-check",
    "synthetic-monitor", "synthetic-monitoring", "e2e", "e2e-tests", "integration-tests", "test", "testing",
  ]

  /// Makes the rule.
  /// - Parameter environments: names of environments in lower case; default
  ///   ``CurateParameters/TestTraffic/defaultEnvironments``.
  public init(environments: [String] = CurateParameters.TestTraffic.defaultEnvironments) {
    self.environments = environments
  }

  /// Reports what marks a record as a test.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    func finding(_ reason: String, _ effect: Finding.Effect, _ part: String) {
      report(Finding(rule: Self.name, reason: reason, effect: effect, part: part))
    }
    if !record.hasMedia, let (reason, effect) = TestInput.judge(record.input) {
      finding(reason, effect, "input")
    }
    if let app = record.app, ASCIIText.isOne(of: Self.apps, app) { finding("test-app", .drop, "record") }
    guard let metadata = record.metadata else { return }
    var marks = TestMetadata()
    marks.read(metadata, environments: environments)
    if let effect = marks.agent { finding("test-agent", effect, "record") }
    if marks.environment { finding("test-environment", .drop, "record") }
    if marks.mark { finding("test-mark", .drop, "record") }
  }
}

/// What the fields of a row's metadata say of tests.
struct TestMetadata {
  private(set) var agent: Finding.Effect?
  private(set) var environment = false
  private(set) var mark = false

  private static let environmentKeys: [StaticString] = [
    "env", "environment", "stage", "deployment_environment", "deployment.environment",
    "deployment.environment.name",
  ]
  private static let markKeys: [StaticString] = [
    "synthetic", "is_synthetic", "bot", "is_bot", "crawler", "is_crawler", "is_test", "test", "test_run",
    "load_test", "loadtest", "health_check", "healthcheck", "smoke_test",
  ]
  private static let agentKeys: [StaticString] = [
    "user_agent", "user-agent", "useragent", "http.user_agent", "user_agent.original",
  ]
  private static let machines: [StaticString] = [
    "k6/", "grafana-k6", "jmeter", "locust", "gatling", "artillery", "vegeta", "apachebench", "wrk/", "hey/",
    "headlesschrome", "phantomjs", "puppeteer", "playwright", "selenium", "googlebot", "bingbot", "yandexbot",
    "baiduspider", "duckduckbot", "applebot", "gptbot", "claudebot", "ccbot", "bytespider", "ahrefsbot",
    "semrushbot", "facebookexternalhit", "kube-probe", "elb-healthchecker", "googlehc", "uptimerobot",
    "pingdom", "statuscake", "datadogsynthetics", "better uptime bot", "checkly", "blackbox-exporter",
  ]
  private static let clients: [StaticString] = [
    "curl/", "wget/", "python-requests", "python-httpx", "python-urllib", "aiohttp/", "go-http-client",
    "postmanruntime", "insomnia/", "httpie/", "okhttp/", "axios/", "node-fetch", "java/",
  ]

  /// Reads the members of an object.
  mutating func read(_ metadata: JSONValue, environments: [String]) {
    metadata.forEachMember { key, value in
      guard key.count <= 32 else { return }
      if ASCIIText.isOne(of: Self.environmentKeys, key) {
        if let text = value.utf8, Self.isOne(of: environments, ASCIIText.trimmed(text)) { environment = true }
      } else if ASCIIText.isOne(of: Self.markKeys, key) {
        if Self.isTrue(value) { mark = true }
      } else if ASCIIText.isOne(of: Self.agentKeys, key), let text = value.utf8 {
        let head = UnsafeRawBufferPointer(rebasing: text.prefix(512))
        if ASCIIText.containsAny(of: Self.machines, head) {
          agent = .drop
        } else if agent == nil, ASCIIText.hasAny(of: Self.clients, in: head, at: 0) {
          agent = .flag
        }
      }
    }
  }

  private static func isTrue(_ value: JSONValue) -> Bool {
    if let bool = value.bool { return bool }
    if let number = value.int64 { return number == 1 }
    return value.utf8.map { ASCIIText.isOne(of: ["true", "1", "yes"], $0) } ?? false
  }

  private static func isOne(of names: [String], _ text: UnsafeRawBufferPointer) -> Bool {
    names.contains { name in
      name.utf8.count == text.count && zip(name.utf8, text).allSatisfy { $0 == ASCIIText.lowered($1) }
    }
  }
}
