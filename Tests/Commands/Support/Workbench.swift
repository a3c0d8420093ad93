import Foundation
import Testing
import TestSupport

/// A project of its own in a temporary folder, and the program run in it.
final class Workbench: Sendable {
  /// The temporary folder, which holds all that a test makes.
  let folder: String
  /// The project.
  let project: String
  /// When it was made; times of the program from here on are masked.
  let began = Date()

  /// The workspace.
  var home: String { "\(project)/.flywheel" }

  /// A folder with an empty project.
  init(empty name: String) throws {
    folder = try Scratch.folder(name)
    project = "\(folder)/project"
    try FileManager.default.createDirectory(atPath: project, withIntermediateDirectories: true)
    // A key of its own keeps pseudonyms, and with them hashes, the same in every test run.
    try Data("not a secret: the tests' own key".utf8).write(to: URL(filePath: "\(folder)/key"))
    chmod("\(folder)/key", 0o600)
  }

  /// A copy of this repository's definitions and samples.
  convenience init(sample name: String) throws {
    try self.init(empty: name)
    for part in ["Pipelines", "Datasets"] {
      try FileManager.default.copyItem(
        atPath: Repository.root.appending(path: part).path, toPath: "\(project)/\(part)")
    }
  }

  deinit { Scratch.remove(folder) }

  func environment(_ more: [String: String] = [:]) -> [String: String] {
    ["FLYWHEEL_PSEUDONYM_KEY_FILE": "\(folder)/key"].merging(more) { $1 }
  }

  /// Runs the program in the project.
  func run(_ arguments: String..., in folder: String? = nil, environment: [String: String] = [:]) throws
    -> Ran
  {
    try run(arguments, in: folder, environment: environment)
  }

  func run(_ arguments: [String], in folder: String? = nil, environment: [String: String] = [:]) throws -> Ran
  {
    try Program.run(
      Program.path, arguments, in: folder ?? project, environment: self.environment(environment))
  }

  /// Runs the program, which must succeed and say nothing on standard error.
  @discardableResult
  func succeed(_ arguments: String..., in folder: String? = nil) throws -> String {
    let ran = try run(arguments, in: folder)
    try #require(ran.code == 0, "\(arguments.joined(separator: " ")): \(ran.errors)")
    #expect(ran.errors.isEmpty)
    return ran.output
  }

  /// What the program prints with `--json`.
  func json(_ arguments: String...) throws -> JSONDocument {
    let ran = try run(arguments + ["--json"])
    return try JSONDocument(ran.output)
  }

  func write(_ path: String, _ text: String) throws {
    let url = URL(filePath: "\(project)/\(path)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func read(_ path: String) throws -> String {
    try String(contentsOf: URL(filePath: "\(project)/\(path)"), encoding: .utf8)
  }

  /// Replaces the first occurrence in a file, which must be there.
  func edit(_ path: String, _ old: String, _ new: String) throws {
    let text = try read(path)
    let range = try #require(text.range(of: old), "\(path) lacks '\(old)'")
    try write(path, text.replacingCharacters(in: range, with: new))
  }

  func append(_ path: String, _ text: String) throws { try write(path, try read(path) + text) }

  /// Files and folders below a folder, by path, sorted.
  static func tree(_ folder: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []).sorted()
  }
}

/// The sample project after its first run, made once; tests only read it.
enum Published {
  static let shared = Result {
    let bench = try Workbench(sample: "published")
    let ran = try bench.run("run", "nightly")
    try #require(ran.code == 0, "\(ran.errors)")
    // Copies are made from one that no program has open: what reads a catalog makes and removes files beside it.
    let still = try Workbench(empty: "still")
    try FileManager.default.removeItem(atPath: still.project)
    try FileManager.default.copyItem(atPath: bench.project, toPath: still.project)
    return (bench: bench, still: still, run: ran)
  }

  static func bench() throws -> Workbench { try shared.get().bench }

  /// A copy that a test may damage.
  static func copy(_ name: String) throws -> Workbench {
    let bench = try Workbench(empty: name)
    try FileManager.default.removeItem(atPath: bench.project)
    try FileManager.default.copyItem(atPath: shared.get().still.project, toPath: bench.project)
    return bench
  }
}
