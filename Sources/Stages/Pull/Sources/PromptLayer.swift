import Records
import Text

enum PromptLayer: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("PromptLayer", [.service])
    traits.address = "https://api.promptlayer.com"
    traits.required = [.key]
    traits.keyVariable = "PROMPTLAYER_API_KEY"
    traits.signals = SourceTraits.thumbs
    traits.pageSize = (25, 25)
    traits.requestsPerMinute = 10
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
