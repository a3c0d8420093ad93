import Bytes
import Records
import Testing

@testable import Catalog

@Suite("Selections") struct SelectionTests {
  /// Four interactions, one of them with a correction and a vote.
  private static func filled() throws -> CatalogFolder {
    let folder = try CatalogFolder()
    var rows = (1...4).map { InteractionRow.make("chat/\($0)", at: Int64($0) * 43_200) }
    rows[0].metadata = #"{"lang":"de","n":1}"#
    rows[1].metadata = #"{"lang":"en","n":2}"#
    rows[0].app = "support"
    rows[1].app = "a;b)--'"
    rows[0].turns = 1
    rows[1].turns = 3
    try folder.commit(
      rows,
      feedback: [
        .make("fb/1", on: "chat/2", value: nil, signal: .correction, correction: true),
        .make("fb/2", on: "chat/1"),
      ])
    try folder.curate(drop: ["chat/4": "length/output-empty"])
    try folder.catalog.commitLabel(
      .of("chat/1"), .good, 0.75, good: 2,
      votes: [VoteRow(interaction: 1, voter: "thumb:u-1", class: .good, weight: 1, feedback: 2)])
    return folder
  }

  struct Legal: Sendable, CustomTestStringConvertible {
    let condition: String
    let numbers: [Int64]
    var testDescription: String { condition }
  }

  @Test(arguments: [
    Legal(condition: "true", numbers: [1, 2, 3, 4]),
    Legal(condition: "false", numbers: []),
    Legal(condition: "label = 'good'", numbers: [1]),
    Legal(condition: "label IS NULL AND decision = 'kept'", numbers: [2, 3]),
    Legal(condition: "good_votes >= 2 AND bad_votes = 0 AND probability > 0.7", numbers: [1]),
    Legal(condition: "has_correction", numbers: [2]),
    Legal(condition: "NOT has_correction", numbers: [1, 3, 4]),
    Legal(condition: "metadata ->> '$.lang' = 'de'", numbers: [1]),
    Legal(condition: "json_extract(metadata, '$.n') > 1", numbers: [2]),
    Legal(condition: "id LIKE 'chat/%' AND turns > 1", numbers: [2]),
    Legal(condition: "day BETWEEN '2026-11-21' AND '2026-11-21'", numbers: [2, 3]),
    Legal(condition: "time >= '2026-11-22T10:00:00.000Z'", numbers: [4]),
    Legal(condition: "reason = 'length/output-empty'", numbers: [4]),
    Legal(condition: "app = 'a;b)--'''", numbers: [2]),
    Legal(condition: "[app] = \"support\" OR `app` = '('", numbers: [1]),
    Legal(condition: "true -- all of them", numbers: [1, 2, 3, 4]),
    Legal(condition: "/* (some */ turns = 3", numbers: [2]),
    Legal(condition: "label = 'good'\n  OR has_correction\n", numbers: [1, 2]),
    Legal(condition: "turns = (SELECT max(turns) FROM records)", numbers: [2]),
    Legal(condition: "(SELECT count(*) FROM records) = 4", numbers: [1, 2, 3, 4]),
    Legal(condition: "1", numbers: [1, 2, 3, 4]),
    Legal(condition: "number > 2", numbers: [3, 4]),
    Legal(
      condition:
        "number IN (WITH long AS (SELECT number FROM records WHERE turns > 0) SELECT number FROM long)",
      numbers: [1, 2]),
    Legal(condition: "upper(substr(app, 1, 1)) = 'S'", numbers: [1]),
  ])
  func legal(_ item: Legal) throws {
    let folder = try Self.filled()
    #expect(try folder.catalog.numbers(where: item.condition) == item.numbers)
    #expect(try CatalogStore.fault(inCondition: item.condition) == nil)
  }

