import Bytes
import Lake
import LanguageModels
import Statistics

/// What people said of an output: whether it is good; nil where nobody saw it.
///
/// Takes the conversation up to the user's last message, and the output.
public typealias PeoplesWord = @Sendable ([InteractionRecord.Message], String) -> Bool?

/// Works off a plan: a function of the plan and of what the models answer, which are asked once each.
struct SynthesisWork {
  /// Inputs of one wave: after each it is known how many become candidates.
  static let wave = 32

  let prompts: SynthesisPrompts
  let rounds: any RequestRounds
  let verifiers: VerifierList
  let judge: (any CandidateJudge)?
  /// Texts as vectors; nil where words are compared.
  let embed: (@Sendable ([String]) async throws -> [[Float]])?
  /// What people said of outputs, where they did; nil where nobody did.
  var people: PeoplesWord?
  /// Whether all is asked in one wave, since a wave takes a service's batch up to a day.
  let isOneWave: Bool
  /// Opinions asked for at a time.
  var concurrency = 16

  private var plan: SynthesisPlan { prompts.plan }
  private var answers: AnswerRound {
    AnswerRound(
      prompts: prompts, rounds: rounds, verifiers: verifiers, judge: judge, concurrency: concurrency)
  }

  /// What working off came to.
  struct Result: Sendable {
    var slots: [SynthesisSlot] = []
    var stopped: String?
    var pilot: PilotAccount?
    var ablation: [SelectionAblation] = []
    var comparison: StudentComparison?
  }

  /// Works off the plan.
  /// - Parameter progress: called with inputs done and in all.
  /// - Returns: what became of every input.
  /// - Throws: ``SynthesisPause`` where it must be gone on with later, what the rounds and the judge throw.
  func run(_ progress: (Int, Int) -> Void) async throws -> Result {
    var result = Result()
    let novelty = NoveltyPool(limit: plan.parameters.novelty)
    for (place, text) in plan.pool.enumerated() { novelty.add(id: "pool-\(place)", text: text) }
    let total = plan.tasks.reduce(0) { $0 + $1.count }
    let pilot = try await pilot(novelty, &result)
    var next = pilot.next
    while next < plan.tasks.count {
      try Task.checkCancellation()
      if let reason = hopeless(result.slots, left: plan.tasks[next...]) {
        result.stopped = reason
        break
      }
      var tasks: [(task: SynthesisPlan.Task, teacher: SynthesisPlan.Writer)] = []
      var inputs = 0
      while next < plan.tasks.count, isOneWave || inputs < Self.wave {
        tasks.append((plan.tasks[next], pilot.teacher))
        inputs += plan.tasks[next].count
        next += 1
      }
      var slots = try await InputRound(prompts: prompts, rounds: rounds).run(tasks, novelty)
      try await answers.run(&slots)
      try await StudentRound(answers: answers).run(&slots)
      result.slots += slots
      progress(result.slots.count, total)
    }
    try await select(&result)
    result.comparison = StudentRound.comparison(result.slots, people: people, seed: UInt64(plan.drawn(0)))
    return result
  }

  // MARK: The pilot

  /// Lets every teacher do the first inputs, and takes the one that adds most to the student for a dollar.
  private func pilot(
    _ novelty: NoveltyPool, _ result: inout Result
  ) async throws -> (next: Int, teacher: SynthesisPlan.Writer) {
    guard plan.parameters.pilot > 0, plan.teachers.count > 1 else { return (0, plan.teachers[0]) }
    var next = 0
    var inputs = 0
    while next < plan.tasks.count, inputs < plan.parameters.pilot {
      inputs += plan.tasks[next].count
      next += 1
    }
    // The first teacher's inputs are what all of them answer.
    let tasks = plan.tasks[..<next].map { (task: $0, teacher: plan.teachers[0]) }
    let written = try await InputRound(prompts: prompts, rounds: rounds).run(tasks, novelty)
    var bySlots: [[SynthesisSlot]] = []
    for (place, teacher) in plan.teachers.enumerated() {
      var slots = written.map { slot in
        var copy = SynthesisSlot(task: slot.task, place: slot.place, teacher: teacher)
        copy.input = slot.input
        copy.end = slot.end
        if place == 0 {
          (copy.cost, copy.inputTokens, copy.outputTokens) = (slot.cost, slot.inputTokens, slot.outputTokens)
        }
        return copy
      }
      try await answers.run(&slots)
      if place == 0 {
        try await StudentRound(answers: answers).run(&slots)
      } else {
        for index in slots.indices { slots[index].student = bySlots[0][index].student }
      }
      bySlots.append(slots)
    }
    let account = Self.choice(plan.teachers, bySlots, seed: UInt64(plan.drawn(1)))
    result.pilot = account
    let chosen = plan.teachers.firstIndex { $0.name == account.chosen } ?? 0
    // One candidate of each input: the chosen teacher's. What the others cost is part of what it took.
    var kept = bySlots[chosen]
    for (place, slots) in bySlots.enumerated() where place != chosen {
      for index in kept.indices {
        kept[index].cost += slots[index].cost
        kept[index].inputTokens += slots[index].inputTokens
        kept[index].outputTokens += slots[index].outputTokens
      }
    }
    result.slots += kept
    return (next, plan.teachers[chosen])
  }

