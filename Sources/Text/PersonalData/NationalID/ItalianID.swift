/// The fiscal code of Italy.
///
/// **Finds** the 16 characters of the codice fiscale in one run, in either case: six letters, two places of
/// the year, a letter for the month, two places of the day (1–31, and 41–71 for women), a letter and three
/// places of the birthplace, and the check letter (decree of 23 December 1976). A digit's place may hold the
/// letter that stands for it where two persons would share a code (L M N P Q R S T U V for 0 to 9), all but
/// the first.
///
/// **Does not find** the eleven digits that companies have, codes with spaces, and codes without any digit.
enum ItalianID {
  /// Values of 0–9 and A–Z at odd places, counted from one.
  private static let odd: [UInt8] = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14,
    16, 10, 22,
    25, 24, 23,
  ]

  static func matches(_ text: ScanText, _ start: Int) -> Bool {
    var sum = 0
    for place in 0..<16 {
      let byte = text.at(start + place)
      switch place {
      case 0..<6, 8, 11, 15: guard byte.isLetter else { return false }
      default: guard digit(byte) != nil else { return false }
      }
      let value = byte.isDigit ? Int(byte &- 0x30) : Int((byte | 0x20) &- 0x61)
      guard place < 15 else { return sum % 26 == value }
      sum += place % 2 == 0 ? Int(odd[byte.isDigit ? value : value + 10]) : value
      if place == 8 { guard isMonth(byte) else { return false } }
      if place == 10 {
        let day = (digit(text.at(start + 9)) ?? 0) * 10 + (digit(byte) ?? 0)
        guard (1...31).contains(day) || (41...71).contains(day) else { return false }
      }
    }
    return false
  }

  private static func isMonth(_ byte: UInt8) -> Bool {
    switch byte | 0x20 {
    case 0x61...0x65, 0x68, 0x6C, 0x6D, 0x70, 0x72, 0x73, 0x74: true  // A–E H L M P R S T
    default: false
    }
  }

  private static func digit(_ byte: UInt8) -> Int? {
    if byte.isDigit { return Int(byte &- 0x30) }
    switch byte | 0x20 {
    case 0x6C...0x6E: return Int(byte | 0x20) - 0x6C
    case 0x70...0x76: return Int(byte | 0x20) - 0x70 + 3
    default: return nil
    }
  }
}
