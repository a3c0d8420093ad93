import CRE2

/// A regular expression of a schema, matched in time linear in the text whatever the expression.
final class SchemaPattern: @unchecked Sendable {  // RE2 searches with a compiled pattern from several threads
  private let pattern: OpaquePointer

  /// The most memory of one compiled expression and its states: RE2's own default.
  private static let memory: Int64 = 8 << 20

  /// Compiles an expression of ECMA 262, the dialect of JSON Schema; nil if RE2 cannot match it (look-around,
  /// back-references, more than 1,000 repeats).
  init?(_ expression: UnsafeRawBufferPointer) {
    let translated = Self.translated(expression)
    let made = translated.withUnsafeBytes { bytes in
      cre2_pattern_create(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, Self.memory)
    }
    guard let made else { return nil }
    pattern = made
  }

  deinit { cre2_pattern_destroy(pattern) }

  /// Whether the expression matches somewhere in the text.
  func matches(_ text: UnsafeRawBufferPointer) -> Bool {
    cre2_pattern_matches(pattern, text.baseAddress?.assumingMemoryBound(to: UInt8.self), text.count) == 1
  }

  /// ECMA 262's escapes in RE2's syntax: `\uXXXX`, `\cX`, `\s` with Unicode's spaces, `(?<name>…)`, `[^]`.
  private static func translated(_ expression: UnsafeRawBufferPointer) -> [UInt8] {
    let spaces = #"\t-\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}"#
    var result: [UInt8] = []
    var place = 0
    var inClass = false
    func at(_ index: Int) -> UInt8 { index < expression.count ? expression[index] : 0 }
    func isHex(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6 }
    while place < expression.count {
      let byte = expression[place]
      let next = at(place + 1)
      switch byte {
      case 0x5C:
        if next == 0x75, (2..<6).allSatisfy({ isHex(at(place + $0)) }) {
          result += Array("\\x{".utf8) + expression[(place + 2)..<(place + 6)] + [0x7D]
          place += 6
        } else if next == 0x63, (at(place + 2) | 0x20) &- 0x61 < 26 {
          let hex = String(at(place + 2) & 0x1F, radix: 16)
          result += Array("\\x{\(hex)}".utf8)
          place += 3
        } else if next == 0x73 || next == 0x53 && !inClass {
          result += Array((inClass ? spaces : next == 0x73 ? "[\(spaces)]" : "[^\(spaces)]").utf8)
          place += 2
        } else {
          result += [byte] + (place + 1 < expression.count ? [next] : [])
          place += 2
        }
        continue
      case 0x5B where !inClass:
        if next == 0x5E, at(place + 2) == 0x5D {
          result += Array(#"(?s:.)"#.utf8)
          place += 3
          continue
        }
        inClass = true
      case 0x5D: inClass = false
      case 0x28 where !inClass && next == 0x3F && at(place + 2) == 0x3C:
        if at(place + 3) != 0x3D, at(place + 3) != 0x21 {
          result += Array("(?P<".utf8)
          place += 3
          continue
        }
      default: break
      }
      result.append(byte)
      place += 1
    }
    return result
  }
}
