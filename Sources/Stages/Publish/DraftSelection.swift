import Catalog
import Records

/// What a version of a dataset could be made of.
struct DraftSelection {
  /// What may have a place in it.
  var drafts: [Draft] = []
  /// What models wrote and people have not accepted, with the reason.
  var barred: [(draft: Draft, reason: LeftOut)] = []
  /// Batches whose sample wants answers, ascending.
  var waiting: [String] = []
  /// Batches that people rejected, ascending.
  var rejected: [String] = []

  /// Selects from a catalog.
  ///
  /// What models wrote is there only if the definition allows it, whatever its `select` holds for.
  /// - Throws: ``CatalogError`` for a condition that is not legal SQL, the catalog's errors.
  init(_ dataset: DatasetDefinition, _ catalog: CatalogStore) throws {
    let selected = try catalog.numbers(where: dataset.select)
    let sources =
      try dataset.synthesis.map { try catalog.candidateNumbers(for: $0.sources(of: dataset.name)) } ?? []
    let isSource = Set(sources)
    let candidates = try catalog.candidates(among: selected + sources)
    let logged = candidates.filter { $0.synthetic == nil && !isSource.contains($0.number) }
    var slices: [Int64: String] = [:]
    for slice in dataset.slices.reversed() {
      for number in try catalog.numbers(where: slice.condition) { slices[number] = slice.name }
    }
    let preferred = dataset.kind == .preference ? try catalog.preferredContents() : []
    drafts = DraftBuilder.drafts(logged, for: dataset, preferred: preferred).map { draft in
      var draft = draft
      draft.slice = slices[draft.main.number] ?? SliceDefinition.other
      return draft
    }
    guard let allowance = dataset.synthesis else { return }
    let written = candidates.filter { isSource.contains($0.number) }
    let said = try catalog.batchAcceptances()
    // Batches are held apart before pairs are made, so that a pair is of one verdict.
    var fit: [Candidate] = []
    var unfit: [LeftOut: [Candidate]] = [:]
    var whole: Set<String> = []
    // What was written for one input shares a conversation: where people refuse the chosen output, all of it goes.
    let refused = said.values.reduce(into: Set<String>()) { $0.formUnion($1.refused) }
    let refusedInputs = Set(written.lazy.filter { refused.contains($0.id) }.map(\.conversation))
    for candidate in written {
      guard let batch = candidate.synthetic?.batch else { continue }
      let isRefused = refusedInputs.contains(candidate.conversation)
      switch said[batch]?.verdict(allowance.acceptance) ?? .waiting {
      case .accepted where !isRefused: fit.append(candidate)
      case .waiting: unfit[.acceptancePending, default: []].append(candidate)
      case .rejected:
        whole.insert(batch)
        unfit[.notAccepted, default: []].append(candidate)
      case .accepted: unfit[.notAccepted, default: []].append(candidate)
      }
    }
    drafts += SyntheticDrafts.drafts(fit, for: dataset)
    for reason in [LeftOut.acceptancePending, .notAccepted] {
      barred += SyntheticDrafts.drafts(unfit[reason] ?? [], for: dataset).map { ($0, reason) }
    }
    waiting = batches(.acceptancePending)
    rejected = batches(.notAccepted).filter(whole.contains)
  }

  private func batches(_ reason: LeftOut) -> [String] {
    Set(barred.lazy.filter { $0.reason == reason }.compactMap(\.draft.main.synthetic?.batch)).sorted()
  }
}
