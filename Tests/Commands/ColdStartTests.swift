import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// From nothing to a published version, and the retreat when real data comes, with a service whose models are known.
@Suite("The cold start, from end to end", .enabled(if: Program.has("python3"), "needs python3"))
struct ColdStartTests {
  private let server: LoopbackServer

  init() throws { server = try LoopbackServer("models", ["--key", "k", "--keys", "honoured"]) }

  /// The sample project, whose cold start asks the loopback service.
  private func project(_ name: String) throws -> Workbench {
    let bench = try Workbench(sample: name)
    try bench.write("key", "k")
    try bench.write(
      "Pipelines/models.yaml",
      """
      services:
        here: {kind: openai, address: "\(server.address)/v1", key: {file: ../key}, honours_keys: true, in_flight: 8}
      models:
        strong: {service: here, model: writer-80, family: writer, price: {input: 0.15, output: 0.60}}
        student: {service: here, model: writer-30, family: pupil, price: {input: 0.15, output: 0.60}}
        judge: {service: here, model: judge-99, family: judge, price: {input: 0.15, output: 0.60}}

      """)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: "\(bench.project)/key")
    try bench.edit("Pipelines/rubrics/sound.yaml", "panel: [strong]", "panel: [judge]")
    try bench.edit("Pipelines/rubrics/helpful.yaml", "panel: [mini, haiku]", "panel: [judge]")
    // The sums of the service differ in their numbers alone.
    try bench.edit(
      "Pipelines/cold-start.yaml", "answers: 3", "answers: 3\n      novelty: 1\n      similarity: 1")
    return bench
  }

  /// Accepts what the queue asks about.
  private func accept(_ bench: Workbench) throws -> Int {
    try bench.succeed(
      "queue", "export", "candidates", "--format", "argilla", "--to", "\(bench.project)/items.jsonl")
    let user = "11111111-1111-1111-1111-111111111111"
    var answers = ""
    var count = 0
    for line in try bench.read("items.jsonl").split(separator: "\n") {
      let item = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let id = try #require(item["id"] as? String)
      answers +=
        #"{"id":"\#(id)","metadata":{"flywheel_answers":["\#(user) e none 2026-11-19T09:00:00.250Z 2500 ann"]},"#
        + #""inserted_at":"2026-11-19T09:00:00.250Z","responses":{"label":[{"value":"accept","user_id":"\#(user)","#
        + #""status":"submitted"}]}}"# + "\n"
      count += 1
    }
    try bench.write("answers.jsonl", answers)
    try bench.succeed(
      "queue", "import", "\(bench.project)/answers.jsonl", "--format", "argilla", "--queue", "candidates")
    return count
  }

  /// What a version holds of a slice, by origin.
  private func counts(_ bench: Workbench, _ slice: String) throws -> (synthetic: Int, real: Int) {
    let account = try bench.json("coverage", "helper-sft")
    let found = try #require(account["slices"]?.elements.first { $0["slice"]?.string == slice })
    return (found["synthetic"]?.int ?? 0, (found["organic"]?.int ?? 0) + (found["corrected"]?.int ?? 0))
  }

  @Test("deficits, candidates, people, a version of synthetic origin, and fewer of them once real ones come")
  func coldStart() throws {
    let bench = try project("cold-start")
    let ran = try bench.run("run", "cold-start", "--json")
    // A gate refuses what is empty.
    try #require(ran.code == 5, "\(ran.errors)")
    let first = try JSONDocument(ran.output)
    let account = try #require(
      first["steps"]?.elements.first { $0["step"]?.string == "synthesize" }?["synthesis"]?[0])
    #expect(account["state"]?.string == "written" && account["isUncalibrated"] == .bool(true))
    let inputs = try #require(account["inputs"])
    let accepted = try #require(inputs["accepted"]?.int)
    #expect(accepted >= 36 && (30...36).contains(account["training"]?.int ?? 0))
    #expect(account["student"]?["teacherOnly"]?.int ?? 0 > account["student"]?["studentOnly"]?.int ?? 0)
    // Nothing of it is published before people have looked.
    let versions = try #require(first["steps"]?.elements.last?["publish"])
    #expect(versions.elements.allSatisfy { $0["result"]?.string == "refused" })
    #expect(versions[0]?["left"]?["acceptance-pending"]?.int ?? 0 >= 30)
    #expect(try accept(bench) == 20)

    let second = try bench.json("run", "cold-start")
    let published = try #require(second["steps"]?.elements.last?["publish"])
    #expect(published.elements.map { $0["result"]?.string } == Array(repeating: "published", count: 4))
    let before = try counts(bench, "prices")
    #expect(before.synthetic >= 9 && before.real == 0)
    try bench.succeed("pull", "helper-sft@1", "--to", "\(bench.project)/out", "--format", "records")
    let card = try bench.read("out/README.md")
    #expect(card.contains("synthetic"))
    let records = try Workbench.tree("\(bench.project)/out").filter { $0.hasSuffix(".jsonl") }
      .map { try bench.read("out/\($0)") }.joined()
    #expect(records.contains(#""origin":"synthetic""#) && !records.contains(#""origin":"organic""#))

    // Two hundred real ones, all on prices.
    var log = ""
    var thumbs = ""
    for number in 0..<200 {
      let time = "2026-11-19T\(10 + number / 60):\(number % 60 < 10 ? "0" : "")\(number % 60):00Z"
      log +=
        #"{"id":"r\#(number)","time":"\#(time)","user":"u\#(number % 40)","topic":"prices","messages":[{"role":"user","#
        + #""content":"What do \#(number + 3) apples at \#(number % 7 + 2).\#(number % 90 + 10) cost me at stall \#(number)?"}],"#
        + #""answer":{"role":"assistant","content":"Stall \#(number) asks \#(number * 13 + 5) cents for them."}}"#
        + "\n"
      thumbs +=
        #"{"id":"t\#(number)","time":"\#(time)","target":"r\#(number)","event":"thumbs_up","user":"u\#(number % 40)"}"#
        + "\n"
    }
    try bench.write("logs/helper/day.jsonl", log)
    try bench.write("logs/helper-feedback/day.jsonl", thumbs)
    let third = try bench.json("run", "cold-start")
    #expect(third["steps"]?.elements.last?["publish"]?[0]?["number"]?.int == 2)
    #expect(try counts(bench, "prices").synthetic == 0 && counts(bench, "prices").real > 12)
    #expect(try counts(bench, "time").synthetic >= 9)
  }

  private struct Bill: Decodable {
    let billed, unique, most: Int
  }

  @Test("by a service's batches it takes some nights, and every request is billed once")
  func batches() async throws {
    let bench = try project("cold-start-batches")
    try bench.edit("Pipelines/cold-start.yaml", "      most: 120", "      most: 24\n      deadline_hours: 24")
    var states: [String] = []
    while states.count < 12, states.last != "written" {
      states.append(try bench.json("synthesize")[0]?["state"]?.string ?? "")
    }
    #expect(states.last == "written" && states.count { $0 == "waiting" } >= 3, "\(states)")
    let url = try #require(URL(string: "\(server.address)/__bill"))
    let bill = try JSONDecoder().decode(Bill.self, from: try await URLSession.shared.data(from: url).0)
    #expect(bill.billed == bill.unique && bill.most == 1 && bill.billed > 100, "\(bill)")
  }

  @Test("without a model the run says what it would have written, and goes on")
  func noModel() throws {
    let bench = try Workbench(sample: "cold-start-none")
    try FileManager.default.removeItem(atPath: "\(bench.project)/Pipelines/models.yaml")
    try FileManager.default.removeItem(atPath: "\(bench.project)/Pipelines/rubrics/helpful.yaml")
    try bench.edit("Pipelines/cold-start.yaml", "      judges: [sound]\n      uncalibrated: true\n", "")
    try FileManager.default.removeItem(atPath: "\(bench.project)/Pipelines/rubrics/sound.yaml")
    let ran = try bench.run("synthesize")
    #expect(ran.code == 0, "\(ran.errors)")
    try Expected.expect(Marks.apply(ran.output, bench), "synthesize-no-model")
    try Expected.expect(
      Marks.apply(try bench.succeed("synthesize", "--dry-run"), bench), "synthesize-dry-run")
  }
}
