import Bytes
import Text

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
    lineHashes.reserveCapacity(16)
    lineLengths.reserveCapacity(16)
    var starts: [Int32] = []
    hashes = [UInt64](unsafeUninitializedCapacity: most) { hashes, found in
      starts = [Int32](unsafeUninitializedCapacity: most + 1) { starts, count in
        var place = 0
        var lineWords = 0
        var lineStart = 0
        var lineEnd = 0
        while place <= end {
          let byte = place < end ? bytes[place] : 0x0A
          if ASCIIText.isSpace(byte) {
            if byte == 0x0A {
              if lineWords >= 3 { addLine(UnsafeRawBufferPointer(rebasing: text[lineStart..<lineEnd])) }
              lineWords = 0
            }
            place += 1
            continue
          }
          let start = place
          var hash: UInt64 = 0
          while true {
            let eight = EightBytes(base, at: place, end: end)
            let size = EightBytes.first(of: eight.spaces | EightBytes.behind(end - place))
            if size > 0 { hash = Self.mix(hash, eight.leading(size)) }
            place += size
            if size < 8 { break }
          }
          hashes[found] = Self.finish(hash &+ UInt64(truncatingIfNeeded: place &- start))
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

  /// Takes in up to eight bytes: a multiplication by 2⁶⁴ over the golden ratio, made odd, spreads them upwards.
  @inline(__always)
  private static func mix(_ hash: UInt64, _ bytes: UInt64) -> UInt64 {
    let value = (hash ^ bytes) &* 0x9E37_79B9_7F4A_7C15
    return value ^ value >> 32
  }

  /// The second half of MurmurHash3's finaliser.
  @inline(__always)
  private static func finish(_ hash: UInt64) -> UInt64 {
    let value = hash &* 0xC4CE_B9FE_1A85_EC53
    return value ^ value >> 33
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
  /// the shares given for them, times the factor.
  ///
  /// A run can only repeat where the two runs that are one word shorter do, so that each size looks at fewer places.
  func exceeds(top: [Double], duplicate: [Double], factor: Double) -> Bool {
    let total = Double(length - 1)
    guard count > 1 else { return false }
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { runs in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { places in
        hashes.withUnsafeBufferPointer { words in
          starts.withUnsafeBufferPointer { starts in
            // Where a run of this size may repeat, ascending.
            var open = Self.mayRepeat(words, runs, places)
            let table = RunTable(entries: open)
            for size in 2...(top.count + duplicate.count + 1) {
              if size > 2 { open = Self.extend(runs, places, open, words, size: size) }
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
              if Double(share) > bound * factor * total { return true }
              if isTop { open = Self.keepRepeated(runs, places, open, table) }
            }
            return false
          }
        }
      }
    }
  }

  /// Finds runs of two words that may be there twice, and returns how many those are: two bits for each hash tell most
  /// of the others apart, in less memory than any count.
  private static func mayRepeat(
    _ words: UnsafeBufferPointer<UInt64>, _ runs: UnsafeMutableBufferPointer<UInt64>,
    _ places: UnsafeMutableBufferPointer<Int32>
  ) -> Int {
    // Eight to sixteen bits a word, so that one in ten of the others stays.
    let bits = max(9, UInt64.bitWidth - (words.count * 8).leadingZeroBitCount)
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 << (bits - 6)) { maps in
      maps.initialize(repeating: 0)
      let shift = UInt64(64 - bits)
      let twice = 1 << (bits - 6)
      for place in 0..<(words.count - 1) {
        let run = joined(words[place], words[place + 1])
        runs[place] = run
        let slot = Int(truncatingIfNeeded: run &>> shift)
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: slot & 63)
        maps[twice + slot >> 6] |= maps[slot >> 6] & bit
        maps[slot >> 6] |= bit
      }
      var open = 0
      for place in 0..<(words.count - 1) {
        let run = runs[place]
        let slot = Int(truncatingIfNeeded: run &>> shift)
        runs[open] = run
        places[open] = Int32(truncatingIfNeeded: place)
        open += Int(truncatingIfNeeded: maps[twice + slot >> 6] &>> UInt64(truncatingIfNeeded: slot & 63) & 1)
      }
      return open
    }
  }

  /// The hash of a run with one word more.
  @inline(__always)
  private static func joined(_ run: UInt64, _ word: UInt64) -> UInt64 {
    let value = (run &+ word) &* 0x9E37_79B9_7F4A_7C15
    return value ^ value >> 32
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
      runs[kept] = joined(runs[index], words[Int(place) + size - 1])
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
