import Bytes
import Catalog
import Foundation
import Lake
import LanguageModels
import Records
import Statistics
import Text

/// Why a label step cannot judge.
public struct JudgingError: Error, Sendable, Hashable {
  /// The kinds.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// A step names a rubric that is not declared.
    case noRubric
    /// Judges are named, and the project has no models to ask.
    case noModels
  }

  /// What happened.
  public let code: Code
  /// The name it is about.
  public let name: String

  /// States an error.
  public init(_ code: Code, name: String) {
    self.code = code
    self.name = name
  }
}

/// Brings in what judges and students say, cheapest first: calls that are in the data, a student, judges by worth.
///
/// After each part the labels are computed anew, so that the next part sees what the last one told. Everything that is
/// bought is kept in the catalog in batches, and everything else is a function of what the catalog then holds: killed
/// anywhere, a second run does what is left and pays for nothing twice.
public struct JudgingStage: Sendable {
  private let catalog: CatalogStore
  private let lake: LakeStore
  private let parameters: JudgingParameters
  private let rubrics: [Rubric]
  private let service: (any ChatModel)?
  private let key: [UInt8]
  private let models: String
  private let run: String
  private let now: Timestamp
  /// A thousandth of a dollar: what an opinion is thought to cost before one was bought.
  private static let unboughtPrice: Int64 = 1000
  /// Votes of a student in one transaction.
  private static let batch = 5000
  /// Lessons at most, those of the smallest hashes: more tell fastText little, and their text is held in memory.
  static let mostLessons = 200_000

  /// Prepares the stage.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - lake: the lake that it indexes.
  ///   - parameters: what is asked of whom.
  ///   - rubrics: the project's rubrics, with their templates.
  ///   - service: who answers for models; nil where the project has none.
  ///   - key: the workspace's secret, of which fences are made.
  ///   - models: the folder that students are written to.
  ///   - run: the run.
  ///   - now: the time of the run.
  public init(
    catalog: CatalogStore, lake: LakeStore, parameters: JudgingParameters, rubrics: [Rubric],
    service: (any ChatModel)?, key: [UInt8], models: String, run: String, now: Timestamp
  ) {
    self.catalog = catalog
    self.lake = lake
    self.parameters = parameters
    self.rubrics = rubrics
    self.service = service
    self.key = key
    self.models = models
    self.run = run
    self.now = now
  }

  /// Runs the stage.
  /// - Parameters:
  ///   - relabel: computes the labels anew.
  ///   - progress: called with questions asked and items in all.
  /// - Returns: the account.
  /// - Throws: ``JudgingError``, ``RubricFault``, ``ModelError``, and the stores' errors.
  public func run(relabel: () throws -> Void, progress: (Int, Int) -> Void) async throws -> JudgingAccount {
    var account = JudgingAccount()
    let importer = DataJudgeImport(catalog: catalog, run: run)
    for judge in parameters.dataJudges { account.dataJudges.append(try importer.bring(judge)) }
    if !parameters.dataJudges.isEmpty { try relabel() }
    var said: [ContentHash: Double]?
    if let settings = parameters.student {
      (said, account.student) = try train(settings, try catalog.judgingRows(where: parameters.condition))
      if said != nil { try relabel() }
    }
    guard !parameters.rubrics.isEmpty || parameters.escalation != nil else { return account }
    let panel = try panel()
    guard let service = service ?? (panel.isEmpty ? Nobody() : nil) else {
      throw JudgingError(.noModels, name: parameters.rubrics[0])
    }
    let judges = panel.filter { $0.rubric.form == .pointwise }
    let rows = try catalog.judgingRows(where: parameters.condition)
    let items = JudgeItems(lake: lake)
    if let settings = parameters.escalation {
      let escalation = Escalation(catalog: catalog, service: service, parameters: settings, run: run)
      let priced = try judges.map { judge in
        Escalation.PricedJudge(
          judge: judge, price: try JudgeRun.calibration(of: judge, in: catalog)?.price ?? Self.unboughtPrice)
      }
      account.escalation = try await escalation.escalate(
        rows, student: { said?[$0.content] }, studentName: said == nil ? nil : account.student?.voter,
        // The student is a tier of its own; golden items are certain without it.
        prior: { said == nil || $0.probability == 1 ? $0.good : $0.lesson ?? 0.5 }, judges: priced,
        items: items.item, progress: progress
      ).account
    } else {
      let asking = JudgeRun(catalog: catalog, service: service, run: run)
      for judge in judges {
        account.judges.append(try await asking.judge(judge, rows, items: items.item, progress: progress))
      }
    }
    try relabel()
    let comparers = panel.filter { $0.rubric.form == .pairs }
    if !comparers.isEmpty {
      let siblings = try catalog.siblings(where: parameters.condition)
      let asking = JudgeRun(catalog: catalog, service: service, run: run)
      var pairs: [JudgePairAccount] = []
      for judge in comparers {
        pairs.append(try await asking.judgePairs(judge, siblings, items: items.item, progress: progress))
      }
      account.pairs = pairs
    }
    return account
  }

