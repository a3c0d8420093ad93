import Bytes
import Foundation
import Records
import Signatures
import Text

typealias Document = (content: ContentHash, sketch: RecordSketch)

/// A folder that goes away with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/flywheel-signatures-" + UUID().uuidString
    try DurableFile.makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

  func index(_ runs: [String] = [], sketchVersion: UInt64 = 1) throws -> SignatureIndex {
    try SignatureIndex(folder: path, runs: runs, sketchVersion: sketchVersion)
  }

  func file(_ run: String) -> String { "\(path)/\(run).fws" }
}

/// SplitMix64: the same numbers for a seed, always.
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Sample.mix(state)
  }
}

enum Sample {
  static func mix(_ value: UInt64) -> UInt64 {
    var value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  static func set(_ hashes: some Sequence<UInt32>) -> ShingleSet {
    let all = Set(hashes).sorted()
    return ShingleSet(smallest: Array(all.prefix(ShingleSet.limit)), count: all.count)
  }

  /// A sketch with bands of two smallest hashes each, by hash functions of the band's own.
  static func sketch(input: some Sequence<UInt32>, output: some Sequence<UInt32>) -> RecordSketch {
    // One pass of a good hash, then two cheap ones a band, since tests are not optimised.
    let all = (Array(input) + Array(output)).map { mix(UInt64($0)) }
    var bands: [UInt64] = []
    for band in 0..<(all.isEmpty ? 0 : RecordSketch.bandCount) {
      let factors = (mix(UInt64(band)) | 1, mix(UInt64(band) + 99) | 1)
      var least = (UInt64.max, UInt64.max)
      for hash in all {
        let values = (hash &* factors.0, hash &* factors.1)
        if values.0 < least.0 { least.0 = values.0 }
        if values.1 < least.1 { least.1 = values.1 }
      }
      bands.append(mix(least.0 ^ mix(least.1)))
    }
    return RecordSketch(bands: bands, input: set(input), output: set(output))
  }

  static func content(_ number: Int) -> ContentHash { .of("document \(number)") }

  /// Documents in families: each family has an input and an output, whose hashes its members vary a little, so that
  /// similarities lie on both sides of 0.7.
  static func families(_ count: Int, members: Int, seed: UInt64, first: Int = 0) -> [Document] {
    var random = Seeded(seed)
    return (0..<count).flatMap { _ -> [Document] in
      let size = Int.random(in: 12...60, using: &random)
      let input = (0..<8).map { _ in UInt32.random(in: .min ... .max, using: &random) }
      let output = (0..<size).map { _ in UInt32.random(in: .min ... .max, using: &random) }
      let rate = Double.random(in: 0...0.3, using: &random)
      return (0..<members).map { _ in
        let varied = output.map {
          Double.random(in: 0..<1, using: &random) < rate ? UInt32.random(in: 0...99, using: &random) : $0
        }
        return (ContentHash(high: random.next(), low: random.next()), sketch(input: input, output: varied))
      }
    }
  }

  /// Documents that share one band and none else, and whose outputs have the similarity `shared / (200 - shared)`.
  static func boilerplate(_ count: Int, shared: Int, seed: UInt64) -> [Document] {
    var random = Seeded(seed)
    let common = (0..<shared).map { _ in UInt32.random(in: .min ... .max, using: &random) }
    return (0..<count).map { _ in
      let own = (0..<100 - shared).map { _ in UInt32.random(in: .min ... .max, using: &random) }
      let bands = [7] + (1..<RecordSketch.bandCount).map { _ in random.next() }
      return (
        ContentHash(high: random.next(), low: random.next()),
        RecordSketch(bands: bands, input: set([1, 2, 3]), output: set(common + own))
      )
    }
  }

  /// The clusters of all similar documents that share a band, by comparing all with all.
  static func bruteForce(_ documents: [Document], threshold: Double) -> [ContentHash: ContentHash] {
    var names = Dictionary(uniqueKeysWithValues: documents.map { ($0.content, $0.content) })
    for (index, left) in documents.enumerated() {
      for right in documents[..<index]
      where zip(left.sketch.bands, right.sketch.bands).contains(where: ==)
        && RecordSketch.areSimilar(left.sketch, right.sketch, threshold: threshold)
      {
        guard let first = names[left.content], let second = names[right.content], first != second else {
          continue
        }
        for (content, name) in names where name == first || name == second {
          names[content] = min(first, second)
        }
      }
    }
    let sizes = names.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    return names.filter { sizes[$0.value, default: 0] > 1 }
  }

  /// Writes documents as a run and takes it into the index.
  static func add(_ documents: [Document], to index: inout SignatureIndex) throws -> String {
    guard let run = try index.write(documents) else { return "" }
    try index.add(run.name)
    return run.name
  }
}

extension ClusterForest {
  /// Each document of a cluster and the cluster's name.
  var names: [ContentHash: ContentHash] {
    Dictionary(uniqueKeysWithValues: rows.map { ($0.content, $0.cluster) })
  }
}
