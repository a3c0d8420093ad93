import Statistics

/// How a table of votes is added up: the one place where a label model is plugged in.
public protocol VoteSummation: Sendable {
  /// Adds up votes.
  /// - Parameters:
  ///   - table: the votes, in which golden items are known.
  ///   - model: the model, or `automatic`.
  /// - Returns: what they add up to.
  func sum(_ table: VoteTable, model: LabelModel) -> VoteSummary
}

/// What a label model made of a table of votes.
public struct VoteSummary: Sendable {
  /// The probability of each class by item: items × classes.
  ///
  /// Not looked at where ``model`` is the majority: that is taken by weight, which a table does not have.
  public let probabilities: [Double]
  /// The model that was used, never `automatic`.
  public let model: LabelModel
  /// Why this one, in a sentence of facts.
  public let reason: String
  /// Voters that count as one, by number, each group of two or more.
  public let merged: [[Int]]
  /// Whether the fit ended by itself and not at its limit of rounds.
  public let converged: Bool

  /// States what a model made of votes.
  public init(
    probabilities: [Double], model: LabelModel, reason: String, merged: [[Int]] = [], converged: Bool = true
  ) {
    self.probabilities = probabilities
    self.model = model
    self.reason = reason
    self.merged = merged
    self.converged = converged
  }
}
