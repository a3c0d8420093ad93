/// The citizen service number of the Netherlands.
///
/// **Finds** the nine digits of the BSN (also as `1234.56.782` or `123.456.782`), whose sum with weights 9 to
/// 2 and −1 is a multiple of 11 (the "elfproef"; Wet algemene bepalingen burgerservicenummer), where "BSN" or
/// its like stands near: one number of eleven passes the check.
///
/// **Does not find** numbers without such a word, and eight digits without the leading 0.
enum DutchID {
  private static let words = ContextWords(
    "bsn", "burgerservicenummer", "sofinummer", "sofi-nummer", "citizen service")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard
      let end = groups.end(text, of: 0x9) ?? groups.end(text, of: 0x333, .dot)
        ?? groups.end(text, of: 0x423, .dot)
    else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard !digits.isUniform, (digits.weighted(0x9876_5432, 8) - digits[8]) % 11 == 0 else { return nil }
    return words.isNear(text, groups.start, end) ? end : nil
  }
}
