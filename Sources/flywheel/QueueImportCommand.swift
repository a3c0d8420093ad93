import ArgumentParser
import Bytes
import Catalog
import Foundation
import Pipeline
import Records
import Review

/// Takes answers that were given elsewhere.
struct QueueImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take answers that were given on another host, or with another tool.",
    discussion: """
      FILE is the answers to a bundle, or with --format an export of Label Studio (JSON, not JSON-MIN) or records of \
      Argilla (JSON Lines). What was taken before changes nothing, so that a file may come twice, and files in any order. \
      Answers whose lease went to somebody else are refused and counted; records that do not fit are named by line and \
      offset, and the others are taken.
      """)

  @Argument(help: "The file.")
  var file: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of another tool: \(ExchangeFormat.allCases.map(\.rawValue).joined(separator: ", ")). (default: answers to a bundle)"
    ))
  var format: String?

  @Option(name: .long, help: "The queue that the answers are for; with --format.")
  var queue: String?

  @Option(name: .long, help: "Who answered what names nobody; with --format.")
  var labeler: String?

  @Flag(name: .long, help: "End with exit code 4 if anything was not taken.")
  var strict = false

  @Flag(name: .long, help: "Put interactions that the queue does not have into it; with --format.")
  var add = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (format == nil) == (queue == nil) else {
      throw ValidationError("--format and --queue go together.")
    }
    if format == nil, labeler != nil || add { throw ValidationError("--labeler and --add go with --format.") }
  }

  func run() throws {
    let context = try CommandContext(common)
    let account: ReviewImportAccount
    if let format, let queue {
      guard let format = ExchangeFormat(rawValue: format) else {
        throw UseError.unknownName("format", format, legal: ExchangeFormat.allCases.map(\.rawValue))
      }
      let project = try context.soundProject()
      guard let definition = project.queue(queue) else {
        throw UseError.unknownName("queue", queue, legal: project.queues.map(\.name))
      }
      guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
      let catalog = try context.workspace.catalog()
      try catalog.syncReviewQueue(definition.setting())
      account = try QueueExchange(
        queue: definition, catalog: catalog, lake: try context.workspace.lake()
      ).take(
        try DurableFile.read(file), format,
        labeler: try labeler.map { try GoldenCommand.labeler($0, context) ?? $0 },
        adding: add, origin: "\(format.rawValue) \((file as NSString).lastPathComponent)",
        now: CommandContext.now)
    } else {
      guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
      account = try ReviewBundle.importAnswers(
        file, catalog: try context.workspace.catalog(), key: try BundleKey.of(context),
        now: CommandContext.now)
    }
    if common.json {
      try Terminal.json(account)
    } else {
      for line in ImportSummary.lines(account) { Terminal.line(line) }
    }
    if strict, account.outcome.refused > 0 || !account.faults.isEmpty {
      throw ExitCode(Failure.Code.quarantined.rawValue)
    }
  }
}

/// What an import came to, for people.
enum ImportSummary {
  /// Faults that are shown; the rest is counted.
  private static let shown = 20

  static func lines(_ account: ReviewImportAccount) -> [String] {
    let outcome = account.outcome
    var lines = [
      "\(Terminal.counted(outcome.answers, "answer")) taken for \(account.queue), \(Terminal.counted(outcome.stored, "event")) in "
        + "all; \(outcome.repeated) known before"
    ]
    if account.isTorn { lines.append("the last line was cut short when its process died, and is left out") }
    let refusals = [
      (outcome.expired, "their lease had ended or gone to somebody else"),
      (outcome.full, "their item has all the answers it wants; raise the queue's quota to take them"),
      (outcome.older, "a newer answer of the same labeler counts"),
      (outcome.closed, "the queue is closed"),
      (outcome.unknown, "the queue has no such item, or no event that they refer to"),
    ]
    for (count, reason) in refusals where count > 0 {
      lines.append("refused  \(Terminal.counted(count, "event")): \(reason)")
    }
    if !outcome.refusedItems.isEmpty {
      let items = outcome.refusedItems.prefix(shown).map(String.init).joined(separator: ", ")
      let more = outcome.refusedItems.count > shown ? " and \(outcome.refusedItems.count - shown) more" : ""
      lines.append("         items \(items)\(more)")
    }
    for fault in account.faults.prefix(shown) {
      lines.append(
        "refused  record \(fault.record), line \(fault.line), byte \(fault.offset): \(text(fault))")
    }
    if account.faults.count > shown { lines.append("and \(account.faults.count - shown) more records") }
    return lines
  }

  /// What is wrong with a record, and the next step.
  private static func text(_ fault: ExchangeFault) -> String {
    let name = Terminal.safe(fault.name)
    return switch fault.code {
    case .empty: "the file has no records; export them as JSON"
    case .notAnObject: "it is no JSON object; export them as JSON, not as JSON-MIN or CSV"
    case .noInteraction:
      "nothing names its interaction; put the id under data.interaction, or as the record's id"
    case .unknownInteraction: "the catalog has no interaction '\(name)'; pull it first"
    case .notInQueue: "'\(name)' is not in the queue; --add puts it there"
    case .noLabeler: "nobody is named who answered; name somebody with --labeler"
    case .badLabeler:
      "'\(name)' is no name of a labeler, or the queue does not let them answer; see its `labelers`"
    case .noTime: "it has no time; export it with created_at or updated_at"
    case .unknownLabel:
      "the queue has no label or reason '\(name)'; add it to the queue, or rename it in the file"
    case .wrongCount: "it has no label, or several where the queue takes one"
    case .badCorrection: "its correction is empty or longer than 1 MiB"
    }
  }
}
