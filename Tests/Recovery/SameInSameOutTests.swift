import Foundation
import Testing

/// The same records give the same versions, whatever the workers, the files and the order.
@Suite struct SameInSameOutTests {
  private static let log = GeneratedLog(interactions: 700, days: 4)

  private static let expected: Result<Standing, any Error> = Result {
    let project = try ProjectFolder()
    try project.write(log)
    let account = try project.workspace().run(workers: 1)
    let standing = try project.workspace().standing()
    #expect(account.balance.pulled > 1000)
    #expect(standing.datasets.map(\.number) == [1, 1, 1, 1])
    // Whatever is to be the same is there.
    #expect(standing.quarantine.count == 1 && standing.labels.good > 150 && standing.labels.bad > 100)
    #expect(Set(standing.decisions.keys).count == 5, "\(standing.decisions)")
    return standing
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    var workers = 2
    var sources = ["chat", "reactions"]
    var tool: (name: String, arguments: [String], suffix: String)?
    /// Turns the files of one source into others.
    var change: @Sendable ([(name: String, lines: [String])]) -> [(name: String, lines: [String])] = { $0 }
    var testDescription: String { id }
  }

  private static let all = { @Sendable (files: [(name: String, lines: [String])]) in files.flatMap(\.lines) }

  static let cases = [
    Case(id: "2 workers"),
    Case(id: "5 workers", workers: 5),
    Case(id: "feedback first", sources: ["reactions", "chat"]),
    Case(id: "files in the opposite order") { files in
      files.enumerated().map { ("\(9 - $0).jsonl", $1.lines) }
    },
    Case(id: "one file") { [("all.log", all($0))] },
    Case(id: "many small files") { files in
      let lines = all(files)
      return stride(from: 0, to: lines.count, by: 97).map {
        ("part-\($0).jsonl", Array(lines[$0..<min($0 + 97, lines.count)]))
      }
    },
    Case(id: "rows shuffled over all files") { files in
      var dice = Dice(11)
      let lines = dice.shuffled(all(files))
      let size = (lines.count + 2) / 3
      return (0..<3).map { ("x\($0)", Array(lines[($0 * size)..<min(($0 + 1) * size, lines.count)])) }
    },
    Case(id: "every row twice") { files in files + files.map { ("copy-of-\($0.name)", $0.lines.reversed()) }
    },
    Case(id: "gzip", tool: ("gzip", [], ".gz")),
    Case(id: "zstd", tool: ("zstd", ["-q", "--rm"], ".zst")),
    Case(id: "lz4", tool: ("lz4", ["-q", "--rm", "-m"], ".lz4")),
  ]

  @Test(arguments: cases)
  func sameVersions(_ item: Case) throws {
    if let tool = item.tool, Program.find(tool.name) == nil { try Test.cancel("there is no \(tool.name)") }
    let expected = try Self.expected.get()
    let project = try ProjectFolder(sources: item.sources)
    var log = Self.log
    log.chat = item.change(log.chat)
    log.reactions = item.change(log.reactions)
    try project.write(log)
    if let tool = item.tool {
      for folder in ["chat", "reactions"] {
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(project.root)/logs/\(folder)") {
          #expect(
            try Program.tool(tool.name, tool.arguments + ["\(project.root)/logs/\(folder)/\(name)"]) == 0)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(project.root)/logs/\(folder)")
        #expect(names.count == 4 && names.allSatisfy { $0.hasSuffix(tool.suffix) })
      }
    }
    try project.workspace().run(workers: item.workers)
    let standing = try project.workspace().standing()
    #expect(standing.roots == expected.roots)
    #expect(standing.decisions == expected.decisions)
    #expect(standing.labels == expected.labels)
    #expect(standing.counts.interactions == expected.counts.interactions)
    #expect(standing.counts.feedback == expected.counts.feedback)
    #expect(standing.datasets.allSatisfy { $0.number == 1 })
  }

  @Test("a night of feedback alone, and the calls the night after")
  func feedbackANightBefore() throws {
    let project = try ProjectFolder()
    var log = Self.log
    log.chat = []
    try project.write(log)
    // Nothing can be published yet, which the gate of at least one example says.
    try project.workspace().run(expected: [5])
    #expect(try project.workspace().standing().labels.joined == 0)
    try project.write(Self.log)
    try project.workspace().run()
    #expect(try project.workspace().standing() == Self.expected.get())
  }
}
