import Foundation
import Testing

/// A file of the repository, with its path from the root.
struct SourceFile: Sendable {
  let path: String
  let text: String
  let isExecutable: Bool

  init(_ path: String, _ text: String, isExecutable: Bool = false) {
    self.path = path
    self.text = text
    self.isExecutable = isExecutable
  }

  var name: String {
    String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
  }

  /// The number of lines; a last one without its line feed counts.
  var lineCount: Int {
    text.utf8.count { $0 == 0x0A } + (text.isEmpty || text.hasSuffix("\n") ? 0 : 1)
  }

  /// The lines, without their line feeds.
  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// The tokens without comments: what the compiler acts on.
  var code: [Token] { SwiftTokens.scan(text).filter { $0.kind != .comment } }

  /// Which module's source this is; nil for a file outside Sources.
  var module: String? {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count > 2, parts[0] == "Sources" else { return nil }
    let isGroup = ["Stages", "Stores", "Services", "System"].contains(parts[1])
    return isGroup && parts.count > 3 ? parts[2] : parts[1]
  }
}

/// The repository that this file is in.
enum SourceTree {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Names at the root that tools and editors make, and git does not keep.
  static func isGenerated(_ name: String) -> Bool {
    name.hasPrefix(".build") || name.hasPrefix(".venv")
      || [".git", ".swiftpm", ".flywheel", ".vscode", ".idea", "Package.resolved", "__pycache__"].contains(
        name)
  }

  /// What is at the root and not generated, sorted.
  static func topLevel() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.path).filter { !isGenerated($0) }.sorted()
  }

  /// The text files under the root, sorted by path, without the sample data.
  static func files() throws -> [SourceFile] { try read.get() }

  /// Read once for all tests.
  private static let read = Result { try readFiles() }

  private static func readFiles() throws -> [SourceFile] {
    var result: [SourceFile] = []
    for top in try topLevel() {
      let url = root.appending(path: top)
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
      let paths = isFolder.boolValue ? try FileManager.default.subpathsOfDirectory(atPath: url.path) : [""]
      for path in paths where !path.contains("__pycache__") && !path.hasSuffix(".jsonl") {
        let full = path.isEmpty ? url : url.appending(path: path)
        guard let text = try? String(contentsOf: full, encoding: .utf8) else { continue }
        result.append(
          SourceFile(
            path.isEmpty ? top : "\(top)/\(path)", text,
            isExecutable: FileManager.default.isExecutableFile(atPath: full.path)))
      }
    }
    return result.sorted { $0.path < $1.path }
  }

  static func swift(under folder: String) throws -> [SourceFile] {
    try files().filter { $0.path.hasPrefix(folder + "/") && $0.path.hasSuffix(".swift") }
  }
}

/// Fails the running test once for each fault, with the fault as the reason.
func expectNone(_ faults: [String], sourceLocation: SourceLocation = #_sourceLocation) {
  for fault in faults { Issue.record(Comment(rawValue: fault), sourceLocation: sourceLocation) }
}
