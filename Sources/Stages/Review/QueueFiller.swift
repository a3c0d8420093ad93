import Bytes
import Catalog
import Foundation
import Records

/// What filling a queue came to.
public struct QueueFillAccount: Sendable, Hashable, Codable {
  /// The queue's name.
  public let queue: String
  /// Items that are new, by reason.
  public var added: [String: Int] = [:]
  /// Hidden gold items that are new.
  public var gold = 0
  /// Items that want an answer now.
  public var open = 0
  /// Whether the queue is closed, so that nothing was put in.
  public var isClosed = false

  /// Nothing, for a queue.
  public init(queue: String) { self.queue = queue }

  /// Items that are new.
  public var total: Int { added.values.reduce(0, +) }
}

/// Fills a queue with what people should look at.
///
/// Only kept records are asked about, as they stand in the lake, and never one that the queue has had. What is golden is asked
/// of nobody but as hidden gold. A record that several reasons would take is taken by `audit` where it is drawn, else by the
/// first of them in the definition.
///
/// An answer's value, by which the queue is ordered, is **uncertainty × slice deficit × traffic**:
///
/// - uncertainty is the entropy of the label in bits, 0 to 1; 1 where there is no label; for `uncertain` that of the
///   probability with which the escalation left it, where that is more; for `disagreeing` that of the votes' weights; for
///   `suspect` the score of confident learning; at least 0.01, since an answer always says something;
/// - slice deficit is the share of its target that a slice lacks in contents that people have answered, at least 0.05, and 1
///   where the queue has no slices or does not cover them;
/// - traffic is the number of interactions with this content.
///
/// What models wrote is asked about by `synthetic` alone: of each batch that is written a sample of what curation keeps and
/// what is fit to be imitated, drawn by a hash of the queue's name and the interaction, so that the sample of a larger size
/// holds that of a smaller one. All of it has one value, and the oldest batch comes first.
public struct QueueFiller {
  /// Bits of uncertainty from which a label is uncertain: a probability between 0.11 and 0.89.
  public static let uncertain = 0.5

  private let catalog: CatalogStore
  private let queue: QueueDefinition
  private let run: String
  private let time: Timestamp

  /// A filler.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - queue: the queue.
  ///   - run: who fills: a run's id, or a person.
  ///   - time: when.
  public init(catalog: CatalogStore, queue: QueueDefinition, run: String, time: Timestamp) {
    self.catalog = catalog
    self.queue = queue
    self.run = run
    self.time = time
  }

  /// Fills the queue, each reason up to its limit of open items.
  /// - Parameter reason: fill for this reason alone, and with no gold; nil fills for all.
  /// - Returns: what it came to.
  /// - Throws: ``CatalogError`` for an illegal condition, the catalog's errors.
  public func fill(_ reason: ReviewReason? = nil) throws -> QueueFillAccount {
    try catalog.syncReviewQueue(queue.setting())
    var account = QueueFillAccount(queue: queue.name)
    guard let row = try catalog.reviewQueue(queue.name), !row.isClosed else {
      account.isClosed = true
      return account
    }
    let golden = try catalog.goldenItems()
    var selection = try Selection(self, golden: Set(golden.map(\.content)))
    let fills = queue.fill.filter { reason == nil || $0.reason == reason }
    try selection.gather(fills)
    for fill in fills {
      let items = selection.items(for: fill)
      let added = try catalog.addReviewItems(items, to: queue.name, run: run, at: time)
      if added > 0 { account.added[fill.reason.rawValue] = added }
    }
    if reason == nil { account.gold = try addGold(golden) }
    account.open = try catalog.reviewQueue(queue.name)?.open ?? 0
    return account
  }

  /// Puts golden items whose class an answer of the queue says among the others.
  private func addGold(_ golden: [GoldenItem]) throws -> Int {
    guard queue.gold.share > 0, [.label, .correct].contains(queue.task) else { return 0 }
    let classes = Set(queue.answers.compactMap(\.votes))
    let reasons = queue.fill.isEmpty ? [ReviewReason.audit] : queue.fill.map(\.reason)
    let fit = golden.filter { classes.contains($0.class) && $0.place != nil }
    try catalog.refreshReviewGold(
      queue.name, Dictionary(fit.map { ($0.content, $0.class) }, uniquingKeysWith: { _, last in last }))
    return try catalog.addReviewItems(
      fit.map { item in
        // It says the reason of some other item, so that it is not told apart.
        let draw = ContentHash.of("\(queue.name)\u{0}\(item.content)", seed: 5).low
        var new = NewReviewItem(
          task: queue.task, content: item.content, interaction: item.interaction,
          reason: reasons[Int(draw % UInt64(reasons.count))], value: 0)
        new.gold = item.class
        return new
      }, to: queue.name, run: run, at: time)
  }

