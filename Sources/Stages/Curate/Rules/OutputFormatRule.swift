import Records
import Text

extension CurateParameters {
  /// Parameters of the rule `output-format`.
  public struct OutputFormat: Sendable, Hashable, Codable {
    /// How many apps may be named.
    public static let schemasCountRange = 0...1_000
    /// Legal lengths of a schema file in bytes.
    public static let schemaBytesRange = 2...1_000_000

    /// The file of the JSON Schema that an app's outputs must fit, by the app's name, relative to the
    /// definition.
    ///
    /// The default is none. At most 1,000, each of at most 1 MB.
    public var schemas: [String: String] = [:]
    /// Whether an output that is one block between fences counts as the block's content; default true.
    public var stripFence: Bool = true

    /// Takes the defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case schemas
      case stripFence = "strip_fence"
    }
  }
}

/// Drops outputs that are not the JSON that their app declares.
///
/// **Reasons** (drop)
/// - `not-json`: the app has a schema, and the output is no JSON document: RFC 8259, with integers of at most
///   64 bits and at most 1,024 levels;
/// - `schema`: it is one and does not fit the app's schema, or judging it would take more than
///   ``JSONSchema/stepsPerByte`` steps a byte.
///
/// Which drafts and keywords are taken stands with ``JSONSchema``. Apps without a schema are not judged, and
/// neither are outputs that call tools and have no text. With ``stripFence`` an output that is one block
/// between fences (```` ```json ````) counts as its content. The finding names no place: the bytes may hold
/// anything, and the schema says what was expected.
public struct OutputFormatRule: Rule {
  /// The rule's name.
  public static let name = "output-format"
  /// The rule's version.
  public static let version = 1
  /// The rule's reason codes.
  public static let reasons = ["not-json", "schema"]

  /// Whether an output that is one block between fences counts as its content; default true.
  public let stripFence: Bool
  private let schemas: [[UInt8]: JSONSchema]

  /// Makes the rule.
  /// - Parameters:
  ///   - schemas: the schema of each app whose outputs are judged; default none.
  ///   - stripFence: whether an output that is one block between fences counts as its content; default true.
  public init(schemas: [String: JSONSchema] = [:], stripFence: Bool = true) {
    self.stripFence = stripFence
    self.schemas = Dictionary(uniqueKeysWithValues: schemas.map { (Array($0.key.utf8), $0.value) })
  }

  /// Reports an output that is not what its app declares.
  public func examine(_ record: RecordView, _ report: (Finding) -> Void) {
    guard !schemas.isEmpty, let app = record.app, let schema = schemas[Array(app)] else { return }
    var body = ASCIIText.trimmed(record.output)
    if body.isEmpty, record.hasToolCalls { return }
    if stripFence { body = Self.withoutFence(body) }
    func drop(_ reason: String) {
      report(Finding(rule: Self.name, reason: reason, effect: .drop, part: "output"))
    }
    do {
      let verdict = try JSONParser(maximumLength: max(body.count, 1 << 16)).parse(body) {
        schema.validate($0, byteCount: body.count)
      }
      if verdict != .valid { drop("schema") }
    } catch {
      drop("not-json")
    }
  }

  /// The content of a text that is one block between fences of backquotes; the text itself if it is not.
  private static func withoutFence(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var ticks = 0
    while ticks < text.count, text[ticks] == 0x60 { ticks += 1 }
    guard ticks >= 3, let line = ASCIIText.find("\n", rare: 0, in: text) else { return text }
    var end = text.count
    while end > line, text[end - 1] == 0x60 { end -= 1 }
    guard text.count - end >= ticks, end > line, text[end - 1] == 0x0A else { return text }
    // What stands behind the opening fence is the language's name.
    for place in ticks..<line where text[place] == 0x60 { return text }
    return ASCIIText.trimmed(UnsafeRawBufferPointer(rebasing: text[line..<end]))
  }
}
