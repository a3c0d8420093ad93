import Bytes
import CXXHash
import Foundation
import Records
import Text

/// A run that stands on the disk.
public struct SignatureRun: Sendable, Hashable {
  /// The SHA-256 of the file's bytes, 64 lower-case hexadecimal digits.
  public let name: String
  /// Documents in it.
  public let documents: Int
  /// Bytes of the file.
  public let fileBytes: Int
}

/// Writes one run, part by part, and puts it in place under the name of its content.
///
/// It is owned by one task. A writer that goes away unsealed takes its temporary file along.
final class RunWriter {
  private static let pieceBytes = 1 << 20

  private let folder: String
  private let layout: RunLayout
  private let sketchVersion: UInt64
  private let isDurable: Bool
  private let descriptor: Int32
  private let temporary: String
  private let buffer = ByteBuffer(capacity: pieceBytes + RunFormat.longestSketch)
  private var hasher = SHA256Hasher()
  private var part = PartHasher()
  private var partBytes = 0
  private var checksums: [UInt64] = []
  private var isOpen = true

  /// Starts a temporary file in the folder, which is made if it is missing; see ``SignatureIndex`` for what is durable.
  init(folder: String, layout: RunLayout, sketchVersion: UInt64, isDurable: Bool) throws {
    try DurableFile.makeFolder(folder)
    (descriptor, temporary) = try DurableFile.openTemporary("\(folder)/run")
    self.folder = folder
    self.layout = layout
    self.sketchVersion = sketchVersion
    self.isDurable = isDurable
    buffer.append(RunFormat.magic)
    buffer.append(little: RunFormat.version)
    buffer.append(little: UInt32(RecordSketch.bandCount))
    try flush(inPart: false)
  }

  deinit { discard() }

  /// Where to append the next bytes of the current part, at most ``RunFormat/longestSketch`` between two calls of this.
  @inline(__always)
  func room() throws -> ByteBuffer {
    if buffer.count >= Self.pieceBytes { try flush(inPart: true) }
    return buffer
  }

  /// Ends a part; its length must be what the layout says.
  func endPart() throws {
    try flush(inPart: true)
    precondition(
      partBytes == layout.lengths[checksums.count], "a part of a run has another length than planned")
    checksums.append(part.finish())
    for _ in 0..<(-partBytes & 7) { buffer.append(0) }
    partBytes = 0
    try flush(inPart: false)
  }

  /// Writes the footer, flushes the file to the disk and renames it to the SHA-256 of its bytes.
  ///
  /// When it returns, file and name survive a power cut, if it is durable; if not, the name is the SHA-256 of what
  /// stands outside of the parts, their checksums among it.
  func seal() throws -> SignatureRun {
    buffer.append(RunFooter(layout: layout, sketchVersion: sketchVersion, checksums: checksums).encode())
    try flush(inPart: false)
    guard !isDurable || fsync(descriptor) == 0 else { throw FileError("fsync", temporary) }
    let run = SignatureRun(
      name: hasher.finish().hex, documents: layout.documents, fileBytes: layout.fileBytes)
    let path = "\(folder)/\(run.name)\(RunFormat.suffix)"
    guard rename(temporary, path) == 0 else { throw FileError("rename", path) }
    isOpen = false
    close(descriptor)
    guard isDurable else { return run }
    try DurableFile.syncFolder(folder)
    // The folder's own entry too: whoever made it may have been killed before it was durable.
    let parent = (folder as NSString).deletingLastPathComponent
    try DurableFile.syncFolder(parent.isEmpty ? "." : parent)
    return run
  }

  private func discard() {
    guard isOpen else { return }
    isOpen = false
    unlink(temporary)
    close(descriptor)
  }

  private func flush(inPart: Bool) throws {
    if inPart {
      part.update(buffer.view)
      partBytes += buffer.count
    }
    try DurableFile.writeAll(descriptor, buffer.view, path: temporary)
    if isDurable || !inPart { hasher.update(buffer.view) }
    buffer.removeAll()
  }
}

/// XXH3 with 64 bits over pieces.
struct PartHasher: ~Copyable {
  private let state: OpaquePointer

  init() {
    guard let state = XXH3_createState() else { fatalError("out of memory for a hash state") }
    self.state = state
    XXH3_64bits_reset(state)
  }