  /// Entropy in bits of a share.
  static func entropy(_ share: Double) -> Double {
    func part(_ value: Double) -> Double { value > 0 ? -value * log2(value) : 0 }
    return part(share) + part(1 - share)
  }

  /// What is found for each reason, in one pass over the catalog.
  private struct Selection {
    private let queue: QueueDefinition
    private let catalog: CatalogStore
    private let golden: Set<ContentHash>
    private let selected: Set<Int64>?
    /// The slice of each interaction that is in one, by number.
    private var sliceOf: [Int64: Int] = [:]
    private let deficits: [Double]
    private let rooms: [Int]
    private let open: [ReviewReason: Int]
    private var found: [ReviewReason: [NewReviewItem]] = [:]

    init(_ filler: QueueFiller, golden: Set<ContentHash>) throws {
      queue = filler.queue
      catalog = filler.catalog
      self.golden = golden
      selected = try queue.select.map { Set(try filler.catalog.numbers(where: $0)) }
      for (place, slice) in queue.slices.enumerated() {
        for number in try catalog.numbers(where: slice.condition) where sliceOf[number] == nil {
          sliceOf[number] = place
        }
      }
      let counts = try catalog.openReviewItems(queue.name)
      open = counts.byReason
      guard let target = queue.fill.first(where: { $0.reason == .coverage })?.target, !queue.slices.isEmpty
      else {
        (deficits, rooms) = ([], [])
        return
      }
      var labelled = [Int](repeating: 0, count: queue.slices.count)
      for number in try catalog.reviewedInteractions() {
        if let slice = sliceOf[number] { labelled[slice] += 1 }
      }
      deficits = labelled.map { max(0.05, 1 - Double($0) / Double(target)) }
      rooms = zip(labelled, queue.slices).map {
        max(0, target - $0 - (counts.bySlice[$1.name] ?? 0))
      }
    }

    private func room(_ fill: QueueFill) -> Int { max(0, fill.limit - (open[fill.reason] ?? 0)) }

    private func deficit(_ number: Int64) -> Double {
      guard !deficits.isEmpty else { return 1 }
      return sliceOf[number].map { deficits[$0] } ?? 0.05
    }

    private func isSelected(_ number: Int64) -> Bool { selected?.contains(number) ?? true }

    mutating func gather(_ fills: [QueueFill]) throws {
      if queue.task == .prefer { return try gatherPairs(fills) }
      for fill in fills where fill.reason == .synthetic { try gatherCandidates(fill) }
      for fill in fills where fill.reason == .adjudication {
        for dispute in try catalog.reviewDisputes(notIn: queue.name) where isSelected(dispute.number) {
          add(
            fill, dispute.content, dispute.interaction, dispute.number, uncertainty: 1,
            traffic: dispute.traffic)
        }
      }
      let open = fills.filter {
        ![.adjudication, .synthetic, .assigned].contains($0.reason) && room($0) > 0
      }
      let others = open.filter { $0.reason == .audit } + open.filter { $0.reason != .audit }
      guard !others.isEmpty else { return }
      try catalog.forEachReviewCandidate(notIn: queue.name) { candidate in
        guard isSelected(candidate.number), !golden.contains(candidate.content) else { return }
        // The first reason that takes it has it; a sample of what the others leave would not be one of all.
        for fill in others {
          guard let uncertainty = uncertainty(of: candidate, for: fill) else { continue }
          add(
            fill, candidate.content, candidate.interaction, candidate.number, uncertainty: uncertainty,
            traffic: candidate.traffic)
          return
        }
      }
    }

    /// What the queue has not had of the sample of each batch, the oldest batch first, as much as there is room for.
    private mutating func gatherCandidates(_ fill: QueueFill) throws {
      var batches: [String] = []
      var drawn: [String: [(draw: ContentHash, candidate: AcceptableCandidate)]] = [:]
      for candidate in try catalog.acceptableCandidates(for: queue.name) where isSelected(candidate.number) {
        if drawn[candidate.batch] == nil { batches.append(candidate.batch) }
        let draw = ContentHash.of("\(queue.name)\u{0}\(candidate.interaction)", seed: 7)
        drawn[candidate.batch, default: []].append((draw, candidate))
      }
      for batch in batches {
        let sample = (drawn[batch] ?? []).sorted { $0.draw < $1.draw }.prefix(fill.sample)
        for (_, candidate) in sample where !candidate.isQueued {
          var item = NewReviewItem(
            task: queue.task, content: candidate.content, interaction: candidate.interaction,
            reason: fill.reason,
            value: 1)
          item.batch = candidate.batch
          item.slice = candidate.slice
          found[fill.reason, default: []].append(item)
        }
      }
    }

