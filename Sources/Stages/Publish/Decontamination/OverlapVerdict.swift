/// Adds up what batches found, in the order of the examples, and says at the end which pairs are contaminated.
///
/// Memory: for each run of the index the places in at most ``Decontamination/commonConversations`` conversations, eight
/// near duplicates for each text, and for each protected text as many conversations as make it a template.
struct OverlapVerdict {
  /// An example and a protected item that overlap.
  struct Pair {
    /// The example's number among those that were searched.
    let number: Int
    /// The protected item's number in the index.
    let item: Int
    let part: ContaminationPair.Part
    /// The share of common runs; nil for near duplicates.
    let overlap: Double?
    /// The similarity of near duplicates.
    let similarity: Double?

    /// How much it says, to list the strongest first.
    fileprivate var strength: Double { similarity.map { $0 + 1 } ?? overlap ?? 0 }
  }

  private let index: OverlapIndex
  /// The most conversations with near duplicates of a protected text that is no template.
  private let most: Int
  private(set) var bytes = 0
  private var hits: [OverlapHits] = []
  /// The conversations that have a run, one more than may have it at most.
  private var conversations: [UInt32: [UInt64]] = [:]
  /// The conversations with near duplicates of a protected text, one more than ``most`` at most.
  private var similar: [UInt32: Set<UInt64>] = [:]

  /// - Parameters:
  ///   - index: what is protected.
  ///   - examples: how many examples are to be searched.
  init(_ index: OverlapIndex, examples: Int) {
    self.index = index
    most = max(Decontamination.commonConversations, Int(Double(examples) * Decontamination.templateShare))
  }

  /// Takes a batch; batches come in the order of the examples.
  mutating func take(_ batch: OverlapBatch) {
    bytes += batch.bytes
    for (text, conversations) in batch.similar where similar[text, default: []].count <= most {
      similar[text, default: []].formUnion(conversations)
    }
    for example in batch.hits {
      var kept = example
      kept.runs.removeAll { !note($0.run, example.conversation) }
      if !kept.runs.isEmpty || !kept.near.isEmpty { hits.append(kept) }
    }
  }

  /// Notes that a conversation has a run; false once too many have it.
  private mutating func note(_ run: UInt32, _ conversation: UInt64) -> Bool {
    let most = Decontamination.commonConversations
    var list = conversations[run] ?? []
    if list.count <= most, !list.contains(conversation) {
      list.append(conversation)
      conversations[run] = list
    }
    return list.count <= most
  }

  private func isCommon(_ run: UInt32) -> Bool {
    (conversations[run]?.count ?? 0) > Decontamination.commonConversations
  }

  /// All contaminated pairs by the examples' numbers, of one example the strongest first, each pair once.
  func pairs() -> [Pair] {
    var lengths: [UInt32: [Bool]] = [:]
    var result: [Pair] = []
    for example in hits {
      var found: [Int: Pair] = [:]
      func add(_ pair: Pair) {
        if let standing = found[pair.item], standing.strength >= pair.strength { return }
        found[pair.item] = pair
      }
      for near in example.near {
        guard near.similarity == 1 || similar[near.protected, default: []].count <= most else { continue }
        let entry = index.entries[Int(near.protected)]
        add(
          Pair(
            number: example.number, item: entry.item, part: .question, overlap: nil,
            similarity: near.similarity))
      }
      for (protected, overlap) in overlaps(example, &lengths) {
        let entry = index.entries[Int(protected)]
        let isAnswer = entry.text.part == .answer
        guard overlap >= (isAnswer ? index.parameters.threshold : index.parameters.overlap) else { continue }
        add(
          Pair(
            number: example.number, item: entry.item, part: entry.text.part, overlap: overlap,
            similarity: nil))
      }
      result += found.values.sorted {
        $0.strength != $1.strength ? $0.strength > $1.strength : $0.item < $1.item
      }
    }
    return result
  }

  /// A run of the index that stands in more places than this says nothing about any of them, and is not followed.
  private static let mostPostings = 100

  /// The shares that an example's runs have of the protected texts and, of questions, of its own messages.
  private func overlaps(
    _ example: OverlapHits, _ specific: inout [UInt32: [Bool]]
  ) -> [(protected: UInt32, share: Double)] {
    struct Meeting: Hashable {
      let text: UInt32
      let protected: UInt32
    }
    struct Places {
      var own: [Int] = []
      var protected: [Int] = []
    }
    let runs = example.runs.filter { !isCommon($0.run) }.sorted {
      ($0.text, $0.run, $0.word) < ($1.text, $1.run, $1.word)
    }
    var meetings: [Meeting: Places] = [:]
    var next = 0
    while next < runs.count {
      // All places of one run in one text at once, so that no product of places is made.
      let first = next
      while next < runs.count, runs[next].text == runs[first].text, runs[next].run == runs[first].run {
        next += 1
      }
      let postings = index.runs.postings(of: runs[first].run)
      if postings.count > Self.mostPostings { continue }
      var last: UInt32?
      for posting in postings {
        let meeting = Meeting(text: runs[first].text, protected: posting.text)
        if last != posting.text {
          meetings[meeting, default: Places()].own += runs[first..<next].lazy.map { Int($0.word) }
        }
        meetings[meeting, default: Places()].protected.append(Int(posting.word))
        last = posting.text
      }
    }
    var shares: [UInt32: Double] = [:]
    for (meeting, places) in meetings {
      let entry = index.entries[Int(meeting.protected)]
      var share = self.share(of: entry, meeting.protected, places.protected, &specific)
      if entry.text.part == .question {
        var own = [Bool](repeating: false, count: Int(example.words[Int(meeting.text)]))
        for word in places.own { own.mark(word, entry.runLength) }
        share = max(share, own.share)
      }
      shares[meeting.protected] = max(shares[meeting.protected] ?? 0, share)
    }
    return shares.map { (protected: $0.key, share: $0.value) }
  }

  /// The share of a protected text that runs at some of its words make up: of its words that stand in no common run if
  /// there are enough of them, else of all its words.
  private func share(
    of entry: OverlapIndex.Entry, _ number: UInt32, _ words: [Int], _ cache: inout [UInt32: [Bool]]
  ) -> Double {
    let specific: [Bool]
    if let known = cache[number] {
      specific = known
    } else {
      var common = [Bool](repeating: false, count: entry.text.words)
      for (word, place) in entry.runs.enumerated() where isCommon(index.runsOfEntries[place]) {
        common.mark(word, entry.runLength)
      }
      specific = common.map { !$0 }
      cache[number] = specific
    }
    var covered = [Bool](repeating: false, count: entry.text.words)
    for word in words { covered.mark(word, entry.runLength) }
    let count = specific.count { $0 }
    guard count >= Decontamination.fewestWords else { return covered.share }
    return Double(zip(covered, specific).count { $0 && $1 }) / Double(count)
  }
}

extension [Bool] {
  fileprivate mutating func mark(_ first: Int, _ length: Int) {
    for place in first..<Swift.min(first + length, count) { self[place] = true }
  }

  fileprivate var share: Double { isEmpty ? 0 : Double(count { $0 }) / Double(count) }
}
