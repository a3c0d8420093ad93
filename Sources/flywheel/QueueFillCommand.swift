import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Records
import Review

/// Fills queues.
struct QueueFillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fill",
    abstract: "Put into queues what people should look at, as the step `review` does every night.",
    discussion: "Nothing is put in twice, and nothing into a closed queue.")

  @Argument(help: "The queues. (default: all)")
  var queues: [String] = []

  @Option(name: .long, help: "Fill for this reason alone, such as uncertain or audit.")
  var reason: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    let definitions =
      queues.isEmpty ? project.queues : try queues.map { try QueueCommand.definition($0, project) }
    guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
    let only = try reason.map { word -> ReviewReason in
      let legal = Set(definitions.flatMap { $0.fill.map(\.reason.rawValue) }).sorted()
      guard let reason = ReviewReason(rawValue: word), legal.contains(word) else {
        throw UseError.unknownName("reason", word, legal: legal)
      }
      return reason
    }
    let catalog = try context.workspace.catalog()
    let run = try LabelerIdentity.systemUser()
    let accounts = try definitions.map { queue in
      try QueueFiller(catalog: catalog, queue: queue, run: run, time: CommandContext.now).fill(only)
    }
    if common.json { return try Terminal.json(accounts) }
    for account in accounts {
      let added = account.added.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(
        separator: ", ")
      Terminal.line(
        account.isClosed
          ? "\(account.queue): closed"
          : "\(account.queue): \(account.total) new\(added.isEmpty ? "" : " (\(added))"), \(account.gold) gold, "
            + "\(account.open) open")
    }
  }
}
