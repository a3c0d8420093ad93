import Records
import Text

/// Reads records from the lake by place, keeping the last frames at hand, since neighbours are asked for in turn.
///
/// Owned by one task at a time.
public final class LakeBodies {
  /// Frames at hand; each holds up to 4 MiB of text.
  private static let limit = 8

  private let lake: LakeStore
  private let parser = JSONParser(maximumLength: 1 << 30)
  private var readers: [String: SegmentReader] = [:]
  private var frames: [(segment: String, frame: Int, text: [UInt8])] = []

  /// A reader of a lake that has read nothing.
  public init(lake: LakeStore) { self.lake = lake }

  /// Hands a record's value to `body`, where it is valid.
  /// - Parameters:
  ///   - table: the table that the record is in.
  ///   - place: where it stands.
  ///   - body: takes the value, which must not leave it.
  /// - Returns: what `body` returns.
  /// - Throws: ``LakeError`` for a segment that is missing or damaged, what `body` throws.
  public func read<Result>(
    _ table: LakeTable, _ place: LakePlace, _ body: (JSONValue) throws -> Result
  ) throws -> Result {
    let text = try text(place.path(in: table), place.frame)
    return try text.withUnsafeBytes { bytes in
      let line = UnsafeRawBufferPointer(rebasing: bytes[place.offset..<place.offset + place.length])
      return try parser.parse(padded: line, body)
    }
  }

  private func text(_ segment: String, _ frame: Int) throws -> [UInt8] {
    if let index = frames.lastIndex(where: { $0.segment == segment && $0.frame == frame }) {
      if index != frames.count - 1 { frames.append(frames.remove(at: index)) }
      return frames[frames.count - 1].text
    }
    let reader: SegmentReader
    if let known = readers[segment] {
      reader = known
    } else {
      if readers.count >= 64 { readers.removeAll() }
      reader = try lake.open(segment: segment)
      readers[segment] = reader
    }
    let text = try reader.frame(frame)
    if frames.count >= Self.limit { frames.removeFirst() }
    frames.append((segment, frame, text))
    return text
  }
}
