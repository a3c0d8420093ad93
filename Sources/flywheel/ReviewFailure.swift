import Review

/// The texts of what queues and labelers are refused for.
enum ReviewFailure {
  static func text(_ error: LabelerIdentity.Fault) -> String {
    switch error {
    case .nameless(let user):
      "the system has no name for user \(user), so that nobody would know who answered."
    case .badName(let name):
      "'\(Terminal.safe(name))' is no labeler's name, which is made of letters, digits, '.', '_', '-', '@', at most 64 "
        + "bytes."
    case .notAllowed(let name, let queue):
      "the queue '\(queue)' allows nobody to work as '\(Terminal.safe(name))'; `allows_as: true` in its definition does."
    case .notAmong(let name, let queue, let labelers):
      "'\(Terminal.safe(name))' may not answer in the queue '\(queue)'. Its labelers are: "
        + "\(labelers.map { Terminal.safe($0) }.joined(separator: ", "))."
    }
  }

  static func text(_ error: DeskError) -> String {
    switch error {
    case .notALabeler(let queue, let labeler):
      "'\(Terminal.safe(labeler))' may not answer in the queue '\(Terminal.safe(queue))'."
    case .notOffered(let queue, let label):
      "the queue '\(Terminal.safe(queue))' does not offer the answer '\(Terminal.safe(label))'."
    case .missing(let interaction):
      "the interaction '\(Terminal.safe(interaction))' is in the catalog no more; it may have been erased."
    }
  }
}
