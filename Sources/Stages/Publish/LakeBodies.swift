import Bytes
import Catalog
import Lake
import Records
import Text

/// Reads records from the lake by place, keeping the last frames at hand, since neighbours are asked for in turn.
final class LakeBodies {
  /// Frames at hand; each holds up to 4 MiB of text.
  private static let limit = 8

  private let lake: LakeStore
  private let parser = JSONParser(maximumLength: 1 << 30)
  private var readers: [String: SegmentReader] = [:]
  private var frames: [(segment: String, frame: Int, text: [UInt8])] = []

  init(lake: LakeStore) { self.lake = lake }

  /// Hands a record's value to `body`, where it is valid.
  func read<Result>(_ table: LakeTable, _ place: LakePlace, _ body: (JSONValue) throws -> Result) throws
    -> Result
  {
    let text = try frame(table, place)
    return try text.withUnsafeBytes { bytes in
      let line = UnsafeRawBufferPointer(rebasing: bytes[place.offset..<place.offset + place.length])
      return try parser.parse(padded: line, body)
    }
  }

  private func frame(_ table: LakeTable, _ place: LakePlace) throws -> [UInt8] {
    if let index = frames.lastIndex(where: { $0.segment == place.segment && $0.frame == place.frame }) {
      if index != frames.count - 1 { frames.append(frames.remove(at: index)) }
      return frames[frames.count - 1].text
    }
    let reader: SegmentReader
    if let known = readers[place.segment] {
      reader = known
    } else {
      if readers.count >= 64 { readers.removeAll() }
      reader = try lake.open(segment: place.path(in: table))
      readers[place.segment] = reader
    }
    let text = try reader.frame(place.frame)
    if frames.count >= Self.limit { frames.removeFirst() }
    frames.append((place.segment, place.frame, text))
    return text
  }
}
