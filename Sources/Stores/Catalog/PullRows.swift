import Bytes
import Records

/// A place in a segment of the commit that the row belongs to.
public struct RowPlace: Sendable, Hashable {
  /// 0-based position in the commit's segments.
  public var segment: Int
  /// 0-based number of the frame in the segment.
  public var frame: Int
  /// First byte in the frame's text.
  public var offset: Int
  /// Bytes of the record, without its newline.
  public var length: Int

  /// Names a place.
  public init(segment: Int = 0, frame: Int = 0, offset: Int = 0, length: Int = 0) {
    self.segment = segment
    self.frame = frame
    self.offset = offset
    self.length = length
  }
}

/// A sealed segment, as the catalog remembers it.
public struct SegmentRow: Sendable, Hashable {
  /// Its table.
  public let table: LakeTable
  /// Its UTC day.
  public let day: String
  /// Its name: SHA-256 of the file's bytes in hexadecimal.
  public let name: String
  /// Size of the file in bytes.
  public let fileBytes: Int
  /// Size of its text in bytes.
  public let textBytes: Int
  /// Records in it.
  public let records: Int

  /// Its path below the lake's folder.
  public var path: String { "\(table.rawValue)/\(day)/\(name).jsonl.lz4" }

  /// Describes a segment.
  public init(table: LakeTable, day: String, name: String, fileBytes: Int, textBytes: Int, records: Int) {
    self.table = table
    self.day = day
    self.name = name
    self.fileBytes = fileBytes
    self.textBytes = textBytes
    self.records = records
  }
}

/// The catalog's row of an interaction.
public struct InteractionRow: Sendable {
  /// Source and the source's id: `support-chat/abc`.
  public var id: String
  /// When the call was made.
  public var time: Timestamp
  /// The conversation's id, or the interaction's own where the source has none.
  public var conversation: String
  /// The trace that the call is part of.
  public var trace: String?
  /// The model's own id of the answer, which feedback may name instead of the trace.
  public var response: String?
  /// The interaction that this one answers anew.
  public var parent: String?
  /// The user's pseudonym.
  public var user: String?
  /// The application.
  public var app: String?
  /// The model.
  public var model: String?
  /// The prompt's version.
  public var prompt: String?
  /// Why the model stopped.
  public var finish: String?
  /// Metadata as JSON, where it is short enough for selections: up to 2,048 bytes.
  public var metadata: String?
  /// Tokens of the input.
  public var tokensIn: Int64?
  /// Tokens of the output.
  public var tokensOut: Int64?
  /// Price in US dollars.
  public var cost: Double?
  /// Latency in seconds.
  public var latency: Double?
  /// Unicode scalars of the input messages.
  public var inputCharacters = 0
  /// Unicode scalars of the output.
  public var outputCharacters = 0
  /// User messages in the input.
  public var turns = 0
  /// Where the record stands.
  public var place = RowPlace()
  /// The source's own stamp; of two rows with one id the later stamp wins, then the larger digest.
  public var stamp: Timestamp
  /// Hash of the record.
  public var digest: ContentHash
  /// Hash of the normalised input.
  public var inputHash: ContentHash
  /// Hash of the normalised input and output.
  public var contentHash: ContentHash

  /// A row with what is required.
  public init(
    id: String, time: Timestamp, conversation: String, stamp: Timestamp, digest: ContentHash,
    inputHash: ContentHash, contentHash: ContentHash
  ) {
    self.id = id
    self.time = time
    self.conversation = conversation
    self.stamp = stamp
    self.digest = digest
    self.inputHash = inputHash
    self.contentHash = contentHash
  }
}

/// The catalog's row of a feedback event.
public struct FeedbackRow: Sendable {
  /// Source and the source's id.
  public var id: String
  /// The interaction it is about.
  public var target: String?
  /// The trace it is about; it is on the trace's last interaction.
  public var trace: String?
  /// The conversation it is about.
  public var conversation: String?
  /// When it happened.
  public var time: Timestamp
  /// The user's pseudonym.
  public var user: String?
  /// What was done.
  public var signal: Signal
  /// Thumb -1 or 1, rating -1 to 1, rank from 0.
  public var value: Double?
  /// How many gave it: 1, or the number of equal votes that a source reports in one row.
  public var count: Int
  /// Whether the record holds a better output.
  public var hasCorrection: Bool
  /// Where the record stands.
  public var place = RowPlace()
  /// The source's own stamp.
  public var stamp: Timestamp
  /// Hash of the record.
  public var digest: ContentHash

  /// A row of all its facts but the place.
  public init(
    id: String, target: String?, conversation: String?, time: Timestamp, user: String?, signal: Signal,
    value: Double?, count: Int, hasCorrection: Bool, stamp: Timestamp, digest: ContentHash
  ) {
    self.id = id
    self.target = target
    self.conversation = conversation
    self.time = time
    self.user = user
    self.signal = signal
    self.value = value
    self.count = count
    self.hasCorrection = hasCorrection
    self.stamp = stamp
    self.digest = digest
  }
}

/// The catalog's row of a line that could not be read.
public struct QuarantineRow: Sendable {
  /// The log file.
  public let file: String
  /// Offset of the line in the decoded file, in bytes.
  public let byteOffset: Int
  /// Length of the line in bytes.
  public let byteLength: Int
  /// Why: a reason code.
  public let reason: String
  /// Hash of the line.
  public let digest: ContentHash
  /// Where its redacted text stands, if it was kept.
  public var place: RowPlace?

  /// States a line that could not be read.
  public init(
    file: String, byteOffset: Int, byteLength: Int, reason: String, digest: ContentHash, place: RowPlace?
  ) {
    self.file = file
    self.byteOffset = byteOffset
    self.byteLength = byteLength
    self.reason = reason
    self.digest = digest
    self.place = place
  }
}
