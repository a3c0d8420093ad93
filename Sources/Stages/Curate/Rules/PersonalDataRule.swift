import Records
import Text

/// Flags personal data that is still in a record after the pull's redaction.
///
/// The pull redacts before the first byte reaches the disk, so a finding means text that came another way (an
/// older lake, a correction typed in review) or a scanner that has learned since. The gate of a dataset
/// counts these findings.
///
/// **Reasons** (all flag, one finding for each place, with offset and length in bytes): `residual-card`,
/// `residual-email`, `residual-iban`, `residual-ip`, `residual-phone`, `residual-secret`. The part `conversation` is
/// the text of all input messages joined by line feeds, `output` the output. What each kind takes in and
/// leaves out stands with its recogniser in Text/PersonalData.
public struct PersonalDataRule: Rule {
  /// The rule's name.
  public static let name = "personal-data"
  /// The rule's version.
  public static let version = 1
  /// The rule's reason codes.
  public static let reasons = PersonalDataKind.allCases.map(reason).sorted()

  /// What is looked for; default all kinds.
  public let scanner: PersonalDataScanner

  /// Makes the rule.
  /// - Parameter scanner: what is looked for; default all kinds.
  public init(scanner: PersonalDataScanner = PersonalDataScanner()) { self.scanner = scanner }

  /// Reports each place that still holds personal data.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    for (part, text) in [("conversation", record.conversation), ("output", record.output)] {
      scanner.scan(text) { match in
        report(
          Finding(
            rule: Self.name, reason: Self.reason(match.kind), effect: .flag, part: part, offset: match.offset,
            length: match.length))
      }
    }
  }

  private static func reason(_ kind: PersonalDataKind) -> String {
    switch kind {
    case .email: "residual-email"
    case .card: "residual-card"
    case .iban: "residual-iban"
    case .phone: "residual-phone"
    case .ip: "residual-ip"
    case .secret: "residual-secret"
    }
  }
}
