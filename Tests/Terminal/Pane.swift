import Foundation
import TestSupport
import Testing

/// A terminal of tmux with the program in it, driven by keys and read as text.
final class Pane: Sendable {
  /// tmux, where it is installed.
  static let tmux = ChildProcess.find("tmux")

  private let tool: String
  private let socket = "flywheel-\(UUID().uuidString.prefix(8))"
  private let folder: String

  /// Starts a command in a terminal of a size; its exit code is written when it ends.
  init(
    _ command: String, in folder: String, width: Int, height: Int, environment: [String: String] = [:]
  ) throws {
    tool = try #require(Self.tmux)
    self.folder = folder
    let variables = ["LC_ALL": "C.UTF-8", "TZ": "UTC"].merging(environment) { $1 }
      .map { "\($0.key)='\($0.value)'" }.sorted().joined(separator: " ")
    try run([
      "-f", "/dev/null", "new-session", "-d", "-x", "\(width)", "-y", "\(height)", "-c", folder,
      "env \(variables) \(command); echo \"ended with $?\"; exec sleep 600",
    ])
  }

  deinit { _ = try? run(["kill-server"]) }

  /// Ends the terminal, as a broken connection does.
  func hangUp() throws { try run(["kill-server"]) }

  @discardableResult
  private func run(_ arguments: [String]) throws -> String {
    try Program.run(tool, ["-L", socket, "-u"] + arguments, in: folder, environment: ["LC_ALL": "C.UTF-8"])
      .output
  }

  /// Sends keys by tmux's names, such as `Enter`, `C-s`, `PageDown`.
  func press(_ keys: String...) throws { try run(["send-keys"] + keys) }

  /// Sends letters as they are.
  func type(_ text: String) throws { try run(["send-keys", "-l", text]) }

  func resize(width: Int, height: Int) throws {
    try run(["resize-window", "-x", "\(width)", "-y", "\(height)"])
  }

  /// What is seen, without spaces at the ends of lines and empty lines at the end.
  func text() throws -> String { Self.trimmed(try run(["capture-pane", "-p"])) }

  /// What is seen, with colours as escape sequences.
  func coloured() throws -> String { try run(["capture-pane", "-p", "-e"]) }

  static func trimmed(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return String(line)
    }
    while lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Waits until the screen holds a text, at most half a minute: other tests may have the processor.
  @discardableResult
  func wait(for words: String, _ location: SourceLocation = #_sourceLocation) throws -> String {
    try wait(location, "'\(words)'") { $0.contains(words) }
  }

  @discardableResult
  func wait(
    _ location: SourceLocation = #_sourceLocation, _ what: String, until isThere: (String) -> Bool
  ) throws -> String {
    let end = ContinuousClock.now + .seconds(30)
    var seen = ""
    while ContinuousClock.now < end {
      seen = try text()
      if isThere(seen) { return seen }
      usleep(20_000)
    }
    Issue.record("no \(what) on the screen:\n\(seen)", sourceLocation: location)
    return seen
  }

  // MARK: Expected screens

  static let updates = ProcessInfo.processInfo.environment["FLYWHEEL_UPDATE_EXPECTED"] == "1"
  private static let expected = Repository.root.appending(path: "Tests/Review/Expected")

  /// Waits until the screen is the one in `Tests/Review/Expected/NAME.txt`; where the file is written anew, until it
  /// holds some words.
  func expect(_ name: String, when words: String, _ location: SourceLocation = #_sourceLocation) throws {
    let file = Self.expected.appending(path: "\(name).txt")
    if Self.updates {
      var before = try wait(for: words, location)
      for _ in 0..<100 {
        usleep(200_000)
        let now = try text()
        if now == before { break }
        before = now
      }
      try FileManager.default.createDirectory(at: Self.expected, withIntermediateDirectories: true)
      try Data(before.utf8).write(to: file)
      return
    }
    let wanted = try String(contentsOf: file, encoding: .utf8)
    let seen = try wait(location, "screen as in \(name).txt") { $0 == wanted }
    guard seen != wanted else { return }
    let lines = [wanted, seen].map { $0.split(separator: "\n", omittingEmptySubsequences: false) }
    let same = zip(lines[0], lines[1]).prefix { $0 == $1 }.count
    let shown = lines.map { $0.indices.contains(same) ? "'\($0[same])'" : "the end" }
    Issue.record(
      """
      \(name), line \(same + 1): expected \(shown[0]), got \(shown[1]). If this is meant: \
      FLYWHEEL_UPDATE_EXPECTED=1 swift test --filter TerminalTests
      """, sourceLocation: location)
  }
}
