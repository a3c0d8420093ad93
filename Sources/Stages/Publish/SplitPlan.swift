import Bytes
import Catalog
import Records
import Registry

/// Where every draft of a version stands.
///
/// A conversation's position in [0, 100) is a hash of the seed and its id, the same in all datasets of one seed.
/// The training split takes its share from 0 upwards, all others take theirs from 100 downwards, so that what one
/// dataset holds out no other trains on. Beyond the position, the registry's ledger has the last word: a draft one
/// of whose keys was ever claimed for the other role is left out.
struct SplitPlan {
  /// The split of each draft by position, or the reason why it has none.
  let outcomes: [Outcome]
  /// The role of each split.
  let roles: [String: LedgerRole]

  enum Outcome: Hashable, Sendable {
    case split(String)
    case out(LeftOut)
  }

  init(_ drafts: [Draft], dataset: DatasetDefinition, ledger: Ledger) {
    let bands = Self.bands(dataset)
    var roles: [String: LedgerRole] = [:]
    for split in dataset.splits { roles[split.name] = split.trains && dataset.kind.trains ? .train : .eval }
    var planned: [(split: String, role: LedgerRole)?] = []
    for draft in drafts {
      let position = Self.position(draft.main.conversation, seed: dataset.seed)
      let split = bands.first { $0.range.contains(position) }?.name
      planned.append(split.flatMap { name in roles[name].map { (name, $0) } })
    }
    // An input that both roles want within this version goes to the held-out side, which has less to lose.
    var heldOut: Set<ContentHash> = []
    for (draft, plan) in zip(drafts, planned) where plan?.role == .eval { heldOut.formUnion(draft.keys) }
    var outcomes: [Outcome] = []
    for (draft, plan) in zip(drafts, planned) {
      guard let plan else {
        outcomes.append(.out(.otherSplit))
        continue
      }
      let keys = draft.keys
      let taken = keys.contains { ledger.contains($0, plan.role.opposite) }
      let contested =
        plan.role == .train && keys.contains { heldOut.contains($0) && !ledger.contains($0, .train) }
      if taken || contested {
        outcomes.append(.out(.leak))
      } else {
        outcomes.append(.split(plan.split))
      }
    }
    self.outcomes = outcomes
    self.roles = roles
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

  /// The position of a conversation: 53 bits of XXH3 over seed and id, as a share of 100.
  static func position(_ conversation: String, seed: String) -> Double {
    let hash = ContentHash.of("\(seed)\u{0}\(conversation)")
    return Double(hash.high >> 11) / Double(1 << 53) * 100
  }
}
