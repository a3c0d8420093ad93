import ArgumentParser

/// Keeps the queues of what people look at.
struct QueueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue",
    abstract: "Fill, show, hand out and close the queues of what people look at.",
    subcommands: [QueueExportCommand.self, QueueImportCommand.self])
}
