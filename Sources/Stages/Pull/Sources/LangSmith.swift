import Records
import Text

enum LangSmith: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("LangSmith", [.service])
    traits.address = "https://api.smith.langchain.com"
    traits.required = [.key, .project]
    traits.optional = [.workspace]
    traits.keyVariable = "LANGSMITH_API_KEY"
    traits.types = ["LLM"]
    traits.signals = SourceTraits.thumbs
    traits.pageSize = (100, 1000)
    traits.requestsPerMinute = 60
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
