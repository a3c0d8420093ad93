import Bytes
import Foundation
import GRDB
import Records
import Testing

@testable import Catalog

@Suite("Commit of a pull") struct PullCommitTests {
  private func tally(new: Int = 0, updated: Int = 0, repeated: Int = 0, superseded: Int = 0) -> PullTally {
    var tally = PullTally()
    tally.new = new
    tally.updated = updated
    tally.repeated = repeated
    tally.superseded = superseded
    return tally
  }

  struct Second: Sendable, CustomTestStringConvertible {
    let id: String
    var stamp: Int64
    /// Against the digest of the first row: before, the same, after.
    var digest: ComparisonResult
    let expected: String
    var testDescription: String { id }
  }

  @Test(
    "what becomes of a row whose id is there",
    arguments: [
      Second(id: "the same", stamp: 5, digest: .orderedSame, expected: "repeated"),
      Second(id: "newer", stamp: 6, digest: .orderedAscending, expected: "updated"),
      Second(id: "newer, larger digest", stamp: 6, digest: .orderedDescending, expected: "updated"),
      Second(id: "older", stamp: 4, digest: .orderedDescending, expected: "superseded"),
      Second(id: "as old, larger digest", stamp: 5, digest: .orderedDescending, expected: "updated"),
      Second(id: "as old, smaller digest", stamp: 5, digest: .orderedAscending, expected: "superseded"),
      Second(id: "older with the same bytes", stamp: 4, digest: .orderedSame, expected: "repeated"),
    ])
  func second(_ item: Second) throws {
    let hash: (ComparisonResult) -> ContentHash = { ContentHash(high: UInt64($0.rawValue + 10), low: 0) }
    for isFeedback in [false, true] {
      let folder = try CatalogFolder()
      var tallies: [PullTally] = []
      for (stamp, digest) in [(5, ComparisonResult.orderedSame), (item.stamp, item.digest)] {
        if isFeedback {
          var row = FeedbackRow.make("fb/1", on: "chat/1", stamp: stamp)
          row.digest = hash(digest)
          tallies.append(try folder.commit(feedback: [row]).feedback)
        } else {
          var row = InteractionRow.make("chat/1", stamp: stamp)
          row.digest = hash(digest)
          tallies.append(try folder.commit([row]).interactions)
        }
      }
      #expect(tallies[0] == tally(new: 1))
      let expected = [
        "repeated": tally(repeated: 1), "updated": tally(updated: 1), "superseded": tally(superseded: 1),
      ]
      #expect(tallies[1] == expected[item.expected])
      #expect(try folder.catalog.counts().interactions == (isFeedback ? 0 : 1))
    }
  }

  /// All orders of 0 to `count` - 1.
  private func permutations(_ count: Int) -> [[Int]] {
    (0..<count).reduce([[]]) { lists, number in
      lists.flatMap { list in
        (0...list.count).map { place in Array(list[..<place]) + [number] + list[place...] }
      }
    }
  }

  @Test("the order in which four versions of one row arrive changes nothing")
  func orderOfArrival() throws {
    let versions = [(1, "a"), (2, "b"), (2, "c"), (3, "a")].map { stamp, content in
      InteractionRow.make("chat/1", content: content, stamp: stamp)
    }
    let events = [(1, 1.0), (2, -1), (2, 1), (3, -1)].map { stamp, value in
      FeedbackRow.make("fb/1", on: "chat/1", value: value, stamp: stamp)
    }
    var states: Set<[String]> = []
    for order in permutations(4) {
      for together in [false, true] {
        let folder = try CatalogFolder()
        var outcome = PullOutcome()
        if together {
          outcome = try folder.commit(order.map { versions[$0] }, feedback: order.map { events[$0] })
        } else {
          for index in order { outcome.add(try folder.commit([versions[index]], feedback: [events[index]])) }
        }
        #expect(outcome.interactions.total == 4)
        #expect(outcome.interactions.new == 1)
        #expect(outcome.feedback.new == 1)
        try folder.curate()
        _ = try folder.catalog.settleDuplicates(enabled: true)
        for input in try folder.catalog.queuedLabels(limit: 100) {
          let good = input.events.count { $0.value ?? 0 > 0 }
          try folder.catalog.commitLabel(
            input.content, input.events.isEmpty ? nil : good > 0 ? .good : .bad, good: Double(good),
            bad: Double(input.events.count - good))
        }
        states.insert(
          try folder.rows(
            """
            SELECT id, time, conversation, stamp, digest, input_hash, content_hash, decision, reason, label, good, bad
            FROM interactions
            """)
            + folder.rows("SELECT id, target, time, signal, value, stamp, digest FROM feedback")
            + folder.rows("SELECT count(*) FROM label_queue UNION ALL SELECT count(*) FROM cluster_queue"))
      }
    }
    #expect(permutations(4).count == 24)
    #expect(states.count == 1)
    #expect(states.first?.first?.hasSuffix("kept|-|bad|0.0|1.0") == true)
  }

  @Test("a row that is older than its update in the same commit is not taken")
  func orderInOneCommit() throws {
    let folder = try CatalogFolder()
    let rows = [2, 1, 3].map { (stamp: Int64) in
      InteractionRow.make("chat/1", content: "v\(stamp)", stamp: stamp)
    }
    let outcome = try folder.commit(rows)
    #expect(outcome.interactions == tally(new: 1, updated: 1, superseded: 1))
    #expect(try folder.rows("SELECT content_hash FROM interactions") == [ContentHash.of("v3").description])
  }

