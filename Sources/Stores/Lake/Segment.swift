import Bytes
import Records
import Text

/// Where a frame stands in its segment, and what it holds.
public struct FrameInfo: Sendable, Hashable {
  /// The first byte in the segment file.
  public let offset: Int
  /// Bytes in the segment file.
  public let compressed: Int
  /// Bytes of text.
  public let text: Int
  /// Lines of text.
  public let records: Int
  /// The hash of the text.
  public let hash: ContentHash
}

/// What a segment's index says: everything but the segment's own name.
public struct SegmentIndex: Sendable, Hashable {
  /// The table.
  public let table: LakeTable
  /// The UTC day, such as `2026-11-20`.
  public let day: String
  /// The id of the first record.
  public let firstID: String
  /// The id of the last record.
  public let lastID: String
  /// The frames in the order of the file, without a gap.
  public let frames: [FrameInfo]

  /// Lines of text in all frames.
  public var records: Int { frames.reduce(0) { $0 + $1.records } }
  /// Bytes of text in all frames.
  public var textBytes: Int { frames.reduce(0) { $0 + $1.text } }
  /// Where the frames end and the index frame begins.
  var framesEnd: Int { frames.last.map { $0.offset + $0.compressed } ?? 0 }
}

/// A sealed segment.
public struct Segment: Sendable, Hashable {
  /// The SHA-256 of the file: 64 hexadecimal digits.
  public let name: String
  /// Bytes of the file.
  public let fileBytes: Int
  /// What its index says.
  public let index: SegmentIndex

  /// The table.
  public var table: LakeTable { index.table }
  /// The UTC day, such as `2026-11-20`.
  public var day: String { index.day }
  /// Lines of text.
  public var records: Int { index.records }
  /// Bytes of text.
  public var textBytes: Int { index.textBytes }
  /// The frames in the order of the file.
  public var frames: [FrameInfo] { index.frames }
  /// The path below the lake folder, such as `interactions/2026-11-20/ab….jsonl.lz4`.
  public var relativePath: String { SegmentPath(table: table, day: day, name: name).text }
}

/// The parts of a segment's path below the lake folder.
struct SegmentPath: Hashable {
  static let suffix = ".jsonl.lz4"

  let table: LakeTable
  let day: String
  let name: String

  init(table: LakeTable, day: String, name: String) {
    self.table = table
    self.day = day
    self.name = name
  }

  /// Takes `<table>/<yyyy-mm-dd>/<64 hexadecimal digits>.jsonl.lz4` and nothing else, so that no path leads
  /// out of the lake.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let table = LakeTable(rawValue: parts[0]), Self.isDay(parts[1]),
      parts[2].hasSuffix(Self.suffix)
    else { return nil }
    let name = String(parts[2].dropLast(Self.suffix.count))
    guard let digest = Digest(hex: name), digest.hex == name else { return nil }
    self.init(table: table, day: parts[1], name: name)
  }

  var text: String { "\(table.rawValue)/\(day)/\(name)\(Self.suffix)" }

  /// Whether it has the form `yyyy-mm-dd`.
  static func isDay(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 10
      && bytes.enumerated().allSatisfy { place, byte in
        place == 4 || place == 7 ? byte == 0x2D : (48...57).contains(byte)
      }
  }
}

/// The index as bytes: a skippable LZ4 frame, whose payload is the index in canonical JSON and a footer.
///
/// The footer is eight bytes, `FWSI` and the length of the JSON as a 32-bit number, least significant byte
/// first, so that a reader finds the index from the file's end. The frame's own header (magic and payload
/// size, eight bytes) comes first, and every LZ4 decoder steps over the frame.
enum IndexFrame {
  static let format = "flywheel-segment"
  static let version = 1
  /// The first of the 16 magic numbers of skippable frames (LZ4 Frame Format 1.6.2, "Skippable Frames").
  static let magic: UInt32 = 0x184D_2A50
  static let headerBytes = 8
  static let footerBytes = 8
  static let footerMagic: [UInt8] = Array("FWSI".utf8)

