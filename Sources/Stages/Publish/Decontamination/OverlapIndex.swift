import Text

/// Protected texts by their runs of words and by their shingles, built once and read by many tasks.
struct OverlapIndex: Sendable {
  /// A place of a run.
  struct Posting: Sendable {
    let text: UInt32
    let word: UInt32
  }

  struct Entry: Sendable {
    let item: Int
    let text: ProtectedText
    /// Words of each of its runs.
    let runLength: Int
    /// The numbers of its runs in ``runs``, by their first word.
    let runs: Range<Int>
  }

  let parameters: Decontamination
  let items: [ProtectedName]
  let entries: [Entry]
  /// The runs of all entries, one after the other, as numbers in ``runs``.
  let runsOfEntries: [UInt32]
  let runs: PostingTable<Posting>
  /// Lengths of runs below the asked-for one that some question has.
  let shortLengths: [Int]
  private let shingles: PostingTable<UInt32>
  private let equal: [UInt64: [UInt32]]

  /// What sets the runs of answers apart from those of questions.
  private static let answerSalt: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// The key of a run.
  static func key(_ hash: UInt64, _ part: ContaminationPair.Part) -> UInt64 {
    part == .answer ? hash ^ answerSalt : hash
  }

  init(_ items: [ProtectedItem], _ parameters: Decontamination) {
    self.parameters = parameters
    self.items = items.map(\.name)
    var entries: [Entry] = []
    var equal: [UInt64: [UInt32]] = [:]
    var keyed: [(key: UInt64, value: Posting)] = []
    var shingled: [(key: UInt64, value: UInt32)] = []
    var lengths: Set<Int> = []
    for (number, item) in items.enumerated() {
      for text in item.texts {
        let own = UInt32(entries.count)
        let length = min(text.words, parameters.ngram)
        let first = keyed.count
        for (word, hash) in text.runs.enumerated() {
          keyed.append((Self.key(hash, text.part), Posting(text: own, word: UInt32(word))))
        }
        if !text.runs.isEmpty, length < parameters.ngram { lengths.insert(length) }
        for hash in text.shingles?.smallest ?? [] { shingled.append((Self.spread(hash), own)) }
        if text.isShort { equal[text.hash, default: []].append(own) }
        entries.append(Entry(item: number, text: text, runLength: length, runs: first..<keyed.count))
      }
    }
    self.entries = entries
    self.equal = equal
    shortLengths = lengths.sorted()
    runs = PostingTable(keyed)
    runsOfEntries = keyed.map { [runs] in runs.find($0.key) ?? 0 }
    shingles = PostingTable(shingled)
  }

  /// A shingle's 32 bits over 64, since tables look at all of a key.
  private static func spread(_ hash: UInt32) -> UInt64 {
    (UInt64(hash) &+ 1) &* 0x9E37_79B9_7F4A_7C15
  }

  /// The texts that are the same as one of these words.
  func same(as hash: UInt64) -> [UInt32] { equal[hash] ?? [] }

  /// The most texts that one text is compared with.
  static let mostCompared = 256

