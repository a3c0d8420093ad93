import Bytes
import Foundation
import Records
import Testing

@testable import Catalog

@Suite("Golden items from queues") struct ReviewGoldenTests {
  /// Puts an interaction into a queue and answers it.
  private func answer(
    _ folder: CatalogFolder, _ id: String, _ said: [(String, LabelClass?)], queue: String = "daily",
    task: ReviewTask = .label, exposed: Set<String> = []
  ) throws {
    try folder.catalog.syncReviewQueue(
      ReviewQueueSetting(name: queue, definition: "{}", guideline: "", quota: 4))
    try folder.catalog.addReviewItems(
      [NewReviewItem(task: task, content: .of(id), interaction: id, reason: .audit, value: 1)], to: queue,
      run: "run", at: .at(1))
    let item = try #require(try folder.catalog.exchangeItem(queue, number: nil, interaction: id))
    for (name, label) in said {
      let seat = ReviewSeat(queue: queue, labeler: name)
      if exposed.contains(name) { try folder.catalog.exposeReview(item, seat, at: .at(2)) }
      let lease = try #require(try folder.catalog.openReview(item, seat, at: .at(3)))
      var submission = ReviewSubmission(
        item: item, token: lease.token, answer: "{}", label: label?.rawValue ?? "unclear", class: label)
      submission.isExposed = task == .adjudicate
      _ = try folder.catalog.submitReview(submission, seat, at: .at(4))
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let said: [(String, LabelClass?)]
    var exposed: Set<String> = []
    var decided: [(String, LabelClass?)] = []
    let words: [String]
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "agreed", said: [("ann", .bad), ("bob", .bad)], words: ["ann bad", "bob bad"]),
    Row(name: "too few", said: [("ann", .bad)], words: []),
    Row(name: "divided", said: [("ann", .bad), ("bob", .good), ("cleo", .bad)], words: []),
    Row(name: "one is unclear", said: [("ann", .bad), ("bob", .bad), ("cleo", nil)], words: []),
    Row(name: "tied", said: [("ann", .tie), ("bob", .tie)], words: []),
    Row(
      name: "exposed ones do not count", said: [("ann", .bad), ("bob", .bad), ("cleo", .good)],
      exposed: ["cleo"],
      words: ["ann bad", "bob bad"]),
    Row(name: "exposed ones do not help", said: [("ann", .bad), ("bob", .bad)], exposed: ["bob"], words: []),
    Row(
      name: "adjudicated", said: [("ann", .bad), ("bob", .good)], decided: [("dora", .good)],
      words: ["dora good"]),
    Row(
      name: "adjudicated after a suggestion", said: [("ann", .bad), ("bob", .good)], exposed: ["dora"],
      decided: [("dora", .good)], words: ["dora good exposed"]),
    Row(
      name: "adjudicators differ", said: [("ann", .bad), ("bob", .bad)],
      decided: [("dora", .good), ("emil", .bad)], words: []),
  ]

  @Test("whose word is golden", arguments: rows) func words(_ row: Row) throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("a")])
    try answer(folder, "a", row.said, exposed: row.exposed)
    if !row.decided.isEmpty {
      try answer(folder, "a", row.decided, queue: "disputes", task: .adjudicate, exposed: row.exposed)
    }
    let found = try folder.catalog.agreement(inQueue: "daily", least: 2)
    #expect(
      found.words.map { "\($0.labeler) \($0.class?.rawValue ?? "-")\($0.isExposed ? " exposed" : "")" }
        == row.words)
    #expect(found.agreed + found.adjudicated + found.divided + found.few == 1)
    let outcome = try folder.catalog.addGolden(found.words, at: .at(9))
    #expect(outcome.added == (row.words.isEmpty ? 0 : 1))
    let again = try folder.catalog.addGolden(found.words, at: .at(10))
    #expect(again.repeated == row.words.count)
  }

  @Test("an item is exposed while a word that stands on it was given after a suggestion") func exposure()
    throws
  {
    let folder = try CatalogFolder()
    try folder.commit([.make("a")])
    func word(_ labeler: String, _ exposed: Bool) -> GoldenWord {
      GoldenWord(interaction: "a", class: .good, labeler: labeler, isExposed: exposed)
    }
    _ = try folder.catalog.addGolden([word("ann", false)], at: .at(1))
    #expect(try folder.catalog.goldenItems().map(\.isExposed) == [false])
    _ = try folder.catalog.addGolden([word("bob", true)], at: .at(2))
    #expect(try folder.catalog.goldenItems().map(\.isExposed) == [true])
    #expect(try folder.catalog.addGolden([word("bob", true)], at: .at(3)).repeated == 1)
    // Said again without a suggestion it stands for itself.
    #expect(try folder.catalog.addGolden([word("bob", false)], at: .at(4)).repeated == 0)
    #expect(try folder.catalog.goldenItems().map(\.isExposed) == [false])
  }
}
