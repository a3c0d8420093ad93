import Bytes
import Catalog
import Foundation
import Lake
import Records
import Text

/// What became of corrections and preferences, to the answer.
public struct CollectAccount: Sendable, Codable, Hashable {
  /// Corrections that were written.
  public var corrections = 0
  /// Preferences that were written, ties among them.
  public var preferences = 0
  /// Feedback events whose answer was taken back or replaced since.
  public var retracted = 0
  /// Answers that were written before.
  public var repeated = 0
  /// Corrections that are longer than the lake takes.
  public var unfit = 0
  /// Redaction marks by kind.
  public var marks: [String: Int] = [:]
  /// What became of the feedback events.
  public var feedback = PullTally()
  /// Segments sealed.
  public var segments = 0
  /// Bytes of them.
  public var segmentBytes = 0

  /// Nothing.
  public init() {}
}

/// Writes people's corrections and preferences to the lake, as feedback of the source `review`.
///
/// It is what a pull does with feedback of any other source: records with marks in place of personal data go to a segment
/// (temporary file, fsync, rename), and one transaction adds the segment and its rows. A correction is one event of the
/// signal `correction`; a preference is two of the signal `rank`, 0 for the better output and 1 for the other, 0.5 for
/// each of a tie. Their ids are the answer's event's, so that an answer is written once however often this runs. The event of
/// an answer that was taken back or replaced is written anew with a count of 0 and a later stamp: nobody says it any more.
///
/// It is a function of the answers that count and of what was written before: killed anywhere, a second run does the rest.
public struct AnswerCollector: Sendable {
  private let catalog: CatalogStore
  private let lake: LakeStore
  private let run: String
  private let now: Timestamp
  /// Answers behind one transaction.
  private static let batch = 5000

  /// A collector of a run.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - lake: the lake that it indexes.
  ///   - run: the run's id.
  ///   - now: the run's time, which stamps what was taken back.
  public init(catalog: CatalogStore, lake: LakeStore, run: String, now: Timestamp) {
    self.catalog = catalog
    self.lake = lake
    self.run = run
    self.now = now
  }

  /// Writes what is new.
  /// - Returns: the account.
  /// - Throws: the catalog's and the lake's errors.
  public func collect() throws -> CollectAccount {
    var account = CollectAccount()
    let written = try catalog.collectedFeedback()
    var wanted: Set<String> = []
    var drafts: [Draft] = []
    let redactor = AnswerRedactor()
    for answer in try catalog.collectedAnswers() {
      let made = Draft.of(answer)
      // That nothing is to be changed is a vote, and no record.
      guard !made.isEmpty else { continue }
      wanted.formUnion(made.map(\.id))
      let fresh = made.filter { written[$0.id]?.counts != true }
      guard !fresh.isEmpty else {
        account.repeated += 1
        continue
      }
      if answer.task == .correct { account.corrections += 1 } else { account.preferences += 1 }
      drafts += fresh.map { draft in
        var draft = draft
        draft.correction = draft.correction.map { text in
          let masked = redactor.redacted(text)
          for item in redactor.counts { account.marks[item.kind.rawValue, default: 0] += item.count }
          return masked
        }
        if let before = written[draft.id] { draft.stamp = later(than: before.stamp) }
        return draft
      }
    }
    for before in written.values.sorted(by: { $0.id < $1.id })
    where before.counts && !wanted.contains(before.id) {
      account.retracted += 1
      drafts.append(Draft(retracting: before, stamp: later(than: before.stamp)))
    }
    guard !drafts.isEmpty else { return account }
    let session = try lake.beginSession(id: "\(run)-\(CatalogStore.reviewSource)")
    defer { session.finish() }
    var start = 0
    while start < drafts.count {
      try Task.checkCancellation()
      let end = min(start + Self.batch, drafts.count)
      try write(drafts[start..<end], session, &account)
      start = end
    }
    return account
  }

  /// The newest stamp wins, also where two runs share a moment.
  private func later(than stamp: Timestamp) -> Timestamp {
    max(now, Timestamp(microseconds: stamp.microseconds + 1))
  }

