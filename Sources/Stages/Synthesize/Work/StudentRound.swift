import Bytes
import LanguageModels
import Statistics

/// Has the student answer the same inputs, and tells by the same checks and judges what it gets right.
struct StudentRound {
  let answers: AnswerRound

  /// Asks the student about every input that the teacher answered at all, so that the comparison is not one of the
  /// teacher's good days.
  func run(_ slots: inout [SynthesisSlot]) async throws {
    guard let student = answers.prompts.plan.student else { return }
    var asked: [(place: Int, input: WrittenInput)] = []
    var requests: [ChatRequest] = []
    for (place, slot) in slots.enumerated() {
      guard let input = slot.input, !slot.answers.isEmpty else { continue }
      var request = try answers.prompts.answer(to: input, slot.task, model: student.name)
      request.temperature = 0
      request.seed = 0
      asked.append((place, input))
      requests.append(request)
    }
    var given: [AnswerRound.Examined] = []
    for ((place, input), answer) in zip(asked, try await answers.rounds.ask(requests)) {
      switch answer {
      // What the student's server does not give says nothing of the student.
      case .failure: continue
      case .success(let reply):
        slots[place].pay(reply)
        given.append(
          AnswerRound.Examined(slot: place, number: 0, input: input, answer: SynthesisSlot.Answer(reply)))
      }
    }
    for one in try await answers.examined(given) {
      slots[one.slot].cost += one.answer.opinion?.cost ?? 0
      slots[one.slot].student = one.answer
    }
  }

  /// How the student does beside the teacher: each one's first answer to the same inputs.
  static func comparison(
    _ slots: [SynthesisSlot], people: PeoplesWord?, seed: UInt64
  ) -> StudentComparison? {
    var pairs: [StudentComparison.Pair] = []
    for slot in slots {
      guard let input = slot.input, let first = slot.answers.first, let student = slot.student else {
        continue
      }
      guard let left = first.isRight, let right = student.isRight else { continue }
      var pair = StudentComparison.Pair(teacher: left, student: right)
      if let people, let truth = people(input.messages, first.text),
        let own = people(input.messages, student.text)
      {
        pair.people = (truth, own)
      }
      pairs.append(pair)
    }
    guard !pairs.isEmpty else { return nil }
    return StudentComparison(pairs, seed: seed)
  }
}