  /// The texts to which one is a near duplicate, with the similarity, the most similar first, at most ``keptSimilar``;
  /// `counted` gets all of them.
  ///
  /// No pair is missed but for ``mostCompared``: of two sets with a Jaccard similarity of at least t and m shingles in
  /// the one, at least ⌈t m⌉ are common, so that of any m − ⌈t m⌉ + 1 of its shingles one is in the other (Bayardo, Ma
  /// & Srikant 2007, "Scaling Up All Pairs Similarity Search"). Those that the fewest protected texts have are looked
  /// up, so that a template that all have costs nothing. Of sets of more than 512 shingles the smallest 512 hashes
  /// stand for the set.
  func similar(to set: ShingleSet, counted: (UInt32) -> Void) -> [(text: UInt32, similarity: Double)] {
    let size = set.smallest.count
    guard size > 0, !shingles.isEmpty else { return [] }
    // Where this set or one as large as a near duplicate may be is not whole, a tenth less may be common by chance: over
    // four standard errors.
    let isExact = Double(size) <= parameters.threshold * Double(ShingleSet.limit)
    let least = parameters.threshold * (isExact ? 1 : 0.9)
    let needed = max(1, Int((least * Double(size)).rounded(.up)))
    var found: [Range<Int>] = []
    for (index, hash) in set.smallest.enumerated() {
      if found.count + size - index < needed { return [] }
      if let key = shingles.find(Self.spread(hash)) { found.append(shingles.range(key)) }
    }
    guard found.count >= needed else { return [] }
    found.sort { ($0.count, $0.lowerBound) < ($1.count, $1.lowerBound) }
    var candidates: Set<UInt32> = []
    var kept: [(text: UInt32, similarity: Double)] = []
    for range in found.prefix(found.count - needed + 1) {
      for text in shingles.postings(range) where candidates.count < Self.mostCompared {
        guard candidates.insert(text).inserted, let other = entries[Int(text)].text.shingles,
          ShingleSet.areSimilar(set, other, threshold: parameters.threshold)
        else { continue }
        counted(text)
        kept.append((text, ShingleSet.jaccard(set, other)))
      }
    }
    kept.sort { $0.similarity != $1.similarity ? $0.similarity > $1.similarity : $0.text < $1.text }
    return Array(kept.prefix(Self.keptSimilar))
  }

  /// The most near duplicates of one text that are kept.
  static let keptSimilar = 8
}

/// Values by 64-bit keys in three flat arrays, with a filter of bits before them: most keys that are asked for are not
/// there.
struct PostingTable<Value: Sendable>: Sendable {
  private let keys: [UInt64]
  private let starts: [UInt32]
  private let values: [Value]
  private let slots: [UInt32]
  private let filter: [UInt64]
  private let filterMask: UInt64

  /// Takes pairs in any order; those of one key keep theirs.
  init(_ pairs: [(key: UInt64, value: Value)]) {
    var capacity = 64
    while capacity < pairs.count * 2 { capacity *= 2 }
    var keys: [UInt64] = []
    var slots = [UInt32](repeating: 0, count: capacity)
    // 16 bits or more a key: one in 16 absent keys passes at most.
    var filter = [UInt64](repeating: 0, count: capacity / 8)
    let mask = UInt64(filter.count * 64 - 1)
    // Keys are numbered as they come, their values counted and then laid side by side: no sorting.
    var numbers: [UInt32] = []
    numbers.reserveCapacity(pairs.count)
    var counts: [UInt32] = []
    for (key, _) in pairs {
      var slot = Int(key >> 32) & (capacity - 1)
      while slots[slot] != 0, keys[Int(slots[slot]) - 1] != key { slot = (slot + 1) & (capacity - 1) }
      if slots[slot] == 0 {
        keys.append(key)
        counts.append(0)
        slots[slot] = UInt32(keys.count)
        filter[Int((key & mask) >> 6)] |= 1 << (key & 63)
      }
      numbers.append(slots[slot] - 1)
      counts[Int(slots[slot]) - 1] += 1
    }
    var starts: [UInt32] = [0]
    starts.reserveCapacity(counts.count + 1)
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    var next = starts
    var order = [UInt32](repeating: 0, count: pairs.count)
    for (index, number) in numbers.enumerated() {
      order[Int(next[Int(number)])] = UInt32(index)
      next[Int(number)] += 1
    }
    self.keys = keys
    self.starts = starts
    values = order.map { pairs[Int($0)].value }
    self.slots = slots
    self.filter = filter
    filterMask = mask
  }

  var isEmpty: Bool { keys.isEmpty }

  /// The number of a key; nil if it is not there.
  func find(_ key: UInt64) -> UInt32? {
    let place = key & filterMask
    if filter[Int(place >> 6)] >> (place & 63) & 1 == 0 { return nil }
    var slot = Int(key >> 32) & (slots.count - 1)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if keys[number] == key { return UInt32(number) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Where the values of a key are.
  func range(_ number: UInt32) -> Range<Int> {
    Int(starts[Int(number)])..<Int(starts[Int(number) + 1])
  }

  func postings(_ range: Range<Int>) -> ArraySlice<Value> { values[range] }

  func postings(of number: UInt32) -> ArraySlice<Value> { values[range(number)] }
}
