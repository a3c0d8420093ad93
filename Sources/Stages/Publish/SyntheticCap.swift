import Bytes
import Catalog
import Records

/// What models wrote of a version.
public struct SyntheticAccount: Sendable, Hashable, Codable {
  /// A slice.
  public struct Slice: Sendable, Hashable, Codable {
    /// Its name.
    public let slice: String
    /// Examples that it should have.
    public let target: Int
    /// Examples that models did not write, corrected ones among them.
    public var organic = 0
    /// Examples that models wrote.
    public var synthetic = 0
    /// Candidates that were left out since real examples, or the share, leave no room for them.
    public var capped = 0

    init(slice: String, target: Int) {
      self.slice = slice
      self.target = target
    }
  }

  /// The slices in the definition's order.
  public var slices: [Slice] = []
  /// Batches that are not in it, since their sample wants answers.
  public var waiting: [String] = []
  /// Batches that are not in it, since people rejected them.
  public var rejected: [String] = []

  /// Examples that models wrote.
  public var synthetic: Int { slices.reduce(0) { $0 + $1.synthetic } }
  /// Candidates that the cap left out.
  public var capped: Int { slices.reduce(0) { $0 + $1.capped } }

  /// Counts a version's examples.
  init(
    _ drafts: [Draft], _ outcomes: [SplitPlan.Outcome], _ dataset: DatasetDefinition,
    _ allowance: SynthesisAllowance, _ selection: DraftSelection
  ) {
    waiting = selection.waiting
    rejected = selection.rejected
    var counts: [String: Slice] = [:]
    for name in dataset.sliceNames {
      counts[name] = Slice(slice: name, target: allowance.target(of: name))
    }
    for (draft, outcome) in zip(drafts, outcomes) {
      switch outcome {
      case .split where draft.origin == .synthetic: counts[draft.slice]?.synthetic += 1
      case .split: counts[draft.slice]?.organic += 1
      case .out(.syntheticCap): counts[draft.slice]?.capped += 1
      case .out: break
      }
    }
    slices = dataset.sliceNames.compactMap { counts[$0] }
  }
}

/// Keeps models from writing more of a slice than it lacks.
///
/// Of a slice with target t, of which r examples are real, models may have written min(t − r, share · t / 100), rounded down
/// and never below 0: as real data comes, theirs goes. Those of the best score stay, of equal ones those of the smallest
/// hash of the seed and the id.
enum SyntheticCap {
  /// Leaves out what is beyond the cap of each slice.
  static func apply(
    _ drafts: [Draft], _ outcomes: inout [SplitPlan.Outcome], _ dataset: DatasetDefinition
  ) {
    guard let allowance = dataset.synthesis else { return }
    var real: [String: Int] = [:]
    var written: [String: [Int]] = [:]
    for index in drafts.indices {
      guard case .split = outcomes[index] else { continue }
      if drafts[index].origin == .synthetic {
        written[drafts[index].slice, default: []].append(index)
      } else {
        real[drafts[index].slice, default: 0] += 1
      }
    }
    for (slice, indices) in written {
      let lacking = allowance.target(of: slice) - (real[slice] ?? 0)
      let room = max(0, min(lacking, allowance.most(of: slice)))
      guard indices.count > room else { continue }
      for index in ranked(indices, drafts, seed: dataset.seed)[room...] {
        outcomes[index] = .out(.syntheticCap)
      }
    }
  }

  private static func ranked(_ indices: [Int], _ drafts: [Draft], seed: String) -> [Int] {
    let keys = indices.map { index in
      (
        index: index, score: drafts[index].main.synthetic?.score ?? 0,
        hash: ContentHash.of("\(seed)\u{0}\(drafts[index].id)")
      )
    }
    return keys.sorted { $0.score == $1.score ? $0.hash < $1.hash : $0.score > $1.score }.map(\.index)
  }
}
