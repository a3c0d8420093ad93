import Bytes
import Catalog
import Foundation
import LanguageModels
import Records
import Statistics
import Testing

@testable import Label

@Suite("Judge runs") struct JudgeRunTests {
  private static func rows(_ count: Int) -> [JudgingRow] {
    (0..<count).map { number in
      JudgingRow(
        content: .of("content \(number)"), cluster: .of("content \(number)"), interaction: "i-\(number)",
        place: LakePlace(segment: "s", day: "2026-11-20", frame: 0, offset: 0, length: 0), traffic: 1,
        label: nil,
        probability: nil, isExplicit: false)
    }
  }

  private static func item(_ row: JudgingRow) -> JudgeItem {
    let number = Int(row.interaction.dropFirst(2)) ?? 0
    return JudgeFixture.item(number, good: number.isMultiple(of: 2))
  }

  private final class Folder {
    let path =
      FileManager.default.temporaryDirectory.path + "/judge-run-" + Hex.encode(KeyedHash.randomBytes(8))
    let catalog: CatalogStore
    init() throws {
      try DurableFile.makeFolder(path)
      catalog = try CatalogStore(path: "\(path)/catalog.sqlite")
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  @Test("an uncalibrated judge is not asked, unless its definition says so")
  func uncalibrated() async throws {
    let folder = try Folder()
    var rubric = try JudgeFixture.rubric()
    let fake = SeededJudge(sensitivity: 1, specificity: 1)
    let run = JudgeRun(catalog: folder.catalog, service: fake, run: "r")
    let gated = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    var account = try await run.judge(gated, Self.rows(10), items: Self.item)
    #expect(!account.isAdmitted && account.shortfalls == ["uncalibrated"] && account.asked == 0)
    #expect(fake.asked.total == 0)
    #expect(try folder.catalog.modelVoters().map(\.isAdmitted) == [false])
    rubric.gate = nil
    let free = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    account = try await run.judge(free, Self.rows(10), items: Self.item)
    #expect(account.isAdmitted && account.good == 5 && account.bad == 5)
    #expect(try folder.catalog.modelVoters().map(\.isAdmitted) == [true])
  }

  @Test("a second run asks nothing; new items only are asked; another version asks all anew")
  func again() async throws {
    let folder = try Folder()
    var rubric = try JudgeFixture.rubric()
    rubric.gate = nil
    let fake = SeededJudge()
    let run = JudgeRun(catalog: folder.catalog, service: fake, run: "r")
    let judge = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    let first = try await run.judge(judge, Self.rows(100), items: Self.item)
    #expect(first.asked == 100 && fake.asked.total == 100 && first.cost == 10_000)
    let second = try await run.judge(judge, Self.rows(130), items: Self.item)
    #expect(second.kept == 100 && second.asked == 30 && fake.asked.total == 130)
    rubric.question += " Really?"
    let changed = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    #expect(try await run.judge(changed, Self.rows(130), items: Self.item).asked == 130)
  }

  @Test("a spent budget keeps what was bought", arguments: [0, 1, 63, 64, 100])
  func spent(_ after: Int) async throws {
    struct Ending: ChatModel {
      let fake: SeededJudge
      let after: Int
      func answer(_ request: ChatRequest) async throws -> ChatAnswer {
        guard fake.asked.total < after else { throw ModelError(.budgetSpent, model: request.model) }
        return try await fake.answer(request)
      }
    }
    let folder = try Folder()
    var rubric = try JudgeFixture.rubric()
    rubric.gate = nil
    let judge = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    let service = Ending(fake: SeededJudge(), after: after)
    let run = JudgeRun(catalog: folder.catalog, service: service, run: "r", concurrency: 1)
    let account = try await run.judge(judge, Self.rows(130), items: Self.item)
    #expect(account.isBudgetSpent && account.asked == after)
    #expect(try folder.catalog.modelVotes(of: judge.name, version: judge.version).count == after)
  }

  @Test("votes have the probability that was measured")
  func probabilities() async throws {
    let folder = try Folder()
    let judge = try Judge(rubric: JudgeFixture.rubric(), model: "cheap", key: JudgeFixture.key)
    let fake = SeededJudge(sensitivity: 0.9, specificity: 0.9)
    let calibration = try await JudgeMeasurement(judge: judge, service: fake).points(
      gold: JudgeFixture.gold(150))
    try folder.catalog.addCalibration(
      CalibrationRow(
        voter: judge.name, version: judge.version, golden: calibration.golden,
        time: Timestamp(microseconds: 5),
        account: calibration.json))
    #expect(try JudgeRun.calibration(of: judge, in: folder.catalog) == calibration)
    let account = try await JudgeRun(catalog: folder.catalog, service: fake, run: "r").judge(
      judge, Self.rows(40), items: Self.item)
    #expect(account.isAdmitted)
    for vote in try folder.catalog.modelVotes(of: judge.name, version: judge.version) {
      let expected = vote.class == .good ? calibration.goodAfterGood : 1 - calibration.goodAfterBad
      #expect(vote.probability == expected)
    }
    let voter = try #require(try folder.catalog.modelVoters().first)
    #expect(voter.agreement == calibration.kappa.value)
  }

  @Test("outputs for one input are compared with their neighbours, once; what flips is a person's")
  func pairs() async throws {
    let folder = try Folder()
    var rubric = try JudgeFixture.rubric(.pairs)
    var fake = SeededJudge(sensitivity: 1, specificity: 1)
    let place = LakePlace(segment: "s", day: "2026-11-20", frame: 0, offset: 0, length: 0)
    func side(_ number: Int, _ input: Int) -> SiblingRow {
      SiblingRow(content: .of("\(input) \(number)"), interaction: "\(input) \(number)", place: place)
    }
    func item(_ row: SiblingRow) -> JudgeItem {
      let numbers = row.interaction.split(separator: " ").compactMap { Int($0) }
      return JudgeFixture.item(numbers[0], good: numbers[1].isMultiple(of: 2))
    }
    let groups = [(0..<2).map { side($0, 1) }, (0..<20).map { side($0, 2) }]
    let gated = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    let refused = try await JudgeRun(catalog: folder.catalog, service: fake, run: "r")
      .judgePairs(gated, groups, items: item)
    #expect(!refused.isAdmitted && refused.shortfalls == ["uncalibrated"] && fake.asked.total == 0)

    rubric.gate = nil
    let judge = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    let run = JudgeRun(catalog: folder.catalog, service: fake, run: "r")
    let first = try await run.judgePairs(judge, groups, items: item)
    // Even ones are good: one pair of the first input, seven of eight outputs of the second.
    #expect(first.asked == 8 && first.outcomes == ["first": 5, "second": 3] && fake.asked.total == 16)
    let preferred = try folder.catalog.preferredContents()
    #expect(preferred.count == 8)
    #expect(preferred.contains(OrderedContents(better: side(0, 1).content, worse: side(1, 1).content)))
    #expect(preferred.contains(OrderedContents(better: side(2, 2).content, worse: side(1, 2).content)))
    let second = try await run.judgePairs(judge, groups, items: item)
    #expect(second.asked == 0 && second.kept == 8 && fake.asked.total == 16)
    #expect(try folder.catalog.judgeFlags() == [])

    fake.placePreference = 1
    rubric.question += " Really?"
    let biased = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    let turned = try await JudgeRun(catalog: folder.catalog, service: fake, run: "r")
      .judgePairs(biased, [groups[0]], items: item)
    #expect(turned.outcomes == ["flip": 1])
    #expect(try folder.catalog.judgeFlags().map(\.reason) == ["judge-flip", "judge-flip"])
    // Only the version that votes now counts.
    #expect(try folder.catalog.preferredContents() == [])
  }
}
