/// What can go wrong in a registry: a code and facts, never record text.
public struct RegistryError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure; stable once released.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String, Sendable {
      case notARegistry = "not-a-registry"
      case formatTooNew = "format-too-new"
      case unknownFeature = "unknown-feature"
      case wrongRegistry = "wrong-registry"
      case badName = "bad-name"
      case badRecord = "bad-record"
      case notCanonical = "not-canonical"
      case repeatedID = "repeated-id"
      case missing
      case damaged
      case conflict
      case ledgerConflict = "ledger-conflict"
      case ledgerMoved = "ledger-moved"
      case finished
    }

    private let value: Value

    private init(_ value: Value) { self.value = value }

    /// The code's text, such as `repeated-id`.
    public var description: String { value.rawValue }

    /// There is no `format.json`, or it is not one of ours.
    public static let notARegistry = Code(.notARegistry)
    /// `format.json` names a later version of the format.
    public static let formatTooNew = Code(.formatTooNew)
    /// `format.json` names a feature that this program does not know.
    public static let unknownFeature = Code(.unknownFeature)
    /// The registry has another id than the one asked for.
    public static let wrongRegistry = Code(.wrongRegistry)
    /// A dataset, split or object name is outside the allowed characters.
    public static let badName = Code(.badName)
    /// A record is no JSON object, is too long, or its id is not the one given.
    public static let badRecord = Code(.badRecord)
    /// JSON that should be canonical is not.
    public static let notCanonical = Code(.notCanonical)
    /// An id occurs twice in a version.
    public static let repeatedID = Code(.repeatedID)
    /// An object that should exist does not.
    public static let missing = Code(.missing)
    /// An object's bytes are not what its name, hash or seal promises.
    public static let damaged = Code(.damaged)
    /// Another publisher took the number: the version was prepared over one that is no longer the latest.
    public static let conflict = Code(.conflict)
    /// A key was claimed for a role while it has the opposite one.
    public static let ledgerConflict = Code(.ledgerConflict)
    /// Another publisher claimed one of the keys for the opposite role in the meantime.
    public static let ledgerMoved = Code(.ledgerMoved)
    /// A publish session was used after its end.
    public static let finished = Code(.finished)
  }

  /// The kind of failure.
  public let code: Code
  /// The object, dataset, split or field that the failure is about.
  public let object: String
  /// A version's, entry's, block's or record's number, or a count, as ``reason`` says; nil where none applies.
  public let number: Int?
  /// The record's id; nil where none applies.
  public let id: String?
  /// What exactly was found, in words of this program.
  public let reason: String

  /// States a failure.
  /// - Parameters:
  ///   - code: the kind of failure.
  ///   - object: what it is about.
  ///   - reason: what was found, in words of this program.
  ///   - number: a number that belongs to it; default none.
  ///   - id: the record's id; default none.
  public init(
    _ code: Code, _ object: String, _ reason: String, number: Int? = nil, id: String? = nil
  ) {
    self.code = code
    self.object = object
    self.reason = reason
    self.number = number
    self.id = id
  }

  /// One line of printable ASCII; ids and names come from outside, so other characters are written as escapes.
  public var description: String {
    var text = "\(code): \(Self.printable(object)): \(reason)"
    if let number { text += " (\(number))" }
    if let id { text += " [\(Self.printable(id))]" }
    return text
  }

  private static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(200) {
      if scalar.value >= 0x20 && scalar.value < 0x7F {
        result.unicodeScalars.append(scalar)
      } else {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return result
  }
}
