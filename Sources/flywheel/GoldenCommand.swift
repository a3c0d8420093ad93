import ArgumentParser
import Bytes
import Catalog
import Foundation
import Pipeline
import Records
import Review

/// Keeps the golden set: items whose class a person vouches for.
struct GoldenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "golden",
    abstract: "Keep the golden set: items whose label a person vouches for.",
    discussion: """
      Golden items are certain for label models, measure judges, and never train: no dataset whose kind trains takes \
      them, their conversations, their inputs or their near duplicates. Words are only ever added; of several on one \
      item the newest counts.
      """,
    subcommands: [Add.self, List.self, Export.self, Remove.self])

  /// The labeler's name: what is asked for, the environment's FLYWHEEL_LABELER, or the user's.
  static func labeler(_ asked: String?, _ context: CommandContext) throws -> String? {
    let name = asked ?? context.environment["FLYWHEEL_LABELER"] ?? context.environment["USER"]
    guard let name, !name.isEmpty else { return nil }
    guard LabelerName.isLegal(name) else {
      throw UseError.badForm(
        what: "a labeler", text: name, form: "in letters, digits, '.', '_', '-', '@', at most 64 bytes")
    }
    return name
  }

  /// Adds words to the golden set.
  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Say that an interaction's output is good or bad, or read a file of such labels.",
      discussion: """
        The file holds one JSON object a line: {"id": "chat/17", "label": "good", "labeler": "ann", "note": "..."}, and \
        "exposed": true where a suggestion was seen first. Either all of it is added, or nothing.

        --from-queue takes the items of a queue on which as many people agree as --agree says, none of those who saw no \
        suggestion differing, and those that an adjudicator decided, each as a word of everyone who said so. Exposed words \
        label and train nothing like all golden words, but they measure no judge.
        """)

    @Argument(help: "An interaction's id, with or without its source.")
    var id: String?

    @Argument(help: "good or bad.")
    var label: String?

    @Option(name: .long, help: "Why, in your words.")
    var note: String?

    @Option(name: .long, help: "Who says so. (default: FLYWHEEL_LABELER, else USER)")
    var labeler: String?

    @Option(name: .long, help: "A file of labels, JSON Lines.")
    var file: String?

    @Option(name: .customLong("from-queue"), help: "Take what people agree on in this queue.")
    var fromQueue: String?

    @Option(name: .long, help: "People who must agree, with --from-queue. (default: the queue's quota)")
    var agree: Int?

    @Flag(name: .long, help: "A suggestion was seen first: the word measures no judge.")
    var exposed = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
      let ways = [file != nil, fromQueue != nil, id != nil].count { $0 }
      guard ways == 1 else { throw ValidationError("Give an id and good or bad, --file, or --from-queue.") }
      if id != nil, label == nil { throw ValidationError("Give an id and good or bad, or --file.") }
      if id == nil, note != nil || exposed {
        throw ValidationError("--note and --exposed go with an id and a label.")
      }
      if fromQueue == nil, agree != nil { throw ValidationError("--agree goes with --from-queue.") }
      if fromQueue != nil, labeler != nil {
        throw ValidationError("--labeler does not go with --from-queue: its people are known.")
      }
      if let agree, agree < 1 { throw ValidationError("--agree is 1 or more.") }
    }

    func run() throws {
      let context = try CommandContext(common)
      guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
      if let fromQueue { return try add(fromQueue, context) }
      let name = try GoldenCommand.labeler(labeler, context)
      var words: [GoldenWord]
      if let file {
        words = try GoldenFile.read(try DurableFile.read(file), labeler: name)
        for word in words { _ = try GoldenCommand.labeler(word.labeler, context) }
      } else {
        guard let side = label.flatMap(LabelClass.init(rawValue:)), side != .tie else {
          throw UseError.badForm(what: "a golden label", text: label ?? "", form: "good or bad")
        }
        guard let name else { throw GoldenFileError.withoutLabeler }
        words = [
          GoldenWord(interaction: id ?? "", class: side, labeler: name, note: note, isExposed: exposed)
        ]
      }
      let catalog = try context.workspace.catalog()
      let outcome = try catalog.addGolden(
        try words.map { try $0.resolved(in: catalog) }, at: CommandContext.now)
      if common.json { return try Terminal.json(outcome) }
      Terminal.line(
        "\(outcome.added) added, \(outcome.changed) changed, \(outcome.repeated) known before; the next label step "
          + "takes \(words.count == 1 ? "it" : "them") for certain")
      for item in outcome.trained {
        Terminal.line("warning: already trained on in \(Terminal.safe(item)); the next version leaves it out")
      }
    }

    private struct QueueReport: Encodable {
      let queue: String
      let agreed, adjudicated, divided, few, exposed: Int
      let golden: GoldenOutcome
    }

    /// Adds what people agree on in a queue.
    private func add(_ name: String, _ context: CommandContext) throws {
      let catalog = try context.workspace.catalog()
      guard let queue = try catalog.reviewQueue(name) else {
        throw UseError.unknownName("queue", name, legal: try catalog.reviewQueues().map(\.name))
      }
      let quota = try JSONDecoder().decode(QueueDefinition.self, from: Data(queue.definition.utf8)).quota
      let found = try catalog.agreement(inQueue: name, least: agree ?? quota)
      let outcome = try catalog.addGolden(found.words, at: CommandContext.now)
      if common.json {
        return try Terminal.json(
          QueueReport(
            queue: name, agreed: found.agreed, adjudicated: found.adjudicated, divided: found.divided,
            few: found.few, exposed: found.exposed, golden: outcome))
      }
      Terminal.line(
        "\(Terminal.counted(found.agreed, "item")) agreed on, \(found.adjudicated) decided by an adjudicator; left out: "
          + "\(found.divided) on which people differ, \(found.few) with too few answers")
      if found.exposed > 0 {
        Terminal.line(
          "\(Terminal.counted(found.exposed, "answer")) did not count: a suggestion was seen first")
      }
      Terminal.line(
        "\(outcome.added) added, \(outcome.changed) changed, \(outcome.repeated) words known before; the next label step takes "
          + "them for certain")
      for item in outcome.trained {
        Terminal.line("warning: already trained on in \(Terminal.safe(item)); the next version leaves it out")
      }
    }
  }

  /// Takes items out of the golden set.
  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Take an item out of the golden set.",
      discussion: "All words on it stop to count; they stay in the catalog. Then it may train again.")

    @Argument(help: "An interaction's id, with or without its source.")
    var id: String

    @Option(name: .long, help: "Who takes it out. (default: FLYWHEEL_LABELER, else USER)")
    var labeler: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
      let context = try CommandContext(common)
      guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
      guard let name = try GoldenCommand.labeler(labeler, context) else {
        throw GoldenFileError.withoutLabeler
      }
      let catalog = try context.workspace.catalog()
      let word = try GoldenWord(interaction: id, class: nil, labeler: name).resolved(in: catalog)
      let outcome = try catalog.addGolden([word], at: CommandContext.now)
      if common.json { return try Terminal.json(outcome) }
      Terminal.line(outcome.removed > 0 ? "taken out" : "it was not golden")
    }
  }

  /// Lists the golden set.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List golden items: id, label, labeler, time, and what other votes say.")

    @OptionGroup var common: CommonOptions

    private struct Row: Encodable {
      let id, label, labeler, time: String
      let note: String?
      let labels: [String: String]
      let isExposed: Bool
      let goodVotes, badVotes: Double
    }

    func run() throws {
      let context = try CommandContext(common)
      guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
      let rows = try context.workspace.catalog().goldenItems().map { item in
        Row(
          id: item.interaction, label: item.class.rawValue, labeler: item.labeler,
          time: item.time.description,
          note: item.note, labels: item.words.mapValues(\.rawValue), isExposed: item.isExposed,
          goodVotes: item.good, badVotes: item.bad)
      }
      if common.json { return try Terminal.json(rows) }
      guard !rows.isEmpty else { return Terminal.line("no golden items") }
      let lines = Terminal.table(
        ["id", "label", "labeler", "time", "others", "note"],
        rows.map { row in
          let differs =
            (Set(row.labels.values).count > 1 ? " (labelers differ)" : "")
            + (row.isExposed ? " (exposed)" : "")
          return [
            Terminal.safe(row.id), row.label + differs, Terminal.safe(row.labeler), row.time,
            "\(Terminal.rounded(row.goodVotes)) : \(Terminal.rounded(row.badVotes))",
            Terminal.safe(String((row.note ?? "").prefix(60))),
          ]
        })
      for line in lines { Terminal.line(line) }
      Terminal.line(
        "\(Terminal.counted(rows.count, "golden item")); others: weight of other votes, good : bad")
    }
  }

  /// Writes the golden set as JSON Lines.
  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "export",
      abstract: "Write the golden set as JSON Lines, which `golden add --file` reads again.")

    @Option(name: .long, help: "The file, which must not be there yet. (default: standard output)")
    var to: String?

    @Flag(name: .long, help: "With the input and output of each item, as they stand in the lake.")
    var bodies = false

    @OptionGroup var common: CommonOptions

    private struct Report: Encodable {
      let path: String
      let items, bytes: Int
    }

    func run() throws {
      let context = try CommandContext(common)
      guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
      let items = try context.workspace.catalog().goldenItems()
      let bytes = try GoldenFile.write(items, bodies: bodies ? try context.workspace.lake() : nil)
      guard let to else {
        for line in bytes.split(separator: 0x0A) {
          let text = String(decoding: line, as: UTF8.self)
          Terminal.line(Terminal.isShown ? Terminal.safe(text) : text)
        }
        return
      }
      guard !FileManager.default.fileExists(atPath: to) else { throw UseError.inTheWay(to) }
      try DurableFile.replace(to, with: bytes)
      if common.json { return try Terminal.json(Report(path: to, items: items.count, bytes: bytes.count)) }
      Terminal.line("\(Terminal.counted(items.count, "golden item")) written to \(to)")
    }
  }
}

extension GoldenWord {
  /// The same word on the interaction that its id names.
  fileprivate func resolved(in catalog: CatalogStore) throws -> GoldenWord {
    let ids = try catalog.resolve(interaction)
    guard let id = ids.first else { throw UseError.unknownID(interaction) }
    guard ids.count == 1 else { throw UseError.unknownName("one interaction", interaction, legal: ids) }
    return GoldenWord(interaction: id, class: self.class, labeler: labeler, note: note, isExposed: isExposed)
  }
}
