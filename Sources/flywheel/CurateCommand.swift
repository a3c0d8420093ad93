import ArgumentParser
import Bytes
import Curate
import Foundation
import Pipeline

/// Curates without the other steps, tries rules, and curates a lake into another.
struct CurateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "curate",
    abstract: "Apply a pipeline's rules: now, for trial, or from one lake to another.",
    discussion: """
      Without an option it runs the curate step of the pipeline on the workspace. With --dry-run it applies the rules as \
      the definition now has them to every interaction and writes nothing; with --compare it shows what would change \
      against what the catalog holds. With --from and --to it needs no catalog: segments of one lake become segments of \
      another, of what the rules keep, with the findings beside them in findings/. There the first of equal or nearly \
      equal records stays, what redaction left is masked, and no cap on users applies.
      """)

  @Argument(help: "The pipeline whose curate step is meant.")
  var pipeline: String = "nightly"

  @Flag(name: .customLong("dry-run"), help: "Write nothing; show what the rules would find.")
  var dryRun = false

  @Flag(name: .long, help: "With --dry-run: show what would change against the catalog.")
  var compare = false

  @Option(name: .long, help: "With --compare: show this many ids of what would change, 0 to 1000.")
  var sample: Int = 5

  @Option(name: .long, help: "A lake's folder to read, such as .flywheel/lake.")
  var from: String?

  @Option(name: .long, help: "With --from: a folder that is not there yet, which becomes a lake.")
  var to: String?

  @Option(name: .long, help: "Tasks at a time, 1 to 256. (default: the pipeline's, else the processors)")
  var workers: Int?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let workers, !(1...256).contains(workers) {
      throw ValidationError("--workers takes 1 to 256, not \(workers).")
    }
    if !(0...1000).contains(sample) { throw ValidationError("--sample takes 0 to 1000, not \(sample).") }
    if compare, !dryRun { throw ValidationError("--compare goes with --dry-run.") }
    if (from == nil) != (to == nil) { throw ValidationError("--from and --to go together.") }
    if from != nil, dryRun { throw ValidationError("Give --dry-run or --from, not both.") }
  }

  func run() async throws {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    guard let definition = project.pipeline(pipeline) else {
      throw UseError.unknownName("pipeline", pipeline, legal: project.pipelines.map(\.name))
    }
    guard let parameters = definition.curation else { throw UseError.noStep("curate", pipeline: pipeline) }
    let workers = self.workers ?? definition.workers ?? ProcessInfo.processInfo.activeProcessorCount
    let bar = ProgressBar(interactive: Terminal.isInteractive && !common.json)
    if let from, let to {
      try await curate(parameters, context, from: from, to: to, workers, bar)
    } else if dryRun {
      try await tryRules(parameters, context, workers, bar)
    } else {
      let runner = PipelineRunner(
        project: project, workspace: context.workspace, environment: context.environment,
        clock: { CommandContext.now }, nonce: { Hex.encode(KeyedHash.randomBytes(16)) }, observer: bar)
      let account = try await runner.run(definition.onlyCurating, workers: workers)
      if common.json { return try Terminal.json(account) }
      for line in CurateSummary.lines(account) { Terminal.line(line) }
    }
  }

  private func tryRules(
    _ parameters: CurateParameters, _ context: CommandContext, _ workers: Int, _ bar: ProgressBar
  ) async throws {
    guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
    let stage = CurateStage(
      catalog: try context.workspace.catalog(), lake: try context.workspace.lake(),
      signatures: context.workspace.signaturesPath, parameters: parameters,
      resources: context.workspace.curateResources, workers: workers)
    bar.began(step: "curate", detail: "dry run")
    let result = try await stage.compare(samples: sample) {
      bar.progressed(done: $0, total: $1, unit: "records")
    }
    bar.ended(step: "curate", detail: "dry run, \(result.examined) records")
    if common.json { return try Terminal.json(result) }
    for line in CurateSummary.lines(result, compare: compare) { Terminal.line(line) }
  }

  private func curate(
    _ parameters: CurateParameters, _ context: CommandContext, from: String, to: String, _ workers: Int,
    _ bar: ProgressBar
  ) async throws {
    func path(_ text: String) -> String {
      URL(
        fileURLWithPath: text, relativeTo: URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      )
      .standardizedFileURL.path
    }
    let target = path(to)
    guard !FileManager.default.fileExists(atPath: target) else { throw UseError.inTheWay(target) }
    bar.began(step: "curate", detail: from)
    let account = try await LakeCuration(
      parameters: parameters, resources: context.workspace.curateResources, workers: workers
    ).run(
      from: path(from), to: target
    ) { bar.progressed(done: $0, total: $1, unit: "bytes") }
    bar.ended(step: "curate", detail: "\(account.kept) of \(account.examined) records kept")
    if common.json { return try Terminal.json(account) }
    for line in CurateSummary.lines(account, target: to) { Terminal.line(line) }
  }
}
