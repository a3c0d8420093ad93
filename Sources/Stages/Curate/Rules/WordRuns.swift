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
  ///
  /// A run can only repeat where the two runs that are one word shorter do, so that each size looks at fewer places.
  func exceeds(top: [Double], duplicate: [Double]) -> Bool {
    let total = Double(length - 1)
    guard count > 1 else { return false }
    let table = RunTable(entries: count)
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { runs in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { places in
        hashes.withUnsafeBufferPointer { words in
          starts.withUnsafeBufferPointer { starts in
            // Where a run of this size may repeat, ascending.
            var open = words.count
            for place in 0..<open {
              runs[place] = words[place]
              places[place] = Int32(place)
            }
            for size in 2...(top.count + duplicate.count + 1) {
              open = Self.extend(runs, places, open, words, size: size)
              guard open > 0 else { return false }
              table.clear(entries: open)
              let isTop = size <= top.count + 1
              var share = 0
              var next = 0
              for index in 0..<open {
                let place = Int(places[index])
                if isTop {
                  let times = table.add(runs[index])
                  if times > 1 {
                    share = max(share, times * Int(starts[place + size] - starts[place] - 1))
                  }
                } else if place >= next, table.add(runs[index]) > 1 {
                  // Repeated runs count without overlap.
                  share += Int(starts[place + size] - starts[place] - 1)
                  next = place + size
                }
              }
              // Where no run of this size repeats, no longer one does.
              if share == 0 { return false }
              let bound = isTop ? top[size - 2] : duplicate[size - top.count - 2]
              if Double(share) > bound * total { return true }
              if isTop { open = Self.keepRepeated(runs, places, open, table) }
            }
            return false
          }
        }
      }
    }
  }

  /// Makes runs one word longer, of those that may repeat; returns how many those are.
  private static func extend(
    _ runs: UnsafeMutableBufferPointer<UInt64>, _ places: UnsafeMutableBufferPointer<Int32>, _ open: Int,
    _ words: UnsafeBufferPointer<UInt64>, size: Int
  ) -> Int {
    var kept = 0
    for index in 0..<open {
      let place = places[index]
      // The run that begins one word later must be among those that may repeat as well.
      guard Int(place) + size <= words.count, index + 1 < open, places[index + 1] == place + 1 else {
        continue
      }
      let value = (runs[index] &+ words[Int(place) + size - 1]) &* 0x9E37_79B9_7F4A_7C15
      runs[kept] = value ^ (value >> 32)
      places[kept] = place
      kept += 1
    }
    return kept
  }

  /// Leaves the runs that were added more than once; returns how many those are.
  private static func keepRepeated(
    _ runs: UnsafeMutableBufferPointer<UInt64>, _ places: UnsafeMutableBufferPointer<Int32>, _ open: Int,
    _ table: RunTable
  ) -> Int {
    var kept = 0
    for index in 0..<open where table.times(runs[index]) > 1 {
      runs[kept] = runs[index]
      places[kept] = places[index]
      kept += 1
    }
    return kept
  }
}

/// How often each hash was added.
///
/// Open addressing over a power of two, at most half full. A slot holds the hash's
/// upper half and the count; lower bits choose the slot, so that about 50 bits tell hashes apart.
private final class RunTable {
  private let slots: UnsafeMutablePointer<UInt64>
  private let most: Int
  /// Slots in use: the smallest power of two that is at most half full.
  private var capacity: Int

  init(entries: Int) {
    var size = 64
    while size < entries * 2 { size *= 2 }
    capacity = size
    most = size
    slots = .allocate(capacity: size)
    slots.initialize(repeating: 0, count: size)
  }

  deinit { slots.deallocate() }

  /// Empties the table for so many entries, at most those that it was made for.
  func clear(entries: Int) {
    var size = 64
    while size < entries * 2, size < most { size *= 2 }
    capacity = size
    slots.update(repeating: 0, count: capacity)
  }

  /// How often a hash is there.
  @inline(__always)
  func times(_ key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: key) & (capacity - 1)
    let upper = key & 0xFFFF_FFFF_0000_0000
    while slots[slot] != 0 {
      if slots[slot] & 0xFFFF_FFFF_0000_0000 == upper { return Int(slots[slot] & 0xFFFF_FFFF) }
      slot = (slot + 1) & (capacity - 1)
    }
    return 0
  }

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
