import Bytes

/// How a block's text is compressed.
///
/// The raw value is the codec byte of the pack format.
public enum PackCodec: UInt8, Sendable, CaseIterable {
  /// As it is.
  case none = 0
  /// One LZ4 frame.
  case lz4 = 1
  /// One zstd frame of level 3.
  case zstd = 2
}

/// The layout of a pack, all numbers little-endian.
///
/// ```
/// file     "flywheelpack" | u32 version = 1
/// block    "FWBLOCK\x01" | u8 codec | u32 compressed | u32 raw | u32 records | SHA-256 of the raw text | payload
/// …
/// index    u32 blocks | per block: u64 offset | u32 compressed | u32 raw | u32 records
///                                  | per record: digest (32 bytes) | u32 length without newline
/// end      u32 length of the index | SHA-256 of the index | "FWPKEND\x01"
/// ```
///
/// The raw text is JSON Lines. Each block decodes alone, and its magic lets a reader find blocks where the
/// index is lost: canonical JSON holds no byte 1.
enum PackFormat {
  static let fileMagic = Array("flywheelpack".utf8) + [1, 0, 0, 0]
  static let blockMagic = Array("FWBLOCK\u{1}".utf8)
  static let endMagic = Array("FWPKEND\u{1}".utf8)
  static let blockHeader = 53
  static let footer = 44
  /// The longest record, which is the JSON parser's default limit.
  static let maximumRecord = 16 << 20
  /// No block of ours is longer: one record, or records up to the block size.
  static let maximumRaw = 32 << 20

  static func damaged(_ pack: String, _ reason: String, block: Int? = nil) -> RegistryError {
    RegistryError(.damaged, pack, reason, number: block)
  }

  /// Compresses a block's text; the codec is `none` where it would not shrink.
  static func encode(_ text: UnsafeRawBufferPointer, _ codec: PackCodec) throws -> (PackCodec, [UInt8]) {
    let packed: [UInt8]
    switch codec {
    case .none: return (.none, [UInt8](text))
    case .lz4: packed = try LZ4Frame.compress(text)
    case .zstd: packed = try ZstdFrame.compress(text)
    }
    return packed.count < text.count ? (codec, packed) : (.none, [UInt8](text))
  }
}

/// Reads numbers and runs from bytes, nil past the end.
struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var place = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var rest: Int { bytes.count - place }

  mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count >= 0, count <= rest else { return nil }
    defer { place += count }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
  }

  mutating func u32() -> Int? { take(4).map { Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) } }

  mutating func u64() -> Int? {
    take(8).flatMap { Int(exactly: UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))) }
  }
}

/// A block's entry in the index of its pack.
struct PackBlock: Hashable {
  let offset: Int
  let compressed: Int
  let raw: Int
  /// Number in the pack of the block's first record.
  let firstRecord: Int
  let records: Int

  var range: Range<Int> { offset..<offset + PackFormat.blockHeader + compressed }
}

/// The index at the end of a pack: where blocks and records are, and the records' digests.
struct PackIndex {
  private(set) var blocks: [PackBlock] = []
  /// 32 bytes a record, in the pack's order.
  private(set) var digests: [UInt8] = []
  /// Each record's bytes without its newline.
  private(set) var lengths: [UInt32] = []

  /// Reads the index of a pack of `size` bytes from its end.
  static func read(_ store: any ObjectStore, _ name: String, size: Int) throws -> PackIndex {
    let least = PackFormat.fileMagic.count + PackFormat.footer
    guard size >= least else { throw PackFormat.damaged(name, "is shorter than an empty pack") }
    // One read finds the index of most packs: 36 bytes a record.
    var tail = try store.read(name, range: max(0, size - 64 << 10)..<size)
    let footer = tail.suffix(PackFormat.footer)
    guard footer.count == PackFormat.footer, footer.suffix(8).elementsEqual(PackFormat.endMagic) else {
      throw PackFormat.damaged(name, "does not end as a pack does")
    }
    let length = footer.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    let expected = Array(footer.dropFirst(4).prefix(32))
    let start = size - PackFormat.footer - length
    guard start >= PackFormat.fileMagic.count else {
      throw PackFormat.damaged(name, "has no room for its index")
    }
    if tail.count < length + PackFormat.footer { tail = try store.read(name, range: start..<size) }
    guard tail.count >= length + PackFormat.footer else { throw PackFormat.damaged(name, "is cut short") }
    return try tail.withUnsafeBytes { bytes in
      let from = bytes.count - PackFormat.footer - length
      let body = UnsafeRawBufferPointer(rebasing: bytes[from..<from + length])
      guard Digest.sha256(body).bytes == expected else {
        throw PackFormat.damaged(name, "the index does not match its hash")
      }
      guard let index = PackIndex(body, end: start) else {
        throw PackFormat.damaged(name, "the index contradicts itself")
      }
      return index
    }
  }

  /// Reads an index whose blocks lie back to back up to `end`; nil if they do not.
  private init?(_ body: UnsafeRawBufferPointer, end: Int) {
    var reader = ByteReader(body)
    guard let count = reader.u32() else { return nil }
    var offset = PackFormat.fileMagic.count
    for _ in 0..<count {
      guard let start = reader.u64(), start == offset, let compressed = reader.u32(), let raw = reader.u32(),
        let records = reader.u32(), raw <= PackFormat.maximumRaw, records * 36 <= reader.rest
      else { return nil }
      blocks.append(
        PackBlock(
          offset: offset, compressed: compressed, raw: raw, firstRecord: lengths.count, records: records))
      var text = 0
      for _ in 0..<records {
        guard let digest = reader.take(32), let length = reader.u32() else { return nil }
        digests.append(contentsOf: digest)
        lengths.append(UInt32(length))
        text += length + 1
      }
      offset += PackFormat.blockHeader + compressed
      guard text == raw else { return nil }
    }
    guard offset == end, reader.rest == 0 else { return nil }
  }

  func digest(_ record: Int) -> ArraySlice<UInt8> { digests[record * 32..<record * 32 + 32] }

  /// Hands over the digests, so that they are in memory once.
  mutating func takeDigests() -> [UInt8] {
    defer { digests = [] }
    return digests
  }

  /// Calls `body` with the number in the pack and the bytes of each record in a block's text.
  func forEachRecord(
    of block: PackBlock, in text: [UInt8], _ body: (Int, UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    try text.withUnsafeBytes { bytes in
      var place = 0
      for record in block.firstRecord..<block.firstRecord + block.records {
        let length = Int(lengths[record])
        try body(record, UnsafeRawBufferPointer(rebasing: bytes[place..<place + length]))
        place += length + 1
      }
    }
  }
}
