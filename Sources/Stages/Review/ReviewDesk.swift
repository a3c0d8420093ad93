import Foundation
import Records

/// An item that a labeler holds.
public struct LeasedItem: Sendable, Hashable {
  /// The item's number in the catalog.
  public let item: Int64
  /// The interaction that is looked at.
  public let interaction: String
  /// The interaction of the second output; only for `prefer`.
  public let other: String?
  /// Why it stands in the queue.
  ///
  /// Gold items state a reason too, so that they are not told apart.
  public let reason: ReviewReason
  /// The fencing token: an answer under another token is refused.
  public let token: Int64
  /// When the lease ends without a sign of life.
  public let expires: Timestamp
  /// Whether the two outputs stand in turned order; recorded with the answer.
  public let isTurned: Bool
  /// Whether the labeler has flagged it.
  public let isFlagged: Bool
  /// The labeler's own notes on it, oldest first.
  public let notes: [String]
  /// The labeler's answer that counts so far, when an answered item is looked at again.
  public let answer: ReviewAnswer?

  /// States an item.
  public init(
    item: Int64, interaction: String, other: String? = nil, reason: ReviewReason, token: Int64,
    expires: Timestamp,
    isTurned: Bool = false, isFlagged: Bool = false, notes: [String] = [], answer: ReviewAnswer? = nil
  ) {
    self.item = item
    self.interaction = interaction
    self.other = other
    self.reason = reason
    self.token = token
    self.expires = expires
    self.isTurned = isTurned
    self.isFlagged = isFlagged
    self.notes = notes
    self.answer = answer
  }
}

/// A labeler's answer.
///
/// For `prefer` the label is `first`, `second` (as logged, whatever the order shown was) or `tie`; for `accept` it is `accept`
/// or `reject`; for `correct` it is `corrected`, or `fine` where nothing is to be changed.
public struct ReviewAnswer: Sendable, Hashable, Codable {
  /// The labels: one, or several where the queue allows it.
  public var labels: [String]
  /// Reasons, by name.
  public var reasons: [String]
  /// The corrected output; only for `correct`.
  public var correction: String?
  /// A note.
  public var note: String?
  /// Milliseconds of work, idle time cut off.
  public var active: Int

  /// States an answer.
  public init(
    labels: [String], reasons: [String] = [], correction: String? = nil, note: String? = nil, active: Int = 0
  ) {
    self.labels = labels
    self.reasons = reasons
    self.correction = correction
    self.note = note
    self.active = active
  }

  /// Reads an answer as events keep it.
  /// - Throws: an error of the decoder.
  public init(json: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) }
}

/// What became of an answer.
public enum SubmitOutcome: Sendable, Hashable {
  /// It is stored.
  case stored
  /// It is stored, and the labeler is paused: too many hidden gold items were answered wrongly.
  case paused(right: Int, of: Int)
  /// The lease had ended and the item went to somebody else, or its queue was closed: nothing is stored.
  case refused
}

/// How a queue and a labeler stand.
public struct ReviewProgress: Sendable, Hashable, Codable {
  /// Answers of this labeler in this queue that count.
  public var own = 0
  /// Answers that count, of everyone.
  public var answers = 0
  /// Answers that the queue wants: items times quota.
  public var wanted = 0
  /// Items that still want an answer of somebody.
  public var open = 0
  /// This labeler's answers an hour of active time; nil before the fifth.
  public var pace: Double?
  /// Krippendorff's α of all answers; nil with fewer than two people on an item.
  public var alpha: Double?
  /// The lower end of its 95 % interval.
  public var alphaLow: Double?
  /// The upper end.
  public var alphaHigh: Double?

  /// Nothing done.
  public init() {}

  /// Answers an hour of work.
  /// - Parameters:
  ///   - answers: answers whose time was taken.
  ///   - active: their milliseconds of work.
  /// - Returns: nil before the fifth, or without any time.
  public static func pace(answers: Int, active: Int) -> Double? {
    answers >= 5 && active > 0 ? Double(answers) * 3_600_000 / Double(active) : nil
  }
}

/// One line of a list of items.
public struct ItemSummary: Sendable, Hashable {
  /// The item's number.
  public let item: Int64
  /// The interaction.
  public let interaction: String
  /// Why it is there.
  public let reason: ReviewReason
  /// The labeler's own labels; empty where there is none.
  public let labels: [String]
  /// Whether the labeler flagged it.
  public let isFlagged: Bool
  /// Whether the labeler skipped it.
  public let isSkipped: Bool

  /// States a line.
  public init(
    item: Int64, interaction: String, reason: ReviewReason, labels: [String], isFlagged: Bool, isSkipped: Bool
  ) {
    self.item = item
    self.interaction = interaction
    self.reason = reason
    self.labels = labels
    self.isFlagged = isFlagged
    self.isSkipped = isSkipped
  }
}

/// What models say about an item.
public struct ReviewSuggestion: Sendable, Hashable {
  /// The label, as the queue names it.
  public let label: String
  /// Its probability.
  public let probability: Double

  /// States a suggestion.
  public init(label: String, probability: Double) {
    self.label = label
    self.probability = probability
  }
}

/// A labeler's place at a queue: everything that the screen asks for.
///
/// Every call is one short transaction; nothing is kept in memory that a crash could lose.
public protocol ReviewDesk {
  /// The queue.
  var queue: QueueDefinition { get }
  /// The labeler.
  var labeler: String { get }

  /// Leases the item whose answer is worth most; nil when there is none for this labeler.
  func next() throws -> LeasedItem?
  /// Leases a certain item, also one that this labeler has answered; nil when a colleague holds it or it is full.
  func open(_ item: Int64) throws -> LeasedItem?
  /// What the screen shows of an item.
  func content(_ item: LeasedItem) throws -> ReviewContent
  /// Prolongs a lease; false when it is lost.
  func extend(_ item: LeasedItem) throws -> Bool
  /// Gives an item back unanswered.
  func release(_ item: LeasedItem) throws
  /// Stores an answer and gives up the lease, in one transaction that checks the token.
  func submit(_ answer: ReviewAnswer, for item: LeasedItem) throws -> SubmitOutcome
  /// Passes an item over; false when the lease was lost.
  func skip(_ item: LeasedItem, reason: String) throws -> Bool
  /// Takes back this labeler's last answer or skip that counts, and leases its item again; nil when there is none.
  /// Also in a later session.
  func undo() throws -> LeasedItem?
  /// Makes what was last taken back count again; nil when there is nothing, or when something was answered since.
  func redo() throws -> LeasedItem?
  /// Flags an item, or takes the flag away.
  func flag(_ item: LeasedItem, _ isFlagged: Bool) throws
  /// Adds a note to an item.
  func note(_ item: LeasedItem, _ text: String) throws
  /// What models say about an item; asking before an answer is logged as exposure. Nil where nothing is known or the
  /// queue hides it.
  func suggestion(_ item: LeasedItem) throws -> ReviewSuggestion?
  /// Lists items.
  /// - Parameters:
  ///   - filter: which.
  ///   - search: a text that the interaction's id holds, or the labeler's own notes; empty is all.
  ///   - after: the item that the list goes on behind, in its own order; nil begins it.
  ///   - limit: the most, 1 or more.
  /// - Returns: the items.
  /// - Throws: the store's errors.
  func items(_ filter: ReviewFilter, search: String, after: Int64?, limit: Int) throws -> [ItemSummary]
  /// How the queue and the labeler stand.
  func progress() throws -> ReviewProgress
  /// Whether the labeler is paused, and by how many right gold answers of how many.
  func pause() throws -> (right: Int, of: Int)?
}
