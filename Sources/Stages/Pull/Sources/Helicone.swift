import Records
import Text

enum Helicone: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Helicone", [.service, .files])
    traits.address = "https://api.helicone.ai"
    traits.required = [.key]
    traits.keyVariable = "HELICONE_API_KEY"
    traits.signals = SourceTraits.thumbs
    traits.pageSize = (500, 1000)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
