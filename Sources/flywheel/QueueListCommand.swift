import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Records
import Review

/// Lists queues.
struct QueueListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List queues: task, quota, items, answers, and whether they are open.")

  @OptionGroup var common: CommonOptions

  private struct Row: Encodable {
    let name, task, state: String
    let quota, items, open, answers, wanted: Int
  }

  func run() throws {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    let catalog = context.workspace.exists ? try context.workspace.catalog() : nil
    let known = try catalog?.reviewQueues() ?? []
    let rows = try project.queues.map { queue -> Row in
      let row = known.first { $0.name == queue.name }
      let answers = try catalog?.reviewLabelers(queue.name).reduce(0) { $0 + $1.answers } ?? 0
      return Row(
        name: queue.name, task: queue.task.rawValue,
        state: row.map { $0.isClosed ? "closed" : "open" } ?? "not filled", quota: queue.quota,
        items: row?.items ?? 0, open: row?.open ?? 0, answers: answers, wanted: row?.wanted ?? 0)
    }
    if common.json { return try Terminal.json(rows) }
    guard !rows.isEmpty else { return Terminal.line("no queues") }
    for line in Terminal.table(
      ["queue", "task", "state", "quota", "items", "open", "answers", "wanted"],
      rows.map {
        [
          $0.name, $0.task, $0.state, "\($0.quota)", "\($0.items)", "\($0.open)", "\($0.answers)",
          "\($0.wanted)",
        ]
      })
    { Terminal.line(line) }
  }
}
