import Bytes
import CXXHash
import Text

/// Numbers and names that the form of a run file is made of; `Documentation/Formats.md` has the picture.
enum RunFormat {
  static let magic: [UInt8] = Array("FWSIGRUN".utf8)
  static let endMagic: [UInt8] = Array("FWSIGEND".utf8)
  static let version: UInt32 = 1
  static let headerBytes = 16
  static let footerBytes = 24 + 16 * RunPart.count + 16
  static let suffix = ".fws"

  /// Content hashes in a block that is read and checked at once: 4 KiB, a page.
  static let blockDocuments = 256
  static let hashBytes = 16
  static let blockBytes = 24
  /// Words of the filter: 12 bits a document, of which five are set in one word.
  ///
  /// A word has 5.3 documents on average;
  /// over their Poisson distribution an unknown content passes once in 101 times.
  static func filterWords(_ documents: Int) -> Int { max(1, (documents * 12 + 63) / 64) }
  /// Checksum, two counts, two numbers of kept hashes.
  static let sketchHead = 16
  static let longestSketch = sketchHead + 4 * 2 * ShingleSet.limit

  /// Entries that a bucket of a band has on average, at most: 64 bytes, one or two cache lines.
  static let bucketEntries = 8

  static func bucketBits(_ banded: Int) -> Int {
    var bits = 0
    while bucketEntries << bits < banded { bits += 1 }
    return bits
  }

  /// XXH3 with 64 bits.
  static func checksum(_ run: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    cxxhash_64(run.baseAddress, run.count, seed)
  }

  /// The file of a run; nil unless the name is 64 lower-case hexadecimal digits.
  static func path(_ folder: String, _ name: String) -> String? {
    isName(name) ? "\(folder)/\(name)\(suffix)" : nil
  }

  static func isName(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { 48...57 ~= $0 || 97...102 ~= $0 }
  }
}

/// A document in a band: 36 bits of the mixed band hash, then the document's ordinal in the run, so that entries
/// compare as numbers.
enum BandEntry {
  static let ordinalBits: UInt64 = 28
  static let keyBits = 36
  /// Documents of a run, at most: 268 million.
  static let documentLimit = 1 << 28

  /// The key of a band hash.
  ///
  /// With 36 bits, one of 10 million documents shares it by chance with a document in 340.
  ///
  /// Mixing (the finaliser of MurmurHash3, which is invertible) spreads keys over buckets whatever the hashes are like.
  @inline(__always)
  static func key(_ band: UInt64) -> UInt64 {
    var value = band
    value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return (value ^ value >> 33) >> ordinalBits
  }

  @inline(__always)
  static func make(key: UInt64, ordinal: Int) -> UInt64 { key << ordinalBits | UInt64(ordinal) }

  @inline(__always)
  static func key(of entry: UInt64) -> UInt64 { entry >> ordinalBits }

  @inline(__always)
  static func ordinal(of entry: UInt64) -> Int { Int(entry & (1 << ordinalBits - 1)) }

  /// Sorts entries whose ordinals ascend already, by key: three stable passes over 12 bits each.
  static func sort(_ entries: inout [UInt64], _ scratch: inout [UInt64]) {
    let count = entries.count
    if scratch.count != count { scratch = [UInt64](repeating: 0, count: count) }
    var places = [Int](repeating: 0, count: 4096)
    for shift in stride(from: ordinalBits, to: 64, by: 12) {
      entries.withUnsafeBufferPointer { source in
        scratch.withUnsafeMutableBufferPointer { target in
          places.withUnsafeMutableBufferPointer { places in
            places.update(repeating: 0)
            for entry in source { places[Int(entry >> shift & 4095)] &+= 1 }
            var sum = 0
            for index in places.indices {
              (places[index], sum) = (sum, sum &+ places[index])
            }
            for entry in source {
              let digit = Int(entry >> shift & 4095)
              target[places[digit]] = entry
              places[digit] &+= 1
            }
          }
        }
      }
      swap(&entries, &scratch)
    }
  }
}

/// The parts of a run file, in the order in which they stand.
enum RunPart {
  static let hashes = 0
  static let blocks = 1
  static let filter = 2
  static let places = 3
  static let sketches = 4
  static func entries(_ band: Int) -> Int { 5 + 2 * band }
  static func buckets(_ band: Int) -> Int { 6 + 2 * band }
  static let count = 5 + 2 * RecordSketch.bandCount

  static func name(_ part: Int) -> String {
    switch part {
    case hashes: "hashes"
    case blocks: "blocks"
    case filter: "filter"
    case places: "places"
    case sketches: "sketches"
    default: "band \((part - 5) / 2) \(part % 2 == 1 ? "entries" : "buckets")"
    }
  }
}

/// Where the parts of a run stand, from three numbers.
struct RunLayout: Sendable, Hashable {
  let documents: Int
  /// Documents with bands.
  let banded: Int
  let lengths: [Int]
  let offsets: [Int]
  let fileBytes: Int

