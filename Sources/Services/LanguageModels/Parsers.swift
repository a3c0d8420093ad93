import Synchronization
import Text

/// JSON parsers that are kept for the next answer, since making one costs more than most answers' parsing.
final class Parsers: Sendable {
  private struct Kept: @unchecked Sendable {  // taken out of the list while it is used
    let parser: JSONParser
  }

  /// Bytes of a document that a kept parser takes.
  private static let length = 256 << 10
  /// Parsers kept at most: as many as tasks run at once on most machines.
  private static let most = 16

  private let kept = Mutex<[Kept]>([])

  /// Parses bytes, and hands the value to `body`.
  /// - Throws: ``JSONFault``, or what `body` throws.
  func parse<Result>(_ bytes: [UInt8], _ body: (JSONValue) throws -> Result) throws -> Result {
    guard bytes.count <= Self.length else {
      return try JSONParser(maximumLength: bytes.count).parse(array: bytes, body)
    }
    let one = kept.withLock { $0.popLast() } ?? Kept(parser: JSONParser(maximumLength: Self.length))
    defer { kept.withLock { if $0.count < Self.most { $0.append(one) } } }
    return try one.parser.parse(array: bytes, body)
  }
}

/// Compiled schemas, since judges ask with the same few for every record.
final class Schemas: Sendable {
  /// Schemas kept at most; then all are compiled anew.
  private static let most = 64

  private let kept = Mutex<[[UInt8]: JSONSchema]>([:])

  /// Compiles a schema, or finds it.
  /// - Throws: ``JSONSchemaFault`` or ``JSONFault``.
  func compiled(_ text: [UInt8]) throws -> JSONSchema {
    if let schema = kept.withLock({ $0[text] }) { return schema }
    let schema = try JSONSchema(text)
    kept.withLock { kept in
      if kept.count >= Self.most { kept.removeAll() }
      kept[text] = schema
    }
    return schema
  }
}
