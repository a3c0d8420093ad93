import Bytes
import Records
import Testing

@testable import Catalog

@Suite("Label queue") struct LabelQueueTests {
  /// The contents in the queue, by the names that the rows gave them.
  private func queue(_ folder: CatalogFolder, _ names: [String]) throws -> [String] {
    let queued = Set(try folder.catalog.queuedLabels(limit: 1000).map(\.content))
    #expect(queued.count == (try folder.catalog.queuedLabelCount()))
    let known = names.filter { queued.contains(.of($0)) }
    #expect(known.count == queued.count, "something else is queued")
    return known
  }

  private func settle(_ folder: CatalogFolder) throws {
    let inputs = try folder.catalog.queuedLabels(limit: 1000)
    for input in inputs {
      try folder.catalog.commitLabel(
        input.content, input.events.isEmpty ? nil : .good, 0.75, good: Double(input.events.count),
        votes: input.events.map {
          VoteRow(interaction: $0.interaction, voter: $0.id, class: .good, weight: 1, feedback: $0.number)
        })
    }
    #expect(try folder.catalog.queuedLabelCount() == 0)
  }

  private func labels(_ folder: CatalogFolder) throws -> [String] {
    try folder.rows("SELECT id || ' ' || coalesce(label, 'none') FROM interactions ORDER BY id")
  }

  @Test func interactionFirst() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1"), .make("chat/2")])
    #expect(try queue(folder, ["chat/1", "chat/2"]) == [])
    try folder.commit(feedback: [.make("fb/1", on: "chat/1")])
    #expect(try queue(folder, ["chat/1", "chat/2"]) == ["chat/1"])
  }

  @Test func feedbackFirst() throws {
    let folder = try CatalogFolder()
    try folder.commit(feedback: [.make("fb/1", on: "chat/1")])
    #expect(try queue(folder, ["chat/1"]) == [])
    #expect(try folder.catalog.labelCounts().waiting == 1)
    try folder.commit([.make("chat/1"), .make("chat/2")])
    #expect(try queue(folder, ["chat/1", "chat/2"]) == ["chat/1"])
    #expect(try folder.catalog.labelCounts().waiting == 0)
    #expect(try folder.catalog.labelCounts().joined == 1)
  }

  @Test func togetherInOneCommit() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1")], feedback: [.make("fb/1", on: "chat/1")])
    #expect(try queue(folder, ["chat/1"]) == ["chat/1"])
  }

  @Test("feedback that moves to another interaction queues both")
  func targetMoves() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1"), .make("chat/2")], feedback: [.make("fb/1", on: "chat/1")])
    try settle(folder)
    #expect(try labels(folder) == ["chat/1 good", "chat/2 none"])
    try folder.commit(feedback: [.make("fb/1", on: "chat/2", stamp: 200)])
    #expect(try queue(folder, ["chat/1", "chat/2"]) == ["chat/1", "chat/2"])
    try settle(folder)
    #expect(try labels(folder) == ["chat/1 none", "chat/2 good"])
    #expect(try folder.rows("SELECT count(*) FROM votes") == ["1"])
  }

  @Test("a repeated or older event queues nothing")
  func repeated() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1")], feedback: [.make("fb/1", on: "chat/1")])
    try settle(folder)
    try folder.commit([.make("chat/1")], feedback: [.make("fb/1", on: "chat/1")])
    try folder.commit(feedback: [.make("fb/1", on: "chat/1", value: -1, stamp: 5)])
    #expect(try queue(folder, ["chat/1"]) == [])
  }

  @Test("an update of the target is labelled anew, under its old content and its new one")
  func targetUpdated() throws {
    let folder = try CatalogFolder()
    try folder.commit(
      [.make("chat/1", content: "old"), .make("chat/2", content: "old")],
      feedback: [.make("fb/1", on: "chat/1")])
    try settle(folder)
    #expect(try labels(folder) == ["chat/1 good", "chat/2 good"])
    try folder.commit([.make("chat/1", content: "new", stamp: 50)])
    #expect(try labels(folder) == ["chat/1 none", "chat/2 good"])
    #expect(try queue(folder, ["old", "new"]) == ["old", "new"])
    try settle(folder)
    #expect(try labels(folder) == ["chat/1 good", "chat/2 none"])
    #expect(try folder.rows("SELECT interaction, voter FROM votes") == ["1|fb/1"])
  }

  @Test("a new twin of labelled content is queued, and takes the label")
  func twin() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1", content: "same")], feedback: [.make("fb/1", on: "chat/1")])
    try settle(folder)
    try folder.commit([.make("chat/2", content: "same"), .make("chat/3")])
    #expect(try queue(folder, ["same", "chat/3"]) == ["same"])
    try settle(folder)
    #expect(try labels(folder) == ["chat/1 good", "chat/2 good", "chat/3 none"])
  }

  @Test("another model queues all content with feedback, the same model none")
  func model() throws {
    let folder = try CatalogFolder()
    try folder.commit(
      [.make("chat/1"), .make("chat/2"), .make("chat/3")],
      feedback: [.make("fb/1", on: "chat/1"), .make("fb/2", on: "chat/3"), .make("fb/3", on: "chat/9")])
    try folder.catalog.useLabelModel(digest: "a")
    try settle(folder)
    try folder.catalog.useLabelModel(digest: "a")
    #expect(try queue(folder, []) == [])
    try folder.catalog.useLabelModel(digest: "b")
    #expect(try queue(folder, ["chat/1", "chat/2", "chat/3"]) == ["chat/1", "chat/3"])
  }

  @Test("events come by time, then id, with all they say; batches keep to their limit")
  func events() throws {
    let folder = try CatalogFolder()
    try folder.commit(
      [.make("chat/1", content: "same"), .make("chat/2", content: "same"), .make("chat/3")],
      feedback: [
        .make("fb/b", on: "chat/1", at: 20), .make("fb/a", on: "chat/2", at: 20, value: -1, user: "u-1"),
        .make("fb/c", on: "chat/1", at: 10, value: nil, signal: .comment), .make("fb/d", on: "chat/3"),
      ])
    let inputs = try folder.catalog.queuedLabels(limit: 10)
    let events = try #require(inputs.first { $0.content == .of("same") }).events
    #expect(events.map(\.id) == ["fb/c", "fb/a", "fb/b"])
    #expect(events.map(\.signal) == [.comment, .thumb, .thumb])
    #expect(events.map(\.value) == [nil, -1, 1])
    #expect(events.map(\.user) == [nil, "u-1", nil])
    #expect(events.map(\.interaction) == [1, 2, 1])
    #expect(try folder.catalog.queuedLabels(limit: 1).map(\.content) == [inputs[0].content])
    #expect(inputs.map(\.content) == inputs.map(\.content).sorted())
  }

  @Test func countsLabels() throws {
    let folder = try CatalogFolder()
    try folder.commit((1...4).map { .make("chat/\($0)") })
    for (id, label) in [("chat/1", LabelClass.good), ("chat/2", .bad), ("chat/3", .tie)] {
      try folder.catalog.commitLabel(.of(id), label, 0.5, good: 1, bad: 1)
    }
    let counts = try folder.catalog.labelCounts()
    #expect([counts.good, counts.bad, counts.tie, counts.unlabelled] as [Int] == [1, 1, 1, 1])
    #expect(try folder.catalog.labelCounts(source: "none") == LabelCounts())
  }
}
