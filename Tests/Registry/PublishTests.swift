import Bytes
import Registry
import Testing

@Suite struct PublishTests {
  func registry() throws -> (MemoryStore, DatasetRegistry) {
    let store = MemoryStore()
    return (store, try DatasetRegistry.open(store, create: true, registryID: "r"))
  }

  @Test func sortedExportEqualsSortedInput() throws {
    let (_, registry) = try registry()
    let samples = Sample.many(5000)
    // A fixed permutation: 1,237 and 5,000 have no common factor.
    let shuffled = samples.indices.map { samples[$0 * 1237 % 5000] }
    let (prepared, reference) = try publish(registry, "d", shuffled)
    #expect(prepared.newRecords == 5000)
    let manifest = try registry.manifest(of: reference.version)
    #expect(manifest.packs.count > 5)
    #expect(manifest.splits.reduce(0) { $0 + $1.blocks.count } > 200)
    for split in ["train", "test"] {
      #expect(try export(registry, reference.version, split) == lines(samples, split))
      #expect(try export(registry, reference.version, split, sorted: false).sorted() == lines(samples, split))
    }
    let report = try registry.verify(full: true)
    #expect(report.problems == [])
    #expect((report.records, report.versions, report.references) == (5000, 1, 1))
    #expect(report.unreferenced == [])
    // The order of arrival shows in the packs only.
    let other = try self.registry().1
    let sorted = try publish(other, "d", samples).reference
    #expect(sorted.version == reference.version)
    #expect(try other.manifest(of: sorted.version) != manifest)
  }

  @Test func sameAddsGiveSameBytes() throws {
    let (first, a) = try registry()
    let (second, b) = try registry()
    try publish(a, "d", Sample.many(1000))
    try publish(b, "d", Sample.many(1000))
    #expect(first.list("packs/").count > 1)
    #expect(first.list("") == second.list(""))
    for name in first.list("") { #expect(first.read(name) == second.read(name)) }
  }

  @Test func onePercentChangedWritesOnlyThat() throws {
    let (store, registry) = try registry()
    var samples = Sample.many(2000)
    let first = try publish(registry, "d", samples)
    let packs = Set(store.list("packs/"))
    for number in stride(from: 7, to: 2000, by: 100) { samples[number].revision = 1 }
    let second = try publish(registry, "d", samples)
    #expect(second.reference.number == 2)
    #expect((second.prepared.newRecords, second.prepared.reusedRecords) == (20, 1980))
    #expect(second.prepared.copiedRecords == 0)
    #expect(
      second.prepared.newBytes == samples.filter { $0.revision == 1 }.reduce(0) { $0 + $1.json.count + 1 })
    #expect(Set(store.list("packs/")).subtracting(packs).count == 1)
    #expect(second.prepared.writtenBytes * 20 < first.prepared.writtenBytes)
    for split in ["train", "test"] {
      #expect(try export(registry, second.reference.version, split) == lines(samples, split))
      #expect(try export(registry, first.reference.version, split) == lines(Sample.many(2000), split))
    }
    #expect(try registry.verify(full: true).problems == [])
    #expect(try registry.references(of: "d") == [first.reference, second.reference])
    #expect(try registry.datasets() == ["d"])
  }

  @Test func droppingThirtyPercentWritesNoRecord() throws {
    let (store, registry) = try registry()
    let samples = Sample.many(2000)
    try publish(registry, "d", samples)
    let packs = store.list("packs/")
    let fewer = samples.enumerated().filter { $0.offset * 7 % 10 >= 3 }.map(\.element)
    #expect(fewer.count == 1400)
    let (prepared, reference) = try publish(registry, "d", fewer)
    #expect(prepared.writtenBytes == 0)
    #expect((prepared.newRecords, prepared.copiedRecords) == (0, 0))
    #expect(store.list("packs/") == packs)
    #expect(try export(registry, reference.version, "train") == lines(fewer, "train"))
    #expect(try registry.verify(full: true).problems == [])
  }

