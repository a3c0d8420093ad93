import ArgumentParser
import Bytes
import Foundation
import Pipeline
import Registry
import Text

/// Options of commands that read a registry.
struct RegistryOptions: ParsableArguments {
  @Option(
    name: .long,
    help: "The registry's folder. (default: FLYWHEEL_REGISTRY, else the project's .flywheel/registry)")
  var registry: String?

  /// Opens the registry; a project is needed only where none is named.
  func open(_ common: CommonOptions) throws -> DatasetRegistry {
    let path: String
    if let registry {
      path = registry
    } else if let named = ProcessInfo.processInfo.environment[Workspace.registryEnvironmentName],
      !named.isEmpty
    {
      path = named
    } else {
      path = try CommandContext(common).workspace.registryPath
    }
    return try DatasetRegistry.open(FolderStore(path), create: false, registryID: nil)
  }
}

/// A dataset and perhaps a version: `support-sft@12`, or `support-sft` for the latest.
struct VersionName {
  let dataset: String
  let number: Int?

  init(_ text: String) throws {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    let number = parts.count == 2 ? Int(parts[1]) : nil
    guard let name = parts.first, !name.isEmpty, parts.count == 1 || (number ?? 0) > 0, parts.count < 3 else {
      throw UseError.badForm(what: "a version", text: text, form: "NAME or NAME@NUMBER")
    }
    dataset = String(name)
    self.number = number
  }

  /// The reference that it names.
  func reference(in registry: DatasetRegistry) throws -> Reference {
    let names = try registry.datasets()
    guard names.contains(dataset) else {
      throw UseError.unknownName("published dataset", dataset, legal: names)
    }
    let found =
      try number.map { try registry.reference(of: dataset, number: $0) } ?? registry.latest(of: dataset)
    guard let found else {
      let last = try registry.latest(of: dataset)?.number ?? 0
      throw UseError.unknownName(
        "version", "\(dataset)@\(number ?? 0)",
        legal: (max(1, last - 9)..<max(last + 1, 1)).map { "\(dataset)@\($0)" })
    }
    return found
  }
}

/// Lists and shows what was published.
struct DatasetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "datasets", abstract: "List published datasets, or show the versions of one.",
    subcommands: [List.self, Show.self], defaultSubcommand: List.self)

  /// Lists datasets with their latest version.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List published datasets with their latest version.")

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var common: CommonOptions

    private struct Row: Encodable {
      let dataset, kind, version, contentRoot, created: String
      let number, examples: Int
    }

    func run() throws {
      let registry = try registry.open(common)
      let rows = try registry.datasets().compactMap { name -> Row? in
        guard let latest = try registry.latest(of: name) else { return nil }
        let version = try registry.version(latest.version)
        return Row(
          dataset: name, kind: version.description.kind, version: latest.version.hex,
          contentRoot: latest.contentRoot.hex, created: latest.created, number: latest.number,
          examples: version.splits.reduce(0) { $0 + $1.records })
      }
      if common.json { return try Terminal.json(rows) }
      guard !rows.isEmpty else { return Terminal.line("nothing is published yet") }
      for line in Terminal.table(
        ["dataset", "kind", "latest", "examples", "published", "content root"],
        rows.map {
          [
            $0.dataset, $0.kind, "\($0.number)", "\($0.examples)", $0.created,
            String($0.contentRoot.prefix(12)),
          ]
        })
      { Terminal.line(line) }
    }
  }

  /// Shows a dataset's versions, or one of them.
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Show the versions of a dataset, or one version whole.")

    @Argument(help: "NAME for all versions, NAME@NUMBER for one.")
    var name: String

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var common: CommonOptions

    private struct Row: Encodable {
      let number: Int
      let version, contentRoot, created, run: String
      let splits: [String: Int]
      let kind, schema: String
      let counts, gates, definition: String?
    }

    func run() throws {
      let registry = try registry.open(common)
      let name = try VersionName(name)
      _ = try VersionName(name.dataset).reference(in: registry)
      let references =
        try name.number == nil ? registry.references(of: name.dataset) : [name.reference(in: registry)]
      let rows = try references.map { reference -> Row in
        let version = try registry.version(reference.version)
        let whole = name.number != nil
        func text(_ json: [UInt8]) -> String? { whole ? String(decoding: json, as: UTF8.self) : nil }
        return Row(
          number: reference.number, version: reference.version.hex, contentRoot: reference.contentRoot.hex,
          created: reference.created, run: reference.run,
          splits: Dictionary(uniqueKeysWithValues: version.splits.map { ($0.name, $0.records) }),
          kind: version.description.kind, schema: version.description.schema,
          counts: text(version.description.counts), gates: text(version.description.gates),
          definition: text(version.description.definition))
      }
      if common.json { return try Terminal.json(rows) }
      if name.number != nil, let row = rows.first { return show(row, dataset: name.dataset) }
      for line in Terminal.table(
        ["version", "examples", "published", "content root"],
        rows.map { row in
          let splits = row.splits.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
          return [
            "\(name.dataset)@\(row.number)", splits.joined(separator: ", "), row.created,
            String(row.contentRoot.prefix(12)),
          ]
        })
      { Terminal.line(line) }
    }

    private func show(_ row: Row, dataset: String) {
      Terminal.line("\(dataset)@\(row.number), \(row.kind), schema \(row.schema)")
      Terminal.line("  version       \(row.version)")
      Terminal.line("  content root  \(row.contentRoot)")
      Terminal.line("  published     \(row.created) by run \(Terminal.safe(row.run))")
      for (name, count) in row.splits.sorted(by: { $0.key < $1.key }) {
        Terminal.line("  split         \(name): \(count) examples")
      }
      for (title, json) in [("counts", row.counts), ("gates", row.gates), ("definition", row.definition)] {
        if let json {
          Terminal.line(
            "  \(title.padding(toLength: 13, withPad: " ", startingAt: 0)) \(Terminal.safe(json))")
        }
      }
    }
  }
}
