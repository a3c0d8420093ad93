import ArgumentParser
import Catalog
import LanguageModels
import Pipeline
import Records

/// Shows what language models cost.
struct SpendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spend",
    abstract: "Show what language models cost, by day, run and model, and what the budget has left.",
    discussion: """
      Besides what is paid, a limit counts what is reserved for requests under way or cut off by a crash, and what a \
      request may have cost whose answer was lost. Amounts are US dollars; in JSON, millionths of them.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    name: .long, help: "The UTC days to show, back from today; 0 shows all.")
  var days = 30

  @Option(name: .customLong("run"), help: "Show one run only, by its id.")
  var runID: String?

  private struct Budget: Encodable {
    let scope: String
    let limit, counted, left: Int64
  }

  private struct Report: Encodable {
    let rows: [SpendRow]
    let budget: [Budget]
    let keptAnswers: Int
  }

  func validate() throws {
    guard (0...100_000).contains(days) else { throw ValidationError("--days must be between 0 and 100000.") }
  }

  func run() throws {
    let context = try CommandContext(common)
    guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
    let report = try report(context, try Project.load(root: context.root).project)
    if common.json { return try Terminal.json(report) }
    if report.rows.isEmpty {
      Terminal.line("no language model was asked\(days > 0 ? " in the last \(days) days" : "").")
    } else {
      show("day", report.rows, by: \.day)
      show("run", report.rows, by: \.run)
      show("model", report.rows, by: \.model)
      say(report.rows)
    }
    Terminal.line()
    for line in Terminal.table(
      ["budget", "limit", "counted", "left"],
      report.budget.map {
        [$0.scope, Self.dollars($0.limit), Self.dollars($0.counted), Self.dollars($0.left)]
      })
    { Terminal.line(line) }
    Terminal.line("\(Terminal.counted(report.keptAnswers, "answer")) kept; asked again, they cost nothing")
  }

  private func report(_ context: CommandContext, _ project: Project) throws -> Report {
    let catalog = try context.workspace.catalog()
    let today = CommandContext.now.day
    let from = days > 0 ? CommandContext.day(before: days - 1) : nil
    let rows = try catalog.spend(from: from, run: runID)
    var budget: [Budget] = []
    func add(_ scope: String, _ limit: Int64?, _ rows: [SpendRow]) {
      guard let limit else { return }
      let counted = rows.reduce(0) { $0 + $1.counted }
      budget.append(Budget(scope: scope, limit: limit, counted: counted, left: max(0, limit - counted)))
    }
    let limits = project.models.budget
    add("day \(today)", limits.day, try catalog.spend(from: today))
    if let id = runID ?? rows.max(by: { ($0.day, $0.run) < ($1.day, $1.run) })?.run {
      add("run \(id)", limits.run, try catalog.spend(run: id))
    }
    return Report(rows: rows, budget: budget, keptAnswers: try catalog.keptResponses())
  }

  private func show(_ name: String, _ rows: [SpendRow], by key: KeyPath<SpendRow, String>) {
    var names: [String] = []
    var groups: [String: [SpendRow]] = [:]
    for row in rows {
      if groups[row[keyPath: key]] == nil { names.append(row[keyPath: key]) }
      groups[row[keyPath: key], default: []].append(row)
    }
    let lines = names.map { name -> [String] in
      let group = groups[name] ?? []
      func sum(_ value: (SpendRow) -> Int64) -> Int64 { group.reduce(0) { $0 + value($1) } }
      return [
        Terminal.safe(name), "\(sum { Int64($0.bought) })", "\(sum { Int64($0.inputTokens) })",
        "\(sum { Int64($0.outputTokens) })", Self.dollars(sum(\.cost)), Self.dollars(sum(\.reserved)),
        Self.dollars(sum(\.unknown)),
      ]
    }
    let header = [name, "answers", "tokens in", "tokens out", "paid", "reserved", "unknown"]
    for line in Terminal.table(header, lines) { Terminal.line(line) }
    Terminal.line()
  }

  /// What the columns do not say of what is not certain.
  private func say(_ rows: [SpendRow]) {
    let open = rows.reduce(0) { $0 + $1.open }
    let lost = rows.reduce(0) { $0 + $1.lost }
    let twice = rows.reduce(0) { $0 + $1.possiblyTwice }
    if open > 0 {
      Terminal.line(
        "\(Terminal.counted(open, "request")) under way, or cut off by a crash: counted as reserved")
    }
    if lost > 0 {
      Terminal.line(
        "\(Terminal.counted(lost, "request")) without an answer that may be billed: counted as unknown")
    }
    Terminal.line("possibly billed twice: \(twice)")
  }

  /// Millionths of a dollar as dollars: four digits, or six where there is less than a hundredth of a cent.
  static func dollars(_ millionths: Int64) -> String {
    let (whole, part) = (millionths / 1_000_000, millionths % 1_000_000)
    let digits = String(part + 1_000_000).dropFirst()
    return "\(whole).\(part % 100 == 0 ? digits.prefix(4) : digits)"
  }
}
