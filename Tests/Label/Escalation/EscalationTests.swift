import Bytes
import Catalog
import Foundation
import LanguageModels
import Records
import Statistics
import Synchronization
import Testing

@testable import Label

/// A catalog in a folder that is gone when the value is, with judges that were measured.
private final class Bench {
  let path =
    FileManager.default.temporaryDirectory.path + "/escalation-" + Hex.encode(KeyedHash.randomBytes(8))
  let catalog: CatalogStore
  let judges: [Escalation.PricedJudge]

  init() throws {
    try DurableFile.makeFolder(path)
    catalog = try CatalogStore(path: "\(path)/catalog.sqlite")
    let rubric = try JudgeFixture.rubric(panel: ["cheap", "strong"])
    judges = try zip(Judge.panel(of: rubric, key: JudgeFixture.key), [100, 2000]).map {
      Escalation.PricedJudge(judge: $0, price: $1)
    }
    for (judge, confusion) in zip(judges, [[85, 15, 15, 85], [97, 3, 3, 97]]) {
      var calibration = JudgeCalibration()
      calibration.confusion = confusion
      calibration.kappa = .init(value: Double(confusion[0] - confusion[1]) / 100, low: 0.5, high: 1)
      calibration.retest = .init(value: 1, low: 0.9, high: 1)
      calibration.items = 200
      try catalog.addCalibration(
        CalibrationRow(
          voter: judge.judge.name, version: judge.judge.version, golden: "g",
          time: Timestamp(microseconds: 1),
          account: calibration.json))
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func escalate(
    _ rows: [JudgingRow], _ service: any ChatModel, dollars: Double? = nil, student: Bool = false
  ) async throws -> (account: EscalationAccount, left: [HumanItem]) {
    var parameters = EscalationParameters()
    parameters.dollars = dollars
    return try await Escalation(catalog: catalog, service: service, parameters: parameters, run: "run")
      .escalate(
        rows,
        student: {
          student ? Bench.number($0).isMultiple(of: 2) ? Bench.isGood($0) ? 0.97 : 0.03 : 0.5 : nil
        },
        studentName: student ? "student:quality@1" : nil, judges: judges,
        items: { JudgeFixture.item(Bench.number($0), good: Bench.isGood($0)) })
  }

  static func number(_ row: JudgingRow) -> Int { Int(row.interaction.dropFirst(2)) ?? 0 }
  static func isGood(_ row: JudgingRow) -> Bool { SeededJudge.chance(3, row.interaction) < 0.5 }

  static func rows(
    _ count: Int, probability: (Int) -> Double = { _ in 0.5 }, traffic: (Int) -> Int = { _ in 1 }
  )
    -> [JudgingRow]
  {
    (0..<count).map { number in
      let good = SeededJudge.chance(3, "i-\(number)") < 0.5
      let sure = probability(number)
      return JudgingRow(
        content: .of("content \(number)"), cluster: .of("content \(number)"), interaction: "i-\(number)",
        place: LakePlace(segment: "s", day: "2026-11-20", frame: 0, offset: 0, length: 0),
        traffic: traffic(number),
        label: sure == 0.5 ? nil : good ? .good : .bad, probability: sure == 0.5 ? nil : sure,
        isExplicit: false)
    }
  }

  /// The accuracy of what is known of the items, from the votes that were kept.
  func accuracy(_ rows: [JudgingRow]) throws -> Double {
    var good = Dictionary(uniqueKeysWithValues: rows.map { ($0.content, $0.good) })
    for (judge, accuracy) in zip(judges, [0.85, 0.97]) {
      for vote in try catalog.modelVotes(of: judge.judge.name, version: judge.judge.version) {
        guard let label = vote.class, let before = good[vote.content] else { continue }
        let tier = EscalationTier(name: "", sensitivity: accuracy, specificity: accuracy, price: 0)
        good[vote.content] = tier.posterior(before, saidGood: label == .good)
      }
    }
    return Double(rows.count { ((good[$0.content] ?? 0.5) > 0.5) == Bench.isGood($0) }) / Double(rows.count)
  }
}

/// Two seeded judges: a cheap one that is right in 85 of 100, a strong one in 97.
private struct TwoJudges: ChatModel {
  var cheap = SeededJudge(seed: 5, sensitivity: 0.85, specificity: 0.85, price: 100)
  var strong = SeededJudge(seed: 6, sensitivity: 0.97, specificity: 0.97, price: 2000)
  /// Ends after so many answers as a budget or a kill would; nil never.
  var ends: (after: Int, code: ModelError.Code)?

  func answer(_ request: ChatRequest) async throws -> ChatAnswer {
    if let ends, cheap.asked.total + strong.asked.total >= ends.after {
      throw ModelError(ends.code, model: request.model)
    }
    return try await request.model == "cheap" ? cheap.answer(request) : strong.answer(request)
  }
}

@Suite("Escalation") struct EscalationTests {
  @Test(
    "what a vote is expected to tell",
    arguments: [
      (0.5, 1.0, 0.9886), (0.5, 0.85, 0.3902), (0.5, 0.5, 0.0), (0.95, 0.85, 0.0811), (0.999, 0.85, 0.0017),
    ])
  func gain(_ good: Double, _ accuracy: Double, _ bits: Double) {
    let tier = EscalationTier(name: "t", sensitivity: accuracy, specificity: accuracy, price: 1)
    #expect(abs(tier.gain(good) - bits) < 0.0005, "\(tier.gain(good))")
    #expect(abs(tier.gain(1 - good) - tier.gain(good)) < 1e-12)
  }

  @Test("everything is somebody's: decided by a tier, or left for a person")
  func account() async throws {
    let bench = try Bench()
    let rows = Bench.rows(300) { $0 < 100 ? 0.99 : 0.5 }
    let service = TwoJudges()
    let (account, left) = try await bench.escalate(rows, service, student: true)
    #expect(account.items == 300)
    #expect(account.decided + account.left.values.reduce(0, +) == 300)
    #expect(account.left.values.reduce(0, +) == left.count)
    #expect(account.tiers.map(\.tier).prefix(2) == ["votes", "student:quality@1"])
    #expect(account.tiers[0].decided == 100)
    #expect(account.tiers[1].asked == 200 && account.tiers[1].decided == 100)
    // Only what nobody knew was asked, of the cheap one first.
    #expect(account.tiers[2].asked == service.cheap.asked.total && service.cheap.asked.total == 100)
    #expect(account.tiers[3].asked == service.strong.asked.total)
    #expect(
      account.spent == Int64(service.cheap.asked.total) * 100 + Int64(service.strong.asked.total) * 2000)
    #expect(!account.isBudgetSpent)
    #expect(account.entropyAfter < 0.3 * account.entropyBefore)
    #expect(zip(left, left.dropFirst()).allSatisfy { $0.priority >= $1.priority })
    #expect(try bench.catalog.humanItems().map(\.content) == left.map(\.content))
  }

  @Test("a budget is never overrun, and more of it tells more")
  func budgets() async throws {
    let rows = Bench.rows(200)
    var last = 0.0
    for dollars in [0.0, 0.005, 0.02, 0.1, 1] {
      let bench = try Bench()
      let service = TwoJudges()
      let (account, left) = try await bench.escalate(rows, service, dollars: dollars)
      #expect(account.spent <= Int64(dollars * 1e6))
      #expect(account.isBudgetSpent == (dollars < 1))
      #expect(account.decided + left.count == 200)
      let accuracy = try bench.accuracy(rows)
      #expect(accuracy >= last - 0.02, "\(dollars): \(accuracy) after \(last)")
      last = accuracy
      if dollars == 0.005 { #expect(service.cheap.asked.total == 50 && service.strong.asked.total == 0) }
      if dollars < 1 { #expect(left.contains { $0.reason == .budget }) }
    }
    #expect(last > 0.95)
  }

  @Test("what is worth more is asked first")
  func worth() async throws {
    let bench = try Bench()
    let rows = Bench.rows(100, traffic: { $0 % 10 == 3 ? 50 : 1 })
    _ = try await bench.escalate(rows, TwoJudges(), dollars: 0.001)
    let judge = bench.judges[0].judge
    let asked = Set(try bench.catalog.modelVotes(of: judge.name, version: judge.version).map(\.interaction))
    #expect(asked == Set(rows.filter { $0.traffic == 50 }.map(\.interaction)))
  }

  @Test("killed anywhere it goes on where it was, and pays for nothing twice", arguments: [1, 40, 77, 150])
  func resumes(_ after: Int) async throws {
    let rows = Bench.rows(150)
    let whole = try Bench()
    let reference = TwoJudges()
    _ = try await whole.escalate(rows, reference)
    let bench = try Bench()
    var service = TwoJudges()
    service.ends = (after, .cancelled)
    await #expect(throws: ModelError.self) { try await bench.escalate(rows, service) }
    let judge = bench.judges[0].judge
    let kept = try bench.catalog.modelVotes(of: judge.name, version: judge.version).count
    #expect(kept % Escalation.batch == 0 && kept <= after)
    let second = TwoJudges()
    let (account, _) = try await bench.escalate(rows, second)
    #expect(account.tiers[1].kept == kept)
    #expect(second.cheap.asked.total == 150 - kept)
  }

  @Test("a budget of the whole run that is spent ends it cleanly")
  func spent() async throws {
    let bench = try Bench()
    var service = TwoJudges()
    service.ends = (70, .budgetSpent)
    let (account, left) = try await bench.escalate(Bench.rows(150), service)
    #expect(account.isBudgetSpent)
    #expect(account.tiers[1].asked + account.tiers[2].asked >= 64)
    #expect(account.decided + left.count == 150)
    #expect(account.left["budget"] ?? 0 > 80)
  }

  @Test("a judge below its gate, or never measured, is not asked, and the account says why")
  func gated() async throws {
    let bench = try Bench()
    var calibration = JudgeCalibration()
    calibration.confusion = [60, 40, 40, 60]
    calibration.kappa = .init(value: 0.2, low: 0, high: 0.4)
    calibration.retest = .init(value: 1, low: 0.9, high: 1)
    let cheap = bench.judges[0].judge
    try bench.catalog.addCalibration(
      CalibrationRow(
        voter: cheap.name, version: cheap.version, golden: "g", time: Timestamp(microseconds: 2),
        account: calibration.json))
    let service = TwoJudges()
    let (account, _) = try await bench.escalate(Bench.rows(40), service)
    #expect(service.cheap.asked.total == 0)
    #expect(account.tiers[1].shortfalls == ["kappa 0.20 of 0.60"])
    #expect(account.tiers[2].asked == 40)
    let voters = try bench.catalog.modelVoters()
    #expect(voters.map(\.isAdmitted) == [false, true])
  }

  @Test("a hijacked judge casts no vote, and a person gets the item")
  func hijacked() async throws {
    let bench = try Bench()
    var service = TwoJudges()
    service.cheap.gullibility = .inside
    let rows = Bench.rows(20)
    let attack = try #require(
      JudgeAttack.all(on: bench.judges[0].judge.rubric).first { $0.id == "order-plain" })
    let (account, left) = try await Escalation(
      catalog: bench.catalog, service: service, parameters: EscalationParameters(), run: "run"
    ).escalate(
      rows, judges: bench.judges,
      items: { row in
        let item = JudgeFixture.item(Bench.number(row), good: false)
        return Bench.number(row) < 5 ? attack.applied(to: item) : item
      })
    #expect(account.tiers[1].hijacked == 5)
    #expect(
      Set(left.filter { $0.reason == .hijacked }.map(\.interaction)) == ["i-0", "i-1", "i-2", "i-3", "i-4"])
    let flags = try bench.catalog.judgeFlags()
    #expect(flags.count == 5 && flags.allSatisfy { $0.reason == "judge-hijacked" })
    let judge = bench.judges[0].judge
    let votes = try bench.catalog.modelVotes(of: judge.name, version: judge.version)
    #expect(votes.count { $0.class == nil } == 5)
    #expect(votes.count == 20)
  }
}
