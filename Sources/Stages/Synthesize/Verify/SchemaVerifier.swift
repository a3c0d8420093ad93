import Text

/// Whether an output is JSON that fits a schema.
///
/// The whole output is the value; one Markdown fence around it is taken off. A schema says with
/// ``Text/JSONSchema`` what it may hold, and validating is bounded whatever the output is.
///
/// | code | of |
/// | --- | --- |
/// | `json` | an output that is no JSON, is longer than 16 MiB, or has more around it than one fence |
/// | `schema-KEYWORD` | the keyword that failed first, such as `schema-required` |
/// | `schema-cost` | a value that a recursive schema cannot judge within its bounds |
public struct SchemaVerifier: OutputVerifier {
  /// `schema`.
  public let name = "schema"
  private let schema: JSONSchema

  /// The longest output in bytes: 16 MiB, as for every document that is parsed.
  private static let most = 16 << 20

  /// Verifies with a schema.
  /// - Parameter schema: the schema in JSON.
  /// - Throws: `JSONSchemaFault` or `JSONFault` for a text that is no schema.
  public init(schema: [UInt8]) throws { self.schema = try JSONSchema(schema) }

  /// Verifies an output; always applicable.
  public func verify(_ output: VerifiedOutput) async throws -> Verification {
    let bytes = Array(Self.value(of: output.output).utf8)
    guard bytes.count <= Self.most, let document = try? JSONDocument(bytes) else { return .failed("json") }
    switch document.read({ schema.validate($0, byteCount: bytes.count) }) {
    case .valid: return .passed
    case .invalid(let keyword): return .failed("schema-\(keyword)")
    case .tooCostly: return .failed("schema-cost")
    }
  }

  private static func value(of output: String) -> String {
    guard let mark = output.first(where: { !$0.isWhitespace }), mark == "`" || mark == "~" else {
      return output
    }
    let blocks = FencedBlock.all(in: output)
    guard blocks.count == 1, let only = blocks.first, only.isAlone else { return output }
    return only.text
  }
}
