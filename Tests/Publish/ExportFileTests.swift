import Bytes
import Foundation
import Publish
import Testing

@Suite struct ExportFileTests {
  /// Lines that compress, and more of them than one piece of 4 MiB holds.
  static let text: [UInt8] = {
    var text: [UInt8] = []
    var state: UInt64 = 7
    while text.count < 5_000_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      text += Array(#"{"n":\#(state >> 40),"t":"the same words in every line"}"#.utf8) + [0x0A]
    }
    return text
  }()

  static func write(_ text: [UInt8], to path: String, _ compression: ExportCompression, cut: Int) throws
    -> ExportFile.Summary
  {
    let file = try ExportFile(path, compression: compression)
    for start in stride(from: 0, to: text.count, by: cut) {
      try file.write(Array(text[start..<min(start + cut, text.count)]))
    }
    return try file.close()
  }

  static func decompress(_ path: String, _ compression: ExportCompression) throws -> [UInt8]? {
    let name: String? =
      switch compression {
      case .none: "cat"
      case .lz4: "lz4"
      case .zstd: "zstd"
      case .gzip: "gzip"
      }
    guard let name, let tool = Tool(name) else { return nil }
    let result = try tool.run(compression == .none ? [path] : ["-dc", path])
    return result.status == 0 ? result.output : nil
  }

  @Test(arguments: ExportCompression.allCases)
  func theSameBytesHoweverTheyAreCut(_ compression: ExportCompression) throws {
    let folder = try ScratchFolder()
    let whole = try Self.write(Self.text, to: folder("a"), compression, cut: Self.text.count)
    let pieces = try Self.write(Self.text, to: folder("b"), compression, cut: 70_001)
    #expect(whole == pieces)
    #expect(whole.textBytes == Self.text.count)
    let bytes = try DurableFile.read(folder("a"))
    #expect(try DurableFile.read(folder("b")) == bytes)
    #expect(whole.bytes == bytes.count)
    #expect(whole.digest == Digest.sha256(bytes))
    #expect((bytes.count < Self.text.count / 2) == (compression != .none))
    #expect(folder.names() == ["a", "b"])
    let mode = try FileManager.default.attributesOfItem(atPath: folder("a"))[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test(.enabled(if: Tool.has("cat", "lz4", "zstd", "gzip")), arguments: ExportCompression.allCases)
  func theUsualToolReadsIt(_ compression: ExportCompression) throws {
    let folder = try ScratchFolder()
    for (name, text) in [("full", Self.text), ("short", Array("{}\n".utf8)), ("empty", [])] {
      let path = folder(name + compression.suffix)
      _ = try Self.write(text, to: path, compression, cut: 1 << 20)
      #expect(try Self.decompress(path, compression) == text)
    }
  }

  @Test func gzipHasNoTimeAndNoName() throws {
    let folder = try ScratchFolder()
    _ = try Self.write(Array("x".utf8), to: folder("x.gz"), .gzip, cut: 1)
    // RFC 1952: magic, deflate, no flags, time 0, no extra flags, Unix.
    #expect(try Array(DurableFile.read(folder("x.gz")).prefix(10)) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3])
  }

  @Test func zstdHasAChecksum() throws {
    let folder = try ScratchFolder()
    _ = try Self.write(Array("x".utf8), to: folder("x.zst"), .zstd, cut: 1)
    let bytes = try DurableFile.read(folder("x.zst"))
    #expect(Array(bytes.prefix(4)) == [0x28, 0xB5, 0x2F, 0xFD])
    #expect(bytes[4] & 4 == 4)
  }

  @Test(arguments: ExportCompression.allCases)
  func anAbandonedFileLeavesNothing(_ compression: ExportCompression) throws {
    let folder = try ScratchFolder()
    do {
      let file = try ExportFile(folder("x"), compression: compression)
      try file.write(Self.text)
      #expect(folder.names().count == 1)
      #expect(!folder.names().contains("x"))
    }
    #expect(folder.names().isEmpty)
  }

  @Test func aClosedFileTakesNothing() throws {
    let folder = try ScratchFolder()
    let file = try ExportFile(folder("x"), compression: .gzip)
    _ = try file.close()
    let error = ExportError(.closed, place: folder("x"))
    #expect(throws: error) { try file.write([1]) }
    #expect(throws: error) { try file.close() }
    file.abandon()
    #expect(folder.names() == ["x"])
  }

  @Test(arguments: ExportCompression.allCases)
  func aMissingFolderIsAnError(_ compression: ExportCompression) throws {
    let folder = try ScratchFolder()
    #expect(throws: FileError.self) { try ExportFile(folder("missing/x"), compression: compression) }
    #expect(folder.names().isEmpty)
  }
}
