import Bytes
import Text

/// How much work a search for pairs may do.
///
/// Results are the same for all limits that are not met.
public struct PairLimits: Sendable, Hashable {
  /// The most documents that share a band and are still compared each with each, unless they are in one cluster
  /// already; 2 or more, default 4096: 8 million comparisons at worst.
  public let maximumBucket: Int
  /// Comparisons that fail, for each document of the run, after which every further bucket is treated like one that
  /// is too large; default 1024, and at least a million for a run.
  ///
  /// A comparison of two answers of a chat costs some
  /// 0.1 µs, so that a run of 100,000 hostile documents takes some 10 s and not hours.
  public let failuresPerDocument: Int
  /// The documents that others of such a bucket are compared with: those of smallest content among the run's, and
  /// as many of the older runs'; 1 or more, default 32.
  public let anchors: Int

  /// Sets limits.
  /// - Parameters:
  ///   - maximumBucket: documents compared each with each; default 4096.
  ///   - failuresPerDocument: comparisons that may fail, for each document; default 1024.
  ///   - anchors: documents that stand for a bucket that is too large; default 32.
  public init(maximumBucket: Int = 4096, failuresPerDocument: Int = 1024, anchors: Int = 32) {
    self.maximumBucket = max(2, maximumBucket)
    self.failuresPerDocument = max(0, failuresPerDocument)
    self.anchors = max(1, anchors)
  }
}

/// What a search for pairs did.
public struct PairAccount: Sendable, Hashable, Codable {
  /// Bands of documents that others share, each counted once for all who do.
  public var buckets = 0
  /// Comparisons of two sketches.
  public var comparisons = 0
  /// Comparisons that found near duplicates; others that are connected through these were not compared.
  public var similar = 0
  /// Buckets in which not all were compared with all.
  ///
  /// If this is 0, the clusters are those of all similar documents
  /// that share a band, whatever came when.
  public var boundedBuckets = 0
  /// The most documents that shared a band.
  public var largestBucket = 0

  /// Makes an empty account.
  public init() {}

  /// Adds another account.
  public mutating func add(_ other: PairAccount) {
    buckets += other.buckets
    comparisons += other.comparisons
    similar += other.similar
    boundedBuckets += other.boundedBuckets
    largestBucket = max(largestBucket, other.largestBucket)
  }
}

/// One search: a run's documents against older runs' and each other.
///
/// Band by band, the entries of the run, which ascend, are looked up in the others' tables, so that the loads go through
/// these in one direction. It is owned by one task.
struct PairSearch {
  /// Entries of the run that are looked up before their candidates are compared: it bounds the lists of hits, and the
  /// pages of the other tables that are in memory at a time.
  private static let chunk = 1 << 14

  private struct Hit {
    let group: Int
    let run: Int
    let places: Range<Int>
  }

  private let run: RunReader
  private let older: [RunReader]
  private var matcher: BucketMatcher
  private var groups: [Range<Int>] = []
  private var hits: [Hit] = []

  init(run: RunReader, older: [RunReader], threshold: Double, limits: PairLimits, known: KnownCluster?) {
    self.run = run
    self.older = older
    matcher = BucketMatcher(runs: older + [run], threshold: threshold, limits: limits, known: known)
  }

  /// Searches, and unites what is similar.
  mutating func search(_ forest: inout ClusterForest) throws -> PairAccount {
    for band in 0..<RecordSketch.bandCount {
      let table = run.band(band)
      let tables = older.map { $0.band(band) }
      var start = 0
      while start < table.count {
        start = try collect(table, from: start, band: band)
        for index in tables.indices { try probe(tables[index], run: index, with: table, band: band) }
        try compare(table, tables, band: band, &forest)
        for reader in older { reader.release(band: band) }
        run.release(band: band)
        matcher.trim()
      }
    }
    return matcher.account
  }

  /// Puts the run's entries from a place on into groups of one key.
  private mutating func collect(_ table: BandTable, from start: Int, band: Int) throws -> Int {
    groups.removeAll(keepingCapacity: true)
    var place = start
    var last = start == 0 ? 0 : table.key(start - 1)
    while place < table.count, place - start < Self.chunk {
      let key = table.key(place)
      guard key >= last else { throw run.damaged(RunPart.entries(band)) }
      last = key
      var end = place + 1
      while end < table.count, table.key(end) == key { end += 1 }
      groups.append(place..<end)
      place = end
    }
    return place
  }

  private mutating func probe(_ other: BandTable, run index: Int, with table: BandTable, band: Int) throws {
    guard other.count > 0 else { return }
    for group in groups.indices {
      guard let places = other.places(of: table.key(groups[group].lowerBound)) else {
        throw older[index].damaged(RunPart.buckets(band))
      }
      if !places.isEmpty { hits.append(Hit(group: group, run: index, places: places)) }
    }
  }

  private mutating func compare(
    _ table: BandTable, _ tables: [BandTable], band: Int, _ forest: inout ClusterForest
  ) throws {
    hits.sort { ($0.group, $0.run) < ($1.group, $1.run) }
    var next = 0
    for (group, places) in groups.enumerated() {
      let first = next
      while next < hits.count, hits[next].group == group { next += 1 }
      guard places.count > 1 || next > first else { continue }
      let found = hits[first..<next]
      let isBounded = matcher.begin(documents: places.count + found.reduce(0) { $0 + $1.places.count })
      for hit in found {
        let most = isBounded ? matcher.anchors : hit.places.count
        for place in hit.places.prefix(most) {
          try matcher.add(run: hit.run, tables[hit.run].entry(place), band: band, isNew: false, &forest)
        }
      }
      for place in places {
        try matcher.add(run: older.count, table.entry(place), band: band, isNew: true, &forest)
      }
      try isBounded ? matcher.matchBounded(&forest) : matcher.match(&forest)
    }
    hits.removeAll(keepingCapacity: true)
  }
}
