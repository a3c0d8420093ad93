import Bytes
import Catalog
import Foundation
import Lake
import LanguageModels
import Records
import Text

/// What a dataset wants written: its deficits and what it is, handed down by the pipeline, which knows all stages.
public struct SynthesisOrder: Sendable {
  /// A slice with its condition, in the order in which slices take records.
  public struct Slice: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The SQL condition over `records`; nil for what no other slice takes.
    public let condition: String?
    /// What is lacking.
    public let deficit: SynthesisAccount.Deficit

    /// States a slice.
    public init(name: String, condition: String?, deficit: SynthesisAccount.Deficit) {
      self.name = name
      self.condition = condition
      self.deficit = deficit
    }
  }

  /// The dataset.
  public let dataset: String
  /// What it is, for whoever writes.
  public let domain: String
  /// What its examples are for.
  public let kind: Kind
  /// The SQL condition for its records, which are its seeds unless the step says otherwise.
  public let select: String
  /// Its slices.
  public let slices: [Slice]

  /// States an order.
  public init(dataset: String, domain: String, kind: Kind, select: String, slices: [Slice]) {
    self.dataset = dataset
    self.domain = domain
    self.kind = kind
    self.select = select
    self.slices = slices
  }
}

/// Texts that a step names, read by the pipeline.
public struct SynthesisTexts: Sendable {
  /// A file.
  public struct File: Sendable {
    /// Its path relative to the project.
    public let name: String
    /// Its content.
    public let bytes: [UInt8]

    /// States a file.
    public init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// Prompts by name.
  public var templates: [String: String] = [:]
  /// Files of seed tasks.
  public var seeds: [File] = []
  /// Files of documents.
  public var documents: [File] = []
  /// Files of tools.
  public var tools: [File] = []
  /// The JSON Schema of answers; nil for any.
  public var schema: String?

  /// No texts.
  public init() {}
}

/// Who answers: what a step asks, and what is known of it.
public struct SynthesisModels: Sendable {
  /// Asks; nil where the project has no models.
  public var rounds: (any RequestRounds)?
  /// Judges candidates; nil without rubrics.
  public var judge: (any CandidateJudge)?
  /// Whether judges are named and none may choose.
  public var lacksJudge = false
  /// Models of the judges, one for each judge, for the estimate.
  public var judgeModels: [String] = []
  /// Whether a judge chooses that was not measured.
  public var isUncalibrated = false
  /// What people said of outputs before; nil where nobody did.
  public var people: PeoplesWord?
  /// Texts as vectors; nil where words are compared.
  public var embed: (@Sendable ([String]) async throws -> [[Float]])?
  /// Families by model.
  public var families: [String: String] = [:]
  /// Prices by model.
  public var prices: [String: ModelPrices] = [:]
  /// The factors on prices of models that are asked in a service's batch.
  public var batchFactors: [String: Double] = [:]

  /// Nobody.
  public init() {}
}

/// Writes what slices of a dataset lack: plans, has it written and checked, compares a student, selects, and hands
/// candidates to curation, as records like all others.
///
/// The plan is kept before the first request. All else is a function of it and of answers that are kept by their requests:
/// killed anywhere, or left while a service works on a batch, the next run goes on with the same plan, asks nothing twice, and
/// writes the candidates in one transaction that also ends the batch.
public struct SynthesizeStage: Sendable {
  private let catalog: CatalogStore
  private let lake: LakeStore
  private let pipeline: String
  private let parameters: SynthesizeParameters
  private let texts: SynthesisTexts
  private let models: SynthesisModels
  private let run: String
  private let now: Timestamp

  /// Prepares the stage.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - lake: the lake that it indexes.
  ///   - pipeline: the pipeline whose step this is.
  ///   - parameters: the step.
  ///   - texts: what it names.
  ///   - models: who answers.
  ///   - run: the run that pays.
  ///   - now: the run's time.
  public init(
    catalog: CatalogStore, lake: LakeStore, pipeline: String, parameters: SynthesizeParameters,
    texts: SynthesisTexts, models: SynthesisModels, run: String, now: Timestamp
  ) {
    self.catalog = catalog
    self.lake = lake
    self.pipeline = pipeline
    self.parameters = parameters
    self.texts = texts
    self.models = models
    self.run = run
    self.now = now
  }

