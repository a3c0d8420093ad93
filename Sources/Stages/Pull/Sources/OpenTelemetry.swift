import Records
import Text

enum OpenTelemetry: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("OpenTelemetry files", [.files])
    traits.framing = .frames
    traits.signals = SourceTraits.thumbs
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
