import Statistics

/// The project's label models behind the label step: ``LabelEstimator`` with its defaults.
public struct StandardSummation: VoteSummation {
  /// The models with their defaults.
  public init() {}

  /// Adds up votes by the model that is asked for, or by the one that fits the data.
  public func sum(_ table: VoteTable, model: LabelModel) -> VoteSummary {
    var estimator = LabelEstimator()
    // The names are the same; `automatic` is none of the estimator's, and lets it choose.
    estimator.model = VoteModel(rawValue: model.rawValue)
    let estimate = estimator.estimate(table)
    return VoteSummary(
      probabilities: estimate.probabilities,
      model: LabelModel(rawValue: estimate.model.rawValue) ?? .majority, reason: estimate.reason.description,
      merged: estimate.clusters.filter { $0.count > 1 },
      converged: estimate.converged)
  }
}