  @Test(
    "what is no condition over the view is refused",
    arguments: [
      "", "   ", "nonsense", "id =", "SELECT 1 UNION SELECT class FROM votes", "no_such_column = 1",
      "no_such_function(1)",
      // Other tables.
      "EXISTS (SELECT 1 FROM votes)", "number IN (SELECT interaction FROM votes)",
      "id IN (SELECT target FROM feedback)", "id IN (SELECT id FROM interactions)",
      "(SELECT count(*) FROM feedback) > 0", "interactions.user = 'u'", "records.stamp > 0",
      "EXISTS (SELECT 1 FROM records, votes)", "EXISTS (SELECT 1 FROM main.feedback)",
      "EXISTS (SELECT 1 FROM main.records r JOIN feedback f ON f.target = r.id)",
      "1 IN (SELECT 1 FROM settings)", "EXISTS (SELECT 1 FROM json_each(metadata))",
      // The schema.
      "EXISTS (SELECT 1 FROM sqlite_master)", "EXISTS (SELECT 1 FROM sqlite_schema)",
      "EXISTS (SELECT 1 FROM temp.sqlite_master)", "EXISTS (SELECT 1 FROM sqlite_temp_master)",
      "EXISTS (SELECT 1 FROM pragma_table_info('votes'))", "EXISTS (SELECT 1 FROM dbstat)",
      // Common table expressions, also under the view's own name.
      "number IN (WITH v AS (SELECT interaction FROM votes) SELECT interaction FROM v)",
      "number IN (WITH records AS (SELECT interaction FROM votes) SELECT interaction FROM records)",
      "EXISTS (WITH records AS (SELECT user FROM feedback) SELECT 1 FROM records WHERE user LIKE 'u%')",
      "EXISTS (WITH records AS (SELECT sql FROM sqlite_master) SELECT sql FROM records)",
      "EXISTS (SELECT 1 FROM (SELECT voter FROM votes) AS records)",
      "EXISTS (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n)",
      "id <> '' AND EXISTS (WITH records AS (SELECT voter FROM votes) SELECT 1 FROM records WHERE voter > '')",
      // Out of the brackets.
      "id <> '') /*", "id <> '') LIMIT (1", "id <> '') ORDER BY (random()", "id <> '') GROUP BY (1",
      "id <> '') UNION SELECT 99 WHERE (true",
      "true) UNION SELECT interaction FROM votes WHERE (true", "true) UNION SELECT 99 WHERE (true",
      "true) LIMIT (1", "true) ORDER BY (random()", "true) --", "true) /*", "true /* ", "true) GROUP BY (1",
      "(true", "true)", "((true)", "'unfinished", "\"unfinished", "[unfinished", "`unfinished",
      "true \u{0})", "true) \u{0}",
      // Other statements.
      "true; SELECT 1", "true); DROP TABLE votes; --", "true;", "true); ATTACH 'x.db' AS x; SELECT (1",
      "ATTACH 'x.db' AS x", "PRAGMA user_version", "true); PRAGMA writable_schema = 1; SELECT (1",
      "DELETE FROM votes", "(DELETE FROM votes RETURNING 1)", "INSERT INTO votes VALUES (1)",
      "UPDATE interactions SET label = 'good'",
      // Out of the file.
      "load_extension('x')", "LOAD_EXTENSION('x.so', 'f')", "readfile('x') IS NULL",
      "writefile('x', 'y') > 0",
      // Another answer the next time.
      "random() % 2 = 0", "RANDOM() > id", "randomblob(2) = metadata", "time < CURRENT_TIMESTAMP",
      "day = current_date", "total_changes() = 0 AND id <> ''",
      // Without a value.
      "app = ?", "app = ?1", "app = :app", "app = @app", "app = $app",
    ])
  func refused(_ condition: String) throws {
    let folder = try Self.filled()
    let before = try folder.rows("SELECT * FROM votes UNION ALL SELECT id, 1, 1, 1, 1, 1 FROM feedback")
    let error = #expect(throws: CatalogError.self) { try folder.catalog.numbers(where: condition) }
    #expect(error?.code == .badCondition)
    #expect(error?.detail.isEmpty == false)
    #expect(try CatalogStore.fault(inCondition: condition) != nil)
    #expect(try folder.rows("SELECT * FROM votes UNION ALL SELECT id, 1, 1, 1, 1, 1 FROM feedback") == before)
  }

  @Test("what is committed is seen at once")
  func current() throws {
    let folder = try Self.filled()
    #expect(try folder.catalog.numbers(where: "true").count == 4)
    try folder.commit([.make("chat/5")])
    #expect(try folder.catalog.numbers(where: "true").count == 5)
  }

  @Test("candidates are what is kept, with label, rank and newest correction, by place")
  func candidates() throws {
    let folder = try Self.filled()
    try folder.commit(feedback: [
      .make("fb/3", on: "chat/2", at: 500, value: nil, signal: .correction, correction: true),
      .make("fb/4", on: "chat/3", value: 2, signal: .rank),
      .make("fb/5", on: "chat/3", value: 1, signal: .rank),
    ])
    let list = try folder.catalog.candidates(among: [1, 2, 3, 4, 99])
    #expect(list.map(\.id) == ["chat/1", "chat/2", "chat/3"])
    #expect(list.map(\.label) == [.good, nil, nil])
    #expect(list.map(\.probability) == [0.75, nil, nil])
    #expect(list.map(\.good) == [2, 0, 0])
    #expect(list.map(\.rank) == [nil, nil, 1.5])
    #expect(list.map(\.correction?.id) == [nil, "fb/3", nil])
    #expect(list.map(\.inputHash) == [.of("in chat/1"), .of("in chat/2"), .of("in chat/3")])
    #expect(list[0].place.path(in: .interactions) == "interactions/2026-11-20/interactions-1.jsonl.lz4")
  }
}
