import Records
import Text

/// Flags personal data that is still in a record after the pull's redaction.
///
/// The pull redacts before the first byte reaches the disk, so a finding means text that came another way (an
/// older lake, a correction typed in review) or a scanner that has learned since. The gate of a dataset
/// counts these findings.
///
/// **Reasons** (all flag, one finding for each place, with offset and length in bytes): `residual-card`,
/// `residual-email`, `residual-iban`, `residual-ip`, `residual-mac`, `residual-national-id`,
/// `residual-phone`, `residual-secret`, `residual-ssn`. The part `conversation` is the text of all input
/// messages joined by line feeds, `output` the output. What each kind takes in and leaves out stands with its
/// recogniser in Text/PersonalData.
///
/// Names and street addresses are found by no pattern. They are looked for only where the pipeline names a
/// recogniser, a service with the interface of Presidio's analyzer, and only on records that the rules keep:
/// `recognised-person` and `recognised-address`, both flags. Publishing masks their places.
public struct PersonalDataRule: Rule {
  /// The rule's name.
  public static let name = "personal-data"
  /// The rule's version.
  public static let version = 2
  /// The rule's reason codes.
  public static let reasons = (PersonalDataKind.patterns.compactMap(reason) + recognisedWords.keys).sorted()
  /// The reasons of what a recogniser of names found, and the words of the marks that publishing puts there.
  public static let recognisedWords = ["recognised-address": "ADDRESS", "recognised-person": "PERSON"]

  /// What is looked for; default all kinds.
  public let scanner: PersonalDataScanner

  /// Makes the rule.
  /// - Parameter scanner: what is looked for; default all kinds.
  public init(scanner: PersonalDataScanner = PersonalDataScanner()) { self.scanner = scanner }

  /// Reports each place that still holds personal data.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    for (part, text) in [("conversation", record.conversation), ("output", record.output)] {
      scanner.scan(text) { match in
        guard let reason = Self.reason(match.kind) else { return }
        report(
          Finding(
            rule: Self.name, reason: reason, effect: .flag, part: part, offset: match.offset,
            length: match.length))
      }
    }
  }

  private static func reason(_ kind: PersonalDataKind) -> String? {
    switch kind {
    case .email: "residual-email"
    case .card: "residual-card"
    case .iban: "residual-iban"
    case .ssn: "residual-ssn"
    case .nationalID: "residual-national-id"
    case .phone: "residual-phone"
    case .ip: "residual-ip"
    case .mac: "residual-mac"
    case .secret: "residual-secret"
    case .person, .address: nil
    }
  }
}
