import Bytes
import Foundation
import GRDB
import Records
import Testing

@testable import Catalog

@Suite("Publications in the catalog") struct PublicationTests {
  /// Records a version whose examples are written as `a=in:train`, each about the interaction of its own name.
  private func record(_ folder: CatalogFolder, _ number: Int, _ outcomes: [String], dataset: String = "sft")
    throws
  {
    try folder.catalog.recordPublication(
      dataset: dataset, number: number, version: "v\(number)", contentRoot: "r\(number)",
      run: "run-\(number)",
      outcomes.map { text in
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        return Membership(example: parts[0], interaction: parts[0], outcome: parts[1])
      })
  }

  private func stays(_ folder: CatalogFolder, dataset: String = "sft") throws -> [String] {
    try folder.rows(
      """
      SELECT example || ' ' || outcome || ' ' || first || '-' || coalesce(last, '') FROM memberships
      WHERE dataset = '\(dataset)' ORDER BY example, first, outcome
      """)
  }

  @Test("an outcome is one stretch of versions as long as it lasts")
  func fourVersions() throws {
    let folder = try CatalogFolder()
    try record(folder, 1, ["a=in:train", "b=in:train", "c=out:leak", "d=in:validation"])
    try record(folder, 2, ["a=in:train", "b=out:too-long", "c=out:leak", "e=in:train"])
    try record(folder, 3, ["a=in:train", "b=in:train", "c=in:train", "d=in:validation", "e=in:train"])
    try record(folder, 1, ["a=in:test"], dataset: "eval")
    try record(folder, 4, ["a=in:train", "b=in:train", "d=in:validation", "e=out:maximum"])
    #expect(
      try stays(folder) == [
        "a in:train 1-", "b in:train 1-1", "b out:too-long 2-2", "b in:train 3-", "c out:leak 1-2",
        "c in:train 3-3",
        "d in:validation 1-1", "d in:validation 3-", "e in:train 2-3", "e out:maximum 4-",
      ])
    #expect(try stays(folder, dataset: "eval") == ["a in:test 1-"])
    #expect(try folder.catalog.recordedVersion(of: "sft") == 4)
    #expect(try folder.catalog.recordedVersion(of: "none") == 0)
  }

  @Test(
    "recording a version again changes nothing, and what it is said to have done otherwise takes its place")
  func again() throws {
    let folder = try CatalogFolder()
    try record(folder, 1, ["a=in:train", "b=in:train"])
    try record(folder, 2, ["a=in:train", "b=out:leak", "c=in:train"])
    let before = try stays(folder)
    try record(folder, 2, ["a=in:train", "b=out:leak", "c=in:train"])
    #expect(try stays(folder) == before)
    #expect(before == ["a in:train 1-", "b in:train 1-1", "b out:leak 2-", "c in:train 2-"])
    // The content is the same and so is the version, but what was left out differs by now.
    try record(folder, 2, ["a=in:train", "b=out:too-long", "d=out:other-split"])
    #expect(
      try stays(folder) == ["a in:train 1-", "b in:train 1-1", "b out:too-long 2-", "d out:other-split 2-"])
    #expect(
      try folder.rows("SELECT dataset, number, version, run FROM publications ORDER BY number").count == 2)
  }

  @Test("a pair stands under both interactions")
  func pairs() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1"), .make("chat/2")])
    for number in 1...2 {
      try folder.catalog.recordPublication(
        dataset: "dpo", number: number, version: "v", contentRoot: "r", run: "run",
        ["chat/1", "chat/2"].map {
          Membership(
            example: "chat/1..chat/2", interaction: $0, outcome: number == 1 ? "in:train" : "out:leak")
        })
    }
    for id in ["chat/1", "chat/2"] {
      let stays = try #require(try folder.catalog.explain(id)).memberships
      #expect(stays.map { "\($0.outcome) \($0.first) \($0.last ?? 0)" } == ["in:train 1 1", "out:leak 2 0"])
    }
    #expect(try folder.catalog.resolve("chat/1..chat/2") == ["chat/1", "chat/2"])
  }
}

