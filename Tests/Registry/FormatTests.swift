import Bytes
import Registry
import Testing

/// The formats to the byte.
///
/// The expected values were computed by a separate program from the documented layout.
@Suite struct FormatTests {
  static let version = "cd879ddb2982f452146c98b1a140b5012a5a6768106e0bf95dbee1df398a1189"
  static let manifest = "cc429bc7a6d0a95e778d6ce86e1e6cfef3e663b05b51c20d76bb38e4c1e6dff7"
  static let pack = "842ca8269cb5bc79f80ccc2370f21d8a742f51212bea603eb92c1b3adca4f406"
  static let content = "63a8df59a9f9bf4f58067b9b25db3762109872df61a93ef7129b1bfd1473ac4f"

  /// Publishes three records and an empty split, stored plain.
  func golden() throws -> (MemoryStore, DatasetRegistry, Reference) {
    let store = MemoryStore()
    let registry = try DatasetRegistry.open(store, create: true, registryID: "golden")
    let session = try registry.beginPublish(dataset: "tiny", options: PublishOptions(codec: .none))
    for (number, id) in ["a", "b", "c"].enumerated() {
      try Array("{\"id\":\"\(id)\",\"n\":\(number + 1)}".utf8).withUnsafeBytes {
        try session.add(split: "train", id: id, $0)
      }
    }
    try session.addSplit("empty")
    let prepared = try session.finish()
    #expect(prepared.contentRoot.hex == Self.content)
    let reference = try prepared.commit(
      version: VersionDescription(
        kind: "sft", schema: "flywheel.example.sft/1", lineage: Array(#"{"run":"none"}"#.utf8),
        counts: Array(#"{"kept":3}"#.utf8)), created: "2026-11-20T10:00:00.000Z", run: "r1", nonce: "n1")
    let keys = [ContentHash(high: 10, low: 2), ContentHash(high: 0, low: 1)]
    _ = try registry.claim(dataset: "tiny", role: [.train: keys], over: try registry.ledger(), nonce: "n1")
    return (store, registry, reference)
  }

  struct Golden: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    var testDescription: String { name }
  }

  @Test(arguments: [
    Golden(
      name: "format.json",
      text:
        #"{"features":{"read":[],"write":[]},"format":"flywheel-registry","registry_id":"golden","sha256":"098fbb858b62cd062c574aa3f7a22bbde0f616cbb4267c22b5fb714425dc4bb5","version":1}"#
    ),
    Golden(
      name: "manifests/cc/\(manifest).json",
      text:
        #"{"format":"flywheel-manifest/1","packs":[{"bytes":296,"sha256":"842ca8269cb5bc79f80ccc2370f21d8a742f51212bea603eb92c1b3adca4f406"}],"splits":[{"blocks":[],"name":"empty","records":0},{"blocks":[{"block":0,"live":"all","pack":0}],"name":"train","records":3}]}"#
    ),
    Golden(
      name: "versions/cd/\(version).json",
      text:
        #"{"content_root":"63a8df59a9f9bf4f58067b9b25db3762109872df61a93ef7129b1bfd1473ac4f","counts":{"kept":3},"dataset":"tiny","definition":{},"format":"flywheel-version/1","gates":{},"kind":"sft","lineage":{"run":"none"},"schema":"flywheel.example.sft/1","splits":[{"bytes":0,"name":"empty","records":0,"root":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},{"bytes":51,"name":"train","records":3,"root":"446870d941688d52fd240d773676d708d893e7bfdee28e81bd185b87265f8966"}]}"#
    ),
    Golden(
      name: "refs/tiny/0000000001.json",
      text:
        #"{"content_root":"63a8df59a9f9bf4f58067b9b25db3762109872df61a93ef7129b1bfd1473ac4f","created":"2026-11-20T10:00:00.000Z","dataset":"tiny","format":"flywheel-ref/1","nonce":"n1","number":1,"run":"r1","sha256":"80942e19cdb1b1ac13c7634c7849c5b475b8e6aa2aad80f776106893109c1d74","version":"cd879ddb2982f452146c98b1a140b5012a5a6768106e0bf95dbee1df398a1189"}"#
    ),
    Golden(
      name: "physical/\(version)/1.json",
      text:
        #"{"format":"flywheel-physical/1","manifest":"cc429bc7a6d0a95e778d6ce86e1e6cfef3e663b05b51c20d76bb38e4c1e6dff7","number":1,"sha256":"a6b037a0c8cd5a73b06e019808015238f26f9775fe81c25125400cf2956c0bb5","version":"cd879ddb2982f452146c98b1a140b5012a5a6768106e0bf95dbee1df398a1189"}"#
    ),
    Golden(
      name: "ledger/0000000001.json",
      text:
        #"{"dataset":"tiny","format":"flywheel-ledger/1","keys":["00000000000000000000000000000001","000000000000000a0000000000000002"],"nonce":"n1","number":1,"role":"train","sha256":"9facd12d61f463307b9199fd37738d3c3f788eabbec131ebbca0c900b114d8c0"}"#
    ),
  ])
  func json(_ item: Golden) throws {
    let (store, _, _) = try golden()
    #expect(store.list("").count == 7)
    #expect(store.read(item.name).map { String(decoding: $0, as: UTF8.self) } == item.text)
  }

  @Test func packBytes() throws {
    let (store, _, _) = try golden()
    let expected =
      "666c79776865656c7061636b01000000"
      + "4657424c4f434b01" + "00" + "33000000" + "33000000" + "03000000"
      + "291c4a02716fd2038acf11afd6a7c9bc79c1a9e03312ff0f4751d6bf72a16fed"
      + "7b226964223a2261222c226e223a317d0a7b226964223a2262222c226e223a327d0a7b226964223a2263222c226e223a337d0a"
      + "01000000" + "1000000000000000" + "33000000" + "33000000" + "03000000"
      + "1ac60e744e5ded73386b216d1b94f1b4f86da8249fa295e81dad0aa6c80dd72710000000"
      + "9f2f25dae1b57d378ac7ace9aa533bf925149046822e27c4d5a28e07fbd3c5f010000000"
      + "3743b0eb06ff4a91ae7b7b2fd9e968941d242a5ae44e2cb09d8494c51948afd510000000"
      + "84000000" + "4297663972680ad8907a66bb35ab379f3aea06231c24dfd5497c850942fa4cfd" + "4657504b454e4401"
    #expect(store.read("packs/84/\(Self.pack).fwp").map { Hex.encode($0) } == expected)
  }

  /// An object as an earlier program wrote it stays readable.
  @Test func readsBack() throws {
    let (_, registry, reference) = try golden()
    #expect(reference.version.hex == Self.version)
    let record = try registry.version(reference.version)
    #expect(record.contentRoot.hex == Self.content)
    #expect(record.splits.map(\.name) == ["empty", "train"])
    #expect(record.description.lineage == Array(#"{"run":"none"}"#.utf8))
    let manifest = try registry.manifest(of: reference.version)
    #expect(manifest.packs.map(\.path) == ["packs/84/\(Self.pack).fwp"])
    #expect(try export(registry, reference.version, "train").count == 3)
    #expect(try export(registry, reference.version, "empty").isEmpty)
    #expect(try registry.latest(of: "tiny") == reference)
  }

  @Test(arguments: [PackCodec.none, .lz4, .zstd])
  func codecs(_ codec: PackCodec) throws {
    let store = MemoryStore()
    let registry = try DatasetRegistry.open(store, create: true, registryID: "r")
    let samples = Sample.many(100)
    let (prepared, reference) = try publish(
      registry, "d", samples, options: PublishOptions(codec: codec, blockBytes: 4 << 10))
    #expect(try export(registry, reference.version, "train") == lines(samples, "train"))
    #expect((prepared.writtenBytes < prepared.newBytes) == (codec != .none))
    #expect(try registry.verify(full: true).isClean)
    // Codec byte of the first block.
    #expect(store.read(try store.only("packs/"))?[24] == codec.rawValue)
  }

  /// What does not shrink is stored plain.
  @Test func storesPlain() throws {
    let store = MemoryStore()
    let registry = try DatasetRegistry.open(store, create: true, registryID: "r")
    let session = try registry.beginPublish(dataset: "d")
    try Array(#"{"id":"a"}"#.utf8).withUnsafeBytes { try session.add(split: "s", id: "a", $0) }
    _ = try session.finish()
    #expect(store.read(try store.only("packs/"))?[24] == PackCodec.none.rawValue)
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    let id: String
    let text: String
    let code: RegistryError.Code
    var testDescription: String { id }
  }

  @Test(arguments: [
    Refused(
      id: "later version", text: #"{"format":"flywheel-registry","registry_id":"x","version":2}"#,
      code: .formatTooNew),
    Refused(
      id: "unknown feature to read",
      text:
        #"{"features":{"read":["tree"],"write":[]},"format":"flywheel-registry","registry_id":"x","version":1}"#,
      code: .unknownFeature),
    Refused(id: "other format", text: #"{"format":"flywheel-repo","version":1}"#, code: .notARegistry),
    Refused(
      id: "no seal",
      text:
        #"{"features":{"read":[],"write":[]},"format":"flywheel-registry","registry_id":"x","version":1}"#,
      code: .damaged),
    Refused(id: "no JSON", text: "{", code: .damaged),
  ])
  func refuses(_ item: Refused) {
    let store = MemoryStore()
    store.set("format.json", Array(item.text.utf8))
    #expect(code { _ = try DatasetRegistry.open(store) } == item.code)
  }

  /// A feature that only writers must know leaves the registry readable.
  @Test func readOnlyFeature() throws {
    let (store, _, reference) = try golden()
    let plain =
      #"{"features":{"read":[],"write":["tags"]},"format":"flywheel-registry","registry_id":"golden","version":1}"#
    let seal = Digest.sha256(plain).hex
    let sealed = plain.dropLast(12) + #""sha256":"\#(seal)","version":1}"#
    store.set("format.json", Array(sealed.utf8))
    let registry = try DatasetRegistry.open(store)
    #expect(try export(registry, reference.version, "train").count == 3)
    #expect(code { _ = try registry.beginPublish(dataset: "tiny") } == .unknownFeature)
    #expect(
      code { _ = try registry.claim(dataset: "tiny", role: [:], over: Ledger(), nonce: "n") }
        == .unknownFeature)
  }

  @Test func opening() throws {
    let store = MemoryStore()
    #expect(code { _ = try DatasetRegistry.open(store) } == .notARegistry)
    #expect(code { _ = try DatasetRegistry.open(store, create: true) } == .notARegistry)
    #expect(store.list("").isEmpty)
    #expect(try DatasetRegistry.open(store, create: true, registryID: "a").id == "a")
    #expect(try DatasetRegistry.open(store, create: true).id == "a")
    #expect(code { _ = try DatasetRegistry.open(store, create: true, registryID: "b") } == .wrongRegistry)
  }

  /// An id from outside reaches a terminal as printable characters only.
  @Test func errorTextIsPrintable() {
    let error = RegistryError(.repeatedID, "d", "an id occurs twice", number: 3, id: "a\u{1B}[31m\nü")
    #expect(error.description == #"repeated-id: d: an id occurs twice (3) [a\u{1b}[31m\u{a}\u{fc}]"#)
  }
}
