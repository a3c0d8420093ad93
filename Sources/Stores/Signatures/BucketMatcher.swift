import Bytes
import Text

/// What is known of a content's cluster: its name, or nil if the document stands alone.
public typealias KnownCluster = (ContentHash) throws -> ContentHash?

/// Compares the documents of one bucket after the other: those that share a band and are not connected yet.
///
/// It is owned by one task.
struct BucketMatcher {
  /// A document that shares a band with another.
  private struct Candidate {
    let content: ContentHash
    let run: Int32
    let ordinal: Int32
    /// The place in the forest; -1 while it stands alone.
    var place: Int32
  }

  /// Candidates that are in one cluster, as a chain through `links`.
  private struct Group {
    var member: Int32
    var head: Int
    var tail: Int
  }

  /// Bytes of sketches that are kept in memory for further comparisons: a bucket of 4096 of the longest is 17 MB.
  private static let sketchMemory = 96 << 20
  /// Candidates that are remembered, of some 100 bytes each.
  private static let candidateLimit = 1 << 20

  private(set) var account = PairAccount()
  let anchors: Int
  private let runs: [RunReader]
  private let threshold: Double
  private let maximumBucket: Int
  private let known: KnownCluster?
  private var failuresLeft: Int

  private var indices = CandidateTable()
  private var candidates: [Candidate] = []
  private var sketches: [RecordSketch?] = []
  private var sketchBytes = 0

  /// The bucket at hand: indices of candidates.
  private var old: [Int32] = []
  private var new: [Int32] = []
  private var groups: [Group] = []
  private var links: [(candidate: Int32, isNew: Bool, next: Int)] = []

  init(runs: [RunReader], threshold: Double, limits: PairLimits, known: KnownCluster?) {
    self.runs = runs
    self.threshold = threshold
    self.known = known
    maximumBucket = limits.maximumBucket
    anchors = limits.anchors
    failuresLeft = max(1 << 20, limits.failuresPerDocument * (runs.last?.documents ?? 0))
  }

  // MARK: Filling

  /// Starts a bucket.
  /// - Returns: whether it must be matched as one that is too large.
  mutating func begin(documents: Int) -> Bool {
    old.removeAll(keepingCapacity: true)
    new.removeAll(keepingCapacity: true)
    account.buckets += 1
    account.largestBucket = max(account.largestBucket, documents)
    guard documents > maximumBucket || failuresLeft <= 0 else { return false }
    account.boundedBuckets += 1
    return true
  }

  /// Puts a document into the bucket.
  mutating func add(
    run: Int, _ entry: UInt64, band: Int, isNew: Bool, _ forest: inout ClusterForest
  ) throws {
    let ordinal = BandEntry.ordinal(of: entry)
    guard ordinal < runs[run].documents else { throw runs[run].damaged(RunPart.entries(band)) }
    let index = try candidate(run: run, ordinal: ordinal, &forest)
    if isNew { new.append(index) } else { old.append(index) }
  }

  private mutating func candidate(
    run: Int, ordinal: Int, _ forest: inout ClusterForest
  ) throws -> Int32 {
    let index = Int32(candidates.count)
    let found = indices.insert(UInt64(run) << 32 | UInt64(ordinal), index)
    if found != index { return found }
    let content = try runs[run].content(of: ordinal)
    if let known, let cluster = try known(content), forest.place(of: content) == nil {
      forest.seed(content, cluster: cluster)
    }
    candidates.append(
      Candidate(
        content: content, run: Int32(run), ordinal: Int32(ordinal), place: forest.place(of: content) ?? -1))
    sketches.append(nil)
    return index
  }

  /// Between buckets: forgets candidates if there are too many.
  mutating func trim() {
    guard candidates.count > Self.candidateLimit else { return }
    indices = CandidateTable()
    candidates.removeAll()
    sketches.removeAll()
    sketchBytes = 0
  }

  // MARK: Matching

  /// Compares all with all who are not connected, except old ones with each other, which was done when they were new.
  mutating func match(_ forest: inout ClusterForest) throws {
    if old.count + new.count == 2 {
      _ = try compare(new[new.count - 1], old.first ?? new[0], &forest)
      return
    }
    groups.removeAll(keepingCapacity: true)
    links.removeAll(keepingCapacity: true)
    // Old ones of one cluster stand together then; those that stand alone have no place and differ by index.
    var rooted = old.map { (root: root(of: $0, &forest), index: $0) }
    if rooted.contains(where: { $0.root != rooted[0].root }) { rooted.sort { $0 < $1 } }
    for (_, index) in rooted {
      let isConnected = groups.last.map { root(of: $0.member, &forest) == root(of: index, &forest) } ?? false
      append(index, isNew: false, to: isConnected ? groups.count - 1 : nil)
    }
    for index in byContent(new) { try place(index, &forest) }
  }

