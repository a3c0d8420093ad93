import Bytes
import GRDB
import Records
import Testing

@testable import Catalog

@Suite("Golden set") struct GoldenTests {
  private static func word(
    _ id: String, _ label: LabelClass?, by labeler: String = "ann", note: String? = nil
  ) -> GoldenWord {
    GoldenWord(interaction: id, class: label, labeler: labeler, note: note)
  }

  private func items(_ folder: CatalogFolder) throws -> [String] {
    try folder.catalog.goldenItems().map { item in
      let words = item.words.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.rawValue)" }
      return "\(item.interaction) \(item.class.rawValue) by \(item.labeler) (\(words.joined(separator: " ")))"
    }
  }

  @Test("the newest word counts, each labeler's last one stands, and a removal takes all back")
  func words() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("a"), .make("b")])
    var outcome = try folder.catalog.addGolden(
      [Self.word("a", .good), Self.word("b", .bad), Self.word("none", .bad)], at: .at(1))
    #expect([outcome.added, outcome.changed, outcome.repeated, outcome.removed] as [Int] == [2, 0, 0, 0])
    #expect(outcome.unknown == ["none"])
    #expect(try items(folder) == ["a good by ann (ann=good)", "b bad by ann (ann=bad)"])

    outcome = try folder.catalog.addGolden([Self.word("a", .good)], at: .at(2))
    #expect(outcome.repeated == 1)
    outcome = try folder.catalog.addGolden([Self.word("a", .bad, by: "bob", note: "n")], at: .at(3))
    #expect(outcome.changed == 1)
    #expect(try items(folder)[0] == "a bad by bob (ann=good bob=bad)")
    // The same word after another's is not a repetition: it makes the class good again.
    outcome = try folder.catalog.addGolden([Self.word("a", .good)], at: .at(4))
    #expect(outcome.changed == 1)
    #expect(try items(folder)[0] == "a good by ann (ann=good bob=bad)")

    outcome = try folder.catalog.addGolden([Self.word("a", nil), Self.word("a", nil)], at: .at(5))
    #expect([outcome.removed, outcome.repeated] as [Int] == [1, 1])
    #expect(try items(folder) == ["b bad by ann (ann=bad)"])
    outcome = try folder.catalog.addGolden([Self.word("a", .good, by: "bob")], at: .at(6))
    #expect(outcome.added == 1)
    #expect(try items(folder)[0] == "a good by bob (bob=good)")
    #expect(try folder.rows("SELECT count(*) FROM golden_events") == ["6"])
    #expect(try folder.catalog.numbers(where: "is_golden") == [1, 2])
  }

  @Test("contents of equal interactions are golden together, and are queued for labels")
  func twins() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("a", content: "x"), .make("b", content: "x"), .make("c")])
    _ = try folder.catalog.addGolden([Self.word("b", .good)], at: .at(1))
    #expect(try folder.catalog.queuedLabels(limit: 9).map(\.content) == [.of("x")])
    #expect(
      try folder.catalog.queuedLabels(limit: 9)[0].humans == [
        LabelInput.HumanWord(labeler: "ann", class: .good)
      ])
    #expect(try folder.catalog.numbers(where: "is_golden") == [1, 2])
  }

  @Test("what stays out of training: contents and their near duplicates, inputs, conversations")
  func keys() throws {
    let folder = try CatalogFolder()
    try folder.commit([
      .make("a", conversation: "c-1"), .make("b", conversation: "c-1"), .make("c", conversation: "c-2"),
      .make("d", conversation: "c-3"),
    ])
    #expect(try folder.catalog.goldenKeys().isEmpty)
    var near = NearDuplicateCommit()
    let hashes = [ContentHash.of("a"), .of("c")].sorted()
    near.changes = [(from: hashes[1], to: hashes[0])]
    try folder.catalog.commitCuration(rules: 1, [], near: near)
    _ = try folder.catalog.addGolden([Self.word("a", .good)], at: .at(1))
    let keys = try folder.catalog.goldenKeys()
    #expect(keys.contents == [.of("a"), .of("c")])
    #expect(keys.inputs == [.of("in a")])
    #expect(keys.conversations == ["c-1"])
    _ = try folder.catalog.addGolden([Self.word("a", nil)], at: .at(2))
    #expect(try folder.catalog.goldenKeys().isEmpty)
  }

  @Test("an item that stands in a published training split is told")
  func trained() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("a"), .make("b")])
    try folder.catalog.recordPublication(
      dataset: "sft", number: 3, version: "v", contentRoot: "r", run: "run",
      [
        Membership(example: "a", interaction: "a", outcome: "in:train"),
        Membership(example: "b", interaction: "b", outcome: "out:leak"),
      ])
    let outcome = try folder.catalog.addGolden([Self.word("a", .good), Self.word("b", .good)], at: .at(1))
    #expect(outcome.trained == ["sft@3 a"])
  }
}
