import Catalog
import Records
import Registry
import Testing

@testable import Publish

@Suite("Coverage") struct CoverageTests {
  private func dataset(
    _ kind: Kind = .sft, _ change: (inout DatasetDefinition) -> Void = { _ in }
  ) -> DatasetDefinition {
    SyntheticTests.dataset(kind) {
      $0.slices = [SliceDefinition(name: "orders", condition: "id LIKE 'chat/1%'")]
      $0.synthesis?.target = 10
      change(&$0)
    }
  }

  /// Slices as `orders 10: 3+1 organic and corrected, 2 synthetic, 1 pending, lacks 6, room 3`.
  private func shown(_ account: CoverageAccount?) -> [String] {
    (account?.slices ?? []).map {
      "\($0.slice) \($0.target): \($0.organic)+\($0.corrected), \($0.synthetic) synthetic, \($0.pending) pending, "
        + "lacks \($0.deficit), room \($0.room)"
    }
  }

  private func coverage(
    _ shop: PublishWorkshop, _ dataset: DatasetDefinition, planned: [String: Int] = [:]
  ) throws -> [String] {
    shown(try Coverage(catalog: shop.catalog, registry: shop.registry).account(dataset, planned: planned))
  }

  @Test("by slice and origin, what is missing and what may still be written") func counts() throws {
    let shop = try PublishWorkshop()
    try shop.add(
      SyntheticTests.organic(3, from: 10)
        + SyntheticTests.organic(1, from: 14).map { sample in
          var sample = sample
          sample.correction = "Better"
          return sample
        } + SyntheticTests.organic(1, from: 20))
    #expect(
      try coverage(shop, dataset()) == [
        "orders 10: 3+1, 0 synthetic, 0 pending, lacks 6, room 5",
        "other 10: 1+0, 0 synthetic, 0 pending, lacks 9, room 5",
      ])
    try shop.add(SyntheticTests.written(["a", "b"], batch: "one", slice: "orders"))
    try shop.add(SyntheticTests.written(["c", "d", "e"], batch: "two", slice: "gone"), curates: false)
    #expect(
      try coverage(shop, dataset()) == [
        "orders 10: 3+1, 2 synthetic, 0 pending, lacks 6, room 3",
        "other 10: 1+0, 0 synthetic, 3 pending, lacks 9, room 2",
      ])
    #expect(
      try coverage(shop, dataset(), planned: ["orders": 2, "unknown": 1]) == [
        "orders 10: 3+1, 2 synthetic, 2 pending, lacks 6, room 1",
        "other 10: 1+0, 0 synthetic, 4 pending, lacks 9, room 1",
      ])
  }

  @Test("batches that wait for people are pending, rejected ones are nothing") func acceptance() throws {
    let shop = try PublishWorkshop()
    let names = (0..<4).map { "w\($0)" }
    try shop.add(SyntheticTests.written(names, slice: "orders"))
    let gated = dataset { $0.synthesis?.acceptance = 0.7 }
    #expect(try coverage(shop, gated)[0] == "orders 10: 0+0, 0 synthetic, 4 pending, lacks 10, room 1")
    try shop.answer("b", accepted: names)
    #expect(try coverage(shop, gated)[0] == "orders 10: 0+0, 4 synthetic, 0 pending, lacks 10, room 1")
    let other = try PublishWorkshop()
    try other.add(SyntheticTests.written(names, slice: "orders"))
    try other.answer("b", accepted: [], rejected: names)
    #expect(try coverage(other, gated)[0] == "orders 10: 0+0, 0 synthetic, 0 pending, lacks 10, room 5")
  }

  @Test("targets of single slices, and the share") func targets() throws {
    let shop = try PublishWorkshop()
    try shop.add(SyntheticTests.organic(2, from: 10))
    let targets = dataset {
      $0.synthesis?.targets = ["orders": 4, "other": 0]
      $0.synthesis?.share = 25
    }
    #expect(
      try coverage(shop, targets) == [
        "orders 4: 2+0, 0 synthetic, 0 pending, lacks 2, room 1",
        "other 0: 0+0, 0 synthetic, 0 pending, lacks 0, room 0",
      ])
  }

  @Test("candidates of other roles and, in pairs, without their other side are nothing") func kinds() throws {
    let shop = try PublishWorkshop()
    var samples = SyntheticTests.written(["a", "b", "c"], slice: "orders")
    samples[1].input = samples[0].input
    samples[1].synthetic = .make(slice: "orders", chosen: false)
    samples += SyntheticTests.written(["e"], slice: "orders", role: .eval)
    try shop.add(samples, curates: false)
    func pending(_ kind: Kind) throws -> Int? {
      try Coverage(catalog: shop.catalog, registry: nil).account(dataset(kind))?.slices[0].pending
    }
    #expect(try pending(.sft) == 2 && pending(.kto) == 3 && pending(.eval) == 1 && pending(.preference) == 1)
  }

  @Test("it is what is published: splits, the ledger, and what reading showed the last time")
  func asPublished() async throws {
    let shop = try PublishWorkshop()
    try shop.add(
      SyntheticTests.organic(30)
        + [
          LoggedSample("empty") { sample in
            sample.output = #"{"content":"","role":"assistant"}"#
            sample.input = #"[{"content":"Nothing","role":"user"}]"#
          }
        ])
    try shop.add(SyntheticTests.written((0..<30).map { "w\($0)" }))
    let definition = dataset {
      $0.splits = [SplitDefinition(name: "train", share: 50)]
      $0.synthesis?.target = 20
    }
    let version = try await shop.publish(definition)
    let slices = try #require(version.synthetic?.slices)
    #expect(version.left["other-split"] ?? 0 > 5, "the test is about something")
    #expect(
      try Coverage(catalog: shop.catalog, registry: shop.registry).account(definition)?.slices.map {
        "\($0.slice) \($0.organic) \($0.synthetic)"
      } == slices.map { "\($0.slice) \($0.organic) \($0.synthetic)" })
    // What trained is no eval item, and nobody's deficit is filled with it.
    var eval = dataset(.eval)
    eval.name = "eval"
    func free(_ registry: DatasetRegistry?) throws -> Int? {
      try Coverage(catalog: shop.catalog, registry: registry).account(eval)?.slices.reduce(0) {
        $0 + $1.organic
      }
    }
    #expect(try free(shop.registry) == 31 - slices.reduce(0) { $0 + $1.organic })
    #expect(try free(nil) == 31)
  }

  @Test("a dataset without targets has none") func none() throws {
    let shop = try PublishWorkshop()
    #expect(try coverage(shop, dataset { $0.synthesis = nil }) == [])
  }
}
