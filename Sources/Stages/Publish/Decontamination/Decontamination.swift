/// How a dataset is kept apart from what it must not overlap with: `decontaminate` in `dataset.yaml`.
///
/// User messages are compared with user messages, outputs with outputs and references; system prompts are not looked
/// at. A candidate is left out as `contaminated` for one of these:
///
/// - **n-gram, question**: runs of ``ngram`` words of one of its user messages are in the last user message of a
///   protected item, and make up at least ``overlap`` of either of the two.
/// - **n-gram, answer**: such runs of its output make up at least ``threshold`` of a protected output or reference.
/// - **near duplicate**: the Jaccard similarity of the runs of five words of user messages is at least ``threshold``.
///   The same question with another answer gives an eval item away too.
///
/// Thirteen words are GPT-3's (Brown et al. 2020, "Language Models are Few-Shot Learners", appendix C), and so is the
/// lower bound of 8 words below which overlaps are chance: a protected question of 8 to 12 words counts as one run of
/// its own length, one of fewer than 8 words only where the whole user input is the same. GPT-3 first dropped
/// documents for a single run and found that this "overly penalized long documents": hence shares. A share of 0.8 of
/// the protected text is what Llama 2 calls dirty (Touvron et al. 2023, appendix A.6), PaLM takes 0.7 (Chowdhery et
/// al. 2022, section 8). Of questions half is enough, since the words of politeness around one are often more than its
/// point.
///
/// Runs that more than ``commonConversations`` conversations of the training side have in common are boilerplate or
/// templates and count for neither side, as in GPT-3, whose authors found them "to contain common cultural phrases,
/// legal boilerplate, or similar content that we likely do want the model to learn". Words in such runs are left out of
/// a protected text's length as well, if at least 8 others remain. A protected question to which more than
/// ``commonConversations`` conversations, and more than 5 % of the training side, have near duplicates is a filled-in
/// template: only the same text counts then.
public struct Decontamination: Sendable, Hashable, Codable {
  /// Legal words in a run.
  public static let ngramRange = 8...64
  /// Legal similarities and shares; below a half, texts on one subject would do.
  public static let shareRange = 0.5...1.0
  /// The most conversations that may share a run of words that still counts.
  ///
  /// Brown et al. 2020, appendix C: 10 documents.
  public static let commonConversations = 10
  /// The fewest words that are compared as runs.
  ///
  /// Brown et al. 2020, appendix C: 8, against "spurious collisions".
  public static let fewestWords = 8
  /// The share of training examples above which a question that so many conversations resemble is a template.
  ///
  /// A choice: no question that people write themselves makes up a twentieth of a log.
  static let templateShare = 0.05

  /// Words in a run; default 13, legal in ``ngramRange``.
  public var ngram = 13
  /// The Jaccard similarity from which on questions are near duplicates, and the share of a protected answer from
  /// which on it is given away; default 0.8, legal in ``shareRange``.
  public var threshold = 0.8
  /// The share of a question from which on it is given away; default 0.5, legal in ``shareRange``.
  public var overlap = 0.5

  /// Takes the defaults.
  public init() {}
}

/// A candidate that was left out, and what it overlaps with: ids, offsets and numbers, never text.
public struct ContaminationPair: Sendable, Hashable, Codable {
  /// What is compared.
  public enum Part: String, Sendable, Codable {
    /// User messages.
    case question
    /// Outputs and references.
    case answer
  }

  /// The candidate's id.
  public let example: String
  /// What it overlaps with.
  public let protected: ProtectedName
  /// `13-gram`, with the number of words that was asked for, or `near-duplicate`.
  public let measure: String
  /// Which texts overlap.
  public let part: Part
  /// The larger share that the common runs have of either text, 0 to 1; nil for near duplicates.
  public let overlap: Double?
  /// The Jaccard similarity, 0 to 1; nil for common runs.
  public let similarity: Double?

  /// How much it says: near duplicates more than common runs.
  var strength: Double { similarity.map { $0 + 1 } ?? overlap ?? 0 }
}

/// Where a protected text comes from.
public struct ProtectedName: Sendable, Hashable, Codable {
  /// The dataset of a published example, or of the version being made.
  public var dataset: String?
  /// The version that first had it; nil for the version being made.
  public var version: Int?
  /// The example's id.
  public var example: String?
  /// The file of an external prompt as the pipeline names it.
  public var file: String?
  /// Its line, from 1.
  public var line: Int?

  /// `support-eval@3 chat/7`, or `evals/mine.jsonl:12`.
  public var description: String {
    if let file { return "\(file):\(line ?? 0)" }
    return "\(dataset ?? "")\(version.map { "@\($0)" } ?? "") \(example ?? "")"
  }

  /// What names the item whatever datasets hold it.
  var item: String { example ?? description }
  /// Whether it stands somewhere else than in the version being made.
  var isPublished: Bool { version != nil || file != nil }
}

/// What decontamination came to.
public struct DecontaminationAccount: Sendable, Hashable, Codable {
  /// The most pairs that an account lists.
  public static let listed = 100

  /// Protected items that training candidates were held against: examples published for evaluation, prompts of
  /// external files, and candidates for held-out splits of this version.
  public var protectedItems = 0
  /// Published training examples that candidates for held-out splits were held against.
  public var trainedItems = 0
  /// Candidates that were examined.
  public var examined = 0
  /// Bytes of text on the training side that were searched.
  public var bytes = 0
  /// Candidates for training that were left out.
  public var training = 0
  /// Candidates for held-out splits that were left out.
  public var heldOut = 0
  /// The first ``listed`` pairs, by the candidates' ids.
  public var pairs: [ContaminationPair] = []
  /// All pairs, up to eight of a candidate; not part of the JSON.
  public var allPairs: [ContaminationPair] = []

  private enum CodingKeys: String, CodingKey {
    case protectedItems, trainedItems, examined, bytes, training, heldOut, pairs
  }

  init() {}
}
