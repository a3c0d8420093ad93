import Bytes
import Text

/// Takes the records of a new version of a dataset, writes those that the latest version lacks, and packs them.
///
/// It belongs to one task. Memory: one block a split, one pack's index, and the tables of ids and digests of the new
/// and of the latest version.
public final class PublishSession {
  private let registry: DatasetRegistry
  private let dataset: String
  private let options: PublishOptions
  private let base: Reference?
  private var baseRecords = BaseRecords()
  private let baseManifest: Digest?
  private let writer: PackWriter
  private let parser = JSONParser(maximumLength: PackFormat.maximumRecord)
  private let scratch = ByteBuffer()
  private var hasher = SHA256Hasher()
  private var table = RecordTable()
  private var splits: [Split] = []
  private var splitNumbers: [String: UInt16] = [:]
  private var newBlocks: [(split: Int, pack: Int, block: Int)] = []
  private var newRecords = 0
  private var newBytes = 0
  private var copiedRecords = 0
  private var isOpen = true

  private struct Split {
    let name: String
    let buffer = BlockBuffer()
    var records = 0
    var bytes = 0
  }

  init(_ registry: DatasetRegistry, dataset: String, options: PublishOptions) throws {
    self.registry = registry
    self.dataset = dataset
    self.options = options
    writer = PackWriter(registry.store, options)
    base = try registry.latest(of: dataset)
    guard let base else {
      baseManifest = nil
      return
    }
    guard let entry = try registry.physical(of: base.version) else {
      throw RegistryError(.missing, "physical/\(base.version.hex)", "names no manifest")
    }
    baseManifest = entry.manifest
    baseRecords = try BaseRecords(registry.store, try registry.manifest(entry.manifest))
  }

  /// Declares a split, which may stay empty; `add` declares its own.
  public func addSplit(_ name: String) throws { _ = try number(of: name) }

  private func number(of split: String) throws -> UInt16 {
    if let known = splitNumbers[split] { return known }
    guard ObjectName.isDatasetName(split), splits.count < 1000 else {
      throw RegistryError(.badName, split, "a split's name is [a-z0-9][a-z0-9._-]{0,99}, of at most 1,000")
    }
    let number = UInt16(splits.count)
    splits.append(Split(name: split))
    splitNumbers[split] = number
    return number
  }

  /// Adds a record; any order will do.
  ///
  /// After a ``RegistryError`` about the record (`badRecord`, `notCanonical`, `repeatedID`) nothing was added and the
  /// session goes on; any other error ends it.
  /// - Parameters:
  ///   - split: the split's name.
  ///   - id: the record's id, 1 to 65,535 bytes, the same as its member `id`, unique in the version.
  ///   - canonicalJSON: the record as canonical JSON (RFC 8785) without newline, at most 16 MiB.
  /// - Throws: ``RegistryError``, or what the store throws.
  public func add(split: String, id: String, _ canonicalJSON: UnsafeRawBufferPointer) throws {
    guard isOpen else { throw RegistryError(.finished, dataset, "the session is over") }
    let number = try number(of: split)
    try check(id: id, canonicalJSON)
    let digest = ContentRoot.recordDigest(canonicalJSON, &hasher)
    var copy = id
    guard copy.withUTF8({ table.insert(UnsafeRawBufferPointer($0), digest: digest.bytes, split: number) })
    else {
      throw RegistryError(.repeatedID, dataset, "an id occurs twice", id: id)
    }
    splits[Int(number)].records += 1
    splits[Int(number)].bytes += canonicalJSON.count + 1
    if baseRecords.use(digest, split: number) { return }
    newRecords += 1
    newBytes += canonicalJSON.count + 1
    // A write that fails leaves the record out, so the session must not go on behind it.
    isOpen = false
    try append(canonicalJSON, digest: digest.bytes, split: Int(number))
    isOpen = true
  }

  private func check(id: String, _ json: UnsafeRawBufferPointer) throws {
    guard (1...65_535).contains(id.utf8.count) else {
      throw RegistryError(.badRecord, dataset, "an id has 1 to 65,535 bytes", number: id.utf8.count)
    }
    guard json.count <= PackFormat.maximumRecord else {
      throw RegistryError(.badRecord, dataset, "a record has at most 16 MiB", number: json.count, id: id)
    }
    scratch.removeAll()
    let isSame: Bool
    do {
      isSame = try parser.parse(json) { value in
        var writer = JSONWriter(scratch)
        writer.canonical(value)
        // Bytes, not strings: to Swift two spellings of one character are equal.
        return value["id"]?.utf8?.elementsEqual(id.utf8) ?? false
      }
    } catch let fault as JSONFault {
      throw RegistryError(.badRecord, dataset, "not JSON: \(fault.rawValue)", id: id)
    }
    guard isSame else { throw RegistryError(.badRecord, dataset, "is no object with this id", id: id) }
    guard RawBytes.equal(scratch.view, json) else {
      throw RegistryError(.notCanonical, dataset, "a record is not canonical JSON", id: id)
    }
  }

