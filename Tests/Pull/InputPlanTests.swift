import Bytes
import Foundation
import Pull
import Testing

/// Nights of reading one folder: what was read, and what is remembered from night to night.
final class Nights {
  let folder: InputFolder
  let pattern: String
  private(set) var cursors: [FileCursor] = []

  init(_ folder: InputFolder, pattern: String = "*") {
    self.folder = folder
    self.pattern = pattern
  }

  /// Reads what is new: for each file its name, what was decided, and the text.
  func read(shuffled seed: UInt64 = 7) throws -> [String] {
    var random = SplitMix(state: seed)
    let files = try InputGlob.expand(folder.at(pattern)).map(FileStatus.of).shuffled(using: &random)
    let decisions = InputPlan.decide(files: files, cursors: cursors.shuffled(using: &random))
    var report: [String] = []
    for decision in decisions {
      var note: String
      var reader: InputReader
      switch decision.action {
      case .unchanged:
        report.append("\(name(decision.file.path)) unchanged")
        continue
      case .start(let reason):
        note = reason.rawValue
        reader = try InputReader(path: decision.file.path)
      case .resume(let offset):
        note = "resume \(offset)"
        do {
          reader = try InputReader(
            path: decision.file.path, from: offset, mark: decision.cursor?.mark ?? .nothing)
        } catch let error as InputError where error.code == .contentDiffers || error.code == .offsetBeyondEnd
        {
          note += " " + error.code.rawValue
          reader = try InputReader(path: decision.file.path)
        }
      }
      var text = ""
      var last: InputChunk?
      while let chunk = try reader.next() {
        text += chunk.string
        last = chunk
      }
      let chunk = try #require(last)
      let cursor = FileCursor(decision.file, offset: chunk.end, mark: chunk.mark, complete: chunk.endsFile)
      #expect(try FileCursor(json: cursor.json()) == cursor)
      cursors.removeAll { $0 == decision.cursor || $0.path == cursor.path }
      cursors.append(cursor)
      report.append("\(name(cursor.path)) \(note): \(text.split(separator: "\n").joined(separator: " "))")
    }
    return report
  }

  private func name(_ path: String) -> String { String(path.dropFirst(folder.path.count + 1)) }
}

@Suite struct InputPlanTests {
  let folder: InputFolder
  let nights: Nights

  init() throws {
    folder = try InputFolder()
    nights = Nights(folder)
  }

  @Test func aGrowingFileIsReadOn() throws {
    try folder.write("a", "1\n2\n")
    #expect(try nights.read() == ["a new: 1 2"])
    #expect(try nights.read() == ["a unchanged"])
    try folder.append("a", "3\n4")
    #expect(try nights.read() == ["a resume 4: 3"])
    #expect(try nights.read() == ["a unchanged"])
    try folder.append("a", "4\n")
    #expect(try nights.read() == ["a resume 6: 44"])
  }

  @Test func anEmptyFileIsReadOn() throws {
    try folder.write("a", "")
    try folder.write("b", "")
    #expect(try nights.read() == ["a new: ", "b new: "])
    try folder.append("b", "1\n")
    #expect(try nights.read() == ["a unchanged", "b resume 0: 1"])
  }

  @Test func renamedFilesAreKnown() throws {
    try folder.write("a", "1\n2\n")
    try folder.write("b", "5\n6\n")
    #expect(try nights.read() == ["a new: 1 2", "b new: 5 6"])
    try folder.move("a", to: "c")
    try folder.move("b", to: "a")
    #expect(try nights.read() == ["a unchanged", "c unchanged"])
    try folder.append("c", "3\n")
    #expect(try nights.read() == ["a unchanged", "c resume 4: 3"])
  }

  @Test func rotation() throws {
    try folder.write("app.log", "1\n2\n")
    #expect(try nights.read() == ["app.log new: 1 2"])
    try folder.append("app.log", "3\n")
    try folder.move("app.log", to: "app.log.1")
    try folder.write("app.log", "4\n")
    #expect(try nights.read() == ["app.log new: 4", "app.log.1 resume 4: 3"])
    #expect(try nights.read() == ["app.log unchanged", "app.log.1 unchanged"])
  }

