import Bytes
import Foundation
import Text

/// Reads a run; several tasks may do so at the same time.
///
/// Band tables are mapped; everything else is read when it is needed, so that a run of millions of documents takes
/// 1.6 bytes of memory for each.
final class RunReader: Sendable {
  let run: SignatureRun
  let footer: RunFooter
  let path: String
  private let descriptor: Int32
  /// For each block of hashes the first one and the checksum.
  private let blocks: [(first: ContentHash, checksum: UInt64)]
  private let filter: [UInt64]
  nonisolated(unsafe) private let map: UnsafeRawPointer  // read only, until deinit

  var layout: RunLayout { footer.layout }
  var documents: Int { footer.layout.documents }

  /// Opens a run, and reads and checks what is needed to find anything in it.
  /// - Throws: ``SignatureError`` with `badName`, `missing`, `foreign`, `newer` or `damaged`, or `FileError`.
  init(folder: String, name: String) throws {
    guard let path = RunFormat.path(folder, name) else { throw SignatureError(.badName, name) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { throw SignatureError(.missing, path) }
      throw FileError("open", path)
    }
    do {
      let footer = try Self.readFooter(descriptor, path)
      let layout = footer.layout
      func part(_ part: Int) throws -> [UInt8] {
        let bytes = try DurableFile.readAt(
          descriptor, offset: layout.offsets[part], count: layout.lengths[part], path: path)
        guard bytes.count == layout.lengths[part],
          bytes.withUnsafeBytes({ RunFormat.checksum($0) }) == footer.checksums[part]
        else { throw SignatureError(.damaged, path, part: RunPart.name(part)) }
        return bytes
      }
      blocks = try part(RunPart.blocks).withUnsafeBytes { view in
        stride(from: 0, to: view.count, by: RunFormat.blockBytes).compactMap { place in
          view.baseAddress.map { base in
            (
              ContentHash(at: base + place),
              view.loadUnaligned(fromByteOffset: place + 16, as: UInt64.self).littleEndian
            )
          }
        }
      }
      filter = try part(RunPart.filter).withUnsafeBytes { view in
        stride(from: 0, to: view.count, by: 8).map {
          view.loadUnaligned(fromByteOffset: $0, as: UInt64.self).littleEndian
        }
      }
      guard let map = mmap(nil, layout.fileBytes, PROT_READ, MAP_SHARED, descriptor, 0), map != MAP_FAILED
      else { throw FileError("mmap", path) }
      self.map = UnsafeRawPointer(map)
      self.footer = footer
      run = SignatureRun(name: name, documents: layout.documents, fileBytes: layout.fileBytes)
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: map), layout.fileBytes)
    close(descriptor)
  }

  private static func readFooter(_ descriptor: Int32, _ path: String) throws -> RunFooter {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("stat", path) }
    let size = Int(status.st_size)
    let head = try DurableFile.readAt(descriptor, offset: 0, count: RunFormat.headerBytes, path: path)
    guard status.st_mode & S_IFMT == S_IFREG, size > RunFormat.headerBytes + RunFormat.footerBytes,
      head.count == RunFormat.headerBytes, Array(head[..<8]) == RunFormat.magic
    else { throw SignatureError(.foreign, path) }
    let version = head.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self).littleEndian }
    guard version <= RunFormat.version else { throw SignatureError(.newer, path) }
    let bands = head.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 12, as: UInt32.self).littleEndian }
    guard version == RunFormat.version, bands == RecordSketch.bandCount else {
      throw SignatureError(.damaged, path, part: "header")
    }
    let tail = try DurableFile.readAt(
      descriptor, offset: size - RunFormat.footerBytes, count: RunFormat.footerBytes, path: path)
    guard let footer = RunFooter(tail), footer.layout.fileBytes == size else {
      throw SignatureError(.damaged, path, part: "footer")
    }
    return footer
  }

  func damaged(_ part: Int) -> SignatureError { SignatureError(.damaged, path, part: RunPart.name(part)) }

  private func read(_ part: Int, at offset: Int, _ count: Int) throws -> [UInt8] {
    let bytes = try DurableFile.readAt(
      descriptor, offset: layout.offsets[part] + offset, count: count, path: path)
    guard bytes.count == count else { throw damaged(part) }
    return bytes
  }

  /// Whether a document with this content is in the run.
  /// - Throws: ``SignatureError`` with `damaged`, or `FileError`.
  func contains(_ content: ContentHash) throws -> Bool {
    let bits = RunFilter.bits(content)
    guard filter[RunFilter.word(content, of: filter.count)] & bits == bits else { return false }
    // The last block that begins at or before the content.
    var (low, high) = (0, blocks.count)
    while low < high {
      let middle = (low + high) / 2
      if content < blocks[middle].first { high = middle } else { low = middle + 1 }
    }
    guard low > 0 else { return false }
    let start = (low - 1) * RunFormat.blockDocuments
    let count = min(RunFormat.blockDocuments, documents - start)
    let bytes = try read(RunPart.hashes, at: start * RunFormat.hashBytes, count * RunFormat.hashBytes)
    return try bytes.withUnsafeBytes { view in
      guard RunFormat.checksum(view) == blocks[low - 1].checksum, let base = view.baseAddress else {
        throw damaged(RunPart.hashes)
      }
      return (0..<count).contains { ContentHash(at: base + $0 * RunFormat.hashBytes) == content }
    }
  }

  /// The content of a document.
  /// - Throws: `FileError`, or ``SignatureError`` with `damaged` at the end of a file that was cut.
  func content(of ordinal: Int) throws -> ContentHash {
    let bytes = try read(RunPart.hashes, at: ordinal * RunFormat.hashBytes, RunFormat.hashBytes)
    return bytes.withUnsafeBytes { view in
      view.baseAddress.map { ContentHash(at: $0) } ?? ContentHash(high: 0, low: 0)
    }
  }

  /// The shingles of a document, without its bands.
  /// - Throws: ``SignatureError`` with `damaged`, also where `content` is not the document's, or `FileError`.
  func sketch(of ordinal: Int, content: ContentHash) throws -> RecordSketch {
    let ends = try read(RunPart.places, at: ordinal * 8, 16).withUnsafeBytes { view in
      (
        view.loadUnaligned(as: UInt64.self).littleEndian,
        view.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian
      )
    }
    guard ends.0 < ends.1, ends.1 <= layout.lengths[RunPart.sketches],
      ends.1 - ends.0 <= RunFormat.longestSketch
    else { throw damaged(RunPart.places) }
    let bytes = try read(RunPart.sketches, at: Int(ends.0), Int(ends.1 - ends.0))
    let sketch = bytes.withUnsafeBytes { RecordSketch(stored: $0, seed: content.sketchSeed) }
    guard let sketch else { throw damaged(RunPart.sketches) }
    return sketch
  }

  /// A band's entries and buckets.
  func band(_ number: Int) -> BandTable {
    BandTable(
      entries: map + layout.offsets[RunPart.entries(number)],
      count: layout.banded,
      buckets: map + layout.offsets[RunPart.buckets(number)],
      shift: UInt64(BandEntry.keyBits - RunFormat.bucketBits(layout.banded)))
  }

  /// Lets go of the memory that a band's pages take; the next use brings them back.
  func release(band number: Int) {
    let page = Int(getpagesize())
    let start = layout.offsets[RunPart.entries(number)] & ~(page - 1)
    let last = RunPart.buckets(number)
    let end = layout.offsets[last] + layout.lengths[last]
    madvise(UnsafeMutableRawPointer(mutating: map + start), end - start, MADV_DONTNEED)
  }

  /// Reads a part from its beginning to its end.
  func cursor(_ part: Int) -> PartCursor {
    PartCursor(
      descriptor: descriptor, offset: layout.offsets[part], length: layout.lengths[part],
      checksum: footer.checksums[part], reader: self, part: part)
  }

  /// Everything wrong with the file that opening it did not find; empty if nothing is.
  /// - Throws: `FileError`.
  func problems() throws -> [SignatureError] {
    var found: [SignatureError] = []
    var hasher = SHA256Hasher()
    var offset = 0
    while true {
      let piece = try DurableFile.readAt(descriptor, offset: offset, count: 1 << 20, path: path)
      if piece.isEmpty { break }
      hasher.update(piece)
      offset += piece.count
    }
    if hasher.finish().hex != run.name { found.append(SignatureError(.nameDiffers, path)) }
    for part in 0..<RunPart.count {
      do {
        try cursor(part).finish()
      } catch let error as SignatureError {
        found.append(error)
      }
    }
    return found
  }
}

