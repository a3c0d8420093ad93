import Bytes
import Catalog
import Foundation
import Records
import Registry
import Testing

@testable import Publish

@Suite("Split plan") struct SplitPlanTests {
  /// A dataset of a kind with splits written as `train 90`.
  private static func dataset(_ kind: Kind, _ splits: String...) -> DatasetDefinition {
    var dataset = DatasetDefinition(name: "set", kind: kind)
    if !splits.isEmpty {
      dataset.splits = splits.map { text in
        let parts = text.split(separator: " ")
        return SplitDefinition(name: String(parts[0]), share: Int(parts[1]) ?? 0)
      }
    }
    return dataset
  }

  /// A draft of an input in a conversation.
  private func draft(_ id: String, in conversation: String, input: String? = nil) -> Draft {
    Draft(id: id, parts: .single(.make(id, conversation: conversation, input: input ?? id), corrected: false))
  }

  /// The first of `c-0`, `c-1`, … whose position is in a range.
  private func conversation(_ range: Range<Double>, skip: Int = 0) throws -> String {
    let found = (0..<10_000).lazy.map { "c-\($0)" }.filter {
      range.contains(SplitPlan.position($0, seed: DatasetDefinition.defaultSeed))
    }
    return try #require(found.dropFirst(skip).first)
  }

  // MARK: Bands

  struct Bands: Sendable, CustomTestStringConvertible {
    let dataset: DatasetDefinition
    let bands: [String]
    var testDescription: String { "\(dataset.kind) \(bands)" }
  }

  @Test(
    "training takes its share from the bottom, all others theirs from the top",
    arguments: [
      Bands(dataset: dataset(.sft), bands: ["train 0-90", "validation 90-100"]),
      Bands(dataset: dataset(.eval), bands: ["test 90-100"]),
      Bands(dataset: dataset(.fewshot), bands: ["train 0-90"]),
      Bands(
        dataset: dataset(.kto, "test 5", "train 60", "validation 10"),
        bands: ["test 95-100", "train 0-60", "validation 85-95"]),
      Bands(dataset: dataset(.preference, "train 100"), bands: ["train 0-100"]),
      Bands(dataset: dataset(.eval, "train 30", "test 20"), bands: ["train 70-100", "test 50-70"]),
    ])
  func bands(_ item: Bands) {
    let bands = SplitPlan.bands(item.dataset).map {
      "\($0.name) \(Int($0.range.lowerBound))-\(Int($0.range.upperBound))"
    }
    #expect(bands == item.bands)
  }

  @Test("the position of a conversation, as another implementation computes it")
  func position() {
    let positions = (0..<4).map { SplitPlan.position("c-\($0)", seed: "flywheel") }
    #expect(positions == [79.36298662759744, 47.43280686791649, 15.240440120558008, 50.98529895894951])
    #expect(SplitPlan.position("c-0", seed: "other") == 12.777459094783028)
  }

