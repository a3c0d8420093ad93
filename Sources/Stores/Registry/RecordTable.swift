import Bytes
import Text

/// The ids and digests of a version's records, compact: about 50 bytes and the id for each.
struct RecordTable {
  private var ids: [UInt8] = []
  private var ends: [Int] = []
  private var digests: [UInt8] = []
  private var splits: [UInt16] = []
  /// Open addressing over XXH3 of the id: a record's number plus one, 0 for a free slot.
  private var slots = [UInt32](repeating: 0, count: 1024)

  var count: Int { ends.count }

  private func range(_ record: Int) -> Range<Int> { (record == 0 ? 0 : ends[record - 1])..<ends[record] }

  /// Adds a record; false, and nothing is added, if the id is there already.
  mutating func insert(_ id: UnsafeRawBufferPointer, digest: some Collection<UInt8>, split: UInt16) -> Bool {
    if (count + 1) * 4 > slots.count * 3 { grow() }
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: ContentHash.of(id).low) & mask
    while slots[slot] != 0 {
      if matches(Int(slots[slot]) - 1, id) { return false }
      slot = (slot + 1) & mask
    }
    slots[slot] = UInt32(count + 1)
    ids.append(contentsOf: id)
    ends.append(ids.count)
    digests.append(contentsOf: digest)
    splits.append(split)
    return true
  }

  private func matches(_ record: Int, _ id: UnsafeRawBufferPointer) -> Bool {
    let range = range(record)
    return ids.withUnsafeBytes { RawBytes.equal(UnsafeRawBufferPointer(rebasing: $0[range]), id) }
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    ids.withUnsafeBytes { bytes in
      for record in 0..<count {
        let id = UnsafeRawBufferPointer(rebasing: bytes[range(record)])
        var slot = Int(truncatingIfNeeded: ContentHash.of(id).low) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(record + 1)
      }
    }
  }

  /// The id of a record as text.
  func id(_ record: Int) -> String { String(decoding: ids[range(record)], as: UTF8.self) }

  /// A split's records sorted by the bytes of their ids.
  func sorted(split: UInt16) -> [Int] {
    let members = splits.indices.filter { splits[$0] == split }
    return ids.withUnsafeBytes { bytes in
      members.sorted { left, right in
        let (a, b) = (range(left), range(right))
        for offset in 0..<min(a.count, b.count) {
          let (x, y) = (bytes[a.lowerBound + offset], bytes[b.lowerBound + offset])
          if x != y { return x < y }
        }
        return a.count < b.count
      }
    }
  }

  /// The Merkle root over records in this order.
  func root(_ order: [Int]) -> Digest {
    var builder = MerkleBuilder()
    ids.withUnsafeBytes { ids in
      digests.withUnsafeBytes { digests in
        for record in order {
          builder.add(
            id: UnsafeRawBufferPointer(rebasing: ids[range(record)]),
            digest: UnsafeRawBufferPointer(rebasing: digests[record * 32..<record * 32 + 32]))
        }
      }
    }
    return builder.finish()
  }
}

/// The live records of the version that a new one is deduplicated against, found by digest.
struct BaseRecords {
  let manifest: Manifest
  private(set) var indexes: [PackIndex] = []
  /// Number, over all packs, of each pack's first record.
  private var first: [Int] = []
  /// 32 bytes for each record of all packs.
  private var digests: [UInt8] = []
  /// Open addressing over the digests' first bytes: a record's number plus one, 0 for a free slot.
  private var slots: [UInt32] = [0]
  /// For each record the split that uses it in the new version plus one, 0 for none.
  private var uses: [UInt16] = []

  init() { manifest = Manifest(packs: [], splits: []) }

  init(_ store: any ObjectStore, _ manifest: Manifest) throws {
    self.manifest = manifest
    for pack in manifest.packs {
      var index = try PackIndex.read(store, pack.path, size: pack.bytes)
      first.append(digests.count / 32)
      digests += index.takeDigests()
      indexes.append(index)
    }
    uses = [UInt16](repeating: 0, count: digests.count / 32)
    var capacity = 1024
    while capacity * 3 < uses.count * 4 { capacity *= 2 }
    slots = [UInt32](repeating: 0, count: capacity)
    var entered = 0
    for split in manifest.splits {
      for entry in split.blocks {
        let block = try indexes[entry.pack].block(of: entry, in: manifest)
        for record in 0..<block.records where entry.live.contains(record) {
          entered += 1
          guard entered <= uses.count else {
            throw PackFormat.damaged(manifest.packs[entry.pack].path, "more records are live than there are")
          }
          enter(first[entry.pack] + block.firstRecord + record)
        }
      }
    }
  }

  private func slot(_ digest: some Collection<UInt8>) -> Int {
    Int(truncatingIfNeeded: digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) & (slots.count - 1)
  }

  func digest(_ record: Int) -> ArraySlice<UInt8> { digests[record * 32..<record * 32 + 32] }

  private mutating func enter(_ record: Int) {
    var place = slot(digest(record))
    while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
    slots[place] = UInt32(record + 1)
  }

  /// Uses the record with this digest for a split of the new version; false if there is none that is free.
  mutating func use(_ digest: Digest, split: UInt16) -> Bool {
    var place = slot(digest.bytes)
    while slots[place] != 0 {
      let record = Int(slots[place]) - 1
      if uses[record] == 0, self.digest(record).elementsEqual(digest.bytes) {
        uses[record] = split + 1
        return true
      }
      place = (place + 1) & (slots.count - 1)
    }
    return false
  }

  /// The split that uses a record of a pack; nil for none.
  func split(pack: Int, record: Int) -> UInt16? {
    let use = uses[first[pack] + record]
    return use == 0 ? nil : use - 1
  }

  /// The digest of a record of a pack.
  func digest(pack: Int, record: Int) -> ArraySlice<UInt8> { digest(first[pack] + record) }
}

extension PackIndex {
  /// The block that a manifest's entry means, which must exist and fit the entry's bitmap.
  func block(of entry: Manifest.Block, in manifest: Manifest) throws -> PackBlock {
    let pack = manifest.packs[entry.pack].path
    guard entry.block < blocks.count else {
      throw PackFormat.damaged(pack, "lacks a block", block: entry.block)
    }
    let block = blocks[entry.block]
    guard entry.live.fits(block.records) else {
      throw PackFormat.damaged(pack, "a bitmap does not fit its block", block: entry.block)
    }
    return block
  }
}
