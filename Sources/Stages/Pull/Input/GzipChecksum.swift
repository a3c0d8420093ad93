import Foundation

/// Checks the text of a gzip file against the checksum at its end, which libarchive 3.6 reads over.
///
/// Deflate alone lets damage pass as other text. The trailer (RFC 1952, 2.3.1) has the CRC-32 and the length
/// of the last member's text, so that a file of one member is checked as a whole. In a file that holds what
/// may be the header of a further member, or that is padded with zeros, the members are not told apart, and
/// nothing is checked.
struct GzipChecksum {
  private let expected: UInt32
  private var state = ~UInt32(0)

  /// Reads the trailer.
  /// - Returns: nil where there is nothing to check against.
  init?(_ file: InputDescriptor, from offset: Int) {
    var trailer = [UInt8](repeating: 0, count: 8)
    // A header has ten bytes at least.
    guard file.size - offset >= 18, pread(file.number, &trailer, 8, off_t(file.size - 8)) == 8,
      trailer.contains(where: { $0 != 0 }), !Self.hasHeader(file, from: offset + 1)
    else { return nil }
    expected = trailer[..<4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Whether everything that was added has the checksum in the trailer.
  var isRight: Bool { ~state == expected }

  /// Adds decoded bytes, eight a step.
  ///
  /// Kounavis and Berry, "A Systematic Approach to Building High Performance Software-Based CRC Generators",
  /// 2005.
  mutating func update(_ run: UnsafeRawBufferPointer) {
    guard let base = run.baseAddress else { return }
    var crc = state
    var place = 0
    Self.tables.withUnsafeBufferPointer { tables in
      while place + 8 <= run.count {
        let word = UInt64(littleEndian: (base + place).loadUnaligned(as: UInt64.self)) ^ UInt64(crc)
        crc =
          tables[1792 + Int(word & 255)] ^ tables[1536 + Int(word >> 8 & 255)]
          ^ tables[1280 + Int(word >> 16 & 255)] ^ tables[1024 + Int(word >> 24 & 255)]
        crc ^=
          tables[768 + Int(word >> 32 & 255)] ^ tables[512 + Int(word >> 40 & 255)]
          ^ tables[256 + Int(word >> 48 & 255)] ^ tables[Int(word >> 56)]
        place += 8
      }
      while place < run.count {
        crc = tables[Int((crc ^ UInt32(run[place])) & 255)] ^ crc >> 8
        place += 1
      }
    }
    state = crc
  }

  /// Eight tables of 256: what a byte adds with none to seven bytes behind it.
  ///
  /// The polynomial is RFC 1952's.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 2048)
    for byte in 0..<256 {
      tables[byte] = (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1
      }
    }
    for place in 256..<2048 {
      let before = tables[place - 256]
      tables[place] = tables[Int(before & 255)] ^ before >> 8
    }
    return tables
  }()

  /// Whether the file has what looks like a member's header.
  ///
  /// That is magic, deflate, no reserved flag, and an extra-flags and system byte that RFC 1952 names. In
  /// arbitrary bytes that is once in about 200 GB, and costs the check only.
  private static func hasHeader(_ file: InputDescriptor, from offset: Int) -> Bool {
    let step = 1 << 18
    var block = [UInt8](repeating: 0, count: step + 9)
    var start = offset
    while start < file.size {
      let count = pread(file.number, &block, block.count, off_t(start))
      if count <= 0 { return false }
      let found = block.withUnsafeBytes { view -> Bool in
        guard let base = view.baseAddress else { return false }
        var place = 0
        while place < count - 9, let hit = memchr(base + place, 0x1F, count - 9 - place) {
          place = UnsafeRawPointer(hit) - base
          if view[place + 1] == 0x8B, view[place + 2] == 8, view[place + 3] < 0x20,
            [0, 2, 4].contains(view[place + 8]), view[place + 9] <= 13 || view[place + 9] == 255
          {
            return true
          }
          place += 1
        }
        return false
      }
      if found { return true }
      start += step
    }
    return false
  }
}
