import Bytes
import Catalog
import Lake
import Records
import Testing

@testable import Curate

@Suite("Curate stage") struct CurateStageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    var input = "How do I reset my password?"
    let members: String
    let outcome: String
    var testDescription: String { id }
  }

  private static let good = "Open the settings, choose security, and follow the link in the letter."
  private static let looped = String(repeating: "I will check that for you now. ", count: 40)

  private static let cases: [Case] = [
    Case(id: "fine", members: output(good), outcome: "kept"),
    Case(
      id: "empty output", members: output(""),
      outcome: "length/output-empty; length/output-empty drop output 0+0"),
    Case(
      id: "empty input", input: "  ", members: output(good),
      outcome: "length/input-empty; length/input-empty drop input 0+0"),
    Case(
      id: "media stands for an input", input: "", members: output(good, #","media":true"#), outcome: "kept"),
    Case(
      id: "tool calls stand for an output",
      members: #""output":{"content":"","role":"assistant","tool_calls":[{"id":"c"}]}"#, outcome: "kept"),
    Case(
      id: "refusal", members: output("I'm sorry, but I can't help with that."),
      outcome: "refusal/output-refusal; refusal/output-refusal drop output 0+0"),
    Case(
      id: "refusal by the finish", members: #""finish":"content_filter","# + output(good),
      outcome: "refusal/output-refusal; refusal/output-refusal drop output 0+0"),
    Case(
      id: "cut by the limit", members: #""finish":"length","# + output(good),
      outcome: "truncation/finish-length; truncation/finish-length drop output 0+0"),
    Case(
      id: "open fence is a flag", members: output(#"Run this:\n```sh\nls\n"#),
      outcome: "kept; truncation/open-code-fence flag output 10+3"),
    Case(
      id: "placeholder", members: output("redacted-by-litellm"),
      outcome: "truncation/placeholder; truncation/placeholder drop output 0+0"),
  ]

  @Test("each reason gives its decision and its finding, all in one run")
  func outcomes() async throws {
    let shop = try Workshop()
    try shop.add(Self.cases.map { (id: "chat/\($0.id)", input: $0.input, members: $0.members) })
    let account = try await shop.run()
    for item in Self.cases { #expect(try shop.outcome("chat/\(item.id)") == item.outcome, "\(item.id)") }
    #expect(account.examined == Self.cases.count)
    var expected: [String: Int] = [:]
    for item in Self.cases where !item.outcome.hasPrefix("kept") {
      expected[String(item.outcome.prefix { $0 != ";" }), default: 0] += 1
    }
    #expect(account.dropped == expected)
    #expect(account.kept == Self.cases.count - expected.values.reduce(0, +))
  }

  @Test func repetitionAndPersonalData() async throws {
    let shop = try Workshop()
    try shop.add([
      ("chat/loop", "Hi", output(Self.looped)),
      ("chat/data", "Hi", output("Write to ann@example.com, please.")),
    ])
    let account = try await shop.run()
    #expect(try shop.outcome("chat/loop").hasPrefix("repetition/"))
    #expect(account.dropped.keys.contains { $0.hasPrefix("repetition/") })
    #expect(try shop.outcome("chat/data").contains("personal-data/"))
    var parameters = CurateParameters()
    parameters.repetition = nil
    parameters.personalData = nil
    _ = try await shop.run(parameters)
    #expect(try shop.outcome("chat/loop") == "kept")
    #expect(try shop.outcome("chat/data") == "kept")
  }

  @Test("the first rule by name gives the reason, all findings stay")
  func severalReasons() async throws {
    let shop = try Workshop()
    try shop.add([("chat/1", "  ", #""finish":"length","# + output("I can't help with that."))])
    _ = try await shop.run()
    #expect(
      try shop.outcome("chat/1")
        == "length/input-empty; length/input-empty drop input 0+0; refusal/output-refusal drop output 0+0; "
        + "truncation/finish-length drop output 0+0")
  }

  @Test("the same parameters examine what is new, other parameters everything")
  func parameters() async throws {
    let shop = try Workshop()
    let refused = output("I can't help with that.")
    try shop.add((0..<7).map { ("chat/\($0)", "Question \($0)", $0 < 5 ? output(Self.good) : refused) })
    var account = try await shop.run()
    #expect(account.examined == 7)
    #expect(account.dropped == ["refusal/output-refusal": 2])
    account = try await shop.run()
    #expect(account.examined == 0)
    #expect(account.kept == 5)
    try shop.add([("chat/7", "Question 7", output(Self.good))])
    #expect(try await shop.run().examined == 1)
    var parameters = CurateParameters()
    parameters.refusal = false
    account = try await shop.run(parameters)
    #expect(account.examined == 8)
    #expect(account.kept == 8)
    #expect(account.dropped == [:])
    #expect(try shop.outcome("chat/6") == "kept")
    parameters.length?.minOutputCharacters = 40
    account = try await shop.run(parameters)
    #expect(account.examined == 8)
    #expect(account.dropped.values.reduce(0, +) == 2)
    account = try await shop.run()
    #expect(account.examined == 8)
    #expect(account.dropped == ["refusal/output-refusal": 2])
  }

  @Test("an updated record is examined again")
  func update() async throws {
    let shop = try Workshop()
    try shop.add([("chat/1", "Hi", output(""))])
    _ = try await shop.run()
    try shop.add([("chat/1", "Hi", output(Self.good))])
    let account = try await shop.run()
    #expect(account.examined == 1)
    #expect(try shop.outcome("chat/1") == "kept")
  }

  @Test("equal content is kept once, unless the rule is off")
  func duplicates() async throws {
    let shop = try Workshop()
    try shop.add((0..<4).map { ("chat/\($0)", "Hi", output(Self.good)) })
    var account = try await shop.run()
    #expect(account.kept == 1)
    #expect(account.dropped == ["duplicates/exact-duplicate": 3])
    #expect(try shop.outcome("chat/0") == "kept")
    var parameters = CurateParameters()
    parameters.duplicates = nil
    account = try await shop.run(parameters)
    #expect(account.kept == 4)
    account = try await shop.run()
    #expect(account.kept == 1)
    #expect(account.dropped == ["duplicates/exact-duplicate": 3])
  }

  @Test("workers change nothing", arguments: [1, 2, 4])
  func workers(_ workers: Int) async throws {
    let shop = try Workshop()
    for segment in 0..<5 {
      try shop.add(
        (0..<20).map { index in
          (
            "chat/\(segment)-\(index)", "Question \(segment) \(index % 15)",
            index % 4 == 0 ? output("") : output(Self.good)
          )
        }, frame: 7)
    }
    let account = try await shop.run(workers: workers)
    #expect(account.examined == 100)
    #expect(account.kept == 65)
    #expect(account.dropped == ["length/output-empty": 25, "duplicates/exact-duplicate": 10])
    #expect(try await shop.run(workers: workers).examined == 0)
  }

  @Test("a damaged segment ends the step and names itself")
  func damaged() async throws {
    let shop = try Workshop()
    try shop.add([("chat/1", "Hi", output(Self.good))])
    let path = try #require(try shop.catalog.segments().first).path
    let file = "\(shop.lake.folder)/\(path)"
    var bytes = try DurableFile.read(file)
    bytes[20] ^= 1
    try DurableFile.replace(file, with: bytes)
    let error = await #expect(throws: LakeError.self) { try await shop.run() }
    #expect(error?.description.contains(path) == true)
    #expect(try shop.outcome("chat/1") == "pending")
  }
}
