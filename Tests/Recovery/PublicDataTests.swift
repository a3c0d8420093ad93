import Bytes
import Catalog
import Foundation
import Lake
import Records
import Testing
import Text

private let package: String = {
  var folder = URL(fileURLWithPath: #filePath)
  for _ in 0..<3 { folder.deleteLastPathComponent() }
  return folder.path
}()

private let publicData: String? = {
  let named = ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"]
  let folder = named ?? "\(package)/../shared/data"
  let file = "\(folder)/openassistant/en_100_tree.jsonl"
  return FileManager.default.fileExists(atPath: file)
    ? URL(fileURLWithPath: folder).standardizedFileURL.path : nil
}()

/// The pipeline on data that nobody here wrote, against what can be counted in it by other means.
@Suite(.enabled(if: publicData != nil, "the public test data is not on this machine"))
struct PublicDataTests {
  private struct Run: Sendable {
    let scratch: ScratchFolder
    let account: AccountJSON
    var home: String { "\(scratch.path)/space" }
    var catalog: CatalogStore { get throws { try CatalogStore(path: "\(home)/catalog.sqlite") } }
  }

  private static let run: Result<Run, any Error> = Result {
    let scratch = try ScratchFolder()
    scratch.removeAtExit()
    let workspace = TestWorkspace(
      root: package, path: "\(scratch.path)/space",
      environment: ["FLYWHEEL_TEST_DATA": try #require(publicData)])
    let account = try workspace.run("public-data")
    let faults = try workspace.faults()
    #expect(faults == [])
    return Run(scratch: scratch, account: account)
  }

  @Test func theBalance() throws {
    let run = try Self.run.get()
    let sources = ["haiku", "haiku-feedback", "openassistant"].compactMap { run.account.pull($0) }
    #expect(sources.map(\.lines) == [1000, 500, 100])
    #expect(sources.map(\.interactions.new) == [1000, 0, 687])
    #expect(sources.map(\.quarantined.count) == [0, 0, 0])
    #expect(sources.prefix(2).allSatisfy { $0.lines == $0.accounted })
    #expect(run.account.balance.pulled == sources.reduce(0) { $0 + $1.accounted })
    #expect(run.account.balance.pulled == run.account.balance.accounted)
    #expect(run.account.balance.pending == 0)
  }

  @Test func haikuLabels() throws {
    let catalog = try Self.run.get().catalog
    let counts = try catalog.labelCounts(source: "haiku")
    #expect(counts.joined == 500)
    #expect(counts.good == 84)
    #expect(counts.bad == 416)
    #expect(counts.tie == 0)
    #expect(counts.unlabelled == 500)
  }

  @Test("a judge that is in the log votes for what nobody judged, and the account of all tiers is shown")
  func haikuJudged() throws {
    let scratch = try ScratchFolder()
    let workspace = TestWorkspace(
      root: package, path: "\(scratch.path)/space",
      environment: ["FLYWHEEL_TEST_DATA": try #require(publicData)])
    let ended = try workspace.command(["run", "haiku-judged"])
    try #require(ended.code == 0, "exit code \(ended.code): \(ended.errors)")
    let lines = ended.output.split(separator: "\n").map(String.init)
    #expect(
      lines.contains(
        "labels: 184 good, 816 bad, 0 tied, 0 without a vote; 1000 feedback events wait for their interaction"
      ))
    #expect(
      lines.contains(
        "judge:judge-haiku@6cc0e5cda527: 184 good, 816 bad of 1000 in the data; κ 1.00 on 500, calibration error 0.49 % "
          + "cross-validated; 500 contents have no other judgement"))
    #expect(
      lines.contains {
        $0.hasPrefix("student:quality@") && $0.contains("casts no vote: golden items with a vote 0")
      })
    #expect(lines.contains { $0.split(separator: " ") == ["votes", "0", "0", "1000", "0", "0", "$0.0000"] })
    #expect(
      lines.contains {
        $0.hasPrefix("1000 of 1000 decided for $0.0000; 0 left for people; mean uncertainty ")
      })
  }

  @Test("votes in the lake are those in the file")
  func openassistantVotes() throws {
    let run = try Self.run.get()
    let lake = LakeStore(folder: "\(run.home)/lake")
    var votes: [Double: Int] = [:]
    for segment in try run.catalog.segments() where segment.table == .feedback {
      try lake.open(segment: segment.path).scan { _, _, line in
        let row = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        guard row?["source"] as? String == "openassistant", row?["signal"] as? String == "thumb" else {
          return
        }
        votes[try #require(row?["value"] as? Double), default: 0] += (row?["count"] as? Int) ?? 1
      }
    }
    // From the data's own description.
    #expect(votes == [1: 1825, -1: 568])
  }

  /// One answer in the trees.
  private struct Answer {
    let id: String
    let rank: Double?
    /// Thumbs up less thumbs down.
    let votes: Int
    let isVoted: Bool
  }

  @Test("pairs are those that a walk through the trees finds")
  func openassistantPairs() throws {
    let run = try Self.run.get()
    let catalog = try run.catalog
    let kept = Set(
      try catalog.candidates(among: try catalog.numbers(where: "source = 'openassistant'")).map(\.id))
    var groups: [[Answer]] = []
    func walk(_ node: [String: Any]) {
      let replies = node["replies"] as? [[String: Any]] ?? []
      groups.append(
        replies.filter { $0["role"] as? String == "assistant" }.compactMap { reply in
          let emojis = reply["emojis"] as? [String: Int] ?? [:]
          let (up, down) = (emojis["+1"] ?? 0, emojis["-1"] ?? 0)
          guard let id = reply["message_id"] as? String else { return nil }
          return Answer(
            id: "openassistant/\(id)", rank: reply["rank"] as? Double, votes: up - down,
            isVoted: up + down > 0)
        })
      for reply in replies { walk(reply) }
    }
    let file = try String(
      contentsOfFile: "\(try #require(publicData))/openassistant/en_100_tree.jsonl", encoding: .utf8)
    for line in file.split(separator: "\n") {
      let tree = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      walk(try #require(tree?["prompt"] as? [String: Any]))
    }
    #expect(groups.joined().count == 687)
    func isBetter(_ first: Answer, _ second: Answer) -> Bool {
      if let one = first.rank, let other = second.rank { return one < other }
      return first.isVoted && second.isVoted && first.votes > 0 && second.votes < 0
    }
    func pairs(_ groups: [[Answer]]) -> Int {
      groups.count { group in group.contains { first in group.contains { isBetter(first, $0) } } }
    }
    let expected = pairs(groups.map { $0.filter { kept.contains($0.id) } })
    let publication = try #require(
      run.account.steps.compactMap(\.publish).joined().first { $0.dataset == "openassistant-preference" })
    #expect(publication.splits.values.reduce(0, +) + publication.left.values.reduce(0, +) == expected)
    #expect(expected > 150 && expected <= pairs(groups))
  }
}
