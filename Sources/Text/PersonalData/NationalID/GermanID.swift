/// The tax number of Germany.
///
/// **Finds** the eleven digits of the Steuer-Identifikationsnummer (§ 139b AO): the first is not 0, of the
/// first ten exactly one digit comes two or three times, never three in a row, and the last is the check of
/// ISO 7064, MOD 11,10. A run of eleven digits passes in four of a thousand cases, so it counts as `12 345
/// 678 901`, the form of the letters, or where a word such as "Steuer-ID" stands near.
///
/// **Does not find** the older Steuernummer of a tax office, and social insurance numbers.
enum GermanID {
  private static let words = ContextWords(
    "steuer-id", "steuerid", "steuer-identifikationsnummer", "steueridentifikationsnummer",
    "identifikationsnummer",
    "steuernummer", "idnr", "id-nr", "tin", "tax id", "tax number", "steuerliche")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let grouped = groups.end(text, of: 0x2333, .space)
    guard let end = grouped ?? groups.end(text, of: 0xB) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard isValid(digits) else { return nil }
    return grouped != nil || words.isNear(text, groups.start, end) ? end : nil
  }

  private static func isValid(_ digits: DigitRow) -> Bool {
    guard digits[0] != 0 else { return false }
    var counts: UInt64 = 0
    var product = 10
    for place in 0..<10 {
      let digit = digits[place]
      counts += 1 << UInt64(4 * digit)
      if place > 1, digit == digits[place - 1], digit == digits[place - 2] { return false }
      let sum = (digit + product) % 10
      product = (sum == 0 ? 10 : sum) * 2 % 11
    }
    var repeated = 0
    for digit in 0..<10 {
      let count = counts >> UInt64(4 * digit) & 0xF
      if count > 3 { return false }
      if count > 1 { repeated += 1 }
    }
    return repeated == 1 && (11 - product) % 10 == digits[10]
  }
}