  /// Answers nobody: an escalation without judges still says what is left for people.
  private struct Nobody: ChatModel {
    func answer(_ request: ChatRequest) async throws -> ChatAnswer {
      throw ModelError(.unknownModel, model: request.model)
    }
  }

  private func panel() throws -> [Judge] {
    var judges: [Judge] = []
    for name in parameters.rubrics {
      guard let rubric = rubrics.first(where: { $0.name == name }) else {
        throw JudgingError(.noRubric, name: name)
      }
      judges += try Judge.panel(of: rubric, key: key)
    }
    return judges
  }

  // MARK: Student

  /// Trains and measures a student and keeps its votes; its probabilities are nil where it may not vote.
  private func train(
    _ settings: StudentParameters, _ rows: [JudgingRow]
  ) throws -> (said: [ContentHash: Double]?, account: StudentAccount) {
    let golden = try catalog.goldenItems()
    let keys = try catalog.goldenKeys()
    let items = JudgeItems(lake: lake)
    func lesson(_ row: JudgingRow, good: Double?) throws -> StudentLesson {
      let item = try items.item(row)
      return StudentLesson(
        content: row.content, cluster: row.cluster, good: good,
        line: StudentText.line(input: item.input, output: item.output))
    }
    try DurableFile.makeFolder(models)
    let training = StudentTraining(parameters: settings, folder: models)
    let taught = rows.filter { $0.lesson != nil }.prefix(Self.mostLessons)
    let lessons = try training.train(
      try taught.map { try lesson($0, good: $0.lesson) }, protected: keys.contents)
    var account = lessons.account
    guard let trained = lessons.student else { return (nil, account) }
    // Who saw a suggestion may have followed it: such a word measures nobody.
    let classes = Dictionary(golden.filter { !$0.isExposed }.map { ($0.content, $0.class) }) { $1 }
    let gold = try rows.compactMap { row in
      try classes[row.content].map { try lesson(row, good: $0 == .good ? 1 : 0) }
    }
    training.measure(trained, gold: gold, into: &account)
    try DurableFile.replace(
      "\(models)/\(settings.name)-\(trained.digest.hex.prefix(16)).bin", with: trained.model)
    try catalog.addStudent(
      StudentRow(
        name: settings.name, version: trained.version, model: trained.digest.hex, training: trained.training,
        slope: trained.scale.slope, offset: trained.scale.offset,
        account: account.sortedJSON), at: now, run: run)
    let isAdmitted = account.shortfalls.isEmpty
    let name = "student:\(settings.name)"
    try catalog.setModelVoter(
      ModelVoter(
        name: name, version: trained.version, isAdmitted: isAdmitted,
        reason: isAdmitted
          ? "kappa \(JudgeCalibration.short(account.kappa.value))"
          : account.shortfalls.joined(separator: ", "),
        agreement: account.measured > 0 ? account.kappa.value : nil), run: run)
    guard isAdmitted else { return (nil, account) }
    let done = Set(try catalog.modelVotes(of: name, version: trained.version).map(\.content))
    var votes: [ModelVote] = []
    var all: [ContentHash: Double] = [:]
    for row in rows where !keys.contents.contains(row.content) {
      try Task.checkCancellation()
      let good = trained.good(try lesson(row, good: nil))
      all[row.content] = training.vote(good) == nil ? nil : good
      guard !done.contains(row.content) else { continue }
      let said = training.vote(good)
      votes.append(
        ModelVote(
          voter: name, version: trained.version, content: row.content, interaction: row.interaction,
          class: said.map { $0 ? .good : .bad }, probability: said.map { $0 ? good : 1 - good }))
      if votes.count >= Self.batch {
        try catalog.addModelVotes(votes, run: run)
        votes.removeAll()
      }
    }
    try catalog.addModelVotes(votes, run: run)
    return (all, account)
  }
}
