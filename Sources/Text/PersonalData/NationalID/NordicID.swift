/// Personal identity numbers of Sweden.
///
/// **Finds** `YYMMDD-NNNN`, `YYMMDD+NNNN` for those of a hundred and more, and `YYYYMMDD-NNNN`, where month
/// and day are possible (the day also plus 60, the coordination number) and the last digit is the check of
/// Luhn over the last ten (Skatteverket, SKV 704). Ten or twelve digits in one run, and twelve whose last
/// four could be a time of day in this century, where "personnummer" or its like stands near.
///
/// **Does not find** numbers of organisations, whose month is over 12.
enum SwedishID {
  private static let words = ContextWords(
    "personnummer", "personnr", "person-nr", "samordningsnummer", "pnr", "personal number",
    "personal identity")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let start = groups.start
    var end = groups.end(text, of: 0x64, .hyphen) ?? groups.end(text, of: 0x84, .hyphen)
    var needsWord = false
    if end == nil {
      needsWord = true
      end = groups.end(text, of: 0xA) ?? groups.end(text, of: 0xC)
    }
    guard let end else { return nil }
    return judge(text, start, end, needsWord: needsWord)
  }

  /// `YYMMDD+NNNN`.
  static func centenarian(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let start = groups.start
    guard text.at(start + 6) == 0x2B, groups.startsFree(text), !text.at(start + 11).isWord else { return nil }
    for place in start + 7..<start + 11 where !text.at(place).isDigit { return nil }
    return judge(text, start, start + 11, needsWord: false)
  }

  private static func judge(_ text: ScanText, _ start: Int, _ end: Int, needsWord: Bool) -> Int? {
    var needsWord = needsWord
    let digits = DigitRow(text, start, end)
    let skip = digits.count - 10
    let day = digits.number(skip + 4, 2)
    guard DigitRow.isDate(month: digits.number(skip + 2, 2), day: day > 60 ? day - 60 : day),
      digits.passesLuhn(from: skip), digits.number(skip + 6, 3) > 0
    else { return nil }
    if skip == 2 {
      let century = digits.number(0, 2)
      guard century == 19 || century == 20 || century == 18 else { return nil }
      if century == 20, digits.number(8, 2) < 24, digits.number(10, 2) < 60 { needsWord = true }
    }
    return !needsWord || words.isNear(text, start, end) ? end : nil
  }
}

/// Personal identity codes of Finland.
///
/// **Finds** the HETU: `DDMMYY`, a sign for the century (`+`, `-`, A to F, U to Y), three digits of 002 to
/// 899 and the check character, the remainder of all nine digits by 31 in `0123456789ABCDEFHJKLMNPRSTUVWXY`
/// (Digital and Population Data Services Agency; the further signs came in 2023). In capitals.
///
/// **Does not find** codes in small letters, and the temporary numbers of 900 and more.
enum FinnishID {
  private static let checks: StaticString = "0123456789ABCDEFHJKLMNPRSTUVWXY"

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let start = groups.start
    guard groups.length(0) == 6, groups.startsFree(text), isSign(text.at(start + 6)) else { return nil }
    let head = DigitRow(text, start, start + 6)
    let tail = DigitRow(text, start + 7, start + 10)
    guard tail.count == 3, (2...899).contains(tail.number(0, 3)),
      DigitRow.isDate(month: head.number(2, 2), day: head.number(0, 2))
    else { return nil }
    let value = head.number(0, 6) * 1000 + tail.number(0, 3)
    let after = text.at(start + 11)
    guard text.at(start + 10) == checks.utf8Start[value % 31], !after.isWord, after != 0x40 else {
      return nil
    }
    return start + 11
  }

  private static func isSign(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x2B, 0x2D, 0x41...0x46, 0x55...0x59: true
    default: false
    }
  }
}

/// National identity numbers of Norway.
///
/// **Finds** eleven digits in one run or as `010190 12345`: day (plus 40 in D-numbers), month, year, and two
/// check digits by 11 with weights 3 7 6 1 8 9 4 5 2 and 5 4 3 2 7 6 5 4 3 2 (Skatteetaten, fødselsnummer). A
/// run of eleven digits passes in less than one of two thousand cases.
///
/// **Does not find** the synthetic numbers of test systems, whose month is raised, and numbers from 2032 on,
/// whose checks will be others.
enum NorwegianID {
  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard let end = groups.end(text, of: 0xB) ?? groups.end(text, of: 0x65, .space) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    let day = digits.number(0, 2)
    guard DigitRow.isDate(month: digits.number(2, 2), day: day > 40 ? day - 40 : day),
      (digits.weighted(0x3_7618_9452, 9) + digits[9]) % 11 == 0,
      (digits.weighted(0x54_3276_5432, 10) + digits[10]) % 11 == 0
    else { return nil }
    return end
  }
}

/// Personal identification numbers of Denmark.
///
/// **Finds** the CPR number, `DDMMYY-NNNN` or ten digits in one run, where month and day are possible and
/// "CPR" or its like stands near: since 2007 there is no check digit to rely on (CPR-kontoret,
/// "Personnummeret i CPR").
///
/// **Does not find** numbers without such a word.
enum DanishID {
  private static let words = ContextWords("cpr", "cpr-nummer", "cpr-nr", "personnummer", "cpr nummer")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard let end = groups.end(text, of: 0x64, .hyphen) ?? groups.end(text, of: 0xA) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard DigitRow.isDate(month: digits.number(2, 2), day: digits.number(0, 2)) else { return nil }
    return words.isNear(text, groups.start, end) ? end : nil
  }
}
