/// The national number of Poland.
///
/// **Finds** the eleven digits of the PESEL: year, month (plus 20, 40, 60 or 80 for the century), day, and
/// the check digit by 10 with weights 1 3 7 9 (Ministerstwo Cyfryzacji), where "PESEL" stands near: of runs
/// of eleven digits, two of a hundred pass.
///
/// **Does not find** numbers without that word.
enum PolishID {
  private static let words = ContextWords("pesel", "nr pesel")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard let end = groups.end(text, of: 0xB) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard DigitRow.isDate(month: digits.number(2, 2) % 20, day: digits.number(4, 2)),
      (digits.weighted(0x13_7913_7913, 10) + digits[10]) % 10 == 0
    else { return nil }
    return words.isNear(text, groups.start, end) ? end : nil
  }
}

/// The national register number of Belgium.
///
/// **Finds** `85.07.30-033.28` and `85.07.30-033-28`: a date, three digits of order and 97 less the remainder
/// by 97, with a 2 before the number for those born from 2000 on (Rijksregister). In one run where a word
/// that names it stands near.
///
/// **Does not find** other separators.
enum BelgianID {
  private static let words = ContextWords(
    "rijksregisternummer", "registre national", "national register", "niss", "insz", "numéro national")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    var end = groups.end(text, of: 0xB)
    let grouped = end == nil
    if grouped {
      guard groups.count >= 5, groups.startsFree(text), groups.separator(0) == .dot,
        groups.separator(1) == .dot,
        groups.separator(2) == .hyphen, groups.separator(3) == .dot || groups.separator(3) == .hyphen,
        groups.length(1) == 2, groups.length(2) == 2, groups.length(3) == 3, groups.length(4) == 2,
        groups.separator(4) == .none || groups.separator(4) == .space, !text.at(groups.end(4)).isWord
      else { return nil }
      end = groups.end(4)
    }
    guard let end else { return nil }
    let digits = DigitRow(text, groups.start, end)
    let number = digits.number(0, 9)
    let check = digits.number(9, 2)
    guard DigitRow.isDate(month: digits.number(2, 2), day: digits.number(4, 2)),
      97 - number % 97 == check || 97 - (2_000_000_000 + number) % 97 == check
    else { return nil }
    return grouped || words.isNear(text, groups.start, end) ? end : nil
  }
}

/// The social insurance number of Switzerland.
///
/// **Finds** the AHV number, `756.9217.0769.85` or 13 digits in one run: 756 for the country and the check
/// digit of EAN-13 (Zentrale Ausgleichsstelle). GS1 gives 756 to no country, so that no article has such a
/// number.
///
/// **Does not find** the number of before 2008.
enum SwissID {
  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard let end = groups.end(text, of: 0x3442, .dot) ?? groups.end(text, of: 0xD) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard digits.number(0, 3) == 756, (digits.weighted(0x1313_1313_1313, 12) + digits[12]) % 10 == 0 else {
      return nil
    }
    return end
  }
}

/// Birth numbers of Czechia and Slovakia.
///
/// **Finds** `736028/5163`: year, month (plus 20, and plus 50 for women), day, a slash and four digits,
/// divisible by 11 in all, or with a 0 where the first nine leave 10 (Act 133/2000, § 13).
///
/// **Does not find** the nine digits of before 1954, and numbers in one run.
enum CzechID {
  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard let end = groups.end(text, of: 0x64, .slash) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    var month = digits.number(2, 2)
    if month > 50 { month -= 50 }
    if month > 20 { month -= 20 }
    // Until 1985 a remainder of 10 had the check digit 0.
    let fits = digits.number(0, 10) % 11 == 0 || (digits.number(0, 9) % 11 == 10 && digits[9] == 0)
    return fits && DigitRow.isDate(month: month, day: digits.number(4, 2)) ? end : nil
  }
}

/// The identity number of Türkiye.
///
/// **Finds** eleven digits, the first not 0, with both check digits (Nüfus ve Vatandaşlık İşleri; the tenth
/// is seven times the odd places less the even ones, the last the sum of all, by 10), where "TC", "TCKN" or
/// "kimlik" stands near.
///
/// **Does not find** numbers without such a word.
enum TurkishID {
  private static let words = ContextWords("tc", "tckn", "t.c", "kimlik", "kimlik no")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard let end = groups.end(text, of: 0xB) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    let odd = digits.weighted(0x1_0101_0101, 9)
    let even = digits.weighted(0x0101_0101, 8)
    guard digits[0] != 0, (odd * 7 - even + 100) % 10 == digits[9],
      (odd + even + digits[9]) % 10 == digits[10]
    else {
      return nil
    }
    return words.isNear(text, groups.start, end) ? end : nil
  }
}
