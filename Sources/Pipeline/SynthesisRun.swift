import Bytes
import Catalog
import Foundation
import Label
import Lake
import LanguageModels
import Publish
import Pull
import Records
import Registry
import Synthesize

/// Runs a `synthesize` step: tells the stage what datasets lack, hands it the texts that the step names, and who answers.
struct SynthesisRun {
  /// Hours within which services promise to answer a batch (OpenAI, "Batch API": `completion_window` is `24h`; Anthropic,
  /// "Batch processing": most end within an hour, all within 24).
  static let batchHours = 24

  let project: Project
  let workspace: Workspace
  let catalog: CatalogStore
  let lake: LakeStore
  /// Where versions are; nil where none was made yet.
  let registry: DatasetRegistry?
  let pipeline: String
  let run: String
  let now: Timestamp
  /// Who answers; nil for nobody.
  let service: (any ChatModel)?

  /// Fills what a dataset lacks.
  /// - Parameters:
  ///   - parameters: the step.
  ///   - name: the dataset.
  ///   - dryRun: whether nothing is asked and nothing kept.
  ///   - progress: called with inputs done and in all.
  /// - Returns: the account.
  /// - Throws: ``SynthesisError``, ``RunnerError``, what the stage throws.
  func fill(
    _ parameters: SynthesizeParameters, dataset name: String, dryRun: Bool, progress: (Int, Int) -> Void
  ) async throws -> SynthesisAccount {
    guard let dataset = project.dataset(name) else { throw RunnerError(.noDataset, name) }
    let stage = SynthesizeStage(
      catalog: catalog, lake: lake, pipeline: pipeline, parameters: parameters, texts: try texts(parameters),
      models: try models(parameters), run: run, now: now)
    return try await stage.write(try order(dataset), dryRun: dryRun, progress: progress)
  }

  private func order(_ dataset: DatasetDefinition) throws -> SynthesisOrder {
    let coverage = Coverage(catalog: catalog, registry: registry)
    guard
      let coverage = try coverage.account(
        dataset, planned: try SynthesizeStage.planned(for: dataset.name, exceptBy: pipeline, in: catalog))
    else {
      throw SynthesisError(.noTargets, name: dataset.name)
    }
    return SynthesisOrder(
      dataset: dataset.name, domain: dataset.description, kind: dataset.kind, select: dataset.select,
      slices: coverage.slices.map { slice in
        SynthesisOrder.Slice(
          name: slice.slice, condition: dataset.slices.first { $0.name == slice.slice }?.condition,
          deficit: SynthesisAccount.Deficit(
            slice: slice.slice, target: slice.target, deficit: slice.deficit, room: slice.room))
      })
  }

  private func texts(_ parameters: SynthesizeParameters) throws -> SynthesisTexts {
    var texts = SynthesisTexts()
    for name in parameters.prompts {
      let file = SynthesizeParameters.promptFile(name)
      texts.templates[name] = String(decoding: try read(file), as: UTF8.self)
    }
    texts.seeds = try files(parameters.seedFiles)
    texts.documents = try files(parameters.documents)
    texts.tools = try files(parameters.tools)
    texts.schema = try parameters.verify.schema.map { String(decoding: try read($0), as: UTF8.self) }
    return texts
  }

  private func files(_ patterns: [String]) throws -> [SynthesisTexts.File] {
    try patterns.flatMap { pattern in
      try ProtectedPrompts.matches(pattern, root: project.root).map { file in
        SynthesisTexts.File(name: file.name, bytes: try read(file.name))
      }
    }
  }

  private func read(_ path: String) throws -> [UInt8] {
    do throws(FileError) {
      return try DurableFile.read(path.hasPrefix("/") ? path : "\(project.root)/\(path)")
    } catch {
      throw SynthesisError(.unreadable, name: path)
    }
  }

  private func models(_ parameters: SynthesizeParameters) throws -> SynthesisModels {
    var models = SynthesisModels()
    for model in project.models.models {
      models.families[model.name] = model.family
      models.prices[model.name] = model.prices
    }
    let rubrics = parameters.judges.compactMap { project.rubric($0) }
    models.judgeModels = rubrics.flatMap(\.panel)
    guard let service else { return models }
    models.rounds = LiveRounds(service)
    if parameters.deadlineHours >= Self.batchHours, let all = service as? ProjectModels {
      models.rounds = BatchRounds(models: all, waitMinutes: parameters.waitMinutes)
      models.batchFactors = all.batchShares
    }
    if !rubrics.isEmpty {
      let panel = try RubricPanel(
        rubrics, mayBeUncalibrated: parameters.mayBeUncalibrated,
        key: try workspace.pseudonyms().derivedKey(for: "judges"), service: service, catalog: catalog)
      models.judge = panel
      models.lacksJudge = panel.judges.isEmpty
      models.isUncalibrated = !panel.shortfalls.isEmpty && !panel.judges.isEmpty
    }
    let words = try catalog.peoplesWords()
    if !words.isEmpty {
      models.people = { input, output in
        let record = InteractionRecord(
          id: "", source: "", time: Timestamp(microseconds: 0), conversation: "", input: input,
          output: InteractionRecord.Message(role: "assistant", content: output))
        return words[record.hashes.content]
      }
    }
    if let name = parameters.embeddings, let embedder = service as? any EmbeddingModel {
      models.embed = { texts in
        var vectors: [[Float]] = []
        var next = 0
        // OpenAI takes 2,048 texts a request (API reference, embeddings); smaller servers choke on less.
        while next < texts.count {
          let part = Array(texts[next..<min(texts.count, next + 128)])
          vectors += try await embedder.embed(EmbeddingRequest(model: name, texts: part)).vectors
          next += part.count
        }
        return vectors
      }
    }
    return models
  }
}
