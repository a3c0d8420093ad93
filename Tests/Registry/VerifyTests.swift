import Bytes
import Registry
import Testing

@Suite struct VerifyTests {
  /// Two versions of a dataset and a ledger entry.
  func registry() throws -> (MemoryStore, DatasetRegistry) {
    let store = MemoryStore()
    let registry = try DatasetRegistry.open(store, create: true, registryID: "r")
    let options = PublishOptions(blockBytes: 1 << 10)
    try publish(registry, "d", Sample.many(12), options: options, nonce: "1")
    try publish(registry, "d", Sample.many(14), options: options, nonce: "2")
    _ = try registry.claim(
      dataset: "d", role: [.eval: [ContentHash(high: 1, low: 2)]], over: Ledger(), nonce: "n")
    return (store, registry)
  }

  @Test func clean() throws {
    let (store, registry) = try registry()
    for full in [false, true] {
      var seen: [VerifyProgress] = []
      let report = try registry.verify(full: full) { seen.append($0) }
      #expect(report.problems == [])
      #expect(report.isClean)
      #expect((report.versions, report.references, report.ledgerEntries) == (2, 2, 1))
      #expect((report.packs, report.records, report.objects) == (2, 14, 12))
      #expect(report.unreferenced + report.temporary + report.unknown == [])
      #expect(seen.map(\.objects) == Array(1...12))
      #expect(seen.last?.totalObjects == 12)
      let all = store.list("").reduce(0) { $0 + (store.size(of: $1) ?? 0) }
      #expect((report.bytes == all) == full)
    }
  }

  /// A bit flipped anywhere is found and names the object: every seventh byte of every object, each bit in turn.
  @Test(arguments: ["format.json", "packs/", "manifests/", "versions/", "physical/", "refs/", "ledger/"])
  func flippedBit(_ prefix: String) throws {
    let (store, registry) = try registry()
    #expect(!store.list(prefix).isEmpty)
    for name in store.list(prefix) {
      let bytes = try #require(store.read(name))
      for place in stride(from: 0, to: bytes.count, by: 7) {
        var damaged = bytes
        damaged[place] ^= 1 << (place % 8)
        store.set(name, damaged)
        let report = try registry.verify(full: true)
        #expect(report.problems.contains { $0.object == name }, "\(name) byte \(place)")
      }
      store.set(name, bytes)
    }
    #expect(try registry.verify(full: true).isClean)
  }

  @Test(arguments: ["packs/", "manifests/", "versions/", "physical/", "refs/", "ledger/", "format.json"])
  func missingObject(_ prefix: String) throws {
    let (store, registry) = try registry()
    // The ledger's only entry and the last reference leave no trace; a second of each makes a gap.
    try publish(registry, "d", Sample.many(16), nonce: "3")
    _ = try registry.claim(
      dataset: "d", role: [.eval: [ContentHash(high: 1, low: 3)]], over: try registry.ledger(), nonce: "n")
    let name = try #require(store.list(prefix).first)
    store.set(name, nil)
    let report = try registry.verify(full: false)
    #expect(report.problems.contains { $0.object == name && ($0.kind == .missing || $0.kind == .gap) })
  }

  /// Damage in two places at once is reported twice.
  @Test func goesOn() throws {
    let (store, registry) = try registry()
    let broken = [try #require(store.list("packs/").first), try #require(store.list("versions/").last)]
    for name in broken { store.set(name, store.read(name)?.dropLast() ?? []) }
    let objects = Set(try registry.verify(full: true).problems.map(\.object))
    #expect(objects.isSuperset(of: broken))
  }

  @Test func truncatedPack() throws {
    let (store, registry) = try registry()
    let reference = try #require(try registry.latest(of: "d"))
    let manifest = try registry.manifest(of: reference.version)
    let pack = manifest.packs[0].path
    let bytes = try #require(store.read(pack))
    var lengths: [Int] = []
    for length in stride(from: bytes.count - 1, through: 0, by: -97) {
      store.set(pack, Array(bytes.prefix(length)))
      let problems = try registry.verify(full: false).problems
      #expect(problems.contains { $0.object == pack && $0.kind == .damaged })
      #expect(code { _ = try export(registry, reference.version, "train") } == .damaged)
      lengths.append(length)
    }
    #expect(lengths.count > 20)
  }

  /// What a forward scan finds in a pack whose index is lost, and in one that has lost a block as well.
  @Test func scan() throws {
    let (store, registry) = try registry()
    let reference = try #require(try registry.reference(of: "d", number: 1))
    let pack = try registry.manifest(of: reference.version).packs[0].path
    let whole = try #require(store.read(pack))
    var texts: [[UInt8]] = []
    let first = try PackReader.scan(store, pack) { texts.append($0) }
    #expect(first.records == 12)
    #expect(first.blocks == texts.count && first.blocks > 3 && first.lostBlocks == 0)
    let expected = Set(Sample.many(12).map { String(decoding: $0.json, as: UTF8.self) })
    let found = String(decoding: texts.joined(), as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(Set(found) == expected && found.count == 12)

    store.set(pack, whole.dropLast(60))
    let report = try registry.verify(full: true)
    #expect(report.recoverableBlocks == first.blocks)
    #expect(report.problems.contains { $0.object == pack })

    // The first payload begins at byte 69, behind the file's and the block's header.
    var damaged = Array(whole.dropLast(60))
    damaged[80] ^= 1
    store.set(pack, damaged)
    let second = try PackReader.scan(store, pack) { _ in }
    #expect((second.blocks, second.lostBlocks) == (first.blocks - 1, 1))
  }

  @Test func garbageIsCounted() throws {
    let (store, registry) = try registry()
    _ = try prepare(registry, "d", Sample.many(40))
    store.set("tmp/left", [1])
    store.set("notes.txt", [1])
    let report = try registry.verify(full: true)
    #expect(report.isClean)
    #expect(report.unreferenced.map { $0.prefix(5) } == ["manif", "packs"])
    #expect(report.temporary == ["tmp/left"])
    #expect(report.unknown == ["notes.txt"])
  }

  /// A reference whose body belongs to another number, sealed as it should be.
  @Test func movedReference() throws {
    let (store, registry) = try registry()
    store.set("refs/d/0000000003.json", store.read("refs/d/0000000001.json"))
    let problems = try registry.verify(full: false).problems
    #expect(problems.map(\.object) == ["refs/d/0000000003.json"])
    #expect(code { _ = try registry.latest(of: "d") } == .damaged)
  }
}
