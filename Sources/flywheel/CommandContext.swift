import Catalog
import Foundation
import Label
import LanguageModels
import Pipeline
import Records
import Synthesize

/// What a command stands in: the project, its workspace and the environment.
struct CommandContext {
  let root: String
  let workspace: Workspace
  let environment: [String: String]

  init(_ options: CommonOptions) throws {
    environment = ProcessInfo.processInfo.environment
    root = try Self.root(options.project)
    workspace = Workspace(project: root, environment: environment)
  }

  /// The time of day, which no module below the command reads.
  static var now: Timestamp { Timestamp(microseconds: Int64((Date().timeIntervalSince1970 * 1e6).rounded())) }

  /// The UTC day some days before today, such as `2026-11-20`.
  static func day(before days: Int) -> String {
    Timestamp(microseconds: now.microseconds - Int64(days) * 86_400_000_000).day
  }

  /// The project if all its definitions are sound.
  func soundProject() throws -> Project {
    let loaded = try Project.load(root: root)
    guard loaded.faults.isEmpty else { throw UseError.definitions(loaded.faults) }
    return loaded.project
  }

  /// Makes who answers for models of the project: a client with the catalog's ledger.
  /// - Parameters:
  ///   - project: declares the models, their services and the budget.
  ///   - names: the models that will be asked; the secrets of their services are looked up when the first is needed.
  /// - Returns: makes nobody where no models are asked or declared.
  func models(_ project: Project, asking names: Set<String>) -> PipelineRunner.ModelSource {
    let environment = environment
    let folder = "\(root)/Pipelines"
    let files = "\(workspace.home)/batches"
    return { catalog, run in
      let models = project.models.models
      guard !names.isEmpty, !models.isEmpty else { return nil }
      let services = try project.models.services(for: names, environment: environment, folder: folder)
      let ledger = try SpendLedger(catalog, limits: project.models.budget)
      var shares: [String: Double] = [:]
      for model in models {
        guard let service = services.first(where: { $0.name == model.service }), service.batches else {
          continue
        }
        shares[model.name] = service.batchShare
      }
      return ProjectModels(
        client: ModelClient(models: models, services: services, ledger: ledger, run: run),
        batches: BatchClient(
          models: models, services: services, ledger: ledger, batches: BatchJournal(catalog), run: run,
          folder: files),
        batchShares: shares)
    }
  }

  /// Makes who answers for the judges of a pipeline's steps, and who writes in its synthesize steps.
  func models(_ project: Project, of pipeline: PipelineDefinition) -> PipelineRunner.ModelSource {
    var names: Set<String> = []
    for step in pipeline.steps {
      let rubrics: [String]
      switch step.parameters {
      case .label(let parameters): rubrics = parameters.judging.rubrics
      case .synthesize(let parameters):
        rubrics = parameters.judges
        names.formUnion(parameters.models)
      default: continue
      }
      for rubric in rubrics { names.formUnion(project.rubric(rubric)?.panel ?? []) }
    }
    return models(project, asking: names)
  }

  /// The folder asked for, or the nearest one from here upwards that has `Pipelines/`.
  private static func root(_ asked: String?) throws -> String {
    let here = FileManager.default.currentDirectoryPath
    if let asked {
      let path = URL(fileURLWithPath: asked, relativeTo: URL(fileURLWithPath: here)).standardizedFileURL.path
      guard isProject(path) else { throw WorkspaceError(.noProject, path) }
      return path
    }
    guard let root = Project.findRoot(from: here) else { throw WorkspaceError(.noProject, here) }
    return root
  }

  private static func isProject(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: "\(path)/Pipelines", isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
