import Records
import Text

enum Portkey: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Portkey", [.service])
    traits.address = "https://api.portkey.ai/v1"
    traits.required = [.key]
    traits.optional = [.workspace]
    traits.keyVariable = "PORTKEY_API_KEY"
    traits.pageSize = (5000, 50000)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
