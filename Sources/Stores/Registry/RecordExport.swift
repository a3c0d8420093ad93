import Bytes
import Foundation
import Text

extension DatasetRegistry {
  /// Calls `body` with the id and the canonical JSON of each record of a split; the bytes are valid inside it only.
  ///
  /// Every block is checked against its hash. In sorted order the split's count and root are checked as well, before
  /// the first call; the records wait in an unnamed temporary file meanwhile, memory holds their ids only.
  /// - Parameters:
  ///   - version: the version object's digest.
  ///   - split: the split's name.
  ///   - sortedByID: whether to sort by the ids' bytes; otherwise the order is that of storage.
  ///   - spoolFolder: where the temporary file is made; default the system's temporary folder.
  ///   - body: gets each record.
  /// - Throws: ``RegistryError`` for a split that is missing and for damage, or what the store or `body` throws.
  public func forEachRecord(
    of version: Digest, split: String, sortedByID: Bool, spoolFolder: String? = nil,
    _ body: (String, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let object = ObjectName.version(version).path
    guard let summary = try self.version(version).splits.first(where: { $0.name == split }) else {
      throw RegistryError(.missing, split, "the version has no such split")
    }
    let manifest = try manifest(of: version)
    guard let blocks = manifest.splits.first(where: { $0.name == split })?.blocks else {
      throw RegistryError(.damaged, object, "the manifest lacks a split")
    }
    let parser = JSONParser(maximumLength: PackFormat.maximumRecord)
    if !sortedByID {
      try forEachLive(manifest, blocks) { pack, json in
        let id = try Self.id(of: json, parser, pack) { String(decoding: $0, as: UTF8.self) }
        try body(id, json)
      }
      return
    }
    let spool = try RecordSpool(folder: spoolFolder ?? FileManager.default.temporaryDirectory.path)
    var table = RecordTable()
    var hasher = SHA256Hasher()
    try forEachLive(manifest, blocks) { pack, json in
      let digest = ContentRoot.recordDigest(json, &hasher)
      let isNew = try Self.id(of: json, parser, pack) { table.insert($0, digest: digest.bytes, split: 0) }
      guard isNew else { throw PackFormat.damaged(pack, "an id occurs twice in a split") }
      try spool.append(json)
    }
    let order = table.sorted(split: 0)
    guard order.count == summary.records, table.root(order) == summary.root else {
      throw RegistryError(.damaged, object, "the records do not give the split's root")
    }
    for record in order { try spool.read(record) { try body(table.id(record), $0) } }
  }

  /// Calls `body` with the pack's name and the bytes of each live record of a split's blocks.
  func forEachLive(
    _ manifest: Manifest, _ blocks: [Manifest.Block], _ body: (String, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var open: (pack: Int, index: PackIndex)?
    for entry in blocks {
      let pack = manifest.packs[entry.pack]
      let index: PackIndex
      if let open, open.pack == entry.pack {
        index = open.index
      } else {
        index = try PackIndex.read(store, pack.path, size: pack.bytes)
        open = (pack: entry.pack, index: index)
      }
      let block = try index.block(of: entry, in: manifest)
      let text = try PackReader.text(store, pack.path, index, block: entry.block)
      try index.forEachRecord(of: block, in: text) { record, json in
        if entry.live.contains(record - block.firstRecord) { try body(pack.path, json) }
      }
    }
  }

  /// Hands the bytes of a record's id to `body`.
  static func id<Result>(
    of json: UnsafeRawBufferPointer, _ parser: JSONParser, _ pack: String,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    do {
      return try parser.parse(json) { value in
        guard let id = value["id"]?.utf8 else { throw PackFormat.damaged(pack, "a record has no id") }
        return try body(id)
      }
    } catch let fault as JSONFault {
      throw PackFormat.damaged(pack, "a record is not JSON: \(fault.rawValue)")
    }
  }
}

/// Records in a temporary file without a name, which the system removes with the process.
private final class RecordSpool {
  private let descriptor: Int32
  private let path: String
  private let pending = ByteBuffer(capacity: 1 << 20)
  private var ends: [Int] = []

  init(folder: String) throws {
    path = "\(folder)/flywheel-spool-\(getpid())-\(Hex.encode(KeyedHash.randomBytes(8)))"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError("open", path) }
    unlink(path)
  }

  deinit { close(descriptor) }

  func append(_ json: UnsafeRawBufferPointer) throws {
    pending.append(json)
    ends.append((ends.last ?? 0) + json.count)
    if pending.count >= 1 << 20 { try flush() }
  }

  private func flush() throws {
    try DurableFile.writeAll(descriptor, pending.view, path: path)
    pending.removeAll()
  }

  func read(_ record: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    if pending.count > 0 { try flush() }
    let start = record == 0 ? 0 : ends[record - 1]
    let bytes = try DurableFile.readAt(descriptor, offset: start, count: ends[record] - start, path: path)
    guard bytes.count == ends[record] - start else { throw FileError("read", path, code: EIO) }
    try bytes.withUnsafeBytes { try body($0) }
  }
}
