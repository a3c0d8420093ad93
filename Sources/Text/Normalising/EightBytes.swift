/// Eight bytes of a text at a time, the first in the lowest byte, and what they are.
///
/// What tells of each byte is its top bit in a word of eight, so that ``first(of:)`` is the place of the first.
@frozen public struct EightBytes: Sendable {
  /// The top bit of each byte.
  public static let tops: UInt64 = 0x8080_8080_8080_8080
  @usableFromInline static let ones: UInt64 = 0x0101_0101_0101_0101

  /// The bytes.
  public let value: UInt64

  /// Takes eight bytes.
  @inlinable
  init(value: UInt64) { self.value = value }

  /// Reads eight bytes from `place` on, with zeros behind `end`.
  /// - Parameters:
  ///   - base: where the text begins.
  ///   - place: the offset of the first.
  ///   - end: the length of the text; nothing behind it is read.
  @inlinable
  @inline(__always)
  public init(_ base: UnsafeRawPointer, at place: Int, end: Int) {
    let left = end &- place
    if left >= 8 {
      value = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    } else {
      value = Self.last(base, place, end, left)
    }
  }

  @inlinable
  static func last(_ base: UnsafeRawPointer, _ place: Int, _ end: Int, _ left: Int) -> UInt64 {
    if left <= 0 { return 0 }
    if end >= 8 {
      let whole = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self))
      return whole >> UInt64(64 - 8 * left)
    }
    var value: UInt64 = 0
    for index in 0..<left {
      value |= UInt64(base.load(fromByteOffset: place + index, as: UInt8.self)) << UInt64(8 * index)
    }
    return value
  }

  /// Marks for the bytes from the `left`-th on, none if `left` is 8 or more: those that lie behind a text's end.
  @inlinable
  @inline(__always)
  public static func behind(_ left: Int) -> UInt64 {
    left >= 8 ? 0 : tops << UInt64(truncatingIfNeeded: 8 &* max(left, 0))
  }

  /// Bytes before the first that is marked, 8 if none is.
  @inlinable
  @inline(__always)
  public static func first(of marks: UInt64) -> Int { marks.trailingZeroBitCount >> 3 }

  /// Marks for ASCII letters.
  @inlinable
  @inline(__always)
  public var letters: UInt64 {
    // Seven bits a byte, so that no sum carries into its neighbour.
    let small = value & ~Self.tops | Self.ones &* 0x20
    return (small &+ Self.ones &* (0x80 - 0x61)) & ~(small &+ Self.ones &* (0x80 - 0x7B)) & ~value & Self.tops
  }

  /// ASCII letters before the first other byte, 0 to 8.
  @inlinable
  @inline(__always)
  public var letterCount: Int { Self.first(of: ~letters & Self.tops) }

  /// Marks for ASCII white space: tab, line feed, vertical tab, form feed, carriage return, space.
  @inlinable
  @inline(__always)
  public var spaces: UInt64 {
    let low = value & ~Self.tops
    let controls = (low &+ Self.ones &* (0x80 - 0x09)) & ~(low &+ Self.ones &* (0x80 - 0x0E))
    return (controls & ~value | equal(to: 0x20)) & Self.tops
  }

  /// Marks for the bytes that are `byte`.
  @inlinable
  @inline(__always)
  public func equal(to byte: UInt8) -> UInt64 {
    let other = value ^ Self.ones &* UInt64(byte)
    return ~((other & ~Self.tops) &+ ~Self.tops | other) & Self.tops
  }

  /// Whether no byte is below U+0040 but for spaces: letters, a few signs, and all beyond ASCII.
  @inlinable
  @inline(__always)
  public var areLettersOrSpaces: Bool {
    let high = ((value & ~Self.tops) &+ Self.ones &* 0x40) | value
    return (high | equal(to: 0x20)) & Self.tops == Self.tops
  }

  /// Marks for ASCII letters and digits.
  @inline(__always)
  private var inWord: UInt64 {
    let low = value & ~Self.tops
    let digits = (low &+ Self.ones &* (0x80 - 0x30)) & ~(low &+ Self.ones &* (0x80 - 0x3A))
    return letters | digits & ~value & Self.tops
  }

  /// Letters and digits before the first other byte, 0 to 8.
  @inline(__always)
  var wordLength: Int { Self.first(of: ~inWord & Self.tops) }

  /// Whether the first `count` bytes, 1 to 8, are ASCII.
  @inline(__always)
  func areASCII(_ count: Int) -> Bool { value & Self.tops & Self.mask(count) == 0 }

  /// The first `count` bytes, 1 to 8, and zeros.
  @inlinable
  @inline(__always)
  public func leading(_ count: Int) -> UInt64 { value & Self.mask(count) }

  /// The first `count` bytes, 1 to 8, in lower case, and zeros; they are letters and digits.
  @inline(__always)
  func lowered(_ count: Int) -> UInt64 {
    // A digit has the bit already that makes a letter small.
    small & Self.mask(count)
  }

  /// The bytes with the bit that makes an ASCII letter small.
  @inline(__always)
  var small: UInt64 { value | Self.ones &* 0x20 }

  /// Ones in the first `count` bytes, 1 to 8.
  @inlinable
  @inline(__always)
  static func mask(_ count: Int) -> UInt64 {
    UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- 8 &* count)
  }
}