  @Test func roles() {
    let roles = SplitPlan(
      [], dataset: Self.dataset(.sft, "train 80", "validation 10", "test 10"), ledger: Ledger()
    ).roles
    #expect(roles == ["train": .train, "validation": .eval, "test": .eval])
    #expect(
      SplitPlan([], dataset: Self.dataset(.eval, "train 50", "test 50"), ledger: Ledger()).roles == [
        "train": .eval, "test": .eval,
      ])
  }

  // MARK: Alignment

  private static let definitions: [DatasetDefinition] = [
    dataset(.sft), dataset(.sft, "train 80", "validation 10", "test 10"), dataset(.sft, "train 100"),
    dataset(.preference, "train 70", "validation 30"), dataset(.kto, "validation 10", "train 90"),
    dataset(.fewshot),
    dataset(.eval), dataset(.eval, "test 30"), dataset(.eval, "test 100"), dataset(.fewshot, "train 5"),
  ]

  /// The conversations of each role among 10,000.
  private func members(_ dataset: DatasetDefinition, _ drafts: [Draft], _ ledger: Ledger) -> [LedgerRole: Set<
    String
  >] {
    let plan = SplitPlan(drafts, dataset: dataset, ledger: ledger)
    var members: [LedgerRole: Set<String>] = [.train: [], .eval: []]
    for (draft, outcome) in zip(drafts, plan.outcomes) {
      guard case .split(let name) = outcome, let role = plan.roles[name] else { continue }
      members[role]?.insert(draft.main.conversation)
    }
    return members
  }

  @Test("what one dataset holds out no other trains on, by position alone where the shares leave room")
  func alignment() {
    let drafts = (0..<10_000).map { draft("i-\($0)", in: "c-\($0)") }
    let all = Self.definitions.map { (dataset: $0, members: members($0, drafts, Ledger())) }
    var pairs = 0
    for first in all {
      for second in all {
        let trains =
          first.dataset.kind.trains ? first.dataset.splits.filter(\.trains).reduce(0) { $0 + $1.share } : 0
        let holds = second.dataset.splits.filter { !($0.trains && second.dataset.kind.trains) }.reduce(0) {
          $0 + $1.share
        }
        let shared = (first.members[.train] ?? []).intersection(second.members[.eval] ?? [])
        if trains + holds <= 100 {
          pairs += 1
          #expect(shared.isEmpty, "\(first.dataset.kind) \(trains) and \(second.dataset.kind) \(holds)")
        } else {
          #expect(!shared.isEmpty)
        }
      }
    }
    #expect(pairs > 60)
    // The shares are what they say, to one in a hundred of the conversations.
    #expect(all[0].members[.eval]?.count == 1057)
    #expect(all[3].members[.train]?.count == 6954)
  }

  @Test("whatever the shares and the order, the ledger keeps the roles apart", arguments: [0, 3, 7])
  func ledgerKeepsApart(_ shift: Int) throws {
    let folder = try ScratchFolder()
    let registry = try DatasetRegistry.open(FolderStore(folder("registry")), create: true, registryID: "r")
    let drafts = (0..<2000).map { draft("i-\($0)", in: "c-\($0)") }
    var sets: [LedgerRole: Set<String>] = [.train: [], .eval: []]
    var ledger = Ledger()
    for index in Self.definitions.indices {
      let dataset = Self.definitions[(index + shift) % Self.definitions.count]
      let plan = SplitPlan(drafts, dataset: dataset, ledger: ledger)
      var claims: [LedgerRole: [ContentHash]] = [:]
      for (draft, outcome) in zip(drafts, plan.outcomes) {
        guard case .split(let name) = outcome, let role = plan.roles[name] else { continue }
        claims[role, default: []] += draft.keys
        sets[role]?.insert(draft.main.conversation)
      }
      ledger = try registry.claim(dataset: "set", role: claims, over: ledger, nonce: "\(index)")
      #expect(sets[.train]?.isDisjoint(with: sets[.eval] ?? []) == true)
    }
    #expect((sets[.train]?.count ?? 0) + (sets[.eval]?.count ?? 0) == 2000)
  }

  @Test("another seed is another order")
  func seeds() {
    let drafts = (0..<1000).map { draft("i-\($0)", in: "c-\($0)") }
    var other = Self.dataset(.sft)
    other.seed = "other"
    let held = members(Self.dataset(.sft), drafts, Ledger())[.eval] ?? []
    let heldByOther = members(other, drafts, Ledger())[.eval] ?? []
    #expect(!held.isEmpty && !heldByOther.isEmpty && held != heldByOther)
  }

  // MARK: Ledger

  @Test("what was ever claimed for the other role is left out, by conversation or by input")
  func ledgerFirst() throws {
    let folder = try ScratchFolder()
    let registry = try DatasetRegistry.open(FolderStore(folder("registry")), create: true, registryID: "r")
    let (low, high) = (try conversation(0..<90), try conversation(90..<100))
    let (otherLow, otherHigh) = (try conversation(0..<90, skip: 1), try conversation(90..<100, skip: 1))
    let drafts = [
      draft("a", in: low), draft("b", in: high), draft("c", in: otherLow, input: "x"),
      draft("d", in: otherHigh, input: "y"), draft("e", in: otherLow), draft("f", in: otherHigh),
    ]
    let ledger = try registry.claim(
      dataset: "old",
      role: [
        .eval: [Draft.conversationKey(low), Draft.inputKey(.of("x"))],
        .train: [Draft.conversationKey(high), Draft.inputKey(.of("y"))],
      ], over: Ledger(), nonce: "n")
    let plan = SplitPlan(drafts, dataset: Self.dataset(.sft), ledger: ledger)
    #expect(
      plan.outcomes == [
        .out(.leak), .out(.leak), .out(.leak), .out(.leak), .split("train"), .split("validation"),
      ])
    // For a claim of the same role everything stays.
    let same = try registry.claim(
      dataset: "old",
      role: [.train: [Draft.conversationKey(otherLow)], .eval: [Draft.conversationKey(otherHigh)]],
      over: ledger, nonce: "m")
    #expect(SplitPlan(drafts, dataset: Self.dataset(.sft), ledger: same).outcomes == plan.outcomes)
  }

  @Test("an input that both sides want goes to the held-out one, unless it trained before")
  func contested() throws {
    let folder = try ScratchFolder()
    let registry = try DatasetRegistry.open(FolderStore(folder("registry")), create: true, registryID: "r")
    let (low, high) = (try conversation(0..<90), try conversation(90..<100))
    let drafts = [draft("a", in: low, input: "Hi"), draft("b", in: high, input: "Hi"), draft("c", in: low)]
    #expect(
      SplitPlan(drafts, dataset: Self.dataset(.sft), ledger: Ledger()).outcomes
        == [.out(.leak), .split("validation"), .split("train")])
    let ledger = try registry.claim(
      dataset: "old", role: [.train: [Draft.inputKey(.of("Hi"))]], over: Ledger(), nonce: "n")
    #expect(
      SplitPlan(drafts, dataset: Self.dataset(.sft), ledger: ledger).outcomes
        == [.split("train"), .out(.leak), .split("train")])
  }

  @Test("a pair whose sides are of two conversations trains with neither held out")
  func pairs() throws {
    let (low, high) = (try conversation(0..<90), try conversation(90..<100))
    let pair = Draft(
      id: "p",
      parts: .pair(
        chosen: .make("a", conversation: low, input: "Hi"),
        rejected: .make("b", conversation: high, input: "Hi")))
    #expect(pair.keys.count == 5)
    let alone = SplitPlan([pair], dataset: Self.dataset(.preference), ledger: Ledger())
    #expect(alone.outcomes == [.split("train")])
    let held = draft("q", in: high)
    let plan = SplitPlan([pair, held], dataset: Self.dataset(.preference), ledger: Ledger())
    #expect(plan.outcomes == [.out(.leak), .split("validation")])
  }

  // MARK: Near duplicates

  private func near(_ id: String, in conversation: String, _ cluster: [String]) -> Draft {
    Draft(
      id: id,
      parts: .single(.make(id, conversation: conversation, input: id, near: cluster), corrected: false))
  }

  @Test("one conversation decides for a whole cluster, whatever a dataset selects")
  func cluster() throws {
    let (low, high) = (try conversation(0..<90), try conversation(90..<100))
    for (decides, outcome, held) in [
      (low, "train", SplitPlan.Outcome.out(.otherSplit)), (high, "validation", .split("test")),
    ] {
      let drafts = [near("a", in: low, [decides, "a", "b"]), near("b", in: high, [decides, "a", "b"])]
      for list in [drafts, [drafts[0]], [drafts[1]]] {
        #expect(
          SplitPlan(list, dataset: Self.dataset(.sft), ledger: Ledger()).outcomes
            == list.map { _ in .split(outcome) })
        #expect(
          SplitPlan(list, dataset: Self.dataset(.eval), ledger: Ledger()).outcomes == list.map { _ in held })
      }
    }
  }

  @Test("a cluster whose content was claimed for one role keeps it, whoever decides by now")
  func clusterAndLedger() throws {
    let folder = try ScratchFolder()
    let registry = try DatasetRegistry.open(FolderStore(folder("registry")), create: true, registryID: "r")
    let (low, high) = (try conversation(0..<90), try conversation(90..<100))
    let trained = try registry.claim(
      dataset: "old", role: [.train: [Draft.contentKey(.of("a"))]], over: Ledger(), nonce: "n")
    let drafts = [near("b", in: high, [high, "a", "b"])]
    // Trained as `a`: it goes on to train as `b`, and is no eval item.
    #expect(SplitPlan(drafts, dataset: Self.dataset(.sft), ledger: trained).outcomes == [.split("train")])
    #expect(SplitPlan(drafts, dataset: Self.dataset(.eval), ledger: trained).outcomes == [.out(.leak)])
    let held = try registry.claim(
      dataset: "old", role: [.eval: [Draft.contentKey(.of("c"))]], over: Ledger(), nonce: "n2")
    let other = [near("d", in: low, [low, "c", "d"])]
    #expect(SplitPlan(other, dataset: Self.dataset(.sft), ledger: held).outcomes == [.split("validation")])
    #expect(SplitPlan(other, dataset: Self.dataset(.eval), ledger: held).outcomes == [.split("test")])
    #expect(SplitPlan(other, dataset: Self.dataset(.fewshot), ledger: held).outcomes == [.out(.leak)])
    // Both roles were claimed before the cluster was one: neither gets it.
    let both = try registry.claim(
      dataset: "old", role: [.train: [Draft.contentKey(.of("d"))]], over: held, nonce: "n3")
    #expect(SplitPlan(other, dataset: Self.dataset(.sft), ledger: both).outcomes == [.out(.leak)])
    #expect(SplitPlan(other, dataset: Self.dataset(.eval), ledger: both).outcomes == [.out(.otherSplit)])
  }

  @Test func otherSplit() throws {
    let low = try conversation(0..<90)
    #expect(
      SplitPlan([draft("a", in: low)], dataset: Self.dataset(.eval), ledger: Ledger()).outcomes == [
        .out(.otherSplit)
      ])
  }
}