@Suite("Explanations") struct ExplanationTests {
  @Test func resolvesIDs() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1"), .make("chat/x/y")], cursors: [("f", "1")])
    try folder.commit([.make("log/1")], source: "log", cursors: [("f", "1")])
    #expect(try folder.catalog.resolve("chat/1") == ["chat/1"])
    #expect(try folder.catalog.resolve("1") == ["chat/1", "log/1"])
    #expect(try folder.catalog.resolve("x/y") == ["chat/x/y"])
    #expect(try folder.catalog.resolve("none") == [])
    #expect(try folder.catalog.resolve("") == [])
    #expect(try folder.catalog.resolve("' OR 1 = 1 --") == [])
  }

  @Test("everything that is known of an interaction")
  func explains() throws {
    let folder = try CatalogFolder()
    var row = InteractionRow.make("chat/1", at: 7, content: "x", conversation: "c-1")
    row.model = "m"
    row.app = "support"
    row.place = RowPlace(segment: 0, frame: 2, offset: 3, length: 4)
    try folder.commit(
      [row, .make("chat/2", at: 8, content: "x")],
      feedback: [.make("fb/2", on: "chat/1", at: 30, value: -1), .make("fb/1", on: "chat/1", at: 20)],
      run: "run-7")
    try folder.curate()
    _ = try folder.catalog.settleDuplicates(enabled: true)
    try folder.catalog.commitLabel(
      .of("x"), .tie, 0.5, good: 1, bad: 1,
      votes: [
        VoteRow(interaction: 1, voter: "thumb:fb/2", class: .bad, weight: 1, feedback: 1),
        VoteRow(interaction: 1, voter: "thumb:fb/1", class: .good, weight: 1, feedback: 2, reason: "r"),
      ])
    let one = try #require(try folder.catalog.explain("chat/1"))
    #expect(
      [one.id, one.source, one.conversation, one.app, one.model, one.run].compactMap(\.self)
        == ["chat/1", "chat", "c-1", "support", "m", "run-7"])
    #expect(one.time == .at(7))
    #expect(
      one.place == LakePlace(segment: "interactions-1", day: "2026-11-20", frame: 2, offset: 3, length: 4))
    #expect([one.decision, one.reason, one.representative] == ["kept", nil, nil])
    #expect(one.feedback.map(\.id) == ["fb/1", "fb/2"])
    #expect(
      one.votes.map { "\($0.voter) \($0.class) \($0.weight)" } == [
        "thumb:fb/1 good 1.0", "thumb:fb/2 bad 1.0",
      ])
    #expect(one.label == "tie")
    #expect([one.probability ?? 0, one.good, one.bad] == [0.5, 1, 1])
    let two = try #require(try folder.catalog.explain("chat/2"))
    #expect(
      [two.decision, two.reason, two.representative] == ["dropped", "duplicates/exact-duplicate", "chat/1"])
    #expect(two.votes.count == 2)
    #expect(two.feedback.isEmpty)
    #expect(try folder.catalog.explain("chat/3") == nil)
  }

  @Test(
    "a candidate knows its user, and the contents and the deciding conversation of its near-duplicate cluster"
  )
  func nearClusters() throws {
    let folder = try CatalogFolder()
    var row = InteractionRow.make("chat/1", content: "x", conversation: "c-1")
    row.user = "u-1"
    try folder.commit([
      row, .make("chat/2", content: "y", conversation: "c-2"),
      .make("chat/3", content: "z", conversation: "c-3"),
      .make("chat/4", content: "w", conversation: "c-4"), .make("chat/5", content: "x", conversation: "c-0"),
    ])
    try folder.curate()
    let contents = ["x", "y", "gone"].map { ContentHash.of($0) }.sorted()
    try folder.catalog.pool.write { db in
      for (content, cluster) in [("x", "1"), ("y", "1"), ("gone", "1"), ("z", "2")] {
        try db.execute(
          sql: "INSERT INTO near_clusters (content_hash, cluster) VALUES (?, ?)",
          arguments: [Data(ContentHash.of(content).bytes), Data(cluster.utf8)])
      }
    }
    let list = try folder.catalog.candidates(among: [1, 2, 3, 4, 5])
    let candidates = Dictionary(uniqueKeysWithValues: list.map { ($0.id, $0) })
    #expect(list.map(\.user).compactMap(\.self) == ["u-1"])
    #expect(candidates["chat/1"]?.nearKeys == contents)
    #expect(candidates["chat/2"]?.nearKeys == contents)
    // The smallest content that the catalog still has, and of its interactions the smallest id.
    let decides = ContentHash.of("x") < ContentHash.of("y") ? "c-1" : "c-2"
    #expect(candidates["chat/1"]?.nearConversation == decides)
    #expect(candidates["chat/2"]?.nearConversation == decides)
    #expect(candidates["chat/5"]?.nearConversation == decides)
    // Alone in its cluster, and in none.
    for (id, content, conversation) in [("chat/3", "z", "c-3"), ("chat/4", "w", "c-4")] {
      #expect(candidates[id]?.nearKeys == [.of(content)])
      #expect(candidates[id]?.nearConversation == conversation)
    }
  }
}