  @Test func copiesForwardBlocksLessThanHalfLive() throws {
    let (_, registry) = try registry()
    let samples = Sample.many(2000)
    let first = try publish(registry, "d", samples).reference
    // Nine of ten records go in the first half, one of ten in the second.
    let fewer = samples.enumerated().filter { ($0.offset % 10 == 0) == ($0.offset < 1000) }.map(\.element)
    let (prepared, second) = try publish(registry, "d", fewer)
    #expect(prepared.newRecords == 0)
    #expect((80...120).contains(prepared.copiedRecords))
    #expect(prepared.writtenBytes > 0)
    let before = try registry.manifest(of: first.version).splits.reduce(0) { $0 + $1.blocks.count }
    let after = try registry.manifest(of: second.version).splits.reduce(0) { $0 + $1.blocks.count }
    #expect(after < before * 6 / 10)
    for split in ["train", "test"] {
      #expect(try export(registry, second.version, split) == lines(fewer, split))
      #expect(try export(registry, first.version, split) == lines(samples, split))
    }
    #expect(try registry.verify(full: true).problems == [])
  }

  @Test func sameContentWritesNothing() throws {
    let (store, registry) = try registry()
    let samples = Sample.many(500)
    let first = try publish(registry, "d", samples)
    let names = store.list("")
    let again = try prepare(registry, "d", samples.reversed())
    #expect(again.isUnchanged)
    #expect(again.contentRoot == first.prepared.contentRoot)
    #expect((again.newRecords, again.reusedRecords, again.writtenBytes) == (0, 500, 0))
    #expect(store.list("") == names)
    #expect(!first.prepared.isUnchanged)
  }

  /// A record that changes its split is reused, and blocks then serve two splits.
  @Test func movedRecordsAreReused() throws {
    let (_, registry) = try registry()
    var samples = Sample.many(500)
    try publish(registry, "d", samples)
    for number in stride(from: 0, to: 500, by: 20) { samples[number].split = "test" }
    let (prepared, reference) = try publish(registry, "d", samples)
    #expect(prepared.writtenBytes == 0)
    for split in ["train", "test"] {
      #expect(try export(registry, reference.version, split) == lines(samples, split))
    }
    #expect(try registry.verify(full: true).problems == [])
  }

  /// The versions A, B and A again: the third names the first's version object.
  @Test func goingBack() throws {
    let (_, registry) = try registry()
    let (a, b) = (Sample.many(100), Sample.many(120))
    let first = try publish(registry, "d", a, nonce: "1").reference
    try publish(registry, "d", b, nonce: "2")
    let third = try publish(registry, "d", a, nonce: "3").reference
    #expect(third.number == 3)
    #expect(third.version == first.version)
    #expect(try export(registry, third.version, "train") == lines(a, "train"))
    #expect(try registry.verify(full: true).problems == [])
  }

