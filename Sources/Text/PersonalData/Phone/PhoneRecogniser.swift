/// Telephone numbers that their shape makes clear.
///
/// **Finds**
/// - `+` or `00` and a country code, 8 to 15 digits (ITU-T E.164) with single separators ` `, `-`, `.`, `/`
///   or brackets, such as `+49 (0) 30 1234567`; behind `00` at least 10 digits; behind country code 1 exactly
///   10, the first of them 2 to 9;
/// - North America (NANP): `(415) 555-0132`, `415-555-0132`, `415.555.0132`, `415 555 0132`, each also after
///   `1`, where area and exchange begin with 2 to 9;
/// - France: `06 12 34 56 78` with spaces, dots or hyphens;
/// - United Kingdom: `07700900123` in one run, `07700 900123`, `020 7946 0958`;
/// - Germany, and others that dial a 0 first: a group of 3 to 5 digits beginning `0` and 1 to 9 (2 to 5 in
///   brackets) and one to three groups of 2 to 8, 10 to 12 digits in all (9 to 12 with brackets), such as
///   `030/12345678`, `0412 345 678` (Australia), `090-1234-5678` (Japan), `044 668 18 00` (Switzerland);
/// - areas of one digit behind the 0: `02 9374 4000`, `03-1234-5678`, `06-12345678`, `08-123 456 78`;
/// - Brazil: `(11) 91234-5678`, `(11) 3456-7890`; China: `131 2345 6789`; India: `081234 56789`; Russia: `8
///   (912) 345-67-89`;
/// - an extension behind it: `x123`, ` ext. 123`, ` extension 123`, up to six digits;
/// - what else ``PhoneContext`` takes for one where a word such as "call" or "mobile" stands near.
///
/// **Does not find**, without such a word, bare runs of digits (but for `+`, `00` and `07`), local numbers
/// without area, dates, times, decimal numbers, ISBNs, versions, account and order numbers; nor, ever, digits
/// that a word, `#`, `$` or another number runs into. It prefers to miss a number over taking a plain one for
/// a telephone. The forms are those of ITU-T E.123 and of the countries' numbering plans.
enum PhoneRecogniser {
  typealias Separator = DigitGroups.Separator

  static func match(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    (groups.digits > 7 ? clear(text, groups) : nil) ?? PhoneContext.match(text, groups)
  }

  /// Numbers that need no word near them.
  private static func clear(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    let start = groups.start
    let before = text.at(start - 1)
    if before == 0x2B { return international(text, groups) }
    let open = before == 0x28
    let from = open ? start - 1 : start
    guard startsFree(text, from) else { return nil }
    if text.at(start) == 0x30 {
      if text.at(start + 1) == 0x30 {
        return open || followsNumber(text, from) ? nil : dialledInternational(text, groups)
      }
      return withTrunkPrefix(text, groups, open: open, from: from)
    }
    if let span = northAmerican(text, groups, open: open, from: from) { return span }
    return open ? brazilian(text, groups) : chinese(text, groups) ?? russian(text, groups)
  }

  // MARK: Edges

  /// Whether nothing runs into the number from the left.
  static func startsFree(_ text: ScanText, _ from: Int) -> Bool {
    let before = text.at(from - 1)
    if before.isWord { return false }
    switch before {
    case 0x23, 0x24, 0x2B, 0x40: return false  // # $ + @
    case 0x2D: return !text.at(from - 2).isAlphanumeric
    case 0x2E where text.at(from - 2).isHex && text.at(from - 3).isDigit: return false
    case 0x2E, 0x2F, 0x3A, 0x2C, 0x29: return !text.at(from - 2).isDigit
    default: return true
    }
  }

  /// Whether nothing runs into the number from the right, once the groups behind it have been judged.
  private static func endsFree(_ text: ScanText, _ end: Int) -> Bool {
    let after = text.at(end)
    if after.isWord || after == 0x40 { return false }
    let isJoint = after == 0x2D || after == 0x2E || after == 0x2F || after == 0x3A || after == 0x2C
    return !(isJoint && text.at(end + 1).isDigit)
  }

