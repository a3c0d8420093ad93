import Foundation
import Testing
import TestSupport

/// Texts that stand in files: `Tests/Commands/Expected/NAME.txt`.
enum Expected {
  /// Writes what is printed in place of what is expected.
  static let updates = ProcessInfo.processInfo.environment["FLYWHEEL_UPDATE_EXPECTED"] == "1"
  static let command = "FLYWHEEL_UPDATE_EXPECTED=1 swift test --filter CommandsTests"
  private static let folder = Repository.root.appending(path: "Tests/Commands/Expected")

  /// Compares a text with its file, line by line.
  static func expect(_ actual: String, _ name: String, _ location: SourceLocation = #_sourceLocation) throws {
    let file = folder.appending(path: "\(name).txt")
    if updates {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(actual.utf8).write(to: file)
      return
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    guard actual != expected else { return }
    Issue.record("\(difference(actual, expected, name))", sourceLocation: location)
  }

  /// The first line that differs, with what to do about it.
  static func difference(_ actual: String, _ expected: String, _ name: String) -> String {
    let lines = [expected, actual].map { $0.split(separator: "\n", omittingEmptySubsequences: false) }
    let same = zip(lines[0], lines[1]).prefix { $0 == $1 }.count
    let shown = lines.map { $0.indices.contains(same) ? "'\($0[same])'" : "the end" }
    return "\(name), line \(same + 1): expected \(shown[0]), got \(shown[1]). If this is meant: \(command)"
  }
}
