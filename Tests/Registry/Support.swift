import Bytes
import Foundation
import Registry
import Synchronization
import Testing

/// A store in memory, which tests may damage.
final class MemoryStore: ObjectStore {
  private let objects = Mutex<[String: [UInt8]]>([:])

  func create(_ name: String, _ bytes: [UInt8]) -> Bool {
    objects.withLock { objects in
      if objects[name] != nil { return false }
      objects[name] = bytes
      return true
    }
  }

  func createStream() -> any ObjectStream { MemoryStream(self) }

  func read(_ name: String) -> [UInt8]? { objects.withLock { $0[name] } }

  func read(_ name: String, range: Range<Int>) throws -> [UInt8] {
    guard let bytes = read(name) else { throw RegistryError(.missing, name, "no such object") }
    return Array(bytes[min(range.lowerBound, bytes.count)..<min(range.upperBound, bytes.count)])
  }

  func size(of name: String) -> Int? { read(name)?.count }

  func list(_ prefix: String) -> [String] {
    objects.withLock { $0.keys.filter { $0.hasPrefix(prefix) }.sorted() }
  }

  func set(_ name: String, _ bytes: [UInt8]?) { objects.withLock { $0[name] = bytes } }

  func only(_ prefix: String) throws -> String {
    let names = list(prefix)
    #expect(names.count == 1)
    return try #require(names.first)
  }
}

final class MemoryStream: ObjectStream {
  private let store: MemoryStore
  private var bytes: [UInt8] = []

  init(_ store: MemoryStore) { self.store = store }

  func append(_ run: UnsafeRawBufferPointer) { bytes += run }

  func commit(as name: String) -> Bool { store.create(name, bytes) }
}

struct Killed: Error {}

/// A store that dies at its n-th write: before the work, or after it, so that the answer is lost.
final class FaultStore: ObjectStore {
  private let inner: MemoryStore
  private let fatal: Int
  private let losesAnswer: Bool
  private let writes = Mutex(0)

  init(_ inner: MemoryStore, fatal: Int, losesAnswer: Bool = false) {
    self.inner = inner
    self.fatal = fatal
    self.losesAnswer = losesAnswer
  }

  var count: Int { writes.withLock { $0 } }

  /// Does a write, unless its number is the fatal one or, of a dead process, a later one.
  func write<Result>(_ body: () throws -> Result) throws -> Result {
    let number = writes.withLock { count in
      count += 1
      return count
    }
    if losesAnswer {
      let result = try body()
      if number == fatal { throw Killed() }
      return result
    }
    if number >= fatal { throw Killed() }
    return try body()
  }

  func create(_ name: String, _ bytes: [UInt8]) throws -> Bool { try write { inner.create(name, bytes) } }

  func createStream() throws -> any ObjectStream { FaultStream(self, try write { inner.createStream() }) }

  func read(_ name: String) -> [UInt8]? { inner.read(name) }

  func read(_ name: String, range: Range<Int>) throws -> [UInt8] { try inner.read(name, range: range) }

  func size(of name: String) -> Int? { inner.size(of: name) }

  func list(_ prefix: String) -> [String] { inner.list(prefix) }
}

final class FaultStream: ObjectStream {
  private let store: FaultStore
  private let inner: any ObjectStream

  init(_ store: FaultStore, _ inner: any ObjectStream) {
    self.store = store
    self.inner = inner
  }

  func append(_ run: UnsafeRawBufferPointer) throws { try store.write { try inner.append(run) } }

  func commit(as name: String) throws -> Bool { try store.write { try inner.commit(as: name) } }
}

/// A record of a test: id, revision, and filler that compresses about as chat does.
struct Sample: Sendable, Hashable {
  var id: String
  var revision = 0
  var split = "train"

  var json: [UInt8] {
    var state = UInt64(revision &+ 1)
    for byte in id.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var text = ""
    for _ in 0..<40 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      text += Self.words[Int(state >> 33) % Self.words.count] + " "
    }
    return Array("{\"id\":\"\(id)\",\"revision\":\(revision),\"text\":\"\(text)\"}".utf8)
  }

  static let words = [
    "order", "refund", "please", "the", "parcel", "Zürich", "when", "arrives", "not", "account", "login",
    "reset",
    "password", "thank", "you", "billing", "invoice", "card", "declined", "shipping",
  ]

  static func many(_ count: Int) -> [Sample] {
    (0..<count).map { number in
      let digits = String(number)
      return Sample(
        id: "chat/" + String(repeating: "0", count: 6 - digits.count) + digits,
        split: number % 5 == 4 ? "test" : "train")
    }
  }
}

/// Blocks of 4 KiB and packs of 64 KiB, so that few records make many of them.
let small = PublishOptions(blockBytes: 4 << 10, packBytes: 64 << 10)

let description = VersionDescription(kind: "sft", schema: "flywheel.example.sft/1")

func prepare(
  _ registry: DatasetRegistry, _ dataset: String, _ samples: [Sample], options: PublishOptions = small
) throws -> PreparedVersion {
  let session = try registry.beginPublish(dataset: dataset, options: options)
  for sample in samples {
    try sample.json.withUnsafeBytes { try session.add(split: sample.split, id: sample.id, $0) }
  }
  return try session.finish()
}

@discardableResult
func publish(
  _ registry: DatasetRegistry, _ dataset: String, _ samples: [Sample], options: PublishOptions = small,
  nonce: String = "n"
) throws -> (prepared: PreparedVersion, reference: Reference) {
  let prepared = try prepare(registry, dataset, samples, options: options)
  let reference = try prepared.commit(
    version: description, created: "2026-11-20T10:00:00.000Z", run: "r1", nonce: nonce)
  return (prepared, reference)
}

func export(_ registry: DatasetRegistry, _ version: Digest, _ split: String, sorted: Bool = true) throws
  -> [String]
{
  var lines: [String] = []
  try registry.forEachRecord(of: version, split: split, sortedByID: sorted) { id, json in
    let line = String(decoding: json, as: UTF8.self)
    #expect(line.hasPrefix("{\"id\":\"\(id)\","))
    lines.append(line)
  }
  return lines
}

func lines(_ samples: [Sample], _ split: String) -> [String] {
  samples.filter { $0.split == split }.sorted { $0.id < $1.id }.map {
    String(decoding: $0.json, as: UTF8.self)
  }
}

func code(_ body: () throws -> Void) -> RegistryError.Code? {
  do {
    try body()
    return nil
  } catch {
    return (error as? RegistryError)?.code
  }
}

/// Runs `body` with a private folder that is removed afterwards.
func withFolder(_ body: (String) throws -> Void) throws {
  let path =
    FileManager.default.temporaryDirectory.path + "/registry-test-" + Hex.encode(KeyedHash.randomBytes(8))
  try DurableFile.makeFolder(path)
  defer { try? FileManager.default.removeItem(atPath: path) }
  try body(path)
}
