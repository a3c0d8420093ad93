/// How votes are added up.
///
/// The raw value is what definitions hold.
public enum LabelModel: String, Sendable, CaseIterable, Codable {
  /// More weight of votes wins; equal weight is a tie.
  case majority
}

/// What the `label` step of a pipeline does with votes.
public struct LabelParameters: Sendable, Hashable, Codable {
  /// Legal weights of an implicit signal.
  public static let implicitWeightRange = 0.0...1.0

  /// How votes are added up; default majority.
  public var model: LabelModel = .majority
  /// The weight of an implicit signal against 1 for an explicit one; default 0.5, legal in
  /// ``implicitWeightRange``.
  ///
  /// Zero leaves implicit signals out.
  public var implicitWeight: Double = 0.5

  /// Takes the defaults.
  public init() {}
}
