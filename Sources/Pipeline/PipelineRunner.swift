import Bytes
import Catalog
import Curate
import Foundation
import Label
import LanguageModels
import Lake
import Logging
import Publish
import Pull
import Records
import Registry
import Review
import Signatures
import Synthesize

/// Runs a pipeline's steps in order, keeps the account, and leaves a run behind that can be read.
public struct PipelineRunner: Sendable {
  let project: Project
  let workspace: Workspace
  private let environment: [String: String]
  let clock: @Sendable () -> Timestamp
  private let nonce: @Sendable () -> String
  let observer: any RunObserver
  let models: ModelSource

  /// Makes who answers for models: takes the catalog, which keeps answers and counts money, and the run that pays; nil
  /// for a project without models.
  public typealias ModelSource = @Sendable (_ catalog: CatalogStore, _ run: String) throws -> (any ChatModel)?

  /// A runner of a project in a workspace.
  /// - Parameters:
  ///   - project: the definitions.
  ///   - workspace: where the run leaves its files.
  ///   - environment: variables that paths of sources may name.
  ///   - clock: tells the time; no stage reads it otherwise.
  ///   - nonce: makes a text that no other call makes.
  ///   - observer: hears of progress.
  ///   - models: makes who answers for models; default nobody.
  public init(
    project: Project, workspace: Workspace, environment: [String: String],
    clock: @escaping @Sendable () -> Timestamp,
    nonce: @escaping @Sendable () -> String, observer: any RunObserver,
    models: @escaping ModelSource = { _, _ in nil }
  ) {
    self.project = project
    self.workspace = workspace
    self.environment = environment
    self.clock = clock
    self.nonce = nonce
    self.observer = observer
    self.models = models
  }

  /// Runs a pipeline.
  ///
  /// A step that fails ends the run; what was committed before stays, and the next run goes on from there. A gate
  /// that refuses one dataset does not keep the others from being published.
  /// - Parameters:
  ///   - pipeline: its definition.
  ///   - workers: tasks at a time, 1 or more.
  ///   - since: for services, where to start instead of at their cursors; default the cursors.
  /// - Returns: the account, whose state is `done` or `refused`.
  /// - Throws: ``WorkspaceError`` if another run of the pipeline holds its lock; what a step throws, after the run
  ///   is entered as failed.
  public func run(
    _ pipeline: PipelineDefinition, workers: Int, since: Timestamp? = nil
  ) async throws -> RunAccount {
    let lock = try workspace.lock("pipeline-\(pipeline.name)")
    defer { withExtendedLifetime(lock) {} }
    let catalog = try workspace.catalog()
    let lake = try workspace.lake()
    let started = clock()
    let id = Self.runID(started, pipeline.name, nonce())
    try DurableFile.makeFolder(workspace.runFolder(id))
    var logger = Logger(label: "flywheel", factory: { _ in SwiftLogNoOpLogHandler() })
    if let handler = try? RunLogHandler(path: "\(workspace.runFolder(id))/log.jsonl", clock: clock) {
      logger = Logger(label: "flywheel", factory: { _ in handler })
    }
    logger[metadataKey: "run"] = "\(id)"
    try catalog.beginRun(id: id, pipeline: pipeline.name, at: started)
    logger.info("run began", metadata: ["pipeline": "\(pipeline.name)", "workers": "\(workers)"])
    let presence = try workspace.enter { try collectGarbage(catalog, lake, logger) }
    defer { withExtendedLifetime(presence) {} }
    var account = RunAccount(run: id, pipeline: pipeline.name, started: started.description, workers: workers)
    do {
      for step in pipeline.steps {
        try Task.checkCancellation()
        try await perform(step.parameters, workers: workers, since: since, catalog, lake, &account, logger)
      }
      account.balance = try balance(account, catalog)
      account.state = account.publications.contains { $0.result == .refused } ? "refused" : "done"
      try finish(&account, catalog, logger)
      return account
    } catch {
      account.state = error is CancellationError ? "interrupted" : "failed"
      logger.error("run failed", metadata: ["error": "\(type(of: error))", "detail": "\(error)"])
      // Nothing here may hide the error that ended the run.
      try? finish(&account, catalog, logger)
      throw error
    }
  }

