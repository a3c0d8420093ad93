import Foundation

/// A program that a test starts, ended with the value.
///
/// Foundation's `Process` is not used: started from several threads at once it crashed (swift-corelibs-foundation of
/// Swift 6.3.1), and its children inherit the signals that the test runner's threads block, so that none of them
/// could be ended by a signal.
public final class ChildProcess: Sendable {
  /// What keeps a program from being started or from saying what it should.
  public struct Failure: Error, CustomStringConvertible {
    /// What is wrong, for the one who reads the test's output.
    public let description: String
  }

  /// What becomes of what a program writes to standard error.
  public enum Errors: Sendable {
    /// It is dropped. An inherited one would keep the test runner waiting for a server that outlives its test.
    case dropped
    /// It comes with standard output.
    case joined
  }

  /// The process.
  public let identifier: pid_t
  private let output: Int32

  /// The first file of a name on the search path.
  public static func find(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Starts a program with this process's environment, nothing on standard input, and a socket on standard output.
  /// - Parameters:
  ///   - path: the executable.
  ///   - arguments: its arguments.
  ///   - errors: what becomes of standard error.
  /// - Throws: ``Failure`` if the system refuses.
  public init(_ path: String, _ arguments: [String], errors: Errors = .dropped) throws {
    var ends: [Int32] = [0, 0]
    // Closed in other children from its first moment on, which `pipe` cannot say.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Failure(description: "no socket") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    switch errors {
    case .dropped: posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    case .joined: posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    }
    defer { close(ends[1]) }
    do {
      identifier = try Self.spawn(path, [path] + arguments, Self.environment, &actions)
    } catch {
      close(ends[0])
      throw error
    }
    output = ends[0]
  }

  /// Starts a program that no signal is blocked for: threads of the test runner block some, and a child would inherit that.
  static func spawn(
    _ path: String, _ words: [String], _ variables: [String], _ actions: inout posix_spawn_file_actions_t
  ) throws -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let arguments = words.map { strdup($0) }
    let environment = variables.map { strdup($0) }
    defer { for text in arguments + environment { free(text) } }
    var child = pid_t()
    let code = posix_spawn(&child, path, &actions, &attributes, arguments + [nil], environment + [nil])
    guard code == 0 else { throw Failure(description: "\(path): \(String(cString: strerror(code)))") }
    return child
  }

  /// Read once: nothing may change the environment while another thread reads it.
  private static let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }

  deinit {
    kill(identifier, SIGKILL)
    // After `wait` there is no such child, and nothing to wait for.
    _ = Self.wait(for: identifier)
    close(output)
  }

  /// The next line of standard output, without its newline; the last may have none.
  public func line() -> [UInt8] {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1, byte != 0x0A { line.append(byte) }
    return line
  }

  /// Reads the rest of standard output and waits for the end.
  /// - Returns: the exit code, or 128 and the signal's number; and the text.
  public func finish() -> (code: Int32, output: String) {
    var text: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(output, &block, block.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      text += block[..<count]
    }
    let status = Self.wait(for: identifier)
    let signal = status & 0x7F
    return (signal == 0 ? (status >> 8) & 0xFF : 128 + signal, String(decoding: text, as: UTF8.self))
  }

  private static func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
