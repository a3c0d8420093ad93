import Bytes
import Registry
import Testing

/// A publisher that is killed at any write, and one that does not hear of its success.
@Suite struct RecoveryTests {
  static let key = ContentHash(high: 7, low: 7)

  /// What a nightly run does: claim, publish, publish the next night's content.
  func night(_ store: any ObjectStore) throws {
    let registry = try DatasetRegistry.open(store, create: true, registryID: "r")
    _ = try registry.claim(dataset: "d", role: [.train: [Self.key]], over: try registry.ledger(), nonce: "n")
    for count in [30, 45] {
      if let latest = try registry.latest(of: "d") {
        let records = try registry.version(latest.version).splits.reduce(0) { $0 + $1.records }
        if records >= count { continue }
      }
      let prepared = try prepare(
        registry, "d", Sample.many(count), options: PublishOptions(blockBytes: 2 << 10, packBytes: 4 << 10))
      if prepared.isUnchanged { continue }
      _ = try prepared.commit(version: description, created: "t", run: "r", nonce: "n\(count)")
    }
  }

  func expectDone(_ store: MemoryStore, _ note: Comment) throws {
    let registry = try DatasetRegistry.open(store)
    let references = try registry.references(of: "d")
    #expect(references.map(\.number) == [1, 2], note)
    let version = try #require(references.last).version
    for split in ["train", "test"] {
      #expect(try export(registry, version, split) == lines(Sample.many(45), split), note)
    }
    #expect(try registry.ledger().keys(.train) == [Self.key], note)
    #expect(try registry.ledger().number == 1, note)
    #expect(try registry.verify(full: true).problems == [], note)
  }

  @Test(arguments: [false, true])
  func killedAtAnyWrite(losesAnswer: Bool) throws {
    let writes = FaultStore(MemoryStore(), fatal: .max)
    try night(writes)
    #expect(writes.count > 20)
    for fatal in 1...writes.count {
      let store = MemoryStore()
      do {
        try night(FaultStore(store, fatal: fatal, losesAnswer: losesAnswer))
        #expect(losesAnswer)
      } catch {
        #expect(error is Killed)
      }
      // What a reader finds in between is whole.
      if !store.list("refs/").isEmpty {
        #expect(try DatasetRegistry.open(store).verify(full: true).problems == [])
      }
      try night(store)
      try expectDone(store, "killed at write \(fatal)")
    }
  }

  /// The store creates the reference and then fails: read back, it is ours.
  @Test func lostAnswerIsSuccess() throws {
    let store = MemoryStore()
    let registry = try DatasetRegistry.open(store, create: true, registryID: "r")
    // The writes of three records: stream, header, block, index, commit, manifest, version, physical, reference.
    let faulty = FaultStore(store, fatal: 9, losesAnswer: true)
    let prepared = try prepare(try DatasetRegistry.open(faulty), "d", Array(Sample.many(9).prefix(3)))
    #expect(faulty.count == 6)
    let reference = try prepared.commit(version: description, created: "t", run: "r", nonce: "mine")
    #expect(faulty.count == 9)
    #expect(reference.number == 1)
    #expect(try registry.latest(of: "d") == reference)
  }

  /// An attempt died before its reference, and the next one packs in another order.
  ///
  /// The version is the same, and the first attempt's manifest stays its place.
  @Test func otherPackingOfTheSameVersion() throws {
    let store = MemoryStore()
    let registry = try DatasetRegistry.open(store, create: true, registryID: "r")
    let samples = Sample.many(100)
    let first = try publish(registry, "d", samples).reference
    let manifest = try registry.manifest(of: first.version)
    store.set("refs/d/0000000001.json", nil)
    let second = try publish(registry, "d", samples.reversed(), nonce: "2").reference
    #expect((second.number, second.version) == (1, first.version))
    #expect(try registry.manifest(of: second.version) == manifest)
    #expect(try export(registry, second.version, "train") == lines(samples, "train"))
    let report = try registry.verify(full: true)
    #expect(report.problems == [])
    #expect(report.unreferenced.count == 2)
  }

  /// A damaged object that an earlier attempt left is not taken for its name.
  @Test(arguments: ["packs/", "manifests/", "versions/"])
  func damagedLeftover(_ prefix: String) throws {
    let store = MemoryStore()
    let registry = try DatasetRegistry.open(store, create: true, registryID: "r")
    try publish(registry, "d", Sample.many(3))
    store.set("refs/d/0000000001.json", nil)
    let name = try store.only(prefix)
    store.set(name, store.read(name)?.dropLast() ?? [])
    #expect(code { try publish(registry, "d", Sample.many(3)) } == .damaged)
    #expect(store.list("refs/").isEmpty)
  }
}
