import Records
import Text

enum Langfuse: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Langfuse", [.service, .files])
    traits.address = "https://cloud.langfuse.com"
    traits.required = [.key, .publicKey]
    traits.keyVariable = "LANGFUSE_SECRET_KEY"
    traits.publicKeyVariable = "LANGFUSE_PUBLIC_KEY"
    traits.types = ["GENERATION"]
    traits.signals = SourceTraits.thumbs
    traits.pageSize = (1000, 1000)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
