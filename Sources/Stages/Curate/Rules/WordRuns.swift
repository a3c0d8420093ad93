import Bytes

/// The words and lines of a text as hashes and lengths, and how much of them repeats.
struct WordRuns {
  /// Words in the text.
  var count: Int { hashes.count }
  /// Lines of three or more words.
  var lineCount: Int { lineHashes.count }
  /// Bytes in those lines, white space at their ends left out.
  private(set) var lineBytes = 0

  private var hashes: [UInt64] = []
  /// Per word, the bytes of all words before it with one space behind each.
  private var starts: [Int32] = []
  private var lineHashes: [UInt64] = []
  private var lineLengths: [Int32] = []
  private var length: Int32 = 0

  /// Reads a text; nil if it is over a gigabyte, which no record is.
  init?(_ text: UnsafeRawBufferPointer) {
    guard let base = text.baseAddress, text.count < 1 << 30 else { return nil }
    // A word takes two bytes with its space, so that no check is needed in the loop.
    let most = text.count / 2 + 1
    let bytes = base.assumingMemoryBound(to: UInt8.self)
    let end = text.count
    var starts: [Int32] = []
    hashes = [UInt64](unsafeUninitializedCapacity: most) { hashes, found in
      starts = [Int32](unsafeUninitializedCapacity: most + 1) { starts, count in
        var place = 0
        var lineWords = 0
        var lineStart = 0
        var lineEnd = 0
        while place <= end {
          let byte = place < end ? bytes[place] : 0x0A
          if RuleText.isSpace(byte) {
            if byte == 0x0A {
              if lineWords >= 3 { addLine(UnsafeRawBufferPointer(rebasing: text[lineStart..<lineEnd])) }
              lineWords = 0
            }
            place += 1
            continue
          }
          let start = place
          // FNV-1a, 64 bits.
          var hash: UInt64 = 0xCBF2_9CE4_8422_2325
          while place < end, !RuleText.isSpace(bytes[place]) {
            hash = (hash ^ UInt64(bytes[place])) &* 0x0000_0100_0000_01B3
            place += 1
          }
          hashes[found] = Self.mix(hash)
          starts[found] = length
          found += 1
          length += Int32(place - start) + 1
          if lineWords == 0 { lineStart = start }
          lineWords += 1
          lineEnd = place
        }
        starts[found] = length
        count = found + 1
      }
    }
    self.starts = starts
  }

  private mutating func addLine(_ line: UnsafeRawBufferPointer) {
    lineHashes.append(ContentHash.of(line).low)
    lineLengths.append(Int32(line.count))
    lineBytes += line.count
  }

  /// The finaliser of MurmurHash3, a fixed mix of 64 bits.
  @inline(__always)
  private static func mix(_ value: UInt64) -> UInt64 {
    var hash = value
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ (hash >> 33)
  }

  /// Lines that were there before, and their bytes.
  func duplicateLines() -> (count: Int, bytes: Int) {
    var repeated = (count: 0, bytes: 0)
    let table = RunTable(entries: lineCount)
    for index in 0..<lineCount where table.add(lineHashes[index]) > 1 {
      repeated.count += 1
      repeated.bytes += Int(lineLengths[index])
    }
    return repeated
  }

  /// Whether the commonest run of 2, 3, … words, or repeated runs of the lengths after those, take more than
  /// the shares given for them.
  func exceeds(top: [Double], duplicate: [Double]) -> Bool {
    let total = Double(length - 1)
    let table = RunTable(entries: count)
    var runs = hashes
    return runs.withUnsafeMutableBufferPointer { runs in
      hashes.withUnsafeBufferPointer { words in
        starts.withUnsafeBufferPointer { starts in
          for size in 2...(top.count + duplicate.count + 1) {
            let runCount = words.count - size + 1
            guard runCount > 0 else { return false }
            // A run of this size from the run one shorter, whose hash stands there.
            for place in 0..<runCount {
              let value = (runs[place] &+ words[place + size - 1]) &* 0x9E37_79B9_7F4A_7C15
              runs[place] = value ^ (value >> 32)
            }
            table.clear()
            var share = 0
            if size <= top.count + 1 {
              for place in 0..<runCount {
                let times = table.add(runs[place])
                if times > 1 { share = max(share, times * Int(starts[place + size] - starts[place] - 1)) }
              }
              // Where no run of this size repeats, no longer one does.
              if share == 0 { return false }
              if Double(share) > top[size - 2] * total { return true }
            } else {
              var place = 0
              while place < runCount {
                if table.add(runs[place]) > 1 {
                  share += Int(starts[place + size] - starts[place] - 1)
                  place += size
                } else {
                  place += 1
                }
              }
              if share == 0 { return false }
              if Double(share) > duplicate[size - top.count - 2] * total { return true }
            }
          }
          return false
        }
      }
    }
  }
}

/// How often each hash was added.
///
/// Open addressing over a power of two, at most half full. A slot holds the hash's
/// upper half and the count; lower bits choose the slot, so that about 50 bits tell hashes apart.
private final class RunTable {
  private let slots: UnsafeMutablePointer<UInt64>
  private let capacity: Int

  init(entries: Int) {
    var size = 64
    while size < entries * 2 { size *= 2 }
    capacity = size
    slots = .allocate(capacity: size)
    slots.initialize(repeating: 0, count: size)
  }

  deinit { slots.deallocate() }

  func clear() { slots.update(repeating: 0, count: capacity) }

  /// Adds a hash and returns how often it is there now.
  @inline(__always)
  func add(_ key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: key) & (capacity - 1)
    let upper = key & 0xFFFF_FFFF_0000_0000
    while true {
      let held = slots[slot]
      if held == 0 {
        slots[slot] = upper | 1
        return 1
      }
      if held & 0xFFFF_FFFF_0000_0000 == upper {
        slots[slot] = held + 1
        return Int(held & 0xFFFF_FFFF) + 1
      }
      slot = (slot + 1) & (capacity - 1)
    }
  }
}
