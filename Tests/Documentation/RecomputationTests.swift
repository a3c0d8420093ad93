import Bytes
import Foundation
import GRDB
import Testing

/// The digests of the page, written anew from its words.
enum Recomputed {
  static func u32(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 255) } }

  static func u64(_ value: Int) -> [UInt8] { (0..<8).map { UInt8(value >> (8 * $0) & 255) } }

  static func sha256(_ parts: [UInt8]...) -> [UInt8] { Digest.sha256(parts.flatMap(\.self)).bytes }

  static func recordDigest(_ record: [UInt8]) -> [UInt8] {
    sha256(Array("flywheel.record.v1".utf8), [0], record)
  }

  static func leaf(id: String, record: [UInt8]) -> [UInt8] {
    sha256([0], u32(id.utf8.count), Array(id.utf8), recordDigest(record))
  }

  /// The tree by its definition: cut at the largest power of two below the number of leaves.
  static func root(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
    guard let first = leaves.first else { return sha256() }
    if leaves.count == 1 { return first }
    var cut = 1
    while cut * 2 < leaves.count { cut *= 2 }
    let middle = leaves.startIndex + cut
    return sha256([1], root(leaves[..<middle]), root(leaves[middle...]))
  }

  static func splitRoot(_ records: [[UInt8]]) throws -> [UInt8] {
    let named = try records.map { record in
      (id: try #require(try JSONRead.object(record)["id"] as? String), record: record)
    }
    let sorted = named.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    return root(sorted.map { leaf(id: $0.id, record: $0.record) }[...])
  }

  static func contentRoot(_ splits: [String: [[UInt8]]]) throws -> [UInt8] {
    var bytes = Array("flywheel.content.v1".utf8) + [0]
    for (name, records) in splits.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      bytes += u32(name.utf8.count) + Array(name.utf8) + u64(records.count)
      bytes += try splitRoot(records)
    }
    return sha256(bytes)
  }

  /// The position of a conversation, from 0 to 100.
  static func position(_ conversation: String, seed: String) -> Double {
    let hash = ContentHash.of("\(seed)\u{0}\(conversation)")
    return Double(hash.high >> 11) / 9_007_199_254_740_992 * 100
  }
}

@Suite("Another program can recompute a version") struct RecomputationTests {
  private let run: BuiltRun
  private let page: Page

  init() throws {
    run = try BuiltRun.shared.get()
    page = try Page("Formats.md")
  }

