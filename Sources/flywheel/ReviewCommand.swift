import ArgumentParser
import Foundation
import Pipeline
import Records
import Review

/// The screen in which people answer.
struct ReviewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "review",
    abstract: "Answer the items of a queue in this terminal, at one key a decision.",
    discussion: """
      The terminal needs 60 by 20 characters and UTF-8; with more, the guideline stands beside the conversation. Log \
      text is never sent to it as it is: what could steer a terminal is shown as a mark, such as ^[ or ‹U+202E›. \
      NO_COLOR is honoured.

      Keys; a queue's definition may change those of actions, which have a name:

      \(keyTable())
      """)

  @Argument(help: "The queue. (default: the only one that there is)")
  var queue: String?

  @Option(name: .customLong("as"), help: "Work under another name, where the queue allows it.")
  var labeler: String?

  @Option(
    help:
      "Answer a bundle that `flywheel queue export` wrote; no project is needed. Answers go to FILE.answers.")
  var bundle: String?

  @Option(help: "The terminal's background: auto (by COLORFGBG), dark or light.")
  var theme: ReviewTheme = .auto

  @Flag(name: .long, help: "Print the keys, those of the queue where one is named, and end.")
  var listKeys = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard bundle != nil, queue != nil || labeler != nil else { return }
    throw ValidationError("--bundle knows its queue and its labeler; leave out the queue and --as.")
  }

  func run() throws {
    if listKeys { return try printKeys() }
    let terminal = try ReviewTerminalOptions.checked(theme)
    let (desk, draftFile) = try bundle.map(Self.desk(bundle:)) ?? self.desk()
    let began = DispatchTime.now().uptimeNanoseconds
    let clock = ReviewClock(
      monotonic: { Int((DispatchTime.now().uptimeNanoseconds - began) / 1_000_000) },
      wall: { CommandContext.now.microseconds })
    let session = ReviewSession(ReviewScreen(desk: desk, clock: clock), terminal, draftFile: draftFile)
    if case .signal(let number) = try session.run() { throw ExitCode(128 + number) }
  }

  /// The desk of the project, and where an unsaved correction is kept.
  private func desk() throws -> (any ReviewDesk, String) {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    let queue = try Self.queue(named: queue, of: project)
    let name = try LabelerIdentity.name(as: labeler, for: queue)
    guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
    let desk = try CatalogDesk(
      queue: queue, labeler: name, catalog: context.workspace.catalog(), lake: context.workspace.lake(),
      clock: { CommandContext.now })
    return (
      desk, "\(context.workspace.home)/review/drafts/\(queue.name)-\(Self.fileName(name)).json"
    )
  }

  private static func desk(bundle path: String) throws -> (any ReviewDesk, String) {
    let key = try BundleKey.named(in: ProcessInfo.processInfo.environment)
    return (try BundleDesk(path: path, key: key, clock: { CommandContext.now }), "\(path).draft")
  }

  private static func queue(named name: String?, of project: Project) throws -> QueueDefinition {
    let legal = project.queues.map(\.name)
    guard let name else {
      guard let only = project.queues.first, legal.count == 1 else { throw UseError.noQueueNamed(legal) }
      return only
    }
    guard let queue = project.queue(name) else { throw UseError.unknownName("queue", name, legal: legal) }
    return queue
  }

  /// A labeler's name may hold anything; a file's may not.
  private static func fileName(_ name: String) -> String {
    name.utf8.map { byte in
      let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16)
    }.joined()
  }

  // MARK: Keys

  private func printKeys() throws {
    var rows = ReviewKeyTable.rows()
    if let queue {
      let context = try CommandContext(common)
      rows = ReviewKeyTable.rows(try Self.queue(named: queue, of: try context.soundProject()))
    }
    if common.json { return try Terminal.json(rows) }
    for line in Terminal.table(
      ["for", "key", "action", "what it does"],
      rows.map { [$0.section, Terminal.safe($0.keys), $0.action ?? "", Terminal.safe($0.text)] })
    { Terminal.line(line) }
  }

  private static func keyTable() -> String {
    let rows = ReviewKeyTable.rows()
    return ReviewKeyTable.sections.map { section in
      let lines = rows.filter { $0.section == section.name }.map { row in
        let name = row.action.map { " [\($0)]" } ?? ""
        return "  \(row.keys): \(row.text)\(name)"
      }
      return ([section.title + ":"] + lines).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

extension ReviewTheme: ExpressibleByArgument {}

extension ReviewTerminalOptions {
  /// The terminal of this process, if it can show a screen.
  fileprivate static func checked(_ theme: ReviewTheme) throws -> ReviewTerminalOptions {
    let options = ReviewTerminalOptions(
      theme: theme, environment: ProcessInfo.processInfo.environment, input: STDIN_FILENO,
      output: STDOUT_FILENO)
    try options.check()
    return options
  }
}
