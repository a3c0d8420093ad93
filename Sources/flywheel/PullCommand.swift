import ArgumentParser
import Bytes
import Foundation
import Publish
import Records
import Registry
import Text

extension ExportFormat: ExpressibleByArgument {}
extension ExportCompression: ExpressibleByArgument {}

/// Fetches a published version, or reads a source.
struct PullCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Fetch a published version as files, verifying every byte of it; or read a source now.",
    discussion: """
      Writes one file a split, sorted by id, the dataset's card (README.md) and flywheel.lock, which names the \
      version exactly. Every block's hash and the version's content root are checked before anything appears in the \
      folder. Works with the registry alone: no project and no catalog are needed.

      Formats: records (as published), openai (sft: messages; preference: input and preferred_output; eval: input \
      and ideal; fewshot: messages), trl (sft, preference, kto, fewshot), inspect (eval).

      With --since, or the name of a source that is no dataset's name, it reads that source into the lake, as the \
      step `pull` of a pipeline does.
      """)

  @Argument(help: "NAME@NUMBER, or NAME for the latest version; or a source.")
  var name: String

  @Option(name: .long, help: "The folder to write to; an earlier export there is replaced. (default: ./NAME)")
  var to: String?

  @Option(name: .long, help: "The shape of the rows. (default: what the kind's trainers read)")
  var format: ExportFormat?

  @Option(name: .long, help: "How each file is compressed.")
  var compress: ExportCompression = .none

  @Option(
    name: .long, help: "Write one archive instead of a folder: a path that ends in .tar.lz4 or .tar.zst.")
  var archive: String?

  @Option(
    name: .long,
    help:
      "Read the source NAME from here on, whatever its cursors say: 30d, 12h, or a date such as 2026-11-01.")
  var since: String?

  @OptionGroup var registry: RegistryOptions
  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    struct File: Encodable {
      let name, sha256: String
      let bytes: Int
      let records: Int?
    }
    let dataset, version, contentRoot, path, format, compression: String
    let number: Int
    let splits: [String: Int]
    let files: [File]
  }

  func validate() throws {
    if archive != nil, to != nil { throw ValidationError("Give --to or --archive, not both.") }
    if since != nil, to != nil || archive != nil || format != nil || compress != .none {
      throw ValidationError(
        "--since reads a source into the lake; it takes none of --to, --archive, --format, --compress.")
    }
    if let archive, archiveTarget(archive) == nil {
      throw ValidationError("--archive takes a path that ends in .tar.lz4 or .tar.zst.")
    }
  }

  private func archiveTarget(_ archive: String) -> ExportTarget? {
    ExportArchive.Codec.allCases.first { archive.hasSuffix($0.suffix) }.map { .archive(archive, $0) }
  }

  func run() async throws {
    if let source = try SourcePull(name: name, since: since, common: common, registry: registry) {
      return try await source.run()
    }
    let registry = try registry.open(common)
    let reference = try VersionName(name).reference(in: registry)
    let version = try registry.version(reference.version)
    guard let kind = Kind(rawValue: version.description.kind) else {
      throw UseError.unknownName("kind", version.description.kind, legal: Kind.allCases.map(\.rawValue))
    }
    let format = format ?? .standard(for: kind)
    guard ExportFormat.legal(for: kind).contains(format) else {
      throw UseError.unknownName(
        "format for \(kind.rawValue)", format.rawValue, legal: ExportFormat.legal(for: kind).map(\.rawValue))
    }
    let target = archive.flatMap(archiveTarget) ?? ExportTarget.folder(to ?? reference.dataset)
    let job = try ExportJob(
      target: target, description: try Self.describe(reference, version, kind), format: format,
      compression: compress)
    let bar = ProgressBar(interactive: Terminal.isInteractive && !common.json)
    bar.began(step: "pull", detail: "\(reference.dataset)@\(reference.number)")
    let total = version.splits.reduce(0) { $0 + $1.records }
    var done = 0
    for split in version.splits {
      try job.open(split: split.name)
      try registry.forEachRecord(of: reference.version, split: split.name, sortedByID: true) { id, record in
        try job.add(split: split.name, id: id, record)
        done += 1
        if done.isMultiple(of: 1024) { bar.progressed(done: done, total: total, unit: "examples") }
      }
    }
    let result = try job.finish()
    bar.ended(step: "pull", detail: "\(total) examples")
    let report = Report(
      dataset: reference.dataset, version: reference.version.hex, contentRoot: reference.contentRoot.hex,
      path: result.path, format: format.rawValue, compression: compress.rawValue, number: reference.number,
      splits: result.records,
      files: result.files.map {
        Report.File(name: $0.name, sha256: $0.digest.hex, bytes: $0.bytes, records: $0.records)
      })
    if common.json { return try Terminal.json(report) }
    Terminal.line(
      "\(report.dataset)@\(report.number) as \(report.format) in \(report.path), content root "
        + "\(report.contentRoot.prefix(12)) verified")
    for line in Terminal.table(
      ["file", "examples", "size", "sha256"],
      report.files.map {
        [$0.name, $0.records.map(String.init) ?? "", Terminal.size($0.bytes), String($0.sha256.prefix(12))]
      }, indent: "  ")
    { Terminal.line(line) }
  }

  /// What the card says of a version, from the version object alone.
  static func describe(_ reference: Reference, _ version: VersionRecord, _ kind: Kind) throws
    -> ExportDescription
  {
    var description = ExportDescription(
      dataset: reference.dataset, number: reference.number, kind: kind, version: reference.version,
      contentRoot: reference.contentRoot)
    try Self.read(version.description.definition) { definition in
      description.text = definition["description"]?.string ?? ""
      description.license = definition["license"]?.string
      description.languages = definition["language"]?.elements.compactMap(\.string) ?? []
    }
    try Self.read(version.description.lineage) { lineage in
      description.definition = lineage["definition"]?.string.flatMap { Digest(hex: $0) }
    }
    try Self.read(version.description.counts) { counts in
      for (title, key) in [("split", "splits"), ("left out:", "left_out")] {
        guard let members = counts[key].map({ CanonicalOrder.members(of: $0) }) else { continue }
        for member in members {
          let name = String(decoding: member.key, as: UTF8.self)
          description.account.append(.init("\(title) \(name)", Int(member.value.int64 ?? 0)))
        }
      }
    }
    try Self.read(version.description.gates) { gates in
      for gate in CanonicalOrder.members(of: gates) {
        let name = String(decoding: gate.key, as: UTF8.self)
        let bound = gate.value["bound"]?.int64 ?? 0
        let value = gate.value["value"]?.int64 ?? 0
        let passed = name.hasPrefix("minimum") ? value >= bound : value <= bound
        description.gates.append(.init(name: name, passed: passed, value: "\(value)", limit: "\(bound)"))
      }
    }
    return description
  }

  private static func read(_ json: [UInt8], _ body: (JSONValue) -> Void) throws {
    try json.withUnsafeBytes { bytes -> Void in try JSONParser().parse(bytes) { body($0) } }
  }
}
