import Bytes
import GRDB
import Records
import Testing

@testable import Catalog

@Suite("Votes of judges and students") struct ModelVoteTests {
  private static func vote(
    _ content: String, _ label: LabelClass?, voter: String = "judge:helpful", version: String = "v1",
    probability: Double? = nil
  ) -> ModelVote {
    ModelVote(
      voter: voter, version: version, content: .of(content), interaction: content, class: label,
      probability: probability)
  }

  private static func voter(_ version: String, admitted: Bool = true) -> ModelVoter {
    ModelVoter(
      name: "judge:helpful", version: version, isAdmitted: admitted, reason: "kappa 0.7 of 0.6",
      agreement: 0.7)
  }

  @Test("a vote is added once and stays, and is read back")
  func idempotent() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("a"), .make("b")])
    let votes = [Self.vote("a", .good, probability: 0.9), Self.vote("b", .tie)]
    #expect(try folder.catalog.addModelVotes(votes, run: "r1") == 2)
    #expect(try folder.catalog.addModelVotes(votes + [Self.vote("a", .bad)], run: "r2") == 0)
    let stored = try folder.catalog.modelVotes(of: "judge:helpful", version: "v1")
    #expect(
      stored.sorted { $0.interaction < $1.interaction } == [
        Self.vote("a", .good, probability: 0.9), Self.vote("b", nil),
      ])
    #expect(try folder.rows("SELECT DISTINCT run FROM model_votes") == ["r1"])
    #expect(try folder.catalog.modelVotes(of: "judge:helpful", version: "v2").isEmpty)
  }

  @Test("votes that count queue their contents, others do not; a change of state queues all")
  func queue() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("a"), .make("b")])
    _ = try folder.catalog.addModelVotes([Self.vote("a", .good)], run: "r")
    #expect(try folder.catalog.queuedLabelCount() == 0)
    try folder.catalog.setModelVoter(Self.voter("v1"), run: "r")
    #expect(try folder.catalog.queuedLabelCount() == 1)
    _ = try folder.catalog.addModelVotes(
      [Self.vote("b", .bad), Self.vote("c", .bad, version: "v0")], run: "r")
    #expect(try folder.catalog.queuedLabelCount() == 2)
    // The same state again changes nothing.
    try folder.catalog.pool.write { try $0.execute(sql: "DELETE FROM label_queue") }
    try folder.catalog.setModelVoter(Self.voter("v1"), run: "r")
    #expect(try folder.catalog.queuedLabelCount() == 0)
    try folder.catalog.setModelVoter(Self.voter("v1", admitted: false), run: "r")
    #expect(try folder.catalog.queuedLabelCount() == 3)
    #expect(try folder.catalog.modelVoters() == [Self.voter("v1", admitted: false)])
  }
}
