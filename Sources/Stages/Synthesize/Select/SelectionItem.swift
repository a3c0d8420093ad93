/// A synthesized example that may be selected.
public struct SelectionItem: Sendable, Hashable {
  /// Its id, unique among the items.
  public var id: String
  /// What must be new and different: the prompt, or the prompt and the answer.
  public var text: String
  /// How good its answer is; higher is better, whatever the scale.
  public var quality: Double
  /// An embedding of the text; nil where there is none.
  public var vector: [Float]?
  /// The quality of the worst answer to its prompt, on the same scale; nil where there is one answer only.
  public var rejectedQuality: Double?
  /// The length of that answer, in any unit; nil where there is none.
  public var rejectedLength: Double?
  /// The length of the best answer, in the same unit; nil where it is not known.
  public var chosenLength: Double?
  /// Its instruction-following difficulty (``InstructionDifficulty/ratio(conditional:alone:)``); nil where no
  /// probabilities were given.
  public var difficulty: Double?

  /// States an item.
  public init(
    id: String, text: String, quality: Double, vector: [Float]? = nil, rejectedQuality: Double? = nil,
    rejectedLength: Double? = nil, chosenLength: Double? = nil, difficulty: Double? = nil
  ) {
    self.id = id
    self.text = text
    self.quality = quality
    self.vector = vector
    self.rejectedQuality = rejectedQuality
    self.rejectedLength = rejectedLength
    self.chosenLength = chosenLength
    self.difficulty = difficulty
  }

  /// Best first, of equals by id: the order in which items are looked at, whatever the one they came in.
  static func isBefore(_ left: SelectionItem, _ right: SelectionItem) -> Bool {
    // What is no number is worse than any number.
    let (one, other) = (
      left.quality.isNaN ? -.infinity : left.quality, right.quality.isNaN ? -.infinity : right.quality
    )
    return one == other ? left.id < right.id : one > other
  }
}

/// Why an item was left out; the raw value is the reason code in accounts.
public enum SelectionReason: String, Sendable, Hashable, CaseIterable, Codable {
  /// A text of the pool, or a better item, is too like it.
  case notNew = "not-new"
  /// The worst answer to its prompt is a bad one: the prompt may be unclear or beyond the models.
  case lowRejectedQuality = "prompt-rejected-quality"
  /// The worst answer to its prompt is short.
  case shortRejected = "prompt-rejected-length"
  /// The best answer is much better than the worst: answers vary, as they do for unclear prompts.
  case wideGap = "prompt-gap"
  /// The question makes its answer less likely, or as likely as without: they do not belong together.
  case notFollowed = "difficulty-not-below-one"
  /// The student can do it already.
  case tooEasy = "difficulty-low"
  /// A better item means almost the same.
  case notDiverse = "diversity"
  /// Enough were taken.
  case beyondLimit = "take"
}

/// The value below which a share of others lies.
func quantile(_ values: [Double], _ share: Double) -> Double? {
  let sorted = values.filter { !$0.isNaN }.sorted()
  guard let last = sorted.last else { return nil }
  let place = min(max(share, 0), 1) * Double(sorted.count - 1)
  let below = Int(place)
  guard below + 1 < sorted.count else { return last }
  return sorted[below] + (sorted[below + 1] - sorted[below]) * (place - Double(below))
}
