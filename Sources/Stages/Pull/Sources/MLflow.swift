import Records
import Text

enum MLflow: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("MLflow", [.service])
    traits.required = [.project]
    traits.optional = [.key]
    traits.keyVariable = "MLFLOW_TRACKING_TOKEN"
    traits.signals = SourceTraits.thumbs
    traits.pageSize = (100, 500)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
