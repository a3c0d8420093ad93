import Bytes
import Catalog
import Foundation
import Lake
import Records
import Statistics

/// What a desk refuses: facts only.
public enum DeskError: Error, Sendable, Hashable {
  /// The queue names who may answer, and this labeler is not among them.
  case notALabeler(queue: String, labeler: String)
  /// An answer that the queue does not offer.
  case notOffered(queue: String, label: String)
  /// The interaction is in the catalog no more.
  case missing(interaction: String)
}

/// A labeler's place at a queue of a workspace.
///
/// Nothing is kept in memory that a crash could lose: a call is one short transaction, and what it answers stands in the
/// catalog. Owned by one task at a time.
public final class CatalogDesk: ReviewDesk {
  /// The queue.
  public let queue: QueueDefinition
  /// The labeler.
  public let labeler: String

  private let catalog: CatalogStore
  private let seat: ReviewSeat
  private let bodies: InteractionReader
  private let clock: () -> Timestamp
  private let guideline: String
  private let redactor = AnswerRedactor()
  private var agreement: (at: Timestamp, estimate: AgreementEstimate?)?

  /// Items that agreement is measured on, the newest; a bootstrap over them takes some milliseconds.
  private static let agreementItems = 2_000
  /// Microseconds after which agreement is measured again.
  private static let agreementAge: Int64 = 30_000_000

  /// Takes a place at a queue, and makes the catalog know the queue as it is defined now.
  /// - Parameters:
  ///   - queue: the queue.
  ///   - labeler: who answers.
  ///   - catalog: the catalog.
  ///   - lake: the lake that it is of.
  ///   - clock: the time.
  ///   - lease: seconds that a lease lasts; default the queue's.
  /// - Throws: ``DeskError`` for somebody who may not answer, the catalog's errors.
  public init(
    queue: QueueDefinition, labeler: String, catalog: CatalogStore, lake: LakeStore,
    clock: @escaping () -> Timestamp, lease: Int? = nil
  ) throws {
    guard queue.admits(labeler) else {
      throw DeskError.notALabeler(queue: queue.name, labeler: labeler)
    }
    self.queue = queue
    self.labeler = labeler
    self.catalog = catalog
    self.clock = clock
    bodies = InteractionReader(catalog: catalog, lake: lake)
    var seat = queue.seat(of: labeler)
    if let lease { seat.lease = lease }
    self.seat = seat
    let setting = queue.setting()
    guideline = setting.guidelineVersion
    try catalog.syncReviewQueue(setting)
  }

  // MARK: Items

  /// Leases the item whose answer is worth most; nil when there is none for this labeler.
  public func next() throws -> LeasedItem? { try catalog.leaseReview(seat, at: clock()).map(item) }

  /// Leases a certain item, also one that this labeler has answered; nil when a colleague holds it or it is full.
  public func open(_ item: Int64) throws -> LeasedItem? {
    try catalog.openReview(item, seat, at: clock()).map(self.item)
  }

  /// Prolongs a lease; false when it is lost.
  public func extend(_ item: LeasedItem) throws -> Bool {
    try catalog.extendReview(item.item, token: item.token, seat, at: clock())
  }

  /// Gives an item back unanswered.
  public func release(_ item: LeasedItem) throws {
    try catalog.releaseReview(item.item, token: item.token, seat)
  }

  private func item(_ lease: ReviewLease) throws -> LeasedItem {
    LeasedItem(
      item: lease.item, interaction: lease.interaction, other: lease.other, reason: lease.reason,
      token: lease.token, expires: lease.expires, isTurned: queue.task == .prefer && isTurned(lease.item),
      isFlagged: lease.isFlagged, notes: lease.notes,
      answer: try lease.answer.map(ReviewAnswer.init(json:)))
  }

  /// The order of two outputs is drawn by labeler and item, so that it is the same whenever the item is looked at.
  private func isTurned(_ item: Int64) -> Bool {
    ContentHash.of("\(queue.name)\u{0}\(labeler)\u{0}\(item)", seed: 3).low & 1 == 1
  }

  // MARK: Content

  /// What the screen shows of an item.
  public func content(_ item: LeasedItem) throws -> ReviewContent {
    let first = try bodies.read(item.interaction)
    var outputs = [first.output]
    if queue.task == .prefer, let other = item.other {
      outputs.append(try bodies.read(other).output)
      if item.isTurned { outputs.reverse() }
    }
    return ReviewContent(
      input: first.input, outputs: outputs, opinions: queue.task == .adjudicate ? try opinions(item) : [])
  }

  /// What people said, in an order drawn by a hash of item and name, under letters.
  private func opinions(_ item: LeasedItem) throws -> [ReviewOpinion] {
    let words = try catalog.reviewWords(on: item.item).sorted {
      let (left, right) = (
        ContentHash.of("\(item.item)\u{0}\($0.labeler)", seed: 4),
        ContentHash.of("\(item.item)\u{0}\($1.labeler)", seed: 4)
      )
      return left == right ? $0.answer < $1.answer : left < right
    }
    return try words.enumerated().map { place, word in
      let answer = try ReviewAnswer(json: word.answer)
      return ReviewOpinion(
        alias: Self.alias(place), labels: answer.labels, reasons: answer.reasons,
        note: answer.note.map { Array($0.utf8) })
    }
  }

