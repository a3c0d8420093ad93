import Bytes
import Foundation
import Publish
import Testing

@Suite struct ExportArchiveTests {
  static let long = "top/" + String(repeating: "long-", count: 40) + "end.jsonl"

  /// Three files, one of them with a name that ustar cannot hold, added in the order asked for.
  static func archive(_ folder: ScratchFolder, _ name: String, _ codec: ExportArchive.Codec, reversed: Bool)
    throws -> ExportFile.Summary
  {
    let files = [("top/b.jsonl", "b"), ("top/README.md", "r"), (long, "l")]
    let archive = ExportArchive(folder(name), codec: codec)
    for (entry, source) in reversed ? files.reversed() : files {
      _ = try DurableFile.create(folder(source), Array(String(repeating: source, count: 3_000_000).utf8))
      try archive.add(entry, contentsOf: folder(source))
    }
    return try archive.close()
  }

  @Test(arguments: ExportArchive.Codec.allCases)
  func theSameContentIsTheSameBytes(_ codec: ExportArchive.Codec) throws {
    let (first, second) = (try ScratchFolder(), try ScratchFolder())
    let one = try Self.archive(first, "x" + codec.suffix, codec, reversed: false)
    let two = try Self.archive(second, "y" + codec.suffix, codec, reversed: true)
    #expect(one == two)
    #expect(try Digest.sha256(DurableFile.read(first("x" + codec.suffix))) == one.digest)
    #expect(first.names() == ["b", "l", "r", "x" + codec.suffix])
  }

  @Test(.enabled(if: Tool.has("tar", "lz4", "zstd")), arguments: ExportArchive.Codec.allCases)
  func tarListsSortedPlainEntries(_ codec: ExportArchive.Codec) throws {
    let folder = try ScratchFolder()
    _ = try Self.archive(folder, "x", codec, reversed: false)
    let tar = try #require(try ExportFileTests.decompress(folder("x"), codec == .lz4 ? .lz4 : .zstd))
    _ = try DurableFile.create(folder("x.tar"), tar)
    let list = try #require(Tool("tar")).run([
      "--utc", "--numeric-owner", "--full-time", "--quoting-style=literal", "-tvf", folder("x.tar"),
    ])
    let facts = "-rw-r--r-- 0/0"
    let lines = ["top/README.md", "top/b.jsonl", Self.long]
      .map { "\(facts)         3000000 1970-01-01 00:00:00 \($0)\n" }
    #expect(String(decoding: list.output, as: UTF8.self) == lines.joined())
    let unpacked = try #require(Tool("tar")).run(["-xOf", folder("x.tar"), "top/b.jsonl"])
    #expect(unpacked.output == [UInt8](repeating: 0x62, count: 3_000_000))
  }

  @Test(arguments: ["", "/a", "a/", "a//b", "../a", "a/../b", ".", "a/./b", "a\0b", "é", "a\nb", "twice"])
  func unsafeNamesAreRefused(_ name: String) throws {
    let folder = try ScratchFolder()
    let archive = ExportArchive(folder("x"), codec: .lz4)
    try archive.add("twice", contentsOf: folder("t"))
    #expect(throws: ExportError(.badArchiveName, place: name)) {
      try archive.add(name, contentsOf: folder("t"))
    }
  }

  @Test func aMissingSourceLeavesNothing() throws {
    let folder = try ScratchFolder()
    let archive = ExportArchive(folder("x"), codec: .zstd)
    try archive.add("a", contentsOf: folder("missing"))
    #expect(throws: FileError("open", folder("missing"), code: ENOENT)) { try archive.close() }
    #expect(folder.names().isEmpty)
  }
}
