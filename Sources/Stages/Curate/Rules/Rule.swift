import Records
import Text

/// What a rule sees of one record: views that are valid during the call only.
public struct RecordView {
  /// The text of the last user message.
  public let input: UnsafeRawBufferPointer
  /// The text of all input messages, joined by line feeds.
  public let conversation: UnsafeRawBufferPointer
  /// The text of the output.
  public let output: UnsafeRawBufferPointer
  /// The finish reason as the provider logged it, if it did.
  public let finish: UnsafeRawBufferPointer?
  /// Whether a message holds an image, sound or file beside its text.
  public let hasMedia: Bool
  /// Whether the output calls tools.
  public let hasToolCalls: Bool
  /// The application that made the call, if it is known.
  public let app: UnsafeRawBufferPointer?
  /// Further fields of the row, an object, if the mapping asks for any.
  public let metadata: JSONValue?

  /// Puts a view together.
  /// - Parameters:
  ///   - input: the text of the last user message.
  ///   - conversation: the text of all input messages, joined by line feeds.
  ///   - output: the text of the output.
  ///   - finish: the finish reason as logged; default none.
  ///   - hasMedia: whether a message holds more than text; default false.
  ///   - hasToolCalls: whether the output calls tools; default false.
  ///   - app: the application that made the call; default not known.
  ///   - metadata: further fields of the row; default none.
  public init(
    input: UnsafeRawBufferPointer, conversation: UnsafeRawBufferPointer, output: UnsafeRawBufferPointer,
    finish: UnsafeRawBufferPointer? = nil, hasMedia: Bool = false, hasToolCalls: Bool = false,
    app: UnsafeRawBufferPointer? = nil, metadata: JSONValue? = nil
  ) {
    self.input = input
    self.conversation = conversation
    self.output = output
    self.finish = finish
    self.hasMedia = hasMedia
    self.hasToolCalls = hasToolCalls
    self.app = app
    self.metadata = metadata
  }
}

/// A rule of curation: it looks at one record and reports what speaks against it.
///
/// A rule is a value: its parameters are stored properties, and it keeps nothing between records.
public protocol Rule: Sendable {
  /// The name that definitions and findings hold.
  static var name: String { get }
  /// Counts up when the same record may get other findings.
  static var version: Int { get }
  /// All reason codes, sorted; stable once released.
  static var reasons: [String] { get }
  /// Reports each finding on a record, at most one for each reason and part unless the rule says otherwise.
  func examine(_ record: RecordView, _ report: (Finding) -> Void)
}

/// The rules there are.
public enum RuleSet {
  /// All rules, sorted by name.
  public static let all: [any Rule.Type] = [
    ErrorOutputRule.self, InjectionRule.self, LanguageRule.self, LengthRule.self, OutputFormatRule.self,
    PersonalDataRule.self, QualityRule.self, RefusalRule.self, RepetitionRule.self, TestTrafficRule.self,
    ToxicityRule.self, TruncationRule.self,
  ]

  /// All rules with their default parameters, sorted by name.
  public static let defaults: [any Rule] = [
    ErrorOutputRule(), InjectionRule(), LanguageRule(), LengthRule(), OutputFormatRule(), PersonalDataRule(),
    QualityRule(), RefusalRule(), RepetitionRule(), TestTrafficRule(), ToxicityRule(), TruncationRule(),
  ]
}
