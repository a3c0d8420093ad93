import Bytes

/// What parts the judged text from the instructions: marks that nobody who wrote the text could know.
///
/// All of it comes of a keyed hash of the judge's version and the text, so that the same question is the same request
/// tomorrow (and is bought once), and no text can hold its own fence. The ``code`` stands in the instructions, and the
/// judge writes it into its answer: a judge that writes another takes orders from the text.
public struct JudgeFence: Sendable, Hashable {
  /// The mark of the fence: 20 hexadecimal digits.
  public let mark: String
  /// The word that the judge must write.
  public let code: String

  /// Makes the marks of one question.
  /// - Parameters:
  ///   - key: the workspace's secret, 16 bytes or more.
  ///   - version: the judge's version.
  ///   - texts: the texts that are judged.
  public init(key: [UInt8], version: String, texts: [String]) {
    var hasher = SHA256Hasher()
    for text in [version] + texts {
      let bytes = Array(text.utf8)
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hasher.update($0) }
      hasher.update(bytes)
    }
    let seed = Array("judge-fence".utf8) + hasher.finish().bytes
    let bytes = seed.withUnsafeBytes { KeyedHash.hmacSHA256(key: key, message: $0) }
    mark = Hex.encode(bytes[..<10])
    code = Self.word(bytes[10..<15])
  }

  /// A word of five syllables that can be spoken, so that models copy it without a slip: 64 syllables, 30 bits.
  private static func word(_ bytes: ArraySlice<UInt8>) -> String {
    let consonants = Array("bdfghjklmnprstvz")
    let vowels = Array("aeio")
    return String(bytes.flatMap { [consonants[Int($0 & 15)], vowels[Int($0 >> 4 & 3)]] })
  }

  /// A text in its fence.
  /// - Parameters:
  ///   - text: the cleaned text.
  ///   - label: what it is, such as `output`.
  /// - Returns: lines that begin and end with the mark; what was cut or taken out is said outside the text.
  public func fenced(_ text: JudgedText, label: String) -> String {
    var block = "<<<\(mark) \(label) begins>>>\n\(text.head)\n"
    if text.bytesLeftOut > 0 {
      block += "<<<\(mark) \(label): \(text.bytesLeftOut) bytes are left out here>>>\n\(text.tail)\n"
    }
    block += "<<<\(mark) \(label) ends"
    if text.hidden > 0 { block += "; \(text.hidden) hidden characters were taken out" }
    return block + ">>>"
  }
}
