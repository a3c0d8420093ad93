import Bytes
import Lake
import LanguageModels
import Text

/// Has inputs answered some times each, and takes the best answer: checks first, which cost nothing, then judges.
struct AnswerRound {
  let prompts: SynthesisPrompts
  let rounds: any RequestRounds
  let verifiers: VerifierList
  let judge: (any CandidateJudge)?
  /// Opinions asked for at a time.
  let concurrency: Int

  /// Answers the inputs that are open, and takes the best answer of each.
  func run(_ slots: inout [SynthesisSlot]) async throws {
    let plan = prompts.plan
    let open = slots.indices.filter { slots[$0].isOpen }
    var requests: [ChatRequest] = []
    var owners: [Int] = []
    for place in open {
      guard let input = slots[place].input else { continue }
      var request = try prompts.answer(to: input, slots[place].task, model: slots[place].teacher.name)
      for number in 0..<plan.parameters.answers {
        // The same question again on purpose, and another seed where the service takes one.
        request.repetition = number
        request.seed = plan.drawn(
          slots[place].task.number * SynthesizeParameters.answersRange.upperBound + number)
        requests.append(request)
        owners.append(place)
      }
    }
    var failures: [Int: ModelError] = [:]
    for (owner, answer) in zip(owners, try await rounds.ask(requests)) {
      switch answer {
      case .failure(let error): failures[owner] = error
      case .success(let reply):
        slots[owner].pay(reply)
        slots[owner].answers.append(SynthesisSlot.Answer(reply))
      }
    }
    try await examine(open, &slots)
    for place in open { choose(&slots[place], failures[place]) }
  }

  /// Verifies and judges all answers of some inputs.
  private func examine(_ open: [Int], _ slots: inout [SynthesisSlot]) async throws {
    var asked: [Examined] = []
    for place in open {
      guard let input = slots[place].input else { continue }
      for (number, answer) in slots[place].answers.enumerated() {
        asked.append(Examined(slot: place, number: number, input: input, answer: answer))
      }
    }
    for one in try await examined(asked) {
      slots[one.slot].cost += one.answer.opinion?.cost ?? 0
      slots[one.slot].answers[one.number] = one.answer
    }
  }

  /// An answer on its way through the checks.
  struct Examined: Sendable {
    let slot: Int
    let number: Int
    let input: WrittenInput
    var answer: SynthesisSlot.Answer
  }

  /// Answers with what checks and judges say of them, in their order.
  func examined(_ asked: [Examined]) async throws -> [Examined] {
    try await OrderedTasks.map(asked, limit: concurrency) { [verifiers, judge] one in
      var one = one
      if one.answer.fault == nil { try await Self.check(&one, verifiers) }
      if one.answer.fault == nil, let judge {
        one.answer.opinion = try await judge.opinion(input: one.input.shown, output: one.answer.text)
      }
      return one
    }
  }

  /// Notes the first check that an answer fails, with its verifier before it, and those that it passes.
  private static func check(_ one: inout Examined, _ verifiers: VerifierList) async throws {
    var text = one.answer.text
    let orders = text.withUTF8 { InjectionScan.run(UnsafeRawBufferPointer($0), InjectionScan.outputs) }
    if text.isBlank {
      one.answer.fault = "empty-output"
    } else if !orders.isEmpty {
      one.answer.fault = "injection"
    } else if let tools = one.input.tools {
      one.answer.fault = ToolCheck.fault(of: text, tools: tools).map { "tool:\($0)" }
      if one.answer.fault == nil { one.answer.passed = ["tool"] }
    } else {
      let outcome = try await verifiers.verify(
        VerifiedOutput(input: one.input.text, output: text, documents: one.input.documents))
      one.answer.passed = outcome.passed
      if case .failed(let code) = outcome.verification {
        one.answer.fault = outcome.failed.map { "\($0):\(code)" } ?? code
      }
    }
  }

  private func choose(_ slot: inout SynthesisSlot, _ failure: ModelError?) {
    guard !slot.answers.isEmpty else {
      slot.end = .failed(failure.map(SynthesisSlot.reason) ?? "missing")
      return
    }
    let right = slot.answers.indices.filter {
      judge == nil ? slot.answers[$0].fault == nil : slot.answers[$0].isRight == true
    }
    if let best = right.max(by: { slot.answers[$0].quality < slot.answers[$1].quality }) {
      slot.best = best
      return
    }
    let passed = slot.answers.filter { $0.fault == nil }
    if let judged = passed.first {
      slot.end = .rejected(judged.opinion?.isGood == nil ? "judges-unsure" : "judged-bad")
    } else {
      slot.end = .rejected("verifier:\(slot.answers[0].fault ?? "")")
    }
  }
}

extension WrittenInput {
  /// The conversation as judges see it: one message as it is, of several each after its role.
  var shown: String {
    messages.count == 1
      ? messages[0].content : messages.map { "\($0.role):\n\($0.content)" }.joined(separator: "\n")
  }
}
