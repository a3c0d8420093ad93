import Bytes

/// The form of a text in which letters that are dressed up to pass a filter stand as plain ones.
///
/// - Characters of no width (U+00AD, U+200B to U+200F, U+202A to U+202E, U+2060 to U+2064, U+FEFF, variation selectors)
///   go;
/// - full-width letters (U+FF01 to U+FF5E), mathematical letters and digits (U+1D400 to U+1D7FF) and the invisible tag
///   characters (U+E0020 to U+E007E) become ASCII;
/// - marks (U+0300 to U+036F) behind an ASCII letter go;
/// - Cyrillic and Greek letters that look like Latin ones become those, in words that hold ASCII letters too;
/// - on demand, letters that stand apart (`i g n o r e`, four or more, one space, dot, hyphen, underscore or asterisk
///   between each) close up.
///
/// Everything else stays, valid or not, upper or lower case. The form is never longer than the text.
public enum TextFolder {
  /// Appends the folded form.
  /// - Parameters:
  ///   - text: UTF-8, or any bytes.
  ///   - spelledOut: whether letters that stand apart close up.
  ///   - out: where the form goes, behind what is there.
  /// - Returns: whether the form differs from the text; if not, nothing was appended.
  public static func append(_ text: UnsafeRawBufferPointer, spelledOut: Bool, to out: ByteBuffer) -> Bool {
    guard let start = text.baseAddress, !text.isEmpty else { return false }
    let source = start.assumingMemoryBound(to: UInt8.self)
    // Most texts beyond ASCII hold accents, quotes and other scripts, of which nothing is folded.
    guard spelledOut || mayFold(source, text.count) else { return false }
    out.reserve(text.count)
    let target = (out.base + out.count).assumingMemoryBound(to: UInt8.self)
    let end = fold(source, text.count, spelledOut, target, until: Int.max)
    guard end.changed else { return false }
    out.advance(by: end.written)
    return true
  }

  /// Where in the text a place of its folded form comes from: the first byte of the character there.
  /// - Parameters:
  ///   - place: a place in the folded form, 0 to its length.
  ///   - text: the text.
  ///   - spelledOut: as it was folded.
  /// - Returns: the place in the text; a pass over what lies before it.
  public static func source(of place: Int, in text: UnsafeRawBufferPointer, spelledOut: Bool) -> Int {
    guard let start = text.baseAddress, place > 0 else { return 0 }
    return fold(
      start.assumingMemoryBound(to: UInt8.self), text.count, spelledOut, nil, until: place
    ).read
  }

  /// Whether a text may hold characters that are folded, letters that stand apart left out of account; false only
  /// where it holds none.
  public static func mayFold(_ text: UnsafeRawBufferPointer) -> Bool {
    text.baseAddress.map { mayFold($0.assumingMemoryBound(to: UInt8.self), text.count) } ?? false
  }

  private static func mayFold(_ source: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    func at(_ index: Int) -> UInt8 { index < count ? source[index] : 0 }
    // Behind the word that was looked at.
    var resume = 0
    var marks = ByteMarks(.disguised, in: UnsafeRawBufferPointer(start: source, count: count))
    while let place = marks.place() {
      guard place >= resume else { continue }
      let (next, third) = (at(place + 1), at(place + 2))
      switch source[place] {
      case 0xCC: if place > 0, source[place - 1].isLetter { return true }
      case 0xCD...0xD1:
        let (end, isMixed) = word(around: place, source, count)
        if isMixed { return true }
        resume = end
      case 0xE2:
        if next == 0x80, 0x8B...0x8F ~= third || 0xAA...0xAE ~= third { return true }
        if next == 0x81, 0xA0...0xA4 ~= third { return true }
      case 0xEF: if next == 0xB8 || next == 0xBB || next == 0xBC || next == 0xBD { return true }
      default: return true
      }
    }
    return false
  }

