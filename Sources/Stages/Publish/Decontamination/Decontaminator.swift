import Bytes
import Catalog
import Lake
import Records
import Registry
import Text

/// Leaves out the candidates of a version that overlap with the other side of training and evaluation.
///
/// The held-out side is always the one that is indexed, being the smaller one, and the training side the one that is
/// searched:
///
/// 1. Candidates for held-out splits that are new to evaluation against every example that was ever published for
///    training; those of them that a model wrote also against the logged candidates for training, to which they give way.
/// 2. Candidates for training against every example that was ever published for evaluation, the protected files, and
///    the candidates for held-out splits that step 1 left.
///
/// Within a version the held-out side stays, which has less to lose. What was published for evaluation once stays
/// an eval item, and whatever overlaps with it trains no more. Candidates are compared in the form in which they would be
/// published, with marks in place of personal data, since that is what was published before.
struct Decontaminator {
  let lake: LakeStore
  let registry: DatasetRegistry
  let dataset: DatasetDefinition
  let parameters: Decontamination
  let prompts: ProtectedPrompts
  let workers: Int
  let spans: ExampleSpans?

  /// Leaves out what overlaps.
  /// - Parameters:
  ///   - drafts: the candidates.
  ///   - outcomes: where each stands; contaminated ones change.
  ///   - roles: the role of each split.
  ///   - ledger: what was published for either side so far.
  /// - Returns: the account; nil if there was nothing to compare.
  /// - Throws: the stores' errors, ``ProtectedFileError``.
  func run(
    _ drafts: [Draft], _ outcomes: inout [SplitPlan.Outcome], roles: [String: LedgerRole],
    ledger: Ledger
  ) async throws -> DecontaminationAccount? {
    var sides: [LedgerRole: [Int]] = [:]
    for (index, outcome) in outcomes.enumerated() {
      if case .split(let name) = outcome, let role = roles[name] { sides[role, default: []].append(index) }
    }
    var account = DecontaminationAccount()
    var pairs: [ContaminationPair] = []
    var heldOut: [(index: Int, item: ProtectedItem)] = []
    let candidates = sides[.eval] ?? []
    let training = sides[.train] ?? []
    let published = candidates.isEmpty ? PublishedRecords() : try self.published(.train)
    if !candidates.isEmpty, published.count > 0 || !training.isEmpty {
      heldOut = try await items(candidates, drafts)
    }
    // What was published for evaluation stays, or the next night would take it out again for what trained since.
    let fresh = heldOut.filter { item in
      let keys = drafts[item.index].sources.map { Draft.contentKey($0.contentHash) }
      return !keys.allSatisfy { ledger.contains($0, .eval) }
    }
    if published.count > 0, !fresh.isEmpty {
      account.trainedItems = published.count
      account.examined += fresh.count
      let index = OverlapIndex(fresh.map(\.item), parameters)
      let (found, names, bytes) = try await search(published, index)
      account.bytes += bytes
      var out: Set<Int> = []
      for pair in found {
        let candidate = fresh[pair.item].index
        out.insert(candidate)
        pairs.append(describe(pair, drafts[candidate], names[pair.number] ?? ProtectedName()))
      }
      for candidate in out { outcomes[candidate] = .out(.contaminated) }
      account.heldOut = out.count
      heldOut.removeAll { out.contains($0.index) }
    }
    let written = fresh.filter { item in
      drafts[item.index].origin == .synthetic && outcomes[item.index] != .out(.contaminated)
    }
    let logged = training.filter { drafts[$0].origin != .synthetic }
    if !written.isEmpty, !logged.isEmpty {
      account.examined += written.count
      let (found, bytes) = try await search(logged, drafts, OverlapIndex(written.map(\.item), parameters))
      account.bytes += bytes
      for pair in found {
        let candidate = written[pair.item].index
        if outcomes[candidate] != .out(.contaminated) { account.heldOut += 1 }
        outcomes[candidate] = .out(.contaminated)
        var name = ProtectedName(dataset: dataset.name)
        name.example = drafts[pair.number].id
        pairs.append(describe(pair, drafts[candidate], name))
      }
      heldOut.removeAll { outcomes[$0.index] == .out(.contaminated) }
    }
    if !training.isEmpty {
      var items = try await publishedItems()
      items += try prompts.items(ngram: parameters.ngram)
      items += heldOut.map(\.item)
      account.protectedItems = Set(items.map(\.name.item)).count
      items = Self.distinct(items)
      if !items.isEmpty {
        account.examined += training.count
        let index = OverlapIndex(items, parameters)
        let (found, bytes) = try await search(training, drafts, index)
        account.bytes += bytes
        for pair in found {
          if outcomes[pair.number] != .out(.contaminated) { account.training += 1 }
          outcomes[pair.number] = .out(.contaminated)
          pairs.append(describe(pair, drafts[pair.number], index.items[pair.item]))
        }
      }
    }
    guard account.protectedItems + account.trainedItems + account.heldOut > 0 else { return nil }
    account.allPairs = Self.strongest(pairs)
    account.pairs = Array(account.allPairs.prefix(DecontaminationAccount.listed))
    return account
  }

