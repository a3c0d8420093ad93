/// Numbers of Australia.
///
/// **Finds**, where a word that names it stands near,
/// - the tax file number: nine digits, in one run or in threes, whose sum with weights 1 4 3 7 5 8 6 9 10 is
///   a multiple of 11 (Australian Taxation Office);
/// - the Medicare number: ten digits, the first 2 to 6, as `2123 45670 1`, in one run or with the digit of
///   the person behind it, whose ninth digit is the sum by 10 of the first eight with weights 1 3 7 9 1 3 7 9
///   (Services Australia).
///
/// **Does not find** numbers without such a word: one of eleven, and one of ten, passes the check.
enum AustralianID {
  private static let taxWords = ContextWords("tfn", "tax file", "tax-file")
  private static let healthWords = ContextWords("medicare", "medicare card")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    if groups.length(0) == 9 || groups.length(0) == 3 {
      guard let end = groups.end(text, of: 0x9) ?? groups.end(text, of: 0x333, .space) else { return nil }
      let digits = DigitRow(text, groups.start, end)
      guard digits.count == 9, !digits.isUniform, digits.weighted(0x1_4375_869A, 9) % 11 == 0 else {
        return nil
      }
      return taxWords.isNear(text, groups.start, end) ? end : nil
    }
    guard
      let end = groups.end(text, of: 0x451, .space) ?? groups.end(text, of: 0x451, .hyphen)
        ?? groups.end(text, of: 0xA) ?? groups.end(text, of: 0xB)
    else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard (2...6).contains(digits[0]), digits.weighted(0x1379_1379, 8) % 10 == digits[8] else { return nil }
    return healthWords.isNear(text, groups.start, end) ? end : nil
  }
}

/// The identity number of South Africa.
///
/// **Finds** 13 digits in one run: a date, four digits for the sex, 0 to 2 for citizenship, a digit, and the
/// check of Luhn (Department of Home Affairs). A run of 13 digits passes in one of a thousand cases, and
/// stamps of milliseconds of this century, which begin with 1, are left out where no "ID" stands near.
///
/// **Does not find** numbers in groups.
enum SouthAfricanID {
  private static let words = ContextWords("id", "id number", "identity number", "sa id", "rsa id")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard let end = groups.end(text, of: 0xD) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard DigitRow.isDate(month: digits.number(2, 2), day: digits.number(4, 2)), digits[10] < 3,
      digits.passesLuhn()
    else { return nil }
    return digits[0] != 1 || words.isNear(text, groups.start, end) ? end : nil
  }
}
