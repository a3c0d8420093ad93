import ArgumentParser
import Bytes
import Catalog
import Pipeline
import Records
import Registry

/// Shows how the workspace stands.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show sources, records, labels, versions and the last runs.")

  @OptionGroup var common: CommonOptions

  private struct Run: Encodable {
    let id, pipeline, started, state: String
    let finished: String?
  }

  private struct Dataset: Encodable {
    let dataset: String
    let number: Int
    let contentRoot: String
  }

  private struct Report: Encodable {
    let workspace: String
    let counts: CatalogCounts
    let sources: [SourceCounts]
    let decisions: [String: Int]
    let quarantine: [String: Int]
    let labels: LabelCounts
    let datasets: [Dataset]
    let runs: [Run]
  }

  func run() throws {
    let context = try CommandContext(common)
    guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
    let report = try Self.report(context)
    if common.json { return try Terminal.json(report) }
    Terminal.line("workspace \(report.workspace)")
    Terminal.line(
      "\(report.counts.interactions) interactions and \(report.counts.feedback) feedback events in "
        + "\(report.counts.segments) segments (\(Terminal.size(report.counts.segmentBytes)))")
    section(
      ["source", "interactions", "feedback", "quarantined", "newest record"],
      report.sources.map {
        [$0.source, "\($0.interactions)", "\($0.feedback)", "\($0.quarantined)", $0.newest ?? "-"]
      })
    section(
      ["decision", "interactions"],
      report.decisions.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { [$0.key, "\($0.value)"] })
    if !report.quarantine.isEmpty {
      section(
        ["quarantine", "lines"],
        report.quarantine.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { [$0.key, "\($0.value)"] })
    }
    let labels = report.labels
    Terminal.line()
    Terminal.line(
      "labels: \(labels.good) good, \(labels.bad) bad, \(labels.tie) tied, \(labels.unlabelled) without a vote; "
        + "\(labels.joined) feedback events joined, \(labels.waiting) waiting")
    section(
      ["dataset", "version", "content root"],
      report.datasets.map { [$0.dataset, "\($0.number)", String($0.contentRoot.prefix(12))] })
    section(
      ["run", "pipeline", "state", "finished"],
      report.runs.map { [$0.id, $0.pipeline, $0.state, $0.finished ?? "-"] })
  }

  private func section(_ header: [String], _ rows: [[String]]) {
    guard !rows.isEmpty else { return }
    Terminal.line()
    for line in Terminal.table(header, rows) { Terminal.line(line) }
  }

  private static func report(_ context: CommandContext) throws -> Report {
    let catalog = try context.workspace.catalog()
    var decisions: [String: Int] = [:]
    for row in try catalog.decisions() {
      decisions[row.reason.map { "\(row.decision): \($0)" } ?? row.decision, default: 0] += row.count
    }
    let quarantine = Dictionary(
      uniqueKeysWithValues: try catalog.quarantineReasons().map { ($0.reason, $0.count) })
    var datasets: [Dataset] = []
    if let registry = try? context.workspace.registry(create: false) {
      datasets = try registry.datasets().compactMap { name in
        try registry.latest(of: name).map {
          Dataset(dataset: name, number: $0.number, contentRoot: $0.contentRoot.hex)
        }
      }
    }
    return Report(
      workspace: context.workspace.home, counts: try catalog.counts(), sources: try catalog.sourceCounts(),
      decisions: decisions, quarantine: quarantine, labels: try catalog.labelCounts(), datasets: datasets,
      runs: try catalog.runs(limit: 5).map {
        Run(
          id: $0.id, pipeline: $0.pipeline, started: $0.started.description, state: $0.state,
          finished: $0.finished?.description)
      })
  }
}
