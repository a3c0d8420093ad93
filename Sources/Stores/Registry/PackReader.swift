import Bytes

/// What a forward scan of a pack found: what can be saved where the index is lost.
public struct PackScan: Sendable, Hashable {
  /// Blocks whose text matches its hash.
  public var blocks = 0
  /// Records in them.
  public var records = 0
  /// Places where a block begins whose text cannot be had.
  public var lostBlocks = 0
}

/// Reads blocks of packs.
public enum PackReader {
  /// The header of a block.
  private struct Header {
    let codec: PackCodec
    let compressed: Int
    let raw: Int
    let records: Int
    let hash: [UInt8]

    init?(_ bytes: UnsafeRawBufferPointer) {
      var reader = ByteReader(bytes)
      guard let magic = reader.take(8), magic.elementsEqual(PackFormat.blockMagic),
        let byte = reader.take(1)?.first, let codec = PackCodec(rawValue: byte),
        let compressed = reader.u32(),
        let raw = reader.u32(), let records = reader.u32(), let hash = reader.take(32),
        raw <= PackFormat.maximumRaw
      else { return nil }
      self.codec = codec
      self.compressed = compressed
      self.raw = raw
      self.records = records
      self.hash = [UInt8](hash)
    }

    /// The text of a payload; nil unless it decodes and matches the hash.
    func text(_ payload: UnsafeRawBufferPointer) -> [UInt8]? {
      let text: [UInt8]?
      switch codec {
      case .none: text = payload.count == raw ? [UInt8](payload) : nil
      case .lz4: text = try? LZ4Frame.decompress(payload, size: raw)
      case .zstd: text = try? ZstdFrame.decompress(payload, size: raw)
      }
      guard let text, text.count == raw, Digest.sha256(text).bytes == hash else { return nil }
      return text
    }
  }

  /// The text of a block, checked against its index entry and its hash.
  static func text(
    _ store: any ObjectStore, _ name: String, _ index: PackIndex, block number: Int
  ) throws -> [UInt8] {
    let block = index.blocks[number]
    let bytes = try store.read(name, range: block.range)
    guard bytes.count == block.range.count else {
      throw PackFormat.damaged(name, "ends inside a block", block: number)
    }
    let text = try bytes.withUnsafeBytes { run -> [UInt8] in
      guard let header = Header(run), header.compressed == block.compressed, header.raw == block.raw,
        header.records == block.records
      else { throw PackFormat.damaged(name, "a block's header differs from the index", block: number) }
      let payload = UnsafeRawBufferPointer(rebasing: run[PackFormat.blockHeader...])
      guard let text = header.text(payload) else {
        throw PackFormat.damaged(name, "a block does not match its hash", block: number)
      }
      return text
    }
    var place = 0
    for record in block.firstRecord..<block.firstRecord + block.records {
      place += Int(index.lengths[record]) + 1
      guard text[place - 1] == 0x0A else {
        throw PackFormat.damaged(name, "a record does not end where the index says", block: number)
      }
    }
    return text
  }

  /// Finds the blocks of a pack without its index, by their magic, and hands out the text of each that is whole.
  /// - Parameters:
  ///   - store: where the pack is.
  ///   - name: the pack's object name.
  ///   - body: gets each block's JSON Lines, in the pack's order.
  /// - Returns: what was found.
  /// - Throws: what the store or `body` throws; damage is counted, not thrown.
  public static func scan(
    _ store: any ObjectStore, _ name: String, _ body: ([UInt8]) throws -> Void
  ) throws -> PackScan {
    guard let size = try store.size(of: name) else { throw RegistryError(.missing, name, "no such object") }
    var result = PackScan()
    var place = 0
    while place + PackFormat.blockHeader <= size {
      let head = try store.read(name, range: place..<place + PackFormat.blockHeader)
      if head.starts(with: PackFormat.blockMagic) {
        let header = head.withUnsafeBytes { Header($0) }
        let start = place + PackFormat.blockHeader
        if let header, start + header.compressed <= size {
          let payload = try store.read(name, range: start..<start + header.compressed)
          if let text = payload.withUnsafeBytes({ header.text($0) }) {
            result.blocks += 1
            result.records += header.records
            try body(text)
            place = start + header.compressed
            continue
          }
        }
        result.lostBlocks += 1
        place += PackFormat.blockMagic.count
      }
      place = try nextMagic(store, name, from: place, size: size)
    }
    return result
  }

  private static func nextMagic(
    _ store: any ObjectStore, _ name: String, from: Int, size: Int
  ) throws -> Int {
    let magic = PackFormat.blockMagic
    var place = from
    while place < size {
      let window = try store.read(name, range: place..<min(size, place + 1 << 20))
      guard window.count >= magic.count else { return size }
      for offset in 0...window.count - magic.count where window[offset] == magic[0] {
        if window[offset..<offset + magic.count].elementsEqual(magic) { return place + offset }
      }
      // The last bytes may hold the beginning of a magic.
      place += window.count - magic.count + 1
    }
    return size
  }
}
