/// A filter of a selection, by its name in accounts.
public enum SelectionFilter: String, Sendable, Hashable, CaseIterable, Codable {
  /// ``PromptFilter``.
  case prompts
  /// ``InstructionDifficulty``.
  case difficulty
  /// ``NoveltyPool``.
  case novelty
  /// ``DiversitySelection``.
  case diversity
}

/// A set of items in three numbers.
public struct SelectionSummary: Sendable, Hashable, Codable {
  /// Items in it.
  public let kept: Int
  /// The mean of their quality; nil for none.
  public let meanQuality: Double?
  /// 1 less the cosine, in the mean of all pairs; nil for fewer than two.
  public let meanDistance: Double?
}

/// What a filter does.
public struct SelectionAblation: Sendable, Hashable, Codable {
  /// The filter.
  public let filter: SelectionFilter
  /// What is kept by all filters but this one.
  public let without: SelectionSummary
  /// What is kept by this one alone.
  public let alone: SelectionSummary
}

/// An item that was left out.
public struct LeftOutItem: Sendable, Hashable {
  /// The item's id.
  public let id: String
  /// Why.
  public let reason: SelectionReason
  /// The id of what it is too like; nil where that is not the reason.
  public let nearest: String?
}

/// What was selected, and what each filter had to do with it.
public struct SelectionOutcome: Sendable, Hashable {
  /// Ids, best first.
  public let kept: [String]
  /// Those left out, best first.
  public let leftOut: [LeftOutItem]
  /// All items as they came.
  public let offered: SelectionSummary
  /// What was kept.
  public let summary: SelectionSummary
  /// A row for each filter in use.
  public let ablations: [SelectionAblation]
}

/// Selects synthesized examples: first what speaks of an item alone, then what compares it with others.
///
/// The order is prompts, difficulty, novelty, diversity, so that what an earlier filter drops hides nothing from a later
/// one. Quantiles are of the items that a filter is given. Where a filter is nil it is not in use. The same items give the
/// same selection in whatever order they come.
public struct CandidateSelection: Sendable, Hashable, Codable {
  /// By the answers to the prompt; default off.
  public var prompts: PromptFilter?
  /// By how hard the student finds it; default off.
  public var difficulty: InstructionDifficulty?
  /// The ROUGE-L above which a text is not new, to the pool and to better items; nil for off; default 0.7.
  public var novelty: Double?
  /// By how different items are; nil for off; default on.
  public var diversity: DiversitySelection?

  /// Puts filters together.
  public init(
    prompts: PromptFilter? = nil, difficulty: InstructionDifficulty? = nil,
    novelty: Double? = NoveltyPool.usualLimit, diversity: DiversitySelection? = DiversitySelection()
  ) {
    self.prompts = prompts
    self.difficulty = difficulty
    self.novelty = novelty
    self.diversity = diversity
  }

  /// Selects.
  /// - Parameters:
  ///   - items: what there is to select from.
  ///   - pool: texts that must not be repeated, by id, such as seeds and what was published.
  /// - Returns: what is kept and what is not, with what each filter had to do with it.
  public func select(_ items: [SelectionItem], pool: [(id: String, text: String)] = []) -> SelectionOutcome {
    let items = items.sorted(by: SelectionItem.isBefore)
    let vectors = SelectionVectors(items)
    let known = likenesses(items, pool)
    func run(_ filters: Set<SelectionFilter>) -> Run { self.run(items, filters, known, vectors) }
    func summary(_ run: Run) -> SelectionSummary { Self.summary(items, run.kept, vectors) }
    let inUse = SelectionFilter.allCases.filter(isInUse)
    let all = run(Set(inUse))
    return SelectionOutcome(
      kept: all.kept.map { items[$0].id },
      leftOut: items.indices.compactMap { place in
        all.leftOut[place].map { LeftOutItem(id: items[place].id, reason: $0.reason, nearest: $0.nearest) }
      },
      offered: Self.summary(items, Array(items.indices), vectors), summary: summary(all),
      ablations: inUse.map { filter in
        SelectionAblation(
          filter: filter, without: summary(run(Set(inUse.filter { $0 != filter }))),
          alone: summary(run([filter])))
      })
  }

  private func isInUse(_ filter: SelectionFilter) -> Bool {
    switch filter {
    case .prompts: prompts != nil
    case .difficulty: difficulty != nil
    case .novelty: novelty != nil
    case .diversity: diversity != nil
    }
  }

  private struct Run {
    var kept: [Int]
    var leftOut: [Int: (reason: SelectionReason, nearest: String?)] = [:]

    mutating func drop(_ reasons: [Int: (reason: SelectionReason, nearest: String?)]) {
      kept.removeAll { reasons[$0] != nil }
      leftOut.merge(reasons) { first, _ in first }
    }
  }

  /// What each item is too like in the pool, which is the same in every run.
  private func likenesses(_ items: [SelectionItem], _ pool: [(id: String, text: String)]) -> [NearestText?] {
    guard let novelty, !pool.isEmpty else { return items.map { _ in nil } }
    let texts = NoveltyPool(limit: novelty)
    for (id, text) in pool { texts.add(id: id, text: text) }
    return items.map { texts.nearest(to: $0.text) }
  }

  private func run(
    _ items: [SelectionItem], _ filters: Set<SelectionFilter>, _ known: [NearestText?],
    _ vectors: SelectionVectors
  ) -> Run {
    var run = Run(kept: Array(items.indices))
    func placed(_ reasons: [Int: SelectionReason]) -> [Int: (reason: SelectionReason, nearest: String?)] {
      Dictionary(uniqueKeysWithValues: reasons.map { (run.kept[$0.key], ($0.value, nil)) })
    }
    if filters.contains(.prompts), let prompts {
      run.drop(placed(prompts.leftOut(run.kept.map { items[$0] })))
    }
    if filters.contains(.difficulty), let difficulty {
      run.drop(placed(difficulty.leftOut(run.kept.map { items[$0] })))
    }
    if filters.contains(.novelty), let novelty {
      let taken = NoveltyPool(limit: novelty)
      var reasons: [Int: (reason: SelectionReason, nearest: String?)] = [:]
      for place in run.kept {
        if let nearest = known[place] ?? taken.nearest(to: items[place].text) {
          reasons[place] = (.notNew, nearest.id)
        } else {
          taken.add(id: items[place].id, text: items[place].text)
        }
      }
      run.drop(reasons)
    }
    if filters.contains(.diversity), let diversity {
      run.drop(
        diversity.leftOut(items, run.kept, vectors).mapValues { ($0.reason, $0.nearest.map { items[$0].id }) }
      )
    }
    return run
  }

  private static func summary(
    _ items: [SelectionItem], _ places: [Int], _ vectors: SelectionVectors
  ) -> SelectionSummary {
    let quality = places.reduce(0) { $0 + items[$1].quality } / Double(max(places.count, 1))
    return SelectionSummary(
      kept: places.count, meanQuality: places.isEmpty ? nil : quality,
      meanDistance: vectors.meanDistance(places))
  }
}
