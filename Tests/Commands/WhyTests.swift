import Foundation
import Testing
import TestSupport

@Suite("flywheel why") struct WhyTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let id: String
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "regenerated", id: "chat-3decaf1ddb52"),
    Row(name: "refusal", id: "support-chat/chat-76a7531a6c28"),
    Row(name: "empty", id: "chat-0960bfd184e1"),
    Row(name: "truncated", id: "chat-d74992939e1f"),
    Row(name: "looping", id: "chat-6a7187f5e9d4"),
    Row(name: "duplicate", id: "chat-e72b18daa90e"),
    Row(name: "near-duplicate", id: "chat-e31bfb33455d"),
    Row(name: "siblings", id: "support-chat/chat-4fca5c218543..support-chat/chat-3decaf1ddb52"),
    Row(name: "corrected", id: "chat-cc7f713befd4"),
  ]

  @Test("what happened to a record, to the letter", arguments: rows)
  func explained(_ row: Row) throws {
    let bench = try Published.bench()
    try Expected.expect(Marks.apply(try bench.succeed("why", row.id), bench), "why/\(row.name)")
  }

  @Test("every reason for a drop in the sample has a row above") func reasons() throws {
    let bench = try Published.bench()
    let decisions = try #require(try bench.json("status")["decisions"]?.members.keys.filter { $0 != "kept" })
    let shown = try Self.rows.compactMap { try bench.json("why", $0.id)[0]?["reason"]?.string }
    #expect(Set(decisions) == Set(shown.map { "dropped: \($0)" }))
  }

  @Test("the pair of a correction is found by its own id") func correctionPair() throws {
    let bench = try Published.bench()
    let versions = try #require(try bench.json("why", "chat-cc7f713befd4")[0]?["versions"]?.elements)
    let pair = try #require(
      versions.first { $0["dataset"] == .text("support-preference") }?["example"]?.string)
    #expect(pair.hasSuffix("..support-chat/chat-cc7f713befd4"))
    #expect(try bench.json("why", pair)[0]?["id"] == .text("support-chat/chat-cc7f713befd4"))
  }

  @Test("a duplicate's representative is the one that is kept") func representative() throws {
    let bench = try Published.bench()
    let item = try bench.json("why", "chat-e72b18daa90e")[0]
    let other = try #require(item?["representative"]?.string)
    #expect(other != item?["id"]?.string)
    #expect(try bench.json("why", other)[0]?["decision"] == .text("kept"))
  }

  @Test("an unknown id ends with exit code 2; what it holds reaches no terminal raw") func unknown() throws {
    let bench = try Published.bench()
    for (id, shown) in [("chat-0", "chat-0"), ("\u{1B}]0;x\u{7}\u{202E}", "\\u{1B}]0;x\\u{7}\\u{202E}")] {
      let ran = try bench.run("why", id)
      #expect(ran.code == 2)
      #expect(ran.output.isEmpty)
      #expect(ran.errors == "error: no interaction and no example has the id '\(shown)'.\n")
    }
  }

  @Test("before the first run there is nothing to explain") func nothingRun() throws {
    let bench = try Workbench(sample: "nothing")
    for command in [["why", "chat-0"], ["status"]] {
      let ran = try bench.run(command)
      #expect(ran.code == 2)
      #expect(
        Marks.apply(ran.errors, bench)
          == "error: nothing was run in PROJECT/.flywheel yet. Start with `flywheel run nightly`.\n")
    }
    #expect(!FileManager.default.fileExists(atPath: bench.home))
  }

  @Test("hostile ids are shown with visible marks, and an id with an address in it is found by its owner")
  func hostile() throws {
    let bench = try Workbench(empty: "hostile")
    try bench.succeed("init")
    let turned = "a\u{202E}txt.\u{200B}exe"
    try bench.write(
      "logs/day.jsonl",
      AppLog.interaction(turned, minute: 10) + AppLog.thumb("f1", on: turned, 1)
        + AppLog.interaction("ann@example.com", minute: 11)
        + AppLog.interaction("\\u001b[31mred", minute: 12) + AppLog.interaction("plain", minute: 13))
    let ran = try bench.run("run", "nightly")
    #expect(ran.code == 0)
    #expect(ran.output.contains("quarantined  1: bad-id 1\n"), "an id with control characters is none")
    try Expected.expect(Marks.apply(try bench.succeed("why", turned), bench), "why/hostile")
    for name in ["ann@example.com", "app-log/ann@example.com"] {
      let found = try bench.json("why", name)[0]
      #expect(found?["id"]?.string?.hasPrefix("app-log/x-") == true)
      #expect(found?["decision"] == .text("kept"))
    }
    #expect(try bench.run("why", "bob@example.com").code == 2)
  }

  @Test("a thumbs-down that comes late changes the next versions, and why shows both") func late() throws {
    let bench = try Workbench(sample: "late")
    try bench.succeed("run", "nightly")
    let id = "support-chat/chat-0501a94742c0"
    func numbers() throws -> [String: Int] {
      Dictionary(
        uniqueKeysWithValues: try bench.json("datasets", "list").elements.map {
          ($0["dataset"]?.string ?? "", $0["number"]?.int ?? 0)
        })
    }
    func holds(_ version: String) throws -> Bool {
      let folder = "\(bench.folder)/\(version)"
      try bench.succeed("pull", version, "--format", "records", "--to", folder)
      return try ["train", "validation"].contains { split in
        let path = "\(folder)/\(split).jsonl"
        guard FileManager.default.fileExists(atPath: path) else { return false }
        return try String(contentsOfFile: path, encoding: .utf8).contains("\"id\":\"\(id)\"")
      }
    }
    func react(_ event: String, _ user: String, _ day: Int) throws {
      try bench.append(
        "Datasets/samples/support-feedback/2026-11-17.jsonl",
        #"{"id":"fb-late-\#(day)","timestamp":"2026-11-\#(day)T08:00:00Z","target_id":"chat-0501a94742c0","#
          + #""event":"\#(event)","user_id":"\#(user)"}"# + "\n")
    }
    #expect(
      try numbers() == [
        "support-eval": 1, "support-fewshot": 1, "support-kto": 1, "support-preference": 1, "support-sft": 1,
      ])
    // One thumb against one is a tie, which neither sft nor kto takes.
    try react("thumbs_down", "user-9001", 18)
    let second = try bench.succeed("run", "nightly")
    try Expected.expect(Marks.apply(second, bench), "run-late")
    #expect(
      try numbers() == [
        "support-eval": 1, "support-fewshot": 2, "support-kto": 2, "support-preference": 1, "support-sft": 2,
      ])
    #expect(try holds("support-sft@1"))
    #expect(try holds("support-sft@2") == false)
    try Expected.expect(Marks.apply(try bench.succeed("why", id), bench), "why/late")
    // The second one turns the label; the answer comes back as an undesirable one.
    try react("thumbs_down", "user-9002", 19)
    try bench.succeed("run", "nightly")
    #expect(try numbers()["support-kto"] == 3)
    #expect(try numbers()["support-sft"] == 2)
    #expect(try holds("support-kto@2") == false)
    #expect(try holds("support-kto@3"))
    let found = try bench.json("why", id)[0]
    #expect(found?["label"] == .text("bad"))
    #expect(found?["probability"] == .number(0.6))
  }
}
