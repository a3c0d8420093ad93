import Bytes
import Catalog
import Lake
import Records
import Text

/// What a worker made of one chunk of a log: compressed frames by table and day, and the rows that point into them.
struct ChunkResult: Sendable {
  /// Frames of one table and day, in order.
  struct Part: Sendable {
    let table: LakeTable
    let day: String
    var frames: [LakeFrame] = []
  }

  /// Parts in the order in which the chunk first needed them; rows name them by position.
  var parts: [Part] = []
  var interactions: [InteractionRow] = []
  var feedback: [FeedbackRow] = []
  var quarantine: [QuarantineRow] = []
  var tally = ChunkTally()
}

/// What became of the lines of a chunk.
struct ChunkTally: Sendable {
  /// Lines that are not blank.
  var lines = 0
  /// Lines that no part of the mapping asks for.
  var unmatched = 0
  /// Lines by reason of quarantine.
  var quarantined: [String: Int] = [:]
  /// Redaction marks by kind.
  var marks: [String: Int] = [:]
  /// Feedback events by a name of signal that nothing translates; they count as unmatched too.
  var unmappedSignals: [String: Int] = [:]
  /// Interactions that the catalog holds already, to the byte.
  var repeatedInteractions = 0
  /// Feedback that the catalog holds already, to the byte.
  var repeatedFeedback = 0
}

/// What the catalog holds already, so that reading a window of a source again writes nothing twice.
struct KnownRecords: Sendable {
  /// The digests of those of some ids that are there.
  let interactions: @Sendable ([String]) throws -> [String: ContentHash]
  /// The digests of those of some ids that are there.
  let feedback: @Sendable ([String]) throws -> [String: ContentHash]
}

/// Collects the records of one chunk into frames of at most 4 MiB by table and day.
final class ChunkBuilder {
  /// A record that may still be left out, with its run of bytes in ``stage``.
  private enum Staged {
    case interaction(InteractionRow, Range<Int>)
    case feedback(FeedbackRow, Range<Int>)
  }

  private(set) var result = ChunkResult()
  private let known: KnownRecords?
  private let stage = ByteBuffer(capacity: 1 << 16)
  private var staged: [Staged] = []
  private var acceptedCount = 0
  private var acceptedBytes = 0
  private var tallyBefore: ChunkTally?
  private var open: [LakeTable: [Int64: Int]] = [:]
  /// What makes the frames of each part.
  private var frames: [LakeFrameBuilder] = []

  /// A builder that leaves out what the catalog holds already, or with nil keeps everything.
  init(known: KnownRecords? = nil) { self.known = known }

  /// Holds back what is added until ``keep()`` or ``discard()``.
  func begin() { tallyBefore = result.tally }

  /// Adds what was held back.
  func keep() throws {
    tallyBefore = nil
    if known == nil { try placeStaged() }
    acceptedCount = staged.count
    acceptedBytes = stage.count
  }

  /// Forgets what was held back.
  func discard() {
    if let tallyBefore { result.tally = tallyBefore }
    tallyBefore = nil
    staged.removeLast(staged.count - acceptedCount)
    stage.truncate(to: acceptedBytes)
  }

  func add(_ row: InteractionRow, record: UnsafeRawBufferPointer) throws {
    staged.append(.interaction(row, hold(record)))
  }

  func add(_ row: FeedbackRow, record: UnsafeRawBufferPointer) throws {
    staged.append(.feedback(row, hold(record)))
  }

  private func hold(_ record: UnsafeRawBufferPointer) -> Range<Int> {
    let start = stage.count
    stage.append(record)
    return start..<stage.count
  }

  private func placeStaged() throws {
    try place(staged)
    staged.removeAll(keepingCapacity: true)
    stage.removeAll()
  }

  private func place(_ items: [Staged]) throws {
    for item in items {
      switch item {
      case .interaction(var row, let run):
        row.place = try place(
          UnsafeRawBufferPointer(rebasing: stage.view[run]), table: .interactions, time: row.time, id: row.id)
        result.interactions.append(row)
      case .feedback(var row, let run):
        row.place = try place(
          UnsafeRawBufferPointer(rebasing: stage.view[run]), table: .feedback, time: row.time, id: row.id)
        result.feedback.append(row)
      }
    }
  }

  /// Leaves out what the catalog holds already.
  private func dropKnown(_ known: KnownRecords) throws {
    var interactionIDs: [String] = []
    var feedbackIDs: [String] = []
    for item in staged {
      switch item {
      case .interaction(let row, _): interactionIDs.append(row.id)
      case .feedback(let row, _): feedbackIDs.append(row.id)
      }
    }
    let interactions = interactionIDs.isEmpty ? [:] : try known.interactions(interactionIDs)
    let feedback = feedbackIDs.isEmpty ? [:] : try known.feedback(feedbackIDs)
    staged.removeAll { item in
      switch item {
      case .interaction(let row, _):
        guard interactions[row.id] == row.digest else { return false }
        result.tally.repeatedInteractions += 1
      case .feedback(let row, _):
        guard feedback[row.id] == row.digest else { return false }
        result.tally.repeatedFeedback += 1
      }
      return true
    }
  }

  func add(_ row: QuarantineRow, record: UnsafeRawBufferPointer, time: Timestamp) throws {
    var row = row
    row.place = try place(record, table: .quarantine, time: time, id: "\(row.byteOffset)")
    result.quarantine.append(row)
    result.tally.quarantined[row.reason, default: 0] += 1
  }

  func count(_ change: (inout ChunkTally) -> Void) { change(&result.tally) }

  /// Compresses what is open and hands everything out.
  func finish() throws -> ChunkResult {
    if let known {
      try dropKnown(known)
      try placeStaged()
    }
    for part in frames.indices { result.parts[part].frames = try frames[part].finish() }
    return result
  }

  private func place(
    _ record: UnsafeRawBufferPointer, table: LakeTable, time: Timestamp, id: String
  ) throws -> RowPlace {
    let part = part(table, time)
    let place = try frames[part].add(record, id: id)
    return RowPlace(segment: part, frame: place.frame, offset: place.offset, length: record.count)
  }

  private func part(_ table: LakeTable, _ time: Timestamp) -> Int {
    let day = time.dayNumber
    if let part = open[table]?[day] { return part }
    let part = result.parts.count
    result.parts.append(ChunkResult.Part(table: table, day: time.day))
    frames.append(LakeFrameBuilder())
    open[table, default: [:]][day] = part
    return part
  }
}
