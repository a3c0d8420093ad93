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
  /// Marks that publishing put in place of personal data, by word.
  public var masked: [String: Int] = [:]
  /// What decontamination came to; nil where it is off or had nothing to compare.
  public var decontamination: DecontaminationAccount?
  /// What the cap on the examples of one user came to; nil where it is off.
  public var influence: InfluenceAccount?
  /// What models wrote of it; nil where the definition allows none.
  public var synthetic: SyntheticAccount?
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
  private let prompts: ProtectedPrompts
  private let spans: ExampleSpans?
  private let nonce: () -> String

  /// A publish step of a run.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - lake: the lake that it indexes.
  ///   - registry: where versions go.
  ///   - run: the run's id.
  ///   - created: the run's time, which goes into the reference and into no version.
  ///   - workers: tasks at a time; default 1.
  ///   - prompts: files of prompts that nothing may train on; default none.
  ///   - spans: gives places that are masked beside what the scanner finds; default none.
  ///   - nonce: makes a text that no other publisher makes.
  public init(
    catalog: CatalogStore, lake: LakeStore, registry: DatasetRegistry, run: String, created: Timestamp,
    workers: Int = 1, prompts: ProtectedPrompts = .none, spans: ExampleSpans? = nil,
    nonce: @escaping () -> String
  ) {
    self.workers = workers
    self.prompts = prompts
    self.spans = spans
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
    let selection = try DraftSelection(dataset, catalog)
    let drafts = selection.drafts
    let ledger = try registry.ledger()
    let plan = SplitPlan(drafts, dataset: dataset, ledger: ledger, golden: try catalog.goldenKeys())
    var outcomes = plan.outcomes
    var decontamination: DecontaminationAccount?
    if let parameters = dataset.decontamination {
      let decontaminator = Decontaminator(
        lake: lake, registry: registry, dataset: dataset, parameters: parameters, prompts: prompts,
        workers: workers, spans: spans)
      decontamination = try await decontaminator.run(
        drafts, &outcomes, roles: plan.roles, ledger: ledger)
    }
    let influence = InfluenceCap.apply(drafts, &outcomes, dataset)
    SyntheticCap.apply(drafts, &outcomes, dataset)
    let session = try registry.beginPublish(dataset: dataset.name)
    for split in dataset.splits { try session.addSplit(split.name) }
    let found = try await write(drafts, &outcomes, dataset, to: session, progress: progress)
    let latest = try registry.latest(of: dataset.name)
    let barred = selection.barred.map { SplitPlan.Outcome.out($0.reason) }
    var account = Self.account(dataset, outcomes + barred)
    account.synthetic = dataset.synthesis.map {
      SyntheticAccount(drafts, outcomes, dataset, $0, selection)
    }
    account.decontamination = decontamination
    account.influence = influence
    account.masked = found.masked
    // Before anything is stored: what a gate refuses leaves nothing behind.
    let gates = GateReport(
      dataset: dataset, examples: account.splits.values.reduce(0, +), personalData: found.personalData,
      golden: try trainsOnGolden(drafts, outcomes, plan))
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
      try record(dataset, latest, drafts + selection.barred.map(\.draft), outcomes + barred)
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
    try record(dataset, reference, drafts + selection.barred.map(\.draft), outcomes + barred)
    return account
  }

  /// Examples in splits that train which touch the golden set as it is now, since a person may have added to it while
  /// bodies were read; nil where there is no golden set.
  private func trainsOnGolden(
    _ drafts: [Draft], _ outcomes: [SplitPlan.Outcome], _ plan: SplitPlan
  ) throws -> Int? {
    let golden = try catalog.goldenKeys()
    guard !golden.isEmpty else { return nil }
    return zip(drafts, outcomes).count { draft, outcome in
      guard case .split(let name) = outcome, plan.roles[name] == .train else { return false }
      return draft.isGolden(golden)
    }
  }

  private struct Made: Sendable {
    let index: Int
    let written: ExampleWriter.Written
    let place: Range<Int>
  }

  /// Makes the examples of all drafts that have a split and hands them to the session, until the dataset is full.
  ///
  /// Where there are more drafts than room the best come first, see ``DraftRank``. What turns out unfit makes room for
  /// the next.
  /// - Returns: examples in which a scan still finds personal data, and the marks that were written.
  private func write(
    _ drafts: [Draft], _ outcomes: inout [SplitPlan.Outcome], _ dataset: DatasetDefinition,
    to session: PublishSession, progress: (Int, Int) -> Void
  ) async throws -> (personalData: Int, masked: [String: Int]) {
    var ranked = drafts.indices.filter { if case .split = outcomes[$0] { true } else { false } }
    if ranked.count > dataset.maximumExamples {
      ranked = DraftRank.ranked(ranked, drafts, seed: dataset.seed)
    }
    let total = min(ranked.count, dataset.maximumExamples)
    var taken = 0
    var found = (personalData: 0, masked: [String: Int]())
    var next = 0
    while next < ranked.count, taken < dataset.maximumExamples {
      let end = min(ranked.count, next + dataset.maximumExamples - taken)
      var batches = DraftBatch.batches(ranked[next..<end], drafts)
      next = end
      var results = outcomes
      try await OrderedTasks.run(
        limit: workers,
        next: { batches.popLast() },
        work: { [lake, spans] batch in try Self.make(batch, kind: dataset.kind, lake: lake, spans: spans) },
        consume: { bytes, made in
          for item in made {
            guard case .split(let split) = results[item.index] else { continue }
            if let reason = unfit(item.written, item.place.count, dataset) {
              results[item.index] = .out(reason)
              continue
            }
            if item.written.personalData { found.personalData += 1 }
            for (word, count) in item.written.masked { found.masked[word, default: 0] += count }
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
    return found
  }

  private func unfit(
    _ written: ExampleWriter.Written, _ bytes: Int, _ dataset: DatasetDefinition
  ) -> LeftOut? {
    if let unfit = written.unfit { return unfit }
    if let limit = dataset.maximumExampleCharacters, written.characters > limit { return .tooLong }
    return bytes > longestExample ? .tooLong : nil
  }

  private static func make(
    _ batch: [DraftBatch.Entry], kind: Kind, lake: LakeStore, spans: ExampleSpans?
  ) throws -> ([UInt8], [Made]) {
    let writer = ExampleWriter(bodies: LakeBodies(lake: lake), kind: kind, spans: spans)
    let text = ByteBuffer(capacity: DraftBatch.bytes)
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