  /// Folds until so many bytes are written, to memory or nowhere.
  private static func fold(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ spelledOut: Bool, _ target: UnsafeMutablePointer<UInt8>?,
    until limit: Int
  ) -> (read: Int, written: Int, changed: Bool) {
    var read = 0
    var written = 0
    var changed = false
    // In the word that ends here, or -1 where none is known: whether letters that look Latin become Latin.
    var wordEnd = -1
    var isMixed = false
    var last: UInt8 = 0
    while read < count, written < limit {
      if !spelledOut, read + 8 <= count, written + 8 <= limit {
        let word = UnsafeRawPointer(source + read).loadUnaligned(as: UInt64.self)
        if word & 0x8080_8080_8080_8080 == 0 {
          if let target { UnsafeMutableRawPointer(target + written).storeBytes(of: word, as: UInt64.self) }
          read += 8
          written += 8
          last = UInt8(truncatingIfNeeded: word >> 56)
          continue
        }
      }
      let byte = source[read]
      if byte < 0x80 {
        if spelledOut, byte.isAlphanumeric, !last.isAlphanumeric,
          let run = spelledRun(source, read, count)
        {
          var letter = read
          while letter < run, written < limit {
            last = source[letter]
            target?[written] = last
            written += 1
            letter += 2
          }
          read = min(letter - 1, run)
          changed = true
          continue
        }
        target?[written] = byte
        written += 1
        read += 1
        last = byte
        continue
      }
      let width = UTF8Text.width(source, read, count)
      switch plain(source, read, width) {
      case .none:
        changed = true
        read += width
      case .ascii(let letter):
        changed = true
        target?[written] = letter
        written += 1
        read += width
        last = letter
      case .mark where last.isLetter:
        changed = true
        read += width
      case .lookalike(let letter):
        if read >= wordEnd { (wordEnd, isMixed) = word(around: read, source, count) }
        if isMixed {
          changed = true
          target?[written] = letter
          written += 1
          last = letter
        } else {
          copy(source, read, width, target, written)
          written += width
          last = 0xFF
        }
        read += width
      case .mark, .other:
        copy(source, read, width, target, written)
        written += width
        read += width
        last = 0xFF
      }
    }
    return (read, written, changed)
  }

  @inline(__always)
  private static func copy(
    _ source: UnsafePointer<UInt8>, _ place: Int, _ width: Int, _ target: UnsafeMutablePointer<UInt8>?,
    _ written: Int
  ) {
    guard let target else { return }
    for index in 0..<width { target[written + index] = source[place + index] }
  }

  /// The end of a run of four or more letters that stand apart from `place` on, behind its last letter.
  private static func spelledRun(_ source: UnsafePointer<UInt8>, _ place: Int, _ count: Int) -> Int? {
    var end = place
    var letters = 0
    while end < count, source[end].isAlphanumeric {
      letters += 1
      guard end + 2 < count, isGap(source[end + 1]), source[end + 2].isAlphanumeric else {
        // A longer word that follows does not belong to the run; its first letter does not either.
        if end + 1 < count, source[end + 1].isAlphanumeric {
          letters -= 1
          end -= 2
        }
        break
      }
      end += 2
    }
    return letters >= 4 ? end + 1 : nil
  }

  @inline(__always)
  private static func isGap(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x2E || byte == 0x2D || byte == 0x5F || byte == 0x2A
  }

  /// Where the word around a letter ends, and whether it holds ASCII letters.
  private static func word(
    around place: Int, _ source: UnsafePointer<UInt8>, _ count: Int
  ) -> (end: Int, isMixed: Bool) {
    // ASCII letters right before it belong to the same word.
    var isMixed = place > 0 && source[place - 1].isLetter
    var end = place
    while end < count {
      let byte = source[end]
      if byte.isLetter {
        isMixed = true
      } else if byte < 0x80 {
        break
      }
      end += 1
    }
    return (end, isMixed)
  }

  private enum Plain {
    case none, mark, other
    case ascii(UInt8)
    case lookalike(UInt8)
  }

  private static func plain(_ source: UnsafePointer<UInt8>, _ place: Int, _ width: Int) -> Plain {
    let scalar = UTF8Text.scalar(source, place, width)
    switch scalar {
    case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFE00...0xFE0F, 0xFEFF: return .none
    case 0x300...0x36F: return .mark
    case 0x370...0x45F:
      let letter = lookalikes[Int(scalar) - 0x370]
      return letter == 0 ? .other : .lookalike(letter)
    case 0xFF01...0xFF5E: return .ascii(UInt8(scalar - 0xFF01 + 0x21))
    case 0x1D400...0x1D6A3:
      let letter = UInt8((scalar - 0x1D400) % 52)
      return .ascii(letter < 26 ? 0x41 + letter : 0x61 + letter - 26)
    case 0x1D7CE...0x1D7FF: return .ascii(0x30 + UInt8((scalar - 0x1D7CE) % 10))
    case 0xE0020...0xE007E: return .ascii(UInt8(scalar - 0xE0000))
    default: return .other
    }
  }

  /// What Greek and Cyrillic letters look like, from U+0370 to U+045F; 0 is like nothing (Unicode's confusables.txt,
  /// single letters only).
  private static let lookalikes: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 0x460 - 0x370)
    let pairs =
      "ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXαaοoρpυuνvιiκkγyχxеeаaоoрpсcуyхxіiјjѕsԁdАAВBЕEКKМMНHОOРPСCТTХXІIЈJЅSкkмmтtвbнhпn"
    var scalars = pairs.unicodeScalars.makeIterator()
    while let from = scalars.next(), let to = scalars.next() {
      guard from.value >= 0x370, from.value < 0x460 else { continue }
      table[Int(from.value) - 0x370] = UInt8(truncatingIfNeeded: to.value)
    }
    return table
  }()
}
