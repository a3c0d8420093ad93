import Bytes

/// Puts records behind each other into the frames of one segment: a frame ends before the record that would make it
/// longer than ``LakeFrame/maximumText``.
///
/// Owned by one task at a time.
public final class LakeFrameBuilder {
  private let text = ByteBuffer(capacity: 1 << 16)
  private var records = 0
  private var firstID = ""
  private var lastID = ""
  private var ended = 0
  private var frames: [LakeFrame] = []

  /// A builder of a segment without a record.
  public init() {}

  /// Adds a record.
  /// - Parameters:
  ///   - record: one line of JSON, without its line end.
  ///   - id: its id.
  /// - Returns: the number of its frame in the segment, and its offset in the frame's text.
  /// - Throws: as ``LakeFrame/compress(_:records:firstID:lastID:)``.
  public func add(_ record: UnsafeRawBufferPointer, id: String) throws -> (frame: Int, offset: Int) {
    if records > 0, text.count + record.count + 1 > LakeFrame.maximumText { try end() }
    let place = (frame: ended, offset: text.count)
    text.append(record)
    text.append(0x0A)
    if records == 0 { firstID = id }
    lastID = id
    records += 1
    return place
  }

  /// Hands out the frames that have ended since the last call.
  public func take() -> [LakeFrame] {
    defer { frames.removeAll() }
    return frames
  }

  /// Ends the open frame, and hands out what was not handed out yet.
  /// - Throws: as ``LakeFrame/compress(_:records:firstID:lastID:)``.
  public func finish() throws -> [LakeFrame] {
    if records > 0 { try end() }
    return take()
  }

  private func end() throws {
    frames.append(
      try LakeFrame.compress(text.view, records: records, firstID: firstID, lastID: lastID))
    text.removeAll()
    records = 0
    ended += 1
  }
}
