import ArgumentParser
import Bytes
import Catalog
import Foundation
import Label
import Pipeline

/// Gathers votes and labels without the other steps.
struct LabelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label",
    abstract: "Add up votes: run a pipeline's label step, or see what another model would say.",
    discussion: """
      Runs the label step of the pipeline on the workspace and shows who voted: each voter's votes and abstentions, the \
      share of its votes that the labels hold for right, and how it did on the golden set; the model that added them \
      up, and why that one. --model forces a model. With --dry-run it adds up the votes as they stand and writes \
      nothing.
      """)

  @Argument(help: "The pipeline whose label step is meant.")
  var pipeline: String = "nightly"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The model: \(LabelModel.allCases.map(\.rawValue).joined(separator: ", ")). (default: the step's)"))
  var model: String?

  @Flag(name: .customLong("dry-run"), help: "Write nothing; show what the labels would be.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    let model = try self.model.map { name in
      guard let model = LabelModel(rawValue: name) else {
        throw UseError.unknownName("model", name, legal: LabelModel.allCases.map(\.rawValue))
      }
      return model
    }
    guard let definition = project.pipeline(pipeline) else {
      throw UseError.unknownName("pipeline", pipeline, legal: project.pipelines.map(\.name))
    }
    guard var parameters = definition.labelling else { throw UseError.noStep("label", pipeline: pipeline) }
    let bar = ProgressBar(interactive: Terminal.isInteractive && !common.json)
    if dryRun {
      guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
      if let model { parameters.model = model }
      let account = try LabelStage(
        catalog: try context.workspace.catalog(), lake: try context.workspace.lake(), parameters: parameters
      ).dryRun()
      if common.json { return try Terminal.json(account) }
      for line in LabelSummary.lines(account, dryRun: true) { Terminal.line(line) }
      return
    }
    let runner = PipelineRunner(
      project: project, workspace: context.workspace, environment: context.environment,
      clock: { CommandContext.now }, nonce: { Hex.encode(KeyedHash.randomBytes(16)) }, observer: bar,
      models: context.models(project, of: definition))
    let account = try await runner.run(definition.onlyLabelling(model: model), workers: 1)
    if common.json {
      try Terminal.json(account)
    } else if let label = account.steps.compactMap(\.label).last {
      for line in LabelSummary.lines(label, dryRun: false) { Terminal.line(line) }
      for judging in account.steps.compactMap(\.judging) {
        Terminal.line()
        for line in JudgingSummary.lines(judging) { Terminal.line(line) }
      }
    }
    if account.isBudgetSpent { throw ExitCode(Failure.Code.budgetSpent.rawValue) }
  }
}

/// What a label step did, for people.
enum LabelSummary {
  static func lines(_ account: LabelAccount, dryRun: Bool) -> [String] {
    var lines: [String] = []
    let read = "\(account.conversations) conversations and \(account.texts) texts of feedback"
    if dryRun {
      lines.append("dry run: votes as they stand, nothing written")
      lines.append(
        "waiting   \(read) to be read, votes on \(Terminal.counted(account.computed, "content")) to be gathered"
      )
    } else {
      lines.append("read      \(read)")
      lines.append("gathered  votes on \(Terminal.counted(account.computed, "content"))")
    }
    lines.append("model     \(account.model.rawValue): \(account.reason)")
    if !account.converged { lines.append("          its fit ended at the limit of rounds") }
    var counts = "contents  \(account.contents) with a vote"
    if account.golden > 0 { counts += ", \(account.golden) golden" }
    if account.byWeight > 0 { counts += ", \(account.byWeight) of rules and behaviour alone, by weight" }
    lines.append(counts)
    lines.append(
      "labels    \(account.changed) \(dryRun ? "would be" : "are") another now, \(account.unlikeMajority) unlike the "
        + "majority by weight; mean uncertainty \(thousandths(account.entropy)) bits")
    lines.append(
      "          \(account.counts.good) good, \(account.counts.bad) bad, \(account.counts.tie) tied, "
        + "\(account.counts.unlabelled) without a vote\(dryRun ? " before it" : "")")
    lines += people(account)
    if !account.voters.isEmpty {
      lines.append("")
      lines += Terminal.table(
        ["voter", "votes", "abstains", "for good", "right", "golden"],
        account.voters.map { voter in
          [
            Terminal.safe(voter.voter), "\(voter.votes)", "\(voter.abstentions)", percent(voter.goodShare),
            voter.accuracy.map(percent) ?? "-",
            voter.golden > 0 ? "\(voter.goldenRight) of \(voter.golden)" : "-",
          ]
        })
      if account.furtherVoters > 0 {
        lines.append("and \(Terminal.counted(account.furtherVoters, "more voter"))")
      }
      lines.append("(right: the expected share of votes that are, by labels on which others voted, too)")
    }
    for voters in account.merged {
      lines.append(
        "counted as one, since they copy each other: \(Terminal.safe(voters.joined(separator: ", ")))")
    }
    for voter in account.gated {
      lines.append(
        "left out: \(Terminal.safe(voter.voter)), \(Terminal.counted(voter.votes, "vote")): \(Terminal.safe(voter.reason))"
      )
    }
    return lines
  }

  /// How far labelers agree, and which given labels look wrong.
  private static func people(_ account: LabelAccount) -> [String] {
    var lines: [String] = []
    if let agreement = account.agreement {
      let exposed =
        agreement.exposed > 0 ? "; \(agreement.exposed) left out, a suggestion was seen first" : ""
      lines.append(
        "labelers  \(agreement.labelers), \(Terminal.counted(agreement.answers, "answer")) on good or bad, "
          + "\(Terminal.counted(agreement.shared, "content")) of two or more\(exposed)")
      let figures = [("α", agreement.alpha), ("AC1", agreement.gwet), ("Fleiss κ", agreement.fleiss)]
        .compactMap { name, figure in figure.map { "\(name) \(JudgeStanding.cell($0))" } }
      if !figures.isEmpty { lines.append("          agreement \(figures.joined(separator: ", "))") }
    }
    if let suspects = account.suspects, let among = account.suspectsAmong, let noise = account.labelNoise {
      lines.append(
        "suspects  \(suspects) of \(Terminal.counted(among, "given label")) look wrong; \(percent(noise)) of them, as "
          + "estimated")
    }
    return lines
  }

  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

  private static func thousandths(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}
