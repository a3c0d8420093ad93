/// What is wrong with a segment, a frame or a name: facts only, never content.
public struct LakeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of fault.
  ///
  /// The raw value is stable once released.
  public enum Code: String, Sendable, CaseIterable, Codable {
    /// A frame does not decode, or decodes to other text than the index says.
    case damagedFrame = "damaged-frame"
    /// The index is missing, is not JSON, or contradicts the file or itself.
    case damagedIndex = "damaged-index"
    /// The SHA-256 of the file is not its name.
    case nameDiffers = "name-differs"
    /// No segment has this path.
    case missing
    /// A frame without a record, or a segment without a frame.
    case empty
    /// More than one record in a frame of more than ``LakeFrame/maximumText`` bytes.
    case tooLong = "too-long"
    /// The text is not `records` lines that each end with a newline.
    case notLines = "not-lines"
    /// A day, session or segment path that is not of the form the lake uses.
    case badName = "bad-name"
    /// Another living process holds the session of this name.
    case sessionHeld = "session-held"
    /// The writer was sealed, discarded or failed before.
    case closed
  }

  /// The kind of fault.
  public let code: Code
  /// The segment's path below the lake folder, or the name that was refused; empty where none is known yet.
  public let segment: String
  /// The frame, 0-based; nil where it is about none.
  public let frame: Int?
  /// Where in the segment file the faulty part begins, in bytes; nil where it is about none.
  public let offset: Int?

  /// States a fault.
  /// - Parameters:
  ///   - code: the kind.
  ///   - segment: the segment's path below the lake folder, or the refused name; default empty.
  ///   - frame: the frame, 0-based; default none.
  ///   - offset: the place in the segment file in bytes; default none.
  public init(_ code: Code, segment: String = "", frame: Int? = nil, offset: Int? = nil) {
    self.code = code
    self.segment = segment
    self.frame = frame
    self.offset = offset
  }

  /// `damaged-frame interactions/2026-11-20/ab….jsonl.lz4 frame 3 at 1048576`.
  public var description: String {
    var text = segment.isEmpty ? code.rawValue : "\(code.rawValue) \(segment)"
    if let frame { text += " frame \(frame)" }
    if let offset { text += " at \(offset)" }
    return text
  }
}
