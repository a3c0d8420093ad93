import Bytes
import GRDB
import Records
import Testing

@testable import Catalog

@Suite("Votes of functions") struct FunctionVoteTests {
  private func hits(
    _ numbers: [Int64], _ label: LabelClass = .bad, weight: Double = 0.5, dropped: Bool = false
  )
    -> FunctionHits
  {
    FunctionHits(voter: "rule:r", class: label, weight: weight, numbers: numbers, onDropped: dropped)
  }

  private func state(_ folder: CatalogFolder) throws -> [String] {
    try folder.rows("SELECT voter, interaction, class, weight FROM function_votes ORDER BY interaction")
  }

  private func drained(_ folder: CatalogFolder) throws -> Int {
    let count = try folder.catalog.queuedLabelCount()
    try folder.catalog.pool.write { try $0.execute(sql: "DELETE FROM label_queue") }
    return count
  }

  @Test("only contents whose vote changes are queued")
  func changes() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("a", content: "x"), .make("b", content: "x"), .make("c"), .make("d")])
    #expect(try folder.catalog.setFunctionVotes(hits([1, 2, 3])) == 2)
    #expect(try state(folder) == ["rule:r|1|bad|0.5", "rule:r|3|bad|0.5"])
    #expect(try drained(folder) == 2)
    try folder.catalog.setFunctionVotes(hits([1, 2, 3]))
    #expect(try drained(folder) == 0)
    try folder.catalog.setFunctionVotes(hits([2, 4]))
    #expect(try state(folder) == ["rule:r|2|bad|0.5", "rule:r|4|bad|0.5"])
    // `x` stands on another interaction now, `c` has lost its vote and `d` has one.
    #expect(try drained(folder) == 3)
    try folder.catalog.setFunctionVotes(hits([2, 4], .good))
    #expect(try drained(folder) == 2)
    try folder.catalog.setFunctionVotes(hits([2, 4], .good, weight: 1))
    #expect(try drained(folder) == 2)
    try folder.catalog.removeFunctionVotes(except: ["rule:r"])
    #expect(try drained(folder) == 0)
    try folder.catalog.removeFunctionVotes(except: ["rule:q"])
    #expect(try drained(folder) == 2)
    #expect(try state(folder).isEmpty)
  }

  @Test("dropped records have votes of checks alone")
  func dropped() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("a"), .make("b")])
    try folder.curate(drop: ["b": "refusal/output-refusal"])
    #expect(try folder.catalog.setFunctionVotes(hits([1, 2])) == 1)
    #expect(try folder.catalog.setFunctionVotes(hits([1, 2], dropped: true)) == 2)
  }

  @Test(
    "a rule's condition must not read what labels are made of",
    arguments: [
      "label = 'bad'", "LABEL IS NULL", "probability < 0.5", "entropy > 0", "good_votes > 1", "bad_votes > 1",
      "is_golden", "number IN (SELECT number FROM records WHERE label = 'bad')",
      "number IN (SELECT r.number FROM records r WHERE r.good_votes > 0)", "records.label = 'bad'",
    ])
  func labels(_ condition: String) throws {
    let folder = try CatalogFolder()
    #expect(try folder.catalog.numbers(where: condition).isEmpty)
    #expect(throws: CatalogError.self) { try folder.catalog.numbers(whereRule: condition) }
    #expect(try CatalogStore.fault(inCondition: condition) == nil)
    #expect(try CatalogStore.fault(inCondition: condition, isRule: true) != nil)
  }

  @Test(
    "what else a selection sees a rule sees",
    arguments: ["output_characters < 20 AND app = 'support'", "has_correction", "true", "id LIKE 'a%'"])
  func legal(_ condition: String) throws {
    #expect(try CatalogStore.fault(inCondition: condition, isRule: true) == nil)
  }
}
