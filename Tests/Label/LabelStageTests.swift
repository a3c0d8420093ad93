import Catalog
import Lake
import Records
import Testing

@testable import Label

@Suite("Label stage") struct LabelStageTests {
  @Test("only what changed is computed, and the same again gives the same")
  func incremental() throws {
    let shop = try LabelWorkshop()
    try shop.add([("a", "a"), ("b", "b"), ("c", "c")], thumbs: [("1", "a", 1, "u"), ("2", "b", -1, "u")])
    var account = try shop.run()
    #expect(account.computed == 2)
    #expect(
      [account.counts.good, account.counts.bad, account.counts.tie, account.counts.unlabelled] as [Int] == [
        1, 1, 0, 1,
      ])
    #expect(try shop.run().computed == 0)
    try shop.add([("d", "d")], thumbs: [("3", "a", -1, "v")])
    account = try shop.run()
    #expect(account.computed == 1)
    #expect(
      [account.counts.good, account.counts.bad, account.counts.tie, account.counts.unlabelled] as [Int] == [
        0, 1, 1, 2,
      ])
    #expect(try shop.label("a") == "tie 1.0-1.0")
    #expect(try shop.run().computed == 0)
    #expect(try shop.run().counts == account.counts)
  }

  @Test("another model computes everything anew")
  func model() throws {
    let shop = try LabelWorkshop()
    try shop.add([("a", "a"), ("b", "b")], thumbs: [("1", "a", 0, "u")], signal: .copy)
    try shop.add([], thumbs: [("2", "b", -1, "u")])
    #expect(try shop.run().computed == 2)
    #expect(try shop.label("a") == "good 0.5-0.0")
    #expect(try shop.run({ $0.implicitWeight = 1 }).computed == 2)
    #expect(try shop.label("a") == "good 1.0-0.0")
    #expect(try shop.run({ $0.implicitWeight = 0 }).computed == 2)
    #expect(try shop.label("a") == "none 0.0-0.0")
    #expect(try shop.catalog.explain("a")?.votes.isEmpty == true)
    #expect(try shop.label("b") == "bad 0.0-1.0")
    #expect(try shop.run({ $0.implicitWeight = 0 }).computed == 0)
  }

  @Test("twins share the votes of all; a late twin takes the label over")
  func twins() throws {
    let shop = try LabelWorkshop()
    try shop.add([("a", "x"), ("b", "x")], thumbs: [("1", "a", 1, "u"), ("2", "b", 1, "v")])
    #expect(try shop.run().computed == 1)
    #expect(try shop.label("a") == "good 2.0-0.0")
    #expect(try shop.label("b") == "good 2.0-0.0")
    try shop.add([("c", "x")], thumbs: [])
    #expect(try shop.run().computed == 1)
    #expect(try shop.label("c") == "good 2.0-0.0")
    // The same user on a twin changes his vote and adds none.
    try shop.add([], thumbs: [("3", "c", -1, "u")])
    #expect(try shop.run().computed == 1)
    for id in ["a", "b", "c"] { #expect(try shop.label(id) == "tie 1.0-1.0") }
    #expect(try shop.catalog.explain("a")?.votes.map(\.voter) == ["thumb:u", "thumb:v"])
  }

  @Test func cancelledBeforeItBegins() async throws {
    let shop = try LabelWorkshop()
    try shop.add([("a", "a")], thumbs: [("1", "a", 1, "u")])
    let stage = LabelStage(
      catalog: shop.catalog, lake: shop.lake, parameters: LabelParameters())
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try stage.run { _, _ in }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try shop.catalog.queuedLabelCount() == 1)
  }
}
