import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Records
import Review

/// Hands items to a labeler.
struct QueueAssignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assign",
    abstract: "Hand items to one labeler, who gets them before all others, or back to everyone.",
    discussion: """
      With ids, these interactions are put into the queue where they are not in it yet. With --count, the items that \
      stand first and are free. --resume lets a labeler go on who was paused for wrong answers to hidden gold.
      """)

  @Argument(help: "The queue.")
  var queue: String

  @Argument(help: "Interactions, by id.")
  var ids: [String] = []

  @Option(name: .long, help: "The labeler. (default: everyone)")
  var to: String?

  @Option(name: .long, help: "Hand over so many of the first free items.")
  var count: Int?

  @Flag(name: .long, help: "Lift the labeler's pause.")
  var resume = false

  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    let queue: String
    let labeler: String?
    let added, assigned: Int
    let resumed: Bool
  }

  func validate() throws {
    if resume {
      guard to != nil, ids.isEmpty, count == nil else {
        throw ValidationError("Give --resume with --to alone.")
      }
    } else if ids.isEmpty == (count == nil) {
      throw ValidationError("Give ids, or --count.")
    } else if count != nil, to == nil {
      throw ValidationError("Give --count with --to.")
    }
    if let count, !(1...100_000).contains(count) {
      throw ValidationError("--count takes 1 to 100000, not \(count).")
    }
  }

  func run() throws {
    let context = try CommandContext(common)
    let (definition, row, catalog) = try QueueCommand.filled(queue, context)
    if let to {
      guard LabelerIdentity.isLegal(to) else { throw LabelerIdentity.Fault.badName(to) }
      guard definition.admits(to) else {
        throw LabelerIdentity.Fault.notAmong(name: to, queue: queue, labelers: definition.labelers)
      }
    }
    let now = CommandContext.now
    if resume, let to {
      let resumed = try catalog.resumeReview(definition.seat(of: to), at: now)
      if common.json {
        return try Terminal.json(Report(queue: queue, labeler: to, added: 0, assigned: 0, resumed: resumed))
      }
      let name = Terminal.safe(to)
      return Terminal.line(resumed ? "\(name) may go on" : "\(name) was not paused")
    }
    var items: [Int64]
    var added = 0
    if let count {
      items = try catalog.freeReviewItems(queue, limit: count, at: now)
    } else {
      let interactions = try ids.map { try resolve($0, catalog) }
      let known = try catalog.reviewItems(queue, of: interactions)
      let new = interactions.filter { known[$0] == nil }
      if to != nil, !row.isClosed {
        added = try catalog.addReviewItems(
          try new.compactMap { try catalog.namedReviewItem($0, task: definition.task) }, to: queue,
          run: try LabelerIdentity.systemUser(), at: now)
      }
      items = try catalog.reviewItems(queue, of: interactions).values.sorted()
    }
    let assigned = try catalog.assignReview(items, to: to, queue: queue, at: now)
    if common.json {
      return try Terminal.json(
        Report(queue: queue, labeler: to, added: added, assigned: assigned, resumed: false))
    }
    let whom = to.map { Terminal.safe($0) } ?? "everyone"
    Terminal.line("\(Terminal.counted(assigned, "item")) of \(queue) to \(whom), \(added) new")
  }

  private func resolve(_ id: String, _ catalog: CatalogStore) throws -> String {
    let found = try catalog.resolve(id)
    guard let interaction = found.first else { throw UseError.unknownID(id) }
    guard found.count == 1 else { throw UseError.unknownName("one interaction", id, legal: found) }
    return interaction
  }
}