    private mutating func gatherPairs(_ fills: [QueueFill]) throws {
      try catalog.forEachReviewPair(notIn: queue.name) { pair in
        guard isSelected(pair.number) else { return }
        for fill in fills {
          let isTaken =
            switch fill.reason {
            case .disagreeing: pair.isFlipped
            case .audit: isDrawn("\(pair.first)\(pair.second)", fill.share)
            default: false
            }
          guard isTaken else { continue }
          add(
            fill, pair.first, pair.interaction, pair.number, uncertainty: 1, traffic: pair.traffic,
            other: (pair.second, pair.other))
          return
        }
      }
    }

    private func isDrawn(_ name: String, _ share: Double) -> Bool {
      let draw = ContentHash.of("\(queue.name)\u{0}\(name)", seed: 6).high
      return Double(draw >> 11) * 0x1p-53 < share
    }

    /// How uncertain a candidate is for a reason, 0 to 1; nil where the reason does not take it.
    private func uncertainty(of candidate: ReviewCandidate, for fill: QueueFill) -> Double? {
      let entropy = candidate.entropy ?? 1
      switch fill.reason {
      case .uncertain:
        let left = candidate.left.map { QueueFiller.entropy($0) }
        guard left != nil || (candidate.entropy ?? 0) >= QueueFiller.uncertain else { return nil }
        return max(left ?? 0, candidate.entropy ?? 0)
      case .disagreeing:
        if candidate.isFlipped { return 1 }
        guard candidate.good > 0, candidate.bad > 0 else { return nil }
        return QueueFiller.entropy(candidate.good / (candidate.good + candidate.bad))
      case .suspect:
        if candidate.isHijacked { return 1 }
        return candidate.suspicion.map { min(1, max(0, $0)) }
      case .coverage:
        guard let slice = sliceOf[candidate.number], !rooms.isEmpty, rooms[slice] > 0 else { return nil }
        return entropy
      case .audit: return isDrawn(candidate.content.description, fill.share) ? entropy : nil
      case .synthetic, .adjudication, .assigned: return nil
      }
    }

    private mutating func add(
      _ fill: QueueFill, _ content: ContentHash, _ interaction: String, _ number: Int64, uncertainty: Double,
      traffic: Int, other: (content: ContentHash, interaction: String)? = nil
    ) {
      var item = NewReviewItem(
        task: queue.task, content: content, interaction: interaction, reason: fill.reason,
        value: max(0.01, uncertainty) * deficit(number) * Double(traffic))
      if !queue.slices.isEmpty {
        item.slice = sliceOf[number].map { queue.slices[$0].name } ?? QueueDefinition.otherSlice
      }
      item.otherContent = other?.content
      item.other = other?.interaction
      found[fill.reason, default: []].append(item)
      // What cannot be among the first is not kept, so that a big log needs no memory for it.
      let most = room(fill)
      if fill.reason != .coverage, let count = found[fill.reason]?.count, count >= 2 * most + 10_000 {
        found[fill.reason] = Array(Self.ordered(found[fill.reason] ?? []).prefix(most))
      }
    }

    /// By value; of equal ones by content, so that the order of arrival says nothing.
    private static func ordered(_ items: [NewReviewItem]) -> [NewReviewItem] {
      items.sorted { ($1.value, $0.content) < ($0.value, $1.content) }
    }

    /// The items for a reason, the most worth first, as many as there is room for.
    func items(for fill: QueueFill) -> [NewReviewItem] {
      // In the order of the batches.
      if fill.reason == .synthetic { return Array((found[fill.reason] ?? []).prefix(room(fill))) }
      let all = Self.ordered(found[fill.reason] ?? [])
      guard fill.reason == .coverage else { return Array(all.prefix(room(fill))) }
      var rooms = rooms
      var taken: [NewReviewItem] = []
      for item in all where taken.count < room(fill) {
        guard let slice = queue.slices.firstIndex(where: { $0.name == item.slice }), rooms[slice] > 0 else {
          continue
        }
        rooms[slice] -= 1
        taken.append(item)
      }
      return taken
    }
  }
}
