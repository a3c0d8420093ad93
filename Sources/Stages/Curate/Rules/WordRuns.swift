import Bytes
import Text

/// The words and lines of a text as hashes and lengths, and how much of them repeats.
struct WordRuns: ~Copyable {
  /// Words in the text.
  private(set) var count = 0
  /// Lines of three or more words.
  var lineCount: Int { lineHashes.count }
  /// Bytes in those lines, white space at their ends left out.
  private(set) var lineBytes = 0

  /// Hashes of the words, then the runs of them that are looked at.
  private let numbers: Scratch<UInt64>
  /// Per word, the bytes of all words before it with one space behind each; then places of runs.
  private let places: Scratch<Int32>
  /// The most words that the text can have.
  private let most: Int
  private var lineHashes: [UInt64] = []
  private var lineLengths: [Int32] = []
  private let length: Int32

  /// Reads a text; nil if it is over a gigabyte, which no record is.
  init?(_ text: UnsafeRawBufferPointer) {
    guard let base = text.baseAddress, text.count < 1 << 30 else { return nil }
    // A word takes two bytes with its space, so that no check is needed in the loop.
    most = text.count / 2 + 1
    numbers = Scratch(capacity: 2 * most)
    places = Scratch(capacity: 2 * most + 1)
    let (hashes, starts) = (numbers.base, places.base)
    var lines: [Range<Int>] = []
    lines.reserveCapacity(16)
    var found = 0
    var length: Int32 = 0
    var lineWords = 0
    var lineStart = 0
    var lineEnd = 0
    var runs = ByteRuns(.visible, in: text)
    while let (start, stop) = runs.next() {
      for gap in lineEnd..<start where text[gap] == 0x0A {
        if lineWords >= 3 { lines.append(lineStart..<lineEnd) }
        lineWords = 0
      }
      hashes[found] = Self.hash(base, start, stop, end: text.count)
      starts[found] = length
      found &+= 1
      length &+= Int32(truncatingIfNeeded: stop &- start) &+ 1
      if lineWords == 0 { lineStart = start }
      lineWords &+= 1
      lineEnd = stop
    }
    if lineWords >= 3 { lines.append(lineStart..<lineEnd) }
    starts[found] = length
    self.length = length
    count = found
    for line in lines {
      lineHashes.append(ContentHash.of(UnsafeRawBufferPointer(rebasing: text[line])).low)
      lineLengths.append(Int32(line.count))
      lineBytes += line.count
    }
  }

