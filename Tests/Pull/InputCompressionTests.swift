import Bytes
import Foundation
import Lake
import Pull
import Records
import Testing

@Suite(.enabled(if: Tool.hasCompressors, "gzip, zstd, lz4, xz and bzip2 are not all there"))
struct InputCompressionTests {
  let folder: InputFolder

  init() throws { folder = try InputFolder() }

  @Test(arguments: Tool.compressors)
  func sameChunksAsPlain(_ tool: String) throws {
    let log = Sample.log(900_000)
    // The name says nothing, the content does.
    let path = try folder.write("log.jsonl", try folder.compressed(log, by: tool))
    let plain = try folder.write("plain.gz", log)
    let expected = try InputReader(path: plain, chunkBytes: 100_000).all()
    let chunks = try InputReader(path: path, chunkBytes: 100_000).all()
    #expect(chunks.map(\.shape) == expected.map(\.shape))
    #expect(chunks.map(\.bytes) == expected.map(\.bytes))
    #expect(chunks.count == 10)
    for (number, chunk) in chunks.enumerated().dropLast() {
      let rest = try InputReader(path: path, from: chunk.end, mark: chunk.mark, chunkBytes: 100_000).all()
      #expect(rest.map(\.bytes) == chunks[(number + 1)...].map(\.bytes))
      #expect(throws: InputError(.contentDiffers, path: path, offset: chunk.end + 1)) {
        try InputReader(path: path, from: chunk.end + 1, mark: chunk.mark)
      }
    }
    let status = try FileStatus.of(path)
    #expect(status.isCompressed)
    #expect(status.head == Array(log[..<4096]))
    #expect(throws: InputError(.offsetBeyondEnd, path: path, offset: log.count + 1)) {
      try InputReader(path: path, from: log.count + 1)
    }
  }

  @Test(arguments: Tool.compressors)
  func streamsBehindEachOtherAreOne(_ tool: String) throws {
    let parts = [
      Sample.log(100_000, seed: 2), Array("half a l".utf8), Array("ine\n".utf8), Sample.log(90_000, seed: 3),
    ]
    let path = try folder.write("log", try parts.flatMap { try folder.compressed($0, by: tool) })
    let text = try InputReader(path: path, chunkBytes: 1000).all().flatMap(\.text)
    #expect(text == parts.flatMap { $0 })
  }

  @Test(arguments: Tool.compressors)
  func emptyContent(_ tool: String) throws {
    let path = try folder.write("log", try folder.compressed([], by: tool))
    #expect(
      try InputReader(path: path).all().map(\.shape) == [ChunkShape(offset: 0, length: 0, endsFile: true)])
  }

  @Test(arguments: Tool.compressors)
  func aTail(_ tool: String) throws {
    let path = try folder.write("log", try folder.compressed(Array("ab\ncd".utf8), by: tool))
    let chunks = try InputReader(path: path).all()
    #expect(chunks.map(\.shape) == [ChunkShape(offset: 0, length: 3, endsFile: true, tail: 2)])
  }

  /// Reads to the fault, which must come, and come again.
  func readToFault(_ path: String) throws -> (text: [UInt8], fault: InputError?) {
    var text: [UInt8] = []
    do {
      let reader = try InputReader(path: path, chunkBytes: 50_000)
      do {
        while let chunk = try reader.next() {
          #expect(!chunk.endsFile)
          #expect(chunk.tail == nil)
          text += chunk.text
        }
      } catch let fault as InputError {
        #expect(throws: fault) { try reader.next() }
        return (text, fault)
      }
    } catch let fault as InputError {
      return (text, fault)
    }
    return (text, nil)
  }

  @Test(arguments: Tool.compressors, [10, 20, 300_000])
  func aStreamThatIsCut(_ tool: String, length: Int) throws {
    let log = Sample.log(2_000_000)
    let whole = try folder.compressed(log, by: tool)
    try #require(whole.count > length)
    let path = try folder.write("log", Array(whole[..<length]))
    let (text, fault) = try readToFault(path)
    #expect(fault?.code == .corruptStream)
    #expect(fault?.path == path)
    #expect(fault?.message.isEmpty == false)
    #expect(log.starts(with: text))
    #expect(text.last ?? 0x0A == 0x0A)
    #expect((fault?.offset ?? 0) >= text.count)
    // The first block of the others is longer than what is left of them.
    if length == 300_000, tool == "gzip" || tool == "zstd" { #expect(text.count > 100_000) }
  }

  @Test(arguments: Tool.compressors)
  func aStreamThatIsDamaged(_ tool: String) throws {
    let log = Sample.log(2_000_000)
    var damaged = try folder.compressed(log, by: tool)
    for place in 800_000..<800_040 { damaged[place] ^= 0x5A }
    let (text, fault) = try readToFault(try folder.write("log", damaged))
    #expect(fault?.code == .corruptStream)
    // More than half of the stream is sound; what follows may come out altered until a checksum tells.
    #expect(text.prefix(500_000).elementsEqual(log.prefix(min(text.count, 500_000))))
  }

  @Test func theChecksumOfGzip() throws {
    let log = Sample.log(100_000)
    let whole = try folder.compressed(log, by: "gzip")
    for place in whole.count - 8..<whole.count - 4 {
      var damaged = whole
      damaged[place] ^= 1
      let path = try folder.write("log", damaged)
      let (text, fault) = try readToFault(path)
      #expect(fault == InputError(.corruptStream, path: path, offset: log.count, message: "checksum differs"))
      #expect(text == log)
    }
    let padded = try folder.write("log", whole + [UInt8](repeating: 0, count: 512))
    #expect(try InputReader(path: padded).all().flatMap(\.text) == log)
  }

  @Test func skippableFrames() throws {
    let log = Sample.log(10_000)
    let skippable: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
    for tool in ["zstd", "lz4"] {
      let frame = try folder.compressed(log, by: tool)
      let path = try folder.write("log", skippable + skippable + frame + skippable + frame)
      #expect(try InputReader(path: path).all().flatMap(\.text) == log + log, "\(tool)")
    }
    let path = try folder.write("log", skippable)
    #expect(
      try InputReader(path: path).all().map(\.shape) == [ChunkShape(offset: 0, length: 0, endsFile: true)])
  }

  @Test func aSegmentOfTheLakeIsAnInput() throws {
    let store = LakeStore(folder: folder.at("lake"))
    let writer = try store.beginSession(id: "one").writer(table: .interactions, day: "2026-11-20")
    let log = Sample.log(100_000)
    let lines = log.count { $0 == 0x0A }
    for _ in 0..<2 {
      try writer.append(
        try log.withUnsafeBytes { try LakeFrame.compress($0, records: lines, firstID: "a", lastID: "b") })
    }
    let segment = try writer.seal()
    let reader = try InputReader(path: "\(store.folder)/\(segment.relativePath)")
    #expect(try reader.all().flatMap(\.text) == log + log)
  }

  @Test(arguments: ["begin 644 x\n#0V%T\nend\n", "BZh is how it begins\n", "(\u{B5}\n", "LRZI\n"])
  func textThatLooksLikeAnEncodingIsText(_ text: String) throws {
    let path = try folder.write("log", text)
    #expect(try InputReader(path: path).all().map(\.string) == [text])
  }
}
