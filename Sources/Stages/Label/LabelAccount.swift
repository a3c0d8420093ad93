import Catalog

/// What one voter of the label model did.
public struct VoterAccount: Sendable, Codable, Hashable {
  /// Its name: a signal, `rule:NAME`, `judge:NAME@VERSION`, `human:NAME`, or a signal and a user with many votes.
  public var voter: String
  /// Contents that it voted on.
  public var votes: Int
  /// Contents with a vote of anyone on which it abstained.
  public var abstentions: Int
  /// The share of its votes for good.
  public var goodShare: Double
  /// The expected share of its votes that are right, by the labels of contents on which others voted, too; nil where
  /// there is none.
  public var accuracy: Double?
  /// Golden items that it voted on.
  public var golden: Int
  /// Golden items on which it was right.
  public var goldenRight: Int
}

/// A judge or student whose votes do not count.
public struct GatedVoter: Sendable, Codable, Hashable {
  /// Its name and version.
  public var voter: String
  /// Votes that it has.
  public var votes: Int
  /// Why it is left out.
  public var reason: String
}

/// What a label step did.
public struct LabelAccount: Sendable, Codable, Hashable {
  /// The most voters that an account lists; the rest is counted.
  public static let voterLimit = 200

  /// Clusters of equal content whose votes were gathered.
  public var computed = 0
  /// Conversations that were read.
  public var conversations = 0
  /// Texts of feedback that were read.
  public var texts = 0
  /// Contents whose label is another now.
  public var changed = 0
  /// How labels stand after it.
  public var counts = LabelCounts()
  /// The model that added up the votes.
  public var model: LabelModel = .majority
  /// Why this one.
  public var reason = ""
  /// Whether the model's fit ended by itself.
  public var converged = true
  /// Contents with a vote.
  public var contents = 0
  /// Contents that the model was fitted on.
  public var fitted = 0
  /// Contents that the majority by weight labels, since only rules and behaviour spoke about them.
  public var byWeight = 0
  /// Contents whose class is another than that of the majority by weight.
  public var unlikeMajority = 0
  /// Mean uncertainty of labels in bits, 0 to 1.
  public var entropy = 0.0
  /// Golden items among them, whose label is certain.
  public var golden = 0
  /// Voters by number of votes, at most ``voterLimit``.
  public var voters: [VoterAccount] = []
  /// Voters that are not listed.
  public var furtherVoters = 0
  /// Voters that copy each other and count as one.
  public var merged: [[String]] = []
  /// How far labelers agree; nil where nobody answered.
  public var agreement: HumanAgreement?
  /// Contents whose given label is probably wrong; nil where there are too few given labels to tell.
  public var suspects: Int?
  /// Contents with a given label that others voted on, among which they were looked for.
  public var suspectsAmong: Int?
  /// The estimated share of given labels that are wrong, 0 to 1; nil as ``suspects``.
  public var labelNoise: Double?
  /// Judges and students that are left out.
  public var gated: [GatedVoter] = []

  /// Nothing.
  public init() {}
}
