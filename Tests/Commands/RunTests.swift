import Foundation
import Testing
import TestSupport

@Suite("flywheel run") struct RunTests {
  /// The counts in Datasets/samples/README.md: what was planted in the sample.
  static func planted() throws -> [String: Int] {
    let text = try Repository.text("Datasets/samples/README.md")
    var counts: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      if cells.count == 2, let count = Int(cells[1]) { counts[cells[0]] = count }
    }
    return counts
  }

  @Test("the account of a first run, to the letter") func account() throws {
    let (bench, _, ran) = try Published.shared.get()
    #expect(ran.code == 0)
    #expect(ran.errors.isEmpty, "standard error is for errors, and for progress on a terminal")
    try Expected.expect(Marks.apply(ran.output, bench), "run")
  }

  @Test("every record is where the sample's planner put it") func planned() throws {
    let planted = try Self.planted()
    func count(_ name: String) throws -> Int { try #require(planted[name], "no count of \(name)") }
    let bench = try Workbench(sample: "balance")
    let account = try bench.json("run", "nightly", "--workers", "1")
    #expect(account["state"] == .text("done"))
    #expect(account["workers"] == .number(1))
    let balance = try #require(account["balance"])
    let dropped = try #require(balance["dropped"])
    let quarantined = try #require(balance["quarantined"])
    #expect(
      balance["pulled"]?.int == (try count("lines in support-chat") + count("lines in support-feedback")))
    let kept = try #require(balance["keptInteractions"]?.int)
    let feedback = try #require(balance["keptFeedback"]?.int)
    #expect(balance["pending"] == .number(0))
    #expect(balance["pulled"]?.int == kept + feedback + dropped.total + quarantined.total)
    #expect(feedback == (try count("lines in support-feedback") - count("cut JSON in feedback")))
    let repeated = try count("repeated rows")
    #expect(kept + dropped.total - repeated == (try count("distinct interactions")))
    let emptied = try count("empty outputs") + count("stopped by the provider's filter, with an empty output")
    #expect(
      dropped.members == [
        "repeated-row": .number(Double(repeated)),
        "duplicates/exact-duplicate": .number(Double(try count("exact duplicates under another id"))),
        // Templates that differ by a word or two.
        "duplicates/near-duplicate": .number(7),
        "refusal/output-refusal": .number(Double(try count("refusals"))),
        "length/output-empty": .number(Double(emptied)),
        "truncation/finish-length": .number(Double(try count("truncated answers"))),
        "repetition/repeated-tail": .number(Double(try count("looping answers"))),
      ])
    let cut = try count("cut JSON") + count("cut JSON in feedback")
    #expect(
      quarantined.members.filter { !["malformed", "bad-number"].contains($0.key) } == [
        "cut-short": .number(Double(cut)),
        "invalid-utf8": .number(Double(try count("invalid UTF-8"))),
        "bad-string": .number(Double(try count("unpaired surrogate"))),
        "no-id": .number(Double(try count("without an id"))),
        "bad-time": .number(Double(try count("unreadable time"))),
      ])
    // What is no JSON at all fails at whatever its first letter looks like.
    let bare = (quarantined["malformed"]?.int ?? 0) + (quarantined["bad-number"]?.int ?? 0)
    #expect(bare == (try count("bare text")))
    let labels = account["steps"]?.elements.compactMap { $0["label"]?["counts"] }.first
    #expect(labels?["waiting"]?.int == (try count("feedback on an unknown id")))
    #expect(labels?["tie"]?.int == (try count("ties, one up and one down")))
    let pairs = account["steps"]?.elements.flatMap { $0["publish"]?.elements ?? [] }.first {
      $0["dataset"] == .text("support-preference")
    }
    #expect(pairs?["splits"]?.total == (try count("regenerated siblings") + count("event correction")))
  }

  @Test("a second run finds nothing new and publishes nothing") func second() throws {
    let bench = try Workbench(sample: "second")
    try bench.succeed("run", "nightly")
    let registry = Workbench.tree("\(bench.home)/registry")
    let ran = try bench.succeed("run", "nightly", "--strict")
    try Expected.expect(Marks.apply(ran, bench), "run-again")
    #expect(Workbench.tree("\(bench.home)/registry") == registry)
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    let arguments: [String]
    let errors: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let refusals = [
    Refusal(
      arguments: ["run", "nightly", "--workers", "0"],
      errors: """
        Error: --workers takes 1 to 256, not 0.
        Usage: flywheel run <pipeline> [--workers <workers>] [--strict] [--project <project>] [--json]
          See 'flywheel run --help' for more information.

        """),
    Refusal(
      arguments: ["run", "nightli"],
      errors:
        "error: there is no pipeline 'nightli'. Did you mean 'nightly'? There are: cold-start, haiku-judged, nightly, public-data.\n"
    ),
    Refusal(
      arguments: ["run", "\u{1B}[31m\u{202E}"],
      errors:
        "error: there is no pipeline '\\u{1B}[31m\\u{202E}'. There are: cold-start, haiku-judged, nightly, public-data.\n"
    ),
    Refusal(
      arguments: ["run", "public-data"],
      errors: """
        error: source 'haiku' needs the variable FLYWHEEL_TEST_DATA, which is not set. Set it in the environment of \
        the run, or change the source's path.

        """),
    Refusal(
      arguments: ["run", "nightli", "--json"],
      errors: """
        {"exit_code":"2","message":"there is no pipeline 'nightli'. Did you mean 'nightly'? There are: cold-start, haiku-judged, \
        nightly, public-data.","type":"error"}

        """),
  ]

  @Test("wrong use ends with exit code 2 and nothing on standard output", arguments: refusals)
  func refused(_ row: Refusal) throws {
    let bench = try Published.copy("refused")
    let ran = try bench.run(row.arguments)
    #expect(ran.code == 2)
    #expect(ran.output.isEmpty)
    #expect(ran.errors == row.errors)
  }

  @Test("with --strict, lines in quarantine end it with exit code 4; all is published all the same")
  func strict() throws {
    let bench = try Workbench(sample: "strict")
    let ran = try bench.run("run", "nightly", "--strict")
    #expect(ran.code == 4)
    #expect(ran.errors.isEmpty)
    try Expected.expect(Marks.apply(ran.output, bench), "run")
  }

  @Test("a gate that refuses ends it with exit code 5; its dataset is not published, the others are")
  func gate() throws {
    let bench = try Workbench(sample: "gate")
    try bench.edit("Datasets/support-sft/dataset.yaml", "minimum_examples: 50", "minimum_examples: 500")
    let ran = try bench.run("run", "nightly")
    #expect(ran.code == 5)
    #expect(ran.errors.isEmpty)
    try Expected.expect(Marks.apply(ran.output, bench), "run-refused")
    let listed = try bench.json("datasets", "list").elements.compactMap { $0["dataset"]?.string }
    #expect(listed == ["support-eval", "support-fewshot", "support-kto", "support-preference"])
    #expect(!FileManager.default.fileExists(atPath: "\(bench.home)/registry/refs/support-sft"))
    try bench.edit("Datasets/support-sft/dataset.yaml", "minimum_examples: 500", "minimum_examples: 50")
    try bench.succeed("run", "nightly")
    #expect(try bench.json("datasets", "show", "support-sft")[0]?["number"] == .number(1))
  }

  @Test("a lock that another process holds ends it with exit code 3 and names the process")
  func locked() throws {
    let bench = try Published.copy("locked")
    let path = "\(bench.home)/locks/pipeline-nightly"
    #expect(Int(try String(contentsOfFile: path, encoding: .utf8)) ?? 0 > 1, "the last run's process")
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    try #require(descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    try Data("4711".utf8).write(to: URL(filePath: path), options: [])
    let ran = try bench.run("run", "nightly")
    #expect(ran.code == 3)
    #expect(ran.output.isEmpty)
    #expect(
      Marks.apply(ran.errors, bench) == """
        error: another run holds PROJECT/.flywheel/locks/pipeline-nightly (process 4711). It is let go when that \
        process ends.

        """)
    close(descriptor)
    try bench.succeed("run", "nightly")
  }

  @Test(
    "no escape codes where there is no terminal",
    arguments: [["NO_COLOR": "1"], ["NO_COLOR": ""], ["TERM": "dumb"], ["TERM": ""]])
  func plain(_ environment: [String: String]) throws {
    let bench = try Published.copy("plain")
    for command in [["run", "nightly"], ["status"], ["verify"], ["why", "chat-3decaf1ddb52"], ["check"]] {
      let ran = try bench.run(command, environment: environment)
      #expect(ran.code == 0)
      #expect(!(ran.output + ran.errors).unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }
  }

  @Test("a run leaves its account, its log, its report and its metrics") func leavings() throws {
    let bench = try Published.bench()
    let run = try #require(Marks.runs(bench).first)
    let folder = "\(bench.home)/runs/\(run)"
    #expect(
      Workbench.tree(folder) == [
        "account.json", "decontamination.jsonl", "log.jsonl", "metrics.prom", "report.html",
      ])
    let log = try String(contentsOfFile: "\(folder)/log.jsonl", encoding: .utf8).split(separator: "\n")
    let messages = try log.map { try JSONDocument(String($0))["message"]?.string ?? "" }
    #expect(messages.first == "run began")
    #expect(messages.last == "run ended")
    let metrics = try String(contentsOfFile: "\(folder)/metrics.prom", encoding: .utf8)
    #expect(metrics.contains("flywheel_run_success{pipeline=\"nightly\"} 1.0\n"))
    #expect(metrics.contains("flywheel_records_pulled{pipeline=\"nightly\"} 648.0\n"))
  }
}