  /// Compares a new document with the groups so far and puts it into the one that it belongs to; groups that it
  /// connects become one.
  private mutating func place(_ index: Int32, _ forest: inout ClusterForest) throws {
    var own: Int?
    var kept = 0
    for number in groups.indices {
      let group = groups[number]
      var belongs = root(of: group.member, &forest) == root(of: index, &forest)
      var link = group.head
      while !belongs, link >= 0 {
        belongs = try compare(index, links[link].candidate, &forest)
        link = links[link].next
      }
      if belongs, let own {
        links[groups[own].tail].next = group.head
        groups[own].tail = group.tail
        continue
      }
      groups[kept] = group
      if belongs { own = kept }
      kept += 1
    }
    groups.removeLast(groups.count - kept)
    append(index, isNew: true, to: own)
  }

  private mutating func append(_ index: Int32, isNew: Bool, to group: Int?) {
    let link = links.count
    links.append((index, isNew, -1))
    guard let group else {
      groups.append(Group(member: index, head: link, tail: link))
      return
    }
    links[groups[group].tail].next = link
    groups[group].tail = link
  }

  /// Compares each new document with the anchors alone: old ones of smallest content, and new ones of smallest content
  /// that are connected to none before them.
  mutating func matchBounded(_ forest: inout ClusterForest) throws {
    var leaders = Array(byContent(old).prefix(anchors))
    let most = leaders.count + anchors
    for index in byContent(new) {
      var isConnected = false
      for leader in leaders where try compare(index, leader, &forest) { isConnected = true }
      if !isConnected, leaders.count < most { leaders.append(index) }
    }
  }

  private func byContent(_ indices: [Int32]) -> [Int32] {
    indices.sorted { candidates[Int($0)].content < candidates[Int($1)].content }
  }

  // MARK: Comparing

  /// The root of a candidate's cluster; a number of its own for one that stands alone.
  private func root(of index: Int32, _ forest: inout ClusterForest) -> Int32 {
    let place = candidates[Int(index)].place
    return place < 0 ? -1 - index : forest.root(place)
  }

  /// Whether two are connected, or similar, which connects them.
  private mutating func compare(_ left: Int32, _ right: Int32, _ forest: inout ClusterForest) throws -> Bool {
    if root(of: left, &forest) == root(of: right, &forest) { return true }
    account.comparisons += 1
    let (first, second) = (try sketch(left), try sketch(right))
    guard RecordSketch.areSimilar(first, second, threshold: threshold) else {
      failuresLeft -= 1
      return false
    }
    account.similar += 1
    for index in [left, right] { candidates[Int(index)].place = forest.add(candidates[Int(index)].content) }
    forest.unite(candidates[Int(left)].place, candidates[Int(right)].place)
    return true
  }

  private mutating func sketch(_ index: Int32) throws -> RecordSketch {
    if let sketch = sketches[Int(index)] { return sketch }
    let candidate = candidates[Int(index)]
    let sketch = try runs[Int(candidate.run)].sketch(
      of: Int(candidate.ordinal), content: candidate.content)
    sketchBytes += 192 + sketch.storedBytes
    if sketchBytes > Self.sketchMemory {
      for place in sketches.indices { sketches[place] = nil }
      sketchBytes = 192 + sketch.storedBytes
    }
    sketches[Int(index)] = sketch
    return sketch
  }
}

/// The index of each candidate by run and ordinal: open addressing, since a crowded bucket asks for all its members, most
/// of them known, in every band.
private struct CandidateTable {
  private var slots = [(key: UInt64, index: Int32)](repeating: (.max, -1), count: 1 << 12)
  private var count = 0

  /// The index under a key, which is `index` if the key is new.
  mutating func insert(_ key: UInt64, _ index: Int32) -> Int32 {
    if count * 2 >= slots.count { grow() }
    let place = place(of: key)
    if slots[place].index >= 0 { return slots[place].index }
    slots[place] = (key, index)
    count += 1
    return index
  }

  private func place(of key: UInt64) -> Int {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: key &* 0x9E37_79B9_7F4A_7C15 >> 32) & mask
    while slots[place].index >= 0, slots[place].key != key { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let before = slots
    slots = [(key: UInt64, index: Int32)](repeating: (.max, -1), count: before.count * 2)
    for slot in before where slot.index >= 0 { slots[place(of: slot.key)] = slot }
  }
}
