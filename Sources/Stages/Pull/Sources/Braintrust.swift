import Records
import Text

enum Braintrust: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Braintrust", [.service])
    traits.address = "https://api.braintrust.dev"
    traits.required = [.key, .project]
    traits.keyVariable = "BRAINTRUST_API_KEY"
    traits.types = ["llm"]
    traits.signals = SourceTraits.thumbs
    traits.pageSize = (200, 1000)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
