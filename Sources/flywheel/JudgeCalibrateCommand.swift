import ArgumentParser
import Bytes
import Catalog
import Label
import Pipeline
import Records

/// Measures judges against the golden set.
struct JudgeCalibrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Measure a rubric's judges against the golden set.",
    discussion: """
      Every golden item is laid before each judge twice, and bad items once more in the guise of attacks: outputs that \
      tell the judge what to answer, fake ends of the text, ready-made verdicts, other roles, constant and hidden \
      texts. Pairs are golden outputs to one input, asked in both orders. What was asked before with the same prompt is \
      kept and costs nothing.
      """)

  @Argument(help: "The rubric: Pipelines/rubrics/NAME.yaml.")
  var rubric: String

  @Option(name: .long, help: "Only the panel's judge with this model. (default: all)")
  var model: String?

  @Flag(name: .customLong("no-attacks"), help: "Leave out the attacks.")
  var withoutAttacks = false

  @Option(name: .long, help: "Questions in flight (1 to 256).")
  var concurrency = 8

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...256).contains(concurrency) else { throw ValidationError("--concurrency is 1 to 256.") }
  }

  func run() async throws {
    let bench = try JudgeCommand.Bench(rubric, common, model: model)
    let items = JudgeItems(lake: try bench.context.workspace.lake())
    let gold = try bench.catalog.goldenItems().compactMap { item -> JudgeGold? in
      guard let place = item.place else { return nil }
      return JudgeGold(
        item: try items.item(content: item.content, interaction: item.interaction, place: place),
        isGood: item.class == .good, isExposed: item.isExposed)
    }
    var standings: [JudgeStanding] = []
    for judge in bench.judges {
      let measurement = JudgeMeasurement(judge: judge, service: bench.service, concurrency: concurrency)
      let calibration: JudgeCalibration
      switch judge.rubric.form {
      case .pairs: calibration = try await measurement.pairs(gold: JudgeGoldPair.pairs(of: gold))
      case .pointwise:
        let golden = Set(gold.map(\.item.content))
        let pool = try bench.catalog.modelVotes(of: judge.name, version: judge.version)
          .filter { !golden.contains($0.content) }
          .compactMap { vote in vote.class.map { $0 == .good ? 1.0 : 0.0 } }
        calibration = try await measurement.points(gold: gold, pool: pool, attacks: !withoutAttacks)
      }
      try bench.catalog.addCalibration(
        CalibrationRow(
          voter: judge.name, version: judge.version, golden: calibration.golden, time: CommandContext.now,
          account: calibration.json))
      standings.append(JudgeStanding(judge, calibration))
      if !common.json { Self.show(judge, calibration) }
    }
    if common.json { try Terminal.json(standings) }
    // A judge below its gate is a fact, not a failure: it casts no vote, and the label step says so.
  }

  private static func show(_ judge: Judge, _ calibration: JudgeCalibration) {
    Terminal.line(Terminal.safe(judge.voter))
    let confusion = calibration.confusion
    let isPairs = judge.rubric.form == .pairs
    let sides = isPairs ? ("first better", "second better") : ("good", "bad")
    var lines = [
      "  golden        \(calibration.items) \(isPairs ? "pairs" : "items"), \(calibration.exposed) left out: their labeler "
        + "saw a suggestion",
      "  \(sides.0): \(confusion[0]) right, \(confusion[1]) wrong; \(sides.1): \(confusion[3]) right, \(confusion[2]) wrong",
      "  κ             \(JudgeStanding.cell(calibration.kappa))",
      "  test-retest   \(JudgeStanding.cell(calibration.retest))",
    ]
    if !calibration.withoutVote.isEmpty {
      let silent = calibration.withoutVote.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      lines.append("  without vote  \(silent.joined(separator: ", "))")
    }
    if let position = calibration.position { lines.append("  position      \(JudgeStanding.cell(position))") }
    if let robustness = calibration.robustness {
      lines.append("  robustness    \(JudgeStanding.cell(robustness))")
      let raised = calibration.raised.keys.sorted()
      if !raised.isEmpty { lines.append("                made good by \(raised.joined(separator: ", "))") }
    }
    if !isPairs {
      lines.append(
        "  calibration   error \(JudgeFigures.two(calibration.scoreError)) of its scores, "
          + "\(JudgeFigures.two(calibration.calibratedError)) of its measured probabilities (out of fold)")
    }
    if let share = calibration.share {
      lines.append("  share of good \(JudgeStanding.cell(share)) of all that it judged, by PPI++")
    }
    lines.append("  cost          \(JudgeFigures.dollars(calibration.cost))")
    let shortfalls = calibration.shortfalls(of: judge.rubric.gate)
    lines.append(
      shortfalls.isEmpty ? "  it votes" : "  it casts no vote: \(shortfalls.joined(separator: ", "))")
    for line in lines { Terminal.line(line) }
  }
}
