import Bytes
import Catalog
import Foundation
import Records
import Text

/// Maps a chunk of lines, one task at a time.
enum ChunkMapper {
  static func map(
    _ job: InputJob, source: SourceDefinition, pseudonyms: Pseudonyms, now: Timestamp,
    known: KnownRecords? = nil
  ) throws -> ChunkResult {
    let builder = ChunkBuilder(known: known)
    let records = RecordWriter(source: source, pseudonyms: pseudonyms, builder: builder)
    let reader = source.kind.system.reader(source, records)
    let parser = JSONParser(maximumLength: max(source.maximumLine, 1 << 16))
    let quarantine = QuarantineText(source: source)
    func reject(_ line: UnsafeRawBufferPointer, offset: Int, length: Int, reason: String, digest: ContentHash)
      throws
    {
      let row = QuarantineRow(
        file: job.path, byteOffset: offset, byteLength: length, reason: reason, digest: digest, place: nil)
      let record = quarantineRecord(row, source: source.name, text: quarantine.text(of: line))
      try record.withUnsafeBytes { try builder.add(row, record: $0, time: now) }
    }
    try job.bytes.withUnsafeBytes { bytes in
      let text = UnsafeRawBufferPointer(rebasing: bytes[..<job.length])
      var start = 0
      while start < text.count {
        let end = lineEnd(text, from: start)
        let line = UnsafeRawBufferPointer(rebasing: text[start..<end])
        let offset = job.offset + start
        start = end + 1
        if isBlank(line) { continue }
        builder.count { $0.lines += 1 }
        var reason: String?
        if let fault = job.fault {
          reason = fault
        } else {
          do {
            let matched = try parser.parse(padded: line) { try records.row($0, reader) }
            if !matched { builder.count { $0.unmatched += 1 } }
          } catch let fault as JSONFault {
            reason = fault.rawValue
          } catch let fault as RowFault {
            reason = fault.rawValue
          }
        }
        if let reason {
          try reject(line, offset: offset, length: line.count, reason: reason, digest: ContentHash.of(line))
        }
      }
    }
    for line in job.overlong {
      builder.count { $0.lines += 1 }
      try reject(
        UnsafeRawBufferPointer(start: nil, count: 0), offset: line.offset, length: line.length,
        reason: job.fault ?? JSONFault.tooLong.rawValue, digest: ContentHash.of(line.digest.hex))
    }
    return try builder.finish()
  }

  private static func lineEnd(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
    guard let base = text.baseAddress, let found = memchr(base + start, 0x0A, text.count - start) else {
      return text.count
    }
    return UnsafeRawPointer(found) - base
  }

  private static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
    line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }

  /// The lake's record of a line that could not be read.
  static func quarantineRecord(_ row: QuarantineRow, source: String, text: String) -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("digest")
    writer.string(row.digest.description)
    writer.key("file")
    writer.string(row.file)
    writer.key("length")
    writer.integer(Int64(row.byteLength))
    writer.key("offset")
    writer.integer(Int64(row.byteOffset))
    writer.key("reason")
    writer.string(row.reason)
    writer.key("source")
    writer.string(source)
    writer.key("text")
    writer.string(text)
    writer.endObject()
    return out.bytes
  }
}
