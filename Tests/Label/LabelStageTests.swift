import Bytes
import Catalog
import Foundation
import Records
import Testing

@testable import Label

/// A catalog in a folder that is gone when the value is.
private final class Workshop {
  let path: String
  let catalog: CatalogStore
  private var segments = 0

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/label-" + Hex.encode(KeyedHash.randomBytes(8))
    try DurableFile.makeFolder(path)
    catalog = try CatalogStore(path: "\(path)/catalog.sqlite")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Adds interactions by id and content, and thumbs by id, target, value and user.
  func add(
    _ interactions: [(id: String, content: String)],
    thumbs: [(id: String, target: String, value: Double, user: String)],
    signal: Signal = .thumb
  ) throws {
    segments += 1
    var batch = PullCommit(source: "chat", run: "run")
    batch.segments = [
      SegmentRow(
        table: .interactions, day: "2026-11-20", name: "s-\(segments)", fileBytes: 1, textBytes: 1, records: 1
      )
    ]
    batch.interactions = interactions.map { id, content in
      InteractionRow(
        id: id, time: Timestamp(microseconds: 0), conversation: id, stamp: Timestamp(microseconds: 0),
        digest: .of(id),
        inputHash: .of(content), contentHash: .of(content))
    }
    batch.feedback = thumbs.map { id, target, value, user in
      FeedbackRow(
        id: id, target: target, conversation: nil, time: Timestamp(microseconds: Int64(segments)), user: user,
        signal: signal, value: value, count: 1, hasCorrection: false, stamp: Timestamp(microseconds: 0),
        digest: .of(id))
    }
    _ = try catalog.commit(batch)
  }

  func run(implicitWeight: Double = 0.5) throws -> LabelAccount {
    var parameters = LabelParameters()
    parameters.implicitWeight = implicitWeight
    var last = (0, 0)
    let account = try LabelStage(catalog: catalog, parameters: parameters).run { last = ($0, $1) }
    #expect(last == (account.computed, account.computed))
    return account
  }

  func label(_ id: String) throws -> String {
    let row = try #require(try catalog.explain(id))
    return "\(row.label ?? "none") \(row.good)-\(row.bad)"
  }
}

@Suite("Label stage") struct LabelStageTests {
  @Test("only what changed is computed, and the same again gives the same")
  func incremental() throws {
    let shop = try Workshop()
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
    let shop = try Workshop()
    try shop.add([("a", "a"), ("b", "b")], thumbs: [("1", "a", 0, "u")], signal: .copy)
    try shop.add([], thumbs: [("2", "b", -1, "u")])
    #expect(try shop.run().computed == 2)
    #expect(try shop.label("a") == "good 0.5-0.0")
    #expect(try shop.run(implicitWeight: 1).computed == 2)
    #expect(try shop.label("a") == "good 1.0-0.0")
    #expect(try shop.run(implicitWeight: 0).computed == 2)
    #expect(try shop.label("a") == "none 0.0-0.0")
    #expect(try shop.catalog.explain("a")?.votes.isEmpty == true)
    #expect(try shop.label("b") == "bad 0.0-1.0")
    #expect(try shop.run(implicitWeight: 0).computed == 0)
  }

  @Test("twins share the votes of all; a late twin takes the label over")
  func twins() throws {
    let shop = try Workshop()
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
    let shop = try Workshop()
    try shop.add([("a", "a")], thumbs: [("1", "a", 1, "u")])
    let stage = LabelStage(catalog: shop.catalog, parameters: LabelParameters())
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try stage.run { _, _ in }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try shop.catalog.queuedLabelCount() == 1)
  }
}
