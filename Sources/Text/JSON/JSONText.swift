import Bytes
import Foundation

/// The members of an object in canonical order.
public enum CanonicalOrder {
  /// The members sorted by the UTF-16 code units of their keys (RFC 8785, 3.2.3), of equal keys the last.
  public static func members(of value: JSONValue) -> [(key: UnsafeRawBufferPointer, value: JSONValue)] {
    var list = value.members
    var sorted = true
    for index in list.indices.dropFirst() where !precedes(list[index - 1].key, list[index].key) {
      sorted = false
      break
    }
    if sorted { return list }
    // A stable order of equal keys, so that the last of them is the one that stays.
    let order = list.indices.sorted { left, right in
      if precedes(list[left].key, list[right].key) { return true }
      if precedes(list[right].key, list[left].key) { return false }
      return left < right
    }
    list = order.map { list[$0] }
    var result: [(key: UnsafeRawBufferPointer, value: JSONValue)] = []
    for member in list {
      if let last = result.last, RawBytes.equal(last.key, member.key) { result.removeLast() }
      result.append(member)
    }
    return result
  }

  /// Whether a key comes before another in canonical order.
  public static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf16.lexicographicallyPrecedes(right.utf16)
  }

  /// Whether `left` comes before `right` by UTF-16 code units.
  ///
  /// That is byte order, except that characters beyond the basic plane (lead byte 0xF0 and up), whose
  /// surrogates begin at 0xD800, come before U+E000 to U+FFFF (lead bytes 0xEE and 0xEF).
  static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    let shared = min(left.count, right.count)
    for index in 0..<shared {
      let (a, b) = (left[index], right[index])
      if a == b { continue }
      if a >= 0xEE && b >= 0xEE && (a >= 0xF0) != (b >= 0xF0) { return a >= 0xF0 }
      return a < b
    }
    return left.count < right.count
  }
}

/// Comparisons of raw bytes.
public enum RawBytes {
  /// Whether both runs hold the same bytes.
  @inlinable
  @inline(__always)
  public static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let first = left.baseAddress, let second = right.baseAddress else { return true }
    return memcmp(first, second, left.count) == 0
  }
}

/// The text of JSON strings and numbers.
public enum JSONText {
  /// Appends a string in quotes with RFC 8785's escapes: `\"`, `\\`, `\b \t \n \f \r`, other control
  /// characters as `\u00xx`, everything else as it is.
  ///
  /// Eight bytes are looked at in one step.
  public static func appendQuoted(_ text: UnsafeRawBufferPointer, to out: ByteBuffer) {
    out.append(0x22)
    guard let start = text.baseAddress else {
      out.append(0x22)
      return
    }
    var clean = 0
    var place = 0
    let count = text.count
    while place < count {
      if place + 8 <= count {
        let word = (start + place).loadUnaligned(as: UInt64.self)
        if !hasSpecial(word) {
          place += 8
          continue
        }
      }
      let byte = text[place]
      if byte >= 0x20 && byte != 0x22 && byte != 0x5C {
        place += 1
        continue
      }
      out.append(UnsafeRawBufferPointer(rebasing: text[clean..<place]))
      appendEscape(byte, to: out)
      place += 1
      clean = place
    }
    out.append(UnsafeRawBufferPointer(rebasing: text[clean..<count]))
    out.append(0x22)
  }

  /// Whether one of eight bytes is a control character, a quote or a backslash: the classic zero-byte test on
  /// each of the three, which may only err on bytes of 0x80 and up, never miss one.
  @inline(__always)
  private static func hasSpecial(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    let control = (word &- ones &* 0x20) & ~word
    let quote = word ^ (ones &* 0x22)
    let slash = word ^ (ones &* 0x5C)
    return (control | ((quote &- ones) & ~quote) | ((slash &- ones) & ~slash)) & tops != 0
  }

  private static func appendEscape(_ byte: UInt8, to out: ByteBuffer) {
    switch byte {
    case 0x22: out.append("\\\"")
    case 0x5C: out.append("\\\\")
    case 0x08: out.append("\\b")
    case 0x09: out.append("\\t")
    case 0x0A: out.append("\\n")
    case 0x0C: out.append("\\f")
    case 0x0D: out.append("\\r")
    default:
      out.append("\\u00")
      for digit in [byte >> 4, byte & 15] { out.append(digit < 10 ? 48 + digit : 87 + digit) }
    }
  }

  /// Appends a number as ECMAScript's `Number::toString` writes it (RFC 8785, 3.2.2.3): Swift's shortest digits,
  /// laid out plainly from 1e-6 up to 1e21 and with an exponent outside.
  public static func appendNumber(_ value: Double, to out: ByteBuffer) {
    guard value.isFinite else {
      out.append("null")
      return
    }
    if value == 0 {
      out.append(0x30)
      return
    }
    if value == value.rounded(), abs(value) < 9_007_199_254_740_992 {
      out.append(decimal: Int64(value))
      return
    }
    var digits: [UInt8] = []
    var exponent = 0
    var pointAt: Int?
    var text = Array(abs(value).description.utf8)
    if let e = text.firstIndex(of: 0x65) {
      exponent = Int(String(decoding: text[(e + 1)...], as: UTF8.self)) ?? 0
      text.removeSubrange(e...)
    }
    for byte in text {
      if byte == 0x2E { pointAt = digits.count } else { digits.append(byte) }
    }
    // The value is 0.d1d2d3… times ten to the power of `scale`.
    var scale = (pointAt ?? digits.count) + exponent
    while digits.first == 0x30 {
      digits.removeFirst()
      scale -= 1
    }
    while digits.last == 0x30 { digits.removeLast() }
    if value < 0 { out.append(0x2D) }
    if digits.count <= scale && scale <= 21 {
      out.append(digits + Array(repeating: 0x30, count: scale - digits.count))
    } else if 0 < scale && scale <= 21 {
      out.append(digits[..<scale] + [0x2E] + digits[scale...])
    } else if -6 < scale && scale <= 0 {
      out.append([0x30, 0x2E] + Array(repeating: 0x30, count: -scale) + digits)
    } else {
      out.append(digits.count == 1 ? digits : [digits[0], 0x2E] + digits[1...])
      out.append(scale > 0 ? "e+" : "e-")
      out.append(decimal: Int64(abs(scale - 1)))
    }
  }
}
