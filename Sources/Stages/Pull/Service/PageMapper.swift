import Bytes
import Catalog
import Records
import Text

/// Maps the rows of one page, one task at a time.
enum PageMapper {
  /// The name of the place that quarantine states for a row of a service: its stream.
  static func map(
    _ page: SourcePage, stream: String, source: SourceDefinition, pseudonyms: Pseudonyms,
    known: KnownRecords?,
    now: Timestamp
  ) throws -> ChunkResult {
    let builder = ChunkBuilder(known: known)
    let records = RecordWriter(source: source, pseudonyms: pseudonyms, builder: builder)
    let reader = source.kind.system.reader(source, records)
    let quarantine = QuarantineText(source: source)
    let canonical = ByteBuffer(capacity: 1 << 14)
    func take(_ row: JSONValue) throws {
      builder.count { $0.lines += 1 }
      do {
        if try !records.row(row, reader) { builder.count { $0.unmatched += 1 } }
      } catch let fault as RowFault {
        canonical.removeAll()
        var writer = JSONWriter(canonical)
        writer.canonical(row)
        try reject(canonical.view, fault.rawValue)
      }
    }
    func reject(_ text: UnsafeRawBufferPointer, _ reason: String) throws {
      // A row has no place of its own in a service; its content tells it apart.
      let row = QuarantineRow(
        file: stream, byteOffset: 0, byteLength: text.count, reason: reason, digest: ContentHash.of(text),
        place: nil)
      let record = ChunkMapper.quarantineRecord(row, source: source.name, text: quarantine.text(of: text))
      try record.withUnsafeBytes { try builder.add(row, record: $0, time: now) }
    }
    switch page.rows {
    case .elements(let document, let path):
      try document.read { document in
        var place: JSONValue? = document
        for key in path { place = place?[key] }
        guard let rows = place, rows.kind == .array else {
          throw SourceFault(.badAnswer, source: source.name, detail: path.joined(separator: "."))
        }
        try rows.forEachElement(take)
      }
    case .lines(let lines):
      let parser = JSONParser(maximumLength: max(lines.count, 1 << 16))
      try lines.withUnsafeBytes { bytes in
        for line in bytes.split(separator: 0x0A) where !line.allSatisfy({ $0 <= 0x20 }) {
          // The lines behind a line are the room that the parser wants; only the last ones are copied.
          let hasRoom = line.endIndex + JSONParser.padding <= bytes.count
          let line = UnsafeRawBufferPointer(rebasing: line)
          do {
            if hasRoom {
              try parser.parse(padded: line) { (row: JSONValue) -> Void in try take(row) }
            } else {
              try parser.parse(line) { (row: JSONValue) -> Void in try take(row) }
            }
          } catch let fault as JSONFault {
            builder.count { $0.lines += 1 }
            try reject(line, fault.rawValue)
          }
        }
      }
    }
    return try builder.finish()
  }
}
