import Bytes
import Catalog
import Foundation
import Lake
import Records
import Statistics
import Testing
import Text

@testable import Label

private let data = ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"].map { "\($0)/tensorzero-haiku" }

/// A catalog with a gateway's real log: 1,000 haiku, 500 with feedback, and 1,000 calls of its own judge.
private final class HaikuLog {
  let path = FileManager.default.temporaryDirectory.path + "/haiku-" + Hex.encode(KeyedHash.randomBytes(8))
  let catalog: CatalogStore
  var items: [String: (input: [UInt8], output: [UInt8])] = [:]

  deinit { try? FileManager.default.removeItem(atPath: path) }

  init(_ folder: String) throws {
    try DurableFile.makeFolder(path)
    catalog = try CatalogStore(path: "\(path)/catalog.sqlite")
    var batch = PullCommit(source: "haiku", run: "run")
    batch.segments = [
      SegmentRow(
        table: .interactions, day: "2025-03-04", name: "s-1", fileBytes: 1, textBytes: 1, records: 1000)
    ]
    try Self.lines("\(folder)/ChatInference.jsonl") { row in
      let id = try #require(row["id"]?.string)
      let topic = row["input"]?["messages"]?[0]?["content"]?[0]?["value"]?["topic"]?.string ?? ""
      let output = row["output"]?[0]?["text"]?.string ?? ""
      items[id] = (Array("Write a haiku on: \(topic)".utf8), Array(output.utf8))
      let time = Timestamp(microseconds: (row["timestamp"]?.int64 ?? 0) * 1_000_000)
      batch.interactions.append(
        InteractionRow(
          id: id, time: time, conversation: try #require(row["episode_id"]?.string), stamp: time,
          digest: .of(id),
          inputHash: .of(topic), contentHash: .of("\(topic)\n\(output)")))
    }
    try Self.lines("\(folder)/BooleanMetricFeedback.jsonl") { row in
      batch.feedback.append(
        try Self.feedback(row, target: row["target_id"]?.string, conversation: nil, row["value"]))
    }
    _ = try catalog.commit(batch)
    var judged = PullCommit(source: "haiku-judges", run: "run")
    judged.segments = [
      SegmentRow(table: .feedback, day: "2025-03-04", name: "s-2", fileBytes: 1, textBytes: 1, records: 1000)
    ]
    try Self.lines("\(folder)/JsonInference.jsonl") { row in
      judged.feedback.append(
        try Self.feedback(
          row, target: nil, conversation: row["episode_id"]?.string, row["output"]?["parsed"]?["score"]))
    }
    _ = try catalog.commit(judged)
    let version = try catalog.rulesVersion(digest: "rules")
    for segment in try catalog.pendingSegments(rules: version) {
      let pending = try catalog.pendingInteractions(segment: segment.number, rules: version)
      try catalog.commitCuration(
        rules: version,
        pending.map { CurationResult(number: $0.number, decision: .kept, reason: nil, findings: []) })
    }
  }

  private static func feedback(
    _ row: JSONValue, target: String?, conversation: String?, _ value: JSONValue?
  ) throws -> FeedbackRow {
    let time = Timestamp(microseconds: (row["timestamp"]?.int64 ?? 0) * 1_000_000)
    let id = try #require(row["id"]?.string)
    return FeedbackRow(
      id: id, target: target, conversation: conversation, time: time, user: nil, signal: .thumb,
      value: try #require(value?.bool as Bool?) ? 1 : -1, count: 1, hasCorrection: false, stamp: time,
      digest: .of(id))
  }

  private static func lines(_ path: String, _ body: (JSONValue) throws -> Void) throws {
    let parser = JSONParser()
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      try parser.parse(String(line)) { try body($0) }
    }
  }

  func label() throws -> LabelAccount {
    try LabelStage(
      catalog: catalog, lake: LakeStore(folder: "\(path)/lake"), parameters: LabelParameters()
    ).run { _, _ in }
  }
}

@Suite(
  "Judges in real data",
  .enabled(if: data != nil, "FLYWHEEL_TEST_DATA is not set: no real judge calls are read"))
struct HaikuTests {
  @Test("a judge's calls in the log label what users said nothing of")
  func haiku() async throws {
    let log = try HaikuLog(try #require(data))
    let before = try log.label()
    #expect([before.counts.good, before.counts.bad, before.counts.unlabelled] as [Int] == [84, 416, 500])
    var judge = DataJudge(name: "judge_haiku", source: "haiku-judges")
    #expect(
      try DataJudgeImport(catalog: log.catalog, run: "r").bring(judge).shortfalls.first
        == "golden items 0 of 30")
    #expect(try log.label().counts == before.counts)
    judge.against = .feedback
    let account = try DataJudgeImport(catalog: log.catalog, run: "r").bring(judge)
    #expect(
      [account.judged, account.good, account.bad, account.measured, account.alone] as [Int] == [
        1000, 184, 816, 500, 500,
      ])
    #expect(account.confusion == [84, 0, 0, 416])
    #expect(account.kappa.value == 1 && account.shortfalls.isEmpty)
    #expect(account.crossValidatedError < 0.01 && account.brier < 0.001)
    let after = try log.label()
    #expect([after.counts.good, after.counts.bad, after.counts.unlabelled] as [Int] == [184, 816, 0])
    let share = try #require(account.share)
    #expect(share.low < 0.184 && 0.184 < share.high)

    let rows = try log.catalog.judgingRows()
    #expect(rows.count == 1000 && rows.count(where: \.isExplicit) == 500)
    let lessons = rows.map { row in
      let body = log.items[row.interaction] ?? ([], [])
      return StudentLesson(
        content: row.content, cluster: row.cluster, good: row.lesson,
        line: StudentText.line(input: body.0, output: body.1))
    }
    let training = StudentTraining(parameters: StudentParameters(), folder: log.path)
    var (student, learned) = try training.train(lessons, protected: [])
    if let student { training.measure(student, gold: [], into: &learned) }
    #expect(learned.good + learned.bad == 1000)
    #expect(learned.unseenError < 0.06)
    // Nobody vouches for a class here, so that no student votes.
    #expect(learned.shortfalls.first == "golden items with a vote 0 of 30")
    student = nil

    let (escalated, left) = try await Escalation(
      catalog: log.catalog, service: SeededJudge(), parameters: EscalationParameters(), run: "r"
    ).escalate(
      rows, judges: [],
      items: { row in
        JudgeItem(content: row.content, interaction: row.interaction, input: [], output: [])
      })
    // After a vote that was measured to be right nobody needs to be asked.
    #expect(escalated.tiers[0].decided == 1000 && left.isEmpty)
    #expect(escalated.spent == 0)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    var text = try encoder.encode(account)
    text += try encoder.encode(learned)
    text += try encoder.encode(escalated)
    text += try encoder.encode(after)
    Attachment.record([UInt8](text), named: "haiku.json")
  }
}
