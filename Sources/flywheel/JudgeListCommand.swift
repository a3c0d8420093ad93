import ArgumentParser
import Label
import Pipeline

/// Lists judges and how good they are.
struct JudgeListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the judges, what they were measured to be, and whether they vote.")

  @OptionGroup var common: CommonOptions

  func run() throws {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    let catalog = context.workspace.exists ? try context.workspace.catalog() : nil
    let judges = try project.rubrics.flatMap { try Judge.panel(of: $0, key: []) }
    let standings = try judges.map { judge in
      JudgeStanding(judge, try catalog.flatMap { try JudgeRun.calibration(of: judge, in: $0) })
    }
    if common.json { return try Terminal.json(standings) }
    guard !standings.isEmpty else {
      return Terminal.line("no rubric in Pipelines/rubrics")
    }
    for line in Terminal.table(JudgeStanding.columns, standings.map(\.cells)) { Terminal.line(line) }
  }
}
