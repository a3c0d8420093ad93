import Bytes
import Catalog
import Records

/// Makes drafts of what models wrote.
///
/// A candidate is for training or for evaluation, decided when it was written, and never goes to the other. What was not
/// chosen is no example to imitate: it is an undesirable output of `kto` and the worse side of a pair, and nothing else.
enum SyntheticDrafts {
  /// The drafts of a dataset's kind, in the order of the candidates or of their ids.
  static func drafts(_ candidates: [Candidate], for dataset: DatasetDefinition) -> [Draft] {
    let slices = Set(dataset.sliceNames)
    let drafts =
      dataset.kind == .preference
      ? pairs(candidates, strategy: dataset.pairs ?? .bestWorst)
      : candidates.filter { $0.synthetic.map { fits($0, dataset.kind) } ?? false }
        .map { Draft(id: $0.id, parts: .single($0, corrected: false)) }
    return drafts.map { draft in
      var draft = draft
      if let slice = draft.main.synthetic?.slice, slices.contains(slice) { draft.slice = slice }
      return draft
    }
  }

  /// Whether a candidate makes an example of a kind; of a pair, one of its sides.
  static func fits(_ facts: SyntheticFacts, _ kind: Kind) -> Bool {
    guard (facts.role == .eval) == (kind == .eval) else { return false }
    return facts.isChosen || kind == .kto || kind == .preference
  }

  /// Chosen outputs over not chosen ones of the same input: by default the best over the worst, by their scores.
  private static func pairs(_ candidates: [Candidate], strategy: PairStrategy) -> [Draft] {
    var groups: [ContentHash: [(candidate: Candidate, facts: SyntheticFacts)]] = [:]
    for candidate in candidates {
      guard let facts = candidate.synthetic, fits(facts, .preference) else { continue }
      groups[candidate.inputHash, default: []].append((candidate, facts))
    }
    var drafts: [Draft] = []
    for group in groups.values {
      func ordered(_ isChosen: Bool) -> [Candidate] {
        group.filter { $0.facts.isChosen == isChosen }.sorted { left, right in
          let better = isChosen ? left.facts.score > right.facts.score : left.facts.score < right.facts.score
          return left.facts.score == right.facts.score ? left.candidate.id < right.candidate.id : better
        }.map(\.candidate)
      }
      let limit = strategy == .all ? group.count : 1
      for better in ordered(true).prefix(limit) {
        for worse in ordered(false).prefix(limit) {
          drafts.append(Draft(id: "\(better.id)..\(worse.id)", parts: .pair(chosen: better, rejected: worse)))
        }
      }
    }
    return drafts.sorted { $0.id < $1.id }
  }
}
