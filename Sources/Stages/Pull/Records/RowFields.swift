import Records
import Text

/// What readers of one system's rows look up; keys are tried in turn, and null, like an empty text, counts as absent.
extension JSONValue {
  /// The first of some members that holds something.
  func first(_ keys: String...) -> JSONValue? { firstMember(of: keys) }

  /// The first of some members as text: a string as it is, a number or Boolean as JSON writes it.
  func text(_ keys: String...) -> String? {
    firstMember(of: keys)?.scalarText.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The first of some members as a finite number; a string that holds one counts.
  func number(_ keys: String...) -> Double? { firstMember(of: keys)?.numeric }

  /// The first of some members as a whole number.
  func whole(_ keys: String...) -> Int64? {
    firstMember(of: keys)?.numeric.flatMap { Int64(exactly: $0.rounded()) }
  }

  /// The first of some members as an instant.
  /// - Throws: ``RowFault`` `badTime` for something that is no time, `noTime` where nothing is there.
  func time(_ keys: String...) throws -> Timestamp {
    guard let value = firstMember(of: keys) else { throw RowFault.noTime }
    guard let time = value.instant else { throw RowFault.badTime }
    return time
  }

  /// The first of some members as an instant; nil where nothing, or no time, is there.
  func timeIfAny(_ keys: String...) -> Timestamp? { firstMember(of: keys)?.instant }

  private var instant: Timestamp? {
    utf8.map { Timestamp(parsing: $0) } ?? double.flatMap { Timestamp(number: $0) }
  }

  private var numeric: Double? {
    let number = double ?? string.flatMap(Double.init)
    return number.flatMap { $0.isFinite ? $0 : nil }
  }

  private func firstMember(of keys: [String]) -> JSONValue? {
    for key in keys {
      if let value = self[key], !value.isNull, value.utf8?.isEmpty != true { return value }
    }
    return nil
  }
}

extension RecordWriter {
  /// The metadata that the definition asks for in a row.
  func metadata(of row: JSONValue) -> [(String, JSONValue)] {
    metadataFields.compactMap { field in field.value(in: row).map { (field.name, $0) } }
  }
}
