import Curate
import Foundation
import Glibc
import Records
import Text

/// How many records of public sets each rule drops and flags, and how fast it reads.
///
/// The sets are people's own or a log's real work, so what is dropped of them is dropped wrongly, unless the
/// set is the student's. The bars hold what was measured when the rules were made.
enum RulesMeasure {
  private static let rules: [any Rule] = [
    ErrorOutputRule(), LanguageRule(), QualityRule(), RefusalRule(), TestTrafficRule(),
  ]
  /// Sets of which nothing may be dropped.
  private static let clean: Set<String> = [
    "self-instruct", "mt-bench", "openassistant", "haiku", "lilac-non-english", "lilac-question",
    "lilac-source-code",
  ]

  static func run() throws -> Bool {
    guard FileManager.default.fileExists(atPath: PublicData.folder.path) else {
      FileHandle.standardError.write(Data("skipped: no public data; set FLYWHEEL_TEST_DATA\n".utf8))
      return true
    }
    var figures = Figures()
    let sets = try RecordSets.all()
    for rule in rules {
      let name = type(of: rule).name
      for set in sets {
        var counts: [String: Int] = [:]
        var drops = 0
        for record in set.records {
          let findings = examine(record, rule)
          for finding in findings { counts["\(finding.reason) \(finding.effect.rawValue)", default: 0] += 1 }
          if findings.contains(where: { $0.effect == .drop }) { drops += 1 }
        }
        for (reason, count) in counts.sorted(by: { $0.key < $1.key }) {
          print("  \(set.name) \(name) \(reason) \(count) of \(set.records.count)")
        }
        let key = "rules_drops_\(name)_\(set.name)"
        // A refusal in a set of good answers is one, so the refusal rule has no bar here.
        if clean.contains(set.name), name != "refusal" {
          figures.note(key, Double(drops), "records", atMost: 0)
        } else {
          figures.note(key, Double(drops), "records")
        }
      }
    }
    for rule in rules { speed(rule, sets, figures) }
    try formatSpeed(figures)
    return figures.passed
  }

  static func examine(_ record: MeasuredRecord, _ rule: any Rule) -> [Finding] {
    var findings: [Finding] = []
    record.input.withUnsafeBytes { input in
      record.output.withUnsafeBytes { output in
        rule.examine(RecordView(input: input, conversation: input, output: output)) { findings.append($0) }
      }
    }
    return findings
  }

  /// Speed over answers put together to records of 3 KB, by the processor's time, so that others' work does
  /// not count.
  private static func speed(
    _ rule: any Rule, _ sets: [(name: String, records: [MeasuredRecord])], _ figures: Figures
  ) {
    let parts = sets.filter { $0.name == "openassistant" || $0.name == "haiku" }.flatMap(\.records)
    var records: [MeasuredRecord] = []
    var output = ""
    for part in parts {
      output += String(decoding: part.output, as: UTF8.self) + "\n\n"
      if output.utf8.count < 3_000 { continue }
      records.append(MeasuredRecord(String(decoding: part.input, as: UTF8.self), output))
      output = ""
    }
    let bytes = records.reduce(0) { $0 + $1.input.count + $1.output.count }
    let rounds = 10
    var best = Double.infinity
    for _ in 0..<5 {
      let started = clock()
      for _ in 0..<rounds { for record in records { _ = examine(record, rule) } }
      best = min(best, Double(clock() - started) / Double(CLOCKS_PER_SEC))
    }
    figures.note("rules_speed_\(type(of: rule).name)", Double(bytes * rounds) / 1e6 / best, "MB/s")
  }

  /// Speed of the format rule over an order of 3 KB in JSON, by the processor's time.
  private static func formatSpeed(_ figures: Figures) throws {
    let line = #"{"type": "object", "required": ["name", "count"], "additionalProperties": false, "#
    let members =
      #""properties": {"name": {"type": "string", "pattern": "^[a-z ]+$"}, "count": {"minimum": 0}}}"#
    let schema = try JSONSchema(Array(#"{"type": "array", "items": \#(line)\#(members)}"#.utf8))
    let rule = OutputFormatRule(schemas: ["shop": schema])
    let lines = (0..<70).map { #"{"name": "a button that is red", "count": \#($0)}"# }
    let output = Array("[\(lines.joined(separator: ", "))]".utf8)
    let app = Array("shop".utf8)
    var best = Double.infinity
    var findings = 0
    for _ in 0..<5 {
      let started = clock()
      for _ in 0..<2_000 {
        output.withUnsafeBytes { text in
          app.withUnsafeBytes { app in
            rule.examine(RecordView(input: text, conversation: text, output: text, app: app)) { _ in
              findings += 1
            }
          }
        }
      }
      best = min(best, Double(clock() - started) / Double(CLOCKS_PER_SEC))
    }
    figures.note("rules_speed_output-format", Double(output.count * 2_000) / 1e6 / best, "MB/s")
    figures.note("rules_wrong_output-format", Double(findings), "findings")
  }
}
