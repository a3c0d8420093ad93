/// Numbers of India.
///
/// **Finds**
/// - the twelve digits of Aadhaar, the first 2 to 9, with the check digit of Verhoeff (UIDAI): as `2345 6789
///   0124` or with hyphens, unless all groups could be years; in one run where "Aadhaar" or "UID" stands
///   near;
/// - the permanent account number (PAN), five capitals, four digits and a capital (Income Tax Department):
///   where the fourth letter is P, F or H (a person, firm or family), or "PAN" stands near.
///
/// **Does not find** virtual ids of 16 digits, and account numbers in small letters.
enum IndianID {
  private static let words = ContextWords("aadhaar", "aadhar", "adhaar", "adhar", "uid", "uidai", "आधार")
  private static let accountWords = ContextWords("pan", "permanent account", "income tax", "pan card")

  static func aadhaar(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let grouped = groups.end(text, of: 0x444, .space) ?? groups.end(text, of: 0x444, .hyphen)
    guard let end = grouped ?? groups.end(text, of: 0xC) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard digits[0] > 1, passesVerhoeff(digits), !digits.isUniform else { return nil }
    let areYears = (0..<3).allSatisfy { [19, 20].contains(digits.number(4 * $0, 2)) }
    let stands = grouped != nil && !areYears && !groups.isAmongHex(text, end)
    return stands || words.isNear(text, groups.start, end) ? end : nil
  }

  static func isAccount(_ text: ScanText, _ start: Int, _ end: Int) -> Bool {
    for place in start..<start + 5 where !text.at(place).isUpper { return false }
    for place in start + 5..<start + 9 where !text.at(place).isDigit { return false }
    guard text.at(start + 9).isUpper, !text.has("0000", at: start + 5) else { return false }
    switch text.at(start + 3) {
    case 0x50, 0x46, 0x48: return true
    default: return accountWords.isNear(text, start, end)
    }
  }

  /// The dihedral group's table of products, row by row, and the permutations, eight of them.
  ///
  /// J. Verhoeff, "Error
  /// detecting decimal codes", 1969.
  private static let products: StaticString =
    "0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210"
  private static let permutations: StaticString =
    "01234567891576283094580379614289160435279453126870428657390127938064157046913258"

  private static func passesVerhoeff(_ digits: DigitRow) -> Bool {
    var check = 0
    for place in 0..<digits.count {
      let digit = digits[digits.count - 1 - place]
      let moved = Int(permutations.utf8Start[place % 8 * 10 + digit] &- 0x30)
      check = Int(products.utf8Start[check * 10 + moved] &- 0x30)
    }
    return check == 0
  }
}

/// Numbers of Singapore.
///
/// **Finds** NRIC and FIN, `S1234567D` in capitals: S, T, F, G or M, seven digits, and the check letter by 11
/// with weights 2 7 6 5 4 3 2 (Immigration & Checkpoints Authority; for T and G four is added, for M three).
/// In small letters where "NRIC" or "FIN" stands near.
///
/// **Does not find** the last four characters alone, as forms ask for them.
enum SingaporeanID {
  private static let words = ContextWords("nric", "fin", "identity card")

  static func matches(_ text: ScanText, _ start: Int, _ end: Int) -> Bool {
    let digits = DigitRow(text, start + 1, end - 1)
    let (lead, last) = (text.at(start) & 0xDF, text.at(end - 1))
    guard digits.count == 7, last.isLetter else { return false }
    let sum = digits.weighted(0x276_5432, 7)
    let letter: UInt8
    switch lead {
    case 0x53: letter = ("JZIHGFEDCBA" as StaticString).utf8Start[sum % 11]
    case 0x54: letter = ("JZIHGFEDCBA" as StaticString).utf8Start[(sum + 4) % 11]
    case 0x46: letter = ("XWUTRQPNMLK" as StaticString).utf8Start[sum % 11]
    case 0x47: letter = ("XWUTRQPNMLK" as StaticString).utf8Start[(sum + 4) % 11]
    case 0x4D: letter = ("KLJNPQRTUWX" as StaticString).utf8Start[(sum + 3) % 11]
    default: return false
    }
    guard last & 0xDF == letter else { return false }
    return text.at(start).isUpper && last.isUpper || words.isNear(text, start, end)
  }
}