/// Reads a part of a run in order, and checks it against its checksum at the end.
///
/// It is owned by one task.
final class PartCursor {
  private static let pieceBytes = 1 << 18

  private let descriptor: Int32
  private let reader: RunReader
  private let part: Int
  private let checksum: UInt64
  private let hasher = PartHasher()
  /// Where the next piece stands in the file, and how much of the part is not read.
  private var offset: Int
  private var rest: Int
  private let memory: UnsafeMutableRawPointer
  private var start = 0
  private var end = 0

  fileprivate init(
    descriptor: Int32, offset: Int, length: Int, checksum: UInt64, reader: RunReader, part: Int
  ) {
    self.descriptor = descriptor
    self.offset = offset
    rest = length
    self.checksum = checksum
    self.reader = reader
    self.part = part
    memory = .allocate(byteCount: Self.pieceBytes + RunFormat.longestSketch, alignment: 16)
  }

  deinit { memory.deallocate() }

  var isAtEnd: Bool { start == end && rest == 0 }

  /// The next `count` bytes, at most ``RunFormat/longestSketch`` where they are not in memory yet; valid until the next call.
  /// - Throws: ``SignatureError`` with `damaged` if the part ends before, or `FileError`.
  @inline(__always)
  func take(_ count: Int) throws -> UnsafeRawPointer {
    if end - start < count { try fill(count) }
    defer { start += count }
    return UnsafeRawPointer(memory + start)
  }

