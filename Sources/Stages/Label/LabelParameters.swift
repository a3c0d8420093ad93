/// How votes are added up.
///
/// The raw value is what definitions hold.
public enum LabelModel: String, Sendable, CaseIterable, Codable {
  /// The model that fits the data: Dawid–Skene, or the majority where votes are thin.
  case automatic
  /// More weight of votes wins; equal weight is a tie.
  case majority
  /// A confusion matrix for each voter.
  case dawidSkene = "dawid_skene"
  /// One accuracy for each voter.
  case oneCoin = "one_coin"
  /// Each voter knows the answer or guesses.
  case mace
  /// Each rule has a tendency to vote and an accuracy.
  case dataProgramming = "data_programming"
}

/// What the `label` step of a pipeline does with votes.
public struct LabelParameters: Sendable, Hashable, Codable {
  /// Legal weights of an implicit signal.
  public static let implicitWeightRange = 0.0...1.0
  /// Legal numbers of votes for a user to be a voter.
  public static let userVotesRange = 1...1_000_000
  /// Legal numbers of labeling functions.
  public static let functionsCountRange = 0...200

  /// How votes are added up; default automatic.
  public var model: LabelModel = .automatic
  /// The weight of an implicit signal against 1 for an explicit one; default 0.5, legal in
  /// ``implicitWeightRange``.
  ///
  /// Zero leaves implicit signals out.
  public var implicitWeight: Double = 0.5
  /// Contents on which a user must have voted with one signal to be a voter of their own in a label model; default 20,
  /// legal in ``userVotesRange``.
  ///
  /// The others of the signal are one voter. Below 20 votes a class an own accuracy is mostly noise.
  public var userVotes: Int = 20
  /// Whether what curation found in outputs votes; default true.
  public var checks = true
  /// Whether the next turns of conversations vote; default true.
  public var conversations = true
  /// Labeling functions, in the order of the file.
  public var functions: [LabelingFunction] = []
  /// What is asked of judges, students and people; default nothing.
  public var judging = JudgingParameters()

  /// Takes the defaults.
  public init() {}
}