  /// Lays a run out; nil for numbers that no run has.
  init?(documents: Int, banded: Int, sketchBytes: Int) {
    guard (1...BandEntry.documentLimit).contains(documents), (0...documents).contains(banded),
      (documents * RunFormat.sketchHead...documents * RunFormat.longestSketch).contains(sketchBytes)
    else { return nil }
    let blocks = (documents + RunFormat.blockDocuments - 1) / RunFormat.blockDocuments
    var lengths = [
      documents * RunFormat.hashBytes, blocks * RunFormat.blockBytes, RunFormat.filterWords(documents) * 8,
      (documents + 1) * 8, sketchBytes,
    ]
    for _ in 0..<RecordSketch.bandCount {
      lengths += [banded * 8, ((1 << RunFormat.bucketBits(banded)) + 1) * 4]
    }
    var offsets: [Int] = []
    var end = RunFormat.headerBytes
    for length in lengths {
      offsets.append(end)
      end += (length + 7) & ~7
    }
    self.documents = documents
    self.banded = banded
    self.lengths = lengths
    self.offsets = offsets
    fileBytes = end + RunFormat.footerBytes
  }
}

/// What stands at the end of a run and says what is before it.
struct RunFooter: Sendable, Hashable {
  let layout: RunLayout
  let sketchVersion: UInt64
  /// XXH3 of each part.
  let checksums: [UInt64]

  func encode() -> [UInt8] {
    let buffer = ByteBuffer(capacity: RunFormat.footerBytes)
    for value in [UInt64(layout.documents), UInt64(layout.banded), sketchVersion] {
      buffer.append(little: value)
    }
    for (length, checksum) in zip(layout.lengths, checksums) {
      buffer.append(little: UInt64(length))
      buffer.append(little: checksum)
    }
    buffer.append(little: RunFormat.checksum(buffer.view))
    buffer.append(RunFormat.endMagic)
    return buffer.bytes
  }

  /// Reads the last ``RunFormat/footerBytes`` of a file; nil if they are no footer or contradict themselves.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == RunFormat.footerBytes, bytes.suffix(8) == RunFormat.endMagic[...] else { return nil }
    let words = bytes.withUnsafeBytes { view in
      (0..<bytes.count / 8).map { view.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self).littleEndian }
    }
    let covered = bytes.count - 16
    let checksum = bytes.withUnsafeBytes {
      RunFormat.checksum(UnsafeRawBufferPointer(rebasing: $0[..<covered]))
    }
    let lengths = (0..<RunPart.count).map { words[3 + 2 * $0] }
    guard checksum == words[covered / 8], let documents = Int(exactly: words[0]),
      let banded = Int(exactly: words[1]), let sketchBytes = Int(exactly: lengths[RunPart.sketches]),
      let layout = RunLayout(documents: documents, banded: banded, sketchBytes: sketchBytes),
      layout.lengths.map(UInt64.init) == lengths
    else { return nil }
    self.init(
      layout: layout, sketchVersion: words[2], checksums: (0..<RunPart.count).map { words[4 + 2 * $0] })
  }

  init(layout: RunLayout, sketchVersion: UInt64, checksums: [UInt64]) {
    self.layout = layout
    self.sketchVersion = sketchVersion
    self.checksums = checksums
  }
}

extension ByteBuffer {
  /// Appends eight bytes, the least significant first.
  @inline(__always)
  func append(little value: UInt64) {
    reserve(8)
    (base + count).storeBytes(of: value.littleEndian, as: UInt64.self)
    advance(by: 8)
  }

  /// Appends four bytes, the least significant first.
  @inline(__always)
  func append(little value: UInt32) {
    reserve(4)
    (base + count).storeBytes(of: value.littleEndian, as: UInt32.self)
    advance(by: 4)
  }

  /// Appends a content hash, the most significant byte first.
  @inline(__always)
  func append(_ content: ContentHash) {
    reserve(16)
    (base + count).storeBytes(of: content.high.bigEndian, as: UInt64.self)
    (base + count + 8).storeBytes(of: content.low.bigEndian, as: UInt64.self)
    advance(by: 16)
  }
}

extension ContentHash {
  /// Reads 16 bytes, the most significant first.
  @inline(__always)
  init(at place: UnsafeRawPointer) {
    self.init(
      high: UInt64(bigEndian: place.loadUnaligned(as: UInt64.self)),
      low: UInt64(bigEndian: place.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
  }

  /// What the checksum of the document's sketch begins with, so that no other's sketch passes for it.
  var sketchSeed: UInt64 { high ^ low }
}

/// Which contents a run may have: a Bloom filter whose bits for one content are in one word (Putze, Sanders & Singler
/// 2007, "Cache-, hash- and space-efficient Bloom filters").
enum RunFilter {
  /// The word of a content; words ascend with contents.
  @inline(__always)
  static func word(_ content: ContentHash, of words: Int) -> Int {
    Int(content.high.multipliedFullWidth(by: UInt64(words)).high)
  }

  /// Five bits, of which some may coincide.
  @inline(__always)
  static func bits(_ content: ContentHash) -> UInt64 {
    var rest = content.low
    var mask: UInt64 = 0
    for _ in 0..<5 {
      mask |= 1 << (rest & 63)
      rest >>= 6
    }
    return mask
  }
}