  private func append(_ json: UnsafeRawBufferPointer, digest: some Sequence<UInt8>, split: Int) throws {
    let buffer = splits[split].buffer
    if buffer.text.count + json.count + 1 > options.blockBytes { try flush(split) }
    buffer.append(json, digest: digest)
  }

  private func flush(_ split: Int) throws {
    let buffer = splits[split].buffer
    guard !buffer.lengths.isEmpty else { return }
    let place = try writer.append(buffer)
    newBlocks.append((split: split, pack: place.pack, block: place.block))
    buffer.removeAll()
  }

  /// Ends the session: packs what is left, writes the manifest and computes the content root.
  ///
  /// Nothing is public before ``PreparedVersion/commit(version:created:run:nonce:)``. If the content is that of the
  /// latest version, nothing is written at all.
  public func finish() throws -> PreparedVersion {
    guard isOpen else { throw RegistryError(.finished, dataset, "the session is over") }
    isOpen = false
    let order = splits.indices.sorted { splits[$0].name.utf8.lexicographicallyPrecedes(splits[$1].name.utf8) }
    let summaries = order.map { number in
      SplitSummary(
        name: splits[number].name, records: splits[number].records, bytes: splits[number].bytes,
        root: table.root(table.sorted(split: UInt16(number))))
    }
    let root = ContentRoot.root(of: summaries)
    let manifest: Digest
    let isUnchanged = base?.contentRoot == root
    if isUnchanged, let baseManifest {
      manifest = baseManifest
    } else {
      let kept = try keepOrCopyForward()
      for number in order { try flush(number) }
      try writer.close()
      let bytes = makeManifest(order, kept).encoded()
      manifest = Digest.sha256(bytes)
      try registry.put(.manifest(manifest), bytes)
    }
    return PreparedVersion(
      contentRoot: root, splits: summaries, newRecords: newRecords, reusedRecords: table.count - newRecords,
      copiedRecords: copiedRecords, newBytes: newBytes, writtenBytes: writer.written,
      isUnchanged: isUnchanged,
      registry: registry, dataset: dataset, base: base, manifest: manifest)
  }

  /// Goes through the latest version's blocks: those of which at least half the bytes are in the new version
  /// are kept, the others' live records are written anew.
  ///
  /// That bounds what a reader fetches to twice what it needs.
  private func keepOrCopyForward() throws -> [(pack: Int, block: Int)] {
    var kept: [(pack: Int, block: Int)] = []
    for (pack, index) in baseRecords.indexes.enumerated() {
      for (number, block) in index.blocks.enumerated() {
        let live = (block.firstRecord..<block.firstRecord + block.records).filter {
          baseRecords.split(pack: pack, record: $0) != nil
        }
        if live.isEmpty { continue }
        let bytes = live.reduce(0) { $0 + Int(index.lengths[$1]) + 1 }
        if bytes * 2 >= block.raw {
          kept.append((pack: pack, block: number))
          continue
        }
        let name = baseRecords.manifest.packs[pack].path
        let text = try PackReader.text(registry.store, name, index, block: number)
        copiedRecords += live.count
        try index.forEachRecord(of: block, in: text) { record, json in
          guard let split = baseRecords.split(pack: pack, record: record) else { return }
          try append(json, digest: baseRecords.digest(pack: pack, record: record), split: Int(split))
        }
      }
    }
    return kept
  }

  private func makeManifest(_ order: [Int], _ kept: [(pack: Int, block: Int)]) -> Manifest {
    var packs: [Manifest.Pack] = []
    var blocks = [[Manifest.Block]](repeating: [], count: splits.count)
    var lastPack: Int?
    for (pack, number) in kept {
      if lastPack != pack { packs.append(baseRecords.manifest.packs[pack]) }
      lastPack = pack
      let block = baseRecords.indexes[pack].blocks[number]
      for (split, live) in bitmaps(pack, block) {
        blocks[Int(split)].append(Manifest.Block(pack: packs.count - 1, block: number, live: live))
      }
    }
    let firstNew = packs.count
    packs += writer.packs
    for place in newBlocks {
      blocks[place.split].append(Manifest.Block(pack: firstNew + place.pack, block: place.block, live: .all))
    }
    return Manifest(
      packs: packs,
      splits: order.map {
        Manifest.Split(name: splits[$0].name, records: splits[$0].records, blocks: blocks[$0])
      })
  }

  /// Which records of a block each split uses, by split.
  private func bitmaps(_ pack: Int, _ block: PackBlock) -> [(split: UInt16, live: Manifest.Live)] {
    var bits: [UInt16: [UInt8]] = [:]
    var counts: [UInt16: Int] = [:]
    for record in 0..<block.records {
      guard let split = baseRecords.split(pack: pack, record: block.firstRecord + record) else { continue }
      bits[split, default: [UInt8](repeating: 0, count: (block.records + 7) / 8)][record / 8] |=
        1 << (record % 8)
      counts[split, default: 0] += 1
    }
    return bits.keys.sorted().map { split in
      (split: split, live: counts[split] == block.records ? .all : .some(bits[split] ?? []))
    }
  }
}