  @Test("cursors move with the rows or not at all")
  func atomic() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1")], cursors: [("a", "1"), ("b", "1")])
    try folder.catalog.pool.write { db in
      try db.execute(
        sql: """
          CREATE TRIGGER stop BEFORE INSERT ON cursors WHEN NEW.state = 'stop'
          BEGIN SELECT RAISE(ABORT, 'stop'); END
          """)
    }
    #expect(throws: DatabaseError.self) {
      try folder.commit(
        [.make("chat/2")], feedback: [.make("fb/1", on: "chat/1")],
        quarantine: [
          QuarantineRow(
            file: "f", byteOffset: 0, byteLength: 1, reason: "empty", digest: .of("x"), place: nil)
        ], cursors: [("a", "2"), ("b", "stop")])
    }
    #expect(try folder.catalog.counts().interactions == 1)
    #expect(try folder.catalog.counts().feedback == 0)
    #expect(try folder.catalog.counts().quarantined == 0)
    #expect(try folder.catalog.counts().segments == 2)
    #expect(try folder.rows("SELECT count(*) FROM label_queue") == ["0"])
    #expect(try folder.catalog.cursors(of: "chat").map { "\($0.name)=\($0.state)" } == ["a=1", "b=1"])
    try folder.commit([.make("chat/2")], cursors: [("a", "2"), ("b", nil), ("c", "1")])
    #expect(try folder.catalog.cursors(of: "chat").map { "\($0.name)=\($0.state)" } == ["a=2", "c=1"])
    #expect(try folder.catalog.cursors(of: "other").isEmpty)
  }

  @Test("a line that is read again is quarantined once")
  func quarantine() throws {
    let folder = try CatalogFolder()
    func row(
      _ text: String, at offset: Int, reason: String = "malformed", file: String = "log.jsonl"
    ) -> QuarantineRow {
      QuarantineRow(
        file: file, byteOffset: offset, byteLength: text.utf8.count, reason: reason, digest: .of(text),
        place: RowPlace(segment: 0, frame: 0, offset: 0, length: 5))
    }
    let first = try folder.commit(quarantine: [row("a", at: 0), row("a", at: 2), row("b", at: 0)])
    #expect(first.quarantined == 3)
    let second = try folder.commit(quarantine: [row("a", at: 0), row("c", at: 9, reason: "cut-short")])
    #expect(second.quarantined == 1)
    #expect(second.quarantinedBefore == 1)
    #expect(try folder.commit(quarantine: [row("a", at: 0)], source: "other").quarantined == 1)
    // The same bytes at the same place of another file are another line.
    #expect(try folder.commit(quarantine: [row("a", at: 0, file: "next.jsonl")]).quarantined == 1)
    #expect(
      try folder.catalog.quarantineReasons().map { "\($0.reason) \($0.count)" } == [
        "malformed 5", "cut-short 1",
      ])
  }

  @Test("a segment of the same bytes is entered once, and its rows are repeated")
  func sameSegment() throws {
    let folder = try CatalogFolder()
    var batch = PullCommit(source: "chat", run: "run-1")
    batch.segments = [
      SegmentRow(table: .interactions, day: "2026-11-20", name: "s", fileBytes: 1, textBytes: 1, records: 1)
    ]
    batch.interactions = [.make("chat/1")]
    #expect(try folder.catalog.commit(batch).interactions == tally(new: 1))
    batch.run = "run-2"
    #expect(try folder.catalog.commit(batch).interactions == tally(repeated: 1))
    #expect(try folder.catalog.segments().map(\.path) == ["interactions/2026-11-20/s.jsonl.lz4"])
    #expect(try folder.catalog.standing(run: "run-1").interactions.map(\.count) == [1])
    #expect(try folder.catalog.standing(run: "run-2").interactions.isEmpty)
  }

  @Test(
    "of two states with one stamp the larger digest counts, or for a service the later reading",
    arguments: [
      (laterReadingWins: false, first: "one", kept: "two"),
      (laterReadingWins: false, first: "two", kept: "two"),
      (laterReadingWins: true, first: "one", kept: "two"),
      (laterReadingWins: true, first: "two", kept: "one"),
    ])
  func equalStamps(laterReadingWins: Bool, first: String, kept: String) throws {
    let folder = try CatalogFolder()
    for (model, digest) in first == "one" ? [("one", 1), ("two", 2)] : [("two", 2), ("one", 1)] {
      var batch = PullCommit(source: "chat", run: "run")
      batch.laterReadingWins = laterReadingWins
      batch.segments = [
        SegmentRow(
          table: .interactions, day: "2026-11-20", name: model, fileBytes: 1, textBytes: 1, records: 1)
      ]
      var row = InteractionRow.make("chat/1")
      row.model = model
      row.digest = ContentHash(high: UInt64(digest), low: 0)
      batch.interactions = [row]
      _ = try folder.catalog.commit(batch)
    }
    #expect(try folder.rows("SELECT model FROM interactions") == [kept])
  }

  @Test("empty and absent texts stay apart")
  func emptyText() throws {
    let folder = try CatalogFolder()
    var row = InteractionRow.make("chat/1")
    row.app = ""
    row.cost = 0.25
    row.tokensIn = 7
    try folder.commit([row])
    #expect(
      try folder.rows("SELECT app, model, cost, tokens_in, tokens_out, typeof(app) FROM interactions")
        == ["|-|0.25|7|-|text"])
  }

  @Test func countsBySource() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1", at: 5), .make("chat/2", at: 9)])
    try folder.commit(feedback: [.make("fb/1", on: "chat/1", at: 20)], source: "fb")
    let counts = try folder.catalog.sourceCounts()
    #expect(counts.map { "\($0.source) \($0.interactions) \($0.feedback)" } == ["chat 2 0", "fb 0 1"])
    #expect(counts.map(\.newest) == ["2026-11-20T10:00:09.000Z", "2026-11-20T10:00:20.000Z"])
  }
}
