import ArgumentParser
import Bytes
import Catalog
import Foundation
import Label
import Pipeline
import Publish
import Records
import Review

/// Runs a pipeline.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a pipeline: pull, curate, label, publish.",
    discussion: """
      A run can be killed at any moment: the next one goes on where it stopped, loses nothing and publishes nothing \
      twice. With nothing new it publishes nothing. It leaves runs/ID/report.html, account.json, metrics.prom and \
      log.jsonl in the workspace (FLYWHEEL_HOME, default .flywheel/).
      """)

  @Argument(help: "The pipeline's name: a file in Pipelines/ without .yaml.")
  var pipeline: String

  @Option(name: .long, help: "Tasks at a time, 1 to 256. (default: the pipeline's, else the processors)")
  var workers: Int?

  @Flag(name: .long, help: "End with exit code 4 if lines went to quarantine.")
  var strict = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let workers, !(1...256).contains(workers) {
      throw ValidationError("--workers takes 1 to 256, not \(workers).")
    }
  }

  func run() async throws {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    guard let definition = project.pipeline(pipeline) else {
      throw UseError.unknownName("pipeline", pipeline, legal: project.pipelines.map(\.name))
    }
    let workers = self.workers ?? definition.workers ?? ProcessInfo.processInfo.activeProcessorCount
    let runner = PipelineRunner(
      project: project, workspace: context.workspace, environment: context.environment,
      clock: { CommandContext.now }, nonce: { Hex.encode(KeyedHash.randomBytes(16)) },
      observer: ProgressBar(interactive: Terminal.isInteractive && !common.json),
      models: context.models(project, of: definition))
    let account = try await runner.run(definition, workers: workers)
    if common.json {
      try Terminal.json(account)
    } else {
      for line in RunSummary.lines(account, workspace: context.workspace) { Terminal.line(line) }
    }
    if account.isBudgetSpent { throw ExitCode(Failure.Code.budgetSpent.rawValue) }
    if account.state == "refused" { throw ExitCode(Failure.Code.gateRefused.rawValue) }
    if strict, !account.balance.quarantined.isEmpty { throw ExitCode(Failure.Code.quarantined.rawValue) }
  }
}

/// The account of a run for people, and what to do next.
enum RunSummary {
  static func lines(_ account: RunAccount, workspace: Workspace) -> [String] {
    var lines: [String] = []
    let seconds = account.steps.reduce(0) { $0 + $1.seconds }
    lines.append("\(account.pipeline): \(account.state) in \(Terminal.rounded(seconds)) s")
    lines.append("")
    lines += balance(account.balance)
    if let counts = account.steps.compactMap(\.label?.counts).last {
      lines.append("")
      lines.append(
        "labels: \(counts.good) good, \(counts.bad) bad, \(counts.tie) tied, \(counts.unlabelled) without a vote; "
          + "\(counts.waiting) feedback events wait for their interaction")
    }
    for judging in account.steps.compactMap(\.judging) { lines += JudgingSummary.lines(judging) }
    for synthesis in account.synthesis {
      lines.append("")
      lines += SynthesisSummary.lines(synthesis)
    }
    if !account.queues.isEmpty { lines.append("") }
    for queue in account.queues {
      lines.append(
        queue.isClosed
          ? "queue \(queue.queue): closed"
          : "queue \(queue.queue): \(queue.total) new, \(queue.open) open")
    }
    let publications = account.publications
    guard !publications.isEmpty else { return lines }
    lines.append("")
    lines += Terminal.table(
      ["dataset", "version", "result", "examples", "new", "left out"],
      publications.map { item in
        let splits = item.splits.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(
          separator: ", ")
        return [
          item.dataset, item.number == 0 ? "-" : "\(item.number)", item.result.rawValue, splits,
          "\(item.newExamples)", "\(item.left.values.reduce(0, +))",
        ]
      })
    for item in publications { lines += SyntheticSummary.lines(item) }
    for item in publications where item.result == .refused {
      lines.append("refused: \(item.dataset): \(item.refusals.joined(separator: "; "))")
    }
    lines += next(publications, account, workspace)
    return lines
  }

  private static func balance(_ balance: RecordBalance) -> [String] {
    func reasons(_ counts: [String: Int]) -> String {
      counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
        .joined(separator: ", ")
    }
    let dropped = balance.dropped.values.reduce(0, +)
    let quarantined = balance.quarantined.values.reduce(0, +)
    var lines = [
      "pulled       \(balance.pulled) records",
      "kept         \(balance.keptInteractions) interactions, \(balance.keptFeedback) feedback events",
    ]
    if balance.pending > 0 { lines.append("not curated  \(balance.pending)") }
    lines.append("dropped      \(dropped)" + (dropped > 0 ? ": \(reasons(balance.dropped))" : ""))
    lines.append("quarantined  \(quarantined)" + (quarantined > 0 ? ": \(reasons(balance.quarantined))" : ""))
    return lines
  }

  private static func next(
    _ publications: [PublishAccount], _ account: RunAccount, _ workspace: Workspace
  ) -> [String] {
    let program = CommandLine.arguments.first ?? "flywheel"
    var lines = ["", "next:"]
    if let item = publications.first(where: { $0.number > 0 && $0.result != .refused }) {
      lines.append("  \(program) pull \(item.dataset)@\(item.number) --to \(item.dataset)-\(item.number)")
    }
    lines.append("  \(program) datasets list")
    lines.append("  \(program) why ID        an id of your log: what happened to it, and why")
    lines.append("report: \(workspace.runFolder(account.run))/report.html")
    return lines
  }
}
