import Statistics
import Synthesize

extension RunReport {
  /// What models wrote: where every input went, what each filter of the selection does, and the student beside the teacher.
  static func synthesis(_ accounts: [SynthesisAccount]) -> String {
    guard !accounts.isEmpty else { return "" }
    return "<h2>What models wrote</h2>\n" + accounts.map(account).joined(separator: "\n")
  }

  private static func account(_ account: SynthesisAccount) -> String {
    var parts = ["<h3>\(escaped(account.dataset)): \(account.state.rawValue)</h3>"]
    parts.append(
      grid(
        "lacks", ["target", "missing", "may be written"],
        account.deficits.map { ($0.slice, ["\($0.target)", "\($0.deficit)", "\($0.room)"]) }))
    let columns = ["requested", "accepted", "rejected", "failed", "cost", "an example"]
    for (name, tallies) in [
      ("operator", account.operators), ("model", account.models), ("slice", account.slices),
    ] where !tallies.isEmpty {
      parts.append(grid(name, columns, tallies.sorted { $0.key < $1.key }.map { ($0.key, cells($0.value)) }))
    }
    let reasons =
      (account.inputs.rejected.map { ("rejected: \($0)", $1) }
      + account.inputs.failed.map { ("failed: \($0)", $1) })
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    if !reasons.isEmpty { parts.append(grid("reason", ["inputs"], reasons.map { ($0.0, ["\($0.1)"]) })) }
    if !account.ablation.isEmpty {
      parts.append(
        grid(
          "filter", ["kept without it", "quality", "distance", "kept by it alone", "quality", "distance"],
          account.ablation.map { ($0.filter.rawValue, cells($0.without) + cells($0.alone)) }))
    }
    if let student = account.student {
      parts.append(
        grid(
          "student",
          [
            "inputs", "both right", "teacher alone", "student alone", "difference", "people", "by their word",
            "p",
          ],
          [
            (
              "beside its teacher",
              [
                "\(student.inputs)", "\(student.both)", "\(student.teacherOnly)", "\(student.studentOnly)",
                interval(student.difference), "\(student.people)", interval(student.corrected),
                JudgeFigures.two(student.probability),
              ]
            )
          ]))
    }
    return parts.joined(separator: "\n")
  }

  private static func cells(_ tally: SynthesisAccount.Tally) -> [String] {
    [
      "\(tally.requested)", "\(tally.accepted)", "\(tally.rejected.values.reduce(0, +))",
      "\(tally.failed.values.reduce(0, +))", JudgeFigures.dollars(tally.cost),
      tally.costPerAccepted.map { JudgeFigures.dollars($0) } ?? "–",
    ]
  }

  private static func cells(_ summary: SelectionSummary) -> [String] {
    ["\(summary.kept)"] + [summary.meanQuality, summary.meanDistance].map { $0.map(JudgeFigures.two) ?? "–" }
  }

  private static func interval(_ estimate: IntervalEstimate?) -> String {
    estimate.map {
      "\(JudgeFigures.two($0.value)) [\(JudgeFigures.two($0.low)), \(JudgeFigures.two($0.high))]"
    } ?? "–"
  }

  private static func grid(_ name: String, _ columns: [String], _ rows: [(String, [String])]) -> String {
    let heads = columns.map { "<th class=\"n\">\(escaped($0))</th>" }.joined()
    let lines = rows.map { row in
      "<tr><td>\(escaped(row.0))</td>" + row.1.map { "<td class=\"n\">\(escaped($0))</td>" }.joined()
        + "</tr>"
    }
    return "<table><tr><th>\(escaped(name))</th>\(heads)</tr>\n\(lines.joined(separator: "\n"))\n</table>"
  }
}
