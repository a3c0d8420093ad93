import Bytes
import Lake
import LanguageModels
import Text

/// Has inputs written and checked.
struct InputRound {
  /// The longest input in characters: what is longer is no input that a person types.
  static let longest = 12_000

  let prompts: SynthesisPrompts
  let rounds: any RequestRounds

  /// Writes the inputs of some tasks.
  /// - Parameters:
  ///   - tasks: the tasks, each with who writes.
  ///   - novelty: knows the inputs that are there, and learns those that are new.
  /// - Returns: a slot for each input that was asked for, in their order.
  /// - Throws: what the rounds throw, ``PromptTemplate/Fault`` for a prompt that is none.
  func run(
    _ tasks: [(task: SynthesisPlan.Task, teacher: SynthesisPlan.Writer)], _ novelty: NoveltyPool
  ) async throws -> [SynthesisSlot] {
    var requests: [ChatRequest] = []
    for (task, teacher) in tasks {
      requests.append(try task.operator.operation.request(task, prompts, teacher: teacher.name))
    }
    let answers = try await rounds.ask(requests)
    var slots: [SynthesisSlot] = []
    for (number, answer) in answers.enumerated() {
      let one = tasks[number]
      var own = (0..<one.task.count).map { SynthesisSlot(task: one.task, place: $0, teacher: one.teacher) }
      read(answer, into: &own)
      let prompt = requests[number].messages.map(\.content).joined(separator: "\n")
      for place in own.indices where own[place].isOpen {
        // Small models copy lines of the prompt.
        if let text = own[place].input?.text, !text.isBlank, prompt.contains(text) {
          own[place].end = .rejected("shows-prompt")
        }
      }
      slots += own
    }
    try await simulate(&slots)
    for place in slots.indices where slots[place].isOpen { check(&slots[place], novelty) }
    return slots
  }

  private func read(_ answer: Result<ChatAnswer, ModelError>, into slots: inout [SynthesisSlot]) {
    let reply: ChatAnswer
    switch answer {
    case .failure(let error):
      for place in slots.indices { slots[place].end = .failed(SynthesisSlot.reason(error)) }
      return
    case .success(let answer): reply = answer
    }
    let task = slots[0].task
    let document = try? JSONDocument(Array(reply.text.utf8))
    let inputs = document?.read { task.operator.operation.read($0, task, prompts.plan) } ?? []
    for place in slots.indices {
      slots[place].pay(reply, among: slots.count)
      if place < inputs.count {
        slots[place].input = inputs[place]
      } else {
        slots[place].end = .failed("missing")
      }
    }
  }

  /// Adds answers and further turns of the user to conversations, turn by turn.
  private func simulate(_ slots: inout [SynthesisSlot]) async throws {
    let places = slots.indices.filter { slots[$0].isOpen && slots[$0].task.operator == .multiTurn }
    guard !places.isEmpty else { return }
    let plan = prompts.plan
    for _ in 1..<plan.parameters.turns {
      let open = places.filter { slots[$0].isOpen }
      try await add(open, &slots, role: "assistant") { slot, input in
        var request = try prompts.answer(to: input, slot.task, model: slot.teacher.name)
        request.seed = plan.drawn(slot.task.number)
        return request
      }
      try await add(open.filter { slots[$0].isOpen }, &slots, role: "user") { slot, input in
        let text = input.messages.map { "\($0.role):\n\(prompts.shown($0.content))" }
        let own = ["conversation": PromptTemplate.Value.text(text.joined(separator: "\n\n"))]
        var request = ChatRequest(
          model: slot.teacher.name, messages: try prompts.messages("user-turn", slot.task, own))
        request.temperature = plan.parameters.temperature
        request.maximumTokens = plan.parameters.maximumTokens
        request.seed = plan.drawn(slot.task.number)
        request.schema = Array(MultiTurn.turnSchema.utf8)
        return request
      }
    }
  }

  private func add(
    _ places: [Int], _ slots: inout [SynthesisSlot], role: String,
    _ request: (SynthesisSlot, WrittenInput) throws -> ChatRequest
  ) async throws {
    let requests = try places.compactMap { place in
      try slots[place].input.map { try request(slots[place], $0) }
    }
    let answers = try await rounds.ask(requests)
    for (place, answer) in zip(places, answers) {
      switch answer {
      case .failure(let error): slots[place].end = .failed(SynthesisSlot.reason(error))
      case .success(let reply):
        slots[place].pay(reply)
        var text: String? = reply.text
        if role == "user" {
          text = try? JSONDocument(Array(reply.text.utf8)).read { $0["input"]?.string }
        }
        guard let text, !text.isBlank else {
          slots[place].end = .failed("missing")
          continue
        }
        slots[place].input?.messages.append(InteractionRecord.Message(role: role, content: text))
      }
    }
  }

  /// Refuses an input that is none, that shows the prompt it was written by, that gives orders, or that is not new.
  private func check(_ slot: inout SynthesisSlot, _ novelty: NoveltyPool) {
    guard let input = slot.input else { return }
    let text = input.text
    if text.isBlank {
      slot.end = .rejected("empty-input")
    } else if text.unicodeScalars.count > Self.longest {
      slot.end = .rejected("long-input")
    } else if text.contains(prompts.fence) || Self.showsPrompt(text) {
      // The elimination of Evol-Instruct: an input that speaks of the one it was made from is none.
      slot.end = .rejected("shows-prompt")
    } else if input.messages.contains(where: { Self.holdsOrders($0.content) }) {
      slot.end = .rejected("injection")
    } else if novelty.nearest(to: text) != nil {
      slot.end = .rejected("not-new")
    } else {
      novelty.add(id: "\(slot.task.number)-\(slot.place)", text: text)
    }
  }

  private static func showsPrompt(_ text: String) -> Bool {
    let lower = text.lowercased()
    return ["given input", "rewritten input", "#rewritten", "the examples above", "as an ai"].contains {
      lower.contains($0)
    }
  }

  private static func holdsOrders(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 {
      InjectionScan.run(UnsafeRawBufferPointer($0), InjectionScan.inputs).contains(where: \.isStrong)
    }
  }
}

extension String {
  /// Whether there is nothing in it but white space.
  var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
