import Bytes
import CSimdjson

/// Why a run of bytes is not a JSON document that flywheel takes.
///
/// The raw value is the reason code that quarantine stores, so it never changes.
public enum JSONFault: String, Error, Sendable, CaseIterable {
  /// The bytes are not UTF-8.
  case invalidUTF8 = "invalid-utf8"
  /// Brackets nest more than 1,024 deep, simdjson's limit.
  case tooDeep = "too-deep"
  /// The document is longer than the parser was made for.
  case tooLong = "too-long"
  /// A string holds an unpaired surrogate, a bad escape or a raw control character.
  case badString = "bad-string"
  /// A number is malformed or outside 64 bits.
  case badNumber = "bad-number"
  /// The document stops in its middle.
  case cutShort = "cut-short"
  /// Nothing but white space.
  case empty
  /// Anything else that the grammar does not allow.
  case malformed
  /// Memory ran out.
  case outOfMemory = "out-of-memory"
}

/// Parses JSON documents, one at a time, into a ``JSONValue``.
///
/// What it takes is RFC 8259, with three rules stated: of equal keys in an object the last one counts, as in
/// Python and JavaScript; integers outside 64 bits are refused; nesting ends at 1,024.
public final class JSONParser {
  /// Bytes that must be readable behind every document.
  public static let padding = Int(csimdjson_padding())

  private let parser: OpaquePointer
  private let scratch = ByteBuffer()

  /// Makes a parser.
  /// - Parameter maximumLength: the longest document in bytes; default 16 MiB.
  public init(maximumLength: Int = 16 << 20) {
    guard let parser = csimdjson_parser_create(maximumLength) else {
      fatalError("out of memory for a parser")
    }
    self.parser = parser
  }

  deinit { csimdjson_parser_destroy(parser) }

  /// Parses a document after which ``padding`` bytes are readable, and hands the value to `body`.
  ///
  /// The value and everything reached from it is valid inside `body` only.
  /// - Throws: ``JSONFault``, or what `body` throws.
  public func parse<Result>(padded document: UnsafeRawBufferPointer, _ body: (JSONValue) throws -> Result)
    throws
    -> Result
  {
    guard let start = document.baseAddress, !document.isEmpty else { throw JSONFault.empty }
    var tape: UnsafePointer<UInt64>?
    var strings: UnsafePointer<UInt8>?
    let code = csimdjson_parse(
      parser, start.assumingMemoryBound(to: UInt8.self), document.count, &tape, &strings)
    guard code == 0, let tape, let strings else { throw Self.fault(code) }
    return try body(JSONValue(tape: tape, strings: strings, index: 1))
  }

  /// Parses any run of bytes, by way of a copy.
  public func parse<Result>(_ document: UnsafeRawBufferPointer, _ body: (JSONValue) throws -> Result) throws
    -> Result
  {
    scratch.removeAll()
    scratch.append(document)
    scratch.reserve(Self.padding)
    return try parse(padded: scratch.view, body)
  }

  /// Parses the bytes of an array: where they are if the array has room for ``padding`` bytes more, else by way of a
  /// copy.
  ///
  /// What stands in the room does not matter; it must only be memory.
  public func parse<Result>(array: [UInt8], _ body: (JSONValue) throws -> Result) throws -> Result {
    try array.withUnsafeBytes { bytes in
      try array.capacity - array.count >= Self.padding ? parse(padded: bytes, body) : parse(bytes, body)
    }
  }

  /// Parses a string, by way of a copy.
  public func parse<Result>(_ document: String, _ body: (JSONValue) throws -> Result) throws -> Result {
    scratch.removeAll()
    scratch.append(string: document)
    scratch.reserve(Self.padding)
    return try parse(padded: scratch.view, body)
  }

  /// simdjson's codes by their number in `enum error_code` of simdjson 3.0.
  private static func fault(_ code: Int32) -> JSONFault {
    switch code {
    case 1: .tooLong
    case 2: .outOfMemory
    case 4: .tooDeep
    case 5, 13: .badString
    case 9, 17: .badNumber
    case 10: .invalidUTF8
    case 12: .empty
    case 14, 27: .cutShort
    default: .malformed
    }
  }
}
