import Bytes
import Text

/// The line that a student reads of an interaction: the output's words, then the input's, each marked as such.
///
/// Both have the form of ``ClassifierText``, so 2,500 bytes of each are read at most.
public enum StudentText {
  /// Counts up when the form changes, since students are trained on it.
  public static let version = 1

  /// Makes a line.
  /// - Parameters:
  ///   - input: what was asked; any bytes.
  ///   - output: what was answered; any bytes.
  /// - Returns: the line, without a line feed.
  public static func line(input: [UInt8], output: [UInt8]) -> [UInt8] {
    var line = form(output)
    var isFirst = true
    for byte in form(input) {
      if isFirst {
        // A word of the question is another word than the same in the answer.
        line += [0x20, 0x71, 0x3A]
        isFirst = false
      }
      if byte == 0x20 { line += [0x20, 0x71, 0x3A] } else { line.append(byte) }
    }
    return line
  }

  private static func form(_ text: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: ClassifierText.capacity) { target, count in
      guard let start = target.baseAddress else { return }
      count = text.withUnsafeBytes { ClassifierText.write($0, to: start) }
    }
  }
}
