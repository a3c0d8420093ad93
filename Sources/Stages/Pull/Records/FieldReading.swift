import Bytes
import Records
import Text

/// Why a row that is JSON is not a record.
///
/// The raw value is the reason code that quarantine stores, so it never changes.
public enum RowFault: String, Error, Sendable, CaseIterable {
  /// The row is not an object.
  case notAnObject = "not-an-object"
  /// No id where the mapping says, or one of no characters.
  case noID = "no-id"
  /// An id of more than 512 bytes or with control characters.
  case badID = "bad-id"
  /// No time where the mapping says.
  case noTime = "no-time"
  /// A time in no form that logs use.
  case badTime = "bad-time"
  /// No input messages where the mapping says.
  case noInput = "no-input"
  /// A message whose role is none of system, user, assistant, tool and their known other names.
  case badRole = "bad-role"
  /// Feedback on neither an interaction nor a conversation.
  case noTarget = "no-target"
  /// No signal where the mapping says.
  case noSignal = "no-signal"
  /// A signal that is neither flywheel's own nor translated by the mapping.
  case unknownSignal = "unknown-signal"
  /// A value that the signal does not take.
  case badValue = "bad-value"
}

/// A mapping's rule for one field, with its keys as bytes, so that looking a field up makes no string.
struct CompiledField {
  private enum Step {
    case key([UInt8])
    case position(key: [UInt8], Int)
  }

  private let paths: [[Step]]
  let constant: String?
  let scale: Double
  /// The last key of the first path, under which metadata is kept.
  let name: String

  init(_ rule: FieldRule) {
    paths = rule.paths.map { path in
      path.components.map { component in
        Int(component).map { .position(key: Array(component.utf8), $0) } ?? .key(Array(component.utf8))
      }
    }
    constant = rule.constant
    scale = rule.scale
    name = rule.paths.first?.components.last ?? ""
  }

  /// The first value other than null that a path leads to.
  func value(in row: JSONValue) -> JSONValue? {
    for path in paths {
      var place: JSONValue? = row
      for step in path {
        guard let here = place else { break }
        switch step {
        case .key(let key): place = key.withUnsafeBytes { here.member($0) }
        case .position(let key, let position):
          place = here.kind == .array ? here[position] : key.withUnsafeBytes { here.member($0) }
        }
      }
      if let place, !place.isNull { return place }
    }
    return nil
  }

  /// The field as text: a string as it is, a number or Boolean as JSON writes it.
  func text(in row: JSONValue) -> String? {
    guard let value = value(in: row) else { return constant }
    return value.scalarText ?? constant
  }

  /// The field as a number, scaled; a string that holds a number counts.
  func number(in row: JSONValue) -> Double? {
    guard let value = value(in: row) else { return constant.flatMap(Double.init).map { $0 * scale } }
    let number = value.double ?? value.string.flatMap(Double.init)
    return number.flatMap { $0.isFinite ? $0 * scale : nil }
  }

  /// The field as an instant.
  func time(in row: JSONValue) throws -> Timestamp {
    guard let value = value(in: row) else {
      guard let constant else { throw RowFault.noTime }
      guard let time = Timestamp(constant) else { throw RowFault.badTime }
      return time
    }
    let time = value.utf8.map { Timestamp(parsing: $0) } ?? value.double.flatMap { Timestamp(number: $0) }
    guard let time else { throw RowFault.badTime }
    return time
  }
}

extension JSONValue {
  /// A string as it is, a number or Boolean as JSON writes it; nil for null and containers.
  var scalarText: String? {
    switch kind {
    case .string: return string
    case .integer: return int64.map { String($0) }
    case .bool: return bool.map { $0 ? "true" : "false" }
    // Digits as they are: an id must not be rounded to another's.
    case .unsigned: return uint64.map { String($0) }
    case .double:
      guard let double else { return nil }
      let out = ByteBuffer(capacity: 64)
      JSONText.appendNumber(double, to: out)
      return String(decoding: out.view, as: UTF8.self)
    case .object, .array, .null: return nil
    }
  }
}
