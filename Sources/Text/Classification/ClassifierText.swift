/// The form of a text that a ``TextClassifier`` reads, and that it is trained on.
///
/// - Of a text longer than ``headBytes`` and ``tailBytes`` together the first ``headBytes`` and the last ``tailBytes``
///   are read, cut at characters;
/// - Latin and Cyrillic letters in lower case; a run of digits is `0`; apostrophes and characters of no width go;
/// - a run of one punctuation character is a word, and so is each character from U+3000 on, full-width forms as ASCII;
/// - everything else that is no letter parts words: one space, none at the ends;
/// - punctuation at the end goes, so that a model does not learn who writes a full stop.
///
/// `Jobs/classifiers/classifier_text.py` does the same for training; a test holds the two together by examples.
public enum ClassifierText {
  /// Counts up when the form changes, since models are trained on it.
  public static let version = 1
  /// Bytes read from the start: 2,000, some 500 tokens, where an instruction stands.
  public static let headBytes = 2000
  /// Bytes read from the end: 500.
  public static let tailBytes = 500
  /// The most bytes that the form takes: three for each, where all is punctuation.
  public static let capacity = 3 * (headBytes + tailBytes) + 16

  /// Writes the form.
  /// - Parameters:
  ///   - text: UTF-8, or any bytes.
  ///   - target: room for ``capacity`` bytes.
  /// - Returns: bytes written.
  public static func write(_ text: UnsafeRawBufferPointer, to target: UnsafeMutablePointer<UInt8>) -> Int {
    guard let start = text.baseAddress, !text.isEmpty else { return 0 }
    let source = start.assumingMemoryBound(to: UInt8.self)
    var form = Form(target: target)
    if text.count <= headBytes + tailBytes {
      form.read(source, text.count)
    } else {
      var head = headBytes
      while head > headBytes - 3, source[head] & 0xC0 == 0x80 { head -= 1 }
      var tail = text.count - tailBytes
      while tail < text.count - tailBytes + 3, source[tail] & 0xC0 == 0x80 { tail += 1 }
      form.read(source, head)
      form.part()
      form.read(source + tail, text.count - tail)
    }
    return form.finish()
  }

  private struct Form {
    let target: UnsafeMutablePointer<UInt8>
    var count = 0
    /// What the last word is: 0 none is open, 1 letters, 2 digits; else the punctuation character.
    var open: UInt8 = 0

    init(target: UnsafeMutablePointer<UInt8>) { self.target = target }

    mutating func finish() -> Int {
      while count > 0 {
        let last = target[count - 1]
        guard last == 0x20 || last < 0x7F && !last.isAlphanumeric else { break }
        count -= 1
      }
      return count
    }

    mutating func part() {
      open = 0
      if count > 0, target[count - 1] != 0x20 { put(0x20) }
    }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
      target[count] = byte
      count += 1
    }

    @inline(__always)
    mutating func letter(_ byte: UInt8) {
      if open > 2 { part() }
      open = 1
      put(byte)
    }

    @inline(__always)
    mutating func ascii(_ byte: UInt8) {
      if byte.isLetter {
        letter(byte | 0x20)
      } else if byte.isDigit {
        if open > 2 { part() }
        if open != 2 { put(0x30) }
        open = 2
      } else if byte <= 0x20 || byte == 0x7F {
        part()
      } else if byte != 0x27, byte != open {
        part()
        put(byte)
        open = byte
      }
    }

    mutating func read(_ source: UnsafePointer<UInt8>, _ length: Int) {
      var place = 0
      while place < length {
        let byte = source[place]
        if byte < 0x80 {
          ascii(byte)
          place += 1
          continue
        }
        let width = UTF8Text.width(source, place, length)
        wide(UTF8Text.scalar(source, place, width), source + place, width)
        place += width
      }
    }

    private mutating func wide(_ scalar: UInt32, _ bytes: UnsafePointer<UInt8>, _ width: Int) {
      switch scalar {
      case _ where width == 1: part()
      case 0xAD, 0x2019, 0x200B...0x200F, 0x2060...0x2064, 0xFEFF: break
      case 0x2000...0x203F: part()
      case 0xFF01...0xFF5E: ascii(UInt8(scalar - 0xFF01 + 0x21))
      case 0xC0...0xDE where scalar != 0xD7:
        letter(bytes[0])
        put(bytes[1] + 0x20)
      case 0x410...0x41F:
        letter(0xD0)
        put(bytes[1] + 0x20)
      case 0x420...0x42F:
        letter(0xD1)
        put(bytes[1] - 0x20)
      case 0x3000...:
        part()
        for index in 0..<width { put(bytes[index]) }
        part()
      default:
        letter(bytes[0])
        for index in 1..<width { put(bytes[index]) }
      }
    }
  }
}
