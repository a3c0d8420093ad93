import Catalog
import Records
import Testing

@testable import Publish

@Suite("Influence cap") struct InfluenceTests {
  private func drafts(_ users: [String?], good: (Int) -> Double = { _ in 0 }) -> [Draft] {
    users.enumerated().map { index, user in
      Draft(
        id: "d-\(index)",
        parts: .single(
          .make("d-\(index)", probability: 0.5, good: good(index), user: user), corrected: false))
    }
  }

  private func cap(
    _ drafts: [Draft], share: Int = 5, maximum: Int = 1_000_000, seed: String = "flywheel"
  ) -> (outcomes: [SplitPlan.Outcome], account: InfluenceAccount?) {
    var dataset = DatasetDefinition(name: "set", kind: .sft)
    dataset.maximumUserShare = share
    dataset.maximumExamples = maximum
    dataset.seed = seed
    var outcomes = [SplitPlan.Outcome](repeating: .split("train"), count: drafts.count)
    let account = InfluenceCap.apply(drafts, &outcomes, dataset)
    return (outcomes, account)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let id: String
    /// Examples of user 0, 1, …; the last number is of nobody.
    let counts: [Int]
    var share = 5
    var maximum = 1_000_000
    let limit: Int
    let left: Int
    var testDescription: String { id }
  }

  @Test(
    "the limit is a share of the dataset, and ten at least",
    arguments: [
      Row(id: "one user of a small dataset", counts: [30, 0], limit: 10, left: 20),
      Row(id: "nobody at all", counts: [0], limit: 10, left: 0),
      Row(id: "records without a user are not capped", counts: [300], limit: 15, left: 0),
      Row(id: "a flood in a large dataset", counts: [500, 20, 20, 460], limit: 50, left: 450),
      Row(
        id: "ten users of a tenth each", counts: .init(repeating: 100, count: 10) + [0], limit: 50, left: 500),
      Row(id: "half", counts: [80, 20], share: 50, limit: 50, left: 30),
      Row(id: "off", counts: [80, 20], share: 100, limit: 0, left: 0),
      Row(id: "of what fits in", counts: [900, 100], maximum: 400, limit: 20, left: 880),
    ])
  func limits(_ row: Row) {
    var users: [String?] = []
    for (user, count) in row.counts.enumerated() {
      users += [String?](repeating: user == row.counts.count - 1 ? nil : "u-\(user)", count: count)
    }
    let (outcomes, account) = cap(drafts(users), share: row.share, maximum: row.maximum)
    #expect(outcomes.count { $0 == .out(.influence) } == row.left)
    #expect(account?.leftOut ?? 0 == row.left)
    #expect(account?.limit ?? 0 == row.limit)
    if let account, account.users > 0 {
      #expect(account.most == row.counts.dropLast().max() && account.mostLeft == row.limit)
    }
    #expect((account == nil) == (row.share == 100))
  }

  @Test("the best stay: by votes, then by a hash of the seed and the id, whatever the order")
  func best() {
    let list = drafts(.init(repeating: "u", count: 40)) { $0 < 6 ? 2 : 1 }
    let kept = { (drafts: [Draft], seed: String) in
      Set(zip(drafts, cap(drafts, seed: seed).outcomes).filter { $0.1 != .out(.influence) }.map(\.0.id))
    }
    let first = kept(list, "flywheel")
    #expect(first.count == 10 && first.isSuperset(of: (0..<6).map { "d-\($0)" }))
    #expect(kept(list.reversed(), "flywheel") == first)
    #expect(kept(list.shuffled(), "flywheel") == first)
    #expect(kept(list, "another") != first)
  }

  @Test("what was left out before counts for nobody")
  func others() {
    let list = drafts(.init(repeating: "u", count: 12))
    var outcomes: [SplitPlan.Outcome] = list.indices.map { $0 < 3 ? .out(.leak) : .split("train") }
    let before = outcomes
    let account = InfluenceCap.apply(list, &outcomes, DatasetDefinition(name: "set", kind: .sft))
    #expect(outcomes == before && account?.most == 9)
  }

  @Test("a pair counts for the users of both of its answers")
  func pairs() {
    let list = (0..<20).map { index in
      Draft(
        id: "p-\(index)",
        parts: .pair(
          chosen: .make("a\(index)", user: "u-\(index)"), rejected: .make("b\(index)", user: "one")))
    }
    let (outcomes, account) = cap(list)
    #expect(outcomes.count { $0 == .out(.influence) } == 10)
    #expect(account?.users == 1)
  }

  @Test("the cap is on by default, says what it did, and does not depend on workers")
  func published() async throws {
    var accounts: Set<PublishAccount> = []
    for workers in [1, 3] {
      let shop = try PublishWorkshop()
      try shop.add(
        (0..<30).map { index in
          LoggedSample("\(index)") { sample in
            sample.conversation = "c-\(index)"
            sample.user = index < 20 ? "u-1" : index < 25 ? "u-2" : nil
            sample.input = #"[{"content":"Question \#(index)","role":"user"}]"#
          }
        })
      var dataset = DatasetDefinition(name: "set", kind: .sft)
      dataset.splits = [SplitDefinition(name: "train", share: 100)]
      let account = try await shop.publish(dataset, workers: workers)
      #expect(account.splits == ["train": 20])
      #expect(account.left == ["influence": 10])
      #expect(account.influence?.limit == 10)
      accounts.insert(account)
    }
    #expect(accounts.count == 1)
  }
}
