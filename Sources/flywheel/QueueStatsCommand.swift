import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Records
import Review
import Statistics

/// Shows what people did in a queue.
struct QueueStatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show answers, pace, accuracy on hidden gold and agreement, by labeler and by label.",
    discussion: """
      Pace is answers an hour of work; time without a key for longer than the queue's `idle` is no work. Intervals are \
      of 95 %: Wilson's for accuracy, by bootstrap over items for agreement.
      """)

  @Argument(help: "The queue.")
  var queue: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    let context = try CommandContext(common)
    let (_, _, catalog) = try QueueCommand.filled(queue, context)
    let figures = try QueueFigures(queue, catalog: catalog)
    if common.json { return try Terminal.json(figures) }
    guard !figures.labelers.isEmpty else { return Terminal.line("\(queue): no answers") }
    for line in Terminal.table(
      ["labeler", "answers", "skips", "hours", "an hour", "gold", "accuracy", "last"],
      figures.labelers.map { row in
        [
          Terminal.safe(row.labeler) + (row.isPaused ? " (paused)" : ""), "\(row.answers)", "\(row.skips)",
          Terminal.rounded(Double(row.active) / 3_600_000), row.pace.map { "\(Int($0.rounded()))" } ?? "-",
          row.gold > 0 ? "\(row.goldRight) of \(row.gold)" : "-",
          row.accuracy.map { Self.shown($0.value, $0.low, $0.high) } ?? "-", row.last ?? "-",
        ]
      })
    { Terminal.line(line) }
    Terminal.line("")
    for line in Terminal.table(
      ["label", "answers", "seconds each", "alpha"],
      figures.labels.map { row in
        [
          Terminal.safe(row.label), "\(row.answers)", Terminal.rounded(Double(row.meanActive) / 1000),
          row.alpha.map { Self.shown($0.value, $0.low, $0.high) } ?? "-",
        ]
      })
    { Terminal.line(line) }
    Terminal.line("")
    Terminal.line("\(Terminal.counted(figures.shared, "item")) answered by two or more")
    for one in figures.agreement {
      Terminal.line(
        "\(one.name.padding(toLength: 6, withPad: " ", startingAt: 0)) \(Self.shown(one.value, one.low, one.high))"
      )
    }
  }

  private static func shown(_ value: Double?, _ low: Double?, _ high: Double?) -> String {
    func short(_ number: Double) -> String { "\((number * 100).rounded() / 100)" }
    guard let value else { return "not defined" }
    guard let low, let high else { return short(value) }
    return "\(short(value)) [\(short(low)), \(short(high))]"
  }
}
