import Bytes
import Foundation
import Lake
import Records

/// A folder that goes away with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/flywheel-lake-" + UUID().uuidString
    try DurableFile.makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

enum Sample {
  /// `count` lines of about 60 bytes with ids from `first` on.
  static func lines(_ count: Int, from first: Int = 0) -> [UInt8] {
    var text = ""
    for number in first..<first + count {
      text += "{\"id\":\"s/\(number)\",\"text\":\"\(String(repeating: "word \(number % 7) ", count: 6))\"}\n"
    }
    return Array(text.utf8)
  }

  static func frame(_ count: Int, from first: Int = 0) throws -> LakeFrame {
    try lines(count, from: first).withUnsafeBytes {
      try LakeFrame.compress($0, records: count, firstID: "s/\(first)", lastID: "s/\(first + count - 1)")
    }
  }

  /// A store with one segment of two frames, 30 and 20 records.
  static func segment(in store: LakeStore) throws -> Segment {
    let writer = try store.beginSession(id: "one").writer(table: .interactions, day: "2026-11-20")
    try writer.append(try frame(30))
    try writer.append(try frame(20, from: 30))
    return try writer.seal()
  }
}

enum Tool {
  static func path(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { access($0, X_OK) == 0 }
  }

  static func output(_ name: String, _ arguments: [String]) throws -> [UInt8] {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: path(name) ?? name)
    process.arguments = arguments
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw LakeError(.missing, segment: name) }
    return [UInt8](data)
  }
}