  @Test func copyAndTruncate() throws {
    try folder.write("app.log", "1\n2\n")
    #expect(try nights.read() == ["app.log new: 1 2"])
    try folder.append("app.log", "3\n")
    try folder.write("app.log.1", try DurableFile.read(folder.at("app.log")))
    try #require(truncate(folder.at("app.log"), 0) == 0)
    try folder.append("app.log", "4\n")
    #expect(try nights.read() == ["app.log replaced: 4", "app.log.1 resume 4: 3"])
    #expect(try nights.read() == ["app.log unchanged", "app.log.1 unchanged"])
  }

  @Test func truncationAlone() throws {
    try folder.write("a", "1\n2\n3\n")
    #expect(try nights.read() == ["a new: 1 2 3"])
    try #require(truncate(folder.at("a"), 0) == 0)
    #expect(try nights.read() == ["a replaced: "])
    try folder.append("a", "7\n")
    #expect(try nights.read() == ["a resume 0: 7"])
  }

  /// Lines that begin with 5 KB in common, such as a long system prompt.
  static func alike(_ lines: String...) -> String {
    lines.map { String(repeating: "x", count: 5000) + $0 + "\n" }.joined()
  }

  @Test func truncationOfAFileThatBeginsAlike() throws {
    try folder.write("a", Self.alike("1", "2"))
    _ = try nights.read()
    try #require(truncate(folder.at("a"), 5002) == 0)
    let report = try nights.read()
    #expect(report.map { $0.prefix(15) } == ["a truncated: xx"])
    #expect(nights.cursors.map(\.offset) == [5002])
  }

  @Test func filesThatBeginAlikeAreTold() throws {
    try folder.write("a", Self.alike("1", "2"))
    _ = try nights.read()
    // Another file of the same beginning takes the place of the first, which is gone.
    unlink(folder.at("a"))
    try folder.write("b", Self.alike("7", "8", "9"))
    let report = try nights.read()
    #expect(report.count == 1)
    #expect(report[0].hasPrefix("b resume 10004 content-differs: x"))
    #expect(nights.cursors.map(\.offset) == [15_006])
  }

