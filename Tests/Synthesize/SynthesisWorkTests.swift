import Lake
import LanguageModels
import Records
import Statistics
import Testing

@testable import Synthesize

/// What the cascade says of itself, held against models whose quality is known.
@Suite("Seeded models") struct SynthesisWorkTests {
  static func plan(
    _ seed: Int, inputs: Int, answers: Int = 2, teachers: [String] = ["teacher"],
    student: String? = "student",
    _ change: (inout SynthesizeParameters) -> Void = { _ in }
  ) -> SynthesisPlan {
    var parameters = SynthesizeParameters(datasets: ["sums"], teachers: teachers)
    parameters.operators = [SynthesizeParameters.Share(.selfInstruct)]
    parameters.answers = answers
    parameters.student = student
    parameters.most = inputs
    parameters.seed = "seed-\(seed)"
    // The sums differ in their numbers alone.
    parameters.novelty = 1
    parameters.similarity = 1
    change(&parameters)
    var plan = SynthesisPlan(
      dataset: "sums", round: 0, domain: "Sums.", kind: .sft,
      slices: [SynthesisPlan.Slice(name: "other", note: "", room: inputs)],
      teachers: teachers.map { SynthesisPlan.Writer(name: $0, family: "f") },
      student: student.map { SynthesisPlan.Writer(name: $0, family: "s") }, parameters: parameters,
      templates: ["self-instruct": "Write {{{count}}} inputs.", "answer": "{{! user }}"], seeds: [],
      documents: [], tools: [], pool: [])
    plan.tasks = SynthesisPlanner(plan: plan, yields: ["other": 1]).tasks()
    return plan
  }

  static func work(
    _ plan: SynthesisPlan, _ writer: SeededWriter, _ judge: SeededJudge?, people: PeoplesWord? = nil
  ) throws -> SynthesisWork {
    SynthesisWork(
      prompts: try SynthesisPrompts(plan), rounds: LiveRounds(writer), verifiers: VerifierList([]),
      judge: judge, embed: nil,
      people: people, isOneWave: false)
  }

