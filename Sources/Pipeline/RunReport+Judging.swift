import Label
import Statistics

extension RunReport {
  /// Judges, students and the escalation: who was measured how, who may vote, and what each tier decided and cost.
  static func judging(_ account: JudgingAccount) -> String {
    var parts: [String] = []
    if !account.dataJudges.isEmpty {
      let rows = account.dataJudges.map { judge in
        row(
          judge.voter,
          [
            "\(judge.judged)", "\(judge.good)", "\(judge.bad)", "\(judge.measured)", two(judge.kappa),
            percent(judge.crossValidatedError), "\(judge.alone)",
          ], judge.shortfalls)
      }
      parts.append(
        table(
          "Judges in the data",
          ["judged", "good", "bad", "measured", "κ", "calibration error, cross-validated", "alone"], rows))
    }
    if let student = account.student {
      parts.append(
        table(
          "Student",
          [
            "lessons good", "bad", "κ out of fold", "calibration error out of fold", "golden", "κ on golden",
            "calibration error on golden",
          ],
          [
            row(
              student.voter.isEmpty ? "none" : student.voter,
              [
                "\(student.good)", "\(student.bad)", JudgeFigures.two(student.unseenKappa),
                percent(student.unseenError),
                "\(student.measured)", two(student.kappa), percent(student.error),
              ], student.shortfalls)
          ]))
    }
    if !account.judges.isEmpty {
      let rows = account.judges.map { judge in
        row(
          judge.voter,
          [
            "\(judge.asked)", "\(judge.kept)", "\(judge.good)", "\(judge.bad)", "\(judge.abstained)",
            "\(judge.hijacked)", "\(judge.unread)", "\(judge.failed)", JudgeFigures.dollars(judge.cost),
          ], judge.shortfalls)
      }
      parts.append(
        table(
          "Judges",
          ["asked", "kept", "good", "bad", "abstained", "hijacked", "unread", "failed", "cost"], rows))
    }
    if let pairs = account.pairs {
      let outcomes = PairOpinion.Outcome.allCases.map(\.rawValue)
      let rows = pairs.map { judge in
        row(
          judge.voter,
          ["\(judge.asked)", "\(judge.kept)"] + outcomes.map { "\(judge.outcomes[$0] ?? 0)" }
            + [JudgeFigures.dollars(judge.cost)], judge.shortfalls)
      }
      parts.append(table("Judges of pairs", ["asked", "kept"] + outcomes + ["cost"], rows))
    }
    if let escalation = account.escalation {
      let rows = escalation.tiers.map { tier in
        row(
          tier.tier,
          [
            "\(tier.asked)", "\(tier.kept)", "\(tier.decided)", "\(tier.silent)", "\(tier.failed)",
            JudgeFigures.dollars(tier.cost),
          ], tier.shortfalls)
      }
      let left = escalation.left.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      parts.append(
        table("Escalation", ["asked", "kept", "decided", "silent", "failed", "cost"], rows)
          + "<p>\(escalation.items) items: \(escalation.decided) decided, "
          + "\(escalation.left.values.reduce(0, +)) left for people"
          + (left.isEmpty ? "" : " (\(escaped(left.joined(separator: ", "))))")
          + "; \(JudgeFigures.dollars(escalation.spent)) spent"
          + (escalation.isBudgetSpent ? ", where the budget ended it" : "")
          + "; mean uncertainty \(JudgeFigures.two(escalation.entropyBefore)) → "
          + "\(JudgeFigures.two(escalation.entropyAfter)) bits</p>")
    }
    return parts.joined(separator: "\n")
  }

  private static func table(_ title: String, _ columns: [String], _ rows: [String]) -> String {
    let heads = columns.map { "<th class=\"n\">\(escaped($0))</th>" }.joined()
    return """
      <h3>\(escaped(title))</h3>
      <table><tr><th>voter</th>\(heads)<th>casts no vote because of</th></tr>
      \(rows.joined(separator: "\n"))
      </table>
      """
  }

  private static func row(_ name: String, _ numbers: [String], _ shortfalls: [String]) -> String {
    let cells = numbers.map { "<td class=\"n\">\($0)</td>" }.joined()
    return "<tr><td>\(escaped(name))</td>\(cells)<td>\(escaped(shortfalls.joined(separator: ", ")))</td></tr>"
  }

  private static func percent(_ share: Double) -> String { "\(JudgeFigures.two(share * 100)) %" }

  private static func two(_ estimate: IntervalEstimate) -> String {
    "\(JudgeFigures.two(estimate.value)) [\(JudgeFigures.two(estimate.low)), \(JudgeFigures.two(estimate.high))]"
  }
}

/// How figures of judges are written.
public enum JudgeFigures {
  /// Two decimals, to the nearest.
  public static func two(_ value: Double) -> String {
    let hundredths = Int((abs(value) * 100).rounded())
    let digits = hundredths % 100
    return "\(value < 0 && hundredths > 0 ? "-" : "")\(hundredths / 100).\(digits < 10 ? "0" : "")\(digits)"
  }

  /// Dollars with four decimals, of millionths of a dollar.
  public static func dollars(_ millionths: Int64) -> String {
    let parts = (abs(millionths) + 50) / 100
    let digits = "\(10000 + parts % 10000)".dropFirst()
    return "\(millionths < 0 ? "-" : "")$\(parts / 10000).\(digits)"
  }
}
