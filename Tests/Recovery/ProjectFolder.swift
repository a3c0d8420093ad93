import Foundation
import Testing

/// A project with two sources, a pipeline and a dataset of each kind, in a folder of its own.
final class ProjectFolder: Sendable {
  let root: String
  let scratch: ScratchFolder
  private let conversations: Bool

  /// Writes the definitions.
  /// - Parameters:
  ///   - sources: the order in which `nightly` pulls.
  ///   - maximumLine: bytes of the longest line that is read.
  ///   - conversations: whether later turns vote on answers; then what was published before they came has its say.
  /// - Throws: an error of the file system.
  init(sources: [String] = ["chat", "reactions"], maximumLine: Int = 1 << 20, conversations: Bool = true)
    throws
  {
    scratch = try ScratchFolder()
    self.conversations = conversations
    root = scratch.path
    for folder in ["Pipelines/sources", "Datasets", "logs/chat", "logs/reactions"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
    }
    try pipeline("nightly", sources: sources, datasets: Self.datasets.map(\.name))
    try write(
      "Pipelines/sources/chat.yaml",
      """
      kind: file
      path: ../../logs/chat/*
      app: support
      maximum_line: \(maximumLine)
      interactions:
        match: {type: call}
        id: id
        time: created_at
        input: messages
        output: response
        conversation: session
        user: user_id
        parent: parent_id
        model: model
        finish: finish_reason
        updated: revised
      """)
    try write(
      "Pipelines/sources/reactions.yaml",
      """
      kind: file
      path: ../../logs/reactions/*
      maximum_line: \(maximumLine)
      feedback:
        about: chat
        id: id
        time: timestamp
        target: target_id
        signal: event
        value: value
        correction: correction
        user: user_id
        signals:
          thumbs_up: {signal: thumb, value: 1}
          thumbs_down: {signal: thumb, value: -1}
          stars: {signal: rating, from: [1, 5]}
          copied: copy
          regenerated: regenerate
      """)
    for (name, text) in Self.datasets { try write("Datasets/\(name)/dataset.yaml", text) }
  }

  private static let datasets = [
    (
      "items",
      "kind: eval\nselect: app = 'support' AND (label = 'good' OR has_correction)\nsplits: {test: 10}\n"
    ),
    ("lessons", "kind: sft\nselect: app = 'support' AND (label = 'good' OR has_correction)\n"),
    ("pairs", "kind: preference\nselect: app = 'support'\npairs: all\n"),
    ("verdicts", "kind: kto\nselect: app = 'support' AND label IN ('good', 'bad')\n"),
  ].map { (name: $0.0, text: $0.1) }

  /// Writes a pipeline of all steps.
  func pipeline(_ name: String, sources: [String], datasets: [String]) throws {
    try write(
      "Pipelines/\(name).yaml",
      """
      steps:
        - pull: {sources: [\(sources.joined(separator: ", "))]}
        - curate: {}
        - label: {model: majority, conversations: \(conversations)}
        - publish: {datasets: [\(datasets.joined(separator: ", "))]}
      """)
  }

  /// Writes a file of the project, making its folder.
  func write(_ name: String, _ text: String) throws { try write(name, bytes: Data(text.utf8)) }

