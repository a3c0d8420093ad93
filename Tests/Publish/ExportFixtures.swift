import Bytes
import Foundation
import Publish
import Records
import Testing
import Text

/// A folder that is gone when the value is.
final class ScratchFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/export-" + Hex.encode(KeyedHash.randomBytes(8))
    try DurableFile.makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// Every name in the folder and below, sorted.
  func names() -> [String] {
    (FileManager.default.subpaths(atPath: path) ?? []).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

/// A program on the path, run to its end.
struct Tool: Sendable {
  let path: String

  init?(_ name: String) {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let found = folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    guard let found else { return nil }
    path = found
  }

  static func has(_ names: String...) -> Bool { names.allSatisfy { Tool($0) != nil } }

  func run(_ arguments: [String]) throws -> (status: Int32, output: [UInt8]) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, [UInt8](data))
  }
}

/// Published examples, one of each kind, and one with tool calls.
enum Sample {
  static let facts =
    #""label":{"class":"good","probability":0.83,"votes":{"bad":0,"good":2}},"#
    + #""lineage":{"feedback":["support-feedback/f1"],"interactions":["support-chat/abc"]},"#
    + #""origin":"organic""#
  static let tail = #""slice":"billing","time":"2026-11-20T10:00:00.000Z"}"#
  static let input = #""input":[{"content":"Be brief.","role":"system"},{"content":"Reset?","role":"user"}]"#
  static let id = "support-chat/abc"

  static func head(_ kind: Kind, id: String = id) -> String {
    #"{"conversation":"c-17","id":"\#(id)","kind":"\#(kind.rawValue)""#
  }

  static func example(_ kind: Kind, id: String = id, input: String = input) -> String {
    switch kind {
    case .sft, .fewshot:
      #"{"conversation":"c-17","id":"\#(id)",\#(input),"kind":"\#(kind.rawValue)",\#(facts),"#
        + #""output":{"content":"Settings.","role":"assistant"},\#(tail)"#
    case .kto:
      #"{"conversation":"c-17","desirable":false,"id":"\#(id)",\#(input),"kind":"kto",\#(facts),"#
        + #""output":{"content":"Settings.","role":"assistant"},\#(tail)"#
    case .preference:
      #"{"chosen":{"content":"Settings.","role":"assistant"},"conversation":"c-17","id":"\#(id)",\#(input),"#
        + #""kind":"preference",\#(facts),"rejected":{"content":"Menu.","role":"assistant"},\#(tail)"#
    case .eval:
      #"{"conversation":"c-17","id":"\#(id)",\#(input),"kind":"eval",\#(facts),"#
        + #""reference":{"content":"Settings.","role":"assistant"},\#(tail)"#
    }
  }

  /// A conversation with one call, whose arguments are given as JSON, and its answer.
  static func toolInput(_ arguments: String) -> String {
    #""input":[{"content":"Weather?","name":"ann","role":"user"},{"content":null,"role":"assistant","#
      + #""tool_calls":[{"function":{"arguments":\#(arguments),"name":"find"},"id":"t1","type":"function"}]},"#
      + #"{"content":"Rain","name":"find","role":"tool","tool_call_id":"t1"}]"#
  }

  static func row(
    _ example: String, _ kind: Kind, _ format: ExportFormat, converter: ExportRow = ExportRow()
  ) throws -> String {
    let out = ByteBuffer()
    try JSONParser().parse(example) { value in
      var writer = JSONWriter(out)
      try converter.write(example: value, kind: kind, format: format, to: &writer)
    }
    return String(decoding: out.view, as: UTF8.self)
  }

  static func digest(_ text: String) -> Digest { .sha256(text) }

  static func description(_ kind: Kind = .sft) -> ExportDescription {
    ExportDescription(
      dataset: "support-\(kind.rawValue)", number: 12, kind: kind, version: digest("version"),
      contentRoot: digest("root"))
  }
}