  @Test("record digests, splits' roots, content roots and version names")
  func contentRoots() throws {
    for dataset in run.datasets {
      let reference = try run.object("registry/refs/\(dataset)/0000000001.json")
      let name = try #require(reference["version"] as? String)
      let version = try run.object("registry/versions/\(name.prefix(2))/\(name).json")
      let records = try run.records(dataset)
      for split in try #require(version["splits"] as? [[String: Any]]) {
        let name = try #require(split["name"] as? String)
        let lines = try #require(records[name])
        #expect(split["records"] as? Int == lines.count)
        #expect(split["bytes"] as? Int == lines.reduce(0) { $0 + $1.count + 1 })
        #expect(split["root"] as? String == Hex.encode(try Recomputed.splitRoot(lines)))
      }
      let root = Hex.encode(try Recomputed.contentRoot(records))
      let lock = try Data(contentsOf: URL(filePath: "\(run.exports)/\(dataset)/flywheel.lock"))
      for place in [reference, version, try JSONRead.object(lock)] {
        #expect(place["content_root"] as? String == root, "\(dataset)")
      }
    }
  }

  @Test("one byte of one record changes the content root")
  func sensitive() throws {
    let records = try run.records("support-eval")
    var changed = records
    let line = try #require(records["test"]?.first)
    changed["test"]?[0] = Array(
      String(decoding: line, as: UTF8.self).replacing("assistant", with: "assistanT").utf8)
    #expect(try Recomputed.contentRoot(changed) != Recomputed.contentRoot(records))
  }

  @Test("trees of few leaves", arguments: 1...9)
  func trees(_ count: Int) {
    let leaves = (0..<count).map { Recomputed.sha256([UInt8($0)]) }
    // Pairs are joined level by level, and a node without a partner moves up: the same tree, built from below.
    var level = leaves
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { index in
        index + 1 < level.count ? Recomputed.sha256([1], level[index], level[index + 1]) : level[index]
      }
    }
    #expect(Recomputed.root(leaves[...]) == level[0])
  }

  @Test("objects have the keys of the page; names and seals prove their bytes")
  func objects() throws {
    let rows = try page.table("## Registry")
    var sealed = 0
    for path in try run.files("registry/") {
      let bytes = try run.bytes(path)
      let kind = String(path.split(separator: "/")[1])
      let row = try #require(rows.first { Page.code($0[0]) == kind }, "\(path)")
      if row[2] == "SHA-256" {
        let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        #expect(Digest.sha256(bytes).hex == name)
      }
      guard path.hasSuffix(".json") else { continue }
      let object = try JSONRead.object(bytes)
      #expect(Set(object.keys) == Set(Page.allCode(row[1])), "\(path)")
      guard row[3] == "yes" else { continue }
      let seal = try #require(object["sha256"] as? String)
      let text = String(decoding: bytes, as: UTF8.self)
      let plain = text.replacing("\"sha256\":\"\(seal)\",", with: "").replacing(
        ",\"sha256\":\"\(seal)\"", with: "")
      #expect(Digest.sha256(plain).hex == seal, "\(path)")
      sealed += 1
    }
    #expect(sealed > run.datasets.count * 2)
  }

  @Test("packs are as the page draws them, and hold the records")
  func packs() throws {
    var stored: Set<[UInt8]> = []
    for path in try run.files("registry/packs/") {
      let bytes = try run.bytes(path)
      var reader = Cursor(bytes: bytes)
      #expect(reader.take(12) == Array("flywheelpack".utf8))
      #expect(reader.number(4) == 1)
      var end = Cursor(bytes: bytes, place: bytes.count - 44)
      let length = end.number(4)
      let index = Array(bytes[bytes.count - 44 - length..<bytes.count - 44])
      #expect(end.take(32) == Digest.sha256(index).bytes)
      #expect(end.take(8) == Array("FWPKEND".utf8) + [1])
      var entries = Cursor(bytes: index)
      for _ in 0..<entries.number(4) {
        #expect(entries.number(8) == reader.place)
        #expect(reader.take(8) == Array("FWBLOCK".utf8) + [1])
        let codec = reader.number(1)
        let sizes = [reader.number(4), reader.number(4), reader.number(4)]
        #expect([entries.number(4), entries.number(4), entries.number(4)] == sizes)
        let hash = reader.take(32)
        let payload = reader.take(sizes[0])
        let text =
          try codec == 0
          ? payload : payload.withUnsafeBytes { try ZstdFrame.decompress($0, size: sizes[1]) }
        #expect(codec == 0 || codec == 2)
        #expect(Digest.sha256(text).bytes == hash)
        let lines = text.split(separator: 0x0A).map(Array.init)
        #expect(lines.count == sizes[2])
        for line in lines {
          let digest = entries.take(32)
          #expect(digest == Recomputed.recordDigest(line))
          #expect(entries.number(4) == line.count)
          stored.insert(digest)
        }
      }
      #expect(reader.place == bytes.count - 44 - length)
    }
    let records = try run.datasets.flatMap { try run.records($0).values.joined() }
    #expect(stored == Set(records.map(Recomputed.recordDigest)))
  }

  @Test("the ledger has the conversations of every split under the split's role")
  func ledger() throws {
    var claimed: [String: Set<String>] = [:]
    for path in try run.files("registry/ledger/") {
      let entry = try run.object(path)
      let role = try #require(entry["role"] as? String)
      claimed[role, default: []].formUnion(try #require(entry["keys"] as? [String]))
    }
    #expect(claimed["eval"]?.isDisjoint(with: claimed["train"] ?? []) == true)
    let together = try nearConversations()
    for dataset in run.datasets {
      for (split, records) in try run.records(dataset) {
        for record in records {
          let conversation = try #require(try JSONRead.object(record)["conversation"] as? String)
          let key = ContentHash.of("conversation\u{0}\(conversation)").description
          #expect(claimed[split == "train" ? "train" : "eval"]?.contains(key) == true)
          // Near duplicates stand where the conversation of their cluster's smallest content does.
          guard !together.contains(conversation) else { continue }
          #expect((Recomputed.position(conversation, seed: "flywheel") < 90) == (split == "train"))
        }
      }
    }
  }

  /// Conversations with a record that has a near duplicate.
  private func nearConversations() throws -> Set<String> {
    let queue = try DatabaseQueue(path: "\(run.home)/catalog.sqlite")
    let list = try queue.read {
      try String.fetchAll(
        $0, sql: "SELECT DISTINCT conversation FROM interactions JOIN near_clusters USING (content_hash)")
    }
    #expect((1...20).contains(list.count))
    return Set(list)
  }

  @Test("positions of the page's example")
  func positions() throws {
    for row in try Page("Rules.md").table("## Splits") {
      let position = Recomputed.position(Page.code(row[0]), seed: "flywheel")
      let stated = try #require(Double(row[1]))
      #expect(abs(position - stated) < 0.00005)
      #expect(row[2] == (position < 90 ? "train" : "validation"))
      #expect(row[3] == (position < 90 ? "-" : "test"))
    }
  }
}

/// Reads bytes from a place on.
private struct Cursor {
  let bytes: [UInt8]
  var place = 0

  mutating func take(_ count: Int) -> [UInt8] {
    let end = min(place + count, bytes.count)
    defer { place = end }
    return Array(bytes[min(place, end)..<end])
  }

  mutating func number(_ count: Int) -> Int { take(count).reversed().reduce(0) { $0 << 8 | Int($1) } }
}
