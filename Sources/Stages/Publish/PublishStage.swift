import Bytes
import Catalog
import Lake
import Records
import Registry
import Text

/// What one dataset's publication came to.
public struct PublishAccount: Sendable, Codable, Hashable {
  /// How it ended.
  public enum Result: String, Sendable, Codable {
    /// A new version stands in the registry.
    case published
    /// The content is that of the latest version.
    case unchanged
    /// A gate refused the version.
    case refused
  }

  /// The dataset.
  public var dataset: String
  /// How it ended.
  public var result: Result
  /// The version's number: the new one, or the latest.
  public var number = 0
  /// The content root in hexadecimal.
  public var contentRoot = ""
  /// Examples by split.
  public var splits: [String: Int] = [:]
  /// Candidates left out, by reason.
  public var left: [String: Int] = [:]
  /// Examples that the latest version lacked.
  public var newExamples = 0
  /// Examples that the latest version had.
  public var reusedExamples = 0
  /// Bytes of packs written.
  public var writtenBytes = 0
  /// Gates that refused, as `minimum_examples: 12 of 50`.
  public var refusals: [String] = []

  /// Candidates in all: examples and those left out.
  public var candidates: Int { splits.values.reduce(0, +) + left.values.reduce(0, +) }
}

/// Publishes versions of datasets: selection, splits, gates, records, commit.
public struct PublishStage {
  /// The longest example in bytes: what the registry takes as one record.
  var longestExample = 16 << 20

  private let catalog: CatalogStore
  private let lake: LakeStore
  private let registry: DatasetRegistry
  private let run: String
  private let created: Timestamp
  private let workers: Int
  private let nonce: () -> String

  /// A publish step of a run.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - lake: the lake that it indexes.
  ///   - registry: where versions go.
  ///   - run: the run's id.
  ///   - created: the run's time, which goes into the reference and into no version.
  ///   - workers: tasks at a time; default 1.
  ///   - nonce: makes a text that no other publisher makes.
  public init(
    catalog: CatalogStore, lake: LakeStore, registry: DatasetRegistry, run: String, created: Timestamp,
    workers: Int = 1, nonce: @escaping () -> String
  ) {
    self.workers = workers
    self.catalog = catalog
    self.lake = lake
    self.registry = registry
    self.run = run
    self.created = created
    self.nonce = nonce
  }

  /// Publishes one dataset, or finds that there is nothing new.
  /// - Parameters:
  ///   - dataset: its definition.
  ///   - progress: called with examples written and drafts in all.
  /// - Returns: the account.
  /// - Throws: the stores' errors, ``CatalogError`` for a condition that is not legal SQL.
  public func publish(
    _ dataset: DatasetDefinition, progress: (Int, Int) -> Void
  ) async throws -> PublishAccount {
    let drafts = try select(dataset)
    let ledger = try registry.ledger()
    let plan = SplitPlan(drafts, dataset: dataset, ledger: ledger)
    var outcomes = plan.outcomes
    let session = try registry.beginPublish(dataset: dataset.name)
    for split in dataset.splits { try session.addSplit(split.name) }
    let personal = try await write(drafts, &outcomes, dataset, to: session, progress: progress)
    let latest = try registry.latest(of: dataset.name)
    var account = Self.account(dataset, outcomes)
    // Before anything is stored: what a gate refuses leaves nothing behind.
    let gates = GateReport(
      dataset: dataset, examples: account.splits.values.reduce(0, +), personalData: personal)
    guard gates.refusals.isEmpty else {
      account.result = .refused
      account.number = latest?.number ?? 0
      account.refusals = gates.refusals
      return account
    }
    let prepared = try session.finish()
    account.contentRoot = prepared.contentRoot.hex
    account.newExamples = prepared.newRecords
    account.reusedExamples = prepared.reusedRecords
    account.writtenBytes = prepared.writtenBytes
    if prepared.isUnchanged, let latest {
      account.result = .unchanged
      account.number = latest.number
      try record(dataset, latest, drafts, outcomes)
      return account
    }
    // Claims come before the version, so that no other publisher can take an example for the other role between.
    let nonce = nonce()
    let claims = Self.claims(drafts, outcomes, plan)
    _ = try registry.claim(dataset: dataset.name, role: claims, over: ledger, nonce: nonce)
    let reference = try prepared.commit(
      version: Self.description(dataset, account, gates), created: created.description, run: run, nonce: nonce
    )
    account.number = reference.number
    try record(dataset, reference, drafts, outcomes)
    return account
  }

