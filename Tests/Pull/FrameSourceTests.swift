import Bytes
import Foundation
import Testing

@testable import Pull

@Suite("frame source")
struct FrameSourceTests {
  static func frame(_ payload: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload
  }

  static func zstd(_ text: [UInt8]) throws -> [UInt8] {
    try text.withUnsafeBytes { try ZstdFrame.compress($0) }
  }

  static func plain(_ text: String) throws -> [UInt8] { frame(Array(text.utf8)) }
  static func packed(_ text: String) throws -> [UInt8] { frame(try zstd(Array(text.utf8))) }

  static func read(_ bytes: [UInt8], step: Int = .max, by count: Int = 1 << 12) throws -> String {
    let source = FrameSource(MemorySource(bytes, step: step), path: "f")
    return String(decoding: try source.rest(by: count), as: UTF8.self)
  }

  static let log = String(decoding: Sample.log(300_000), as: UTF8.self).split(separator: "\n").map(
    String.init)

  @Test("messages become lines, plain and with zstd, however they are read", arguments: [false, true])
  func messages(_ isPacked: Bool) throws {
    let bytes = try Self.log.flatMap { isPacked ? try Self.packed($0) : try Self.plain($0) }
    #expect(FrameSource.isFramed(bytes))
    let expected = Self.log.joined(separator: "\n") + "\n"
    for (step, count) in [(Int.max, 1 << 16), (1000, 333), (7, 64), (.max, 1)] {
      #expect(try Self.read(bytes, step: step, by: count) == expected)
    }
    let source = FrameSource(MemorySource(bytes), path: "f")
    #expect(try source.skip(to: 200_000))
    #expect(try source.rest(by: 4096) == Array(expected.utf8.dropFirst(200_000)))
    #expect(try !source.skip(to: expected.utf8.count + 1))
  }

  @Test("a message larger than any buffer, of several zstd frames, with newlines in it")
  func largeMessage() throws {
    let text = "{\"a\":[\n\"" + String(repeating: "xyz ", count: 2_000_000) + "\"\n]}\n"
    let parts = [Array(text.utf8.prefix(3_000_000)), Array(text.utf8.dropFirst(3_000_000))]
    let bytes =
      Self.frame(try parts.flatMap { try Self.zstd($0) }) + Self.frame(Array(text.utf8))
    let line = text.replacing("\n", with: " ") + "\n"
    #expect(try Self.read(bytes, by: 1 << 16) == line + line)
  }

  @Test("a message of no bytes is an empty line")
  func noBytes() throws {
    #expect(try Self.read(Self.plain("{}") + [0, 0, 0, 0] + Self.packed("")) == "{}\n\n\n")
    #expect(try Self.read([]) == "")
  }

  @Test("the last message waits for its rest at every length", arguments: [false, true])
  func unfinished(_ isPacked: Bool) throws {
    let first = try Self.packed("{\"a\":1}")
    let text = "{\"b\":\"\(String(repeating: "0123456789", count: 30))\"}"
    let second = isPacked ? try Self.packed(text) : try Self.plain(text)
    for length in 1..<second.count {
      let lines = try Self.read(first + second[..<length]).split(
        separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count == 2)
      #expect(lines[0] == "{\"a\":1}")
      #expect(lines[1] == " " || (text.hasPrefix(lines[1]) && !lines[1].isEmpty))
      // Read on from the unfinished line once all is there.
      let source = FrameSource(MemorySource(first + second), path: "f")
      #expect(try source.skip(to: lines[0].count + 1))
      #expect(try source.rest(by: 100) == Array((text + "\n").utf8))
    }
  }

  struct Damage: CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let message: String

    var testDescription: String { name }
  }

  static func damages() throws -> [Damage] {
    let packed = try packed("{\"b\":\"\(String(repeating: "0123456789", count: 30))\"}")
    var flipped = packed
    flipped[flipped.count - 1] ^= 0xFF
    return [
      Damage(name: "length", bytes: [0x7F, 0, 0, 0] + packed, message: "a message of 2130706432 bytes"),
      Damage(name: "checksum", bytes: flipped, message: "Restored data doesn't match checksum"),
      Damage(
        name: "short frame", bytes: frame(Array(packed[4..<packed.count - 6])) + packed,
        message: "a message ends within its zstd frame"),
      Damage(
        name: "protobuf", bytes: frame([0x0A, 0x05, 0x0A, 0, 0x12, 1, 0]),
        message: "a message is not JSON: the exporter's format must be json"),
    ]
  }

  @Test("damage is a fault behind the whole lines before it", arguments: try damages())
  func damage(_ item: Damage) throws {
    let source = FrameSource(MemorySource(try Self.packed("{\"a\":1}") + item.bytes), path: "f")
    var text: [UInt8] = []
    let room = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 1)
    defer { room.deallocate() }
    let fault = #expect(throws: InputError.self) {
      while true {
        let got = try source.read(into: room, count: 8)
        if got == 0 { break }
        text += UnsafeRawBufferPointer(start: room, count: got)
      }
    }
    #expect(text.starts(with: Array("{\"a\":1}\n".utf8)))
    #expect(fault?.code == .corruptStream)
    #expect(fault?.path == "f")
    #expect(fault?.offset == text.count)
    if !item.message.isEmpty { #expect(fault?.message == item.message) }
  }

  @Test(
    "text, archives and short files have no lengths",
    arguments: ["{\"a\":1}\n", "[\n\n\n\n\n\n\n\n", "\n\n\n\n\n\n\n\n\n", "   \n\n\n{}", "\u{1F}\u{8B}", ""])
  func notFramed(_ text: String) { #expect(!FrameSource.isFramed(Array(text.utf8))) }
}
