import Records
import Text

enum OpenAIStored: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("OpenAI stored completions", [.service])
    traits.address = "https://api.openai.com/v1"
    traits.required = [.key]
    traits.optional = [.workspace, .project]
    traits.keyVariable = "OPENAI_API_KEY"
    traits.pageSize = (100, 100)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
