import Records
import Text

enum SQLDatabase: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("SQL database", [.database])
    traits.isMapped = true
    traits.optional = [.key]
    traits.pageSize = (1000, 10000)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