  @Test func oneOfTwoSessionsWins() throws {
    let (_, registry) = try registry()
    try publish(registry, "d", Sample.many(50), nonce: "0")
    let mine = try prepare(registry, "d", Sample.many(60))
    let theirs = try prepare(registry, "d", Sample.many(70))
    let won = try theirs.commit(version: description, created: "t", run: "r", nonce: "theirs")
    #expect(won.number == 2)
    #expect(
      code { _ = try mine.commit(version: description, created: "t", run: "r", nonce: "mine") } == .conflict)
    // The winner may ask again: the nonce is its own.
    #expect(try theirs.commit(version: description, created: "later", run: "r", nonce: "theirs") == won)
    // The loser prepares again over what is there now.
    #expect(try publish(registry, "d", Sample.many(60), nonce: "mine").reference.number == 3)
    #expect(try registry.verify(full: true).problems == [])
  }

  struct BadRecord: Sendable, CustomTestStringConvertible {
    let name: String
    let id: String
    let json: String
    let code: RegistryError.Code
    var testDescription: String { name }
  }

  @Test(arguments: [
    BadRecord(name: "repeated id", id: "a", json: #"{"id":"a","n":2}"#, code: .repeatedID),
    BadRecord(name: "other id", id: "b", json: #"{"id":"c"}"#, code: .badRecord),
    BadRecord(
      name: "other spelling of the id", id: "\u{E9}", json: "{\"id\":\"e\u{301}\"}", code: .badRecord),
    BadRecord(name: "no id", id: "b", json: #"{}"#, code: .badRecord),
    BadRecord(name: "empty id", id: "", json: #"{"id":""}"#, code: .badRecord),
    BadRecord(name: "no object", id: "b", json: #"["b"]"#, code: .badRecord),
    BadRecord(name: "no JSON", id: "b", json: #"{"id":"b""#, code: .badRecord),
    BadRecord(name: "white space", id: "b", json: "{\"id\":\"b\"\n}", code: .notCanonical),
    BadRecord(name: "unsorted keys", id: "b", json: #"{"z":1,"id":"b"}"#, code: .notCanonical),
  ])
  func refusesRecord(_ item: BadRecord) throws {
    let (_, registry) = try registry()
    let session = try registry.beginPublish(dataset: "d")
    try Array(#"{"id":"a","n":1}"#.utf8).withUnsafeBytes { try session.add(split: "train", id: "a", $0) }
    let refused = code {
      try Array(item.json.utf8).withUnsafeBytes { try session.add(split: "test", id: item.id, $0) }
    }
    #expect(refused == item.code)
    // The session goes on without the record.
    let prepared = try session.finish()
    #expect(prepared.splits.map(\.records) == [0, 1])
    #expect(code { _ = try session.finish() } == .finished)
    #expect(
      code { try session.add(split: "s", id: "b", UnsafeRawBufferPointer(start: nil, count: 0)) } == .finished
    )
  }

  @Test(arguments: ["", "A", "-a", "a/b", "..", "a b", "é", String(repeating: "a", count: 101)])
  func refusesNames(_ name: String) throws {
    let (store, registry) = try registry()
    #expect(code { _ = try registry.beginPublish(dataset: name) } == .badName)
    #expect(code { _ = try registry.latest(of: name) } == .badName)
    #expect(code { _ = try registry.claim(dataset: name, role: [:], over: Ledger(), nonce: "") } == .badName)
    let session = try registry.beginPublish(dataset: "d")
    #expect(code { try session.addSplit(name) } == .badName)
    #expect(store.list("") == ["format.json"])
  }

  @Test func refusesDescriptionThatIsNotCanonical() throws {
    let (store, registry) = try registry()
    let prepared = try prepare(registry, "d", Sample.many(3))
    for bad in ["", "{", "{ }", #"{"b":1,"a":2}"#] {
      let description = VersionDescription(kind: "sft", schema: "s", gates: Array(bad.utf8))
      #expect(
        code { _ = try prepared.commit(version: description, created: "", run: "", nonce: "") }
          == .notCanonical)
    }
    #expect(store.list("refs/").isEmpty)
  }

  /// A record longer than a block, and one a byte too long.
  @Test func longRecords() throws {
    let (_, registry) = try registry()
    let session = try registry.beginPublish(dataset: "d")
    let frame = #"{"id":"a","t":""}"#.utf8.count
    func record(_ id: String, _ bytes: Int) -> [UInt8] {
      Array(#"{"id":"\#(id)","t":""#.utf8) + [UInt8](repeating: 0x78, count: bytes - frame)
        + Array("\"}".utf8)
    }
    try record("a", 1 << 20).withUnsafeBytes { try session.add(split: "s", id: "a", $0) }
    let tooLong = code {
      try record("b", 16 << 20 + 1).withUnsafeBytes { try session.add(split: "s", id: "b", $0) }
    }
    #expect(tooLong == .badRecord)
    let reference = try session.finish().commit(version: description, created: "", run: "", nonce: "")
    #expect(try export(registry, reference.version, "s").map(\.utf8.count) == [1 << 20])
  }

  @Test func missingThings() throws {
    let (_, registry) = try registry()
    let reference = try publish(registry, "d", Sample.many(3)).reference
    let other = Digest.sha256("x")
    #expect(code { _ = try registry.version(other) } == .missing)
    #expect(code { _ = try registry.manifest(of: other) } == .missing)
    #expect(code { _ = try export(registry, reference.version, "nope") } == .missing)
    #expect(try registry.latest(of: "none") == nil)
    #expect(try registry.references(of: "none") == [])
    #expect(try registry.reference(of: "d", number: 2) == nil)
  }
}
