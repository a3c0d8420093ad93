import Bytes
import Catalog
import Foundation
import GRDB
import Lake
import Records
import Synchronization
import TestSupport
import Testing
import Text

@testable import Pull

/// The servers of these tests.
typealias ContractServer = LoopbackServer

/// The interpreters that contract tests use.
enum Python {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
  /// With the vendors' clients.
  static var withClients: String? { environment("CLIENTS") }
  /// With Langfuse's client of the generation before.
  static var withOlderLangfuse: String? { environment("LANGFUSE4") }
  /// With LiteLLM and its proxy.
  static var withLiteLLM: String? { environment("LITELLM") }

  /// An environment that `Jobs/contracts` made; nil where that has not run.
  private static func environment(_ name: String) -> String? {
    ProcessInfo.processInfo.environment["FLYWHEEL_CONTRACT_PYTHON_\(name)"].flatMap {
      FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil
    }
  }

  /// Runs a script of this folder that writes files, and expects that it ends well.
  static func run(_ python: String, _ script: String, _ arguments: [String]) async throws {
    let (code, output) = try run(python, ["\(folder)/\(script)"] + arguments)
    try #require(code == 0, "\(script) failed: \(output.suffix(500))")
  }

  /// Runs `clients/NAME_client.py` and gives its exit code and output.
  static func client(
    _ name: String, _ arguments: [String], interpreter: String? = nil
  ) throws -> (code: Int32, output: String) {
    try run(try #require(interpreter ?? withClients), ["\(folder)/clients/\(name)_client.py"] + arguments)
  }

  /// Runs a script to its end and gives its exit code and output.
  static func run(_ interpreter: String, _ arguments: [String]) throws -> (code: Int32, output: String) {
    try ChildProcess(interpreter, arguments, errors: .joined).finish()
  }
}

/// A catalog and a lake of their own, gone with the value.
final class Workshop {
  let folder: String
  let catalog: CatalogStore
  let lake: LakeStore
  private var runs = 0

  init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/contract-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    catalog = try CatalogStore(path: "\(folder)/catalog.sqlite")
    lake = LakeStore(folder: "\(folder)/lake")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func at(_ name: String) -> String { "\(folder)/\(name)" }

  /// Pulls a source as the program would.
  func pull(
    _ source: SourceDefinition, environment: [String: String] = [:], now: String = "2026-11-23T00:00:00Z",
    workers: Int = 2
  ) async throws -> PullAccount {
    runs += 1
    let stage = PullStage(
      catalog: catalog, lake: lake,
      pseudonyms: try #require(Pseudonyms(key: [UInt8](repeating: 7, count: 32))), workers: workers,
      run: "run-\(runs)", now: try #require(Timestamp(now)))
    let access = try source.access(environment: environment, definitionFolder: folder)
    return try await stage.run(source, access: access) { _, _ in }
  }

  /// The lake's records of a table that the catalog points to, by id without the source's name.
  func records(_ table: LakeTable, of source: String) throws -> [String: [String: CanonicalJSON]] {
    let rows = try DatabaseQueue(path: at("catalog.sqlite")).read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT r.id, s.day, s.name, r.frame, r.offset, r.length
          FROM \(table.rawValue) r JOIN segments s ON s.number = r.segment WHERE r.source = ?
          ORDER BY r.segment, r.frame
          """, arguments: [source])
    }
    var found: [String: [String: CanonicalJSON]] = [:]
    var open: (name: String, number: Int, text: [UInt8])?
    for row in rows {
      let segment = "\(table.rawValue)/\(row["day"] as String)/\(row["name"] as String).jsonl.lz4"
      let frame: Int = row["frame"]
      if open?.name != segment || open?.number != frame {
        open = (segment, frame, try lake.open(segment: segment).frame(frame))
      }
      let (offset, length): (Int, Int) = (row["offset"], row["length"])
      let text = Array(try #require(open).text[offset..<offset + length])
      found[String((row["id"] as String).dropFirst(source.count + 1))] = try CanonicalJSON.members(of: text)
    }
    return found
  }

  /// Compares what was pulled with what `--expect` of a server wrote, record by record and member by member.
  func expect(_ file: String, of source: String) throws {
    let actual = [
      "interaction": try records(.interactions, of: source), "feedback": try records(.feedback, of: source),
    ]
    var expected: [String: [String: [String: CanonicalJSON]]] = ["interaction": [:], "feedback": [:]]
    for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
      var members = try CanonicalJSON.members(of: Array(line.utf8))
      let type = try #require(members.removeValue(forKey: "type")?.string)
      let id = try #require(members.removeValue(forKey: "id")?.string)
      expected[type, default: [:]][id] = members
    }
    for (type, records) in expected {
      let own = actual[type] ?? [:]
      let missing = Set(records.keys).subtracting(own.keys)
      let surplus = Set(own.keys).subtracting(records.keys)
      #expect(
        missing.isEmpty,
        "\(type)s that were not pulled: \(missing.sorted().prefix(10)), \(missing.count) in all")
      #expect(
        surplus.isEmpty, "\(type)s that nobody wrote: \(surplus.sorted().prefix(10)), \(surplus.count) in all"
      )
      for (id, members) in records.sorted(by: { $0.key < $1.key }) {
        guard let record = own[id] else { continue }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
          let found = record[key]?.without(prefix: "\(source)/", in: key) ?? .null
          #expect(found == value, "\(type) \(id): \(key)")
        }
      }
    }
  }
}

/// A JSON value in canonical form.
struct CanonicalJSON: Hashable, CustomStringConvertible {
  let canonical: String
  static let null = CanonicalJSON(canonical: "null")
  var description: String { canonical }

  /// The text of a string.
  var string: String? {
    (try? JSONSerialization.jsonObject(with: Data(canonical.utf8), options: .fragmentsAllowed)) as? String
  }

  /// Ids of other records without their source's name.
  func without(prefix: String, in key: String) -> CanonicalJSON {
    guard ["parent", "target", "trace", "response"].contains(key), canonical.hasPrefix("\"\(prefix)") else {
      return self
    }
    return CanonicalJSON(canonical: "\"" + canonical.dropFirst(prefix.count + 1))
  }

  static func members(of object: [UInt8]) throws -> [String: CanonicalJSON] {
    try object.withUnsafeBytes { bytes in
      try JSONParser().parse(bytes) { (value: JSONValue) -> [String: CanonicalJSON] in
        var members: [String: CanonicalJSON] = [:]
        value.forEachMember { key, value in
          let out = ByteBuffer()
          var writer = JSONWriter(out)
          writer.canonical(value)
          members[String(decoding: key, as: UTF8.self)] = CanonicalJSON(
            canonical: String(decoding: out.view, as: UTF8.self))
        }
        return members
      }
    }
  }
}

@Suite("Kinds of sources") struct KindTests {
  @Test("every kind says how it is set up", arguments: SourceKind.allCases)
  func traits(_ kind: SourceKind) {
    let traits = kind.traits
    #expect(!traits.title.isEmpty)
    #expect(!traits.places.isEmpty)
  }
}