  /// Writes what a dataset lacks.
  /// - Parameters:
  ///   - order: what it lacks.
  ///   - dryRun: whether nothing is asked and nothing kept; default no.
  ///   - progress: called with inputs done and in all.
  /// - Returns: what it came to; a spent budget and a batch under way are states of it.
  /// - Throws: ``SynthesisError``, ``ModelError`` where nothing can be answered, the stores' errors.
  public func write(
    _ order: SynthesisOrder, dryRun: Bool = false, progress: (Int, Int) -> Void
  ) async throws -> SynthesisAccount {
    var account = SynthesisAccount(dataset: order.dataset, state: .complete)
    account.deficits = order.slices.map(\.deficit).sorted {
      (Double($1.room) / Double(max(1, $1.target)), $0.slice) < (
        Double($0.room) / Double(max(1, $0.target)), $1.slice
      )
    }
    let batches = try catalog.synthesisBatches().filter { $0.dataset == order.dataset }
    let open = batches.first { $0.state == .open && $0.pipeline == pipeline }
    let yields = Self.yields(batches)
    let plan: SynthesisPlan
    let batch: SynthesisBatch
    if let open, let kept = try? SynthesisPlan(json: open.plan) {
      (batch, plan) = (open, kept)
    } else {
      guard account.deficits.contains(where: { $0.room > 0 }) else { return account }
      plan = try self.plan(order, account.deficits, round: batches.count, yields)
      let json = plan.sortedJSON
      batch = SynthesisBatch(
        id: String(Digest.sha256(json).hex.prefix(16)), pipeline: pipeline, dataset: order.dataset, run: run,
        time: now,
        definition: Digest.sha256(parameters.sortedJSON).hex, plan: json)
    }
    account.batch = batch.id
    let prompts = try SynthesisPrompts(plan)
    account.estimate = try estimate(prompts, yields)
    account.isUncalibrated = models.isUncalibrated
    guard let rounds = models.rounds, !dryRun else {
      account.state = dryRun ? .dryRun : .noModel
      return account
    }
    guard !models.lacksJudge else {
      account.state = .noJudge
      return account
    }
    try catalog.addSynthesisBatch(batch)
    let work = SynthesisWork(
      prompts: prompts, rounds: rounds, verifiers: try Self.verifiers(plan), judge: models.judge,
      embed: models.embed,
      people: models.people, isOneWave: parameters.deadlineHours >= 24)
    do {
      let result = try await work.run(progress)
      account.count(result.slots)
      account.stopped = result.stopped
      account.pilot = result.pilot
      account.ablation = result.ablation
      account.student = result.comparison
      account.state = .written
      let writer = CandidateWriter(catalog: catalog, lake: lake, batch: batch, prompts: prompts, run: run)
      _ = try writer.write(result.slots, &account)
    } catch let pause as SynthesisPause {
      switch pause {
      case .budgetSpent: account.state = .budgetSpent
      case .waiting(let count):
        account.state = .waiting
        account.underWay = count
      }
    }
    return account
  }

  /// Candidates of batches that are planned and not written yet, by slice: the room that their plans take.
  /// - Parameters:
  ///   - dataset: the dataset that they are for.
  ///   - pipeline: one whose own batches do not count, since it goes on with them; nil counts all. Default nil.
  ///   - catalog: the catalog.
  /// - Returns: numbers by slice.
  /// - Throws: the catalog's errors.
  public static func planned(
    for dataset: String, exceptBy pipeline: String? = nil, in catalog: CatalogStore
  ) throws -> [String: Int] {
    var planned: [String: Int] = [:]
    for batch in try catalog.synthesisBatches(.open)
    where batch.dataset == dataset && batch.pipeline != pipeline {
      for slice in (try? SynthesisPlan(json: batch.plan))?.slices ?? [] {
        planned[slice.name, default: 0] += slice.room
      }
    }
    return planned
  }

