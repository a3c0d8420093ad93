/// Numbers of the United Kingdom.
///
/// **Finds**
/// - National Insurance numbers: two letters, six digits in one run or in pairs with spaces, and a letter A
///   to D, in capitals. The first letter is none of D F I Q U V, the second none of these and not O, and the
///   pair none of BG GB KN NK NT TN ZZ (HM Revenue & Customs, National Insurance Manual, NIM39110);
/// - NHS numbers: ten digits whose last is the check by 11 with weights 10 to 2 (NHS Data Dictionary), as
///   `943 476 5919` or with hyphens where the middle group cannot be a telephone exchange (it begins with 0
///   or 1), else, and in one run, where "NHS" stands near.
///
/// **Does not find** National Insurance numbers in small letters or with other separators.
enum BritishID {
  private static let words = ContextWords("nhs", "nhs-number", "health service")

  static func health(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard
      let end = groups.end(text, of: 0x334, .space) ?? groups.end(text, of: 0x334, .hyphen)
        ?? groups.end(text, of: 0xA)
    else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard digits.count == 10, !digits.isUniform else { return nil }
    let check = 11 - digits.weighted(0xA_9876_5432, 9) % 11
    guard check % 11 == digits[9], check != 10 else { return nil }
    let isGrouped = groups.length(0) == 3 && digits[3] < 2 && digits[0] > 2
    return isGrouped || words.isNear(text, groups.start, end) ? end : nil
  }

  /// Whether nine letters and digits at `start` are a National Insurance number.
  static func isInsurance(_ text: ScanText, _ start: Int) -> Bool {
    for place in start + 2..<start + 8 where !text.at(place).isDigit { return false }
    return hasPrefix(text, start) && isSuffix(text.at(start + 8))
  }

  /// `QQ 12 34 56 C`; the groups begin behind the letters.
  static func spaced(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let start = groups.start
    guard groups.count == 3, groups.length(1) == 2, groups.length(2) == 2, groups.separator(0) == .space,
      groups.separator(1) == .space, text.at(start - 1) == 0x20, hasPrefix(text, start - 3),
      !text.at(start - 4).isWord
    else { return nil }
    let end = groups.end(2)
    guard text.at(end) == 0x20, isSuffix(text.at(end + 1)), !text.at(end + 2).isWord else { return nil }
    return end + 2
  }

  private static func isSuffix(_ byte: UInt8) -> Bool { byte &- 0x41 < 4 }

  private static func hasPrefix(_ text: ScanText, _ start: Int) -> Bool {
    let (first, second) = (text.at(start), text.at(start + 1))
    guard first.isUpper, second.isUpper, !isExcluded(first), !isExcluded(second), second != 0x4F else {
      return false
    }
    switch (first, second) {
    case (0x42, 0x47), (0x47, 0x42), (0x4B, 0x4E), (0x4E, 0x4B), (0x4E, 0x54), (0x54, 0x4E), (0x5A, 0x5A):
      return false
    default: return true
    }
  }

  private static func isExcluded(_ letter: UInt8) -> Bool {
    switch letter {
    case 0x44, 0x46, 0x49, 0x51, 0x55, 0x56: true  // D F I Q U V
    default: false
    }
  }
}
