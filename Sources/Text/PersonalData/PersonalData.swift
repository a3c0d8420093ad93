/// What kind of personal data or secret a place in a text holds.
///
/// The raw value is the word in its mark. The order decides between kinds that name the same place.
public enum PersonalDataKind: String, Sendable, CaseIterable, Codable {
  /// An e-mail address.
  case email = "EMAIL"
  /// A payment card number.
  case card = "CARD"
  /// An international bank account number.
  case iban = "IBAN"
  /// A Social Security number, or taxpayer number, of the United States.
  case ssn = "SSN"
  /// A number that another state gives to a person.
  case nationalID = "NATIONAL_ID"
  /// A telephone number.
  case phone = "PHONE"
  /// An Internet address, version 4 or 6.
  case ip = "IP"
  /// The address of a network interface.
  case mac = "MAC"
  /// A key, token, password in an address, or private key.
  case secret = "SECRET"
  /// A person's name; no pattern finds it, a recogniser outside does (``RecogniserAnswer``).
  case person = "PERSON"
  /// A street address or place; no pattern finds it, a recogniser outside does.
  case address = "ADDRESS"

  /// The kinds that ``PersonalDataScanner`` finds: all but names and addresses.
  public static let patterns: Set<PersonalDataKind> = Set(allCases).subtracting([.person, .address])

  /// The bit of this kind in a set of kinds.
  var bit: UInt16 { 1 << UInt16(index) }

  /// This kind's place in the order.
  @inline(__always)
  var index: Int {
    switch self {
    case .email: 0
    case .card: 1
    case .iban: 2
    case .ssn: 3
    case .nationalID: 4
    case .phone: 5
    case .ip: 6
    case .mac: 7
    case .secret: 8
    case .person: 9
    case .address: 10
    }
  }

  /// Whether of a place that another one runs into the part behind that one still counts.
  ///
  /// Half a key opens a lock, and half a name is a name; half a telephone number is none.
  @inline(__always)
  var keepsRest: Bool { self == .secret || self == .person || self == .address }
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
