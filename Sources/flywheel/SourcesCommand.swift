import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Pull
import Records

/// Sources: what logs are read from.
struct SourcesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sources", abstract: "List, set up and try the sources that logs are read from.",
    subcommands: [SourcesListCommand.self, SourcesAddCommand.self, SourcesTestCommand.self],
    defaultSubcommand: SourcesListCommand.self)
}

/// Lists sources with what was read from them.
struct SourcesListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List sources with what was read from them, or the kinds that there are.")

  @Flag(name: .long, help: "List the kinds of sources and what each needs, instead.")
  var kinds = false

  @OptionGroup var common: CommonOptions

  private struct Row: Encodable {
    let source, kind, place: String
    let pipelines: [String]
    let interactions, feedback, quarantined: Int
    let newest: String?
  }

  private struct KindRow: Encodable {
    let kind, title: String
    let places, required, optional: [String]
    let address, keyVariable: String?
  }

  func run() throws {
    if kinds { return try listKinds() }
    let context = try CommandContext(common)
    let project = try context.soundProject()
    let counts = context.workspace.exists ? try context.workspace.catalog().sourceCounts() : []
    let rows = project.sources.map { source -> Row in
      let count = counts.first { $0.source == source.name }
      return Row(
        source: source.name, kind: source.kind.rawValue, place: source.place,
        pipelines: project.pipelines.filter { $0.sources.contains(source.name) }.map(\.name),
        interactions: count?.interactions ?? 0, feedback: count?.feedback ?? 0,
        quarantined: count?.quarantined ?? 0, newest: count?.newest)
    }
    if common.json { return try Terminal.json(rows) }
    guard !rows.isEmpty else {
      return Terminal.line("there is no source yet; `flywheel sources add` makes one")
    }
    for line in Terminal.table(
      ["source", "kind", "place", "pipelines", "interactions", "feedback", "quarantined", "newest record"],
      rows.map {
        [
          $0.source, $0.kind, Terminal.safe($0.place), $0.pipelines.joined(separator: ", "),
          "\($0.interactions)",
          "\($0.feedback)", "\($0.quarantined)", $0.newest ?? "-",
        ]
      })
    { Terminal.line(line) }
  }

  private func listKinds() throws {
    let rows = SourceKind.allCases.map { kind -> KindRow in
      let traits = kind.traits
      return KindRow(
        kind: kind.rawValue, title: traits.title, places: traits.places.map(\.rawValue),
        required: traits.required.map(\.rawValue), optional: traits.optional.map(\.rawValue),
        address: traits.address, keyVariable: traits.keyVariable)
    }
    if common.json { return try Terminal.json(rows) }
    for line in Terminal.table(
      ["kind", "reads", "from", "needs", "takes", "key by default"],
      rows.map {
        [
          $0.kind, $0.title, $0.places.joined(separator: " or "), $0.required.joined(separator: ", "),
          $0.optional.joined(separator: ", "), $0.keyVariable.map { "$\($0)" } ?? "",
        ]
      })
    { Terminal.line(line) }
  }
}

extension SourceDefinition {
  /// Where the rows are, as the definition says it.
  var place: String { service.map { $0.database ?? $0.address } ?? path }
}