  func write(_ name: String, bytes: Data) throws {
    let path = "\(root)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  /// Adds to a file without touching what is there.
  func append(_ name: String, _ text: String) throws {
    let handle = try #require(FileHandle(forWritingAtPath: "\(root)/\(name)"))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(root)/\(name)") }

  func move(_ name: String, to other: String) throws {
    try FileManager.default.moveItem(atPath: "\(root)/\(name)", toPath: "\(root)/\(other)")
  }

  /// Writes a whole log.
  func write(_ log: GeneratedLog) throws {
    for (name, lines) in log.chat { try write("logs/chat/\(name)", Self.text(lines)) }
    for (name, lines) in log.reactions { try write("logs/reactions/\(name)", Self.text(lines)) }
  }

  /// Lines as a file holds them.
  static func text(_ lines: [String]) -> String { lines.map { "\($0)\n" }.joined() }

  /// A workspace beside the definitions; each name is another.
  func workspace(_ name: String = "first") -> TestWorkspace {
    TestWorkspace(root: root, path: "\(root)/workspaces/\(name)")
  }
}

/// What a run's JSON account says, as far as tests look at it.
struct AccountJSON: Decodable, Sendable {
  struct Tally: Decodable {
    let new, updated, repeated, superseded: Int
    var total: Int { new + updated + repeated + superseded }
  }
  struct Pull: Decodable {
    let source: String
    let files, filesRead, lines, unmatched, unfinished: Int
    let interactions, feedback: Tally
    let quarantined: [String: Int]
    var accounted: Int { interactions.total + feedback.total + unmatched + quarantined.values.reduce(0, +) }
  }
  struct Publication: Decodable {
    let dataset, result, contentRoot: String
    let number: Int
    let splits, left: [String: Int]
  }
  struct Step: Decodable {
    let step: String
    let seconds: Double
    let pull: [Pull]?
    let publish: [Publication]?
  }
  struct Balance: Decodable {
    let pulled, keptInteractions, keptFeedback, pending: Int
    let dropped, quarantined: [String: Int]
    var accounted: Int {
      keptInteractions + keptFeedback + pending + dropped.values.reduce(0, +)
        + quarantined.values.reduce(0, +)
    }
  }
  let state, run: String
  let steps: [Step]
  let balance: Balance

  /// The account of a source's pull.
  func pull(_ source: String) -> Pull? { steps.compactMap(\.pull).joined().first { $0.source == source } }
  /// Numbers of the versions by dataset.
  var versions: [String: Int] {
    Dictionary(steps.compactMap(\.publish).joined().map { ($0.dataset, $0.number) }) { $1 }
  }
}

/// How a workspace stands, as far as it must not depend on the way there.
struct Standing: Decodable, Equatable, Sendable, CustomStringConvertible {
  struct Counts: Decodable, Equatable { let interactions, feedback, quarantined: Int }
  struct Labels: Decodable, Equatable { let good, bad, tie, unlabelled, joined, waiting: Int }
  struct Version: Decodable, Equatable {
    let dataset, contentRoot: String
    let number: Int
  }
  let counts: Counts
  let decisions, quarantine: [String: Int]
  let labels: Labels
  let datasets: [Version]

  /// The content roots by dataset.
  var roots: [String: String] { Dictionary(datasets.map { ($0.dataset, $0.contentRoot) }) { $1 } }

  var description: String {
    let sorted = (decisions.merging(quarantine) { $0 + $1 }).sorted { $0.key < $1.key }
    let versions = datasets.map { "\($0.dataset)@\($0.number) \($0.contentRoot.prefix(8))" }
    return "\(counts) \(sorted.map { "\($0.key) \($0.value)" }) \(labels) \(versions)"
  }
}

/// A workspace, and the command run in it.
struct TestWorkspace {
  let root: String
  let path: String
  /// Further variables of the command's environment.
  var environment: [String: String] = [:]
  /// A command line before the program's own, such as one that changes the user.
  var prefix: [String] = []

  /// Starts the command.
  func start(_ arguments: [String]) throws -> Program {
    let program = try #require(Program.flywheel, "the command is not built")
    var variables = ["FLYWHEEL_HOME": path, "PATH": "/usr/bin:/bin", "TZ": "Asia/Kathmandu", "LC_ALL": "C"]
    variables.merge(environment) { $1 }
    let line = prefix + [program] + arguments + ["--project", root]
    return try Program(line[0], Array(line.dropFirst()), environment: variables)
  }

  /// Runs the command to its end.
  func command(_ arguments: [String]) throws -> Ended { try start(arguments).wait() }

  /// Runs a pipeline.
  /// - Parameters:
  ///   - pipeline: its name.
  ///   - workers: tasks at a time.
  ///   - expected: the exit codes that the run may have.
  /// - Returns: its account.
  /// - Throws: an issue if the run ended otherwise or its account cannot be read.
  @discardableResult
  func run(_ pipeline: String = "nightly", workers: Int = 2, expected: [Int32] = [0]) throws -> AccountJSON {
    let ended = try command(["run", pipeline, "--workers", "\(workers)", "--json"])
    try #require(
      expected.contains(ended.code), "exit code \(ended.code): \(ended.errors)\(ended.output.suffix(2000))")
    let account = try JSONDecoder().decode(AccountJSON.self, from: Data(ended.output.utf8))
    #expect(account.balance.pulled == account.balance.accounted)
    return account
  }

  /// How the workspace stands.
  func standing() throws -> Standing {
    let ended = try command(["status", "--json"])
    try #require(ended.code == 0, "exit code \(ended.code): \(ended.errors)")
    return try JSONDecoder().decode(Standing.self, from: Data(ended.output.utf8))
  }

  private struct Report: Decodable {
    let garbageObjects, garbageSegments: Int
    let problems: [String]
  }

  /// Everything wrong with what is stored, garbage and files left over included.
  /// - Parameter refusals: whether a gate refused a version before, whose records stay behind as garbage.
  /// - Returns: the faults, each in words.
  /// - Throws: an issue of the test if the check cannot be run.
  func faults(afterRefusals refusals: Bool = false) throws -> [String] {
    let ended = try command(["verify", "--json"])
    let report = try JSONDecoder().decode(Report.self, from: Data(ended.output.utf8))
    var faults = report.problems
    if report.garbageObjects > 0, !refusals {
      faults.append("\(report.garbageObjects) objects of no version")
    }
    if report.garbageSegments > 0 { faults.append("\(report.garbageSegments) segments of no transaction") }
    return faults + leftovers()
  }

  /// Temporary files that no process uses any more.
  func leftovers() -> [String] {
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return names.filter { name in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
      let inTemporary =
        name.hasPrefix("lake/tmp/") && name != "lake/tmp/.guard" || name.hasPrefix("registry/tmp/")
      return inTemporary || name.contains(".tmp-")
    }.sorted()
  }

  /// The records of a published version, id to canonical JSON.
  func records(_ version: String) throws -> [String: String] {
    let folder = try ScratchFolder()
    let ended = try command(["pull", version, "--to", "\(folder.path)/out", "--format", "records"])
    try #require(ended.code == 0, "exit code \(ended.code): \(ended.errors)")
    var records: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/out")
    where name.hasSuffix(".jsonl") && !name.hasSuffix(".meta.jsonl") {
      let text = try String(contentsOfFile: "\(folder.path)/out/\(name)", encoding: .utf8)
      for line in text.split(separator: "\n") {
        let value = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        records[try #require(value?["id"] as? String)] = String(line)
      }
    }
    return records
  }
}
