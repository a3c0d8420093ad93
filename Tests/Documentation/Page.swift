import Foundation
import Testing

/// The repository that this file is in.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  static func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
  }

  /// All files with an ending, by path from the root, without what tools and runs generate.
  static func files(_ ending: String, in folder: String = "") throws -> [String] {
    let base = folder.isEmpty ? root : "\(root)/\(folder)"
    return try FileManager.default.contentsOfDirectory(atPath: base).sorted().flatMap { name -> [String] in
      let path = folder.isEmpty ? name : "\(folder)/\(name)"
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
      if exists, isFolder.boolValue { return name.hasPrefix(".") ? [] : try files(ending, in: path) }
      return name.hasSuffix(ending) ? [path] : []
    }
  }

  /// What stands in the first group of a pattern, wherever it fits in a file of the sources.
  static func literals(_ pattern: String, in path: String) throws -> Set<String> {
    let source = try text(path)
    let expression = try NSRegularExpression(pattern: pattern)
    let whole = NSRange(source.startIndex..., in: source)
    return Set(
      expression.matches(in: source, range: whole).compactMap { match in
        Range(match.range(at: 1), in: source).map { String(source[$0]) }
      })
  }
}

/// A page of the documentation.
struct Page {
  let name: String
  let lines: [String]

  init(_ name: String) throws {
    self.name = name
    lines = try Repository.text("Documentation/\(name)").components(separatedBy: "\n")
  }

  /// The rows of a table below a heading, without its first two lines.
  /// - Parameters:
  ///   - heading: the heading's whole line.
  ///   - number: which table below it, from 0; default 0.
  /// - Returns: the cells, trimmed; at least one row.
  /// - Throws: when there is no such table.
  func table(_ heading: String, _ number: Int = 0) throws -> [[String]] {
    let start = try #require(lines.firstIndex(of: heading), "\(name) lacks '\(heading)'")
    let rest = lines[(start + 1)...]
    let section = rest[..<(rest.firstIndex { $0.hasPrefix("#") } ?? rest.endIndex)]
    let tables = section.split { !$0.hasPrefix("|") }
    try #require(tables.count > number, "\(name) lacks table \(number) under '\(heading)'")
    let rows = tables[number].dropFirst(2).map { line in
      line.components(separatedBy: " | ").map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: "| "))
      }
    }
    try #require(!rows.isEmpty)
    return rows
  }

  /// The code in the first cell of each row of a table.
  func codes(_ heading: String, _ number: Int = 0) throws -> [String] {
    try table(heading, number).map { Page.code($0[0]) }
  }

  /// A cell's first run of code; the cell itself where it has none.
  static func code(_ cell: String) -> String { allCode(cell).first ?? cell }

  /// All runs of code in a cell.
  static func allCode(_ cell: String) -> [String] {
    cell.components(separatedBy: "`").enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
  }
}
