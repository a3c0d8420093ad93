import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Records
import Review

/// Closes a queue.
struct QueueCloseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "close",
    abstract: "Close a queue: nobody gets an item of it, and nothing fills it. Answers stay.",
    discussion: "An answer that is under way is refused. --reopen opens the queue again as it was.")

  @Argument(help: "The queue.")
  var queue: String

  @Flag(name: .long, help: "Open it again.")
  var reopen = false

  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    let queue, state: String
    let changed: Bool
  }

  func run() throws {
    let context = try CommandContext(common)
    let (_, _, catalog) = try QueueCommand.filled(queue, context)
    let changed = try catalog.setReviewQueue(queue, isClosed: !reopen)
    let state = reopen ? "open" : "closed"
    if common.json { return try Terminal.json(Report(queue: queue, state: state, changed: changed)) }
    Terminal.line("\(queue): \(state)\(changed ? "" : " already")")
  }
}
