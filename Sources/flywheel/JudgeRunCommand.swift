import ArgumentParser
import Catalog
import Label
import Pipeline

/// Asks judges about records.
struct JudgeRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Ask a rubric's judges about what curation keeps.",
    discussion: """
      Only judges that reached their gate are asked. What a judge has judged is not asked again, and a spent budget ends \
      the run with its own exit code; the next label step counts the votes. A rubric of pairs is asked about outputs for \
      one input, in both orders; a win makes a pair of a preference dataset.
      """)

  @Argument(help: "The rubric: Pipelines/rubrics/NAME.yaml.")
  var rubric: String

  @Option(name: .long, help: "Only the panel's judge with this model. (default: all)")
  var model: String?

  @Option(
    name: .customLong("where"), help: "An SQL condition over the view records. (default: everything kept)")
  var condition: String?

  @Option(
    name: .long,
    help:
      "The most records, or inputs of pairs, that are looked at (1 or more), by their hashes. (default: all)")
  var limit: Int?

  @Option(name: .long, help: "Questions in flight (1 to 256).")
  var concurrency = 16

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...256).contains(concurrency) else { throw ValidationError("--concurrency is 1 to 256.") }
    if let limit, limit < 1 { throw ValidationError("--limit is 1 or more.") }
  }

  func run() async throws {
    let bench = try JudgeCommand.Bench(rubric, common, model: model)
    if bench.rubric.form == .pairs { return try await runPairs(bench) }
    var rows = try bench.catalog.judgingRows(where: condition)
    if let limit { rows = Array(rows.prefix(limit)) }
    let items = JudgeItems(lake: try bench.context.workspace.lake())
    let asking = JudgeRun(
      catalog: bench.catalog, service: bench.service, run: bench.run, concurrency: concurrency)
    var accounts: [JudgeAccount] = []
    for judge in bench.judges {
      accounts.append(try await asking.judge(judge, rows, items: items.item))
    }
    if common.json {
      try Terminal.json(accounts)
    } else {
      for line in Terminal.table(
        ["judge", "asked", "kept", "good", "bad", "abstained", "hijacked", "unread", "failed", "cost"],
        accounts.map {
          [
            Terminal.safe($0.voter), "\($0.asked)", "\($0.kept)", "\($0.good)", "\($0.bad)",
            "\($0.abstained)",
            "\($0.hijacked)", "\($0.unread)", "\($0.failed)", JudgeFigures.dollars($0.cost),
          ]
        })
      { Terminal.line(line) }
      for account in accounts where !account.isAdmitted {
        Terminal.line(
          "not asked: \(Terminal.safe(account.voter)): \(Terminal.safe(account.shortfalls.joined(separator: ", ")))"
        )
      }
    }
    if accounts.contains(where: \.isBudgetSpent) { throw ExitCode(Failure.Code.budgetSpent.rawValue) }
  }

  private func runPairs(_ bench: JudgeCommand.Bench) async throws {
    let groups = try bench.catalog.siblings(where: condition)
    let items = JudgeItems(lake: try bench.context.workspace.lake())
    let asking = JudgeRun(
      catalog: bench.catalog, service: bench.service, run: bench.run, concurrency: concurrency)
    var accounts: [JudgePairAccount] = []
    for judge in bench.judges {
      let chosen = limit.map { Array(groups.prefix($0)) } ?? groups
      accounts.append(try await asking.judgePairs(judge, chosen, items: items.item))
    }
    if common.json {
      try Terminal.json(accounts)
    } else {
      for account in accounts { Terminal.line(JudgingSummary.line(account)) }
    }
    if accounts.contains(where: \.isBudgetSpent) { throw ExitCode(Failure.Code.budgetSpent.rawValue) }
  }
}
