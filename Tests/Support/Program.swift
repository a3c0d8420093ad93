import Foundation
import Synchronization

/// How a process ended and what it wrote.
public struct Ran: Sendable {
  /// The exit code, or 128 and the signal's number.
  public let code: Int32
  /// What it wrote to standard output.
  public let output: String
  /// What it wrote to standard error.
  public let errors: String
}

/// Processes, and the program under test.
public enum Program {
  /// The built program: `FLYWHEEL_BINARY`, else beside the test bundle, else in the package's `.build`.
  public static let path: String = {
    if let named = ProcessInfo.processInfo.environment["FLYWHEEL_BINARY"], !named.isEmpty { return named }
    let folders = [
      URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent(), Bundle.main.bundleURL,
      Repository.root.appending(path: ".build/debug"), Repository.root.appending(path: ".build/release"),
    ]
    let candidates = folders.map { $0.appending(path: "flywheel").path }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[2]
  }()

  /// Whether a tool is on PATH.
  public static func has(_ tool: String) -> Bool { ChildProcess.find(tool) != nil }

  /// The least that a program needs, in a time zone and a language that would show if anything depended on them.
  public static func environment(_ more: [String: String]) -> [String: String] {
    var result = ["TZ": "Pacific/Chatham", "LC_ALL": "de_DE.UTF-8", "TERM": "xterm-256color"]
    for name in ["PATH", "LD_LIBRARY_PATH", "TMPDIR"] {
      if let value = ProcessInfo.processInfo.environment[name] { result[name] = value }
    }
    return result.merging(more) { $1 }
  }

  /// Runs a program to its end; its output goes to files, so that no pipe can fill.
  ///
  /// `Process` of Foundation waits for everything that the program leaves running, which a terminal's server is.
  public static func run(
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
    // The C library's own way to another folder is hidden from Swift; `env` has one.
    let child = try ChildProcess.spawn(
      "/usr/bin/env", ["env", "-C", folder, executable] + arguments,
      Self.environment(environment).map { "\($0.key)=\($0.value)" }, &actions)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    let texts = try names.map { String(decoding: try Data(contentsOf: URL(filePath: $0)), as: UTF8.self) }
    // What a signal ended gets 128 and its number, as the shell has it.
    let signal = status & 0x7F
    return Ran(code: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: texts[0], errors: texts[1])
  }
}

/// Temporary folders; what a shared workbench still holds is removed when the process ends.
public enum Scratch {
  private static let kept = Mutex<Set<String>>([])
  private static let registered: Bool = {
    atexit { Scratch.removeAll() }
    return true
  }()

  /// Makes a folder that only its owner can read.
  public static func folder(_ name: String) throws -> String {
    _ = registered
    let url = FileManager.default.temporaryDirectory.appending(
      path: "flywheel-tests-\(name)-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let path = url.resolvingSymlinksInPath().path
    kept.withLock { _ = $0.insert(path) }
    return path
  }

  /// Removes a folder.
  public static func remove(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
    kept.withLock { _ = $0.remove(path) }
  }

  private static func removeAll() { for path in kept.withLock({ $0 }) { remove(path) } }
}

/// The repository that this file is in.
public enum Repository {
  /// Its folder.
  public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The text of a file, by its path from the root.
  public static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }
}
