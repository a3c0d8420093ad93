import Bytes
import CSandbox
import Foundation

/// How a program ended.
struct SandboxOutcome: Sendable {
  /// The exit code, -1 where a signal ended it.
  var code = 0
  /// The signal that ended it, or 0.
  var signal = 0
  /// Whether it was ended since it ran too long, by the clock or on the processor.
  var isTimedOut = false
  /// The first 64 KiB of what it wrote, to standard output and standard error.
  var output: [UInt8] = []
  /// The last 512 bytes of that.
  var tail: [UInt8] = []
  /// Bytes that it wrote in all.
  var written: UInt64 = 0
}

/// Runs programs that nobody has looked at.
///
/// See CSandbox.h for what they see. Measured: an empty Python program takes 20 ms.
struct Sandbox: Sendable {
  /// Bytes of output that are kept: 64 KiB.
  static let outputLimit = 64 << 10
  /// The user that a program is where flywheel is root: nobody, on every Linux.
  private static let user: UInt32 = 65534
  /// What programs may read where they are isolated: the system's programs and libraries, no configuration.
  private static let readable = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache",
  ]

  let limits: ExecutionLimits
  let isolation: ExecutionIsolation

  /// Writes files to a folder of their own, runs a command there, and removes the folder.
  /// - Parameters:
  ///   - command: the program and its arguments; an argument that is the name of a file becomes its path.
  ///   - files: texts by name, seen in `/program` where it is isolated.
  /// - Returns: how it ended, however it did.
  /// - Throws: ``VerifierFault``.
  func run(_ command: [String], files: [String: String]) async throws -> SandboxOutcome {
    // It waits for a process, which no thread of the pool may.
    try await Task(executorPreference: BlockingTasks.executor) { try runNow(command, files) }.value
  }

  private func runNow(_ command: [String], _ files: [String: String]) throws -> SandboxOutcome {
    let folder = try Self.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (root, program) = (folder + "/root", folder + "/program")
    do {
      for path in [root, program] {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      }
      for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(program)/\(name)")) }
    } catch {
      throw VerifierFault(.noSandbox, place: "files")
    }
    if geteuid() == 0 {
      for path in [folder, root, program] + files.keys.map({ "\(program)/\($0)" }) {
        guard chown(path, Self.user, Self.user) == 0 else {
          throw VerifierFault(.noSandbox, place: "files", detail: "\(errno)")
        }
      }
    }
    let inside = isolation == .namespaces ? "/program" : program
    return try start(
      command.map { files[$0] == nil ? $0 : "\(inside)/\($0)" }, root: root, program: program)
  }

  private func start(_ command: [String], root: String, program: String) throws -> SandboxOutcome {
    var result = csandbox_result()
    var output = [UInt8](repeating: 0, count: Self.outputLimit)
    // Outside a namespace the limit counts whatever else its user runs.
    let others = isolation == .limits ? Self.tasks(of: geteuid() == 0 ? Self.user : geteuid()) : 0
    Self.withStrings(command) { command in
      Self.withStrings(Self.readable) { readable in
        root.withCString { root in
          program.withCString { program in
            var plan = csandbox_plan(
              command: command, readable: readable, root: root, program: program,
              isolated: isolation == .namespaces ? 1 : 0, user: Self.user,
              cpu_seconds: UInt64(limits.processorSeconds), wall_milliseconds: UInt64(limits.seconds) * 1000,
              memory: UInt64(limits.memoryMebibytes) << 20, file_size: UInt64(limits.fileMebibytes) << 20,
              processes: UInt64(limits.processes + others))
            output.withUnsafeMutableBufferPointer {
              csandbox_run(&plan, $0.baseAddress, $0.count, &result)
            }
          }
        }
      }
    }
    let stages = ["done", "system", "namespaces", "files", "limits", "command"]
    let stage = Int(result.stage)
    guard stage == CSANDBOX_DONE else {
      let place = stages.indices.contains(stage) ? stages[stage] : "system"
      let isRefused = isolation == .namespaces && (stage == CSANDBOX_NAMESPACES || stage == CSANDBOX_FILES)
      throw VerifierFault(
        stage == CSANDBOX_COMMAND ? .noCommand : isRefused ? .noIsolation : .noSandbox,
        place: stage == CSANDBOX_COMMAND ? command.first ?? "" : place, detail: "\(result.error)")
    }
    return SandboxOutcome(
      code: Int(result.code), signal: Int(result.signal),
      isTimedOut: result.timed_out != 0 || result.signal == SIGXCPU, output: Array(output[..<result.kept]),
      tail: withUnsafeBytes(of: result.tail) { Array($0[..<result.tail_length]) }, written: result.written)
  }

  /// A new folder that only this user may enter.
  private static func temporaryFolder() throws -> String {
    let parent = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
    var template = Array("\(parent)/flywheel-run-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw VerifierFault(.noSandbox, place: "files", detail: "\(errno)")
    }
    return String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// How many processes and threads a user runs.
  private static func tasks(of user: UInt32) -> Int {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return folders.reduce(0) { sum, folder in
      guard Int(folder) != nil,
        let status = try? String(contentsOfFile: "/proc/\(folder)/status", encoding: .utf8)
      else { return sum }
      func number(_ key: String) -> Int? {
        status.split(separator: "\n").first { $0.hasPrefix(key) }
          .flatMap { $0.dropFirst(key.count).split(whereSeparator: \.isWhitespace).first }.flatMap { Int($0) }
      }
      return number("Uid:") == Int(user) ? sum + (number("Threads:") ?? 1) : sum
    }
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return (copies.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