  static func choice(
    _ teachers: [SynthesisPlan.Writer], _ slots: [[SynthesisSlot]], seed: UInt64
  ) -> PilotAccount {
    let usable = (slots.first ?? []).indices.filter { index in slots.allSatisfy { !$0[index].answers.isEmpty }
    }
    let pilots = zip(teachers, slots).map { teacher, slots in
      TeacherPilot(
        teacher: teacher.name,
        gains: usable.map { index in
          let taken = slots[index].best.map { slots[index].answers[$0].isRight ?? true } ?? false
          return (taken ? 1 : 0) - (slots[index].student?.isRight == true ? 1 : 0)
        }, costs: usable.map { Double(slots[$0].cost) / 1e6 })
    }
    let choice = TeacherChoice(comparison: PairedComparison(seed: seed)).choose(pilots)
    return PilotAccount(
      prompts: usable.count,
      gains: Dictionary(
        pilots.map { ($0.teacher, $0.gains.isEmpty ? 0 : $0.gains.reduce(0, +) / Double($0.gains.count)) },
        uniquingKeysWith: { first, _ in first }),
      costs: Dictionary(
        pilots.map { ($0.teacher, Int64($0.costs.reduce(0, +) * 1e6) / Int64(max(1, usable.count))) },
        uniquingKeysWith: { first, _ in first }),
      chosen: choice?.teacher ?? teachers[0].name, isCertain: choice?.isCertain ?? false)
  }

  // MARK: Stopping early

  /// Whether even the best yield that what was seen allows leaves most of the room empty for what may be spent.
  ///
  /// Judged from 64 inputs on, by the upper end of Wilson's interval of 95 % of the yield.
  private func hopeless(_ slots: [SynthesisSlot], left: ArraySlice<SynthesisPlan.Task>) -> String? {
    let cost = slots.reduce(0) { $0 + $1.cost }
    var filling: [String: Int] = [:]
    for slot in slots where slot.isOpen && slot.best != nil && plan.role(of: slot) == plan.wanted {
      filling[slot.task.slice, default: 0] += 1
    }
    let accepted = plan.slices.reduce(0) { $0 + min($1.room, filling[$1.name] ?? 0) }
    if let dollars = plan.parameters.dollars, Double(cost) >= dollars * 1e6 { return "dollars-spent" }
    guard slots.count >= 2 * Self.wave, accepted < plan.room,
      let yield = IntervalEstimate.wilson(successes: Double(accepted), trials: Double(slots.count))
    else { return accepted >= plan.room ? "room-filled" : nil }
    guard let dollars = plan.parameters.dollars, cost > 0 else { return nil }
    let price = Double(cost) / Double(slots.count)
    let affordable = min((dollars * 1e6 - Double(cost)) / price, Double(left.reduce(0) { $0 + $1.count }))
    let reachable = Double(accepted) + yield.high * affordable
    // Half of what was asked for is still worth its money; less says that something is wrong with prompts or judges.
    return reachable < Double(plan.room) / 2 ? "yield-too-low" : nil
  }

  // MARK: Selection

  /// Takes of the inputs with an answer those that add something, as many as each slice has room for.
  private func select(_ result: inout Result) async throws {
    let open = result.slots.indices.filter { result.slots[$0].isOpen && result.slots[$0].best != nil }
    var items: [SelectionItem] = []
    let texts = open.map { result.slots[$0].text }
    let vectors = texts.isEmpty ? nil : try await embed?(texts)
    for (number, place) in open.enumerated() {
      let slot = result.slots[place]
      var item = SelectionItem(id: "\(place)", text: texts[number], quality: slot.taken?.quality ?? 0)
      item.vector = vectors?[number]
      if let worst = slot.worst {
        item.rejectedQuality = worst.quality
        item.rejectedLength = Double(worst.text.unicodeScalars.count)
        item.chosenLength = slot.taken.map { Double($0.text.unicodeScalars.count) }
      }
      items.append(item)
    }
    // That inputs are new was told when they were written, before anything was paid for their answers.
    let filters = CandidateSelection(
      prompts: plan.parameters.filtersPrompts ? PromptFilter() : nil, novelty: nil,
      diversity: DiversitySelection(limit: plan.parameters.similarity))
    let selection = filters.select(items)
    result.ablation = selection.ablations
    for item in selection.leftOut {
      if let place = Int(item.id) { result.slots[place].end = .rejected(item.reason.rawValue) }
    }
    var taken: [String: Int] = [:]
    for id in selection.kept {
      guard let place = Int(id) else { continue }
      let slice = result.slots[place].task.slice
      let room = plan.slices.first { $0.name == slice }?.room ?? 0
      // What only evaluates takes no room of what trains.
      if plan.role(of: result.slots[place]) == plan.wanted {
        guard taken[slice, default: 0] < room else {
          result.slots[place].end = .rejected("slice-full")
          continue
        }
        taken[slice, default: 0] += 1
      }
      result.slots[place].end = .accepted
    }
  }
}

extension SynthesisSlot {
  /// The answer that is taken.
  var taken: Answer? { best.map { answers[$0] } }

  /// The answer that is worst, if it is wrong: what the teacher itself got wrong beside what it got right.
  var worst: Answer? {
    answers.filter { $0.isRight == false && $0.fault != "empty-output" && $0.fault != "injection" }
      .min { $0.quality < $1.quality }
  }

  /// The input and the answer, which similarity is measured on.
  var text: String { (input?.shown ?? "") + "\n" + (taken?.text ?? "") }
}
