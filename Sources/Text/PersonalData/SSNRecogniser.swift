/// Social Security numbers of the United States, and taxpayer numbers of the same form.
///
/// **Finds**
/// - three, two and four digits with hyphens or single spaces between them, whose area is 001 to 899 without
///   666, whose group is not 00 and whose serial is not 0000 (Social Security Administration, "Meaning of the
///   Social Security Number" and, since 2011, "SSN Randomization");
/// - taxpayer numbers (ITIN): area 900 to 999 with group 50–65, 70–88, 90–92 or 94–99 (Internal Revenue
///   Service, "General ITIN Information"), in the same forms;
/// - nine digits in one run of the same validity, where a word such as "SSN" or "social security" stands
///   near.
///
/// **Does not find** numbers that the administration published and withdrew (078-05-1120, 219-09-9999), nine
/// digits without such a word, and digits that a word, sign or longer row of numbers runs into. There is no
/// check digit: a part number of this form is taken for one.
enum SSNRecogniser {
  private static let words = ContextWords(
    "ssn", "ssns", "social security", "soc sec", "social-security", "itin", "taxpayer id",
    "taxpayer identification")

  static func match(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    let start = groups.start
    switch groups.length(0) {
    case 3:
      guard let end = groups.end(text, of: 0x324, .hyphen) ?? groups.end(text, of: 0x324, .space) else {
        return nil
      }
      return isValid(DigitRow(text, start, end)) ? ScanSpan(start: start, end: end) : nil
    case 9:
      guard let end = groups.end(text, of: 0x9), isValid(DigitRow(text, start, end)),
        words.isNear(text, start, end)
      else { return nil }
      return ScanSpan(start: start, end: end)
    default: return nil
    }
  }

  private static func isValid(_ digits: DigitRow) -> Bool {
    let number = digits.number(0, 9)
    let (area, group, serial) = (number / 1_000_000, number / 10_000 % 100, number % 10_000)
    guard area > 0, area != 666, group > 0, serial > 0, number != 78_051_120, number != 219_099_999 else {
      return false
    }
    guard area >= 900 else { return true }
    switch group {
    case 50...65, 70...88, 90...92, 94...99: return true
    default: return false
    }
  }
}
