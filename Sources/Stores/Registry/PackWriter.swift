import Bytes

/// Writes blocks into packs, which go to the store as a stream and get their names at their ends.
final class PackWriter {
  private let store: any ObjectStore
  private let options: PublishOptions
  private var stream: (any ObjectStream)?
  private var hasher = SHA256Hasher()
  private var offset = 0
  private var blocks = 0
  private let index = ByteBuffer()
  private let scratch = ByteBuffer()
  /// The packs that are in place.
  private(set) var packs: [Manifest.Pack] = []

  init(_ store: any ObjectStore, _ options: PublishOptions) {
    self.store = store
    self.options = options
  }

  /// Bytes of the packs in place.
  var written: Int { packs.reduce(0) { $0 + $1.bytes } }

  /// Writes one block; the pack's number counts from 0 over this writer's packs.
  func append(_ block: BlockBuffer) throws -> (pack: Int, block: Int) {
    if stream == nil { try begin() }
    let (codec, payload) = try PackFormat.encode(block.text.view, options.codec)
    index.append(u64: UInt64(offset))
    index.append(u32: UInt32(payload.count))
    index.append(u32: UInt32(block.text.count))
    index.append(u32: UInt32(block.lengths.count))
    for (record, length) in block.lengths.enumerated() {
      index.append(Array(block.digests[record * 32..<record * 32 + 32]))
      index.append(u32: length)
    }
    scratch.removeAll()
    scratch.append(PackFormat.blockMagic)
    scratch.append(codec.rawValue)
    scratch.append(u32: UInt32(payload.count))
    scratch.append(u32: UInt32(block.text.count))
    scratch.append(u32: UInt32(block.lengths.count))
    scratch.append(Digest.sha256(block.text.view).bytes)
    scratch.append(payload)
    try put(scratch.view)
    let place = (pack: packs.count, block: blocks)
    blocks += 1
    if offset >= options.packBytes { try close() }
    return place
  }

  private func begin() throws {
    stream = try store.createStream()
    offset = 0
    blocks = 0
    index.removeAll()
    scratch.removeAll()
    scratch.append(PackFormat.fileMagic)
    try put(scratch.view)
  }

  private func put(_ run: UnsafeRawBufferPointer) throws {
    try stream?.append(run)
    hasher.update(run)
    offset += run.count
  }

  /// Ends the open pack, if there is one.
  func close() throws {
    guard let stream else { return }
    scratch.removeAll()
    scratch.append(u32: UInt32(blocks))
    scratch.append(index.view)
    let hash = Digest.sha256(scratch.view)
    let length = scratch.count
    scratch.append(u32: UInt32(length))
    scratch.append(hash.bytes)
    scratch.append(PackFormat.endMagic)
    try put(scratch.view)
    let digest = hasher.finish()
    let name = ObjectName.pack(digest).path
    if try !stream.commit(as: name) {
      // An earlier attempt left it; it is trusted only if it is what its name says.
      guard try Self.hash(store, name) == digest else {
        throw PackFormat.damaged(name, "the bytes do not match the name")
      }
    }
    packs.append(Manifest.Pack(digest: digest, bytes: offset))
    self.stream = nil
  }

  /// The SHA-256 of an object of any size, read in pieces.
  static func hash(_ store: any ObjectStore, _ name: String) throws -> Digest {
    guard let size = try store.size(of: name) else { throw RegistryError(.missing, name, "no such object") }
    var hasher = SHA256Hasher()
    for start in stride(from: 0, to: size, by: 4 << 20) {
      hasher.update(try store.read(name, range: start..<min(size, start + 4 << 20)))
    }
    return hasher.finish()
  }
}

/// A block under construction: the records of one split until there are enough of them.
final class BlockBuffer {
  let text = ByteBuffer(capacity: 64 << 10)
  private(set) var digests: [UInt8] = []
  private(set) var lengths: [UInt32] = []

  func append(_ json: UnsafeRawBufferPointer, digest: some Sequence<UInt8>) {
    text.append(json)
    text.append(0x0A)
    digests.append(contentsOf: digest)
    lengths.append(UInt32(json.count))
  }

  func removeAll() {
    text.removeAll()
    digests.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
  }
}

/// How records are packed.
///
/// None of it changes a content root or a version's name.
public struct PublishOptions: Sendable, Hashable {
  /// How blocks are compressed; default zstd, stored plain where that does not shrink.
  public let codec: PackCodec
  /// Bytes of JSON Lines in a block, 1 up; default 256 KiB.
  ///
  /// One record alone may be longer.
  public let blockBytes: Int
  /// A pack ends when it has this many bytes, 1 up; default 16 MiB, so that packs stay within 8 to 32 MiB.
  public let packBytes: Int

  /// Takes the sizes.
  /// - Parameters:
  ///   - codec: how blocks are compressed; default zstd.
  ///   - blockBytes: bytes of JSON Lines in a block, 1 up; default 256 KiB, at which chat records compress 2.9x
  ///     and a nightly change of 1 % costs about its own size.
  ///   - packBytes: a pack ends when it has this many bytes, 1 up; default 16 MiB.
  public init(codec: PackCodec = .zstd, blockBytes: Int = 256 << 10, packBytes: Int = 16 << 20) {
    self.codec = codec
    self.blockBytes = min(max(blockBytes, 1), PackFormat.maximumRecord)
    self.packBytes = max(packBytes, 1)
  }
}
