import Pipeline
import Pull
import Records
import Testing

/// Sources that are services: every key, what it is by default, and what is said about wrong ones.
@Suite struct DefinitionServiceTests {
  private static let phoenix = "kind: phoenix\naddress: http://127.0.0.1:6006\nproject: support\n"
  private static let langfuse = "kind: langfuse\n"
  private static let sql =
    "kind: sql\ndatabase: sqlite:chat.db\nquery: SELECT 1\ninteractions: {id: i, time: t, input: a, output: b}\n"

  @Test func readsEveryKey() throws {
    let yaml = """
      kind: langsmith
      address: https://$HOST/api
      key: {file: secrets/langsmith}
      project: support-bot
      workspace: 7
      types: [LLM, chain]
      look_back: 36h
      since: 2026-11-01
      page_size: 50
      requests_per_minute: 90
      ca_file: ../ca.pem
      app: support
      redact: [email]
      signals: {helpfulness: {signal: rating, from: [0, 1]}, thumbs: thumb}
      metadata: [extra.metadata.tier]

      """
    let reading = SourceDefinition.read(Array(yaml.utf8), name: "smith", file: "S.yaml")
    #expect(reading.faults == [])
    var expected = SourceDefinition(name: "smith", path: "")
    expected.kind = .langsmith
    var service = ServiceParameters()
    service.address = "https://$HOST/api"
    service.key = .file("secrets/langsmith")
    service.project = "support-bot"
    service.workspace = "7"
    service.types = ["LLM", "chain"]
    service.lookBack = 129_600
    service.since = try #require(Since("2026-11-01"))
    service.pageSize = 50
    service.requestsPerMinute = 90
    service.caFile = "../ca.pem"
    expected.service = service
    expected.app = "support"
    expected.redact = [.email]
    expected.signals = [
      "helpfulness": SignalRule(signal: .rating, from: SignalScale(low: 0, high: 1)),
      "thumbs": SignalRule(signal: .thumb),
    ]
    expected.metadata = [try #require(FieldPath("extra.metadata.tier"))]
    #expect(reading.definition == expected)
  }

  @Test func aPairOfKeys() {
    let yaml = Self.langfuse + "key: {env: CHAT_SECRET}\npublic_key: {file: /run/secrets/public}\n"
    let service = SourceDefinition.read(Array(yaml.utf8), name: "c", file: "S.yaml").definition?.service
    #expect(service?.key == .variable("CHAT_SECRET"))
    #expect(service?.publicKey == .file("/run/secrets/public"))
  }

  @Test func defaults() {
    let reading = SourceDefinition.read(Array(Self.langfuse.utf8), name: "c", file: "S.yaml")
    #expect(reading.faults == [])
    var service = ServiceParameters()
    service.address = "https://cloud.langfuse.com"
    #expect(reading.definition?.service == service)
    #expect(reading.definition?.path == "")
    #expect(service.key == nil && service.types == [] && service.pageSize == nil)
    #expect(service.lookBack == 7 * 86_400)
    #expect(service.since == .seconds(30 * 86_400))
  }

  @Test func aDatabase() {
    let yaml = Self.sql + "key: {env: PGPASSWORD}\nlook_back: 10m\nsince: 400d\n"
    let reading = SourceDefinition.read(Array(yaml.utf8), name: "rows", file: "S.yaml")
    #expect(reading.faults == [])
    var service = ServiceParameters()
    service.database = "sqlite:chat.db"
    service.query = "SELECT 1"
    service.key = .variable("PGPASSWORD")
    service.lookBack = 600
    service.since = .seconds(400 * 86_400)
    #expect(reading.definition?.service == service)
  }

  @Test func filesOfAServiceAreNoService() {
    let yaml = "kind: langfuse\npath: export/\nsignals: {thumbs: thumb}\n"
    let reading = SourceDefinition.read(Array(yaml.utf8), name: "blob", file: "S.yaml")
    #expect(reading.faults == [])
    #expect(reading.definition?.service == nil)
    #expect(reading.definition?.path == "export/")
  }

  /// Every kind's least definition, with every key that it needs and none else.
  @Test(arguments: SourceKind.allCases) func theLeastOfEachKind(_ kind: SourceKind) {
    let traits = kind.traits
    var yaml = "kind: \(kind.rawValue)\n"
    if traits.places == [.files] { yaml += "path: x\n" }
    if traits.places.contains(.service), traits.address == nil { yaml += "address: http://127.0.0.1\n" }
    if traits.places.contains(.database) { yaml += "database: sqlite:x\nquery: SELECT 1\n" }
    if traits.required.contains(.project) { yaml += "project: p\n" }
    if traits.required.contains(.workspace) { yaml += "workspace: w\n" }
    if traits.isMapped { yaml += "interactions: {id: i, time: t, input: a, output: b}\n" }
    let reading = SourceDefinition.read(Array(yaml.utf8), name: "least", file: "S.yaml")
    #expect(reading.faults.map(\.description) == [])
    #expect(reading.definition?.kind == kind)
  }

  static let faults: [FaultRow] = [
    FaultRow(
      "nothing but a kind of service", .source, "kind: phoenix\n",
      "S.yaml:1:1: the source needs the key 'address'", "S.yaml:1:1: the source needs the key 'project'"),
    FaultRow(
      "nothing but a database", .source, "kind: sql\n", "S.yaml:1:1: the source needs the key 'database'",
      "S.yaml:1:1: the source needs the key 'query'",
      "S.yaml:1:1: the source needs one of the keys 'interactions', 'feedback', 'tree'"),
    FaultRow(
      "path and address", .source, "kind: langfuse\npath: x\naddress: https://cloud.langfuse.com\n",
      "S.yaml:3:10: the source takes 'path' or 'address', not both"),
    FaultRow(
      "a key of services with files", .source, "kind: langfuse\npath: x\nproject: p\n",
      "S.yaml:3:1: unknown key"),
    FaultRow(
      "an unknown key", .source, phoenix + "projekt: p\n", "S.yaml:4:1: unknown key 'projekt'"),
    FaultRow(
      "a mapping that the kind does not have", .source, phoenix + "interactions: {}\n",
      "S.yaml:4:1: unknown key"),
    FaultRow(
      "no address", .source, phoenix.replacing("http://", with: ""),
      "S.yaml:2:10: 'address': '127.0.0.1:6006' is not an address that begins with https:// or http://"),
    FaultRow(
      "another protocol", .source, phoenix.replacing("http:", with: "ftp:"),
      "S.yaml:2:10: 'address': 'ftp://127.0.0.1:6006' is not an address that begins with https:// or http://"),
    FaultRow(
      "half a variable", .source, phoenix.replacing("http://127.0.0.1:6006", with: "https://${HOST"),
      "S.yaml:2:10: 'address': '${' needs a name and '}', such as '${LOGS}'"),
    FaultRow(
      "a secret as it is", .source, phoenix + "key: sk-0815\n",
      "S.yaml:4:6: 'key' must say where the secret is, {env: NAME} or {file: PATH}; a secret itself has no place in a definition"
    ),
    FaultRow(
      "a list of secrets", .source, langfuse + "public_key: [pk-0815]\n",
      "S.yaml:2:13: 'public_key' must say where the secret is, {env: NAME} or {file: PATH}; a secret itself has no place in a definition"
    ),
    FaultRow(
      "a password in the address", .source, phoenix.replacing("http://", with: "http://me:sk-0815@"),
      "S.yaml:2:10: 'address' must say where the secret is, {env: NAME} or {file: PATH}; a secret itself has no place in a definition"
    ),
    FaultRow(
      "a password of a database", .source,
      sql.replacing("sqlite:chat.db", with: "postgresql://me:sk-0815@127.0.0.1:5432/chat"),
      "S.yaml:2:11: 'database' must say where the secret is, {env: NAME} or {file: PATH}; a secret itself has no place in a definition"
    ),
    FaultRow(
      "a name, a port and a variable", .source,
      sql.replacing("sqlite:chat.db", with: "postgresql://me:$PASSWORD@127.0.0.1:5432/chat")),
    FaultRow(
      "a secret without a place", .source, phoenix + "key: {}\n",
      "S.yaml:4:6: 'key' needs one of the keys 'env', 'file'"),
    FaultRow(
      "a secret in two places", .source, phoenix + "key: {env: A, file: b}\n",
      "S.yaml:4:21: 'key' takes 'env' or 'file', not both"),
    FaultRow(
      "a secret in a place that is none", .source, phoenix + "key: {vault: a}\n",
      "S.yaml:4:6: 'key' needs one of the keys 'env', 'file'",
      "S.yaml:4:7: unknown key 'vault' in 'key'. Legal keys: env, file"),
    FaultRow(
      "a key that the kind does not take", .source, phoenix + "public_key: {env: A}\nworkspace: w\n",
      "S.yaml:4:1: unknown key", "S.yaml:5:1: unknown key"),
    FaultRow(
      "types", .source, phoenix + "types: []\n", "S.yaml:4:8: 'types' must not be empty"),
    FaultRow(
      "types of another type", .source, phoenix + "types: [LLM, 7]\n",
      "S.yaml:4:14: entry 2 of 'types' must be text, not the number 7"),
    FaultRow(
      "lengths of time", .source, phoenix + "look_back: 7\nsince: 30 days\n",
      "S.yaml:4:12: 'look_back': '7' is not a length of time such as '7d', '36h' or '30m'",
      "S.yaml:5:8: 'since': '30 days' is not a length of time such as '7d', '36h' or '30m'"),
    FaultRow(
      "a look-back that is too short", .source, phoenix + "look_back: 9m\n",
      "S.yaml:4:12: 'look_back' must be between 10m and 400d, not 9m"),
    FaultRow(
      "a look-back that is too long", .source, phoenix + "look_back: 401d\n",
      "S.yaml:4:12: 'look_back' must be between 10m and 400d, not 401d"),
    FaultRow(
      "limits", .source, phoenix + "page_size: 1001\nrequests_per_minute: 0\nca_file: 7\n",
      "S.yaml:4:12: 'page_size' must be between 1 and 1000, not 1001",
      "S.yaml:5:22: 'requests_per_minute' must be between 1 and 60000, not 0",
      "S.yaml:6:10: 'ca_file' must be text, not the number 7"),
    FaultRow(
      "signals", .source, phoenix + "signals: {a: thumbs, b: {signal: rating, from: [1, 1]}}\n",
      "S.yaml:4:14: 'a' cannot be 'thumbs'; did you mean 'thumb'? Legal values: thumb, rating, comment, correction, rank, copy, click, accept, regenerate, edit, abandon, follow_up",
      "S.yaml:4:48: 'from' must hold two different numbers"),
    FaultRow(
      "metadata", .source, phoenix + "metadata: [a..b, tier, tier]\n",
      "S.yaml:4:12: entry 1 of 'metadata': 'a..b' is not a path such as 'choices.0.text'",
      "S.yaml:4:24: entry 3 of 'metadata' repeats 'tier'"),
    FaultRow(
      "requests of a database", .source, sql + "requests_per_minute: 1\n", "S.yaml:5:1: unknown key"),
  ]

  @Test(arguments: faults) func says(_ row: FaultRow) {
    let said = Fixtures.faults(of: row.document, row.yaml).map(\.description)
    // The list of legal keys is the reader's own.
    let expected = row.expected
    #expect(said.count == expected.count, "\(said)")
    for (said, expected) in zip(said, expected) {
      #expect((expected.contains("unknown key") ? String(said.prefix(expected.count)) : said) == expected)
    }
    #expect(!said.contains { $0.contains("0815") }, "a secret is repeated")
  }
}
