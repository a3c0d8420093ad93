import Curate
import Label
import Publish
import Pull
import Review
import Synthesize

/// What one step did.
public struct StepAccount: Sendable, Codable {
  /// `pull`, `curate`, `label`, `synthesize`, `review` or `publish`.
  public var step: String
  /// Wall-clock seconds.
  public var seconds: Double
  /// Processor seconds of the whole process while it ran.
  public var processorSeconds: Double
  /// Sources, for a pull.
  public var pull: [PullAccount]?
  /// Decisions, for a curate step.
  public var curate: CurateAccount?
  /// Labels, for a label step.
  public var label: LabelAccount?
  /// Corrections and preferences of people that came in, for a label or a review step.
  public var collected: CollectAccount?
  /// Judges, students and the escalation, for a label step that asks them.
  public var judging: JudgingAccount?
  /// Datasets, for a synthesize step.
  public var synthesis: [SynthesisAccount]?
  /// Queues, for a review step.
  public var review: [QueueFillAccount]?
  /// Datasets, for a publish step.
  public var publish: [PublishAccount]?

  init(step: String) {
    self.step = step
    seconds = 0
    processorSeconds = 0
  }
}

/// Where every record of a run went: pulled = kept + dropped (by reason) + quarantined, to the record.
public struct RecordBalance: Sendable, Codable, Hashable {
  /// Interactions, feedback events, quarantined and unmatched lines that sources yielded in this run, and feedback events
  /// that people's answers became.
  public var pulled = 0
  /// Interactions of this run that curation keeps.
  public var keptInteractions = 0
  /// Feedback events of this run that are in force.
  public var keptFeedback = 0
  /// Interactions of this run that no curate step has looked at.
  public var pending = 0
  /// Records left out, by reason.
  public var dropped: [String: Int] = [:]
  /// Lines that could not be read, by reason.
  public var quarantined: [String: Int] = [:]

  /// Nothing.
  public init() {}

  /// What the right side of the equation adds up to.
  public var accounted: Int {
    keptInteractions + keptFeedback + pending + dropped.values.reduce(0, +) + quarantined.values.reduce(0, +)
  }

  /// Whether nothing is lost.
  public var balances: Bool { pulled == accounted }
}

/// The account of a run.
public struct RunAccount: Sendable, Codable {
  /// The run's id.
  public var run: String
  /// The pipeline's name.
  public var pipeline: String
  /// When it began, RFC 3339.
  public var started: String
  /// When it ended, RFC 3339.
  public var finished: String
  /// `done`, `failed`, `refused` or `interrupted`.
  public var state: String
  /// Workers.
  public var workers: Int
  /// Steps, in order.
  public var steps: [StepAccount] = []
  /// Where every record went.
  public var balance = RecordBalance()
  /// Peak resident memory of the process in bytes.
  public var peakMemory = 0

  init(run: String, pipeline: String, started: String, workers: Int) {
    self.run = run
    self.pipeline = pipeline
    self.started = started
    self.workers = workers
    finished = started
    state = "running"
  }

  /// Whether a budget ended what a step asked of models.
  public var isBudgetSpent: Bool {
    steps.contains { $0.judging?.isBudgetSpent == true } || synthesis.contains { $0.state == .budgetSpent }
  }

  /// Accounts of what models wrote.
  public var synthesis: [SynthesisAccount] { steps.flatMap { $0.synthesis ?? [] } }

  /// Accounts of all queues.
  public var queues: [QueueFillAccount] { steps.flatMap { $0.review ?? [] } }

  /// Accounts of all publications.
  public var publications: [PublishAccount] { steps.flatMap { $0.publish ?? [] } }
}