  deinit { XXH3_freeState(state) }

  func update(_ run: UnsafeRawBufferPointer) {
    guard let start = run.baseAddress, !run.isEmpty else { return }
    cxxhash_update(state, start, run.count)
  }

  /// The hash of everything added; the hasher starts anew.
  func finish() -> UInt64 {
    defer { XXH3_64bits_reset(state) }
    return XXH3_64bits_digest(state)
  }
}

/// The first three parts: content hashes in ascending order, and what is looked up before them.
struct HashParts {
  private let block = ByteBuffer(capacity: RunFormat.blockDocuments * RunFormat.hashBytes)
  private let blocks = ByteBuffer()
  private var first: ContentHash?
  private var filter: [UInt64]

  init(documents: Int) {
    filter = [UInt64](repeating: 0, count: RunFormat.filterWords(documents))
  }

  /// Adds a content, larger than all before.
  mutating func add(_ content: ContentHash, to writer: RunWriter) throws {
    if first == nil { first = content }
    block.append(content)
    filter[RunFilter.word(content, of: filter.count)] |= RunFilter.bits(content)
    if block.count == RunFormat.blockDocuments * RunFormat.hashBytes { try endBlock(writer) }
  }

  /// Ends the hashes and writes blocks and filter.
  mutating func finish(_ writer: RunWriter) throws {
    try endBlock(writer)
    try writer.endPart()
    try writer.appendAll(blocks.view)
    try writer.endPart()
    for word in filter { try writer.room().append(little: word) }
    try writer.endPart()
  }

  private mutating func endBlock(_ writer: RunWriter) throws {
    guard let first else { return }
    blocks.append(first)
    blocks.append(little: RunFormat.checksum(block.view))
    try writer.room().append(block.view)
    block.removeAll()
    self.first = nil
  }
}

/// The two parts of a band: entries in ascending order, and where each bucket of them begins.
struct BandParts {
  private let shift: UInt64
  private var counts: [UInt32]

  init(banded: Int) {
    let bits = RunFormat.bucketBits(banded)
    shift = UInt64(BandEntry.keyBits - bits)
    counts = [UInt32](repeating: 0, count: 1 << bits + 1)
  }

  /// Adds an entry, larger than all before.
  @inline(__always)
  mutating func add(_ entry: UInt64, to writer: RunWriter) throws {
    counts[Int(BandEntry.key(of: entry) >> shift) + 1] &+= 1
    try writer.room().append(little: entry)
  }

  /// Ends the entries and writes the buckets.
  func finish(_ writer: RunWriter) throws {
    try writer.endPart()
    var sum: UInt32 = 0
    for count in counts {
      sum &+= count
      try writer.room().append(little: sum)
    }
    try writer.endPart()
  }
}

extension RunWriter {
  /// Appends any number of bytes to the current part.
  func appendAll(_ run: UnsafeRawBufferPointer) throws {
    var rest = run
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(RunFormat.longestSketch))
      try room().append(piece)
      rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
    }
  }

  /// Writes documents as a run and seals it.
  ///
  /// Sketches are looked at twice only, in the order in which they stand in memory and in that of the run, since each
  /// look at one is a miss of the cache.
  /// - Parameters:
  ///   - documents: contents and sketches.
  ///   - order: which of them to write, in ascending order of their contents, none twice, at least one.
  ///   - folder: where.
  ///   - sketchVersion: how the sketches were made.
  ///   - isDurable: whether the run must survive a power cut.
  /// - Returns: the run.
  /// - Throws: ``SignatureError`` with `tooMany`, or `FileError`.
  static func write(
    _ documents: [(content: ContentHash, sketch: RecordSketch)], order: [(content: ContentHash, index: Int)],
    folder: String, sketchVersion: UInt64, isDurable: Bool
  ) throws -> SignatureRun {
    let sizes = documents.map { (stored: $0.sketch.storedBytes, isBanded: !$0.sketch.bands.isEmpty) }
    let banded = order.count { sizes[$0.index].isBanded }
    let sketchBytes = order.reduce(0) { $0 + sizes[$1.index].stored }
    guard let layout = RunLayout(documents: order.count, banded: banded, sketchBytes: sketchBytes) else {
      throw SignatureError(.tooMany, folder)
    }
    let writer = try RunWriter(
      folder: folder, layout: layout, sketchVersion: sketchVersion, isDurable: isDurable)

    var hashes = HashParts(documents: order.count)
    for (content, _) in order { try hashes.add(content, to: writer) }
    try hashes.finish(writer)
    var place = 0
    for (_, index) in order {
      try writer.room().append(little: UInt64(place))
      place += sizes[index].stored
    }
    try writer.room().append(little: UInt64(place))
    try writer.endPart()

    var entries = [[UInt64]](repeating: [], count: RecordSketch.bandCount)
    for band in entries.indices { entries[band].reserveCapacity(banded) }
    for (ordinal, (content, index)) in order.enumerated() {
      let sketch = documents[index].sketch
      sketch.store(in: try writer.room(), seed: content.sketchSeed)
      for (band, hash) in sketch.bands.enumerated() {
        entries[band].append(BandEntry.make(key: BandEntry.key(hash), ordinal: ordinal))
      }
    }
    try writer.endPart()
    var scratch: [UInt64] = []
    for band in entries.indices {
      BandEntry.sort(&entries[band], &scratch)
      var parts = BandParts(banded: banded)
      for entry in entries[band] { try parts.add(entry, to: writer) }
      try parts.finish(writer)
      entries[band] = []
    }
    return try writer.seal()
  }
}

