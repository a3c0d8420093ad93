import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Records
import Review

/// Shows a queue.
struct QueueShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a queue: its labels and keys, what is open and why, who holds items, what is flagged.")

  @Argument(help: "The queue.")
  var queue: String

  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    let name, task, guideline: String
    let isClosed: Bool
    let labels: [String: String]
    let items, open, wanted: Int
    let openByReason, openBySlice, held: [String: Int]
    let flagged: [ReviewFlagRow]
  }

  func run() throws {
    let context = try CommandContext(common)
    let (definition, row, catalog) = try QueueCommand.filled(queue, context)
    let open = try catalog.openReviewItems(queue)
    let report = Report(
      name: queue, task: definition.task.rawValue, guideline: row.guideline, isClosed: row.isClosed,
      labels: Dictionary(
        definition.answers.map { ($0.name, String($0.key)) }, uniquingKeysWith: { first, _ in first }),
      items: row.items, open: row.open, wanted: row.wanted,
      openByReason: Dictionary(
        open.byReason.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { first, _ in first }),
      openBySlice: open.bySlice, held: try catalog.reviewLeases(queue, at: CommandContext.now),
      flagged: try catalog.reviewFlags(queue))
    if common.json { return try Terminal.json(report) }
    func counts(_ values: [String: Int]) -> String {
      let parts = values.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      return parts.isEmpty
        ? "-" : parts.map { "\(Terminal.safe($0.key)) \($0.value)" }.joined(separator: ", ")
    }
    let labels = definition.answers.map { "\($0.name) (\($0.key))" }.joined(separator: ", ")
    for line in [
      "\(queue): \(row.isClosed ? "closed" : "open"), task \(definition.task.rawValue), quota \(definition.quota)",
      "labels     \(labels)",
      "guideline  \(row.guideline.prefix(12))",
      "items      \(row.items), \(row.open) open, \(row.wanted) answers wanted",
      "by reason  \(counts(report.openByReason))",
      "by slice   \(counts(report.openBySlice))",
      "held now   \(counts(report.held))",
      "flagged    \(report.flagged.count)",
    ] { Terminal.line(line) }
    for flag in report.flagged.prefix(50) {
      Terminal.line("  \(flag.item)  \(Terminal.safe(flag.interaction))  by \(Terminal.safe(flag.labeler))")
    }
  }
}