  @Test func touchedFilesAreReadOnFromTheirEnd() throws {
    try folder.write("a", "1\n")
    _ = try nights.read()
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: folder.at("a"))
    #expect(try nights.read() == ["a resume 2: "])
    #expect(try nights.read() == ["a unchanged"])
  }

  @Test func otherContentUnderAKnownName() throws {
    try folder.write("a", "1\n")
    _ = try nights.read()
    unlink(folder.at("a"))
    try folder.write("a", "7\n8\n")
    #expect(try nights.read() == ["a replaced: 7 8"])
  }

  @Test(.enabled(if: Tool.hasCompressors), arguments: Tool.compressors)
  func rotationByCompression(_ tool: String) throws {
    let start = Array(Self.alike("1", "2").utf8)
    try folder.write("app.log", start)
    _ = try nights.read()
    try folder.write("app.log.1.gz", try folder.compressed(start + Array("3\n".utf8), by: tool))
    try folder.write("fresh.log", Self.alike("4"))
    try folder.move("fresh.log", to: "app.log")
    // The live log begins like the old one and is shorter: the packed one is the old one.
    #expect(try nights.read().map { $0.prefix(22) } == ["app.log new: xxxxxxxxx", "app.log.1.gz resume 10"])
    #expect(nights.cursors.map(\.offset).sorted() == [5002, 10_006])
    #expect(try nights.read() == ["app.log unchanged", "app.log.1.gz unchanged"])
  }

  @Test func theOrderOfFilesAndCursorsDoesNotMatter() throws {
    for number in 0..<6 { try folder.write("f\(number)", Self.alike("\(number)")) }
    _ = try nights.read()
    // New inodes, so that only the beginning, which is the same in all, and the path tell them.
    for number in 0..<6 {
      let text = try DurableFile.read(folder.at("f\(number)"))
      try folder.write("g\(number)", text + Array("new\(number)\n".utf8))
    }
    for number in 0..<6 { try folder.move("g\(number)", to: "f\(number)") }
    let files = try InputGlob.expand(folder.at("f*")).map(FileStatus.of)
    let expected = InputPlan.decide(files: files, cursors: nights.cursors)
    #expect(expected.map(\.cursor?.path) == files.map(\.path))
    var random = SplitMix(state: 3)
    for _ in 0..<20 {
      let decisions = InputPlan.decide(
        files: files.shuffled(using: &random), cursors: nights.cursors.shuffled(using: &random))
      #expect(decisions == expected)
    }
    #expect(try nights.read() == (0..<6).map { "f\($0) resume 5002: new\($0)" })
  }

  @Test func anInterruptedReadingGoesOn() throws {
    let path = try folder.write("a", "1\n2\n3\n")
    let status = try FileStatus.of(path)
    let chunk = try #require(try InputReader(path: path, chunkBytes: 3).next())
    let cursor = FileCursor(status, offset: chunk.end, mark: chunk.mark, complete: chunk.endsFile)
    #expect(!cursor.complete)
    #expect(InputPlan.decide(files: [status], cursors: [cursor]).map(\.action) == [.resume(offset: 2)])
  }

  @Test func theCursorAsText() throws {
    let status = FileStatus(
      path: "/logs/a.jsonl", device: 1, inode: 18_446_744_073_709_551_615, size: 4, modified: 5,
      isCompressed: false, head: Array("1\n2\n".utf8))
    let cursor = FileCursor(status, offset: 4, mark: Fingerprint(Array("1\n2\n".utf8)), complete: true)
    let hash = ContentHash.of("1\n2\n").description
    #expect(
      try cursor.json()
        == #"{"complete":true,"device":1,"headHash":"\#(hash)","headLength":4,"inode":18446744073709551615,"#
        + #""markHash":"\#(hash)","markLength":4,"modified":5,"offset":4,"path":"/logs/a.jsonl","size":4}"#)
  }
}

@Suite struct InputGlobTests {
  let folder: InputFolder

  init() throws {
    folder = try InputFolder()
    for name in ["b.jsonl", "a.jsonl.gz", "B.jsonl", "é.jsonl", "notes.txt", "x[1].jsonl"] {
      try folder.write(name, "")
    }
    try DurableFile.makeFolder(folder.at("sub.jsonl"))
    try folder.write("sub.jsonl/c.jsonl", "")
    try #require(mkfifo(folder.at("pipe.jsonl"), 0o600) == 0)
  }

  @Test(arguments: [
    ("*.jsonl", ["B.jsonl", "b.jsonl", "x[1].jsonl", "é.jsonl"]),
    ("", ["B.jsonl", "a.jsonl.gz", "b.jsonl", "x[1].jsonl", "é.jsonl"]),
    ("[ab].*", ["a.jsonl.gz", "b.jsonl"]),
    ("*/*.jsonl", ["sub.jsonl/c.jsonl"]),
    ("sub.jsonl", ["sub.jsonl/c.jsonl"]),
    ("x[1].jsonl", ["x[1].jsonl"]),
    ("pipe.jsonl", []),
    ("none*", []),
    ("none/*", []),
    ("none.jsonl", []),
  ])
  func expand(_ pattern: String, _ expected: [String]) throws {
    #expect(try InputGlob.expand(folder.at(pattern)) == expected.map(folder.at))
  }

  @Test func aFolderWithPatternCharactersInItsName() throws {
    try DurableFile.makeFolder(folder.at("y[1]*"))
    try folder.write("y[1]*/d.jsonl", "")
    #expect(try InputGlob.expand(folder.at("y[1]*")) == [folder.at("y[1]*/d.jsonl")])
  }

  @Test func doubleStars() {
    #expect(throws: InputError(.badPattern, path: folder.at("**/x"))) {
      try InputGlob.expand(folder.at("**/x"))
    }
  }
}