extension RecordSketch {
  /// Bytes that its shingles take in a run.
  var storedBytes: Int { RunFormat.sketchHead + 4 * (input.smallest.count + output.smallest.count) }

  /// Whether it has the shape that a run stores.
  var isStorable: Bool {
    (bands.isEmpty || bands.count == Self.bandCount) && Self.isStorable(input) && Self.isStorable(output)
  }

  private static func isStorable(_ set: ShingleSet) -> Bool {
    guard set.smallest.count <= ShingleSet.limit, set.smallest.count <= set.count, set.count <= UInt32.max
    else {
      return false
    }
    return set.smallest.withUnsafeBufferPointer { hashes in
      for place in hashes.indices.dropFirst() where hashes[place - 1] >= hashes[place] { return false }
      return true
    }
  }

  /// Appends the shingles as a run stores them.
  func store(in buffer: ByteBuffer, seed: UInt64) {
    let start = buffer.count
    buffer.append(little: UInt32(0))
    buffer.append(little: UInt32(input.count))
    buffer.append(little: UInt32(output.count))
    buffer.append(little: UInt32(input.smallest.count) | UInt32(output.smallest.count) << 16)
    for hash in input.smallest { buffer.append(little: hash) }
    for hash in output.smallest { buffer.append(little: hash) }
    let covered = UnsafeRawBufferPointer(rebasing: buffer.view[(start + 4)...])
    let checksum = UInt32(truncatingIfNeeded: RunFormat.checksum(covered, seed: seed))
    (buffer.base + start).storeBytes(of: checksum.littleEndian, as: UInt32.self)
  }

  /// Reads shingles as a run stores them, without the bands; nil if the bytes are not those of the document.
  init?(stored bytes: UnsafeRawBufferPointer, seed: UInt64) {
    guard bytes.count >= RunFormat.sketchHead else { return nil }
    func word(_ index: Int) -> UInt32 {
      bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self).littleEndian
    }
    let covered = UnsafeRawBufferPointer(rebasing: bytes[4...])
    let inputs = Int(word(3) & 0xFFFF)
    let outputs = Int(word(3) >> 16)
    guard UInt32(truncatingIfNeeded: RunFormat.checksum(covered, seed: seed)) == word(0),
      bytes.count == RunFormat.sketchHead + 4 * (inputs + outputs)
    else { return nil }
    func set(_ start: Int, _ kept: Int, _ count: UInt32) -> ShingleSet {
      let hashes = [UInt32](unsafeUninitializedCapacity: kept) { target, filled in
        for index in 0..<kept { target.initializeElement(at: index, to: word(start + index)) }
        filled = kept
      }
      return ShingleSet(smallest: hashes, count: Int(count))
    }
    self.init(bands: [], input: set(4, inputs, word(1)), output: set(4 + inputs, outputs, word(2)))
  }
}
