import Bytes
import Catalog
import Records

/// An example before its body is read: what it is made of and what decides where it may stand.
struct Draft: Sendable {
  /// What the body is made of.
  enum Parts: Sendable {
    /// An interaction's input and output, or its correction in the output's place.
    case single(Candidate, corrected: Bool)
    /// An interaction's input, its output as the rejected one and its correction as the chosen one.
    case correction(Candidate)
    /// Two outputs for one input.
    case pair(chosen: Candidate, rejected: Candidate)
  }

  let id: String
  let parts: Parts
  var slice = SliceDefinition.other

  /// The interaction that the example is about; of a pair the chosen one.
  var main: Candidate {
    switch parts {
    case .single(let candidate, _), .correction(let candidate): candidate
    case .pair(let chosen, _): chosen
    }
  }

  /// All interactions that it comes from.
  var sources: [Candidate] {
    if case .pair(let chosen, let rejected) = parts { return [chosen, rejected] }
    return [main]
  }

  var corrected: Bool {
    switch parts {
    case .single(_, let corrected): corrected
    case .correction: true
    case .pair: false
    }
  }

  /// Where its output comes from.
  var origin: Origin { corrected ? .corrected : main.synthetic == nil ? .organic : .synthetic }

  /// What the ledger will know it by: its conversations, its input and its contents.
  ///
  /// An eval item shares none with training data.
  var keys: [ContentHash] {
    let conversations = Set(sources.map(\.conversation)).sorted().map { Self.conversationKey($0) }
    return conversations + [Self.inputKey(main.inputHash)] + sources.map { Self.contentKey($0.contentHash) }
  }

  /// What must not have been claimed for the other role: ``keys``, and every content of its near-duplicate clusters.
  var opposedKeys: [ContentHash] {
    var keys = keys
    for source in sources where source.nearKeys.count > 1 {
      keys += source.nearKeys.lazy.filter { $0 != source.contentHash }.map { Self.contentKey($0) }
    }
    return keys
  }

  /// Whether the golden set keeps it out of training: by its conversations, its input, or a content of its
  /// near-duplicate clusters.
  func isGolden(_ golden: GoldenKeys) -> Bool {
    guard !golden.isEmpty else { return false }
    return sources.contains { source in
      golden.conversations.contains(source.conversation) || golden.inputs.contains(source.inputHash)
        || source.nearKeys.contains(where: golden.contents.contains)
    }
  }

  static func conversationKey(_ conversation: String) -> ContentHash {
    ContentHash.of("conversation\u{0}" + conversation)
  }

  static func contentKey(_ hash: ContentHash) -> ContentHash {
    ContentHash.of("content\u{0}" + hash.description)
  }

  static func inputKey(_ hash: ContentHash) -> ContentHash {
    ContentHash.of("input\u{0}" + hash.description)
  }
}

/// Makes drafts of a dataset's kind from candidates.
enum DraftBuilder {
  /// - Parameters:
  ///   - candidates: what the dataset's condition holds for.
  ///   - dataset: its definition.
  ///   - preferred: what judges of pairs prefer; only `preference` looks at it.
  /// - Returns: the drafts, in the order of the candidates or of their ids.
  static func drafts(
    _ candidates: [Candidate], for dataset: DatasetDefinition, preferred: Set<OrderedContents> = []
  ) -> [Draft] {
    switch dataset.kind {
    case .sft, .eval, .fewshot:
      candidates.map { Draft(id: $0.id, parts: .single($0, corrected: $0.correction != nil)) }
    case .kto:
      // Only what users judged: KTO has no place for an output without an opinion.
      candidates.filter { $0.label == .good || $0.label == .bad }.map {
        Draft(id: $0.id, parts: .single($0, corrected: false))
      }
    case .preference:
      PairBuilder.drafts(candidates, strategy: dataset.pairs ?? .bestWorst, preferred: preferred)
    }
  }
}

/// Makes preference pairs: a correction over the output that it corrects, and of siblings (outputs for one input)
/// the better over the worse.
///
/// Which sibling is better is said by their ranks where both have one, else by one being labelled good and the
/// other bad, else by judges of pairs; no pair is made of equals. `best-worst` takes the pair with the widest gap for each input, as
/// UltraFeedback's binarised form does, which keeps prompts with many answers from outweighing the others;
/// `all` takes every ordered pair.
enum PairBuilder {
  static func drafts(
    _ candidates: [Candidate], strategy: PairStrategy, preferred: Set<OrderedContents> = []
  ) -> [Draft] {
    var drafts: [Draft] = []
    for candidate in candidates {
      guard let correction = candidate.correction else { continue }
      drafts.append(Draft(id: "\(correction.id)..\(candidate.id)", parts: .correction(candidate)))
    }
    let groups = Dictionary(grouping: candidates, by: \.inputHash).values.filter { $0.count > 1 }
    for group in groups {
      let siblings = group.sorted { $0.id < $1.id }
      var widest: (gap: Double, draft: Draft)?
      for better in siblings {
        for worse in siblings {
          guard let gap = gap(better, over: worse, preferred) else { continue }
          // A greeting has answers by the thousand: only pairs that are taken are made.
          if strategy == .bestWorst, let widest, gap < widest.gap { continue }
          let draft = Draft(id: "\(better.id)..\(worse.id)", parts: .pair(chosen: better, rejected: worse))
          if strategy == .all { drafts.append(draft) }
          if gap > widest?.gap ?? 0 || draft.id < widest?.draft.id ?? "" { widest = (gap, draft) }
        }
      }
      if strategy == .bestWorst, let widest { drafts.append(widest.draft) }
    }
    return drafts.sorted { $0.id < $1.id }
  }

  /// How much better one output is than another; nil if it is not.
  ///
  /// Ranks count in whole places, so that they outweigh labels, whose gap is from 1 to 2, and these judges of pairs.
  private static func gap(
    _ better: Candidate, over worse: Candidate, _ preferred: Set<OrderedContents>
  ) -> Double? {
    if let first = better.rank, let second = worse.rank { return first < second ? 2 + second - first : nil }
    switch (better.label, worse.label) {
    case (.good, .bad): return (better.probability ?? 0.5) + (worse.probability ?? 0.5)
    case (.bad, .good): return nil
    default:
      let order = OrderedContents(better: better.contentHash, worse: worse.contentHash)
      return preferred.contains(order) ? 0.5 : nil
    }
  }
}
