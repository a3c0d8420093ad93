import Bytes
import Foundation
import Pipeline
import Pull
import Records
import Registry

/// Reads one source into the lake, outside any pipeline.
struct SourcePull {
  private let source: SourceDefinition
  private let since: Timestamp?
  private let project: Project
  private let context: CommandContext
  private let json: Bool

  /// Takes the name if it means a source; a dataset of the name has it unless `--since` says otherwise.
  /// - Throws: ``UseError`` for `--since` with a name that no source has.
  init?(name: String, since: String?, common: CommonOptions, registry: RegistryOptions) throws {
    if since == nil, name.contains("@") { return nil }
    if since == nil, let published = try? registry.open(common).datasets(), published.contains(name) {
      return nil
    }
    guard since != nil || (try? CommandContext(common)) != nil else { return nil }
    let context = try CommandContext(common)
    guard since != nil || ((try? Project.load(root: context.root))?.project.source(name)) != nil else {
      return nil
    }
    let project = try context.soundProject()
    guard let source = project.source(name) else {
      throw UseError.unknownName("source", name, legal: project.sources.map(\.name))
    }
    self.source = source
    self.project = project
    self.context = context
    json = common.json
    self.since = try since.map { text in
      guard let since = Since(text) else {
        throw UseError.badForm(
          what: "--since", text: text, form: "as 30d, 12h, 90m or a date such as 2026-11-01")
      }
      return since.time(before: CommandContext.now)
    }
  }

  func run() async throws {
    let pipeline = PipelineDefinition(
      name: "pull-\(source.name)", file: "",
      steps: [Step(line: 0, parameters: .pull(PullParameters(sources: [source.name])))])
    let runner = PipelineRunner(
      project: project, workspace: context.workspace, environment: context.environment,
      clock: { CommandContext.now }, nonce: { Hex.encode(KeyedHash.randomBytes(16)) },
      observer: ProgressBar(interactive: Terminal.isInteractive && !json))
    let account = try await runner.run(
      pipeline, workers: ProcessInfo.processInfo.activeProcessorCount, since: since)
    if json { return try Terminal.json(account) }
    for line in RunSummary.lines(account, workspace: context.workspace) { Terminal.line(line) }
  }
}
