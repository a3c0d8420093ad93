import Bytes
import Catalog
import Foundation
import Records
import Review
import Testing

@Suite("Exchange with other tools") struct ExchangeTests {
  private static let correction = "Zeile 1\nZeile \"2\" \\ 日本語 👩‍💻 \u{202E}"

  private func bench(_ task: ReviewTask = .label, quota: Int = 2) throws -> AnswerBench {
    let bench = try AnswerBench(task) {
      $0.quota = quota
      $0.reasons = [QueueLabel(name: "wrong-fact", key: "w"), QueueLabel(name: "rude", key: "r")]
    }
    try bench.log([("chat/a", "Out \"A\" 日本語"), ("chat/b", "Out B"), ("chat/c", "Out C")])
    return bench
  }

  private func exchange(_ bench: AnswerBench) -> QueueExchange {
    QueueExchange(queue: bench.queue, catalog: bench.catalog, lake: bench.lake)
  }

  private func take(
    _ bench: AnswerBench, _ text: String, _ format: ExchangeFormat, labeler: String? = nil,
    adding: Bool = false
  ) throws -> ReviewImportAccount {
    try exchange(bench).take(
      Array(text.utf8), format, labeler: labeler, adding: adding, origin: "file", now: bench.now)
  }

  /// All that is known of the answers of a queue, but for the event's id.
  private func answers(_ bench: AnswerBench) throws -> [String] {
    try bench.catalog.exchangeItems("daily").flatMap { item in
      item.answers.map {
        "\(item.interaction) \($0.labeler) \($0.time) \($0.answer ?? $0.text ?? "") \($0.active)"
      }
    }
  }

  @Test("what goes out comes back as it was, into another workspace too", arguments: ExchangeFormat.allCases)
  func roundTrip(_ format: ExchangeFormat) throws {
    let bench = try bench(.correct)
    try bench.fill(["chat/a", "chat/b"])
    try bench.answer("ann", "corrected") {
      $0.correction = Self.correction
      $0.reasons = ["rude", "wrong-fact"]
      $0.note = "see 日本"
      $0.active = 12_345
    }
    try bench.answer("bob", "fine") { $0.active = 500 }
    let desk = try bench.desk("ann")
    let item = try #require(try desk.next())
    #expect(try desk.skip(item, reason: "skipped"))
    let before = try answers(bench)
    #expect(before.count == 3)
    let (bytes, account) = try exchange(bench).export(format, suggestions: false, answers: true)
    #expect(account.items == 2)
    #expect(account.answers == 3)
    let text = String(decoding: bytes, as: UTF8.self)

    let back = try take(bench, text, format)
    #expect(back.faults == [])
    #expect([back.outcome.stored, back.outcome.repeated] as [Int] == [0, 3], "its own answers are known")

    let other = try self.bench(.correct)
    try other.fill(["chat/a", "chat/b"])
    other.second = bench.second
    let taken = try take(other, text, format)
    #expect(taken.faults == [])
    #expect([taken.outcome.stored, taken.outcome.refused] as [Int] == [3, 0])
    #expect(try answers(other).map(Self.normal) == before.map(Self.normal))
    #expect(try take(other, text, format).outcome.repeated == 3)
  }

  /// Without the milliseconds of work inside the answer, which another tool does not keep twice.
  private static func normal(_ line: String) -> String {
    line.replacing(/"active":\d+,/, with: "")
  }

