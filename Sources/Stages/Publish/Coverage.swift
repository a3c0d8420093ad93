import Catalog
import Records
import Registry

/// How far a dataset is from what its slices should have.
public struct CoverageAccount: Sendable, Hashable, Codable {
  /// A slice.
  public struct Slice: Sendable, Hashable, Codable {
    /// Its name.
    public let slice: String
    /// Examples that it should have.
    public let target: Int
    /// Examples with a logged output.
    public var organic = 0
    /// Examples with a person's output.
    public var corrected = 0
    /// Examples that models wrote and that would be published now.
    public var synthetic = 0
    /// Candidates that may yet become examples: their batch is planned, or waits for people, or curation has not looked at
    /// them.
    public var pending = 0
    /// Examples that are missing when those that models wrote do not count.
    public var deficit = 0
    /// Examples that models may still write.
    public var room = 0

    init(slice: String, target: Int) {
      self.slice = slice
      self.target = target
    }
  }

  /// The dataset.
  public let dataset: String
  /// The slices in the definition's order, ``SliceDefinition/other`` last.
  public var slices: [Slice]

  /// Examples that models may still write, in all slices.
  public var room: Int { slices.reduce(0) { $0 + $1.room } }
}

/// Counts what a dataset has and lacks, by slice, as it would be published now.
///
/// Drafts, splits, the ledger and the cap decide as in ``PublishStage``, without a body being read. What the last version
/// left out for what reading showed (it overlaps with an eval, it is too long, it holds no text) is taken to be left out
/// again.
public struct Coverage {
  private let catalog: CatalogStore
  private let registry: DatasetRegistry?

  /// Reasons that only reading bodies shows.
  private static let shownByReading: [LeftOut] = [
    .contaminated, .tooLong, .media, .emptyOutput, .noMessages, .equalOutputs,
  ]

  /// Counts in a catalog.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - registry: where versions are; nil where none was made yet.
  public init(catalog: CatalogStore, registry: DatasetRegistry?) {
    self.catalog = catalog
    self.registry = registry
  }

  /// Counts a dataset.
  ///
  /// The deficit of a slice is max(0, target − organic − corrected), and the room that it has for what models write is
  /// max(0, min(deficit, share · target / 100) − synthetic − pending).
  /// - Parameters:
  ///   - dataset: its definition.
  ///   - planned: candidates of batches that are not written yet, by slice; they count as pending. Default none.
  /// - Returns: the account; nil where the definition has no section `synthesis`, which holds the targets.
  /// - Throws: the stores' errors, ``CatalogError`` for a condition that is not legal SQL.
  public func account(_ dataset: DatasetDefinition, planned: [String: Int] = [:]) throws -> CoverageAccount? {
    guard let allowance = dataset.synthesis else { return nil }
    let selection = try DraftSelection(dataset, catalog)
    let out = try catalog.examplesLeftOut(of: dataset.name, for: Self.shownByReading.map(\.rawValue))
    let drafts = selection.drafts.filter { !out.contains($0.id) }
    let plan = SplitPlan(
      drafts, dataset: dataset, ledger: try registry?.ledger() ?? Ledger(), golden: try catalog.goldenKeys())
    var outcomes = plan.outcomes
    _ = InfluenceCap.apply(drafts, &outcomes, dataset)
    SyntheticCap.apply(drafts, &outcomes, dataset)
    var counts: [String: CoverageAccount.Slice] = [:]
    for name in dataset.sliceNames {
      counts[name] = CoverageAccount.Slice(slice: name, target: allowance.target(of: name))
    }
    for (draft, outcome) in zip(drafts, outcomes) {
      guard case .split = outcome else { continue }
      switch draft.origin {
      case .organic: counts[draft.slice]?.organic += 1
      case .corrected: counts[draft.slice]?.corrected += 1
      case .synthetic: counts[draft.slice]?.synthetic += 1
      }
    }
    for item in selection.barred where item.reason == .acceptancePending {
      counts[item.draft.slice]?.pending += 1
    }
    for (slice, count) in try uncurated(dataset, allowance) { counts[slice]?.pending += count }
    for (slice, count) in planned {
      counts[counts[slice] == nil ? SliceDefinition.other : slice]?.pending += count
    }
    let slices = dataset.sliceNames.compactMap { counts[$0] }.map { slice in
      var slice = slice
      slice.deficit = max(0, slice.target - slice.organic - slice.corrected)
      slice.room = max(
        0, min(slice.deficit, allowance.most(of: slice.slice)) - slice.synthetic - slice.pending)
      return slice
    }
    return CoverageAccount(dataset: dataset.name, slices: slices)
  }

  /// Examples that candidates could make on which curation has not decided, by slice; a pair for each input that has both
  /// its sides.
  private func uncurated(
    _ dataset: DatasetDefinition, _ allowance: SynthesisAllowance
  ) throws -> [String: Int] {
    let names = Set(dataset.sliceNames)
    var counts: [String: Int] = [:]
    func add(_ slice: String) {
      counts[names.contains(slice) ? slice : SliceDefinition.other, default: 0] += 1
    }
    let found = try catalog.uncuratedCandidates(for: allowance.sources(of: dataset.name)).filter {
      SyntheticDrafts.fits($0.facts, dataset.kind)
    }
    guard dataset.kind == .preference else {
      for item in found { add(item.facts.slice) }
      return counts
    }
    for group in Dictionary(grouping: found, by: \.input).values {
      guard let chosen = group.first(where: \.facts.isChosen), group.contains(where: { !$0.facts.isChosen })
      else {
        continue
      }
      add(chosen.facts.slice)
    }
    return counts
  }
}