  /// The end with an extension, where there is one; nil if something runs into the number.
  static func endWithExtension(_ text: ScanText, _ end: Int) -> Int? {
    var place = end
    if text.at(place) == 0x2C { place += 1 }
    if text.at(place) == 0x20 { place += 1 }
    if text.hasIgnoringCase("extension", at: place) {
      place += 9
    } else if text.hasIgnoringCase("ext", at: place) {
      place += text.at(place + 3) == 0x2E ? 4 : 3
    } else if text.at(place) | 0x20 == 0x78 {
      place += 1
    } else {
      return endsFree(text, end) ? end : nil
    }
    if text.at(place) == 0x20 { place += 1 }
    let digits = place
    while text.at(place).isDigit, place - digits <= 6 { place += 1 }
    if place > digits, place - digits <= 6, endsFree(text, place) { return place }
    return endsFree(text, end) ? end : nil
  }

  /// Whether a number stands one space before.
  static func followsNumber(_ text: ScanText, _ from: Int) -> Bool {
    text.at(from - 1) == 0x20 && text.at(from - 2).isDigit
  }

  static func isSpaceLike(_ separator: Separator) -> Bool {
    separator == .none || separator == .space || separator == .spaceOpen || separator == .wideHyphen
      || separator == .wideSlash
  }

  // MARK: International

  private static func international(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    let plus = groups.start - 1
    let before = text.at(plus - 1)
    if before.isWord || before == 0x2B || before == 0x29 { return nil }
    // In "(+49) 30 …" the bracket belongs to the number.
    let opened = before == 0x28
    guard let end = internationalEnd(text, groups, skip: 0, least: 8, opened: opened) else { return nil }
    let closes = opened && (1..<groups.count).contains { groups.begin($0) < end && isClose(groups, $0 - 1) }
    return ScanSpan(start: closes ? plus - 1 : plus, end: end)
  }

  private static func dialledInternational(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    internationalEnd(text, groups, skip: 2, least: 10, opened: false).map {
      ScanSpan(start: groups.start, end: $0)
    }
  }

  private static func isClose(_ groups: DigitGroups, _ group: Int) -> Bool {
    switch groups.separator(group) {
    case .close, .closeSpace, .closeHyphen: true
    default: false
    }
  }

  /// Where an international number ends whose first `skip` digits are the prefix `00`.
  private static func internationalEnd(
    _ text: ScanText, _ groups: DigitGroups, skip: Int, least: Int, opened: Bool
  ) -> Int? {
    var countryAt = groups.start + skip
    if groups.length(0) == skip, groups.count > 1 { countryAt = groups.begin(1) }
    let country = text.at(countryAt)
    guard country.isDigit, country != 0x30 else { return nil }
    var best: Int?
    var total = -skip
    var depth = opened ? 1 : 0
    for group in 0..<groups.count {
      if group > 0, isDate(text, groups.begin(group)) { break }
      total += groups.length(group)
      if total > 15 { break }
      let separator = groups.separator(group)
      if isSpaceLike(separator), depth == 0 || opened {
        let fits =
          country == 0x31 ? total == 11 && isNorthAmericanArea(text, countryAt, groups) : total >= least
        if fits, !isMostlyZero(text, countryAt, groups.end(group), total), !isDecimal(groups, group),
          let end = endWithExtension(text, groups.end(group))
        {
          best = end
        }
      }
      switch separator {
      case .spaceOpen, .open, .hyphenOpen: depth += 1
      case .close, .closeSpace, .closeHyphen: depth -= 1
      case .none, .more: return best
      default: break
      }
      if depth < 0 || depth > 1 { break }
    }
    return best
  }

