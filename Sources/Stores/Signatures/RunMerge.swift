import Bytes
import Text

/// Writes the documents of several runs as one, reading each part in order.
///
/// It takes some 7 bytes of memory for each document: which run each one is from (1), where it goes (4) and the new
/// run's filter (1.5). Every part that it reads is checked against its checksum before the new run is sealed, so that
/// damage is never copied under a name that vouches for it.
struct RunMerge {
  /// Runs that one merge reads, at most: their numbers are bytes.
  static let runLimit = 255
  /// What stands for a document that another run has too.
  private static let dropped = UInt32.max

  private let runs: [RunReader]
  /// For each document of the new run, which run it is from.
  private var origins: [UInt8] = []
  /// For each run and each of its documents, the ordinal in the new run.
  private var ordinals: [[UInt32]]

  /// Takes at least one run and at most ``runLimit``; of a document that several have, the first one's counts.
  init(_ runs: [RunReader]) throws {
    self.runs = runs
    ordinals = runs.map { [UInt32](repeating: Self.dropped, count: $0.documents) }
    origins.reserveCapacity(runs.reduce(0) { $0 + $1.documents })
    try order()
  }

  /// Writes the new run.
  func write(folder: String, sketchVersion: UInt64, isDurable: Bool) throws -> SignatureRun {
    guard
      let layout = RunLayout(documents: origins.count, banded: try banded(), sketchBytes: try sketchBytes())
    else { throw SignatureError(.tooMany, folder) }
    let writer = try RunWriter(
      folder: folder, layout: layout, sketchVersion: sketchVersion, isDurable: isDurable)
    try writeHashes(writer)
    try writePlaces(writer)
    try writeSketches(writer)
    for band in 0..<RecordSketch.bandCount { try writeBand(band, layout.banded, writer) }
    return try writer.seal()
  }

  /// Merges the hashes to see what goes where.
  private mutating func order() throws {
    let cursors = runs.map { $0.cursor(RunPart.hashes) }
    func next(_ run: Int, after last: ContentHash?) throws -> ContentHash? {
      guard !cursors[run].isAtEnd else { return nil }
      let content = ContentHash(at: try cursors[run].take(RunFormat.hashBytes))
      if let last, content <= last { throw runs[run].damaged(RunPart.hashes) }
      return content
    }
    var heads: [ContentHash?] = try runs.indices.map { try next($0, after: nil) }
    var places = [Int](repeating: 0, count: runs.count)
    while true {
      var least: ContentHash?
      var from = 0
      for run in runs.indices {
        guard let head = heads[run] else { continue }
        if let known = least, known <= head { continue }
        least = head
        from = run
      }
      guard let least else { break }
      ordinals[from][places[from]] = UInt32(origins.count)
      origins.append(UInt8(from))
      for run in from..<runs.count where heads[run] == least {
        places[run] += 1
        heads[run] = try next(run, after: least)
      }
    }
    for cursor in cursors { try cursor.finish() }
  }

  private var hasDropped: Bool { origins.count < runs.reduce(0) { $0 + $1.documents } }

  private func banded() throws -> Int {
    let all = runs.reduce(0) { $0 + $1.layout.banded }
    guard hasDropped else { return all }
    var kept = 0
    for run in runs.indices {
      let cursor = runs[run].cursor(RunPart.entries(0))
      while !cursor.isAtEnd {
        if try ordinal(run, try cursor.takeWord(), band: 0) != Self.dropped { kept += 1 }
      }
      try cursor.finish()
    }
    return kept
  }

  private func sketchBytes() throws -> Int {
    let all = runs.reduce(0) { $0 + $1.layout.lengths[RunPart.sketches] }
    guard hasDropped else { return all }
    var kept = 0
    try forEachLength { _, length, isKept in kept += isKept ? length : 0 }
    return kept
  }

  private func writeHashes(_ writer: RunWriter) throws {
    let cursors = runs.map { $0.cursor(RunPart.hashes) }
    var places = [Int](repeating: 0, count: runs.count)
    var parts = HashParts(documents: origins.count)
    for origin in origins {
      let run = Int(origin)
      while ordinals[run][places[run]] == Self.dropped {
        _ = try cursors[run].take(RunFormat.hashBytes)
        places[run] += 1
      }
      try parts.add(ContentHash(at: try cursors[run].take(RunFormat.hashBytes)), to: writer)
      places[run] += 1
    }
    try parts.finish(writer)
    for cursor in cursors { try cursor.finish() }
  }

  private func writePlaces(_ writer: RunWriter) throws {
    var place = 0
    try forEachLength { _, length, isKept in
      guard isKept else { return }
      try writer.room().append(little: UInt64(place))
      place += length
    }
    try writer.room().append(little: UInt64(place))
    try writer.endPart()
  }

