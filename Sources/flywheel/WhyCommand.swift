import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Publish
import Pull
import Records

/// Explains what happened to an interaction or an example.
struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say what each step decided on an interaction or example, and which versions it is in.",
    discussion: "Shows ids, reasons, votes and versions, never the text of a record.")

  @Argument(help: "An interaction's id, with or without its source, or an example's.")
  var id: String

  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    struct Feedback: Encodable {
      let id, time, signal: String
      let value: Double?
      let count: Int
    }
    struct Vote: Encodable {
      let voter, `class`: String
      let weight: Double
      let reason: String?
    }
    struct Version: Encodable {
      let dataset, example, outcome: String
      let first: Int
      let last: Int?
    }
    let id, source, time, conversation, run, segment: String
    let decision, reason, representative, label: String?
    let probability, entropy: Double?
    let findings: [String]
    let feedback: [Feedback]
    let votes: [Vote]
    let reviews: [ReviewReport.Answer]
    let queues: [ReviewReport.Place]
    let judgeFlags: [ReviewReport.Flag]
    let leftForPeople: String?
    let candidate: CandidateReport?
    let versions: [Version]
    let notSelected: [String: String]
  }

  func run() throws {
    let context = try CommandContext(common)
    guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
    let catalog = try context.workspace.catalog()
    let ids = try resolve(catalog, context.workspace)
    guard !ids.isEmpty else { throw UseError.unknownID(id) }
    let datasets = (try? Project.load(root: context.root))?.project.datasets ?? []
    let reports = try ids.compactMap { id in
      try catalog.explain(id).map { try Self.report($0, catalog, datasets) }
    }
    if common.json { return try Terminal.json(reports) }
    for (index, report) in reports.enumerated() {
      if index > 0 { Terminal.line() }
      for line in Self.lines(report) { Terminal.line(Terminal.safe(line)) }
    }
  }

  /// An id that is itself personal data stands in the catalog under its pseudonym.
  private func resolve(_ catalog: CatalogStore, _ workspace: Workspace) throws -> [String] {
    let ids = try catalog.resolve(id)
    guard ids.isEmpty, id.contains("@") else { return ids }
    let pseudonyms = try workspace.pseudonyms()
    let own = try catalog.resolve(pseudonyms.identifier(id))
    guard own.isEmpty, let slash = id.firstIndex(of: "/") else { return own }
    return try catalog.resolve(id[...slash] + pseudonyms.identifier(String(id[id.index(after: slash)...])))
  }

  private static func report(
    _ item: Explanation, _ catalog: CatalogStore, _ datasets: [DatasetDefinition]
  ) throws -> Report {
    let candidate = try catalog.candidate(item.id)
    let acceptance = try candidate.flatMap { try catalog.batchAcceptances()[$0.facts.batch] }
    let present = Set(item.memberships.filter { $0.last == nil }.map(\.dataset))
    var notSelected: [String: String] = [:]
    for dataset in datasets where !present.contains(dataset.name) {
      notSelected[dataset.name] = try absence(item, dataset, catalog, candidate?.facts, acceptance)
    }
    let reviews = ReviewReport(try catalog.reviewHistory(of: item.id, now: CommandContext.now))
    return Report(
      id: item.id, source: item.source, time: item.time.description, conversation: item.conversation,
      run: item.run,
      segment: "interactions/\(item.place.day)/\(item.place.segment)", decision: item.decision,
      reason: item.reason,
      representative: item.representative, label: item.label, probability: item.probability,
      entropy: item.entropy,
      findings: item.findings.map { finding in
        let place = finding.length > 0 ? " at byte \(finding.offset), \(finding.length) bytes" : ""
        return "\(finding.effect.rawValue): \(finding.rule)/\(finding.reason) in the \(finding.part)\(place)"
      },
      feedback: item.feedback.map {
        Report.Feedback(
          id: $0.id, time: $0.time.description, signal: $0.signal, value: $0.value, count: $0.count)
      },
      votes: item.votes.map {
        Report.Vote(voter: $0.voter, class: $0.class, weight: $0.weight, reason: $0.reason)
      },
      reviews: reviews.answers, queues: reviews.queues, judgeFlags: reviews.flags,
      leftForPeople: reviews.leftFor,
      candidate: candidate.map { CandidateReport($0.facts, lineage: $0.lineage, cost: $0.cost, acceptance) },
      versions: item.memberships.map {
        Report.Version(
          dataset: $0.dataset, example: $0.example, outcome: $0.outcome, first: $0.first, last: $0.last)
      }, notSelected: notSelected)
  }

  /// Why a dataset's next version would not consider the interaction.
  private static func absence(
    _ item: Explanation, _ dataset: DatasetDefinition, _ catalog: CatalogStore, _ written: SyntheticFacts?,
    _ acceptance: BatchAcceptance?
  ) throws -> String {
    guard item.decision == Decision.kept.rawValue else {
      return item.reason.map { "dropped by \($0)" } ?? "not curated yet"
    }
    if let written { return CandidateReport.absence(written, dataset, acceptance) }
    let quoted = item.id.replacing("'", with: "''")
    let selected = try catalog.numbers(where: "id = '\(quoted)' AND (\(dataset.select)\n)")
    if selected.isEmpty { return "select does not hold: \(dataset.select)" }
    switch dataset.kind {
    case .kto where item.label != LabelClass.good.rawValue && item.label != LabelClass.bad.rawValue:
      return "kto takes only what is labelled good or bad"
    case .preference: return "no better or worse sibling and no correction"
    default: return "chosen for the next version"
    }
  }

  private static func lines(_ report: Report) -> [String] {
    var lines = [report.id]
    func add(_ title: String, _ text: String) {
      lines.append("  " + title.padding(toLength: 10, withPad: " ", startingAt: 0) + text)
    }
    add("pulled", "from \(report.source) by run \(report.run), call of \(report.time)")
    add("", "conversation \(report.conversation)")
    add("lake", report.segment)
    for line in report.candidate?.lines ?? [] { add(line.title, line.text) }
    let standing = report.representative.map { ", \($0) stands for it" } ?? ""
    add("curate", "\(report.decision ?? "pending")\(report.reason.map { ": \($0)" } ?? "")\(standing)")
    for finding in report.findings { add("", finding) }
    for (index, event) in report.feedback.enumerated() {
      let value = event.value.map { " \(number($0))" } ?? ""
      let count = event.count > 1 ? " × \(event.count)" : event.count == 0 ? ", taken back" : ""
      add(index == 0 ? "feedback" : "", "\(event.time) \(event.signal)\(value)\(count) (\(event.id))")
    }
    for (index, vote) in report.votes.enumerated() {
      add(
        index == 0 ? "votes" : "",
        "\(vote.class) × \(number(vote.weight)) by \(vote.voter)\(vote.reason.map { ": \($0)" } ?? "")")
    }
    for (index, flag) in report.judgeFlags.enumerated() { add(index == 0 ? "judges" : "", flag.line) }
    for (index, answer) in report.reviews.enumerated() { add(index == 0 ? "reviews" : "", answer.line) }
    let probability = report.probability.map { ", probability \(number(($0 * 100).rounded() / 100))" } ?? ""
    add("label", (report.label ?? "none: nobody voted") + probability)
    if let reason = report.leftForPeople { add("left", "for people to say: \(reason)") }
    for (index, place) in report.queues.enumerated() { add(index == 0 ? "queues" : "", place.line) }
    for (index, version) in report.versions.enumerated() {
      let range =
        version.last.map { $0 == version.first ? "@\($0)" : "@\(version.first)–\($0)" }
        ?? "@\(version.first) on"
      add(
        index == 0 ? "versions" : "",
        "\(version.dataset)\(range): \(outcome(version.outcome))"
          + (version.example == report.id ? "" : " (example \(version.example))"))
    }
    for (index, item) in report.notSelected.sorted(by: { $0.key < $1.key }).enumerated() {
      add(index == 0 ? "not in" : "", "\(item.key): \(item.value)")
    }
    return lines
  }

  /// What `in:train` and `out:leak` mean.
  private static func outcome(_ text: String) -> String {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return text }
    if parts[0] == "in" { return "in split \(parts[1])" }
    let reason =
      switch LeftOut(rawValue: parts[1]) {
      case .otherSplit: "its conversation belongs to a split that the dataset does not have"
      case .leak: "its conversation or input was published for the other of training and evaluation"
      case .golden:
        "it, its conversation, its input or a near duplicate is in the golden set, which never trains"
      case .contaminated:
        "it overlaps with an example of the other of training and evaluation, or with a protected prompt"
      case .influence: "its user has as many examples in it as one may have"
      case .syntheticCap: "its slice has no room for more that models wrote"
      case .acceptancePending: "people have not answered enough of its batch's sample"
      case .notAccepted: "people rejected its batch"
      case .maximum: "the dataset is full"
      case .tooLong: "longer than the dataset takes"
      case .media: "it holds parts that are not text"
      case .emptyOutput: "the output is empty"
      case .noMessages: "the input is empty"
      case .equalOutputs: "the two outputs are the same"
      case nil: parts[1]
      }
    return "left out: \(reason)"
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() ? "\(Int(value))" : "\(value)"
  }
}
