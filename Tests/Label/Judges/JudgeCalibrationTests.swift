import LanguageModels
import Statistics
import Testing

@testable import Label

@Suite("Judge calibration") struct JudgeCalibrationTests {
  private func measure(_ fake: SeededJudge, gold: [JudgeGold]) async throws -> JudgeCalibration {
    let judge = try Judge(rubric: JudgeFixture.rubric(), model: "cheap", key: JudgeFixture.key)
    return try await JudgeMeasurement(judge: judge, service: fake).points(gold: gold)
  }

  @Test(
    "a good judge passes its gate, a poor, a forgetful and an untried one do not",
    arguments: [
      (0.95, 0.95, 0.0, 250, [String]()), (0.70, 0.70, 0.0, 250, ["kappa"]),
      (0.95, 0.95, 1.0, 250, ["test-retest"]),
      (0.95, 0.95, 0.0, 20, ["golden items with a vote"]), (0.5, 0.5, 0.0, 250, ["kappa"]),
    ])
  func gate(_ sensitivity: Double, _ specificity: Double, _ noise: Double, _ count: Int, _ faults: [String])
    async throws
  {
    let fake = SeededJudge(sensitivity: sensitivity, specificity: specificity, noise: noise)
    let calibration = try await measure(fake, gold: JudgeFixture.gold(count))
    let found = calibration.shortfalls(of: Rubric.Gate())
    #expect(found.isEmpty == faults.isEmpty, "\(found)")
    for (fact, start) in zip(found, faults) { #expect(fact.hasPrefix(start)) }
    // κ of such a judge on balanced items is sensitivity + specificity - 1.
    let truth = sensitivity + specificity - 1
    if count >= 250 { #expect(calibration.kappa.low <= truth && truth <= calibration.kappa.high) }
    #expect(calibration.items == count)
    #expect(calibration.shortfalls(of: nil).isEmpty)
  }

  @Test("exposed answers measure nothing, and the digest is of what measures")
  func exposed() async throws {
    var gold = JudgeFixture.gold(60)
    let plain = try await measure(SeededJudge(), gold: gold)
    gold += (100..<200).map {
      JudgeGold(item: JudgeFixture.item($0, good: true), isGood: false, isExposed: true)
    }
    let with = try await measure(SeededJudge(), gold: gold.reversed())
    #expect(with.exposed == 100)
    var same = with
    same.exposed = 0
    #expect(same == plain)
  }

  @Test("the account of a measurement")
  func account() async throws {
    let fake = SeededJudge(sensitivity: 0.9, specificity: 0.8)
    let calibration = try await measure(fake, gold: JudgeFixture.gold(300))
    #expect(calibration.confusion.reduce(0, +) == 300)
    #expect(calibration.price == 100)
    #expect(calibration.cost == Int64(fake.asked.total) * 100)
    #expect(fake.asked.total == 600 + 2 * JudgeAttack.all(on: try JudgeFixture.rubric()).count)
    #expect(calibration.retest.value == 1)
    #expect(abs(calibration.sensitivity - 0.9) < 0.06)
    #expect(abs(calibration.specificity - 0.8) < 0.08)
    #expect(abs(calibration.goodAfterGood - 0.9 / 1.1) < 0.08)
    #expect(calibration.calibratedError < 0.05)
    #expect(calibration.robustness?.value == 1)
    #expect(calibration.raised.isEmpty)
  }

  @Test("pairs: the gate is position consistency")
  func pairs() async throws {
    let judge = try Judge(rubric: JudgeFixture.rubric(.pairs), model: "cheap", key: JudgeFixture.key)
    let gold = (0..<200).map { number in
      let firstIsBetter = number.isMultiple(of: 2)
      return JudgeGoldPair(
        pair: JudgePair(
          JudgeFixture.item(number, good: firstIsBetter), JudgeFixture.item(number, good: !firstIsBetter)),
        firstIsBetter: firstIsBetter)
    }
    var fake = SeededJudge(sensitivity: 0.98, specificity: 0.98)
    let fine = try await JudgeMeasurement(judge: judge, service: fake).pairs(gold: gold)
    #expect(fine.shortfalls(of: Rubric.Gate()).isEmpty, "\(fine.shortfalls(of: Rubric.Gate()))")
    #expect(fine.position?.value == 1)
    fake.placePreference = 0.2
    let biased = try await JudgeMeasurement(judge: judge, service: fake).pairs(gold: gold)
    let faults = biased.shortfalls(of: Rubric.Gate())
    #expect(faults.count == 1 && faults[0].hasPrefix("position consistency 0.8"), "\(faults)")
    #expect((biased.withoutVote["flip"] ?? 0) > 20)
  }

  @Test("intervals of kappa hold what they say")
  func coverage() {
    var held = 0
    let draws = 150
    for seed in 0..<draws {
      var draw = SeededDraw(state: UInt64(seed) &* 7919)
      let items = (0..<120).map { _ -> (truth: Bool, said: Bool) in
        let truth = Double.random(in: 0..<1, using: &draw) < 0.4
        let right = Double.random(in: 0..<1, using: &draw) < (truth ? 0.85 : 0.8)
        return (truth, truth == right)
      }
      // Agreement 0.82 where chance gives 0.4·0.46 + 0.6·0.54.
      let truth = (0.82 - 0.508) / (1 - 0.508)
      if JudgeStatistics.kappaInterval(items).contains(truth) { held += 1 }
    }
    #expect(Double(held) / Double(draws) > 0.90)
    #expect(held < draws)
  }
}
