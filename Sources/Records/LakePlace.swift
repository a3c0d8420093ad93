/// A place in the lake: a segment by name, a frame in it, and a run of bytes in the frame's text.
public struct LakePlace: Sendable, Hashable {
  /// The segment's name.
  public let segment: String
  /// The segment's day.
  public let day: String
  /// 0-based number of the frame.
  public let frame: Int
  /// First byte in the frame's text.
  public let offset: Int
  /// Bytes of the record, without its newline.
  public let length: Int

  /// Names a place.
  public init(segment: String, day: String, frame: Int, offset: Int, length: Int) {
    self.segment = segment
    self.day = day
    self.frame = frame
    self.offset = offset
    self.length = length
  }

  /// The segment's path below the lake's folder.
  public func path(in table: LakeTable) -> String { "\(table.rawValue)/\(day)/\(segment).jsonl.lz4" }
}
