import Bytes
import Catalog
import Records
import Registry

/// Where every draft of a version stands.
///
/// A conversation's position in [0, 100) is a hash of the seed and its id, the same in all datasets of one seed.
/// The training split takes its share from 0 upwards, all others take theirs from 100 downwards, so that what one
/// dataset holds out no other trains on. Beyond the position, the registry's ledger has the last word: a draft one
/// of whose keys was ever claimed for the other role is left out. What touches the golden set has no place in a split
/// that trains, whatever its position.
///
/// Members of one near-duplicate cluster stand together. One conversation of the cluster gives its position to all
/// of them, the same in all datasets, whatever they select. Clusters grow, and that conversation may become another:
/// so where a content of the cluster was claimed for one role alone, that role decides, and the position only says
/// which of the role's splits.
///
/// What a model wrote to train stands where its conversation does. What it wrote to evaluate has a place among the splits
/// that are held out wherever its conversation lies: the held-out splits, together W wide, are laid one behind the other in
/// the file's order, and a position p means the place p · W / 100 in them.
struct SplitPlan {
  /// The split of each draft by position, or the reason why it has none.
  let outcomes: [Outcome]
  /// The role of each split.
  let roles: [String: LedgerRole]

  enum Outcome: Hashable, Sendable {
    case split(String)
    case out(LeftOut)
  }

  init(_ drafts: [Draft], dataset: DatasetDefinition, ledger: Ledger, golden: GoldenKeys = GoldenKeys()) {
    let bands = Self.bands(dataset)
    var roles: [String: LedgerRole] = [:]
    for split in dataset.splits { roles[split.name] = split.trains && dataset.kind.trains ? .train : .eval }
    var planned: [(split: String, role: LedgerRole)?] = []
    for draft in drafts {
      var position = Self.position(draft.main.nearConversation, seed: dataset.seed)
      if draft.main.synthetic?.role == .eval { position = Self.heldOut(position, bands, roles) }
      let split =
        Self.settled(draft, bands: bands, roles: roles, position, ledger)
        ?? bands.first { $0.range.contains(position) }?.name
      planned.append(split.flatMap { name in roles[name].map { (name, $0) } })
    }
    let taken = zip(drafts, planned).map { draft, plan in
      plan.map { plan in draft.opposedKeys.contains { ledger.contains($0, plan.role.opposite) } } ?? false
    }
    // An input that both roles want within this version goes to the held-out side, which has less to lose.
    let yielding = Self.yielding(drafts, planned.map { $0?.role }, taken)
    var heldOut: Set<ContentHash> = []
    for index in drafts.indices
    where planned[index]?.role == .eval && !taken[index] && !yielding.contains(index) {
      heldOut.formUnion(drafts[index].keys)
    }
    var outcomes: [Outcome] = []
    for index in drafts.indices {
      guard let plan = planned[index] else {
        outcomes.append(.out(.otherSplit))
        continue
      }
      if plan.role == .train, drafts[index].isGolden(golden) {
        outcomes.append(.out(.golden))
        continue
      }
      let contested = plan.role == .train && drafts[index].opposedKeys.contains { heldOut.contains($0) }
      let isOut = taken[index] || contested || yielding.contains(index)
      outcomes.append(isOut ? .out(.leak) : .split(plan.split))
    }
    self.outcomes = outcomes
    self.roles = roles
  }

  /// What models wrote for held-out splits and what was logged wants for training: that keeps no real data from training.
  private static func yielding(_ drafts: [Draft], _ roles: [LedgerRole?], _ taken: [Bool]) -> Set<Int> {
    let written = drafts.indices.filter {
      drafts[$0].origin == .synthetic && roles[$0] == .eval && !taken[$0]
    }
    guard !written.isEmpty else { return [] }
    var logged: Set<ContentHash> = []
    for index in drafts.indices
    where drafts[index].origin != .synthetic && roles[index] == .train && !taken[index] {
      logged.formUnion(drafts[index].keys)
    }
    return Set(written.filter { drafts[$0].opposedKeys.contains(where: logged.contains) })
  }

  /// The split that the ledger gives to the cluster of a draft: of the role for which a content of it was claimed, the
  /// split at the position if it has that role, else the first in the file's order; nil where nothing or both were
  /// claimed, or no split has the role.
  private static func settled(
    _ draft: Draft, bands: [(name: String, range: Range<Double>)], roles: [String: LedgerRole],
    _ position: Double, _ ledger: Ledger
  ) -> String? {
    guard draft.main.nearKeys.count > 1 else { return nil }
    let keys = draft.main.nearKeys.map { Draft.contentKey($0) }
    let claimed = LedgerRole.allCases.filter { role in keys.contains { ledger.contains($0, role) } }
    guard claimed.count == 1 else { return nil }
    let own = bands.filter { roles[$0.name] == claimed[0] }
    return (own.first { $0.range.contains(position) } ?? own.first)?.name
  }

  /// The stretch of [0, 100) that each split takes.
  static func bands(_ dataset: DatasetDefinition) -> [(name: String, range: Range<Double>)] {
    var low = 0.0
    var high = 100.0
    return dataset.splits.map { split in
      if split.trains && dataset.kind.trains {
        defer { low += Double(split.share) }
        return (split.name, low..<(low + Double(split.share)))
      }
      defer { high -= Double(split.share) }
      return (split.name, (high - Double(split.share))..<high)
    }
  }

  /// The position among the held-out splits that a position means; itself where no split is held out.
  static func heldOut(
    _ position: Double, _ bands: [(name: String, range: Range<Double>)], _ roles: [String: LedgerRole]
  ) -> Double {
    let held = bands.filter { roles[$0.name] == .eval }.map(\.range)
    var rest = position * held.reduce(0) { $0 + $1.upperBound - $1.lowerBound } / 100
    for range in held {
      let width = range.upperBound - range.lowerBound
      if rest < width { return range.lowerBound + rest }
      rest -= width
    }
    // Rounding may lead past the end.
    return held.last?.lowerBound ?? position
  }

  /// The position of a conversation: 53 bits of XXH3 over seed and id, as a share of 100.
  static func position(_ conversation: String, seed: String) -> Double {
    let hash = ContentHash.of("\(seed)\u{0}\(conversation)")
    return Double(hash.high >> 11) / Double(1 << 53) * 100
  }
}