  private func writeSketches(_ writer: RunWriter) throws {
    let cursors = runs.map { $0.cursor(RunPart.sketches) }
    try forEachLength { run, length, isKept in
      let bytes = UnsafeRawBufferPointer(start: try cursors[run].take(length), count: length)
      if isKept { try writer.room().append(bytes) }
    }
    try writer.endPart()
    for cursor in cursors { try cursor.finish() }
  }

  /// Calls `body` with the run, the length of the sketch and whether it is kept, for each document of each run: those
  /// that are kept in the order of the new run.
  private func forEachLength(_ body: (Int, Int, Bool) throws -> Void) throws {
    let cursors = runs.map { $0.cursor(RunPart.places) }
    var starts = try cursors.map { try $0.takeWord() }
    var places = [Int](repeating: 0, count: runs.count)
    func step(_ run: Int) throws {
      let end = try cursors[run].takeWord()
      let legal = RunFormat.sketchHead...RunFormat.longestSketch
      guard end <= runs[run].layout.lengths[RunPart.sketches], starts[run] < end,
        legal.contains(Int(end - starts[run]))
      else { throw runs[run].damaged(RunPart.places) }
      let isKept = ordinals[run][places[run]] != Self.dropped
      try body(run, Int(end - starts[run]), isKept)
      starts[run] = end
      places[run] += 1
    }
    for origin in origins {
      let run = Int(origin)
      while ordinals[run][places[run]] == Self.dropped { try step(run) }
      try step(run)
    }
    for run in runs.indices {
      while places[run] < ordinals[run].count { try step(run) }
      try cursors[run].finish()
    }
  }

  /// Entries of a run in a band that are read and have the documents' ordinals in the new run.
  private struct Queue {
    static let capacity = 512
    let entries = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
    var next = 0
    var count = 0
    var last: UInt64 = 0

    /// The next entry; nil if it must be filled before.
    @inline(__always)
    mutating func pop() -> UInt64? {
      guard next < count else { return nil }
      defer { next += 1 }
      return entries[next]
    }
  }

  private func writeBand(_ band: Int, _ banded: Int, _ writer: RunWriter) throws {
    let cursors = runs.map { $0.cursor(RunPart.entries(band)) }
    var queues = runs.map { _ in Queue() }
    defer { for queue in queues { queue.entries.deallocate() } }
    var heads = try runs.indices.map { try fill(&queues[$0], $0, band, cursors[$0]) }
    var parts = BandParts(banded: banded)
    var written = 0
    try heads.withUnsafeMutableBufferPointer { heads in
      while true {
        // Without branches, which nobody could foretell.
        var least = UInt64.max
        var from = 0
        for run in heads.indices {
          let isLess = heads[run] < least
          least = isLess ? heads[run] : least
          from = isLess ? run : from
        }
        // No entry is the largest number: its ordinal would be beyond the limit of a layout.
        guard least < .max else { break }
        try parts.add(least, to: writer)
        written += 1
        heads[from] = try queues[from].pop() ?? fill(&queues[from], from, band, cursors[from])
      }
    }
    for cursor in cursors { try cursor.finish() }
    guard written == banded else { throw runs[0].damaged(RunPart.entries(band)) }
    try parts.finish(writer)
  }

  /// Reads the next entries of a run and returns the first; the largest number if there are none.
  ///
  /// Many at once, so that the look-ups of ordinals, which are in no order, wait for memory together.
  private func fill(_ queue: inout Queue, _ run: Int, _ band: Int, _ cursor: PartCursor) throws -> UInt64 {
    while !cursor.isAtEnd {
      let (words, count) = try cursor.takeWords(atMost: Queue.capacity)
      let isSound = ordinals[run].withUnsafeBufferPointer { ordinals in
        var filled = 0
        var last = queue.last
        var isSound = true
        for index in 0..<count {
          let entry = words.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self).littleEndian
          let ordinal = BandEntry.ordinal(of: entry)
          guard ordinal < ordinals.count else { return false }
          guard ordinals[ordinal] != Self.dropped else { continue }
          let moved = BandEntry.make(key: BandEntry.key(of: entry), ordinal: Int(ordinals[ordinal]))
          isSound = isSound && moved >= last
          last = moved
          queue.entries[filled] = moved
          filled &+= 1
        }
        (queue.next, queue.count, queue.last) = (0, filled, last)
        return isSound
      }
      guard isSound else { throw runs[run].damaged(RunPart.entries(band)) }
      if let first = queue.pop() { return first }
    }
    return .max
  }

  @inline(__always)
  private func ordinal(_ run: Int, _ entry: UInt64, band: Int) throws -> UInt32 {
    let ordinal = BandEntry.ordinal(of: entry)
    guard ordinal < ordinals[run].count else { throw runs[run].damaged(RunPart.entries(band)) }
    return ordinals[run][ordinal]
  }
}
