/// The social security number of France.
///
/// **Finds** the NIR: a digit for the sex (1, 2, or 3, 4, 7, 8 while it is being given out), two of the year,
/// two of the month (01–12, 20–42 and 50–99 where it is not known), two of the department (2A and 2B for
/// Corsica), three of the commune, three of the order and two of the key, 97 less the remainder by 97 (INSEE;
/// decree 82-103). Either 15 characters in one run, or as `1 85 05 78 006 084 36`.
///
/// **Does not find** numbers without their key, and other separators.
enum FrenchID {
  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    if let end = groups.end(text, of: 0x1222_332, .space) ?? groups.end(text, of: 0xF) {
      return isValid(DigitRow(text, groups.start, end)) ? end : nil
    }
    return nil
  }

  /// `185052A00608436` at the digits before the letter of Corsica.
  static func corsican(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let start = groups.start
    let letter = text.at(start + 6)
    guard groups.length(0) == 6, letter == 0x41 || letter == 0x42, groups.startsFree(text) else { return nil }
    let rest = DigitRow(text, start + 7, start + 15)
    guard rest.count == 8, !text.at(start + 15).isWord else { return nil }
    let head = DigitRow(text, start, start + 6)
    guard head[5] == 2, isHead(head) else { return nil }
    // A and B count as 0, less one and two millions (decree 82-103).
    let number =
      (head.number(0, 6) * 10) * 1_000_000 + rest.number(0, 6) - (letter == 0x41 ? 1_000_000 : 2_000_000)
    return 97 - number % 97 == rest.number(6, 2) ? start + 15 : nil
  }

  private static func isHead(_ digits: DigitRow) -> Bool {
    switch digits[0] {
    case 1, 2, 3, 4, 7, 8: break
    default: return false
    }
    switch digits.number(3, 2) {
    case 1...12, 20...42, 50...99: return true
    default: return false
    }
  }

  private static func isValid(_ digits: DigitRow) -> Bool {
    guard digits.count == 15, isHead(digits), digits.number(5, 2) > 0 else { return false }
    return 97 - digits.number(0, 13) % 97 == digits.number(13, 2)
  }
}
