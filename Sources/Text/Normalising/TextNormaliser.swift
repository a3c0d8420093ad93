import Bytes
import CTextVectors

/// The form of a text by which exact duplicates are found.
///
/// ASCII letters in lower case; every run of white space becomes one space, and none is left at either end.
/// White space is that of ASCII (tab, line feed, vertical tab, form feed, carriage return, space), the
/// no-break space U+00A0, the zero-width space U+200B and the byte order mark U+FEFF. All other bytes stay,
/// valid or not.
public enum TextNormaliser {
  /// Counts up when the form changes, since stored hashes depend on it.
  public static let version = 1

  /// Appends the normal form of `text`.
  /// - Parameters:
  ///   - text: UTF-8.
  ///   - out: where the form goes, behind what is there.
  public static func append(_ text: UnsafeRawBufferPointer, to out: ByteBuffer) {
    guard let start = text.baseAddress, !text.isEmpty else { return }
    // The form is never longer than the text, so one reservation lets the loop write without a check.
    out.reserve(text.count)
    let source = start.assumingMemoryBound(to: UInt8.self)
    let target = (out.base + out.count).assumingMemoryBound(to: UInt8.self)
    let count = text.count
    var read = 0
    var written = 0
    var spaced = true
    while read < count {
      if count - read >= 32 {
        var isSpaced: Int32 = spaced ? 1 : 0
        let copied = ctext_normalise(source + read, count - read, target + written, &isSpaced)
        read += copied
        written += copied
        spaced = isSpaced != 0
        if count - read < 32 { continue }
      } else if read + 8 <= count {
        let word = UnsafeRawPointer(source + read).loadUnaligned(as: UInt64.self)
        if let spaces = singleSpaces(word, spaced) {
          UnsafeMutableRawPointer(target + written).storeBytes(of: lowered(word), as: UInt64.self)
          read += 8
          written += 8
          spaced = spaces >> 63 != 0
          continue
        }
      }
      // What stopped it, one by one: white space behind white space, and bytes beyond ASCII.
      repeat {
        let byte = source[read]
        let width = spaceWidth(source, read, count, byte)
        if width > 0 {
          read += width
          if !spaced {
            target[written] = 0x20
            written += 1
            spaced = true
          }
        } else {
          target[written] = byte.asciiLowered
          written += 1
          read += 1
          spaced = false
        }
      } while read < count && (source[read] >= 0x80 || spaced && source[read].isSpace)
    }
    if spaced, written > 0 { written -= 1 }
    out.advance(by: written)
  }

  private static let tops: UInt64 = 0x8080_8080_8080_8080
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  /// The top bit of each of eight bytes that is a space; nil unless lower case is all they need.
  ///
  /// That is so if all are printing ASCII and no space follows another; `spaced` says whether one went
  /// before.
  @inline(__always)
  private static func singleSpaces(_ word: UInt64, _ spaced: Bool) -> UInt64? {
    // Bytes beyond ASCII go the slow way; without them no sum carries into its neighbour. 0x20 and up reach
    // the top bit when 0x60 is added, 0x21 and up when 0x5F is.
    guard word & tops == 0, (word &+ ones &* 0x60) & tops == tops else { return nil }
    let spaces = ~(word &+ ones &* 0x5F) & tops
    guard spaces & (spaces << 8 | (spaced ? 0x80 : 0)) == 0 else { return nil }
    return spaces
  }

  /// Eight bytes of ASCII in lower case.
  @inline(__always)
  private static func lowered(_ word: UInt64) -> UInt64 {
    let fromA = word &+ ones &* (0x80 - 0x41)
    let beyondZ = word &+ ones &* (0x80 - 0x5B)
    return word | ((fromA & ~beyondZ & tops) >> 2)
  }

  /// The bytes of the white space at `place`, or 0.
  @inline(__always)
  private static func spaceWidth(_ source: UnsafePointer<UInt8>, _ place: Int, _ count: Int, _ byte: UInt8)
    -> Int
  {
    if byte.isSpace { return 1 }
    if byte == 0xC2, place + 1 < count, source[place + 1] == 0xA0 { return 2 }
    guard place + 2 < count else { return 0 }
    if byte == 0xE2, source[place + 1] == 0x80, source[place + 2] == 0x8B { return 3 }
    if byte == 0xEF, source[place + 1] == 0xBB, source[place + 2] == 0xBF { return 3 }
    return 0
  }
}
