import Bytes
import Foundation
import Testing

/// A table of keys on the page, and the lines that must have them.
struct KeyTable: CustomTestStringConvertible, Sendable {
  let heading: String
  let table: String

  var testDescription: String { table }
}

@Suite("The pages say what a run leaves") struct RunTests {
  private let run: BuiltRun
  private let page: Page

  init() throws {
    run = try BuiltRun.shared.get()
    page = try Page("Formats.md")
  }

  @Test("every file has its row, and is private")
  func layout() throws {
    let patterns = try page.codes("## Workspace").map { path in
      NSRegularExpression.escapedPattern(for: path).replacing(/<[a-z0-9]+>/, with: "[^/]+")
    }
    let files = try run.files()
    #expect(files.contains("catalog.sqlite"))
    for file in files {
      let rows = patterns.count { file.range(of: "^\($0)$", options: .regularExpression) != nil }
      #expect(rows == 1, "\(file) has \(rows) rows")
    }
    for path in try FileManager.default.subpathsOfDirectory(atPath: run.home) + ["."] {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(run.home)/\(path)")
      let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue
      #expect(mode == (run.isFolder("\(run.home)/\(path)") ? 0o700 : 0o600), "\(path)")
    }
  }

  @Test("segments are as the page draws them")
  func segments() throws {
    let segments = try run.files("lake/").filter { $0.hasSuffix(".jsonl.lz4") }
    try #require(segments.count > 10)
    for path in segments { _ = try text(ofSegment: path) }
  }

  /// Reads a segment by the words of the page alone.
  private func text(ofSegment path: String) throws -> [UInt8] {
    let bytes = try run.bytes(path)
    #expect(path.hasSuffix("/\(Digest.sha256(bytes).hex).jsonl.lz4"))
    #expect(Array(bytes.suffix(8).prefix(4)) == Array("FWSI".utf8))
    let length = little(bytes.suffix(4))
    let start = bytes.count - 8 - length - 8
    #expect(little(bytes[start..<start + 4]) == 0x184D_2A50)
    #expect(little(bytes[start + 4..<start + 8]) == length + 8)
    let index = try JSONRead.object(bytes[start + 8..<start + 8 + length])
    let parts = path.split(separator: "/")
    #expect(index["format"] as? String == "flywheel-segment")
    #expect(index["version"] as? Int == 1)
    #expect(index["table"] as? String == String(parts[1]))
    #expect(index["day"] as? String == String(parts[2]))
    var text: [UInt8] = []
    var place = 0
    for frame in try #require(index["frames"] as? [[String: Any]]) {
      #expect(frame["offset"] as? Int == place)
      let size = try #require(frame["compressed"] as? Int)
      let textSize = try #require(frame["text"] as? Int)
      let part = try Array(bytes[place..<place + size]).withUnsafeBytes {
        try LZ4Frame.decompress($0, size: textSize)
      }
      #expect(part.withUnsafeBytes { ContentHash.of($0) }.description == frame["xxh3"] as? String)
      #expect(part.count { $0 == 0x0A } == frame["records"] as? Int)
      text += part
      place += size
    }
    #expect(place == start)
    #expect(index["text_bytes"] as? Int == text.count)
    #expect(index["records"] as? Int == text.count { $0 == 0x0A })
    return text
  }

  @Test(
    "records of the lake have the keys of the page",
    arguments: [
      KeyTable(heading: "### Interaction", table: "interactions"),
      KeyTable(heading: "### Feedback", table: "feedback"),
      KeyTable(heading: "### Quarantine", table: "quarantine"),
    ])
  func lakeKeys(_ keys: KeyTable) throws {
    let rows = try page.table(keys.heading)
    let known = Set(rows.map { Page.code($0[0]) })
    let always = Set(rows.filter { $0[1] == "always" }.map { Page.code($0[0]) })
    var found: [Set<String>] = []
    for path in try run.files("lake/\(keys.table)/") {
      for line in try text(ofSegment: path).split(separator: 0x0A) {
        found.append(Set(try JSONRead.object(line).keys))
      }
    }
    try #require(found.count > 10)
    let anywhere = Set(found.joined())
    let everywhere = anywhere.filter { key in found.allSatisfy { $0.contains(key) } }
    #expect(anywhere.subtracting(known).isEmpty)
    #expect(always.subtracting(everywhere).isEmpty)
  }

  @Test("the page has every key that the pull can write")
  func writtenKeys() throws {
    let sources = [
      "Sources/Stages/Pull/Records/RecordWriter.swift", "Sources/Stores/Lake/FeedbackRecord.swift",
    ]
    let written = try sources.reduce(into: Set<String>()) { keys, source in
      keys.formUnion(try Repository.literals(#"\b(?:key|member|Self\.write)\("([a-z_]+)""#, in: source))
    }
    #expect(written == Set(try page.codes("### Interaction") + page.codes("### Feedback")))
  }

  @Test("examples have the keys of their kind")
  func exampleKeys() throws {
    let common = Set(try page.codes("## Example"))
    var found: [String: Set<Set<String>>] = [:]
    for dataset in run.datasets {
      for record in try run.records(dataset).values.joined() {
        let example = try JSONRead.object(record)
        found[try #require(example["kind"] as? String), default: []].insert(Set(example.keys))
      }
    }
    let rows = try page.table("### Keys by kind")
    let stated = rows.map { (Page.code($0[0]), Set([common.union(Page.allCode($0[1]))])) }
    #expect(found == Dictionary(uniqueKeysWithValues: stated))
  }

  @Test("account, log, metrics and lock")
  func accounts() throws {
    let account = try #require(try run.files("runs/").first { $0.hasSuffix("/account.json") })
    let content = try run.object(account)
    #expect(Set(content.keys) == Set(try page.codes("## Run")))
    let balance = try #require(content["balance"] as? [String: Any])
    let row = try #require(try page.table("## Run").first { Page.code($0[0]) == "balance" })
    #expect(Set(balance.keys) == Set(Page.allCode(row[1])))
    let parts = balance.filter { $0.key != "pulled" }.values.map { value in
      (value as? Int) ?? (value as? [String: Int])?.values.reduce(0, +) ?? 0
    }
    #expect(balance["pulled"] as? Int == parts.reduce(0, +))

    let folder = (account as NSString).deletingLastPathComponent
    for line in try run.bytes("\(folder)/log.jsonl").split(separator: 0x0A) {
      #expect(Set(try JSONRead.object(line).keys).isSuperset(of: ["level", "message", "run", "time"]))
    }
    let metrics = String(decoding: try run.bytes("\(folder)/metrics.prom"), as: UTF8.self)
    let types = metrics.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
      $0.split(separator: " ")[2]
    }
    #expect(types.map(String.init) == (try page.codes("## Run", 1)))

    let dataset = try #require(run.datasets.first)
    let lock = try Data(contentsOf: URL(filePath: "\(run.exports)/\(dataset)/flywheel.lock"))
    #expect(Set(try JSONRead.object(lock).keys) == Set(try page.codes("## Export")))
  }

  private func little(_ bytes: some Collection<UInt8>) -> Int {
    bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