  private static func isNorthAmericanArea(_ text: ScanText, _ country: Int, _ groups: DigitGroups) -> Bool {
    var place = country + 1
    while !text.at(place).isDigit, place < country + 4 { place += 1 }
    return text.at(place) >= 0x32 && text.at(place) <= 0x39
  }

  /// `+20 000 000` is growth, not a number to dial.
  private static func isMostlyZero(_ text: ScanText, _ start: Int, _ end: Int, _ total: Int) -> Bool {
    var zeros = 0
    for place in start..<end where text.base[place] == 0x30 { zeros += 1 }
    return zeros >= total - 2
  }

  /// `+3.14159265`: one dot only.
  private static func isDecimal(_ groups: DigitGroups, _ last: Int) -> Bool {
    last == 1 && groups.separator(0) == .dot
  }

  /// Whether a date such as 2026-11-20 begins here.
  static func isDate(_ text: ScanText, _ place: Int) -> Bool {
    let century = text.at(place + 1)
    guard (text.at(place) == 0x31 && century == 0x39) || (text.at(place) == 0x32 && century == 0x30) else {
      return false
    }
    let joint = text.at(place + 4)
    return (joint == 0x2D || joint == 0x2F || joint == 0x2E) && text.at(place + 7) == joint
      && text.at(place + 8).isDigit
  }

  // MARK: National

  private static func northAmerican(_ text: ScanText, _ groups: DigitGroups, open: Bool, from: Int)
    -> ScanSpan?
  {
    let first = text.at(groups.start) == 0x31 && groups.length(0) == 1 && !open ? 1 : 0
    let last = first + 2
    guard groups.count > last, groups.length(first) == 3, groups.length(first + 1) == 3,
      groups.length(last) == 4, text.at(groups.begin(first)) >= 0x32, text.at(groups.begin(first + 1)) >= 0x32
    else { return nil }
    let left = groups.separator(first)
    let right = groups.separator(first + 1)
    var bracketed = open
    if first == 1 {
      switch groups.separator(0) {
      case .spaceOpen, .open, .hyphenOpen: bracketed = true
      case .space: break
      case left where left == .hyphen || left == .dot: break
      default: return nil
      }
    }
    let rightIsPlain = right == .hyphen || right == .dot || right == .space
    if bracketed {
      guard left == .close || left == .closeSpace || left == .closeHyphen, rightIsPlain else { return nil }
    } else {
      guard rightIsPlain, left == right || (left == .slash && right == .hyphen) else { return nil }
    }
    // Three plain numbers in a longer row of numbers are no telephone number.
    let next = groups.separator(last)
    guard isSpaceLike(next) else { return nil }
    if right == .space, !bracketed, next != .none || followsNumber(text, from) { return nil }
    return endWithExtension(text, groups.end(last)).map { ScanSpan(start: from, end: $0) }
  }

  private static func withTrunkPrefix(_ text: ScanText, _ groups: DigitGroups, open: Bool, from: Int)
    -> ScanSpan?
  {
    let area = groups.length(0)
    guard text.at(groups.start + 1).isDigit else { return nil }
    if groups.count == 1 || (area == 11 && isSpaceLike(groups.separator(0))) {
      let isMobile = area == 11 && text.at(groups.start + 1) == 0x37 && text.at(groups.start + 2) >= 0x31
      return isMobile && endsFree(text, groups.end(0)) ? ScanSpan(start: from, end: groups.end(0)) : nil
    }
    if !open, followsNumber(text, from) { return nil }
    let first = groups.separator(0)
    if area == 2, !open { return french(text, groups, first) ?? shortArea(text, groups) }
    if area == 6, let end = groups.end(text, of: 0x65, .space) { return ScanSpan(start: from, end: end) }
    guard area >= (open ? 2 : 3), area <= 5 else { return nil }
    if open {
      guard first == .close || first == .closeSpace || first == .closeHyphen else { return nil }
    } else {
      switch first {
      case .space, .hyphen, .slash, .dot, .wideSlash, .wideHyphen: break
      default: return nil
      }
    }
    var total = area
    var spaced = first == .space
    for group in 1..<groups.count {
      let length = groups.length(group)
      total += length
      guard group <= 3, (2...8).contains(length), total <= 12 else { return nil }
      let next = groups.separator(group)
      if next == .none || (isSpaceLike(next) && !spaced && total >= 10) {
        if first == .dot, group < 2 { return nil }
        guard total >= (open ? 9 : 10), endsFree(text, groups.end(group)) else { return nil }
        return ScanSpan(start: from, end: groups.end(group))
      }
      switch next {
      case .space: spaced = true
      case .hyphen, .wideHyphen: break
      case .dot where first == .dot: break
      default: return nil
      }
    }
    return nil
  }

