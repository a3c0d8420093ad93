import Foundation
import Synchronization
import Testing

/// How a process ended and what it wrote.
struct Ran: Sendable {
  let code: Int32
  let output: String
  let errors: String
}

/// Processes, and the program under test.
enum Program {
  /// The built program: `FLYWHEEL_BINARY`, else beside the test bundle, else in the package's `.build`.
  static let path: String = {
    if let named = ProcessInfo.processInfo.environment["FLYWHEEL_BINARY"], !named.isEmpty { return named }
    let folders = [
      URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent(), Bundle.main.bundleURL,
      Repository.root.appending(path: ".build/debug"), Repository.root.appending(path: ".build/release"),
    ]
    let candidates = folders.map { $0.appending(path: "flywheel").path }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[2]
  }()

  /// Whether a tool is on PATH.
  static func has(_ tool: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)")
    }
  }

  /// The least that a program needs, in a time zone and a language that would show if anything depended on them.
  static func environment(_ more: [String: String]) -> [String: String] {
    var result = ["TZ": "Pacific/Chatham", "LC_ALL": "de_DE.UTF-8", "TERM": "xterm-256color"]
    for name in ["PATH", "LD_LIBRARY_PATH", "TMPDIR"] {
      if let value = ProcessInfo.processInfo.environment[name] { result[name] = value }
    }
    return result.merging(more) { $1 }
  }

  /// Runs a program to its end; its output goes to files, so that no pipe can fill.
  ///
  /// `Process` of Foundation waits for everything that the program leaves running, which a terminal's server is.
  static func run(
    _ executable: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]
  ) throws -> Ran {
    let scratch = try Scratch.folder("output")
    defer { Scratch.remove(scratch) }
    let names = ["\(scratch)/out", "\(scratch)/err"]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    for (descriptor, name) in zip([STDOUT_FILENO, STDERR_FILENO], names) {
      posix_spawn_file_actions_addopen(&actions, descriptor, name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    // Threads of the test runner block signals, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    // The C library's own way to another folder is hidden from Swift; `env` has one.
    let words = (["env", "-C", folder, executable] + arguments).map { strdup($0) }
    let variables = Self.environment(environment).map { strdup("\($0.key)=\($0.value)") }
    defer { for text in words + variables { free(text) } }
    var child = pid_t()
    let code = posix_spawn(&child, "/usr/bin/env", &actions, &attributes, words + [nil], variables + [nil])
    try #require(code == 0, "\(executable): \(String(cString: strerror(code)))")
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { try #require(errno == EINTR) }
    let texts = try names.map { String(decoding: try Data(contentsOf: URL(filePath: $0)), as: UTF8.self) }
    // What a signal ended gets 128 and its number, as the shell has it.
    let signal = status & 0x7F
    return Ran(code: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: texts[0], errors: texts[1])
  }
}

/// Temporary folders; what a shared workbench still holds is removed when the process ends.
enum Scratch {
  private static let kept = Mutex<Set<String>>([])
  private static let registered: Bool = {
    atexit { Scratch.removeAll() }
    return true
  }()

  static func folder(_ name: String) throws -> String {
    _ = registered
    let url = FileManager.default.temporaryDirectory.appending(
      path: "flywheel-commands-\(name)-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let path = url.resolvingSymlinksInPath().path
    kept.withLock { _ = $0.insert(path) }
    return path
  }

  static func remove(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
    kept.withLock { _ = $0.remove(path) }
  }

  static func removeAll() { for path in kept.withLock({ $0 }) { remove(path) } }
}

/// The repository that this file is in.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }
}

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
