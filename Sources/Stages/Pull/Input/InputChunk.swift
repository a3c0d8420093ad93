import Bytes

/// A line that is longer than the reader takes; it was skipped and never held whole.
public struct OverlongLine: Sendable, Hashable {
  /// The decoded offset of its first byte.
  public let offset: Int
  /// Its bytes without the newline.
  public let length: Int
  /// The SHA-256 of its bytes without the newline.
  public let digest: Digest
}

/// The unfinished last line of a file that does not end with a newline: not part of a chunk, not consumed.
///
/// In a log that is being written its rest is still to come; in a finished file it is the last record. Which
/// of the two is for the caller to say.
public struct InputTail: Sendable, Hashable {
  /// The decoded offset of its first byte.
  public let offset: Int
  /// Its bytes, all of them counted.
  public let length: Int
  /// The line and behind it ``InputChunk/padding`` zero bytes; empty where it is longer than the reader
  /// takes.
  public let bytes: [UInt8]
  /// The SHA-256 of the line.
  public let digest: Digest
  /// Whether it is longer than the reader takes.
  public var isOverlong: Bool { bytes.isEmpty }
  /// The decoded offset behind it: where to read on if it was taken as a record.
  public var end: Int { offset + length }
}

/// Whole lines of an input file.
///
/// A chunk stands for the decoded bytes up to ``end``: first the overlong lines, which are left out, then
/// ``length`` bytes that begin at ``offset``.
public struct InputChunk: Sendable {
  /// Zero bytes behind the lines of a chunk, which simdjson may read.
  public static let padding = 64

  /// The lines, each with its newline, and behind them ``padding`` zero bytes that ``length`` does not count.
  public let bytes: [UInt8]
  /// Bytes of lines; 0 in a chunk that only reports overlong lines, a tail or the end.
  public let length: Int
  /// The decoded offset of the first byte.
  public let offset: Int
  /// The overlong lines between the chunk before and this one.
  public let overlong: [OverlongLine]
  /// The content before ``end``, by which reading on from there makes sure of the file.
  public let mark: Fingerprint
  /// Whether the file ends here but for ``tail``; true in the last chunk, of which every file has one.
  public let endsFile: Bool
  /// The unfinished last line; only where ``endsFile`` is true.
  public let tail: InputTail?

  /// The decoded offset behind the lines: where to read on once the chunk is dealt with.
  public var end: Int { offset + length }
}
