import Curate
import Pipeline

/// What curation did, for people.
enum CurateSummary {
  /// The account of a run of the curate step alone.
  static func lines(_ account: RunAccount) -> [String] {
    let seconds = account.steps.reduce(0) { $0 + $1.seconds }
    var lines = ["\(account.pipeline): curated in \(Terminal.rounded(seconds)) s", ""]
    guard let result = account.steps.compactMap(\.curate).last else { return lines }
    lines.append("examined  \(result.examined) interactions that had no decision by these rules")
    lines.append("kept      \(result.kept) of all")
    lines.append("dropped   \(result.dropped.values.reduce(0, +)) of all\(reasons(result.dropped))")
    if let near = result.near { lines += self.lines(near) }
    lines += withoutModel(result.withoutModel)
    return lines
  }

  /// A comparison, or with `compare` off only what the rules would find.
  static func lines(_ result: CurateComparison, compare: Bool) -> [String] {
    var lines = ["dry run: \(result.examined) interactions examined, nothing written"]
    if result.undecided > 0 {
      lines.append("\(result.undecided) of them have no decision in the catalog yet")
    }
    lines.append("")
    if result.rows.isEmpty {
      lines.append("no findings")
    } else if compare {
      lines += Terminal.table(
        ["rule", "reason", "effect", "now", "then", "gained", "lost"],
        result.rows.map { row in
          [row.rule, row.reason, row.effect] + [row.before, row.after, row.gained, row.lost].map(String.init)
        })
    } else {
      lines += Terminal.table(
        ["rule", "reason", "effect", "interactions"],
        result.rows.filter { $0.after > 0 }.map { [$0.rule, $0.reason, $0.effect, "\($0.after)"] })
    }
    if compare {
      lines.append("")
      lines += turn("would be dropped", result.wouldDrop)
      lines += turn("would be kept", result.wouldKeep)
      lines.append("(duplicates and influence are decided between records, and are not tried)")
    }
    return lines + withoutModel(result.withoutModel)
  }

  /// The account of a curation from one lake into another.
  static func lines(_ account: LakeCurationAccount, target: String) -> [String] {
    var lines = [
      "examined  \(account.examined) records (\(Terminal.size(account.bytes)))",
      "kept      \(account.kept)\(account.masked > 0 ? ", \(account.masked) of them with personal data masked" : "")",
      "dropped   \(account.dropped.values.reduce(0, +))\(reasons(account.dropped))",
      "findings  \(account.findings)",
    ]
    if let near = account.near { lines += self.lines(near) }
    lines += withoutModel(account.withoutModel)
    lines.append("written to \(target)")
    return lines
  }

  private static func lines(_ near: CurateAccount.Near) -> [String] {
    var line =
      "compared  \(near.signed) new contents in \(near.compared) pairs, \(near.connected) near duplicates"
    if near.crowdedBands > 0 { line += "; \(near.crowdedBands) bands too common to compare every pair" }
    return [line]
  }

  static func withoutModel(_ rules: [String]) -> [String] {
    guard !rules.isEmpty else { return [] }
    return [
      "without a model: \(rules.joined(separator: ", ")) (patterns and word lists only; `Jobs/train-classifiers` makes models)"
    ]
  }

  private static func turn(_ title: String, _ turn: CurateComparison.Turn) -> [String] {
    ["\(title): \(turn.count)"]
      + turn.samples.map { "  \(Terminal.safe($0.id))  \($0.reason)" }
      + (turn.samples.count < turn.count && !turn.samples.isEmpty ? ["  …"] : [])
  }

  private static func reasons(_ counts: [String: Int]) -> String {
    guard !counts.isEmpty else { return "" }
    return ": "
      + counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
      .joined(separator: ", ")
  }
}
