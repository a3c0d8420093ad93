import ArgumentParser
import Bytes
import Catalog
import Foundation
import Pipeline
import Records
import Review

/// Writes a queue for a labeler on another host, or for another tool.
struct QueueExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a queue's items for a labeler on another host, or for another tool.",
    discussion: """
      With --labeler it leases items for that person, for --days days, and writes a bundle: one file that holds all that is \
      needed to answer them elsewhere with `flywheel review --bundle FILE`. What is answered stands in FILE.answers, which \
      `flywheel queue import` takes. The bundle is sealed with the key in FLYWHEEL_BUNDLE_KEY or in the file \
      FLYWHEEL_BUNDLE_KEY_FILE, else with the workspace's own; who has the file may answer it.

      With --format it writes all items for Label Studio (JSON) or Argilla (JSON Lines), with the answers of items that \
      have all they want. Suggestions are left out where the queue hides them, unless --with-suggestions is given; answers \
      that come back were given with them in sight, and then measure no judge.
      """)

  @Argument(help: "The queue: Pipelines/queues/NAME.yaml.")
  var queue: String

  @Option(name: .long, help: "Who answers the bundle.")
  var labeler: String?

  @Option(name: .long, help: "Items in the bundle at most (1 to 10000).")
  var count = 100

  @Option(name: .long, help: "Days that the leases of the bundle last (1 to 90).")
  var days = 7

  @Option(
    name: .long,
    help: ArgumentHelp(
      "For another tool: \(ExchangeFormat.allCases.map(\.rawValue).joined(separator: ", "))."))
  var format: String?

  @Flag(name: .customLong("with-suggestions"), help: "With the labels that votes add up to.")
  var withSuggestions = false

  @Flag(name: .customLong("with-answers"), help: "With answers on items that still want some, too.")
  var withAnswers = false

  @Option(
    name: .customLong("config-to"), help: "Also write Label Studio's labeling configuration, to this file.")
  var configTo: String?

  @Option(name: .long, help: "The file, which must not be there yet.")
  var to: String

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (labeler == nil) != (format == nil) else {
      throw ValidationError("Give --labeler for a bundle, or --format for another tool.")
    }
    guard (1...10_000).contains(count) else { throw ValidationError("--count is 1 to 10000.") }
    guard (1...ReviewBundle.longestDays).contains(days) else {
      throw ValidationError("--days is 1 to \(ReviewBundle.longestDays).")
    }
    if format == nil, withSuggestions || withAnswers || configTo != nil {
      throw ValidationError("--with-suggestions, --with-answers and --config-to go with --format.")
    }
    if configTo != nil, format != ExchangeFormat.labelStudio.rawValue {
      throw ValidationError("--config-to goes with --format label-studio.")
    }
  }

  func run() throws {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    guard let definition = project.queue(queue) else {
      throw UseError.unknownName("queue", queue, legal: project.queues.map(\.name))
    }
    guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
    for path in [to] + (configTo.map { [$0] } ?? []) {
      guard !FileManager.default.fileExists(atPath: path) else { throw UseError.inTheWay(path) }
    }
    if let labeler {
      return try bundle(definition, try GoldenCommand.labeler(labeler, context) ?? labeler, context)
    }
    guard let format = format.flatMap(ExchangeFormat.init(rawValue:)) else {
      throw UseError.unknownName(
        "format", format ?? "", legal: ExchangeFormat.allCases.map(\.rawValue))
    }
    let exchange = QueueExchange(
      queue: definition, catalog: try context.workspace.catalog(), lake: try context.workspace.lake())
    var (bytes, account) = try exchange.export(
      format, suggestions: withSuggestions || definition.suggestions == .before, answers: withAnswers)
    guard try DurableFile.create(to, bytes) else { throw UseError.inTheWay(to) }
    account.path = to
    if let configTo {
      guard try DurableFile.create(configTo, Array(exchange.labelStudioConfiguration.utf8)) else {
        throw UseError.inTheWay(configTo)
      }
    }
    if common.json { return try Terminal.json(account) }
    Terminal.line(
      "\(Terminal.counted(account.items, "item")) of \(queue) written to \(to): "
        + "\(Terminal.counted(account.answers, "answer")), \(Terminal.counted(account.suggestions, "suggestion"))"
    )
    if account.withheld > 0 {
      Terminal.line(
        "\(Terminal.counted(account.withheld, "answer")) left out, since their items still want some; --with-answers takes "
          + "them along")
    }
    if let configTo { Terminal.line("the labeling configuration is in \(configTo)") }
  }

  private func bundle(_ queue: QueueDefinition, _ labeler: String, _ context: CommandContext) throws {
    let account = try ReviewBundle.export(
      queue, labeler: labeler, count: count, days: days, to: to, catalog: try context.workspace.catalog(),
      lake: try context.workspace.lake(), key: try BundleKey.of(context), now: CommandContext.now,
      nonce: Hex.encode(KeyedHash.randomBytes(16)))
    if common.json { return try Terminal.json(account) }
    Terminal.line(
      "\(Terminal.counted(account.items, "item")) of \(queue.name) leased for \(labeler) until \(account.expires), in \(to)"
    )
    Terminal.line("there: flywheel review --bundle \(to); here again: flywheel queue import \(to).answers")
  }
}
