import Bytes
import Foundation
import Text

/// The text of a line that could not be read, as quarantine keeps it: without the personal data that can be told.
///
/// Escapes of plain characters are resolved first, so that `\u0040` hides no address; bytes that are not UTF-8
/// become U+FFFD; the value of the mapping's user field becomes `[USER]`; then comes the same redaction as on
/// records. Only the first 64 KiB are kept.
struct QuarantineText {
  /// What is kept of a line at most, in bytes.
  static let limit = 64 << 10

  private let userKeys: [String]
  private let redactor: Redactor

  init(source: SourceDefinition) {
    let rules = [source.interactions?.user, source.feedback?.user].compactMap(\.self)
    userKeys = rules.flatMap { $0.paths.compactMap(\.components.last) }
    redactor = Redactor(scanner: PersonalDataScanner(kinds: source.redactedKinds))
  }

  func text(of line: UnsafeRawBufferPointer) -> String {
    let start = UnsafeRawBufferPointer(rebasing: line.prefix(Self.limit))
    var text = Self.resolved(String(decoding: start, as: UTF8.self))
    for key in userKeys { text = Self.masked(text, key: key) }
    redactor.begin()
    return text.withUTF8 { String(decoding: redactor.redacted(UnsafeRawBufferPointer($0)), as: UTF8.self) }
  }

  /// Resolves `\u0020` to `\u007e`, except quote and backslash, whose escapes mean something in JSON.
  private static func resolved(_ text: String) -> String {
    guard text.contains("\\u00") else { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == 0x5C, index + 5 < bytes.count, bytes[index + 1] == 0x75,
        let code = UInt16(String(decoding: bytes[index + 2...index + 5], as: UTF8.self), radix: 16),
        (0x20...0x7E).contains(code), code != 0x22, code != 0x5C
      {
        result.append(UInt8(code))
        index += 6
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Replaces the value behind `"key":` by a mark, wherever the key stands.
  private static func masked(_ text: String, key: String) -> String {
    let marker = "\"\(key)\""
    guard text.contains(marker) else { return text }
    var result = ""
    var rest = Substring(text)
    while let found = rest.range(of: marker) {
      result += rest[..<found.upperBound]
      rest = rest[found.upperBound...]
      let afterSpace = rest.drop { $0 == " " || $0 == "\t" }
      guard afterSpace.first == ":" else { continue }
      let value = afterSpace.dropFirst().drop { $0 == " " || $0 == "\t" }
      let end: Substring.Index
      if value.first == "\"" {
        end = value.dropFirst().firstIndex(of: "\"").map { value.index(after: $0) } ?? value.endIndex
      } else {
        end = value.firstIndex { $0 == "," || $0 == "}" || $0 == "]" } ?? value.endIndex
      }
      result += ":\"[USER]\""
      rest = value[end...]
    }
    return result + rest
  }
}