  private func plan(
    _ order: SynthesisOrder, _ deficits: [SynthesisAccount.Deficit], round: Int, _ yields: [String: Double]
  ) throws -> SynthesisPlan {
    let reader = SeedReader(catalog: catalog, lake: lake, seed: parameters.seed)
    let found = try reader.interactions(
      parameters.seedCondition ?? order.select,
      slices: order.slices.compactMap { slice in slice.condition.map { (slice.name, $0) } })
    func writer(_ name: String) -> SynthesisPlan.Writer {
      SynthesisPlan.Writer(name: name, family: models.families[name] ?? "")
    }
    var seeds = found.seeds
    for file in texts.seeds { seeds += try SeedReader.tasks(file.bytes, name: file.name) }
    var plan = SynthesisPlan(
      dataset: order.dataset, round: round,
      domain: order.domain, kind: order.kind,
      slices: deficits.filter { $0.room > 0 }.map {
        SynthesisPlan.Slice(name: $0.slice, note: parameters.sliceNotes[$0.slice] ?? "", room: $0.room)
      }, teachers: parameters.teachers.map(writer), student: parameters.student.map(writer),
      parameters: parameters, templates: texts.templates, schema: texts.schema, seeds: seeds,
      documents: texts.documents.flatMap {
        SeedReader.documents(String(decoding: $0.bytes, as: UTF8.self), name: $0.name)
      },
      tools: try texts.tools.map { file in
        guard (try? JSONDocument(file.bytes).read { $0[0] != nil }) == true else {
          throw SynthesisError(.badTools, name: file.name)
        }
        return String(decoding: file.bytes, as: UTF8.self)
      }, pool: found.known + seeds.filter { !$0.isFailure }.map { String($0.input.prefix(1000)) })
    plan.tasks = SynthesisPlanner(plan: plan, yields: yields).tasks()
    return plan
  }

  /// The share of inputs that became candidates in the dataset's last batches, by slice.
  private static func yields(_ batches: [SynthesisBatch]) -> [String: Double] {
    var yields: [String: Double] = [:]
    for batch in batches where batch.state == .written {
      guard let account = batch.account.flatMap({ try? SynthesisAccount(json: $0) }) else { continue }
      for (slice, tally) in account.slices where tally.requested >= 10 {
        yields[slice] = Double(tally.accepted) / Double(tally.requested)
      }
    }
    return yields
  }

  private func estimate(
    _ prompts: SynthesisPrompts, _ yields: [String: Double]
  ) throws -> SynthesisEstimate {
    var sizes: [String: AnswerSizes] = [:]
    for name in prompts.plan.parameters.models.union(models.judgeModels) {
      sizes[name] = try catalog.answerSizes(of: name)
    }
    let shares = yields.values
    return try SynthesisEstimator(
      prompts: prompts, prices: models.prices, sizes: sizes, judges: models.judgeModels,
      yield: shares.isEmpty ? nil : shares.reduce(0, +) / Double(shares.count),
      batchFactors: models.batchFactors
    ).estimate()
  }

  /// The checks of a plan, the cheapest first.
  static func verifiers(_ plan: SynthesisPlan) throws -> VerifierList {
    var list: [any OutputVerifier] = []
    let verify = plan.parameters.verify
    if let schema = plan.schema {
      guard let verifier = try? SchemaVerifier(schema: Array(schema.utf8)) else {
        throw SynthesisError(.badVerifier, name: verify.schema ?? plan.dataset)
      }
      list.append(verifier)
    }
    if !verify.patterns.isEmpty || !verify.forbidden.isEmpty {
      list.append(try PatternVerifier(required: verify.patterns, forbidden: verify.forbidden))
    }
    if !plan.documents.isEmpty { list.append(CitationVerifier(isRequired: true)) }
    if verify.arithmetic { list.append(ArithmeticVerifier()) }
    if verify.execution { list.append(ExecutionVerifier()) }
    return VerifierList(list)
  }
}

extension SynthesisPlan {
  init(json: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
  }
}

extension SynthesisAccount {
  /// Reads an account as it is kept.
  /// - Throws: for anything else.
  public init(json: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
  }
}
