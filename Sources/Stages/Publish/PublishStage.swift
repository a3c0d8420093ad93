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
  private let nonce: () -> String

  /// A publish step of a run.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - lake: the lake that it indexes.
  ///   - registry: where versions go.
  ///   - run: the run's id.
  ///   - created: the run's time, which goes into the reference and into no version.
  ///   - nonce: makes a text that no other publisher makes.
  public init(
    catalog: CatalogStore, lake: LakeStore, registry: DatasetRegistry, run: String, created: Timestamp,
    nonce: @escaping () -> String
  ) {
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
  public func publish(_ dataset: DatasetDefinition, progress: (Int, Int) -> Void) throws -> PublishAccount {
    var drafts = try select(dataset)
    let ledger = try registry.ledger()
    let plan = SplitPlan(drafts, dataset: dataset, ledger: ledger)
    var outcomes = plan.outcomes
    let order = Self.order(drafts, outcomes, dataset)
    let session = try registry.beginPublish(dataset: dataset.name)
    for split in dataset.splits { try session.addSplit(split.name) }
    let writer = ExampleWriter(bodies: LakeBodies(lake: lake), kind: dataset.kind)
    var taken = 0
    var personal = 0
    for (done, index) in order.enumerated() {
      if done.isMultiple(of: 256) {
        try Task.checkCancellation()
        progress(done, order.count)
      }
      guard case .split(let split) = outcomes[index] else { continue }
      if taken >= dataset.maximumExamples {
        outcomes[index] = .out("maximum")
        continue
      }
      let written = try writer.write(drafts[index])
      if let unfit = written.unfit {
        outcomes[index] = .out(unfit)
      } else if let limit = dataset.maximumExampleCharacters, written.characters > limit {
        outcomes[index] = .out("too-long")
      } else if writer.body.count > longestExample {
        outcomes[index] = .out("too-long")
      } else {
        if written.personalData { personal += 1 }
        try session.add(split: split, id: drafts[index].id, writer.body.view)
        taken += 1
      }
    }
    progress(order.count, order.count)
    let prepared = try session.finish()
    var account = Self.account(dataset, drafts, outcomes, prepared)
    let latest = try registry.latest(of: dataset.name)
    if prepared.isUnchanged, let latest {
      account.result = .unchanged
      account.number = latest.number
      try record(dataset, latest, drafts, outcomes)
      return account
    }
    let gates = GateReport(dataset: dataset, examples: taken, personalData: personal)
    guard gates.refusals.isEmpty else {
      account.result = .refused
      account.number = latest?.number ?? 0
      account.refusals = gates.refusals
      return account
    }
    // Claims come before the version, so that no other publisher can take an example for the other role between.
    let nonce = nonce()
    let claims = Self.claims(drafts, outcomes, plan)
    _ = try registry.claim(dataset: dataset.name, role: claims, over: ledger, nonce: nonce)
    let reference = try prepared.commit(
      version: Self.description(dataset, account, gates), created: created.description, run: run, nonce: nonce)
    account.number = reference.number
    try record(dataset, reference, drafts, outcomes)
    drafts.removeAll()
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

  /// The order in which drafts are written: by place in the lake, unless there is a maximum to reach, when the
  /// best come first: by probability, then votes for good, then a hash of the seed and the id.
  private static func order(
    _ drafts: [Draft], _ outcomes: [SplitPlan.Outcome], _ dataset: DatasetDefinition
  ) -> [Int] {
    let placed = outcomes.count { if case .split = $0 { true } else { false } }
    guard placed > dataset.maximumExamples else { return Array(drafts.indices) }
    let keys = drafts.map { draft in
      (draft.main.probability ?? 0, draft.main.good, ContentHash.of("\(dataset.seed)\u{0}\(draft.id)"))
    }
    return drafts.indices.sorted { left, right in
      if keys[left].0 != keys[right].0 { return keys[left].0 > keys[right].0 }
      if keys[left].1 != keys[right].1 { return keys[left].1 > keys[right].1 }
      return keys[left].2 < keys[right].2
    }
  }

  private static func account(
    _ dataset: DatasetDefinition, _ drafts: [Draft], _ outcomes: [SplitPlan.Outcome], _ prepared: PreparedVersion
  ) -> PublishAccount {
    var account = PublishAccount(dataset: dataset.name, result: .published)
    account.contentRoot = prepared.contentRoot.hex
    for split in dataset.splits { account.splits[split.name] = 0 }
    for outcome in outcomes {
      switch outcome {
      case .split(let name): account.splits[name, default: 0] += 1
      case .out(let reason): account.left[reason, default: 0] += 1
      }
    }
    account.newExamples = prepared.newRecords
    account.reusedExamples = prepared.reusedRecords
    account.writtenBytes = prepared.writtenBytes
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
        case .out(let reason): "out:\(reason)"
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
