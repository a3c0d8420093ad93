import ArgumentParser
import Foundation
import Pipeline
import Pull
import Records
import Text

/// Tries a source: authenticates, shows what would be stored, and says what is missing.
struct SourcesTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract:
      "Try a source: authenticate, show three interactions as they would be stored, say what is missing.",
    discussion: """
      Nothing is stored. Personal data is shown as the marks that replace it, user ids as pseudonyms.
      """)

  @Argument(help: "The source's name: a file in Pipelines/sources without .yaml.")
  var name: String

  @Option(name: .long, help: "Rows of each stream to look at, 1 to 10000.")
  var rows = 100

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if !(1...10_000).contains(rows) { throw ValidationError("--rows takes 1 to 10000, not \(rows).") }
  }

  func run() async throws {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    guard let source = project.source(name) else {
      throw UseError.unknownName("source", name, legal: project.sources.map(\.name))
    }
    try await Self.test(source, rows: rows, project: project, context: context, json: common.json)
  }

  static func test(
    _ source: SourceDefinition, rows: Int, project: Project, context: CommandContext, json: Bool
  ) async throws {
    let access = try source.access(environment: context.environment, definitionFolder: project.sourcesFolder)
    let probe = SourceProbe(pseudonyms: try context.workspace.pseudonyms(), now: CommandContext.now)
    let report = try await probe.run(source, access: access, rows: rows)
    if json { return try Terminal.json(report) }
    for line in try SourceReport(source: source, report: report, project: project).lines() {
      Terminal.line(line)
    }
  }
}

/// What a probe found, for people.
struct SourceReport {
  let source: SourceDefinition
  let report: ProbeReport
  let project: Project

  /// What it costs to lack a field.
  private static let costs: [(field: String, cost: String)] = [
    ("output", "an empty output is dropped by the rule `length`"),
    ("conversation", "each interaction counts as a conversation of its own when splits are made"),
    ("user", "no cap on one user's influence"),
    ("model", "no selection by model"),
    ("tokens", "no selection by tokens"),
    ("cost", "no selection by cost"),
    ("latency", "no selection by latency"),
  ]

  func lines() throws -> [String] {
    let requests = report.requests > 0 ? "; it answered \(Terminal.counted(report.requests, "request"))" : ""
    var lines = [
      "\(source.name): \(source.kind.traits.title), \(Terminal.safe(source.place))\(requests)", "",
    ]
    lines += Terminal.table(
      ["stream", "rows", "interactions", "feedback", "not asked for", "quarantined"],
      report.streams.map {
        [
          $0.name, "\($0.rows)", "\($0.interactions)", "\($0.feedback)", "\($0.unmatched)",
          "\($0.quarantined.values.reduce(0, +))",
        ]
      })
    for (index, sample) in report.samples.enumerated() {
      lines.append("")
      lines += try Self.sample(sample, number: index + 1)
    }
    let missing = missing()
    if !missing.isEmpty {
      lines += ["", "missing:"] + missing.map { "  \($0)" }
    }
    return lines + next()
  }

  private static func sample(_ json: String, number: Int) throws -> [String] {
    try JSONParser().parse(json) { (record: JSONValue) -> [String] in
      func text(_ key: String) -> String { record[key]?.string.map { Terminal.safe($0) } ?? "-" }
      var lines = [
        "\(number)  \(text("time"))  model \(text("model"))  conversation \(text("conversation"))  user \(text("user"))"
      ]
      func message(_ value: JSONValue) {
        let role = value["role"]?.string ?? "-"
        var content = value["content"]?.string ?? ""
        if content.isEmpty, let calls = value["tool_calls"]?.elements, !calls.isEmpty {
          content = calls.compactMap { $0["function"]?["name"]?.string.map { "calls \($0)" } }.joined(
            separator: ", ")
        }
        lines.append("   " + role.padding(toLength: 10, withPad: " ", startingAt: 0) + Self.cut(content))
      }
      record["input"]?.elements.forEach(message)
      if let output = record["output"] { message(output) }
      return lines
    }
  }

  /// The first words, on one line.
  private static func cut(_ text: String) -> String {
    let words = text.prefix(400).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let shown = Terminal.safe(words)
    return shown.count > 100 ? shown.prefix(100) + "…" : shown
  }

  private func missing() -> [String] {
    let all = report.interactions
    let file = "Pipelines/sources/\(source.name).yaml"
    var lines: [String] = []
    if all == 0, source.service != nil {
      lines.append("no interaction came; is there any since the definition's `since`, and is `types` right?")
    } else if all == 0, source.interactions != nil || source.tree != nil {
      lines.append("no interaction came; does `match` in \(file) ask for the right rows?")
    }
    for (field, cost) in Self.costs where all > 0 {
      let held = report.fields[field] ?? 0
      if held < all { lines.append("\(field) on \(all - held) of \(all) interactions: \(cost)") }
    }
    for (name, count) in report.unmappedSignals.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let key = SourceTemplate.scalar(Terminal.safe(name))
      lines.append(
        "a meaning for the signal '\(Terminal.safe(name))', \(Terminal.counted(count, "time")): name it under "
          + "`signals` in \(file), such as {\(key): thumb} or {\(key): {signal: rating, from: [0, 1]}}")
    }
    for stream in report.streams {
      for (reason, count) in stream.quarantined.sorted(by: { $0.key < $1.key }) {
        lines.append("\(Terminal.counted(count, "row")) of \(stream.name) cannot be read: \(reason)")
      }
    }
    if report.feedback == 0, source.service != nil {
      lines.append("feedback: none came in the rows looked at; without any, labels come from elsewhere")
    }
    return lines
  }

  private func next() -> [String] {
    let pipelines = project.pipelines.filter { $0.sources.contains(source.name) }
    var lines = ["", "next:"]
    if pipelines.isEmpty {
      lines.append("  add \(source.name) to the step `pull` of a pipeline, such as Pipelines/nightly.yaml")
      lines.append("  flywheel pull \(source.name)        reads it once, now")
    }
    for pipeline in pipelines { lines.append("  flywheel run \(pipeline.name)") }
    return lines
  }
}
