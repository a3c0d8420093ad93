import Bytes

/// Every record that any version of any dataset has in splits of some sort, each once, by the packs that hold them.
///
/// Records are shared between versions: what a later version took over is listed under the first that had it, and a
/// record that was copied into another pack is listed in one of them.
public struct PublishedRecords: Sendable {
  /// The version that a record was first published in.
  public struct Origin: Sendable, Hashable {
    /// The dataset.
    public let dataset: String
    /// The version's number.
    public let number: Int
  }

  /// The records of one pack, the unit of reading.
  public struct Unit: Sendable {
    fileprivate let pack: Manifest.Pack
    /// For each of the pack's records a position in `origins` plus one, 0 for a record that is not meant.
    fileprivate let uses: [UInt32]
    fileprivate let origins: [Origin]
    /// Records that are meant.
    public let count: Int
  }

  /// No records.
  public init() {}

  /// The packs, in the order in which versions named them.
  public fileprivate(set) var units: [Unit] = []

  /// Records in all.
  public var count: Int { units.reduce(0) { $0 + $1.count } }
}

extension DatasetRegistry {
  /// Finds the records of all splits that `wanted` takes, in all versions of all datasets.
  ///
  /// It reads references, versions, manifests and the packs' indexes, and no record. Memory: 40 bytes a record.
  /// - Parameter wanted: gets each version and the name of each of its splits.
  /// - Returns: the records; datasets by name, versions by number.
  /// - Throws: ``RegistryError`` for what is missing or damaged, or what the store throws.
  public func published(where wanted: (VersionRecord, String) -> Bool) throws -> PublishedRecords {
    var packs: [String: PackUse] = [:]
    var order: [String] = []
    var origins: [PublishedRecords.Origin] = []
    var seen: Set<ContentHash> = []
    var versions: Set<Digest> = []
    for dataset in try datasets() {
      for reference in try references(of: dataset) where versions.insert(reference.version).inserted {
        let version = try version(reference.version)
        let names = Set(version.splits.map(\.name).filter { wanted(version, $0) })
        if names.isEmpty { continue }
        let manifest = try manifest(of: reference.version)
        origins.append(PublishedRecords.Origin(dataset: dataset, number: reference.number))
        for split in manifest.splits where names.contains(split.name) {
          for entry in split.blocks {
            let pack = manifest.packs[entry.pack]
            if packs[pack.path] == nil {
              packs[pack.path] = PackUse(pack, try PackIndex.read(store, pack.path, size: pack.bytes))
              order.append(pack.path)
            }
            try packs[pack.path]?.take(entry, in: manifest, origin: UInt32(origins.count), &seen)
          }
        }
      }
    }
    var result = PublishedRecords()
    for path in order {
      guard let use = packs[path], use.count > 0 else { continue }
      result.units.append(
        PublishedRecords.Unit(pack: use.pack, uses: use.uses, origins: origins, count: use.count))
    }
    return result
  }

  /// Calls `body` with the origin and the canonical JSON of each record of a unit, in the pack's order; the bytes are
  /// valid inside it only.
  /// - Throws: ``RegistryError`` for damage, or what the store or `body` throws.
  public func forEachRecord(
    of unit: PublishedRecords.Unit,
    _ body: (PublishedRecords.Origin, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let index = try PackIndex.read(store, unit.pack.path, size: unit.pack.bytes)
    for (number, block) in index.blocks.enumerated() {
      let records = block.firstRecord..<block.firstRecord + block.records
      guard records.contains(where: { unit.uses[$0] > 0 }) else { continue }
      let text = try PackReader.text(store, unit.pack.path, index, block: number)
      try index.forEachRecord(of: block, in: text) { record, json in
        let use = unit.uses[record]
        if use > 0 { try body(unit.origins[Int(use) - 1], json) }
      }
    }
  }
}

/// Which records of a pack are meant.
private struct PackUse {
  let pack: Manifest.Pack
  private let index: PackIndex
  private(set) var uses: [UInt32]
  private(set) var count = 0
  /// Blocks of which every record was looked at.
  private var done: Set<Int> = []

  init(_ pack: Manifest.Pack, _ index: PackIndex) {
    self.pack = pack
    self.index = index
    uses = [UInt32](repeating: 0, count: index.lengths.count)
  }

  mutating func take(
    _ entry: Manifest.Block, in manifest: Manifest, origin: UInt32, _ seen: inout Set<ContentHash>
  ) throws {
    guard !done.contains(entry.block) else { return }
    let block = try index.block(of: entry, in: manifest)
    if case .all = entry.live { done.insert(entry.block) }
    for number in 0..<block.records where entry.live.contains(number) {
      let record = block.firstRecord + number
      // Half a SHA-256 tells records apart as well.
      guard uses[record] == 0, let digest = ContentHash(bytes: index.digest(record).prefix(16)),
        seen.insert(digest).inserted
      else { continue }
      uses[record] = origin
      count += 1
    }
  }
}
