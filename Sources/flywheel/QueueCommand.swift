import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Records
import Review

/// Keeps the queues of what people look at.
struct QueueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue",
    abstract: "Fill, show, hand out and close the queues of what people look at.",
    discussion: """
      A queue is defined in Pipelines/queues/NAME.yaml. The step `review` of a pipeline fills it; people answer its \
      items by `flywheel review NAME`.
      """,
    subcommands: [
      QueueListCommand.self, QueueShowCommand.self, QueueFillCommand.self, QueueAssignCommand.self,
      QueueCloseCommand.self, QueueStatsCommand.self, QueueExportCommand.self, QueueImportCommand.self,
    ])

  /// A queue that the project defines.
  static func definition(_ name: String, _ project: Project) throws -> QueueDefinition {
    guard let queue = project.queue(name) else {
      throw UseError.unknownName("queue", name, legal: project.queues.map(\.name))
    }
    return queue
  }

  /// A queue that the project defines and that was filled, with the catalog.
  static func filled(
    _ name: String, _ context: CommandContext
  ) throws -> (queue: QueueDefinition, row: ReviewQueueRow, catalog: CatalogStore) {
    let queue = try definition(name, context.soundProject())
    guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
    let catalog = try context.workspace.catalog()
    guard let row = try catalog.reviewQueue(name) else { throw UseError.queueNotFilled(name) }
    return (queue, row, catalog)
  }
}