  /// The most pairs of one candidate that are listed.
  private static let listedOfOne = 8

  /// Pairs by the candidates' ids, of one candidate the strongest.
  private static func strongest(_ pairs: [ContaminationPair]) -> [ContaminationPair] {
    var result: [ContaminationPair] = []
    let groups = Dictionary(grouping: pairs, by: \.example)
    for example in groups.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      var named: [(pair: ContaminationPair, name: String)] = []
      for pair in groups[example] ?? [] { named.append((pair, pair.protected.description)) }
      named.sort { left, right in
        if left.pair.strength != right.pair.strength { return left.pair.strength > right.pair.strength }
        let published = (left.pair.protected.isPublished, right.pair.protected.isPublished)
        if published.0 != published.1 { return published.0 }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
      }
      // One item that several datasets hold is one item.
      var listed: Set<String> = []
      for entry in named where listed.count < listedOfOne {
        if listed.insert(entry.pair.protected.item).inserted { result.append(entry.pair) }
      }
    }
    return result
  }

  private func describe(
    _ pair: OverlapVerdict.Pair, _ candidate: Draft, _ protected: ProtectedName
  ) -> ContaminationPair {
    // Four digits say enough, and keep an account short.
    let rounded = { (value: Double) in (value * 10_000).rounded() / 10_000 }
    return ContaminationPair(
      example: candidate.id, protected: protected,
      measure: pair.overlap == nil ? "near-duplicate" : "\(parameters.ngram)-gram", part: pair.part,
      overlap: pair.overlap.map(rounded), similarity: pair.similarity.map(rounded))
  }

  // MARK: What was published

  /// The examples that any version of any dataset has in splits of a role; a version of a kind that this program does
  /// not know is held out as a whole.
  private func published(_ role: LedgerRole) throws -> PublishedRecords {
    try registry.published { version, split in
      let trains = Kind(rawValue: version.description.kind)?.trains ?? false
      return (trains && split == SplitDefinition.train) == (role == .train)
    }
  }

  private func publishedItems() async throws -> [ProtectedItem] {
    var units = Array(try published(.eval).units.reversed())
    var items: [ProtectedItem] = []
    try await OrderedTasks.run(
      limit: workers, next: { units.popLast() },
      work: { [registry, parameters] unit in
        let maker = ItemMaker(parameters)
        var items: [ProtectedItem] = []
        try registry.forEachRecord(of: unit) { origin, json in
          try Task.checkCancellation()
          let name = ProtectedName(dataset: origin.dataset, version: origin.number)
          if let item = try maker.item(json, name) { items.append(item) }
        }
        return items
      }, consume: { items += $0 })
    // Where records stand in packs must show nowhere.
    let named = items.map { (name: $0.name.description, item: $0) }
    return named.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.map(\.item)
  }

  /// Items without the texts that one before them has: an example whose votes change is published anew, and other
  /// datasets hold it too.
  private static func distinct(_ items: [ProtectedItem]) -> [ProtectedItem] {
    var seen: Set<ProtectedText.Identity> = []
    return items.compactMap { item in
      var item = item
      item.texts.removeAll { !seen.insert($0.identity).inserted }
      return item.texts.isEmpty ? nil : item
    }
  }

  /// Searches published examples.
  private func search(
    _ published: PublishedRecords, _ index: OverlapIndex
  ) async throws -> (pairs: [OverlapVerdict.Pair], names: [Int: ProtectedName], bytes: Int) {
    var verdict = OverlapVerdict(index, examples: published.count)
    var names: [Int: ProtectedName] = [:]
    var first = 0
    var units = Array(
      published.units.map { unit in
        defer { first += unit.count }
        return (unit: unit, first: first)
      }.reversed())
    try await OrderedTasks.run(
      limit: workers, next: { units.popLast() },
      work: { [registry] job in
        let scanner = OverlapScanner(index)
        let parser = JSONParser()
        var number = job.first
        var names: [Int: ProtectedName] = [:]
        try registry.forEachRecord(of: job.unit) { origin, json in
          try Task.checkCancellation()
          try parser.parse(json) { example in
            let found = scanner.batch.hits.count
            scanner.scan(example, number: number)
            if scanner.batch.hits.count > found {
              names[number] = ProtectedName(
                dataset: origin.dataset, version: origin.number, example: example["id"]?.string)
            }
          }
          number += 1
        }
        return (scanner.batch, names)
      },
      consume: { (batch: OverlapBatch, found: [Int: ProtectedName]) in
        verdict.take(batch)
        names.merge(found) { $1 }
      })
    return (verdict.pairs(), names, verdict.bytes)
  }

  // MARK: Candidates

  /// What is kept of candidates for held-out splits; those that are unfit protect nothing.
  private func items(_ indices: [Int], _ drafts: [Draft]) async throws -> [(index: Int, item: ProtectedItem)]
  {
    var batches = DraftBatch.batches(indices[...], drafts)
    var items: [(index: Int, item: ProtectedItem)] = []
    let kind = dataset.kind
    let name = dataset.name
    try await OrderedTasks.run(
      limit: workers, next: { batches.popLast() },
      work: { [lake, parameters, spans] batch in
        let writer = ExampleWriter(bodies: LakeBodies(lake: lake), kind: kind, spans: spans)
        let maker = ItemMaker(parameters)
        var items: [(index: Int, item: ProtectedItem)] = []
        for entry in batch {
          try Task.checkCancellation()
          guard try writer.write(entry.draft).unfit == nil else { continue }
          let own = ProtectedName(dataset: name)
          if let item = try maker.item(writer.body.view, own) { items.append((entry.index, item)) }
        }
        return items
      }, consume: { items += $0 })
    return items.sorted { $0.index < $1.index }
  }

  /// Searches candidates for training.
  private func search(
    _ indices: [Int], _ drafts: [Draft], _ index: OverlapIndex
  ) async throws -> (pairs: [OverlapVerdict.Pair], bytes: Int) {
    var batches = DraftBatch.batches(indices[...], drafts)
    var verdict = OverlapVerdict(index, examples: indices.count)
    let kind = dataset.kind
    try await OrderedTasks.run(
      limit: workers, next: { batches.popLast() },
      work: { [lake, spans] batch in
        let writer = ExampleWriter(bodies: LakeBodies(lake: lake), kind: kind, spans: spans)
        let scanner = OverlapScanner(index)
        let parser = JSONParser(maximumLength: 1 << 30)
        for entry in batch {
          try Task.checkCancellation()
          guard try writer.write(entry.draft).unfit == nil else { continue }
          try parser.parse(writer.body.view) { scanner.scan($0, number: entry.index) }
        }
        return scanner.batch
      }, consume: { verdict.take($0) })
    return (verdict.pairs().sorted { $0.number < $1.number }, verdict.bytes)
  }
}

/// Makes protected items of examples in their published form.
///
/// Owned by one task.
private final class ItemMaker {
  private let parser = JSONParser(maximumLength: 1 << 30)
  private let picker = TextPicker()
  private let maker: ProtectedTextMaker

  init(_ parameters: Decontamination) { maker = ProtectedTextMaker(ngram: parameters.ngram) }

  /// The item of an example; nil if nothing of it can be compared.
  func item(_ json: UnsafeRawBufferPointer, _ name: ProtectedName) throws -> ProtectedItem? {
    try parser.parse(json) { example in
      var texts: [ProtectedText] = []
      picker.forEachText(of: example) { if let text = maker.protected($0) { texts.append(text) } }
      var name = name
      name.example = example["id"]?.string
      return texts.isEmpty ? nil : ProtectedItem(name: name, texts: texts)
    }
  }
}