  private func select(_ dataset: DatasetDefinition) throws -> [Draft] {
    let candidates = try catalog.candidates(among: try catalog.numbers(where: dataset.select))
    var slices: [Int64: String] = [:]
    for slice in dataset.slices.reversed() {
      for number in try catalog.numbers(where: slice.condition) { slices[number] = slice.name }
    }
    return DraftBuilder.drafts(candidates, for: dataset).map { draft in
      var draft = draft
      draft.slice = slices[draft.main.number] ?? SliceDefinition.other
      return draft
    }
  }

  /// Log text that one task makes examples of, in bytes: some frames, each decoded once.
  private static let batchBytes = 8 << 20
  /// Examples that one task makes at most.
  private static let batchExamples = 4096

  private struct Item: Sendable {
    let index: Int
    let draft: Draft
  }

  private struct Made: Sendable {
    let index: Int
    let written: ExampleWriter.Written
    let place: Range<Int>
  }

  /// Makes the examples of all drafts that have a split and hands them to the session, until the dataset is full.
  ///
  /// Where there are more drafts than room the best come first: by probability, then votes for good, then a hash of
  /// the seed and the id. What turns out unfit makes room for the next.
  /// - Returns: examples in which a scan still finds personal data.
  private func write(
    _ drafts: [Draft], _ outcomes: inout [SplitPlan.Outcome], _ dataset: DatasetDefinition,
    to session: PublishSession, progress: (Int, Int) -> Void
  ) async throws -> Int {
    var ranked = drafts.indices.filter { if case .split = outcomes[$0] { true } else { false } }
    if ranked.count > dataset.maximumExamples { ranked = Self.ranked(ranked, drafts, seed: dataset.seed) }
    let total = min(ranked.count, dataset.maximumExamples)
    var taken = 0
    var personal = 0
    var next = 0
    while next < ranked.count, taken < dataset.maximumExamples {
      let end = min(ranked.count, next + dataset.maximumExamples - taken)
      var batches = Self.batches(ranked[next..<end], drafts)
      next = end
      var results = outcomes
      try await OrderedTasks.run(
        limit: workers,
        next: { batches.popLast() },
        work: { [lake] batch in try Self.make(batch, kind: dataset.kind, lake: lake) },
        consume: { bytes, made in
          for item in made {
            guard case .split(let split) = results[item.index] else { continue }
            if let reason = unfit(item.written, item.place.count, dataset) {
              results[item.index] = .out(reason)
              continue
            }
            if item.written.personalData { personal += 1 }
            try bytes.withUnsafeBytes { view in
              try session.add(
                split: split, id: drafts[item.index].id, UnsafeRawBufferPointer(rebasing: view[item.place]))
            }
            taken += 1
          }
          progress(taken, total)
        })
      outcomes = results
    }
    for index in ranked[next...] { outcomes[index] = .out(.maximum) }
    return personal
  }

  private func unfit(
    _ written: ExampleWriter.Written, _ bytes: Int, _ dataset: DatasetDefinition
  ) -> LeftOut? {
    if let unfit = written.unfit { return unfit }
    if let limit = dataset.maximumExampleCharacters, written.characters > limit { return .tooLong }
    return bytes > longestExample ? .tooLong : nil
  }

  private static func ranked(_ indices: [Int], _ drafts: [Draft], seed: String) -> [Int] {
    let keys = indices.map { index in
      let draft = drafts[index]
      return (
        index: index, probability: draft.main.probability ?? 0, good: draft.main.good,
        hash: ContentHash.of("\(seed)\u{0}\(draft.id)")
      )
    }
    return keys.sorted { left, right in
      if left.probability != right.probability { return left.probability > right.probability }
      if left.good != right.good { return left.good > right.good }
      return left.hash < right.hash
    }.map(\.index)
  }