  private static func runID(_ time: Timestamp, _ pipeline: String, _ nonce: String) -> String {
    let stamp = time.description.prefix(19).filter { $0 != "-" && $0 != ":" }
    return "\(stamp)Z-\(pipeline)-\(nonce.prefix(6))"
  }

  private func perform(
    _ parameters: StepParameters, workers: Int, since: Timestamp?, _ catalog: CatalogStore, _ lake: LakeStore,
    _ account: inout RunAccount, _ logger: Logger
  ) async throws {
    let clock = ContinuousClock()
    let begin = clock.now
    let processor = ProcessUsage.now.processorSeconds
    var step: StepAccount
    switch parameters {
    case .pull(let parameters):
      step = StepAccount(step: "pull")
      step.pull = []
      var refused: (any Error)?
      for name in parameters.sources {
        do {
          step.pull?.append(
            try await pull(name, workers: workers, run: account.run, since: since, catalog, lake, logger))
        } catch  where !(error is CancellationError) {
          // The others are read first, so that one service that is down does not hold up the rest.
          logger.error("source failed", metadata: ["source": "\(name)", "error": "\(type(of: error))"])
          observer.ended(step: "pull", detail: "\(name): failed")
          refused = refused ?? error
        }
      }
      if let refused { throw refused }
    case .curate(let parameters):
      step = StepAccount(step: "curate")
      observer.began(step: "curate", detail: "")
      let stage = CurateStage(
        catalog: catalog, lake: lake, signatures: workspace.signaturesPath, parameters: parameters,
        resources: workspace.curateResources, workers: workers)
      let result = try await stage.run { observer.progressed(done: $0, total: $1, unit: "records") }
      step.curate = result
      observer.ended(
        step: "curate", detail: "\(result.kept) kept, \(result.dropped.values.reduce(0, +)) dropped")
    case .label(let parameters):
      step = StepAccount(step: "label")
      observer.began(step: "label", detail: "")
      step.collected = try collect(catalog, lake, run: account.run)
      let stage = LabelStage(catalog: catalog, lake: lake, parameters: parameters)
      var result = try stage.run { observer.progressed(done: $0, total: $1, unit: "records") }
      if !parameters.judging.isEmpty {
        let judging = JudgingStage(
          catalog: catalog, lake: lake, parameters: parameters.judging, rubrics: project.rubrics,
          service: try models(catalog, account.run),
          key: try workspace.pseudonyms().derivedKey(for: "judges"),
          models: workspace.studentsPath, run: account.run, now: self.clock())
        step.judging = try await judging.run {
          result = try stage.run { _, _ in }
        } progress: {
          observer.progressed(done: $0, total: $1, unit: "questions")
        }
      }
      step.label = result
      observer.ended(
        step: "label",
        detail: "\(result.counts.good) good, \(result.counts.bad) bad, \(result.counts.tie) tied")
    case .synthesize(let parameters):
      step = StepAccount(step: "synthesize")
      step.synthesis = try await synthesize(
        parameters, pipeline: account.pipeline, run: account.run, catalog, lake, logger)
    case .review(let parameters):
      step = StepAccount(step: "review")
      step.review = []
      // What a label step of the same run brought in already is not written again.
      step.collected = try collect(catalog, lake, run: account.run)
      for name in parameters.queues {
        guard let queue = project.queue(name) else { throw RunnerError(.noQueue, name) }
        observer.began(step: "review", detail: name)
        let filler = QueueFiller(catalog: catalog, queue: queue, run: account.run, time: self.clock())
        let result = try filler.fill()
        step.review?.append(result)
        observer.ended(
          step: "review",
          detail: result.isClosed ? "\(name): closed" : "\(name): \(result.total) new, \(result.open) open")
        logger.info("queue filled", metadata: ["queue": "\(name)", "new": "\(result.total)"])
      }
    case .publish(let parameters):
      step = StepAccount(step: "publish")
      step.publish = []
      let registry = try workspace.registry(create: true)
      let stage = PublishStage(
        catalog: catalog, lake: lake, registry: registry, run: account.run, created: self.clock(),
        workers: workers,
        prompts: try ProtectedPrompts(patterns: parameters.protected, root: project.root),
        spans: try RecognisedNames.spans(catalog), nonce: nonce)
      for name in parameters.datasets {
        guard let dataset = project.dataset(name) else { throw RunnerError(.noDataset, name) }
        observer.began(step: "publish", detail: name)
        let result = try await stage.publish(dataset) {
          observer.progressed(done: $0, total: $1, unit: "examples")
        }
        step.publish?.append(result)
        try writePairs(result, run: account.run)
        observer.ended(step: "publish", detail: "\(name) \(result.result.rawValue)")
        logger.info("published", metadata: ["dataset": "\(name)", "result": "\(result.result.rawValue)"])
      }
    }
    step.seconds = Double((clock.now - begin) / .microseconds(1)) / 1e6
    step.processorSeconds = ProcessUsage.now.processorSeconds - processor
    account.steps.append(step)
    logger.info("step ended", metadata: ["step": "\(step.step)", "seconds": "\(step.seconds)"])
  }

