import Foundation

/// A text in an editor of the labeler's, on a file that nobody else can read.
enum ExternalEditor {
  /// The most that is read back: a correction is an answer, not a book (16 MB).
  static let limit = 16 << 20

  /// The command: `VISUAL`, else `EDITOR`, else `vi`.
  static func command(_ environment: [String: String]) -> String {
    for name in ["VISUAL", "EDITOR"] {
      if let value = environment[name], !value.isEmpty { return value }
    }
    return "vi"
  }

  /// Runs the editor on a text.
  /// - Parameters:
  ///   - text: what it begins with.
  ///   - environment: `VISUAL`, `EDITOR` and `TMPDIR`.
  ///   - wait: called some times a second; false ends the editor.
  /// - Returns: what it left; nil where it failed, or left nothing.
  /// - Throws: what `wait` throws, and errors of the file.
  static func run(_ text: String, environment: [String: String], wait: () throws -> Bool) throws -> String? {
    let temporary = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    var template = Array("\(temporary)/flywheel-review-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return nil }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = "\(folder)/correction.txt"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else { return nil }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
    guard try spawn(command(environment), path, wait), let data = try? Data(contentsOf: URL(filePath: path)),
      data.count <= limit, !data.isEmpty
    else { return nil }
    return String(decoding: data, as: UTF8.self)
  }

  /// - Returns: whether it ended well.
  private static func spawn(_ command: String, _ path: String, _ wait: () throws -> Bool) throws -> Bool {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in TerminalGuard.endings + [SIGPIPE] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    // The command may have arguments, as `EDITOR="code --wait"` has.
    let words = ["sh", "-c", "\(command) \"$1\"", "sh", path].map { (word: String) in strdup(word) }
    defer { for word in words { free(word) } }
    var child = pid_t()
    // Ctrl-C in the editor is meant for it alone.
    let interrupt = signal(SIGINT, SIG_IGN)
    defer { signal(SIGINT, interrupt) }
    guard posix_spawn(&child, "/bin/sh", nil, &attributes, words + [nil], environ) == 0 else { return false }
    var status: Int32 = 0
    while true {
      let ended = waitpid(child, &status, WNOHANG)
      if ended == child { return status == 0 }
      if ended < 0, errno != EINTR { return false }
      do {
        if try !wait() { kill(child, SIGHUP) }
      } catch {
        kill(child, SIGHUP)
        throw error
      }
      usleep(50_000)
    }
  }
}
