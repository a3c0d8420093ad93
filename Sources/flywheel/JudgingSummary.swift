import Label
import Pipeline
import Statistics

/// What judges, students and the escalation did in a label step, for people.
enum JudgingSummary {
  static func lines(_ account: JudgingAccount) -> [String] {
    var lines = account.dataJudges.map { judge in
      "\(Terminal.safe(judge.voter)): \(judge.good) good, \(judge.bad) bad of \(judge.judged) in the data; κ "
        + "\(JudgeFigures.two(judge.kappa.value)) on \(judge.measured), calibration error "
        + "\(percent(judge.crossValidatedError)) cross-validated; \(Terminal.counted(judge.alone, "content")) have no "
        + "other judgement\(silence(judge.shortfalls))"
    }
    if let student = account.student {
      lines.append(
        "\(Terminal.safe(student.voter.isEmpty ? "student" : student.voter)): learned from \(student.good) good and "
          + "\(student.bad) bad; κ \(JudgeFigures.two(student.unseenKappa)), calibration error "
          + "\(percent(student.unseenError)) out of fold\(silence(student.shortfalls))")
    }
    lines += account.judges.map { judge in
      "\(Terminal.safe(judge.voter)): \(judge.asked) asked, \(judge.kept) kept; \(judge.good) good, \(judge.bad) bad, "
        + "\(judge.abstained + judge.hijacked + judge.unread + judge.failed) without a vote; "
        + "\(JudgeFigures.dollars(judge.cost))\(silence(judge.shortfalls))"
    }
    if let escalation = account.escalation { lines += tiers(escalation) }
    lines += (account.pairs ?? []).map(line)
    return lines
  }

  /// What a judge of pairs did, in a line.
  static func line(_ judge: JudgePairAccount) -> String {
    let outcomes = PairOpinion.Outcome.allCases.compactMap { outcome in
      judge.outcomes[outcome.rawValue].map { "\($0) \(outcome.rawValue)" }
    }
    return "\(Terminal.safe(judge.voter)): \(Terminal.counted(judge.asked, "pair")) asked, \(judge.kept) kept"
      + "\(outcomes.isEmpty ? "" : " (\(outcomes.joined(separator: ", ")))"); \(JudgeFigures.dollars(judge.cost))"
      + silence(judge.shortfalls)
  }

  private static func tiers(_ account: EscalationAccount) -> [String] {
    let left = account.left.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    return ["escalation:"]
      + Terminal.table(
        ["tier", "asked", "kept", "decided", "silent", "failed", "cost"],
        account.tiers.map { tier in
          [
            Terminal.safe(tier.tier), "\(tier.asked)", "\(tier.kept)", "\(tier.decided)", "\(tier.silent)",
            "\(tier.failed)", JudgeFigures.dollars(tier.cost),
          ]
        })
      + [
        "\(account.decided) of \(account.items) decided for \(JudgeFigures.dollars(account.spent))"
          + (account.isBudgetSpent ? ", where the budget ended it" : "")
          + "; \(account.left.values.reduce(0, +)) left for people\(left.isEmpty ? "" : " (\(left))"); mean uncertainty "
          + "\(JudgeFigures.two(account.entropyBefore)) to \(JudgeFigures.two(account.entropyAfter)) bits"
      ]
  }

  private static func percent(_ share: Double) -> String { "\(JudgeFigures.two(share * 100)) %" }

  private static func silence(_ shortfalls: [String]) -> String {
    shortfalls.isEmpty ? "" : "; casts no vote: \(Terminal.safe(shortfalls.joined(separator: ", ")))"
  }
}
