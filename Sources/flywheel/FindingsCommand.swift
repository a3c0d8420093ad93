import ArgumentParser
import Catalog
import Curate
import Pipeline
import Records

/// Counts and samples findings.
struct FindingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "findings",
    abstract: "Count what the rules found, and look at some of it.",
    discussion: """
      A finding says which rule, in which version, found what in which part of a record, and whether the record was \
      dropped or flagged for it. With --sample some findings of each reason are shown in their text: the same ones each \
      time, personal data masked, what was found between ⟦ and ⟧.
      """)

  @Option(name: .long, help: "Only findings of this rule, such as 'repetition'.")
  var rule: String?

  @Option(name: .long, help: "Only findings with this reason, such as 'repeated-tail'.")
  var reason: String?

  @Option(name: .long, help: "Only findings on interactions of this source.")
  var source: String?

  @Option(name: .long, help: "Only findings with this effect: drop or flag.")
  var effect: String?

  @Option(name: .long, help: "Show this many findings of each reason, 1 to 100.")
  var sample: Int?

  @OptionGroup var common: CommonOptions

  private struct Sample: Encodable {
    let id, outcome, rule, reason, effect, part, text: String
    let version, offset, length: Int
  }

  private struct Report: Encodable {
    let counts: [FindingCount]
    let samples: [Sample]?
  }

  func validate() throws {
    if let sample, !(1...100).contains(sample) {
      throw ValidationError("--sample takes 1 to 100, not \(sample).")
    }
    if let effect, Finding.Effect(rawValue: effect) == nil {
      throw ValidationError(
        "--effect takes \(Finding.Effect.allCases.map(\.rawValue).joined(separator: " or ")), not '\(effect)'."
      )
    }
  }

  func run() throws {
    let context = try CommandContext(common)
    guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
    let catalog = try context.workspace.catalog()
    let filter = try self.filter(catalog)
    let counts = try catalog.findingCounts(filter)
    var samples: [Sample]?
    if let sample {
      let excerpts = FindingExcerpts(lake: try context.workspace.lake())
      samples = try catalog.findingSamples(filter, count: sample).map { item in
        Sample(
          id: item.id, outcome: item.outcome, rule: item.finding.rule, reason: item.finding.reason,
          effect: item.finding.effect.rawValue, part: item.finding.part,
          text: Terminal.safe(try excerpts.excerpt(of: item)), version: item.finding.version,
          offset: item.finding.offset, length: item.finding.length)
      }
    }
    if common.json { return try Terminal.json(Report(counts: counts, samples: samples)) }
    guard !counts.isEmpty else { return Terminal.line("no findings") }
    for line in Self.table(counts) { Terminal.line(line) }
    for line in Self.lines(samples ?? []) { Terminal.line(line) }
  }

  /// The filter, whose rule and source must be ones that there are.
  private func filter(_ catalog: CatalogStore) throws -> FindingFilter {
    var filter = FindingFilter()
    let names = RuleSet.all.map { $0.name }
    if let rule {
      guard names.contains(rule) else { throw UseError.unknownName("rule with findings", rule, legal: names) }
    }
    if let reason {
      let legal = RuleSet.all.filter { rule == nil || $0.name == rule }.flatMap { $0.reasons }
      guard legal.contains(reason) else { throw UseError.unknownName("reason", reason, legal: legal) }
    }
    if let source {
      let legal = try catalog.sourceCounts().map(\.source)
      guard legal.contains(source) else { throw UseError.unknownName("source", source, legal: legal) }
    }
    filter.rule = rule
    filter.reason = reason
    filter.source = source
    filter.effect = effect.flatMap(Finding.Effect.init(rawValue:))
    return filter
  }

  private static func table(_ counts: [FindingCount]) -> [String] {
    Terminal.table(
      ["rule", "reason", "version", "effect", "findings", "interactions", "of them kept"],
      counts.map {
        [
          $0.rule, $0.reason, "\($0.version)", $0.effect, "\($0.findings)", "\($0.interactions)",
          "\($0.kept)",
        ]
      })
  }

  private static func lines(_ samples: [Sample]) -> [String] {
    var lines: [String] = []
    var title = ""
    for item in samples {
      if title != "\(item.rule)/\(item.reason)" {
        title = "\(item.rule)/\(item.reason)"
        lines += ["", title]
      }
      let place = item.length > 0 ? " at byte \(item.offset), \(item.length) bytes" : ""
      lines.append("  \(Terminal.safe(item.id)): \(item.effect) in the \(item.part)\(place); \(item.outcome)")
      if !item.text.isEmpty { lines.append("    \(item.text)") }
    }
    return lines
  }
}
