import Foundation
import Testing
import TestSupport

/// The README's marked blocks: `<!-- output: COMMAND -->`, then a fenced block with what the command prints.
struct OutputBlock {
  let command: String
  /// The lines between the fences, as indices of the README's lines.
  let range: Range<Int>
}

@Suite("README") struct ReadmeTests {
  private static let mark = "<!-- output: "

  private func lines() throws -> [String] {
    try Repository.text("README.md").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private func blocks(_ lines: [String]) throws -> [OutputBlock] {
    try lines.indices.filter { lines[$0].hasPrefix(Self.mark) }.map { index in
      let begin = try #require(lines[index...].firstIndex { $0.hasPrefix("```") }) + 1
      let end = try #require(lines[begin...].firstIndex { $0 == "```" })
      try #require(begin == index + 2, "line \(index + 1) is not followed by a fenced block")
      return OutputBlock(
        command: String(lines[index].dropFirst(Self.mark.count).dropLast(" -->".count)), range: begin..<end)
    }
  }

  @Test("every output shown is what the command prints on the sample") func outputs() throws {
    let bench = try Workbench(sample: "readme")
    var lines = try lines()
    var replacements: [(Range<Int>, [String])] = []
    let folder = URL(filePath: Program.path).deletingLastPathComponent().path
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let blocks = try blocks(lines)
    #expect(blocks.count > 5)
    for block in blocks {
      let ran = try Program.run(
        "/bin/sh", ["-c", block.command], in: bench.project,
        environment: bench.environment(["PATH": "\(folder):\(path)"]))
      #expect(ran.code == 0, "\(block.command): \(ran.errors)")
      let text = Marks.apply(ran.output, bench, project: "/srv/flywheel")
      let shown = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let actual = shown.last == "" ? Array(shown.dropLast()) : shown
      replacements.append((block.range, actual))
      let expected = Array(lines[block.range])
      if expected != actual, !Expected.updates {
        let difference = Expected.difference(
          actual.joined(separator: "\n"), expected.joined(separator: "\n"), "README.md, \(block.command)")
        Issue.record("\(difference)")
      }
    }
    guard Expected.updates else { return }
    for (range, actual) in replacements.reversed() { lines.replaceSubrange(range, with: actual) }
    try Data(lines.joined(separator: "\n").utf8).write(to: Repository.root.appending(path: "README.md"))
  }

  /// Cells of the table whose header begins with a word.
  private func table(_ header: String) throws -> [[String]] {
    let lines = try lines()
    let start = try #require(lines.firstIndex { $0.hasPrefix("| \(header) |") }, "no table \(header)")
    return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
  }

  @Test("the table of exit codes has the program's codes") func exitCodes() throws {
    let source = try Repository.text("Sources/flywheel/Failure.swift")
    let codes = source.matches(of: #/case [a-zA-Z]+ = ([0-9]+)\n/#).compactMap { Int($0.1) }
    #expect(codes.count == 7)
    #expect(try table("code").map { Int($0[0]) } == [0] + codes)
  }

  @Test("the table of formats is what pull takes") func formats() throws {
    let rows = try table("kind")
    #expect(rows.count == ExportTests.formats.count)
    for row in ExportTests.formats {
      let kind = "`\(row.dataset.dropFirst("support-".count))`"
      let cells = try #require(rows.first { $0[0] == kind })
      #expect(cells[1] == "`\(row.formats[0])`")
      for (index, format) in ExportTests.allFormats.enumerated() {
        #expect(cells[index + 2].isEmpty != row.formats.contains(format), "\(kind) as \(format)")
      }
    }
  }

  @Test("the columns of `records` are the view's") func columns() throws {
    let columns = try table("column").flatMap { row in
      row[0].split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
    }
    let schema = try Repository.text("Sources/Stores/Catalog/Schema.swift")
    let start = try #require(schema.range(of: "static let records = "))
    let end = try #require(schema.range(of: "FROM interactions\n", range: start.upperBound..<schema.endIndex))
    #expect(columns.count > 20)
    for column in columns { #expect(schema[start.upperBound..<end.lowerBound].contains(column)) }
    let bench = try Workbench(sample: "columns")
    let condition = columns.map { "\($0) IS NULL" }.joined(separator: " OR ")
    try bench.write("Datasets/support-sft/dataset.yaml", "kind: sft\nselect: \(condition)\n")
    let sound = "4 pipelines, 8 sources, 13 datasets, 2 queues, 5 models: all sound\n"
    #expect(try bench.run("check").output == sound)
  }

  @Test("every command has a line") func commands() throws {
    let text = try Repository.text("README.md")
    for command in HelpTests.commands where command.count == 1 {
      #expect(text.contains("flywheel \(command[0])"), "\(command[0])")
    }
  }

  @Test("it is short enough to be read") func short() throws {
    let lines = try lines()
    #expect(lines.count <= 450)
    // Pages are named, and only pictures are shown.
    #expect(lines.count { $0.contains("](Documentation") && !$0.hasPrefix("![") } == 0)
  }
}
