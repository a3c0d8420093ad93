import Publish

/// What models wrote of a version, for people.
enum SyntheticSummary {
  /// Nothing for a dataset that models may not write for.
  static func lines(_ account: PublishAccount) -> [String] {
    guard let synthetic = account.synthetic else { return [] }
    let slices = synthetic.slices.filter { $0.synthetic + $0.capped > 0 }.map { slice in
      "\(slice.slice) \(slice.synthetic)" + (slice.capped > 0 ? " (\(slice.capped) over the cap)" : "")
    }
    var parts = ["\(synthetic.synthetic) written by models"]
    if !slices.isEmpty { parts[0] += ": \(slices.joined(separator: ", "))" }
    if !synthetic.waiting.isEmpty { parts.append("batches that wait for people: \(synthetic.waiting.count)") }
    if !synthetic.rejected.isEmpty {
      parts.append("batches that people rejected: \(synthetic.rejected.count)")
    }
    return ["synthetic: \(account.dataset): \(parts.joined(separator: "; "))"]
  }
}