  @Test("accepted precision, yield and cost are those of the models")
  func precision() async throws {
    let (quality, sensitivity, specificity, answers) = (0.7, 0.9, 0.85, 3)
    var requested = 0
    var accepted = 0
    var right = 0
    for seed in 0..<8 {
      let writer = SeededWriter(
        seed: seed, quality: ["teacher": quality, "student": 0.4], price: ["teacher": 10, "student": 2])
      let judge = SeededJudge(seed: seed, sensitivity: sensitivity, specificity: specificity)
      let plan = Self.plan(seed, inputs: 200, answers: answers)
      let result = try await Self.work(plan, writer, judge).run { _, _ in }
      var account = SynthesisAccount(dataset: "sums", state: .written)
      account.count(result.slots)
      #expect(account.inputs.balances)
      requested += account.inputs.requested
      accepted += account.inputs.accepted
      right += result.slots.count { $0.end == .accepted && $0.taken?.text.contains("truth=yes") == true }
      // Each request for four inputs costs 10, each input three answers of 10 and one of the student of 2, each answer a
      // judgement of 1.
      let perInput = Int64(3 * 10 + 2 + 4)
      #expect(
        account.inputs.cost == Int64(account.inputs.requested) * perInput + Int64(plan.tasks.count) * 10)
    }
    let good = quality * sensitivity
    let bad = (1 - quality) * (1 - specificity)
    var missed = 1.0
    for _ in 0..<answers { missed *= 1 - good - bad }
    let yield = try #require(
      IntervalEstimate.wilson(successes: Double(accepted), trials: Double(requested), level: 0.999))
    #expect(yield.low <= 1 - missed && 1 - missed <= yield.high)
    let precision = try #require(
      IntervalEstimate.wilson(successes: Double(right), trials: Double(accepted), level: 0.999))
    #expect(precision.low <= good / (good + bad) && good / (good + bad) <= precision.high)
  }

  @Test(
    "the student's interval holds the truth in 93 % of 200 runs, with a judge that errs and people who see a half"
  )
  func coverage() async throws {
    let (teacher, student) = (0.75, 0.45)
    var holds = 0
    // Of a thousand runs from this seed on 94 % hold it.
    let runs = 200
    for seed in 5000..<(5000 + runs) {
      let writer = SeededWriter(seed: seed, quality: ["teacher": teacher, "student": student])
      let judge = SeededJudge(seed: seed, sensitivity: 0.88, specificity: 0.8)
      let result = try await Self.work(
        Self.plan(seed, inputs: 120, answers: 1), writer, judge,
        people: { input, output in
          // Half of the inputs, by the number that they begin with.
          let number =
            input.last?.content.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
          return number % 2 == 0 ? output.contains("truth=yes") : nil
        }
      ).run { _, _ in }
      let comparison = try #require(result.comparison)
      #expect(comparison.inputs == 120 && (30...90).contains(comparison.people))
      let interval = try #require(comparison.corrected)
      if interval.low <= student - teacher, student - teacher <= interval.high { holds += 1 }
    }
    #expect(holds >= 186, "\(holds) of \(runs)")
  }

  @Test(
    "what the student gets right evaluates, what it gets wrong trains with its answer beside the teacher's")
  func roles() async throws {
    let writer = SeededWriter(seed: 3, quality: ["teacher": 1, "student": 0.5])
    let judge = SeededJudge(seed: 3, sensitivity: 1, specificity: 1)
    let plan = Self.plan(3, inputs: 100, answers: 1)
    let result = try await Self.work(plan, writer, judge).run { _, _ in }
    for slot in result.slots where slot.end == .accepted {
      let isRight = slot.student?.text.contains("truth=yes") == true
      #expect(plan.role(of: slot) == (isRight ? .eval : .train))
    }
    #expect(Set(result.slots.filter { $0.end == .accepted }.map { plan.role(of: $0) }).count == 2)
  }

  @Test("the pilot takes the teacher that adds most to the student for a dollar")
  func pilot() async throws {
    let writer = SeededWriter(
      seed: 5, quality: ["strong": 0.75, "cheap": 0.7, "student": 0.3],
      price: ["strong": 1000, "cheap": 10, "student": 0])
    let judge = SeededJudge(seed: 5, sensitivity: 1, specificity: 1)
    let plan = Self.plan(5, inputs: 160, answers: 1, teachers: ["strong", "cheap"]) { $0.pilot = 80 }
    let result = try await Self.work(plan, writer, judge).run { _, _ in }
    let pilot = try #require(result.pilot)
    #expect(pilot.chosen == "cheap" && pilot.prompts == 80)
    #expect(result.slots.allSatisfy { $0.teacher.name == "cheap" } && result.slots.count == 160)
  }

  @Test("a yield that cannot reach half of the room for the money ends the batch early, and says so")
  func hopeless() async throws {
    let writer = SeededWriter(seed: 7, quality: ["teacher": 0.02, "student": 0], price: ["teacher": 100])
    let judge = SeededJudge(seed: 7, sensitivity: 1, specificity: 1)
    let plan = Self.plan(7, inputs: 400, answers: 1) { $0.dollars = 0.05 }
    let result = try await Self.work(plan, writer, judge).run { _, _ in }
    #expect(result.stopped == "yield-too-low")
    #expect(result.slots.count < 200)
  }

  @Test("requests that fail are accounted for, and do not keep the others")
  func failures() async throws {
    let writer = SeededWriter(seed: 9, quality: ["teacher": 0.9, "student": 0.5], failing: 0.2)
    let judge = SeededJudge(seed: 9, sensitivity: 1, specificity: 1)
    let result = try await Self.work(Self.plan(9, inputs: 100), writer, judge).run { _, _ in }
    var account = SynthesisAccount(dataset: "sums", state: .written)
    account.count(result.slots)
    #expect(account.inputs.balances && account.inputs.requested == 100)
    #expect(account.inputs.failed["overloaded"] ?? 0 > 0)
    #expect(account.inputs.accepted > 50)
  }
}
