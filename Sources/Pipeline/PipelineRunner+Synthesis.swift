import Catalog
import Lake
import Logging
import Records
import Synthesize

extension PipelineRunner {
  /// Runs a `synthesize` step, dataset by dataset.
  func synthesize(
    _ parameters: SynthesizeParameters, pipeline: String, run: String, _ catalog: CatalogStore,
    _ lake: LakeStore, _ logger: Logger
  ) async throws -> [SynthesisAccount] {
    var accounts: [SynthesisAccount] = []
    for name in parameters.datasets {
      observer.began(step: "synthesize", detail: name)
      let work = SynthesisRun(
        project: project, workspace: workspace, catalog: catalog, lake: lake,
        registry: try workspace.registry(create: true), pipeline: pipeline, run: run, now: clock(),
        service: try models(catalog, run))
      let result = try await work.fill(parameters, dataset: name, dryRun: false) {
        observer.progressed(done: $0, total: $1, unit: "inputs")
      }
      accounts.append(result)
      observer.ended(
        step: "synthesize", detail: "\(name): \(result.state.rawValue), \(result.inputs.accepted) candidates")
      logger.info(
        "synthesized",
        metadata: [
          "dataset": "\(name)", "state": "\(result.state.rawValue)", "batch": "\(result.batch)",
          "requested": "\(result.inputs.requested)", "accepted": "\(result.inputs.accepted)",
        ])
    }
    return accounts
  }

  /// Says what the synthesize steps of a pipeline would ask for and what it would cost; asks nothing and writes nothing.
  /// - Parameter pipeline: its definition.
  /// - Returns: an account of each dataset, in the state `dry-run` where anything is lacking.
  /// - Throws: ``SynthesisError``, the stores' errors.
  public func estimate(_ pipeline: PipelineDefinition) async throws -> [SynthesisAccount] {
    // A catalog that is not there is empty: a cold start is estimated before anything was run.
    let catalog = try workspace.catalog()
    let work = SynthesisRun(
      project: project, workspace: workspace, catalog: catalog, lake: try workspace.lake(),
      registry: try? workspace.registry(create: false), pipeline: pipeline.name, run: "dry-run", now: clock(),
      service: nil)
    var accounts: [SynthesisAccount] = []
    for parameters in pipeline.synthesis {
      for dataset in parameters.datasets {
        accounts.append(try await work.fill(parameters, dataset: dataset, dryRun: true) { _, _ in })
      }
    }
    return accounts
  }
}
