import Bytes
import Catalog
import Foundation
import GRDB
import Records
import TestSupport
import Testing

@testable import Pull

@Suite("SQL databases") struct SQLTests {
  let workshop: Workshop

  init() throws { workshop = try Workshop() }

  private static func rule(_ path: String) throws -> FieldRule {
    FieldRule(paths: [try #require(FieldPath(path))])
  }

  private func source(_ name: String, _ database: String, _ query: String) -> SourceDefinition {
    var source = SourceDefinition(name: name, path: "")
    source.kind = .sql
    source.service = ServiceParameters()
    source.service?.database = database
    source.service?.query = query
    return source
  }

  private static func interactions() throws -> InteractionMapping {
    var mapping = InteractionMapping(
      id: try rule("id"), time: try rule("time"), input: try rule("messages"), output: try rule("answer"))
    mapping.model = try rule("model")
    mapping.user = try rule("member")
    return mapping
  }

  private static func thumbs(about: String) throws -> FeedbackMapping {
    var mapping = FeedbackMapping(
      about: about, id: try rule("id"), time: try rule("time"), signal: FieldRule(constant: "thumb"))
    mapping.target = try rule("target")
    mapping.value = try rule("value")
    mapping.user = try rule("member")
    return mapping
  }

  /// Every answer in Open WebUI's own database, with the messages that lead to it.
  static let chats = """
    WITH RECURSIVE answers AS (
      SELECT c.id AS chat, c.user_id AS member, m.value AS answer FROM chat c, json_each(c.chat, '$.history.messages') m
      WHERE c.updated_at >= unixepoch(:since) AND m.value ->> '$.role' = 'assistant' AND m.value ->> '$.done'
    ), branch AS (
      SELECT chat, answer ->> '$.id' AS id, answer ->> '$.parentId' AS parent, 0 AS depth, NULL AS message FROM answers
      UNION ALL
      SELECT b.chat, b.id, m.value ->> '$.parentId', b.depth + 1,
        json_object('role', m.value ->> '$.role', 'content', m.value ->> '$.content')
      FROM branch b JOIN chat c ON c.id = b.chat, json_each(c.chat, '$.history.messages') m
      WHERE m.key = b.parent AND b.depth < 1000
    )
    SELECT a.chat || '-' || (a.answer ->> '$.id') AS id, a.answer ->> '$.timestamp' AS time, a.chat AS conversation,
      a.member, a.answer ->> '$.model' AS model, a.answer ->> '$.content' AS answer,
      c.chat ->> '$.params.system' AS system,
      (SELECT json_group_array(json(message)) FROM (
        SELECT message FROM branch b WHERE b.chat = a.chat AND b.id = a.answer ->> '$.id' AND b.depth > 0
        ORDER BY depth DESC)) AS messages,
      a.answer -> '$.usage' AS usage
    FROM answers a JOIN chat c ON c.id = a.chat
    """

  @Test("Open WebUI's own database is read by two queries", arguments: [1000, 7])
  func openWebUI(_ pageSize: Int) async throws {
    let python = try #require(ChildProcess.find("python3"))
    try await Python.run(
      python, "servers/openwebui.py",
      ["--rows", "48", "--database", workshop.at("webui.db"), "--expect", workshop.at("all.jsonl")])
    var chats = source("webui", "sqlite:webui.db", Self.chats)
    var mapping = try Self.interactions()
    mapping.conversation = try Self.rule("conversation")
    mapping.tokensIn = try Self.rule("usage.prompt_tokens")
    mapping.tokensOut = try Self.rule("usage.completion_tokens")
    chats.interactions = mapping
    chats.service?.pageSize = pageSize
    var votes = source(
      "votes", "sqlite:" + workshop.at("webui.db"),
      """
      SELECT id, user_id AS member, created_at AS time, meta ->> '$.chat_id' AS conversation,
        (meta ->> '$.chat_id') || '-' || (meta ->> '$.message_id') AS target,
        CAST(data ->> '$.rating' AS INTEGER) AS value
      FROM feedback WHERE updated_at >= unixepoch(:since) AND type = 'rating';
      """)
    votes.feedback = try Self.thumbs(about: "webui")
    votes.feedback?.conversation = try Self.rule("conversation")
    for source in [chats, votes, chats] {
      let account = try await workshop.pull(source)
      #expect(account.quarantined == [:])
    }
    // The second reading found nothing new.
    #expect(try await workshop.pull(chats).segments == 0)
    // The system prompt has a column of its own, which a mapping does not put before the messages.
    var expected: [String: [String]] = [:]
    for line in try String(contentsOfFile: workshop.at("all.jsonl"), encoding: .utf8).split(separator: "\n") {
      let line = String(line).replacing(
        #"{"content": "You are the support assistant.", "role": "system"}, "#, with: "")
      expected[line.contains("\"type\": \"feedback\"") ? "votes" : "webui", default: []].append(line)
    }
    for (name, lines) in expected {
      let file = workshop.at("\(name).jsonl")
      // Targets are of the other source.
      let text = lines.joined(separator: "\n").replacing("\"target\": \"", with: "\"target\": \"webui/")
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
      try workshop.expect(file, of: name)
    }
  }

  private func database(_ statements: String) throws {
    let queue = try DatabaseQueue(path: workshop.at("a.db"))
    try queue.write { try $0.execute(sql: statements) }
    try queue.close()
  }

  @Test("columns of each type become what JSON has for them")
  func columns() async throws {
    try database(
      """
      CREATE TABLE t (i INTEGER, r REAL, s TEXT, j JSON, b BLOB, n TEXT);
      INSERT INTO t VALUES (7, 1.5, '{"not":"parsed"}', '{"a":[1,2]}', x'00ff', NULL);
      INSERT INTO t VALUES (-9223372036854775808, 1e999, 'tab	and "quote"', 'no json', x'', NULL);
      """)
    let query = try SQLiteQuery(
      path: workshop.at("a.db"), query: "SELECT *, json_array(i) AS e, '[x' AS f FROM t;",
      since: Timestamp(microseconds: 0))
    let out = ByteBuffer()
    #expect(try !query.rows(10, to: out))
    #expect(
      String(decoding: out.bytes, as: UTF8.self).split(separator: "\n").map(String.init) == [
        #"{"i":7,"r":1.5,"s":"{\"not\":\"parsed\"}","j":{"a":[1,2]},"b":"AP8=","n":null,"e":[7],"f":"[x"}"#,
        #"{"i":-9223372036854775808,"r":null,"s":"tab\tand \"quote\"","j":"no json","b":"","n":null,"#
          + #""e":[-9223372036854775808],"f":"[x"}"#,
      ])
  }

  struct Refusal: CustomTestStringConvertible {
    let query: String
    let detail: String
    var testDescription: String { query }
  }

  @Test(
    "a query that does not read is refused, and nothing is changed",
    arguments: [
      Refusal(query: "DELETE FROM t", detail: "the query reads nothing"),
      Refusal(query: "INSERT INTO t VALUES (1) RETURNING a", detail: "the query reads nothing"),
      Refusal(query: "ATTACH '/tmp/x' AS x", detail: "the query reads nothing"),
      Refusal(query: "SELECT * FROM t; DELETE FROM t", detail: "the query is more than one"),
      Refusal(query: "SELECT * FROM u", detail: "the query: no such table: u"),
      Refusal(query: "SELECT ?", detail: "the query has a parameter other than :since"),
      Refusal(query: "", detail: "the query reads nothing"),
    ])
  func refused(_ item: Refusal) async throws {
    try database("CREATE TABLE t (a); INSERT INTO t VALUES (1);")
    var source = source("s", "sqlite:a.db", item.query)
    source.interactions = try Self.interactions()
    await #expect(throws: SourceFault(.database, source: "s", detail: item.detail)) {
      try await workshop.pull(source)
    }
  }

  @Test("a file that is not there, or no database, is a fault")
  func noFile() async throws {
    var source = source("s", "sqlite:none.db", "SELECT * FROM t")
    source.interactions = try Self.interactions()
    await #expect(throws: SourceFault.self) { try await workshop.pull(source) }
    #expect(!FileManager.default.fileExists(atPath: workshop.at("none.db")))
    try Data(repeating: 0x61, count: 5000).write(to: URL(fileURLWithPath: workshop.at("none.db")))
    await #expect(throws: SourceFault.self) { try await workshop.pull(source) }
  }

  static let calls = """
    SELECT id, at AS time, messages, answer, model, member, price, id AS target, good AS value, changed
    FROM calls WHERE changed >= :since AND ':since'::text <> '' ORDER BY at;
    """

  @Test(
    "a real PostgreSQL is read page by page, with a password and for reading only",
    .enabled(if: Self.hasPostgres, "there is no initdb"))
  func postgres() async throws {
    let server = try ContractServer("postgres", ["--rows", "60", "--expect", workshop.at("expect.jsonl")])
    let address = "postgresql://flywheel@127.0.0.1:\(server.port)/postgres"
    var source = source("calls", address, Self.calls)
    source.service?.key = .variable("PASSWORD")
    source.service?.pageSize = 7
    var mapping = try Self.interactions()
    mapping.cost = try Self.rule("price")
    source.interactions = mapping
    var thumbs = try Self.thumbs(about: "calls")
    thumbs.time = try Self.rule("changed")
    source.feedback = thumbs
    source.feedback?.match = []
    // Rows without an opinion have no thumb.
    var votes = source
    votes.interactions = nil
    votes.service?.query = "SELECT * FROM (\(Self.calls.dropLast(1))) c WHERE value IS NOT NULL"
    votes.name = "votes"
    source.feedback = nil
    let environment = ["PASSWORD": "secret"]
    for definition in [source, votes] {
      let account = try await workshop.pull(definition, environment: environment)
      #expect(account.quarantined == [:])
    }
    #expect(try await workshop.pull(source, environment: environment).segments == 0)
    var lines: [String: [Substring]] = [:]
    for line in try String(contentsOfFile: workshop.at("expect.jsonl"), encoding: .utf8).split(
      separator: "\n")
    {
      lines[line.contains("\"type\": \"feedback\"") ? "votes" : "calls", default: []].append(line)
    }
    for (name, lines) in lines {
      let text = lines.joined(separator: "\n").replacing("\"target\": \"", with: "\"target\": \"calls/")
      try Data(text.utf8).write(to: URL(fileURLWithPath: workshop.at("\(name).jsonl")))
      try workshop.expect(workshop.at("\(name).jsonl"), of: name)
    }
    let faults: [(query: String, password: String, detail: String)] = [
      (Self.calls, "wrong", "password authentication failed"),
      ("DELETE FROM calls RETURNING *", "secret", "42"),
      ("SELECT * FROM none", "secret", "42P01 relation \"none\" does not exist"),
      ("SELECT 1/(length(id) - 6) FROM calls", "secret", "22012"),
      ("SELECT 1; DROP TABLE calls", "secret", "42601"),
      ("SELECT nextval('s')", "secret", "42P01"),
    ]
    for (query, password, detail) in faults {
      var bad = source
      bad.service?.query = query
      let fault = await #expect(throws: SourceFault.self) {
        try await workshop.pull(bad, environment: ["PASSWORD": password])
      }
      #expect(fault?.detail.contains(detail) ?? false, "\(query): \(fault?.detail ?? "")")
      #expect(fault?.detail.contains(password) != true)
    }
  }

  static var hasPostgres: Bool {
    FileManager.default.fileExists(atPath: "/usr/lib/postgresql")
      || ["/usr/bin/initdb", "/usr/local/bin/initdb"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
      }
  }

  @Test(
    "the window's start takes a parameter's place outside quotes",
    arguments: [
      ("a > :since", "a > $1::timestamptz", true), ("a::since", "a::since", false),
      ("':since'", "':since'", false),
      ("\":since\" :sinces ;\n", "\":since\" :sinces", false),
      (":since,:since", "$1::timestamptz,$1::timestamptz", true),
    ])
  func numbered(_ query: String, _ text: String, _ hasSince: Bool) {
    let found = PostgresQuery.numbered(query)
    #expect(found.text == text)
    #expect(found.hasSince == hasSince)
  }
}
