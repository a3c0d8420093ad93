import Records
import Statistics

/// What a `synthesize` step came to for one dataset.
public struct SynthesisAccount: Sendable, Hashable, Codable {
  /// How it ended.
  public enum State: String, Sendable, CaseIterable, Codable {
    /// A batch was written.
    case written
    /// No slice lacks anything that may be written.
    case complete
    /// A service works on a batch; the next run collects it.
    case waiting
    /// The budget ended it; the next run goes on.
    case budgetSpent = "budget-spent"
    /// Nobody is there to ask: the deficits and the estimate say what would have been written.
    case noModel = "no-model"
    /// Judges are named, and none may choose: they were not measured, or are below their gate.
    case noJudge = "no-judge"
    /// Nothing was asked, on purpose: the deficits and the estimate say what would be.
    case dryRun = "dry-run"
  }

  /// What is lacking in a slice.
  public struct Deficit: Sendable, Hashable, Codable {
    /// The slice.
    public var slice: String
    /// Examples that it should have.
    public var target: Int
    /// Examples that it lacks of real data.
    public var deficit: Int
    /// Examples that may be written for it.
    public var room: Int

    /// States a deficit.
    public init(slice: String, target: Int, deficit: Int, room: Int) {
      self.slice = slice
      self.target = target
      self.deficit = deficit
      self.room = room
    }
  }

  /// What became of inputs, to the input: requested = accepted + rejected + failed.
  public struct Tally: Sendable, Hashable, Codable {
    /// Inputs that were asked for.
    public var requested = 0
    /// Inputs that became candidates.
    public var accepted = 0
    /// Inputs, or all of their answers, that a check refused, by reason.
    public var rejected: [String: Int] = [:]
    /// Inputs that a model did not give, or not answer, by reason.
    public var failed: [String: Int] = [:]
    /// Tokens of questions.
    public var inputTokens = 0
    /// Tokens of answers.
    public var outputTokens = 0
    /// What they cost, in millionths of a US dollar, whenever they were bought.
    public var cost: Int64 = 0

    /// Nothing.
    public init() {}

    /// Whether every input is accounted for.
    public var balances: Bool {
      requested == accepted + rejected.values.reduce(0, +) + failed.values.reduce(0, +)
    }

    /// What an accepted example cost, in millionths of a US dollar; nil without one.
    public var costPerAccepted: Int64? { accepted > 0 ? cost / Int64(accepted) : nil }

    mutating func add(_ slot: SynthesisSlot) {
      requested += 1
      switch slot.end {
      case .accepted: accepted += 1
      case .rejected(let reason): rejected[reason, default: 0] += 1
      case .failed(let reason): failed[reason, default: 0] += 1
      case nil: failed["not-asked", default: 0] += 1
      }
      inputTokens += slot.inputTokens
      outputTokens += slot.outputTokens
      cost += slot.cost
    }
  }

  /// The dataset.
  public var dataset: String
  /// How it ended.
  public var state: State
  /// The batch; empty where there is none.
  public var batch = ""
  /// What is lacking, the slice that lacks most first.
  public var deficits: [Deficit] = []
  /// What became of the inputs.
  public var inputs = Tally()
  /// The same by operator.
  public var operators: [String: Tally] = [:]
  /// The same by the model that wrote.
  public var models: [String: Tally] = [:]
  /// The same by slice.
  public var slices: [String: Tally] = [:]
  /// Candidates that may train.
  public var training = 0
  /// Candidates that may evaluate.
  public var evaluating = 0
  /// Worse outputs that stand beside candidates, for preference pairs.
  public var rejectedOutputs = 0
  /// Records that were written: candidates and worse outputs beside them.
  public var records: Int { training + evaluating + rejectedOutputs }
  /// Requests that are in a service's batch, for `waiting`.
  public var underWay = 0
  /// Why it stopped before all inputs were asked for; nil where it did not.
  public var stopped: String?
  /// The student beside the teacher; nil without a student.
  public var student: StudentComparison?
  /// What each filter of the selection does.
  public var ablation: [SelectionAblation] = []
  /// What the pilot said of the teachers; nil without one.
  public var pilot: PilotAccount?
  /// What it would take, for `no-model` and `dry-run`, and for what was begun.
  public var estimate: SynthesisEstimate?
  /// Whether judges chose that were not measured against people.
  public var isUncalibrated = false

  /// Nothing, for a dataset.
  public init(dataset: String, state: State) {
    self.dataset = dataset
    self.state = state
  }

  mutating func count(_ slots: [SynthesisSlot]) {
    for slot in slots {
      inputs.add(slot)
      operators[slot.task.operator.rawValue, default: Tally()].add(slot)
      models[slot.teacher.name, default: Tally()].add(slot)
      slices[slot.task.slice, default: Tally()].add(slot)
    }
  }
}

/// What a pilot said of the teachers.
public struct PilotAccount: Sendable, Hashable, Codable {
  /// Prompts that every teacher answered.
  public var prompts: Int
  /// What a teacher adds to the student for each example: the mean of right minus the student's right; by teacher.
  public var gains: [String: Double]
  /// What an example cost, in millionths of a US dollar; by teacher.
  public var costs: [String: Int64]
  /// Who was chosen.
  public var chosen: String
  /// Whether the chosen one is better than the next for certain, at 95 %; otherwise the cheapest was chosen.
  public var isCertain: Bool

  /// States what a pilot said.
  public init(prompts: Int, gains: [String: Double], costs: [String: Int64], chosen: String, isCertain: Bool)
  {
    self.prompts = prompts
    self.gains = gains
    self.costs = costs
    self.chosen = chosen
    self.isCertain = isCertain
  }
}
