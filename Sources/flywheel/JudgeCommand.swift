import ArgumentParser
import Bytes
import Catalog
import Foundation
import Label
import LanguageModels
import Pipeline
import Pull
import Records
import Statistics

/// Judges: what they are asked, how good they are, and what they say.
struct JudgeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "judge",
    abstract: "Measure judges against people, and ask them.",
    discussion: """
      A judge is one rubric (Pipelines/rubrics/NAME.yaml) with one model. Its votes count only if it was measured \
      against the golden set and reached the rubric's gate; another prompt, rubric or model is another judge.
      """,
    subcommands: [JudgeListCommand.self, JudgeCalibrateCommand.self, JudgeRunCommand.self])

  /// What is needed to ask a rubric's panel.
  struct Bench {
    let context: CommandContext
    let catalog: CatalogStore
    let rubric: Rubric
    let judges: [Judge]
    let service: any ChatModel
    let run: String

    init(_ name: String, _ common: CommonOptions, model: String?) throws {
      context = try CommandContext(common)
      let project = try context.soundProject()
      guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
      guard let rubric = project.rubric(name) else {
        throw UseError.unknownName("rubric", name, legal: project.rubrics.map(\.name))
      }
      self.rubric = rubric
      catalog = try context.workspace.catalog()
      let key = try context.workspace.pseudonyms().derivedKey(for: "judges")
      var judges = try Judge.panel(of: rubric, key: key)
      if let model {
        judges = judges.filter { $0.model == model }
        if judges.isEmpty { throw UseError.unknownName("model of this panel", model, legal: rubric.panel) }
      }
      self.judges = judges
      let stamp = CommandContext.now.description.prefix(19).filter { $0 != "-" && $0 != ":" }
      run = "\(stamp)Z-judge-\(Hex.encode(KeyedHash.randomBytes(3)))"
      guard let service = try context.models(project, asking: Set(judges.map(\.model)))(catalog, run) else {
        throw UseError.noModels(name)
      }
      self.service = service
    }
  }
}

/// The figures of one judge, for people and as JSON.
struct JudgeStanding: Encodable {
  let rubric: String
  let judge: String
  let version: String
  let votes: Bool
  let reason: String
  let calibration: JudgeCalibration?

  init(_ judge: Judge, _ calibration: JudgeCalibration?) {
    rubric = judge.rubric.name
    self.judge = judge.name
    version = judge.version
    self.calibration = calibration
    let shortfalls = judge.shortfalls(calibration)
    votes = shortfalls.isEmpty
    reason = shortfalls.joined(separator: ", ")
  }

  static let columns = ["judge", "votes", "golden", "κ", "test-retest", "position", "robust", "because"]

  var cells: [String] {
    [
      Terminal.safe("\(judge)@\(version.prefix(12))"), votes ? "yes" : "no",
      calibration.map { "\($0.items)" } ?? "-",
      Self.cell(calibration?.kappa), Self.cell(calibration?.retest), Self.cell(calibration?.position),
      Self.cell(calibration?.robustness), Terminal.safe(reason),
    ]
  }

  static func cell(_ estimate: IntervalEstimate?) -> String {
    estimate.map {
      "\(JudgeFigures.two($0.value)) [\(JudgeFigures.two($0.low)), \(JudgeFigures.two($0.high))]"
    } ?? "-"
  }
}
