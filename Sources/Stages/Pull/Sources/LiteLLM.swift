import Records
import Text

enum LiteLLM: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("LiteLLM", [.files])
    traits.framing = .documents
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
