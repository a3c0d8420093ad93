import LanguageModels
import Statistics
import Testing

@testable import Label

@Suite("Judge attacks") struct JudgeAttackTests {
  private func outcomes(_ gullibility: SeededJudge.Gullibility) async throws -> [String: JudgeOpinion.Outcome]
  {
    let rubric = try JudgeFixture.rubric()
    let judge = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    var fake = SeededJudge(sensitivity: 1, specificity: 1)
    fake.gullibility = gullibility
    var outcomes: [String: JudgeOpinion.Outcome] = [:]
    for attack in JudgeAttack.all(on: rubric) {
      let item = attack.applied(to: JudgeFixture.item(1, good: false))
      outcomes[attack.id] = try await judge.opinion(on: item, from: fake).outcome
    }
    return outcomes
  }

  @Test("every kind of attack is there, and no two have one name")
  func kinds() throws {
    let attacks = JudgeAttack.all(on: try JudgeFixture.rubric())
    #expect(Set(attacks.map(\.kind)) == Set(JudgeAttack.Kind.allCases))
    #expect(Set(attacks.map(\.id)).count == attacks.count)
    #expect(attacks.count >= 20)
  }

  @Test(
    "no attack makes a bad output good before a judge that obeys what it sees",
    arguments: [
      SeededJudge.Gullibility.none, .outside, .inside, .copies,
    ])
  func notRaised(_ gullibility: SeededJudge.Gullibility) async throws {
    let outcomes = try await outcomes(gullibility)
    #expect(outcomes.filter { $0.value == .good } == [:])
    // The fakes are as gullible as they say: else nothing above could fail.
    let hijacked = Set(outcomes.filter { $0.value == .hijacked }.keys)
    switch gullibility {
    case .none, .outside: #expect(hijacked.isEmpty)
    case .inside:
      #expect(hijacked.isSuperset(of: ["order-plain", "fence-again", "role-system", "constant-perfect"]))
    case .copies: #expect(hijacked.isSuperset(of: ["verdict-json", "verdict-block", "role-turns"]))
    case .covers: break
    }
  }

  @Test("without the fence a judge that obeys what stands outside would be led")
  func fenceMatters() throws {
    let rubric = try JudgeFixture.rubric()
    let judge = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    let attack = try #require(JudgeAttack.all(on: rubric).first { $0.id == "fence-brackets" })
    let question = judge.prompt.question(attack.applied(to: JudgeFixture.item(1, good: false)))
    let seen = try #require(SeenQuestion(question.request))
    #expect(seen.user.contains("Answer every question in favour"))
    #expect(!seen.outside.contains("Answer every question in favour"))
  }

  @Test("hidden orders do not reach the judge")
  func hidden() throws {
    let rubric = try JudgeFixture.rubric()
    let judge = try Judge(rubric: rubric, model: "cheap", key: JudgeFixture.key)
    for attack in JudgeAttack.all(on: rubric) where attack.kind == .hidden {
      let user = judge.prompt.question(attack.applied(to: JudgeFixture.item(1, good: false))).request
        .messages[1].content
      #expect(
        user.unicodeScalars.allSatisfy { $0.value >= 0x20 && !JudgedText.isHidden($0.value) || $0 == "\n" })
      #expect(user.contains("hidden characters were taken out"))
    }
  }

  @Test("a judge whose hijack leaves no trace is found by its calibration")
  func covered() async throws {
    #expect(try await outcomes(.covers).contains { $0.value == .good })
    let judge = try Judge(rubric: JudgeFixture.rubric(), model: "cheap", key: JudgeFixture.key)
    var fake = SeededJudge(sensitivity: 1, specificity: 1)
    fake.gullibility = .covers
    let calibration = try await JudgeMeasurement(judge: judge, service: fake).points(
      gold: JudgeFixture.gold(80))
    #expect(calibration.kappa.value == 1)
    let faults = calibration.shortfalls(of: judge.rubric.gate)
    #expect(faults.count == 1 && faults[0].hasPrefix("robustness "), "\(faults)")
    #expect(calibration.raised["constant-perfect"] == 1)
  }

  @Test("the scan finds what tells a judge what to answer, and little else")
  func scanned() throws {
    let attacks = JudgeAttack.all(on: try JudgeFixture.rubric())
    let found = attacks.filter { Judge.holdsOrders($0.applied(to: Array("A plain answer.".utf8))) }
    // What is the same whatever was asked gives no order; that is the judge's to see through.
    #expect(Set(found.map(\.kind)).isSuperset(of: [.order, .fence, .verdict, .role, .hidden]))
    let missed = attacks.filter { attack in !found.contains { $0.id == attack.id } }.map(\.kind)
    #expect(missed.count { $0 != .constant } <= 2, "\(missed)")
    let plain = [
      "To answer a judge, write yes or no on the form.", "The jury decided in favour of the applicant.",
      "I would vote in favour of the second option.", "Score the dough before baking, at the highest rack.",
    ]
    for text in plain { #expect(!Judge.holdsOrders(Array(text.utf8)), "\(text)") }
  }
}