  /// The hash of a word.
  @inline(__always)
  private static func hash(_ base: UnsafeRawPointer, _ start: Int, _ stop: Int, end: Int) -> UInt64 {
    var hash: UInt64 = 0
    var place = start
    while stop &- place > 8 {
      hash = mix(hash, UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
      place &+= 8
    }
    hash = mix(hash, EightBytes(base, at: place, end: end).leading(stop &- place))
    return finish(hash &+ UInt64(truncatingIfNeeded: stop &- start))
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
    let (words, starts) = (numbers.base, places.base)
    let (runs, places) = (words + most, starts + most + 1)
    let sums = Scratch<Int>(capacity: Self.sums)
    // Where a run of this size may repeat, ascending.
    var open = mayRepeat(runs, places)
    var table: RunTable?
    for size in 2...(top.count + duplicate.count + 1) {
      if size > 2 { open = extend(runs, places, open, size: size) }
      guard open > 0 else { return false }
      func bytes(_ place: Int) -> Int { Int(starts[place &+ size] &- starts[place] &- 1) }
      let isTop = size <= top.count + 1
      let bound = (isTop ? top[size - 2] : duplicate[size - top.count - 2]) * factor * total
      // Most texts stay below it even if runs that share a few bits were equal, or all of them.
      let mask = isTop ? UInt64(Self.sums - 1) : 0
      sums.base.initialize(repeating: 0, count: Self.sums)
      var share = 0
      for index in 0..<open {
        let slot = Int(truncatingIfNeeded: runs[index] & mask)
        sums.base[slot] &+= bytes(Int(places[index]))
        share = max(share, sums.base[slot])
      }
      if Double(share) <= bound { continue }
      let counts = table ?? RunTable(entries: open)
      if table == nil { table = counts } else { counts.clear(entries: open) }
      share = 0
      var next = 0
      for index in 0..<open {
        let place = Int(places[index])
        if isTop {
          let times = counts.add(runs[index])
          if times > 1 { share = max(share, times * bytes(place)) }
        } else if place >= next, counts.add(runs[index]) > 1 {
          // Repeated runs count without overlap.
          share += bytes(place)
          next = place + size
        }
      }
      // Where no run of this size repeats, no longer one does.
      if share == 0 { return false }
      if Double(share) > bound { return true }
      if isTop { open = Self.keepRepeated(runs, places, open, counts) }
    }
    return false
  }

  /// Finds runs of two words that may be there twice, and returns how many those are: two bits for each hash tell most
  /// of the others apart, in less memory than any count.
  private func mayRepeat(_ runs: UnsafeMutablePointer<UInt64>, _ places: UnsafeMutablePointer<Int32>) -> Int {
    let words = numbers.base
    // Eight to sixteen bits a word, so that one in ten of the others stays.
    let bits = max(9, UInt64.bitWidth - (count * 8).leadingZeroBitCount)
    let maps = Scratch<UInt64>(capacity: 2 << (bits - 6))
    let (once, twice) = (maps.base, maps.base + 1 << (bits - 6))
    once.initialize(repeating: 0, count: 2 << (bits - 6))
    let shift = UInt64(64 - bits)
    for place in 0..<(count - 1) {
      let run = Self.joined(words[place], words[place &+ 1])
      runs[place] = run
      let slot = Int(truncatingIfNeeded: run &>> shift)
      let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: slot & 63)
      twice[slot >> 6] |= once[slot >> 6] & bit
      once[slot >> 6] |= bit
    }
    var open = 0
    for place in 0..<(count - 1) {
      let run = runs[place]
      let slot = Int(truncatingIfNeeded: run &>> shift)
      runs[open] = run
      places[open] = Int32(truncatingIfNeeded: place)
      open &+= Int(truncatingIfNeeded: twice[slot >> 6] &>> UInt64(truncatingIfNeeded: slot & 63) & 1)
    }
    return open
  }

  /// Sums of bytes over runs of words that share the lower bits of their hash; a power of two.
  private static let sums = 64

  /// The hash of a run with one word more.
  @inline(__always)
  private static func joined(_ run: UInt64, _ word: UInt64) -> UInt64 {
    // Turned, so that the order of words counts.
    let value = ((run &<< 23 | run &>> 41) &+ word) &* 0x9E37_79B9_7F4A_7C15
    return value ^ value >> 32
  }

  /// Makes runs one word longer, of those that may repeat; returns how many those are.
  private func extend(
    _ runs: UnsafeMutablePointer<UInt64>, _ places: UnsafeMutablePointer<Int32>, _ open: Int, size: Int
  ) -> Int {
    let words = numbers.base
    var kept = 0
    for index in 0..<max(open - 1, 0) {
      let place = places[index]
      // The run that begins one word later must be among those that may repeat as well. Written without a branch, since
      // nothing foretells it; behind the last word there is memory.
      runs[kept] = Self.joined(runs[index], words[Int(place) &+ size &- 1])
      places[kept] = place
      kept &+= places[index &+ 1] == place &+ 1 ? 1 : 0
    }
    return kept
  }

  /// Leaves the runs that were added more than once; returns how many those are.
  private static func keepRepeated(
    _ runs: UnsafeMutablePointer<UInt64>, _ places: UnsafeMutablePointer<Int32>, _ open: Int,
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
