import Bytes

/// The hashes that name content, apart from how it is packed.
///
/// - record digest: SHA-256 of `flywheel.record.v1`, a zero byte and the record's canonical JSON without newline;
/// - leaf: SHA-256 of 0x00, the id's length (u32 little-endian), the id, the record digest;
/// - inner node: SHA-256 of 0x01, left, right; a node without a partner is promoted, which is the tree of RFC 6962;
/// - a split's root: the tree over its leaves sorted by the ids' bytes; of no leaves the SHA-256 of nothing;
/// - content root: SHA-256 of `flywheel.content.v1`, a zero byte, and for each split sorted by name the name's
///   length (u32 little-endian), the name, the count (u64 little-endian) and the split's root.
public enum ContentRoot {
  static let recordPrefix = Array("flywheel.record.v1\0".utf8)
  static let contentPrefix = Array("flywheel.content.v1\0".utf8)

  /// The digest of a record's canonical JSON.
  public static func recordDigest(_ canonicalJSON: UnsafeRawBufferPointer) -> Digest {
    var hasher = SHA256Hasher()
    return recordDigest(canonicalJSON, &hasher)
  }

  static func recordDigest(_ canonicalJSON: UnsafeRawBufferPointer, _ hasher: inout SHA256Hasher) -> Digest {
    hasher.update(recordPrefix)
    hasher.update(canonicalJSON)
    return hasher.finish()
  }

  /// The content root of splits, given in any order.
  public static func root(of splits: [SplitSummary]) -> Digest {
    let out = ByteBuffer()
    out.append(contentPrefix)
    for split in splits.sorted(by: SplitSummary.byName) {
      let name = Array(split.name.utf8)
      out.append(u32: UInt32(name.count))
      out.append(name)
      out.append(u64: UInt64(split.records))
      out.append(split.root.bytes)
    }
    return Digest.sha256(out.view)
  }
}

/// A split of a version: its name, size and Merkle root.
public struct SplitSummary: Sendable, Hashable {
  /// The name, such as `train`.
  public let name: String
  /// Records in it.
  public let records: Int
  /// Its bytes as JSON Lines, newlines included.
  public let bytes: Int
  /// The root of the tree over its records.
  public let root: Digest

  /// States a split.
  /// - Parameters:
  ///   - name: the name, `[a-z0-9][a-z0-9._-]{0,99}`.
  ///   - records: records in it.
  ///   - bytes: its bytes as JSON Lines, newlines included.
  ///   - root: the root of the tree over its records.
  public init(name: String, records: Int, bytes: Int, root: Digest) {
    self.name = name
    self.records = records
    self.bytes = bytes
    self.root = root
  }

  static func byName(_ left: SplitSummary, _ right: SplitSummary) -> Bool {
    left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
  }
}

/// Builds a Merkle root from leaves in order, holding one node a level.
struct MerkleBuilder: ~Copyable {
  private var hasher = SHA256Hasher()
  private var pending: [(height: Int, hash: Digest)] = []

  init() {}

  /// Adds the next leaf.
  mutating func add(id: UnsafeRawBufferPointer, digest: UnsafeRawBufferPointer) {
    hasher.update([0])
    withUnsafeBytes(of: UInt32(id.count).littleEndian) { hasher.update($0) }
    hasher.update(id)
    hasher.update(digest)
    var node = (height: 0, hash: hasher.finish())
    while let left = pending.last, left.height == node.height {
      pending.removeLast()
      node = (height: node.height + 1, hash: join(left.hash, node.hash))
    }
    pending.append(node)
  }

  private mutating func join(_ left: Digest, _ right: Digest) -> Digest {
    hasher.update([1])
    hasher.update(left.bytes)
    hasher.update(right.bytes)
    return hasher.finish()
  }

  /// The root over all leaves added.
  mutating func finish() -> Digest {
    guard var node = pending.popLast()?.hash else { return hasher.finish() }
    while let left = pending.popLast() { node = join(left.hash, node) }
    return node
  }
}

extension ByteBuffer {
  /// Appends 4 bytes, least significant first.
  func append(u32 value: UInt32) { withUnsafeBytes(of: value.littleEndian) { append($0) } }

  /// Appends 8 bytes, least significant first.
  func append(u64 value: UInt64) { withUnsafeBytes(of: value.littleEndian) { append($0) } }
}
