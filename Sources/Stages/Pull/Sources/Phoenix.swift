import Records
import Text

enum Phoenix: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Arize Phoenix", [.service])
    traits.required = [.project]
    traits.optional = [.key]
    traits.keyVariable = "PHOENIX_API_KEY"
    traits.types = ["LLM"]
    traits.signals = SourceTraits.thumbs
    traits.pageSize = (1000, 1000)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