  /// Brings in what people corrected and preferred; nil where there is nothing new.
  ///
  /// Before labels are made, so that what was answered today is in tonight's versions.
  private func collect(_ catalog: CatalogStore, _ lake: LakeStore, run: String) throws -> CollectAccount? {
    let collector = AnswerCollector(catalog: catalog, lake: lake, run: run, now: clock())
    let account = try collector.collect()
    return account.feedback.total > 0 || account.unfit > 0 ? account : nil
  }

  /// Adds the pairs for which candidates were left out to the run's folder, one JSON object a line.
  private func writePairs(_ account: PublishAccount, run: String) throws {
    guard let pairs = account.decontamination?.allPairs, !pairs.isEmpty else { return }
    struct Line: Encodable {
      let dataset: String
      let pair: ContaminationPair

      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(dataset, forKey: .dataset)
        try pair.encode(to: encoder)
      }

      enum Key: String, CodingKey { case dataset }
    }
    let path = "\(workspace.runFolder(run))/decontamination.jsonl"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var text = FileManager.default.fileExists(atPath: path) ? try DurableFile.read(path) : []
    for pair in pairs {
      text += Array(try encoder.encode(Line(dataset: account.dataset, pair: pair))) + [0x0A]
    }
    try DurableFile.replace(path, with: text)
  }

  private func pull(
    _ name: String, workers: Int, run: String, since: Timestamp?, _ catalog: CatalogStore, _ lake: LakeStore,
    _ logger: Logger
  ) async throws -> PullAccount {
    guard let source = project.source(name) else { throw RunnerError(.noSource, name) }
    let lock = try workspace.lock("source-\(name)")
    defer { withExtendedLifetime(lock) {} }
    let access = try source.access(environment: environment, definitionFolder: project.sourcesFolder)
    observer.began(step: "pull", detail: name)
    let stage = PullStage(
      catalog: catalog, lake: lake, pseudonyms: try workspace.pseudonyms(), workers: workers, run: run,
      now: clock())
    let account = try await stage.run(source, access: access, since: since) {
      observer.progressed(done: $0, total: $1, unit: "bytes")
    }
    observer.ended(
      step: "pull",
      detail: "\(name): \(account.interactions.total) interactions, \(account.feedback.total) feedback, "
        + "\(account.quarantined.values.reduce(0, +)) quarantined")
    logger.info(
      "pulled",
      metadata: [
        "source": "\(name)", "lines": "\(account.lines)", "interactions": "\(account.interactions.total)",
        "feedback": "\(account.feedback.total)", "quarantined": "\(account.quarantined.values.reduce(0, +))",
      ])
    return account
  }

  /// Removes what dead runs left: their temporary folders and files, and sealed segments that no transaction names.
  private func collectGarbage(_ catalog: CatalogStore, _ lake: LakeStore, _ logger: Logger) throws {
    let sessions = try lake.removeDeadSessions()
    let segments = try lake.unreferenced(known: Set(try catalog.segments().map(\.path)))
    for segment in segments { try lake.remove(segment: segment) }
    let files =
      try workspace.removeDeadTemporaries()
      + SignatureIndex.collectGarbage(
        folder: workspace.signaturesPath, known: Set(catalog.signatureRuns().map(\.name)))
    if sessions + segments.count + files > 0 {
      logger.info(
        "collected garbage",
        metadata: ["sessions": "\(sessions)", "segments": "\(segments.count)", "files": "\(files)"])
    }
  }

  private func balance(_ account: RunAccount, _ catalog: CatalogStore) throws -> RecordBalance {
    var balance = RecordBalance()
    var interactions = 0
    var feedback = 0
    for pull in account.steps.flatMap({ $0.pull ?? [] }) {
      balance.pulled += pull.records
      interactions += pull.interactions.new + pull.interactions.updated
      feedback += pull.feedback.new + pull.feedback.updated
      for (reason, count) in pull.quarantined { balance.quarantined[reason, default: 0] += count }
      balance.drop("not-mapped", pull.unmatched)
      balance.drop("repeated-row", pull.interactions.repeated + pull.feedback.repeated)
      balance.drop("older-row", pull.interactions.superseded + pull.feedback.superseded)
    }
    for collected in account.steps.compactMap(\.collected) {
      balance.pulled += collected.feedback.total
      feedback += collected.feedback.new + collected.feedback.updated
      balance.drop("older-row", collected.feedback.superseded)
      balance.drop("repeated-row", collected.feedback.repeated)
    }
    for written in account.synthesis.filter({ $0.state == .written }) {
      // What models wrote comes in like what was logged.
      balance.pulled += written.records
      interactions += written.records
    }
    let standing = try catalog.standing(run: account.run)
    for row in standing.interactions {
      switch row.decision {
      case Decision.kept.rawValue: balance.keptInteractions += row.count
      case Decision.dropped.rawValue: balance.drop(row.reason ?? "dropped", row.count)
      default: balance.pending += row.count
      }
    }
    balance.keptFeedback = standing.feedback
    // A row that a later row of the same run replaced is an older row too.
    balance.drop("older-row", interactions - standing.interactions.reduce(0) { $0 + $1.count })
    balance.drop("older-row", feedback - standing.feedback)
    guard balance.balances else {
      throw RunnerError(.outOfBalance, account.run, numbers: [balance.pulled, balance.accounted])
    }
    return balance
  }

  private func finish(_ account: inout RunAccount, _ catalog: CatalogStore, _ logger: Logger) throws {
    let finished = clock()
    account.finished = finished.description
    account.peakMemory = ProcessUsage.now.peakMemory
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(account)
    try DurableFile.replace("\(workspace.runFolder(account.run))/account.json", with: Array(json))
    try DurableFile.replace(
      "\(workspace.runFolder(account.run))/metrics.prom", with: Array(RunMetrics.text(account).utf8))
    try DurableFile.replace(
      "\(workspace.runFolder(account.run))/report.html", with: Array(RunReport.html(account).utf8))
    try catalog.finishRun(
      id: account.run, at: finished, state: account.state, account: String(decoding: json, as: UTF8.self))
    try catalog.checkpoint()
    logger.info("run ended", metadata: ["state": "\(account.state)"])
    if account.state != "done" {
      NotifyHook(environment: environment).call(
        pipeline: account.pipeline, state: account.state,
        account: "\(workspace.runFolder(account.run))/account.json", logger)
    }
  }
}

extension RecordBalance {
  mutating func drop(_ reason: String, _ count: Int) {
    if count != 0 { dropped[reason, default: 0] += count }
  }
}

/// What ends a run that no stage is to blame for.
public struct RunnerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds.
  public enum Code: String, Sendable {
    /// A step names a source that is not declared.
    case noSource
    /// A step names a dataset that is not defined.
    case noDataset
    /// A step names a queue that is not defined.
    case noQueue
    /// Records are missing from the account: a defect of flywheel.
    case outOfBalance
  }

  /// What happened.
  public let code: Code
  /// The name it is about.
  public let name: String
  /// Pulled and accounted records, for `outOfBalance`.
  public let numbers: [Int]

  init(_ code: Code, _ name: String, numbers: [Int] = []) {
    self.code = code
    self.name = name
    self.numbers = numbers
  }

  /// The code, the name and the numbers.
  public var description: String { "\(code.rawValue): \(name) \(numbers)" }
}

/// Processor time and memory of this process.
struct ProcessUsage {
  let processorSeconds: Double
  /// Peak resident memory in bytes.
  let peakMemory: Int

  static var now: ProcessUsage {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return ProcessUsage(
      processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      peakMemory: Int(usage.ru_maxrss) * 1024)
  }
}
