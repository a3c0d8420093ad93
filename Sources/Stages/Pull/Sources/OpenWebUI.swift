import Records
import Text

enum OpenWebUI: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Open WebUI", [.service, .files])
    traits.framing = .documents
    traits.required = [.key]
    traits.keyVariable = "OPENWEBUI_API_KEY"
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