/// Identity numbers of China.
///
/// **Finds** the 18 characters of a resident identity number in one run (GB 11643-1999): six digits of the
/// place, whose first two are a province's (GB/T 2260), a date of 1900 to 2099, three digits of order and the
/// check character by ISO 7064, MOD 11-2, X for 10.
///
/// **Does not find** the 15 digits of before 1999.
enum ChineseID {
  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let start = groups.start
    guard groups.startsFree(text), groups.separator(0) == .none || groups.separator(0) == .space else {
      return nil
    }
    let digits = DigitRow(text, start, start + 17)
    let last = text.at(start + 17)
    guard digits.count == 17, last.isDigit || last | 0x20 == 0x78, !text.at(start + 18).isWord else {
      return nil
    }
    let century = digits.number(6, 2)
    guard isProvince(digits.number(0, 2)), century == 19 || century == 20,
      DigitRow.isDate(month: digits.number(10, 2), day: digits.number(12, 2))
    else { return nil }
    var sum = 0
    for place in 0..<17 { sum = (sum + digits[place]) * 2 % 11 }
    let check = (12 - sum) % 11
    return check == (last.isDigit ? Int(last &- 0x30) : 10) ? start + 18 : nil
  }

  private static func isProvince(_ code: Int) -> Bool {
    switch code {
    case 11...15, 21...23, 31...37, 41...46, 50...54, 61...65, 71, 81...83: true
    default: false
    }
  }
}

/// Identity card numbers of Taiwan.
///
/// **Finds** a capital, 1, 2, 8 or 9, and eight digits, the last a check by 10 over the letter's two digits
/// and weights 1 9 8 7 6 5 4 3 2 1 (Ministry of the Interior), where a word that names it stands near: one of
/// ten passes.
///
/// **Does not find** numbers without such a word.
enum TaiwaneseID {
  private static let words = ContextWords("身分證", "身份證", "統一編號", "national id", "id number", "id card", "居留證")
  /// 10 to 35 for the letters A to Z in the ministry's order.
  private static let values: [UInt8] = [
    10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33,
  ]

  static func matches(_ text: ScanText, _ start: Int, _ end: Int) -> Bool {
    let lead = text.at(start)
    let digits = DigitRow(text, start + 1, end)
    guard lead.isUpper, digits.count == 9, [1, 2, 8, 9].contains(digits[0]) else { return false }
    let value = Int(values[Int(lead &- 0x41)])
    let sum = value / 10 + value % 10 * 9 + digits.weighted(0x8765_4321, 8) + digits[8]
    return sum % 10 == 0 && words.isNear(text, start, end)
  }
}

/// Resident registration numbers of South Korea.
///
/// **Finds** `YYMMDD-NNNNNNN` with a possible date and seven more, the first for sex and century (Resident
/// Registration Act). The check digit (by 11, weights 2 to 9 and 2 to 5) is asked for only where no word such
/// as 주민등록번호 stands near: numbers given out since October 2020 have none.
///
/// **Does not find** numbers in one run.
enum KoreanID {
  private static let words = ContextWords("rrn", "resident registration", "주민등록번호", "주민번호", "외국인등록번호")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard let end = groups.end(text, of: 0x67, .hyphen) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard DigitRow.isDate(month: digits.number(2, 2), day: digits.number(4, 2))
    else {
      return nil
    }
    let check = (11 - digits.weighted(0x2345_6789_2345, 12) % 11) % 10
    return check == digits[12] || words.isNear(text, groups.start, end) ? end : nil
  }
}

/// The individual number of Japan.
///
/// **Finds** the twelve digits of "My Number", in one run or in groups of four, with the check digit by 11
/// (ministerial ordinance 85 of 2014, article 5), where a word that names it stands near.
///
/// **Does not find** numbers without such a word.
enum JapaneseID {
  private static let words = ContextWords("マイナンバー", "個人番号", "my number", "mynumber", "individual number")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard
      let end = groups.end(text, of: 0xC) ?? groups.end(text, of: 0x444, .space)
        ?? groups.end(text, of: 0x444, .hyphen)
    else { return nil }
    let digits = DigitRow(text, groups.start, end)
    let remainder = digits.weighted(0x654_3276_5432, 11) % 11
    guard (remainder < 2 ? 0 : 11 - remainder) == digits[11], !digits.isUniform else { return nil }
    return words.isNear(text, groups.start, end) ? end : nil
  }
}

/// The national number of Thailand.
///
/// **Finds** `1-2345-67890-12-1`, the first digit 1 to 8, with the check digit by 11 over weights 13 to 2
/// (Department of Provincial Administration); 13 digits in one run where a word that names it stands near.
///
/// **Does not find** other separators.
enum ThaiID {
  private static let words = ContextWords(
    "บัตรประชาชน", "เลขประจำตัวประชาชน", "thai id", "national id", "id card")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let grouped = groups.end(text, of: 0x1_4521, .hyphen)
    guard let end = grouped ?? groups.end(text, of: 0xD) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    var sum = 0
    for place in 0..<12 { sum += digits[place] * (13 - place) }
    guard (1...8).contains(digits[0]), (11 - sum % 11) % 10 == digits[12] else { return nil }
    return grouped != nil || words.isNear(text, groups.start, end) ? end : nil
  }
}