  /// The next eight bytes as a number.
  @inline(__always)
  func takeWord() throws -> UInt64 { try take(8).loadUnaligned(as: UInt64.self).littleEndian }

  /// The next words that are in memory, at least one and so many at most; valid until the next call.
  /// - Throws: ``SignatureError`` with `damaged` if the part ends before, or `FileError`.
  func takeWords(atMost most: Int) throws -> (words: UnsafeRawPointer, count: Int) {
    if end - start < 8 { try fill(8) }
    let count = min(most, (end - start) / 8)
    return (try take(count * 8), count)
  }

  private func fill(_ count: Int) throws {
    memory.copyMemory(from: memory + start, byteCount: end - start)
    end -= start
    start = 0
    while end < count {
      let got = pread(descriptor, memory + end, min(rest, Self.pieceBytes), off_t(offset))
      if got < 0 {
        if errno == EINTR { continue }
        throw FileError("read", reader.path)
      }
      guard got > 0 else { throw reader.damaged(part) }
      hasher.update(UnsafeRawBufferPointer(start: memory + end, count: got))
      end += got
      offset += got
      rest -= got
    }
  }

  /// Reads what is left and compares the checksum.
  /// - Throws: ``SignatureError`` with `damaged`, or `FileError`.
  func finish() throws {
    start = end
    while rest > 0 {
      try fill(1)
      start = end
    }
    guard hasher.finish() == checksum else { throw reader.damaged(part) }
  }
}

/// A band of a run: entries in ascending order and where each bucket of them begins.
struct BandTable {
  let entries: UnsafeRawPointer
  let count: Int
  let buckets: UnsafeRawPointer
  let shift: UInt64

  @inline(__always)
  func entry(_ place: Int) -> UInt64 {
    entries.loadUnaligned(fromByteOffset: place &* 8, as: UInt64.self).littleEndian
  }

  @inline(__always)
  func key(_ place: Int) -> UInt64 { BandEntry.key(of: entry(place)) }

  /// The places of a key's entries, none if it has none; nil if the buckets contradict themselves.
  @inline(__always)
  func places(of key: UInt64) -> Range<Int>? {
    let bucket = Int(key >> shift)
    let low = Int(buckets.loadUnaligned(fromByteOffset: bucket &* 4, as: UInt32.self).littleEndian)
    let high = Int(buckets.loadUnaligned(fromByteOffset: bucket &* 4 &+ 4, as: UInt32.self).littleEndian)
    guard low <= high, high <= count else { return nil }
    if high &- low <= 64 {
      // The whole bucket without a branch on what is in it, so that the loads of several probes overlap.
      let target = BandEntry.make(key: key, ordinal: 0)
      var nearest = UInt64.max
      for place in low..<high { nearest = min(nearest, entry(place) ^ target) }
      if BandEntry.key(of: nearest) != 0 { return low..<low }
    }
    return search(key, low, high)
  }

  @inline(never)
  private func search(_ key: UInt64, _ low: Int, _ high: Int) -> Range<Int> {
    func lower(_ key: UInt64) -> Int {
      var (first, last) = (low, high)
      while first < last {
        let middle = (first + last) / 2
        if self.key(middle) < key { first = middle + 1 } else { last = middle }
      }
      return first
    }
    let start = lower(key)
    return start..<max(start, lower(key + 1))
  }
}
