import Foundation
import Testing
import TestSupport

@Suite("flywheel label and golden") struct LabelTests {
  /// A project whose nightly pipeline has run once.
  private func ran(_ name: String) throws -> Workbench {
    try Published.copy(name)
  }

  @Test("the step alone, for people: who voted, what added it up, and that nothing is left to do")
  func label() throws {
    let bench = try ran("label")
    try Expected.expect(Marks.apply(try bench.succeed("label"), bench), "label")
    try Expected.expect(Marks.apply(try bench.succeed("label", "--dry-run"), bench), "label-dry-run")
    let account = try bench.json("label", "--dry-run")
    #expect(account["changed"] == .number(0))
    #expect(account["computed"] == .number(0))
    #expect(account["model"]?.string == "majority")
  }

  @Test("a model that is forced, and one that there is not")
  func model() throws {
    let bench = try ran("label-model")
    #expect(try bench.json("label", "--dry-run", "--model", "majority")["model"]?.string == "majority")
    let refused = try bench.run("label", "--model", "dawid-skene")
    #expect(refused.code == 2)
    #expect(refused.errors.contains("Did you mean 'dawid_skene'?"))
    #expect(try bench.run("label", "no-such").code == 2)
  }

  @Test(
    "a function that is no SQL, or reads labels, is refused with its place",
    arguments: [
      ("output_chars < 20", "no such column: output_chars"),
      ("label = 'bad'", "records.label is prohibited"),
    ])
  func badFunction(_ condition: String, _ message: String) throws {
    let bench = try Workbench(sample: "label-function")
    let file = "Pipelines/nightly.yaml"
    try bench.edit(file, "output_characters < 20 AND input_characters > 2000", condition)
    let text = try bench.read(file)
    let checked = try bench.run("check")
    #expect(checked.code == 2)
    let line =
      (text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains(condition) }
        ?? 0) + 1
    #expect(checked.output.hasPrefix("Pipelines/nightly.yaml:\(line):"), "\(checked.output)")
    #expect(checked.output.contains("the function 'cut-short' is not SQL"))
    #expect(checked.output.contains(message), "\(checked.output)")
  }

  @Test("golden items are added, listed, explained, exported and read again, and never train")
  func golden() throws {
    let bench = try ran("golden")
    let kept = try #require(try bench.json("why", "chat-cc7f713befd4")[0]?["id"]?.string)
    #expect(try bench.succeed("golden", "list") == "no golden items\n")
    #expect(
      try bench.succeed(
        "golden", "add", "chat-cc7f713befd4", "good", "--labeler", "ann", "--note", "as it should be"
      )
      .hasPrefix("1 added, 0 changed, 0 known before"))
    let items = try bench.json("golden", "list")
    #expect(items[0]?["id"]?.string == kept)
    #expect(items[0]?["label"]?.string == "good")
    #expect(items[0]?["note"]?.string == "as it should be")
    _ = try bench.succeed("run", "nightly")
    let why = try bench.json("why", "chat-cc7f713befd4")[0]
    #expect(why?["label"]?.string == "good")
    #expect(why?["probability"] == .number(1))
    #expect(why?["votes"]?.elements.contains { $0["voter"]?.string == "human:ann" } == true)
    let outcomes = (why?["versions"]?.elements ?? []).filter { $0["last"] == nil || $0["last"] == .null }
    #expect(!outcomes.contains { $0["outcome"]?.string == "in:train" })
    // Out and in again.
    let file = "\(bench.folder)/golden.jsonl"
    #expect(try bench.succeed("golden", "export", "--to", file) == "1 golden item written to \(file)\n")
    #expect(try bench.run("golden", "export", "--to", file).code == 2)
    let exported = try String(contentsOfFile: file, encoding: .utf8)
    #expect(try bench.succeed("golden", "export") == exported)
    #expect(try bench.succeed("golden", "export", "--bodies").contains("\"output\":{"))
    #expect(try bench.succeed("golden", "remove", "chat-cc7f713befd4", "--labeler", "ann") == "taken out\n")
    #expect(
      try bench.succeed("golden", "remove", "chat-cc7f713befd4", "--labeler", "ann") == "it was not golden\n")
    #expect(try bench.succeed("golden", "add", "--file", file).hasPrefix("1 added"))
    #expect(try bench.succeed("golden", "export").contains("\"label\":\"good\",\"labeler\":\"ann\""))
  }

  @Test(
    "what is wrong with a golden label ends with exit code 2, and adds nothing",
    arguments: [
      ["golden", "add", "chat-0", "good", "--labeler", "a"],
      ["golden", "add", "chat-cc7f713befd4", "tie", "--labeler", "a"],
      ["golden", "add", "chat-cc7f713befd4", "good"], ["golden", "add", "chat-cc7f713befd4"],
      ["golden", "add"],
      ["golden", "add", "chat-cc7f713befd4", "good", "--labeler", "a\u{1B}b"],
      ["golden", "remove", "chat-0", "--labeler", "a"],
    ])
  func misuse(_ arguments: [String]) throws {
    let bench = try Published.bench()
    let ran = try bench.run(arguments)
    #expect(ran.code == 2)
    #expect(!ran.errors.isEmpty && !ran.errors.contains("\u{1B}"))
    #expect(try bench.succeed("golden", "list") == "no golden items\n")
  }

  @Test("a file is added whole or not at all")
  func whole() throws {
    let bench = try ran("golden-file")
    let file = "\(bench.folder)/labels.jsonl"
    for (second, message) in [
      (#"{"id":"chat-0","label":"good"}"#, "no interaction and no example has the id 'chat-0'"),
      (#"{"id":"chat-3decaf1ddb52","label":"great"}"#, "line 2 of the labels"),
      ("no", "line 2 of the labels"),
    ] {
      let text = #"{"id":"chat-cc7f713befd4","label":"bad","labeler":"ann"}"# + "\n" + second + "\n"
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      let ran = try bench.run("golden", "add", "--file", file, "--labeler", "bob")
      #expect(ran.code == 2)
      #expect(ran.errors.contains(message))
      #expect(try bench.succeed("golden", "list") == "no golden items\n")
    }
  }
}