  /// Writes a batch: a segment for each day, and one transaction.
  private func write(
    _ drafts: ArraySlice<Draft>, _ session: LakeSession, _ account: inout CollectAccount
  ) throws {
    var commit = PullCommit(source: CatalogStore.reviewSource, run: run)
    for (day, part) in Dictionary(grouping: drafts, by: \.time.day).sorted(by: { $0.key < $1.key }) {
      let segment = RecordSegment(try session.writer(table: .feedback, day: day))
      let record = ByteBuffer()
      var rows: [FeedbackRow] = []
      for draft in part {
        record.removeAll()
        draft.record.write(to: record)
        guard record.count < LakeFrame.maximumText else {
          account.unfit += 1
          continue
        }
        let place = try segment.add(record.view, id: draft.id)
        var row = draft.row(digest: ContentHash.of(record.view))
        row.place = RowPlace(
          segment: commit.segments.count, frame: place.frame, offset: place.offset, length: record.count)
        rows.append(row)
      }
      guard let sealed = try segment.seal() else { continue }
      commit.segments.append(
        SegmentRow(
          table: .feedback, day: day, name: sealed.name, fileBytes: sealed.fileBytes,
          textBytes: sealed.textBytes, records: sealed.records))
      commit.feedback += rows
      account.segments += 1
      account.segmentBytes += sealed.fileBytes
    }
    account.feedback.add(try catalog.commit(commit).feedback)
  }
}

extension AnswerCollector {
  /// A feedback event before it is written.
  struct Draft: Sendable {
    let id: String
    let target: String
    let signal: Signal
    let value: Double?
    let time: Timestamp
    let user: String?
    let count: Int
    var correction: String?
    var stamp: Timestamp

    /// The event that says that one written before counts no more.
    init(retracting before: CollectedFeedback, stamp: Timestamp) {
      id = before.id
      target = before.target
      signal = before.signal
      value = nil
      time = before.time
      user = before.user
      count = 0
      self.stamp = stamp
    }

    private init(
      _ answer: CollectedAnswer, suffix: String = "", target: String, signal: Signal, value: Double? = nil,
      correction: String? = nil
    ) {
      id = "\(CatalogStore.reviewSource)/\(answer.event)\(suffix)"
      self.target = target
      self.signal = signal
      self.value = value
      self.correction = correction
      time = answer.time
      user = "human:\(answer.labeler)"
      count = 1
      stamp = answer.time
    }

    /// The events that an answer is; none where it says nothing that can be used.
    static func of(_ collected: CollectedAnswer) -> [Draft] {
      guard let answer = try? ReviewAnswer(json: collected.answer) else { return [] }
      if collected.task == .correct {
        guard let text = answer.correction, !text.isEmpty else { return [] }
        return [Draft(collected, target: collected.interaction, signal: .correction, correction: text)]
      }
      let places: (Double, Double)? =
        switch answer.labels.first {
        case "first": (0, 1)
        case "second": (1, 0)
        case "tie": (0.5, 0.5)
        default: nil
        }
      guard let places, let other = collected.other else { return [] }
      return [
        Draft(collected, suffix: "/1", target: collected.interaction, signal: .rank, value: places.0),
        Draft(collected, suffix: "/2", target: other, signal: .rank, value: places.1),
      ]
    }

    /// The record, in the form of every feedback record of the lake.
    var record: FeedbackRecord {
      var record = FeedbackRecord(
        id: id, source: CatalogStore.reviewSource, signal: signal, time: time, count: count)
      record.value = value
      record.target = target
      record.user = user
      record.correction = correction.map { Array($0.utf8) }
      return record
    }

    /// The catalog's row, but for its place.
    func row(digest: ContentHash) -> FeedbackRow {
      FeedbackRow(
        id: id, target: target, conversation: nil, time: time, user: user, signal: signal, value: value,
        count: count, hasCorrection: correction != nil, stamp: stamp, digest: digest)
    }
  }
}
