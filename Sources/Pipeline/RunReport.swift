import Catalog
import Label
import Publish
import Review
import Statistics

/// A run's account as one self-contained page: where every record went, labels, versions, and time by step.
///
/// It holds counts, names of definitions and reason codes, and no record text.
enum RunReport {
  static func html(_ account: RunAccount) -> String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>\(escaped(account.pipeline)): \(escaped(account.run))</title>
    <style>
    :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
    body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
    table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem; }
    th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
    td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
    rect { fill: #4a7fb5; } rect.out { fill: #b5764a; } rect.bad { fill: #a5474f; } rect.tie { fill: #888; }
    text { fill: currentColor; font: 13px system-ui, sans-serif; }
    .done { color: #2f7d4f; } .failed, .refused, .interrupted { color: #b3423a; }
    </style></head><body>
    <h1>\(escaped(account.pipeline)) <span class="\(account.state)">\(account.state)</span></h1>
    <p>Run <code>\(escaped(account.run))</code>, \(account.started) to \(account.finished), \(account.workers) workers,
    peak memory \(account.peakMemory >> 20) MiB.</p>
    <h2>Where every record went</h2>
    \(funnel(account.balance))
    <h2>Labels</h2>
    \(labels(account))
    \(synthesis(account.synthesis))
    <h2>Queues</h2>
    \(queues(account.queues))
    <h2>Versions</h2>
    \(versions(account.publications))
    \(synthetic(account.publications))
    <h2>Time</h2>
    \(bars(account.steps.enumerated().map { ("\($0 + 1). \($1.step)", $1.seconds, "") }, unit: "s"))
    </body></html>

    """
  }

  private static func funnel(_ balance: RecordBalance) -> String {
    var rows: [(String, Double, String)] = [
      ("pulled", Double(balance.pulled), ""), ("kept interactions", Double(balance.keptInteractions), ""),
      ("kept feedback", Double(balance.keptFeedback), ""),
    ]
    if balance.pending > 0 { rows.append(("not curated", Double(balance.pending), "out")) }
    let dropped = balance.dropped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    rows += dropped.map { ("dropped: \($0.key)", Double($0.value), "out") }
    let quarantined = balance.quarantined.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    rows += quarantined.map { ("quarantined: \($0.key)", Double($0.value), "bad") }
    return bars(rows, unit: "")
  }

  private static func labels(_ account: RunAccount) -> String {
    guard let counts = account.steps.compactMap(\.label?.counts).last else { return "<p>No label step.</p>" }
    return bars(
      [
        ("good", Double(counts.good), ""), ("bad", Double(counts.bad), "bad"),
        ("tie", Double(counts.tie), "tie"),
        ("unlabelled", Double(counts.unlabelled), "tie"),
      ], unit: "") + (account.steps.compactMap(\.label).last.map(voters) ?? "")
      + (account.steps.compactMap(\.judging).last.map(judging) ?? "")
  }

  /// The model, the choice of it, and every voter.
  private static func voters(_ label: LabelAccount) -> String {
    guard label.contents > 0 else { return "" }
    func percent(_ share: Double?) -> String { share.map { "\(Int(($0 * 100).rounded())) %" } ?? "" }
    let rows = label.voters.map { voter in
      """
      <tr><td>\(escaped(voter.voter))</td><td class="n">\(voter.votes)</td><td class="n">\(voter.abstentions)</td>
      <td class="n">\(percent(voter.goodShare))</td><td class="n">\(percent(voter.accuracy))</td>
      <td class="n">\(voter.golden > 0 ? "\(voter.goldenRight) of \(voter.golden)" : "")</td></tr>
      """
    }
    let gated = label.gated.map { "<li>\(escaped($0.voter)): \($0.votes) votes, \(escaped($0.reason))</li>" }
    let merged = label.merged.map { "<li>counted as one: \(escaped($0.joined(separator: ", ")))</li>" }
    let further = label.furtherVoters > 0 ? "<p>\(label.furtherVoters) further voters.</p>" : ""
    return """
      <p>\(label.contents) contents with a vote, added up by <b>\(label.model.rawValue)</b>: \(escaped(label.reason)).
      \(label.unlikeMajority) have another class than the majority by weight; \(label.golden) are golden; mean
      uncertainty \((label.entropy * 1000).rounded() / 1000) bits.</p>
      <table><tr><th>voter</th><th class="n">votes</th><th class="n">abstains</th><th class="n">for good</th>
      <th class="n">right, estimated</th><th class="n">right on golden</th></tr>
      \(rows.joined(separator: "\n"))
      </table>\(further)<ul>\((gated + merged).joined(separator: "\n"))</ul>
      \(people(label))
      """
  }

  /// How far labelers agree, and which given labels look wrong.
  private static func people(_ label: LabelAccount) -> String {
    var text = ""
    if let agreement = label.agreement {
      let figures = [
        ("Krippendorff's α", agreement.alpha), ("Gwet's AC1", agreement.gwet),
        ("Fleiss' κ", agreement.fleiss),
      ].compactMap { name, figure in
        figure.map {
          "\(name) \(JudgeFigures.two($0.value)) [\(JudgeFigures.two($0.low)), \(JudgeFigures.two($0.high))]"
        }
      }
      text += """
        <p>\(agreement.labelers) labelers gave \(agreement.answers) answers on good or bad, \(agreement.shared) contents have
        two or more\(figures.isEmpty ? "" : ": \(figures.joined(separator: ", "))"); \(agreement.exposed) answers were left out,
        since a suggestion was seen first.</p>
        """
    }
    if let suspects = label.suspects, let among = label.suspectsAmong, let noise = label.labelNoise {
      text +=
        "<p>\(suspects) of \(among) given labels look wrong; \(JudgeFigures.two(noise * 100)) % of them are, as estimated.</p>"
    }
    return text
  }

  private static func queues(_ queues: [QueueFillAccount]) -> String {
    guard !queues.isEmpty else { return "<p>No review step.</p>" }
    let rows = queues.map { queue in
      let added = queue.added.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(
        separator: ", ")
      return """
        <tr><td>\(escaped(queue.queue))</td><td>\(queue.isClosed ? "closed" : escaped(added))</td>
        <td class="n">\(queue.gold)</td><td class="n">\(queue.open)</td></tr>
        """
    }
    return """
      <table><tr><th>queue</th><th>new items</th><th class="n">new gold</th><th class="n">open</th></tr>
      \(rows.joined(separator: "\n"))
      </table>
      """
  }

  private static func versions(_ publications: [PublishAccount]) -> String {
    guard !publications.isEmpty else { return "<p>No publish step.</p>" }
    let rows = publications.map { item -> String in
      let splits = item.splits.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(
        separator: ", ")
      let left = item.left.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      return """
        <tr><td>\(escaped(item.dataset))@\(item.number)</td>
        <td class="\(item.result == .refused ? "refused" : "done")">\(item.result.rawValue)</td>
        <td>\(escaped(splits))</td><td>\(escaped(left))</td><td>\(escaped(item.refusals.joined(separator: "; ")))</td>
        <td><code>\(item.contentRoot.prefix(12))</code></td></tr>
        """
    }
    return """
      <table><tr><th>version</th><th>result</th><th>examples</th><th>left out</th><th>refused by</th>
      <th>content root</th></tr>
      \(rows.joined(separator: "\n"))
      </table>
      """
  }

  /// Horizontal bars of non-negative values, to one scale.
  private static func bars(_ rows: [(name: String, value: Double, style: String)], unit: String) -> String {
    let largest = max(rows.map(\.value).max() ?? 0, 1e-9)
    let drawn = rows.enumerated().map { index, row in
      let width = max(row.value / largest * 420, row.value > 0 ? 1 : 0)
      let y = index * 24
      let value = unit == "s" ? "\((row.value * 100).rounded() / 100) s" : "\(Int(row.value))"
      return """
        <text x="0" y="\(y + 16)">\(escaped(row.name))</text>
        <rect class="\(row.style)" x="280" y="\(y + 4)" width="\(width)" height="16"></rect>
        <text x="\(290 + width)" y="\(y + 16)">\(value)</text>
        """
    }
    return """
      <svg viewBox="0 0 820 \(rows.count * 24 + 4)" width="100%" role="img" aria-label="bar chart">
      \(drawn.joined(separator: "\n"))
      </svg>
      """
  }

  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