  static func encode(_ index: SegmentIndex) -> [UInt8] {
    let json = ByteBuffer()
    var writer = JSONWriter(json)
    writer.beginObject()
    writer.key("day")
    writer.string(index.day)
    writer.key("first_id")
    writer.string(index.firstID)
    writer.key("format")
    writer.string(format)
    writer.key("frames")
    writer.beginArray()
    for frame in index.frames {
      writer.beginObject()
      writer.key("compressed")
      writer.integer(Int64(frame.compressed))
      writer.key("offset")
      writer.integer(Int64(frame.offset))
      writer.key("records")
      writer.integer(Int64(frame.records))
      writer.key("text")
      writer.integer(Int64(frame.text))
      writer.key("xxh3")
      writer.string(frame.hash.description)
      writer.endObject()
    }
    writer.endArray()
    writer.key("last_id")
    writer.string(index.lastID)
    writer.key("records")
    writer.integer(Int64(index.records))
    writer.key("table")
    writer.string(index.table.rawValue)
    writer.key("text_bytes")
    writer.integer(Int64(index.textBytes))
    writer.key("version")
    writer.integer(Int64(version))
    writer.endObject()

    let length = UInt32(json.count)
    let out = ByteBuffer(capacity: json.count + headerBytes + footerBytes)
    appendLittle(magic, to: out)
    appendLittle(length + UInt32(footerBytes), to: out)
    out.append(json.view)
    out.append(footerMagic)
    appendLittle(length, to: out)
    return out.bytes
  }

  /// Reads the JSON of an index and checks that it agrees with itself.
  /// - Returns: nil for anything that ``encode(_:)`` does not write.
  static func decode(_ json: UnsafeRawBufferPointer) -> SegmentIndex? {
    try? JSONParser(maximumLength: max(json.count, 1 << 10)).parse(json) { value -> SegmentIndex? in
      guard value["format"]?.string == format, value["version"]?.int64 == Int64(version),
        let table = value["table"]?.string.flatMap(LakeTable.init(rawValue:)),
        let day = value["day"]?.string, SegmentPath.isDay(day), let firstID = value["first_id"]?.string,
        let lastID = value["last_id"]?.string
      else { return nil }
      var frames: [FrameInfo] = []
      var end = 0
      for element in value["frames"]?.elements ?? [] {
        guard let frame = frameInfo(element, at: end) else { return nil }
        frames.append(frame)
        end = frame.offset + frame.compressed
      }
      let index = SegmentIndex(table: table, day: day, firstID: firstID, lastID: lastID, frames: frames)
      guard !frames.isEmpty, value["records"]?.int64 == Int64(index.records),
        value["text_bytes"]?.int64 == Int64(index.textBytes)
      else { return nil }
      return index
    }
  }

  private static func frameInfo(_ value: JSONValue, at end: Int) -> FrameInfo? {
    // The bounds keep a damaged number from adding up to an overflow or reserving memory that no text needs:
    // LZ4 cannot shrink a block by more than 255 (LZ4 Block Format, lengths of one byte for 255 of text).
    guard let offset = value["offset"]?.int64, offset == Int64(end),
      let compressed = value["compressed"]?.int64, (1...Int64(UInt32.max)).contains(compressed),
      let text = value["text"]?.int64, (1...compressed * 256).contains(text),
      let records = value["records"]?.int64, (1...text).contains(records),
      let hash = value["xxh3"]?.string.flatMap(Hex.decode).flatMap(ContentHash.init(bytes:))
    else { return nil }
    return FrameInfo(
      offset: end, compressed: Int(compressed), text: Int(text), records: Int(records), hash: hash)
  }

  static func appendLittle(_ value: UInt32, to out: ByteBuffer) {
    withUnsafeBytes(of: value.littleEndian) { out.append($0) }
  }

  static func little(_ bytes: some Collection<UInt8>) -> UInt32 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