  /// `A` to `Z`, then `A2` and so on.
  private static func alias(_ place: Int) -> String {
    let letter = String(UnicodeScalar(UInt8(0x41 + place % 26)))
    return place < 26 ? letter : "\(letter)\(place / 26 + 1)"
  }

  /// What models say about an item; nil where nothing is known or the queue hides it.
  ///
  /// It is logged as exposure, and each later answer of this labeler on the item counts as exposed.
  public func suggestion(_ item: LeasedItem) throws -> ReviewSuggestion? {
    switch queue.suggestions {
    case .hidden: return nil
    case .after:
      guard try catalog.isReviewed(item.item, seat) else { return nil }
    case .before: break
    }
    guard let said = try catalog.reviewSuggestion(on: item.item),
      let suggestion = queue.suggestion(said.class, said.probability)
    else { return nil }
    try catalog.exposeReview(item.item, seat, at: clock())
    return suggestion
  }

  // MARK: Answers

  /// Stores an answer and gives up the lease, in one transaction that checks the token.
  /// - Throws: ``DeskError`` for a label or reason that the queue does not offer.
  public func submit(_ answer: ReviewAnswer, for item: LeasedItem) throws -> SubmitOutcome {
    let kept = try queue.given(redactor.redacted(answer))
    var submission = ReviewSubmission(
      item: item.item, token: item.token, answer: kept.json, label: kept.label, class: kept.class)
    submission.active = answer.active
    submission.guideline = guideline
    submission.isTurned = item.isTurned
    submission.isExposed = queue.task == .adjudicate
    switch try catalog.submitReview(submission, seat, at: clock()) {
    case .stored, .repeated: return .stored
    case .paused(let right, let count): return .paused(right: right, of: count)
    case .refused: return .refused
    }
  }

  /// Passes an item over; false when the lease was lost.
  public func skip(_ item: LeasedItem, reason: String) throws -> Bool {
    try catalog.skipReview(item.item, token: item.token, seat, reason: redactor.redacted(reason), at: clock())
  }

  /// Takes back this labeler's last answer or skip that counts, and leases its item again; nil when
  /// there is none.
  ///
  /// An item that went to others after it was skipped has a token of 0: it is not held.
  public func undo() throws -> LeasedItem? { try catalog.undoReview(seat, at: clock()).map(item) }

  /// Makes what was last taken back count again; nil when there is nothing, or when something was
  /// answered since.
  ///
  /// A skipped item is not held, and has a token of 0.
  public func redo() throws -> LeasedItem? { try catalog.redoReview(seat, at: clock()).map(item) }

  /// Flags an item, or takes the flag away.
  public func flag(_ item: LeasedItem, _ isFlagged: Bool) throws {
    try catalog.flagReview(item.item, isFlagged, seat, at: clock())
  }

  /// Adds a note to an item.
  public func note(_ item: LeasedItem, _ text: String) throws {
    try catalog.noteReview(item.item, redactor.redacted(text), seat, at: clock())
  }

  // MARK: Lists and figures

  /// Lists items, at most `limit` after item `after`, in the order of their numbers.
  public func items(
    _ filter: ReviewFilter, search: String, after: Int64?, limit: Int
  ) throws -> [ItemSummary] {
    try catalog.reviewList(filter, search: search, after: after, limit: limit, seat, at: clock()).map {
      ItemSummary(
        item: $0.item, interaction: $0.interaction, reason: $0.reason,
        labels: $0.label?.split(separator: ",").map(String.init) ?? [], isFlagged: $0.isFlagged,
        isSkipped: $0.isSkipped)
    }
  }

  /// How the queue and the labeler stand.
  ///
  /// Hidden gold must not show in it: an answer to a gold item counts as any other, and what is wanted holds the share of
  /// them. With a quota of one each answer closes an item, so that the gold items still to come are among those that are open.
  public func progress() throws -> ReviewProgress {
    let standing = try catalog.reviewStanding(seat)
    var progress = ReviewProgress()
    progress.own = standing.own
    progress.answers = standing.answers
    let share = standing.gold > 0 || queue.gold.share == 0 ? queue.gold.share : 0
    progress.wanted = max(standing.answers, Int((Double(standing.wanted) / (1 - share)).rounded()))
    progress.open = standing.open + (queue.quota == 1 ? standing.gold : 0)
    progress.pace = ReviewProgress.pace(answers: standing.timed, active: standing.active)
    if let estimate = try alpha() {
      progress.alpha = estimate.value
      progress.alphaLow = estimate.low
      progress.alphaHigh = estimate.high
    }
    return progress
  }

  /// Agreement on the newest items, measured again after 30 seconds.
  private func alpha() throws -> AgreementEstimate? {
    guard queue.quota > 1 else { return nil }
    let now = clock()
    if let agreement, now.microseconds - agreement.at.microseconds < Self.agreementAge {
      return agreement.estimate
    }
    let marks = try catalog.reviewMarks(queue.name, newest: Self.agreementItems)
    let table = MarkTable(marks)
    let estimate = table.map { Agreement(samples: 200).krippendorffAlpha($0.table) }
    agreement = (now, estimate)
    return estimate
  }

  /// Whether the labeler is paused, and by how many right gold answers of how many.
  public func pause() throws -> (right: Int, of: Int)? {
    try catalog.reviewPause(seat).map { ($0.right, $0.of) }
  }
}
