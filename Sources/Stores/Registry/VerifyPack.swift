import Bytes
import Text

/// What a verification keeps of a pack: its index and, in full, the ids of its records.
struct CheckedPack {
  let size: Int
  let index: PackIndex
  /// Whether every block is as it must be, as far as it was read.
  var isWhole = true
  private var ids: [UInt8] = []
  private var ends: [Int] = []

  init(size: Int, index: PackIndex) {
    self.size = size
    self.index = index
  }

  mutating func append(id: UnsafeRawBufferPointer) {
    ids.append(contentsOf: id)
    ends.append(ids.count)
  }

  func withID<Result>(_ record: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    ids.withUnsafeBytes {
      body(UnsafeRawBufferPointer(rebasing: $0[(record == 0 ? 0 : ends[record - 1])..<ends[record]]))
    }
  }
}

extension Verifier {
  /// Checks a pack's index and, in full, its name, blocks and records.
  func checkPack(_ object: ObjectName, _ digest: Digest) throws {
    report.packs += 1
    guard let size = try store.size(of: object.path) else {
      throw RegistryError(.missing, object.path, "no such object")
    }
    var isNamed = true
    if full {
      report.bytes += size
      isNamed = try PackWriter.hash(store, object.path) == digest
      if !isNamed { found(object.path, .damaged, "the bytes do not match the name") }
    }
    let index: PackIndex
    do {
      index = try PackIndex.read(store, object.path, size: size)
    } catch let error as RegistryError {
      let scan = try PackReader.scan(store, object.path) { _ in }
      report.recoverableBlocks += scan.blocks
      found(
        object.path, .damaged,
        "\(error.reason); a scan finds \(scan.blocks) whole blocks with \(scan.records) records and "
          + "\(scan.lostBlocks) lost ones")
      return
    }
    report.blocks += index.blocks.count
    report.records += index.lengths.count
    var pack = CheckedPack(size: size, index: index)
    pack.isWhole = isNamed
    if full { checkBlocks(object, &pack) }
    packs[digest] = pack
  }

  private func checkBlocks(_ object: ObjectName, _ pack: inout CheckedPack) {
    let parser = JSONParser(maximumLength: PackFormat.maximumRecord)
    var hasher = SHA256Hasher()
    let index = pack.index
    for (number, block) in index.blocks.enumerated() {
      var isWhole = false
      attempt(object) {
        let text = try PackReader.text(store, object.path, index, block: number)
        try index.forEachRecord(of: block, in: text) { record, json in
          let digest = ContentRoot.recordDigest(json, &hasher)
          guard digest.bytes.elementsEqual(index.digest(record)) else {
            throw PackFormat.damaged(object.path, "a record does not match its digest", block: number)
          }
          try DatasetRegistry.id(of: json, parser, object.path) { pack.append(id: $0) }
        }
        isWhole = true
      }
      if !isWhole { pack.isWhole = false }
    }
  }
}
