import ArgumentParser
import Bytes
import Foundation
import Pipeline
import Synthesize

/// Has models write what datasets lack, without the other steps.
struct SynthesizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthesize",
    abstract: "Have models write what slices of datasets lack: run a pipeline's synthesize steps.",
    discussion: """
      Runs the synthesize steps of the pipeline on the workspace. What was asked before is not asked again, and a spent \
      budget, or a service's batch that is not done, leaves the rest to the next run. The candidates are curated and \
      published by the steps that come after, once people have accepted a sample of their batch.

      With --dry-run it asks nothing and writes nothing: it says what is lacking, and what it would take in requests, \
      tokens and US dollars, each with an interval of 90 %.
      """)

  @Argument(help: "The pipeline whose synthesize steps are meant.")
  var pipeline: String = "cold-start"

  @Flag(name: .customLong("dry-run"), help: "Ask nothing and write nothing; show what it would take.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    guard let definition = project.pipeline(pipeline) else {
      throw UseError.unknownName("pipeline", pipeline, legal: project.pipelines.map(\.name))
    }
    guard !definition.synthesis.isEmpty else { throw UseError.noStep("synthesize", pipeline: pipeline) }
    let runner = PipelineRunner(
      project: project, workspace: context.workspace, environment: context.environment,
      clock: { CommandContext.now }, nonce: { Hex.encode(KeyedHash.randomBytes(16)) },
      observer: ProgressBar(interactive: Terminal.isInteractive && !common.json),
      models: context.models(project, of: definition))
    let accounts =
      dryRun
      ? try await runner.estimate(definition)
      : try await runner.run(definition.onlySynthesizing, workers: 1).synthesis
    if common.json {
      try Terminal.json(accounts)
    } else {
      for (place, account) in accounts.enumerated() {
        if place > 0 { Terminal.line() }
        for line in SynthesisSummary.lines(account) { Terminal.line(line) }
      }
    }
    if accounts.contains(where: { $0.state == .budgetSpent }) {
      throw ExitCode(Failure.Code.budgetSpent.rawValue)
    }
  }
}
