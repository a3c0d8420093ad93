/// Payment card numbers.
///
/// **Finds** 13 to 19 digits, in one run or grouped as on cards (by four, 4-6-4, 4-6-5 or 6-13) with one
/// space or one hyphen between them, the same everywhere, that begin like a card of a known issuer, have a
/// length which that issuer uses and pass the check digit of Luhn (ISO/IEC 7812-1, annex B). Issuers and
/// lengths (ISO/IEC 7812 ranges as published by the networks): Visa 4 (13, 16, 19) · Mastercard 51–55 and
/// 2221–2720 (16) · American Express 34, 37 (15) · Discover 6011, 644–649, 65 (16–19) · Diners 36, 38, 39,
/// 300–305, 3095 (14, 16–19) · JCB 3528–3589 (16–19) · UnionPay 62, 81 (16–19) · Maestro 5018, 5020, 5038,
/// 5893, 6304, 6759, 6761–6763 (13–19). Of several readings of grouped digits the longest counts, so that a
/// check number behind a card may go with it.
///
/// **Does not find** numbers with a wrong check digit, other networks, numbers that are cut or masked, digits
/// that are part of a longer run, word, decimal number or hyphenated number, and groups in a table of
/// hexadecimal numbers.
enum CardRecogniser {
  static func match(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    guard groups.digits >= 13, startsFree(text, groups.start) else { return nil }
    var total = 0
    var best: Int?
    let separator = groups.separator(0)
    for group in 0..<groups.count {
      total += groups.length(group)
      if total > 19 { break }
      if total >= 13, isGroupedLikeCard(groups, group), endsFree(text, groups, group),
        isCard(text, groups.start, groups.end(group), total)
      {
        best = groups.end(group)
      }
      let next = groups.separator(group)
      guard next == separator, next == .space || next == .hyphen else { break }
    }
    guard let best, groups.count == 1 || !groups.isAmongHex(text, best) else { return nil }
    return ScanSpan(start: groups.start, end: best)
  }

  private static func startsFree(_ text: ScanText, _ start: Int) -> Bool {
    let before = text.at(start - 1)
    if before.isWord || before == 0x2B { return false }
    if before == 0x2D || before == 0x2E { return !text.at(start - 2).isDigit }
    return true
  }

  private static func isGroupedLikeCard(_ groups: DigitGroups, _ last: Int) -> Bool {
    if last == 0 { return true }
    let final = groups.length(last)
    if last == 1, groups.length(0) == 6 { return final == 13 }
    if last == 2, groups.length(0) == 4, groups.length(1) == 6 { return final == 4 || final == 5 }
    return final <= 4 && (0..<last).allSatisfy { groups.length($0) == 4 }
  }

  private static func endsFree(_ text: ScanText, _ groups: DigitGroups, _ group: Int) -> Bool {
    switch groups.separator(group) {
    case .hyphen, .dot, .more: return false
    default:
      let after = text.at(groups.end(group))
      return !after.isWord && after != 0x40
    }
  }

  private static func isCard(_ text: ScanText, _ start: Int, _ end: Int, _ total: Int) -> Bool {
    var prefix = 0
    var taken = 0
    var place = start
    while taken < 4 {
      let byte = text.at(place)
      if byte.isDigit {
        prefix = prefix * 10 + Int(byte &- 0x30)
        taken += 1
      }
      place += 1
    }
    return allows(prefix, total) && passesLuhn(text, start, end)
  }

  /// Whether an issuer's numbers begin with these four digits and have this length.
  private static func allows(_ prefix: Int, _ total: Int) -> Bool {
    switch prefix {
    case 4000...4999: total == 13 || total == 16 || total == 19
    case 5100...5599, 2221...2720: total == 16
    case 3400...3499, 3700...3799: total == 15
    case 6011, 6440...6599, 6200...6299, 8100...8199, 3528...3589: total >= 16
    case 3600...3699, 3800...3999, 3000...3059, 3095: total == 14 || total >= 16
    case 5018, 5020, 5038, 5893, 6304, 6759, 6761...6763: total >= 13
    default: false
    }
  }

  private static func passesLuhn(_ text: ScanText, _ start: Int, _ end: Int) -> Bool {
    var sum = 0
    var doubled = false
    var place = end - 1
    while place >= start {
      let byte = text.base[place]
      place -= 1
      guard byte.isDigit else { continue }
      var value = Int(byte &- 0x30)
      if doubled { value = value > 4 ? value * 2 - 9 : value * 2 }
      sum += value
      doubled.toggle()
    }
    return sum % 10 == 0
  }
}