  /// Five pairs with one separator throughout.
  private static func french(_ text: ScanText, _ groups: DigitGroups, _ separator: Separator) -> ScanSpan? {
    guard separator == .space || separator == .dot || separator == .hyphen, groups.count >= 5 else {
      return nil
    }
    for group in 0..<5 {
      guard groups.length(group) == 2 else { return nil }
      if group < 4, groups.separator(group) != separator { return nil }
    }
    let next = groups.separator(4)
    guard isSpaceLike(next), next != separator, endsFree(text, groups.end(4)) else { return nil }
    return ScanSpan(start: groups.start, end: groups.end(4))
  }

  /// An area of one digit behind the 0.
  private static func shortArea(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    let last: Int
    switch (groups.count > 1 ? groups.length(1) : 0, groups.count > 2 ? groups.length(2) : 0) {
    case (8, _): last = 1
    case (4, 4): last = 2
    case (3, 4) where groups.separator(0) == groups.separator(1): last = 2
    case (3, 3) where groups.count > 3 && groups.length(3) == 2 && groups.separator(0) == .hyphen: last = 3
    case (3, 2) where groups.count > 3 && groups.length(3) == 2 && groups.separator(0) == .hyphen: last = 3
    default: return nil
    }
    for group in 0..<last {
      switch groups.separator(group) {
      case .space, .hyphen: break
      default: return nil
      }
    }
    let next = groups.separator(last)
    guard next == .none || (isSpaceLike(next) && groups.separator(last - 1) != .space) else { return nil }
    return endWithExtension(text, groups.end(last)).map { ScanSpan(start: groups.start, end: $0) }
  }

  /// Two digits of an area in brackets, without a 0, and four or five and four.
  private static func brazilian(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    guard groups.count >= 3, groups.length(0) == 2, groups.length(2) == 4, text.at(groups.start + 1) != 0x30,
      groups.separator(0) == .close || groups.separator(0) == .closeSpace, groups.separator(1) == .hyphen,
      groups.length(1) == 4 || (groups.length(1) == 5 && text.at(groups.begin(1)) == 0x39),
      isSpaceLike(groups.separator(2))
    else { return nil }
    return endWithExtension(text, groups.end(2)).map { ScanSpan(start: groups.start - 1, end: $0) }
  }

  /// Three, four and four digits, the first 1 and 3 to 9.
  private static func chinese(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    guard text.at(groups.start) == 0x31, (0x33...0x39).contains(text.at(groups.start + 1)),
      let end = groups.end(text, of: 0x344, .space) ?? groups.end(text, of: 0x344, .hyphen)
    else { return nil }
    return ScanSpan(start: groups.start, end: end)
  }

  /// The 8 that is dialled first, three in brackets, three, two and two.
  private static func russian(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    guard groups.count >= 5, text.at(groups.start) == 0x38, groups.length(0) == 1, groups.length(1) == 3,
      groups.length(2) == 3, groups.length(3) == 2, groups.length(4) == 2, groups.separator(0) == .spaceOpen,
      groups.separator(1) == .closeSpace || groups.separator(1) == .close, isSpaceLike(groups.separator(4)),
      endsFree(text, groups.end(4))
    else { return nil }
    return ScanSpan(start: groups.start, end: groups.end(4))
  }
}