  /// Batches in the order of the places in the lake, the first one last.
  private static func batches(_ indices: ArraySlice<Int>, _ drafts: [Draft]) -> [[Item]] {
    let placed = indices.sorted { left, right in
      let (first, second) = (drafts[left].main.place, drafts[right].main.place)
      if first.segment != second.segment {
        return (first.day, first.segment) < (second.day, second.segment)
      }
      return (first.frame, first.offset, drafts[left].id) < (second.frame, second.offset, drafts[right].id)
    }
    var batches: [[Item]] = []
    var open: [Item] = []
    var bytes = 0
    for index in placed {
      open.append(Item(index: index, draft: drafts[index]))
      bytes += drafts[index].main.place.length
      if bytes >= batchBytes || open.count >= batchExamples {
        batches.append(open)
        open = []
        bytes = 0
      }
    }
    if !open.isEmpty { batches.append(open) }
    return batches.reversed()
  }

  private static func make(_ batch: [Item], kind: Kind, lake: LakeStore) throws -> ([UInt8], [Made]) {
    let writer = ExampleWriter(bodies: LakeBodies(lake: lake), kind: kind)
    let text = ByteBuffer(capacity: batchBytes)
    var made: [Made] = []
    made.reserveCapacity(batch.count)
    for item in batch {
      try Task.checkCancellation()
      let written = try writer.write(item.draft)
      let start = text.count
      text.append(writer.body.view)
      made.append(Made(index: item.index, written: written, place: start..<text.count))
    }
    return (text.bytes, made)
  }

  private static func account(_ dataset: DatasetDefinition, _ outcomes: [SplitPlan.Outcome]) -> PublishAccount
  {
    var account = PublishAccount(dataset: dataset.name, result: .published)
    for split in dataset.splits { account.splits[split.name] = 0 }
    for outcome in outcomes {
      switch outcome {
      case .split(let name): account.splits[name, default: 0] += 1
      case .out(let reason): account.left[reason.rawValue, default: 0] += 1
      }
    }
    return account
  }

  /// The keys of what was published, and of nothing that fell out while bodies were read.
  private static func claims(
    _ drafts: [Draft], _ outcomes: [SplitPlan.Outcome], _ plan: SplitPlan
  ) -> [LedgerRole: [ContentHash]] {
    var claims: [LedgerRole: [ContentHash]] = [:]
    for (draft, outcome) in zip(drafts, outcomes) {
      guard case .split(let name) = outcome, let role = plan.roles[name] else { continue }
      claims[role, default: []] += draft.keys
    }
    return claims
  }

  private func record(
    _ dataset: DatasetDefinition, _ reference: Reference, _ drafts: [Draft], _ outcomes: [SplitPlan.Outcome]
  ) throws {
    // A run that was killed between the registry's commit and this left the catalog behind by one.
    var memberships: [Membership] = []
    for (draft, outcome) in zip(drafts, outcomes) {
      let text =
        switch outcome {
        case .split(let name): "in:\(name)"
        case .out(let reason): "out:\(reason.rawValue)"
        }
      memberships += draft.sources.map { Membership(example: draft.id, interaction: $0.id, outcome: text) }
    }
    try catalog.recordPublication(
      dataset: dataset.name, number: reference.number, version: reference.version.hex,
      contentRoot: reference.contentRoot.hex, run: reference.run, memberships)
  }

  private static func description(
    _ dataset: DatasetDefinition, _ account: PublishAccount, _ gates: GateReport
  ) throws -> VersionDescription {
    let counts = CanonicalObject.encode { writer in
      writer.key("left_out")
      CanonicalObject.write(account.left, to: &writer)
      writer.key("splits")
      CanonicalObject.write(account.splits, to: &writer)
    }
    let lineage = CanonicalObject.encode { writer in
      writer.key("definition")
      writer.string(dataset.definitionDigest)
    }
    return VersionDescription(
      kind: dataset.kind.rawValue, schema: "flywheel-\(dataset.kind.rawValue)/1", lineage: lineage,
      definition: CanonicalObject.definition(dataset), gates: gates.canonical, counts: counts)
  }
}
