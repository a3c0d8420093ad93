import Records

/// One answer that a queue offers.
public struct QueueLabel: Sendable, Hashable, Codable {
  /// Its name, as it is stored and exported: lower-case words with hyphens.
  public let name: String
  /// The key that gives it: one character.
  public let key: Character
  /// What it says on the question whether the output is good; nil says nothing on that.
  public let votes: LabelClass?
  /// One line for the person who is choosing.
  public let description: String?

  private enum CodingKeys: String, CodingKey { case name, key, votes, description }

  /// States a label.
  public init(name: String, key: Character, votes: LabelClass? = nil, description: String? = nil) {
    self.name = name
    self.key = key
    self.votes = votes
    self.description = description
  }

  /// Reads a label as ``encode(to:)`` wrote it.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(String.self, forKey: .name)
    let text = try values.decode(String.self, forKey: .key)
    guard let only = text.first, text.count == 1 else {
      throw DecodingError.dataCorruptedError(
        forKey: .key, in: values, debugDescription: "a key is one character")
    }
    key = only
    votes = try values.decodeIfPresent(LabelClass.self, forKey: .votes)
    description = try values.decodeIfPresent(String.self, forKey: .description)
  }

  /// Writes the key as a text.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try values.encode(String(key), forKey: .key)
    try values.encodeIfPresent(votes, forKey: .votes)
    try values.encodeIfPresent(description, forKey: .description)
  }
}

/// When a labeler sees what models and other people said.
public enum SuggestionPolicy: String, Sendable, CaseIterable, Codable {
  /// Never. The default: suggestions shift labels and make nobody faster (arXiv 2507.15821).
  case hidden
  /// After the answer, to teach.
  case after
  /// Before it; every such answer is logged as exposed, and calibrates no judge.
  case before
}

/// Hidden items whose answer is known.
public struct GoldParameters: Sendable, Hashable, Codable {
  /// Share of items that are gold, 0 to 0.5.
  ///
  /// Default 0.05 (Argilla and CVAT users ask for 5 to 10 %).
  public var share = 0.05
  /// Gold answers that the rolling accuracy looks back on, 5 to 1000.
  ///
  /// Default 30.
  public var window = 30
  /// The labeler is paused when the upper end of Wilson's 95 % interval of that accuracy falls under this,
  /// 0 to 1.
  ///
  /// Default 0.7.
  public var floor = 0.7

  /// The defaults.
  public init() {}
}

/// One source of items of a queue.
public struct QueueFill: Sendable, Hashable, Codable {
  /// Which.
  public let reason: ReviewReason
  /// The most items that are open for this reason at a time, 1 or more.
  ///
  /// Default 1000.
  public var limit = 1000
  /// For `audit`: share of records drawn, by a hash of the id and the queue's name, 0 to 1.
  ///
  /// Default 0.01.
  public var share = 0.01
  /// For `coverage`: labelled items that a slice should have, 1 or more.
  ///
  /// Default 50.
  public var target = 50
  /// For `synthetic`: candidates of each batch that people are asked about, 1 or more.
  ///
  /// Default 20: nineteen accepted ones put the lower end of Wilson's 95 % interval over 0.7.
  public var sample: Int {
    get { sampled ?? Self.defaultSample }
    set { sampled = newValue == Self.defaultSample ? nil : newValue }
  }
  // Nothing where it is the default, so that a queue that states none is written as it always was.
  private var sampled: Int?
  private static let defaultSample = 20

  /// States a source with its defaults.
  public init(_ reason: ReviewReason) { self.reason = reason }
}

/// A queue: what is asked, of whom, about what.
public struct QueueDefinition: Sendable, Hashable, Codable {
  /// The file's name without `.yaml`.
  public let name: String
  /// One line.
  public var description: String?
  /// What people do.
  public var task: ReviewTask = .label
  /// The answers.
  ///
  /// Default for `label`: good (`g`), bad (`b`), unclear (`u`).
  public var labels: [QueueLabel] = []
  /// Whether an item may have several labels; they are toggled, and Enter answers.
  ///
  /// Default no.
  public var isMultiple = false
  /// Reasons that may be added to an answer, each with its key.
  ///
  /// Default none.
  public var reasons: [QueueLabel] = []
  /// The guideline, Markdown.
  ///
  /// Its digest is stored with every answer.
  public var guideline = ""
  /// An SQL condition over the view `records` that items must hold.
  ///
  /// Default all kept.
  public var select: String?
  /// Slices, by name: SQL conditions over `records`.
  ///
  /// An item is of the first that holds.
  public var slices: [Slice] = []
  /// What fills the queue.
  public var fill: [QueueFill] = []
  /// Different people who answer an item, 1 to 20.
  ///
  /// Default 1.
  public var quota = 1
  /// Seconds that a lease lasts without a sign of life, 10 to 86,400.
  ///
  /// Default 900.
  public var lease = 900
  /// Seconds without a key after which time is not counted as work, 5 to 3,600.
  ///
  /// Default 60.
  public var idle = 60
  /// Hidden gold.
  public var gold = GoldParameters()
  /// When suggestions are shown.
  ///
  /// Default never.
  public var suggestions: SuggestionPolicy = .hidden
  /// Who may answer; empty is everyone.
  ///
  /// Default everyone.
  public var labelers: [String] = []
  /// Whether a person may work under another name (`--as`).
  ///
  /// Default no.
  public var allowsAs = false
  /// Keys of actions that the definition changes, by the action's name.
  ///
  /// Default none.
  public var keys: [String: Character] = [:]

  /// A slice of records.
  public struct Slice: Sendable, Hashable, Codable {
    /// Its name.
    public let name: String
    /// An SQL condition over the view `records`.
    public let condition: String

    /// Names a slice.
    public init(name: String, condition: String) {
      self.name = name
      self.condition = condition
    }
  }

  private enum CodingKeys: String, CodingKey {
    case name, description, task, labels, isMultiple, reasons, guideline, select, slices, fill, quota, lease,
      idle
    case gold, suggestions, labelers, allowsAs
  }

  /// A queue with the defaults.
  public init(name: String) { self.name = name }
}
