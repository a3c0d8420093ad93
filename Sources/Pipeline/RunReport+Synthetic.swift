import Publish

extension RunReport {
  /// What models wrote of each version, by slice; nothing where they may write for no dataset.
  static func synthetic(_ publications: [PublishAccount]) -> String {
    let rows = publications.flatMap { item in
      (item.synthetic?.slices ?? []).map { slice in
        """
        <tr><td>\(escaped(item.dataset))</td><td>\(escaped(slice.slice))</td><td class="n">\(slice.target)</td>
        <td class="n">\(slice.organic)</td><td class="n">\(slice.synthetic)</td><td class="n">\(slice.capped)</td></tr>
        """
      }
    }
    guard !rows.isEmpty else { return "" }
    let states = publications.compactMap { item in item.synthetic.map { (item.dataset, $0) } }.flatMap {
      name, account in
      [("wait for people to accept them", account.waiting), ("were rejected by people", account.rejected)]
        .filter { !$0.1.isEmpty }
        .map { "<li>\(escaped(name)): batches that \($0.0): \(escaped($0.1.joined(separator: ", ")))</li>" }
    }
    return """
      <h2>Written by models</h2>
      <table><tr><th>dataset</th><th>slice</th><th class="n">target</th><th class="n">real</th>
      <th class="n">synthetic</th><th class="n">over the cap</th></tr>
      \(rows.joined(separator: "\n"))
      </table><ul>\(states.joined(separator: "\n"))</ul>
      """
  }
}
