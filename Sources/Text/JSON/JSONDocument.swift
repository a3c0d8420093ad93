import Bytes

/// A parsed JSON document that goes from hand to hand: parsed once by one task, read by another.
///
/// Its strings are the parser's own, so that the text it was parsed of may go.
public final class JSONDocument: @unchecked Sendable {  // read only; the parser holds what is read
  /// The bytes that were parsed.
  public let byteCount: Int
  private let parser: JSONParser
  private let root: JSONValue

  /// Parses a document.
  /// - Parameter bytes: the text; it is parsed where it is if it has room for ``JSONParser/padding`` bytes more.
  /// - Throws: ``JSONFault``.
  public init(_ bytes: [UInt8]) throws {
    parser = JSONParser(maximumLength: max(bytes.count, 1 << 16))
    byteCount = bytes.count
    root = try parser.parse(array: bytes) { (value: JSONValue) -> JSONValue in value }
  }

  /// Hands out the value, which is valid inside `body` only.
  public func read<Result>(_ body: (JSONValue) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(self) { try body(root) }
  }
}
