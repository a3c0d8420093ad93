import Bytes
import Foundation
import Pull
import Testing

@Suite struct InputReaderTests {
  let folder: InputFolder

  init() throws { folder = try InputFolder() }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    var chunkBytes = 10
    var maximumLine = 100
    let shapes: [ChunkShape]
    var tail: String?

    init(
      _ id: String, _ text: String, chunkBytes: Int = 10, maximumLine: Int = 100, tail: String? = nil,
      _ shapes: [ChunkShape]
    ) {
      testDescription = id
      self.text = text
      self.chunkBytes = chunkBytes
      self.maximumLine = maximumLine
      self.shapes = shapes
      self.tail = tail
    }
  }

  @Test(arguments: [
    Case("empty file", "", [ChunkShape(offset: 0, length: 0, endsFile: true)]),
    Case("one line", "abc\n", [ChunkShape(offset: 0, length: 4, endsFile: true)]),
    Case(
      "only newlines", "\n\n\n\n\n", chunkBytes: 2,
      [
        ChunkShape(offset: 0, length: 2), ChunkShape(offset: 2, length: 2),
        ChunkShape(offset: 4, length: 1, endsFile: true),
      ]),
    Case(
      "ends on a boundary", "abcd\nabcd\n", [ChunkShape(offset: 0, length: 10, endsFile: true)]),
    Case(
      "a line over a boundary", "abcd\nabcdefgh\nabc\n",
      [ChunkShape(offset: 0, length: 5), ChunkShape(offset: 5, length: 13, endsFile: true)]),
    Case(
      "a line over two boundaries", "\(String(repeating: "x", count: 24))\nab\nabcdef\n",
      [ChunkShape(offset: 0, length: 28), ChunkShape(offset: 28, length: 7, endsFile: true)]),
    Case(
      "no final newline", "abc\nde", tail: "de",
      [ChunkShape(offset: 0, length: 4, endsFile: true, tail: 2)]),
    Case(
      "no newline", "abc", tail: "abc", [ChunkShape(offset: 0, length: 0, endsFile: true, tail: 3)]),
    Case(
      "a tail over a boundary", "abcdefg\nabcd", tail: "abcd",
      [ChunkShape(offset: 0, length: 8), ChunkShape(offset: 8, length: 0, endsFile: true, tail: 4)]),
    Case("CRLF", "a\r\nb\r\n", [ChunkShape(offset: 0, length: 6, endsFile: true)]),
    Case("byte order mark", "\u{FEFF}ab\n", [ChunkShape(offset: 3, length: 3, endsFile: true)]),
    Case("nothing but a byte order mark", "\u{FEFF}", [ChunkShape(offset: 3, length: 0, endsFile: true)]),
    Case("a byte order mark later", "a\n\u{FEFF}\n", [ChunkShape(offset: 0, length: 6, endsFile: true)]),
    Case(
      "an overlong line in a chunk", "ab\nabcde\ncd\n", chunkBytes: 20, maximumLine: 4,
      [ChunkShape(offset: 0, length: 3), ChunkShape(offset: 9, length: 3, overlong: [3, 5], endsFile: true)]),
    Case(
      "a line of the greatest length", "ab\nabcd\ncd\n", chunkBytes: 20, maximumLine: 4,
      [ChunkShape(offset: 0, length: 11, endsFile: true)]),
    Case(
      "overlong lines, first and in a row", "abcde\nabcdef\ncd\n", chunkBytes: 20, maximumLine: 4,
      [ChunkShape(offset: 13, length: 3, overlong: [0, 5, 6, 6], endsFile: true)]),
    Case(
      "an overlong line at the end", "ab\nabcdef\n", chunkBytes: 4, maximumLine: 4,
      [
        ChunkShape(offset: 0, length: 3),
        ChunkShape(offset: 10, length: 0, overlong: [3, 6], endsFile: true),
      ]),
    Case(
      "an overlong tail", "ab\n\(String(repeating: "x", count: 50))", chunkBytes: 4, maximumLine: 4, tail: "",
      [ChunkShape(offset: 0, length: 3), ChunkShape(offset: 3, length: 0, endsFile: true, tail: 50)]),
    Case(
      "an overlong tail in a chunk", "ab\nxxxxxx", chunkBytes: 20, maximumLine: 4, tail: "",
      [ChunkShape(offset: 0, length: 3, endsFile: true, tail: 6)]),
  ])
  func shapes(_ item: Case) throws {
    let path = try folder.write("log.jsonl", item.text)
    let bytes = Array(item.text.utf8)
    let reader = try InputReader(path: path, chunkBytes: item.chunkBytes, maximumLine: item.maximumLine)
    let chunks = try reader.all()
    #expect(chunks.map(\.shape) == item.shapes)
    for chunk in chunks {
      #expect(chunk.text == bytes[chunk.offset..<chunk.end])
      for line in chunk.overlong {
        #expect(line.digest == .sha256(Array(bytes[line.offset..<line.offset + line.length])))
      }
    }
    let tail = chunks.last?.tail
    #expect(tail.map { String(decoding: $0.bytes.dropLast(64), as: UTF8.self) } == item.tail)
    if let tail { #expect(tail.digest == .sha256(Array(bytes[tail.offset..<tail.end]))) }
  }

  /// What the rules say, line by line over the whole content.
  static func model(_ bytes: [UInt8], _ chunkBytes: Int, _ maximumLine: Int) -> [ChunkShape] {
    var shapes: [ChunkShape] = []
    var overlong: [Int] = []
    var place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while true {
      guard let newline = bytes[place...].firstIndex(of: 0x0A) else {
        let rest = bytes.count - place
        let last = ChunkShape(
          offset: place, length: 0, overlong: overlong, endsFile: true, tail: rest > 0 ? rest : nil)
        return shapes + [last]
      }
      if newline - place > maximumLine {
        overlong += [place, newline - place]
        place = newline + 1
        continue
      }
      let boundary = (newline / chunkBytes + 1) * chunkBytes
      var end = place
      while let newline = bytes[end...].firstIndex(of: 0x0A), newline < boundary, newline - end <= maximumLine
      {
        end = newline + 1
      }
      let isLast = bytes.count <= boundary && !bytes[end...].contains(0x0A)
      shapes.append(
        ChunkShape(
          offset: place, length: end - place, overlong: overlong, endsFile: isLast,
          tail: isLast && end < bytes.count ? bytes.count - end : nil))
      if isLast { return shapes }
      overlong = []
      place = end
    }
  }

  static func content(_ random: inout SplitMix) -> [UInt8] {
    var bytes: [UInt8] = Int.random(in: 0..<5, using: &random) == 0 ? [0xEF, 0xBB, 0xBF] : []
    for _ in 0..<Int.random(in: 0..<30, using: &random) {
      let longest = [1, 4, 12, 90][Int.random(in: 0..<4, using: &random)]
      bytes += (0..<Int.random(in: 0..<longest, using: &random)).map { _ in
        // The neighbours of the newline are what a word-wise search could take for one.
        [0x09, 0x0B, 0x0D, 0x41, 0x8A, 0x00, 0xFF][Int.random(in: 0..<7, using: &random)]
      }
      bytes.append(0x0A)
    }
    if Bool.random(using: &random), !bytes.isEmpty { bytes.removeLast() }
    return bytes
  }

  @Test func chunksFollowFromContentAndOffsetAlone() throws {
    var random = SplitMix(state: 20_261_120)
    for round in 0..<400 {
      let bytes = Self.content(&random)
      let chunkBytes = Int.random(in: 1..<60, using: &random)
      let maximumLine = Int.random(in: 1..<60, using: &random)
      let path = try folder.write("log.jsonl", bytes)
      func read(from offset: Int = 0, _ mark: Fingerprint = .nothing) throws -> [InputChunk] {
        try InputReader(
          path: path, from: offset, mark: mark, chunkBytes: chunkBytes, maximumLine: maximumLine
        ).all()
      }
      let chunks = try read()
      #expect(
        chunks.map(\.shape) == Self.model(bytes, chunkBytes, maximumLine), "round \(round)")
      // Reading on behind any chunk gives the chunks that follow: what is left lies in the same windows.
      for (number, chunk) in chunks.enumerated().dropLast() {
        #expect(
          try read(from: chunk.end, chunk.mark).map(\.shape) == chunks[(number + 1)...].map(\.shape),
          "round \(round) from \(chunk.end)")
      }
      for chunk in chunks { #expect(chunk.text == bytes[chunk.offset..<chunk.end]) }
    }
  }

  @Test func aLineOfTwentyMegabytesIsNotHeld() throws {
    let long = [UInt8](repeating: 0x78, count: 20 << 20)
    let path = try folder.write("log.jsonl", Array("a\n".utf8) + long + Array("\nb\n".utf8))
    let chunks = try InputReader(path: path).all()
    #expect(
      chunks.map(\.shape) == [
        ChunkShape(offset: 0, length: 2),
        ChunkShape(offset: 3 + (20 << 20), length: 2, overlong: [2, 20 << 20], endsFile: true),
      ])
    #expect(chunks[1].overlong[0].digest == .sha256(long))
    #expect(chunks.allSatisfy { $0.bytes.count < 100 })
  }

  @Test func aLineOfTwelveMegabytesIsRead() throws {
    let long = [UInt8](repeating: 0x78, count: 12 << 20)
    let path = try folder.write("log.jsonl", Array("a\n".utf8) + long + Array("\nb\n".utf8))
    #expect(
      try InputReader(path: path).all().map(\.shape) == [
        ChunkShape(offset: 0, length: 2), ChunkShape(offset: 2, length: (12 << 20) + 3, endsFile: true),
      ])
  }

  @Test func readingOnChecksTheContent() throws {
    let path = try folder.write("log.jsonl", "first\nsecond\n")
    let first = try #require(try InputReader(path: path, chunkBytes: 7).next())
    #expect(first.string == "first\n")
    #expect(first.mark == Fingerprint(Array("first\n".utf8)))
    try folder.write("log.jsonl", "fIrst\nsecond\n")
    #expect(throws: InputError(.contentDiffers, path: path, offset: 6)) {
      try InputReader(path: path, from: 6, mark: first.mark)
    }
    #expect(try InputReader(path: path, from: 6).all().map(\.string) == ["second\n"])
    #expect(
      try InputReader(path: path, from: 13).all().map(\.shape) == [
        ChunkShape(offset: 13, length: 0, endsFile: true)
      ])
    #expect(throws: InputError(.offsetBeyondEnd, path: path, offset: 14)) {
      try InputReader(path: path, from: 14, mark: first.mark)
    }
  }

  @Test func onlyRegularFiles() throws {
    let pipe = folder.at("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(throws: InputError(.notRegular, path: pipe)) { try InputReader(path: pipe) }
    #expect(throws: InputError(.notRegular, path: folder.path)) { try InputReader(path: folder.path) }
    #expect(throws: InputError(.notRegular, path: "/dev/zero")) { try FileStatus.of("/dev/zero") }
    #expect(throws: InputError(.unreadable, path: folder.at("none"), message: "No such file or directory")) {
      try InputReader(path: folder.at("none"))
    }
  }
}
