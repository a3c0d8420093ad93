import Foundation
import Synchronization
import Testing

/// How a started program ended.
struct Ended {
  /// The exit code, or 128 and the signal's number.
  let code: Int32
  /// What it wrote to standard output.
  let output: String
  /// What it wrote to standard error.
  let errors: String
}

/// A process that writes to files, so that it never waits for its reader.
final class Program {
  let identifier: pid_t
  private let folder: String

  /// Starts a program.
  /// - Parameters:
  ///   - path: the executable.
  ///   - arguments: its arguments.
  ///   - environment: all of its environment.
  /// - Throws: an issue of the test if the system refuses.
  init(_ path: String, _ arguments: [String], environment: [String: String]) throws {
    folder = try ScratchFolder.make()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/output", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "\(folder)/errors", O_WRONLY | O_CREAT, 0o600)
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    var started: pid_t = 0
    let code = Self.strings([path] + arguments) { arguments in
      Self.strings(variables) { posix_spawn(&started, path, &actions, nil, arguments, $0) }
    }
    identifier = started
    try #require(code == 0 as Int32, "cannot start \(path): \(String(cString: strerror(code)))")
  }

  private static func strings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let pointers = texts.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return withExtendedLifetime(pointers) { body(pointers) }
  }

  /// Ends the process as a power cut would.
  func kill() { _ = Foundation.kill(identifier, SIGKILL) }

  /// Whether the process has ended; it stays to be waited for.
  var hasEnded: Bool {
    var state = siginfo_t()
    return waitid(P_PID, id_t(identifier), &state, WEXITED | WNOHANG | WNOWAIT) == 0
      && state.si_signo == SIGCHLD
  }

  /// Waits for the end.
  func wait() -> Ended {
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    func text(_ name: String) -> String {
      String(decoding: FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data(), as: UTF8.self)
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let signal = status & 0x7F
    return Ended(
      code: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: text("output"), errors: text("errors"))
  }

  /// Runs a tool of the system to its end.
  @discardableResult
  static func tool(_ name: String, _ arguments: [String]) throws -> Int32 {
    let path = try #require(find(name), "there is no \(name)")
    return try Program(path, arguments, environment: ["PATH": searchPath]).wait().code
  }

  /// The path of a tool, nil where there is none.
  static func find(_ name: String) -> String? {
    searchPath.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  private static let searchPath = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

  /// The built command: FLYWHEEL_BINARY, else beside the tests that run.
  static let flywheel: String? = {
    if let named = ProcessInfo.processInfo.environment["FLYWHEEL_BINARY"] { return named }
    let source = URL(fileURLWithPath: #filePath)
    let package = source.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .path
    let beside = [Bundle.main.executablePath, CommandLine.arguments.first].compactMap(\.self)
      .map { ($0 as NSString).deletingLastPathComponent }
    return (beside + ["\(package)/.build/debug", "\(package)/.build/release"]).map { "\($0)/flywheel" }
      .first { access($0, X_OK) == 0 }
  }()
}

/// Folders that live as long as the tests: what a `static let` holds is never let go.
private let heldFolders = Mutex<[String]>([])

/// A folder of its own for each test, gone with the last reference.
final class ScratchFolder: Sendable {
  let path: String

  init() throws { path = try Self.make() }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Has the folder removed when the tests end, for one that is shared by all of them.
  func removeAtExit() {
    let isFirst = heldFolders.withLock { folders in
      folders.append(path)
      return folders.count == 1
    }
    guard isFirst else { return }
    atexit { heldFolders.withLock { for path in $0 { try? FileManager.default.removeItem(atPath: path) } } }
  }

  static func make() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("flywheel-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}
