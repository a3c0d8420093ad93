import Bytes
import Foundation
import Lake
import Records
import Testing

@Suite struct SegmentTests {
  let folder: TemporaryFolder
  let store: LakeStore

  init() throws {
    folder = try TemporaryFolder()
    store = LakeStore(folder: folder.path + "/lake")
  }

  @Test func roundTrip() throws {
    let segment = try Sample.segment(in: store)
    #expect(segment.records == 50)
    #expect(segment.textBytes == Sample.lines(50).count)
    #expect(segment.frames.map(\.records) == [30, 20])
    #expect(segment.relativePath == "interactions/2026-11-20/\(segment.name).jsonl.lz4")
    let bytes = try DurableFile.read("\(store.folder)/\(segment.relativePath)")
    #expect(bytes.count == segment.fileBytes)
    #expect(Digest.sha256(bytes).hex == segment.name)

    let reader = try store.open(segment: segment.relativePath)
    #expect(reader.index == segment.index)
    #expect(try reader.frame(0) == Sample.lines(30) + [UInt8](repeating: 0, count: 64))
    #expect(try reader.frame(1) == Sample.lines(20, from: 30) + [UInt8](repeating: 0, count: 64))
    var found: [String] = []
    try reader.scan { frame, place, line in
      found.append("\(frame) \(place) \(String(decoding: line.prefix(12), as: UTF8.self))")
    }
    #expect(found.count == 50)
    #expect(found[0] == "0 0 {\"id\":\"s/0\",")
    #expect(found[31] == "1 \(Sample.lines(1, from: 30).count) {\"id\":\"s/31\"")
    #expect(try store.verify(segment: segment.relativePath) == [])
  }

