/// Numbers of Spain.
///
/// **Finds** the DNI, eight digits and a check letter (`12345678Z`, `12345678-Z`, `12.345.678-Z`), and the
/// NIE of foreigners, X, Y or Z with seven digits and a check letter (`X1234567L`, `X-1234567-L`). The letter
/// stands at the remainder by 23 in `TRWAGMYFPDXBNJZSQVHLCKE` (Ministerio del Interior; for the NIE, X, Y and
/// Z count as 0, 1 and 2). Letters in capitals; in small ones where "DNI", "NIE" or "NIF" stands near.
///
/// **Does not find** numbers without their letter, and one digit eight times.
enum SpanishID {
  private static let words = ContextWords("dni", "nie", "nif", "documento nacional", "identidad")
  private static let letters: StaticString = "TRWAGMYFPDXBNJZSQVHLCKE"

  /// Where the digits end, with their letter; the groups begin with the digits.
  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let last: Int
    if groups.length(0) == 8 {
      last = 0
    } else {
      guard groups.count >= 3, groups.length(0) == 2, groups.length(1) == 3, groups.length(2) == 3,
        groups.separator(0) == .dot, groups.separator(1) == .dot
      else { return nil }
      last = 2
    }
    guard groups.startsFree(text), groups.separator(last) == .none else { return nil }
    var letter = groups.end(last)
    if text.at(letter) == 0x2D { letter += 1 }
    let digits = DigitRow(text, groups.start, groups.end(last))
    guard !digits.isUniform else { return nil }
    return fits(text, digits.number(0, 8), letter, groups.start) ? letter + 1 : nil
  }

  /// `X-1234567-L`; the groups begin with the digits.
  static func foreigner(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    let start = groups.start - 2
    guard text.at(start + 1) == 0x2D, groups.separator(0) == .none, text.at(groups.end(0)) == 0x2D,
      !text.at(start - 1).isWord, let lead = lead(text.at(start))
    else { return nil }
    let number = lead * 10_000_000 + DigitRow(text, groups.start, groups.end(0)).number(0, 7)
    let letter = groups.end(0) + 1
    return fits(text, number, letter, start) ? ScanSpan(start: start, end: letter + 1) : nil
  }

  static func isForeigner(_ text: ScanText, _ start: Int, _ end: Int) -> Bool {
    guard let lead = lead(text.at(start)) else { return false }
    let digits = DigitRow(text, start + 1, end - 1)
    return digits.count == 7 && fits(text, lead * 10_000_000 + digits.number(0, 7), end - 1, start)
  }

  private static func lead(_ letter: UInt8) -> Int? {
    let value = Int(letter & 0xDF) - 0x58
    return letter.isLetter && (0...2).contains(value) ? value : nil
  }

  private static func fits(_ text: ScanText, _ number: Int, _ letter: Int, _ start: Int) -> Bool {
    let byte = text.at(letter)
    guard byte.isLetter, byte & 0xDF == letters.utf8Start[number % 23], !text.at(letter + 1).isWord,
      text.at(letter + 1) != 0x40
    else { return false }
    return byte.isUpper || words.isNear(text, start, letter + 1)
  }
}
