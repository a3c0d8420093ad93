import Catalog
import Lake
import Records
import Text

extension LakeBodies {
  /// Hands the value of a record that the catalog names to `body`.
  func read<Result>(_ table: LakeTable, _ place: LakePlace, _ body: (JSONValue) throws -> Result) throws
    -> Result
  {
    try read(
      segment: place.path(in: table), frame: place.frame, range: place.offset..<place.offset + place.length,
      body)
  }
}
