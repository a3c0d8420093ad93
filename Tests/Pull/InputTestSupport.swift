import Bytes
import Foundation
import Pull
import Testing

/// A folder of input files that goes away with the test.
final class InputFolder {
  let path: String

  init() throws {
    // Without links in it, so that paths compare.
    path = FileManager.default.temporaryDirectory.path + "/flywheel-input-" + UUID().uuidString
    try DurableFile.makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func at(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: at(name)))
    return at(name)
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  func append(_ name: String, _ text: String) throws {
    let handle = try #require(FileHandle(forWritingAtPath: at(name)))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  func move(_ name: String, to other: String) throws {
    try #require(rename(at(name), at(other)) == 0)
  }

  /// The bytes as a compressing command of the system writes them.
  func compressed(_ bytes: [UInt8], by tool: String) throws -> [UInt8] {
    let source = try write("uncompressed.tmp", bytes)
    let target = try write("compressed.tmp", [])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Tool.path(tool)))
    process.arguments = ["-c", source]
    let output = try #require(FileHandle(forWritingAtPath: target))
    process.standardOutput = output
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let result = try DurableFile.read(target)
    for file in [source, target] { unlink(file) }
    return result
  }
}

enum Tool {
  static let compressors = ["gzip", "zstd", "lz4", "xz", "bzip2"]
  static var hasCompressors: Bool { compressors.allSatisfy { path($0) != nil } }

  static func path(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { access($0, X_OK) == 0 }
  }
}

/// Numbers that are the same on every run: SplitMix64 (Steele, Lea and Flood, 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}

enum Sample {
  /// About `bytes` bytes of JSON Lines that do not compress away.
  static func log(_ bytes: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SplitMix(state: seed)
    var text: [UInt8] = []
    while text.count < bytes {
      let words = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        String(random.next() >> 40, radix: 36)
      }
      text += Array("{\"id\":\(text.count),\"text\":\"\(words.joined(separator: " "))\"}\n".utf8)
    }
    return text
  }
}

/// A chunk without its bytes, for comparing.
struct ChunkShape: Equatable, CustomStringConvertible {
  var offset: Int
  var length: Int
  var overlong: [Int] = []
  var endsFile = false
  var tail: Int?

  var description: String { "\(offset)+\(length) \(overlong)\(endsFile ? " end" : "") \(tail ?? -1)" }
}

extension InputReader {
  /// All chunks, each checked for its padding.
  func all() throws -> [InputChunk] {
    var chunks: [InputChunk] = []
    while let chunk = try next() {
      #expect(chunk.bytes.count == chunk.length + 64)
      #expect(chunk.bytes.suffix(64).allSatisfy { $0 == 0 })
      chunks.append(chunk)
    }
    #expect(try next() == nil)
    return chunks
  }
}

extension InputChunk {
  var text: ArraySlice<UInt8> { bytes[..<length] }
  var string: String { String(decoding: text, as: UTF8.self) }
  var shape: ChunkShape {
    ChunkShape(
      offset: offset, length: length, overlong: overlong.flatMap { [$0.offset, $0.length] },
      endsFile: endsFile,
      tail: tail?.length)
  }
}
