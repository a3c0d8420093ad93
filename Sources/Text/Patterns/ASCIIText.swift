import Glibc

/// Small looks at bytes of texts, in which only ASCII is told apart.
public enum ASCIIText {
  /// Whether a byte is white space: tab to carriage return, or a space.
  @inlinable @inline(__always)
  public static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 0x09 < 5 }

  /// A letter in lower case; every other byte as it is.
  @inlinable @inline(__always)
  public static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  /// The text without ASCII white space at its ends.
  @inlinable public static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = text.count
    while start < end, isSpace(text[start]) { start += 1 }
    while end > start, isSpace(text[end - 1]) { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: text[start..<end])
  }

  /// Whether `literal`, in lower case, stands at `place` in either case.
  @inlinable public static func has(_ literal: StaticString, in text: UnsafeRawBufferPointer, at place: Int)
    -> Bool
  {
    let length = literal.utf8CodeUnitCount
    guard place >= 0, place + length <= text.count else { return false }
    let bytes = literal.utf8Start
    for index in 0..<length where lowered(text[place + index]) != bytes[index] { return false }
    return true
  }

  /// Whether the text is one of the literals, which are in lower case, in either case.
  @inlinable public static func isOne(of literals: [StaticString], _ text: UnsafeRawBufferPointer) -> Bool {
    literals.contains { $0.utf8CodeUnitCount == text.count && has($0, in: text, at: 0) }
  }

  /// Where `literal`, in lower case, stands first in either case.
  ///
  /// It is found by its byte at `rare`, which must be no letter and should be rare in texts.
  public static func find(_ literal: StaticString, rare: Int, in text: UnsafeRawBufferPointer) -> Int? {
    guard let base = text.baseAddress, text.count >= literal.utf8CodeUnitCount else { return nil }
    let byte = Int32(literal.utf8Start[rare])
    var place = rare
    while place < text.count, let hit = memchr(base + place, byte, text.count - place) {
      let at = UnsafeRawPointer(hit) - base
      if has(literal, in: text, at: at - rare) { return at - rare }
      place = at + 1
    }
    return nil
  }

  /// Where `literal`, in lower case, stands first in either case.
  ///
  /// It is found by its first byte, so it may begin with a letter; ``find(_:rare:in:)`` is faster where it
  /// has a rare byte.
  @inlinable public static func find(_ literal: StaticString, in text: UnsafeRawBufferPointer) -> Int? {
    let (first, second) = (literal.utf8Start[0], literal.utf8Start[1])
    var place = 0
    let last = text.count - literal.utf8CodeUnitCount
    while place <= last {
      if lowered(text[place]) == first, lowered(text[place + 1]) == second, has(literal, in: text, at: place)
      {
        return place
      }
      place += 1
    }
    return nil
  }

  /// Whether one of the literals, in lower case, stands at `place` in either case.
  @inlinable public static func hasAny(
    of literals: [StaticString], in text: UnsafeRawBufferPointer, at place: Int
  ) -> Bool {
    literals.contains { has($0, in: text, at: place) }
  }

  /// Whether one of the literals, in lower case, is anywhere in the text in either case.
  @inlinable public static func containsAny(of literals: [StaticString], _ text: UnsafeRawBufferPointer)
    -> Bool
  {
    literals.contains { find($0, in: text) != nil }
  }
}
