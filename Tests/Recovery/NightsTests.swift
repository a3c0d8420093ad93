import Foundation
import Testing

/// Logs grow, rotate and arrive late; the nights add up to what one night would have made of it all.
@Suite struct NightsTests {
  /// Questions of their own in every conversation, and no answer that a later turn takes out of an eval: the ledger, which
  /// remembers the order of nights, has no say.
  private static let log = GeneratedLog(interactions: 400, days: 3, seed: 5, sharedInputs: false)

  private static let atOnce: Result<Standing, any Error> = Result {
    let project = try ProjectFolder(conversations: false)
    try project.write(log)
    try project.workspace().run()
    return try project.workspace().standing()
  }

  enum Growth: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case append, renamed, copyTruncate, gzipped
    var testDescription: String { rawValue }
  }

  @Test(arguments: Growth.allCases)
  func nightsAddUp(_ growth: Growth) throws {
    let project = try ProjectFolder(conversations: false)
    let workspace = project.workspace()
    let days = Self.log.chat.indices
    for day in days {
      for (folder, files) in [("chat", Self.log.chat), ("reactions", Self.log.reactions)] {
        let now = "logs/\(folder)/now.jsonl"
        let old = "logs/\(folder)/\(day).jsonl"
        let text = ProjectFolder.text(files[day].lines)
        // The first half of the day is pulled before the file is rotated, so that reading on is needed.
        let cut = text.utf8.index(text.startIndex, offsetBy: text.utf8.count / 2)
        let half = text[..<(text[..<cut].lastIndex(of: "\n") ?? text.startIndex)] + "\n"
        let rest = String(text.dropFirst(half.count))
        let grows = day > 0
        switch growth {
        case .append where grows: try project.append(now, String(half))
        case .copyTruncate where grows:
          try FileManager.default.copyItem(atPath: "\(project.root)/\(now)", toPath: "\(project.root)/\(old)")
          truncate("\(project.root)/\(now)", 0)
          try project.append(now, String(half))
        case .renamed where grows:
          try project.move(now, to: old)
          try project.write(now, String(half))
        case .gzipped where grows:
          try project.move(now, to: old)
          #expect(try Program.tool("gzip", ["\(project.root)/\(old)"]) == 0)
          try project.write(now, String(half))
        default: try project.write(now, String(half))
        }
        if day == days.lowerBound { try workspace.run(expected: [0, 5]) }
        try project.append(now, rest)
      }
      // The first days may be too few for a dataset's gate.
      try workspace.run(expected: day == days.last ? [0] : [0, 5])
    }
    let account = try workspace.run()
    #expect(account.balance.pulled == 0)
    let standing = try workspace.standing()
    let expected = try Self.atOnce.get()
    #expect(standing.decisions == expected.decisions)
    #expect(standing.labels == expected.labels)
    #expect(standing.quarantine == expected.quarantine)
    #expect(standing.counts == expected.counts)
    #expect(standing.roots == expected.roots)
    let faults = try workspace.faults(afterRefusals: true)
    #expect(faults == [])
  }

  @Test("a half-written last line waits, and is read when it is finished")
  func aHalfWrittenLineWaits() throws {
    let project = try ProjectFolder()
    let workspace = project.workspace()
    var log = GeneratedLog(interactions: 40, days: 1, seed: 8)
    let last = log.chat[0].lines.removeLast()
    try project.write(log)
    let half = last.prefix(last.count / 2)
    try project.append("logs/chat/2026-11-01.jsonl", String(half))
    let first = try #require(try workspace.run().pull("chat"))
    #expect(first.unfinished == 1)
    #expect(first.lines == log.chat[0].lines.count)
    try project.append("logs/chat/2026-11-01.jsonl", "\(last.dropFirst(half.count))\n")
    let second = try #require(try workspace.run().pull("chat"))
    #expect(second.unfinished == 0)
    #expect(second.lines == 1 && second.accounted == 1)
    let before = first.quarantined.values.reduce(0, +)
    #expect(try workspace.standing().counts.quarantined == before + second.quarantined.values.reduce(0, +))
  }

  @Test("a half-written last line that nobody finishes goes to quarantine a night later")
  func aHalfWrittenLineIsGivenUp() throws {
    let project = try ProjectFolder()
    let workspace = project.workspace()
    let log = GeneratedLog(interactions: 40, days: 1, seed: 9)
    // So few calls with so few answers may leave a dataset nothing that an eval item does not share.
    let codes: [Int32] = [0, 5]
    try project.write(log)
    try project.append("logs/chat/2026-11-01.jsonl", #"{"type":"call","id":"half","created_at":"2026-11-"#)
    #expect(try workspace.run(expected: codes).pull("chat")?.unfinished == 1)
    let second = try #require(try workspace.run(expected: codes).pull("chat"))
    #expect(second.quarantined == ["unfinished-line": 1])
    #expect(second.lines == 1 && second.unfinished == 0)
    #expect(try workspace.run(expected: codes).pull("chat")?.lines == 0)
    #expect(try workspace.standing().quarantine["unfinished-line"] == 1)
  }

  @Test("a thumbs-down that comes a night later changes its own examples and no other")
  func lateFeedback() throws {
    let project = try ProjectFolder()
    let workspace = project.workspace()
    let log = GeneratedLog(interactions: 300, days: 2, seed: 12, sharedInputs: false)
    try project.write(log)
    try workspace.run()
    let names = try workspace.standing().datasets.map(\.dataset)
    let before = try Dictionary(uniqueKeysWithValues: names.map { ($0, try workspace.records("\($0)@1")) })
    // One good answer by one thumb, without siblings: it trains.
    let target = try #require(
      before["lessons"]?.keys.sorted().first { id in
        let number = id.dropFirst("chat/c".count)
        let reactions = log.reactions.flatMap(\.lines).filter { $0.contains("\"target_id\":\"c\(number)\"") }
        let calls = log.chat.flatMap(\.lines).filter {
          $0.contains("\"again\(number)\"") || $0.contains("twin\(number)\"")
        }
        return id.hasPrefix("chat/c") && reactions.count == 1 && reactions[0].contains("thumbs_up")
          && calls.isEmpty
      })
    let native = target.dropFirst("chat/".count)
    let event =
      #"{"id":"late","timestamp":"2026-11-04T10:00:00Z","target_id":"\#(native)","event":"thumbs_down","user_id":"x"}"#
    let second =
      #"{"id":"later","timestamp":"2026-11-04T11:00:00Z","target_id":"\#(native)","event":"thumbs_down","user_id":"y"}"#
    try project.write("logs/reactions/late.jsonl", "\(event)\n\(second)\n")
    let account = try workspace.run()
    #expect(account.balance.pulled == 2 && account.balance.keptFeedback == 2)
    #expect(account.versions == ["items": 1, "lessons": 2, "pairs": 1, "verdicts": 2])
    let lessons = try workspace.records("lessons@2")
    #expect(lessons[target] == nil)
    #expect(lessons == before["lessons"]?.filter { $0.key != target })
    let verdicts = try workspace.records("verdicts@2")
    let old = try #require(before["verdicts"])
    #expect(verdicts.filter { $0.key != target } == old.filter { $0.key != target })
    #expect(old[target]?.contains(#""desirable":true"#) == true)
    #expect(verdicts[target]?.contains(#""desirable":false"#) == true)
    // The version of the night before is what it was.
    #expect(try workspace.records("lessons@1") == before["lessons"])
  }

  @Test("feedback that comes before its call joins when the call comes")
  func earlyFeedback() throws {
    let project = try ProjectFolder()
    let workspace = project.workspace()
    let log = GeneratedLog(interactions: 60, days: 1, seed: 13)
    try project.write(log)
    let event =
      #"{"id":"early","timestamp":"2026-11-01T01:00:00Z","target_id":"tomorrow","event":"thumbs_up","user_id":"x"}"#
    try project.write("logs/reactions/early.jsonl", "\(event)\n")
    try workspace.run()
    let before = try workspace.standing().labels
    let call =
      #"{"type":"call","id":"tomorrow","created_at":"2026-11-02T01:00:00Z","session":"later","messages":"#
      + #"[{"role":"user","content":"Are you there?"}],"response":{"role":"assistant","content":"I am."}}"#
    try project.write("logs/chat/2026-11-02.jsonl", "\(call)\n")
    try workspace.run()
    let after = try workspace.standing().labels
    #expect(after.waiting == before.waiting - 1 && after.joined == before.joined + 1)
    #expect(after.good == before.good + 1 && after.unlabelled == before.unlabelled)
  }
}
