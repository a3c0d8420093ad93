/// What kind of personal data or secret a place in a text holds.
///
/// The raw value is the word in its mark.
public enum PersonalDataKind: String, Sendable, CaseIterable, Codable {
  /// An e-mail address.
  case email = "EMAIL"
  /// A payment card number.
  case card = "CARD"
  /// An international bank account number.
  case iban = "IBAN"
  /// A telephone number.
  case phone = "PHONE"
  /// An Internet address, version 4 or 6.
  case ip = "IP"
  /// A key, token, password in an address, or private key.
  case secret = "SECRET"

  /// The bit of this kind in a set of kinds.
  var bit: UInt8 {
    switch self {
    case .email: 1
    case .card: 2
    case .iban: 4
    case .phone: 8
    case .ip: 16
    case .secret: 32
    }
  }
}

/// A place in a text that holds personal data.
///
/// It carries no text.
public struct PersonalDataMatch: Sendable, Hashable {
  /// What was found.
  public let kind: PersonalDataKind
  /// The place's first byte, 0-based, in UTF-8.
  public let offset: Int
  /// The place's length in bytes.
  public let length: Int

  /// States a place.
  public init(kind: PersonalDataKind, offset: Int, length: Int) {
    self.kind = kind
    self.offset = offset
    self.length = length
  }
}