  @Test("blind first: suggestions and answers on open items stay here unless asked for") func blind() throws {
    let bench = try bench()
    try bench.fill(["chat/a", "chat/b"])
    try bench.answer("ann", "good")
    try bench.catalog.writeLabels([
      LabelRow(content: AnswerBench.content("chat/a"), label: .good, probability: 0.75)
    ])
    var (bytes, account) = try exchange(bench).export(.labelStudio, suggestions: false, answers: false)
    #expect([account.answers, account.withheld, account.suggestions] as [Int] == [0, 1, 0])
    #expect(!String(decoding: bytes, as: UTF8.self).contains("predictions"))
    try bench.answer("bob", "bad")
    (bytes, account) = try exchange(bench).export(.labelStudio, suggestions: true, answers: false)
    #expect([account.answers, account.withheld, account.suggestions] as [Int] == [2, 0, 1])
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains(#""predictions":[{"model_version":"flywheel""#))
    #expect(text.contains(#""score":0.75"#))
    // What comes back was answered with the suggestion in sight.
    let annotation = #"""
      [{"id":7,"data":{"flywheel":{"interaction":"chat/b","item":2}},"predictions":[{"result":[]}],"annotations":[
      {"id":1,"unique_id":"u-1","updated_at":"2026-11-20T10:00:00Z","lead_time":2.5,"completed_by":{"id":3,"email":"eve@example.com"},
      "result":[{"from_name":"label","type":"choices","value":{"choices":["bad"]}}]}]}]
      """#
    #expect(try take(bench, annotation, .labelStudio).outcome.answers == 1)
    let event = try #require(
      try bench.catalog.reviewHistory(of: "chat/b", now: bench.now).answers.first {
        $0.labeler == "eve@example.com"
      })
    #expect(event.wasExposed)
    #expect(event.active == 2500)
  }

  @Test("a preference is Label Studio's pairwise, a tie a choice") func pairs() throws {
    let bench = try bench(.prefer, quota: 3)
    try bench.fill(["chat/a"], with: ["chat/a": "chat/b"])
    for (name, label) in [("ann", "first"), ("bob", "second"), ("cleo", "tie")] {
      try bench.answer(name, label)
    }
    let (bytes, _) = try exchange(bench).export(.labelStudio, suggestions: false, answers: false)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains(#""selected":"left""#) && text.contains(#""selected":"right""#))
    #expect(text.contains(#""first":"Out \"A\" 日本語""#))
    #expect(
      exchange(bench).labelStudioConfiguration.contains(#"<Pairwise name="label" toName="first,second"/>"#))
    let other = try self.bench(.prefer, quota: 3)
    try other.fill(["chat/a"], with: ["chat/a": "chat/b"])
    #expect(try take(other, text, .labelStudio).outcome.answers == 3)
    #expect(try answers(other).map(Self.normal) == answers(bench).map(Self.normal))
  }

  @Test("the labeling configuration, to the letter") func configuration() throws {
    let bench = try bench(.correct)
    #expect(
      exchange(bench).labelStudioConfiguration == """
        <View>
          <Paragraphs name="conversation" value="$conversation" layout="dialogue" nameKey="role" textKey="text"/>
          <Header value="Output"/>
          <Text name="output" value="$output"/>
          <Choices name="label" toName="output" choice="single" required="true">
            <Choice value="fine" hotkey="g" hint="Nothing is to be changed"/>
            <Choice value="corrected" hotkey="c" hint="The output that should have been"/>
          </Choices>
          <Choices name="reasons" toName="output" choice="multiple">
            <Choice value="wrong-fact" hotkey="w"/>
            <Choice value="rude" hotkey="r"/>
          </Choices>
          <TextArea name="correction" toName="output" rows="8" editable="true" maxSubmissions="1"/>
          <TextArea name="note" toName="output" rows="2" editable="true" maxSubmissions="1"/>
        </View>

        """)
  }

  @Test("an older export does not take the place of a newer answer, and a full item takes no more")
  func older() throws {
    let bench = try bench(quota: 1)
    try bench.fill(["chat/a"])
    func annotation(_ label: String, _ day: Int, _ user: String = "ann") -> String {
      #"[{"data":{"flywheel":{"interaction":"chat/a","item":1}},"annotations":[{"unique_id":"u","updated_at":"2026-11-2\#(day)T10:00:00Z","#
        + #""completed_by":"\#(user)","result":[{"from_name":"label","type":"choices","value":{"choices":["\#(label)"]}}]}]}]"#
    }
    #expect(try take(bench, annotation("good", 2), .labelStudio).outcome.answers == 1)
    #expect(try take(bench, annotation("bad", 1), .labelStudio).outcome.older == 1)
    #expect(try take(bench, annotation("bad", 3), .labelStudio).outcome.answers == 1, "an edit replaces it")
    #expect(try take(bench, annotation("bad", 3, "bob"), .labelStudio).outcome.full == 1)
    #expect(try bench.catalog.exchangeItems("daily")[0].answers.map(\.labeler) == ["ann"])
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let record: String
    let code: ExchangeFault.Code
    var testDescription: String { name }
  }

  private static func task(
    _ interaction: String = #""interaction":"chat/a""#, _ label: String = #""good""#,
    _ more: String = #""updated_at":"2026-11-20T10:00:00Z","completed_by":"ann""#
  ) -> String {
    #"{"data":{"flywheel":{\#(interaction)}},"annotations":[{"unique_id":"u",\#(more),"#
      + #""result":[{"from_name":"label","type":"choices","value":{"choices":[\#(label)]}}]}]}"#
  }

  static let faults = [
    Fault(name: "no JSON", record: #"{"data": nope}"#, code: .notAnObject),
    Fault(name: "an array", record: "[1]", code: .notAnObject),
    Fault(name: "nothing is named", record: task(#""x":1"#), code: .noInteraction),
    Fault(name: "unknown", record: task(#""interaction":"chat/z""#), code: .unknownInteraction),
    Fault(name: "not in the queue", record: task(#""interaction":"chat/c""#), code: .notInQueue),
    Fault(name: "nobody", record: task(more: #""updated_at":"2026-11-20T10:00:00Z""#), code: .noLabeler),
    Fault(
      name: "no name",
      record: task(more: #""updated_at":"2026-11-20T10:00:00Z","completed_by":"a\u001b[2J""#),
      code: .badLabeler),
    Fault(name: "no time", record: task(more: #""completed_by":"ann""#), code: .noTime),
    Fault(name: "another label", record: task(label: #""great""#), code: .unknownLabel),
    Fault(name: "no label", record: task(label: ""), code: .wrongCount),
    Fault(name: "two labels", record: task(label: #""good","bad""#), code: .wrongCount),
  ]

  private static func task(more: String) -> String { task(#""interaction":"chat/a""#, #""good""#, more) }

  private static func task(label: String) -> String { task(#""interaction":"chat/a""#, label) }

  @Test("a record that does not fit is named by its place, and the others are taken", arguments: faults)
  func fault(_ row: Fault) throws {
    let bench = try bench()
    try bench.fill(["chat/a", "chat/b"])
    let good = Self.task(#""interaction":"chat/b""#)
    let account = try take(bench, "[\n\(row.record),\n\(good)]", .labelStudio)
    #expect(account.faults.map(\.code) == [row.code])
    #expect(account.faults.first?.record == 1)
    #expect(account.faults.first?.line == 2)
    #expect(account.faults.first?.offset == 2)
    #expect(account.outcome.answers == 1)
  }

  @Test("what the queue does not have is put into it where that is asked for, and numbered users are named")
  func adding() throws {
    let bench = try bench()
    try bench.fill(["chat/a"])
    let task = Self.task(
      #""interaction":"chat/c""#, #""good""#, #""updated_at":"2026-11-20T10:00:00Z","completed_by":4"#)
    #expect(try take(bench, "[\(task)]", .labelStudio).faults.map(\.code) == [.notInQueue])
    #expect(try take(bench, "[\(task)]", .labelStudio, adding: true).outcome.answers == 1)
    #expect(try bench.catalog.exchangeItems("daily").flatMap { $0.answers.map(\.labeler) } == ["user-4"])
  }

  @Test("Argilla's drafts are no answers, discarded ones are skips") func argilla() throws {
    let bench = try bench()
    try bench.fill(["chat/a"])
    let record = #"""
      {"id":"chat/a","fields":{},"metadata":{},"suggestions":{},"vectors":{},"responses":{"label":[
      {"value":"good","user_id":"11111111-0000-0000-0000-000000000000","status":"draft"},
      {"value":"bad","user_id":"22222222-0000-0000-0000-000000000000","status":"submitted"}],
      "note":[{"value":"no","user_id":"33333333-0000-0000-0000-000000000000","status":"discarded"}]}}
      """#
    let account = try take(bench, record, .argilla)
    #expect(account.faults == [])
    #expect([account.outcome.stored, account.outcome.answers] as [Int] == [2, 1])
    #expect(
      try bench.catalog.exchangeItems("daily")[0].answers.map { "\($0.labeler) \($0.text ?? "answer")" } == [
        "user-22222222 answer", "user-33333333 no",
      ])
  }
}