  @Test func goldenIndex() throws {
    let text = Array("{\"id\":\"a/1\"}\n{\"id\":\"a/é\"}\n".utf8)
    let frame = try text.withUnsafeBytes {
      try LakeFrame.compress($0, records: 2, firstID: "a/1", lastID: "a/é")
    }
    let writer = try store.beginSession(id: "one").writer(table: .feedback, day: "2026-11-20")
    try writer.append(frame)
    #expect(writer.compressedBytes == frame.bytes.count)
    #expect(writer.textBytes == 27)
    #expect(writer.records == 2)
    let segment = try writer.seal()
    let json =
      #"{"day":"2026-11-20","first_id":"a/1","format":"flywheel-segment","frames":[{"compressed":"#
      + "\(frame.bytes.count)"
      + #","offset":0,"records":2,"text":27,"xxh3":"29eb810960593682243ddb87d566409f"}],"last_id":"a/é","#
      + #""records":2,"table":"feedback","text_bytes":27,"version":1}"#
    func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 255) } }
    let count = json.utf8.count
    let expected: [UInt8] =
      [0x50, 0x2A, 0x4D, 0x18] + little(count + 8) + Array(json.utf8) + Array("FWSI".utf8) + little(count)
    let bytes = try DurableFile.read("\(store.folder)/\(segment.relativePath)")
    #expect(String(decoding: bytes[(frame.bytes.count + 8)...], as: UTF8.self).hasPrefix(json))
    #expect(Array(bytes[frame.bytes.count...]) == expected)
    #expect(Array(bytes[..<frame.bytes.count]) == frame.bytes)
  }

  @Test(.enabled(if: Tool.path("lz4") != nil, "the lz4 command is absent"))
  func theCommandPrintsPlainLines() throws {
    let segment = try Sample.segment(in: store)
    #expect(try Tool.output("lz4", ["-dc", "\(store.folder)/\(segment.relativePath)"]) == Sample.lines(50))
  }

  @Test func sameFramesGiveTheSameName() throws {
    let first = try Sample.segment(in: store)
    let second = try Sample.segment(in: store)
    #expect(first == second)
    #expect(try store.unreferenced(known: []) == [first.relativePath])
    let otherDay = try store.beginSession(id: "two").writer(table: .interactions, day: "2026-11-21")
    try otherDay.append(try Sample.frame(30))
    try otherDay.append(try Sample.frame(20, from: 30))
    #expect(try otherDay.seal().name != first.name)
  }

  @Test func anyDamagedByteIsFound() throws {
    let segment = try Sample.segment(in: store)
    let path = "\(store.folder)/\(segment.relativePath)"
    let bytes = try DurableFile.read(path)
    let whole = try store.open(segment: segment.relativePath)
    let texts = [try whole.frame(0), try whole.frame(1)]
    var harmless = 0
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      let problems = try store.verify(segment: segment.relativePath)
      #expect(!problems.isEmpty, "byte \(place)")
      guard
        let hit = segment.frames.firstIndex(where: {
          ($0.offset..<$0.offset + $0.compressed).contains(place)
        })
      else { continue }
      // A frame's own damage is told with its number and place, and no other frame suffers. The exceptions are
      // a match that points at another copy of the same text, and the frame's own checksum, in whose place a
      // reader holds the index's hash: the frame is as good as before, the file is not.
      let fault = LakeError(
        .damagedFrame, segment: segment.relativePath, frame: hit, offset: segment.frames[hit].offset)
      let reader = try store.open(segment: segment.relativePath)
      #expect(try reader.frame(1 - hit) == texts[1 - hit], "byte \(place)")
      do {
        #expect(try reader.frame(hit) == texts[hit], "byte \(place)")
        harmless += 1
      } catch let error as LakeError {
        #expect(error == fault, "byte \(place)")
        #expect(problems == [LakeError(.nameDiffers, segment: segment.relativePath), fault], "byte \(place)")
      }
    }
    #expect(harmless < 10 + 2 * 4)
  }

  @Test func anyCutIsFound() throws {
    let segment = try Sample.segment(in: store)
    let path = "\(store.folder)/\(segment.relativePath)"
    let bytes = try DurableFile.read(path)
    for length in stride(from: 0, to: bytes.count, by: 7) {
      try Data(bytes[..<length]).write(to: URL(fileURLWithPath: path))
      let problems = try store.verify(segment: segment.relativePath)
      #expect(problems.map(\.code) == [.damagedIndex], "length \(length)")
    }
  }

  @Test func aRecordOfTenMegabytesHasAFrameOfItsOwn() throws {
    let long =
      Array("{\"id\":\"a/1\",\"text\":\"".utf8) + [UInt8](repeating: 0x78, count: 10 << 20)
      + Array("\"}\n".utf8)
    let frame = try long.withUnsafeBytes {
      try LakeFrame.compress($0, records: 1, firstID: "a/1", lastID: "a/1")
    }
    let writer = try store.beginSession(id: "one").writer(table: .interactions, day: "2026-11-20")
    try writer.append(frame)
    try writer.append(try Sample.frame(3))
    let segment = try writer.seal()
    let reader = try store.open(segment: segment.relativePath)
    #expect(try reader.frame(0) == long + [UInt8](repeating: 0, count: 64))
    #expect(try store.verify(segment: segment.relativePath) == [])
    #expect(throws: LakeError(.tooLong)) {
      try (long + long).withUnsafeBytes {
        try LakeFrame.compress($0, records: 2, firstID: "a/1", lastID: "a/1")
      }
    }
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let records: Int
    let code: LakeError.Code
  }

  @Test(arguments: [
    Refusal(testDescription: "no bytes", text: "", records: 1, code: .empty),
    Refusal(testDescription: "no records", text: "{}\n", records: 0, code: .empty),
    Refusal(testDescription: "no last newline", text: "{}\n{}", records: 2, code: .notLines),
    Refusal(testDescription: "fewer lines", text: "{}\n", records: 2, code: .notLines),
    Refusal(testDescription: "more lines", text: "{}\n{}\n", records: 1, code: .notLines),
  ])
  func framesRefused(_ item: Refusal) {
    #expect(throws: LakeError(item.code)) {
      try Array(item.text.utf8).withUnsafeBytes {
        try LakeFrame.compress($0, records: item.records, firstID: "", lastID: "")
      }
    }
  }

  @Test func severalTasksReadOneSegment() async throws {
    let segment = try Sample.segment(in: store)
    let reader = try store.open(segment: segment.relativePath)
    let same = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<40 {
        group.addTask {
          let text = number % 2 == 0 ? Sample.lines(30) : Sample.lines(20, from: 30)
          return try reader.frame(number % 2).dropLast(SegmentReader.padding) == text[...]
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(same == 40)
  }
}
