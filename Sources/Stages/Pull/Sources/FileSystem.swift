/// Files of JSON Lines, plain or compressed, on this machine or in a bucket, whose rows are read by a mapping.
enum FileSystem: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("files", [.files])
    traits.isMapped = true
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }
}
