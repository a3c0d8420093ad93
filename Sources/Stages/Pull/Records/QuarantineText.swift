import Bytes
import Text

/// The text of a line that could not be read, as quarantine keeps it: without the personal data that can be told.
///
/// Escapes of plain characters are resolved first, so that `\u0040` hides no address and `\n` joins no word to a
/// number; bytes that are not UTF-8 become U+FFFD; the value of the mapping's user field, whatever its type, becomes
/// `[USER]`; then comes the same redaction as on records. Only the first 64 KiB are kept.
struct QuarantineText {
  /// What is kept of a line at most, in bytes.
  static let limit = 64 << 10
  /// How far behind the limit a line is looked at, in bytes, so that no cut leaves half of an address or a key.
  static let ahead = 4 << 10

  private let userKeys: [[UInt8]]
  private let redactor: Redactor

  init(source: SourceDefinition) {
    let rules = [source.interactions?.user, source.feedback?.user, source.tree?.user].compactMap(\.self)
    let mapped = rules.flatMap { $0.paths.map { $0.last } }
    userKeys = (source.kind.traits.isMapped ? mapped : source.kind.traits.userKeys).map { Array($0.utf8) }
    redactor = Redactor(scanner: PersonalDataScanner(kinds: source.redactedKinds))
  }

  func text(of line: UnsafeRawBufferPointer) -> String {
    let seen = line.prefix(Self.limit + Self.ahead)
    let valid = Array(String(decoding: UnsafeRawBufferPointer(rebasing: seen), as: UTF8.self).utf8)
    let text = Self.masked(Self.resolved(valid), keys: userKeys)
    redactor.begin()
    return text.withUnsafeBytes { bytes in
      let clean = redactor.redacted(bytes)
      // Where the line goes on, the last of what was seen may be half of something.
      var end = min(Self.limit, seen.count < line.count ? max(0, clean.count - Self.ahead) : clean.count)
      while end > 0, end < clean.count, clean[end] & 0xC0 == 0x80 { end -= 1 }
      return String(decoding: clean[..<end], as: UTF8.self)
    }
  }

  /// Resolves `\u0020` to `\u007e`, except quote and backslash, whose escapes mean something in JSON, at any depth of
  /// quoting; `\/`; and the escapes of white space.
  private static func resolved(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      guard text[index] == 0x5C else {
        result.append(text[index])
        index += 1
        continue
      }
      var next = index
      while next < text.count, text[next] == 0x5C { next += 1 }
      let slashes = next - index
      let character = next < text.count ? text[next] : 0
      if let code = plain(text, at: next) {
        result.append(code)
        index = next + 5
      } else if character == 0x2F {
        result.append(character)
        index = next + 1
      } else if !slashes.isMultiple(of: 2), let space = spaces[character] {
        result += text[index..<next - 1] + [space]
        index = next + 1
      } else {
        // An odd number escapes what follows, which a quote needs to be known by.
        let end = min(text.count, slashes.isMultiple(of: 2) ? next : next + 1)
        result += text[index..<end]
        index = end
      }
    }
    return result
  }

  private static let spaces: [UInt8: UInt8] = [0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09]

  /// The plain character that `u0020` to `u007e` at `index` means.
  private static func plain(_ text: [UInt8], at index: Int) -> UInt8? {
    guard index + 4 < text.count, text[index] == 0x75, text[index + 1] == 0x30, text[index + 2] == 0x30,
      let code = Hex.decode(String(decoding: text[index + 3...index + 4], as: UTF8.self))?.first,
      (0x20...0x7E).contains(code), code != 0x22, code != 0x5C
    else { return nil }
    return code
  }

  /// Replaces the value behind `"key":` by a mark, wherever one of the keys stands.
  private static func masked(_ text: [UInt8], keys: [[UInt8]]) -> [UInt8] {
    guard !keys.isEmpty else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == 0x22, let value = keys.lazy.compactMap({ valueStart(text, key: $0, at: index) }).first
      {
        result += text[index..<value] + Array("\"[USER]\"".utf8)
        index = valueEnd(text, from: value)
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  /// Where the value begins if the quoted key and a colon stand at `index`.
  private static func valueStart(_ text: [UInt8], key: [UInt8], at index: Int) -> Int? {
    let end = index + 1 + key.count
    guard end < text.count, text[end] == 0x22, text[(index + 1)..<end].elementsEqual(key) else { return nil }
    let colon = skipSpace(text, from: end + 1)
    guard colon < text.count, text[colon] == 0x3A else { return nil }
    return skipSpace(text, from: colon + 1)
  }

  private static func skipSpace(_ text: [UInt8], from index: Int) -> Int {
    var index = index
    while index < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[index]) { index += 1 }
    return index
  }

  /// Where a value ends: a string at its quote, an object or array at its bracket, anything else before what can
  /// follow it; the end of the text where that is missing.
  private static func valueEnd(_ text: [UInt8], from start: Int) -> Int {
    var index = start
    var depth = 0
    var isQuoted = false
    while index < text.count {
      let byte = text[index]
      if isQuoted {
        if byte == 0x5C { index += 1 }
        if byte == 0x22 { isQuoted = false }
      } else {
        switch byte {
        case 0x22: isQuoted = true
        case 0x5B, 0x7B: depth += 1
        case 0x5D where depth > 0, 0x7D where depth > 0: depth -= 1
        case 0x2C, 0x5D, 0x7D: if depth == 0 { return index }
        default: break
        }
      }
      index += 1
      if depth == 0, !isQuoted, byte == 0x22 || byte == 0x5D || byte == 0x7D { return min(index, text.count) }
    }
    return text.count
  }
}
