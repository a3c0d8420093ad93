/// Writes records one by one into one segment.
///
/// Owned by one task at a time.
public final class RecordSegment {
  private let writer: SegmentWriter
  private let frames = LakeFrameBuilder()
  private var isEmpty = true

  /// Begins a segment.
  /// - Parameter writer: what it is written with, and by nobody else.
  public init(_ writer: SegmentWriter) { self.writer = writer }

  /// Adds a record, and writes what frames are full.
  /// - Parameters:
  ///   - record: one line of JSON, without its line end, shorter than ``LakeFrame/maximumText``.
  ///   - id: its id.
  /// - Returns: the number of its frame, and its offset in the frame's text.
  /// - Throws: the lake's errors.
  public func add(_ record: UnsafeRawBufferPointer, id: String) throws -> (frame: Int, offset: Int) {
    let place = try frames.add(record, id: id)
    for frame in frames.take() { try writer.append(frame) }
    isEmpty = false
    return place
  }

  /// Ends the segment.
  /// - Returns: what it is known by; nil, and nothing is left of it, where no record was added.
  /// - Throws: the lake's errors.
  public func seal() throws -> Segment? {
    guard !isEmpty else {
      writer.discard()
      return nil
    }
    for frame in try frames.finish() { try writer.append(frame) }
    return try writer.seal()
  }
}
