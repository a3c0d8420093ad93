/// Numbers that states give to persons, country by country.
///
/// What each country's recogniser finds and does not find stands at its declaration. All of them hold to one
/// rule: a form with a strong check (a date and a check digit, two check digits, a check letter and a fixed
/// form) counts by itself, a weak one (one check digit in a plain run) only with the separators it is written
/// with or with a word near it that names it (``ContextWords``).
enum NationalIDRecogniser {
  /// Looks at groups of digits that no letter stands before.
  @inline(never)
  static func match(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    let start = groups.start
    let end: Int?
    switch groups.length(0) {
    case 1: end = FrenchID.end(text, groups) ?? ThaiID.end(text, groups)
    case 2:
      end =
        GermanID.end(text, groups) ?? BrazilianID.end(text, groups)
        ?? SpanishID.end(text, groups) ?? BelgianID.end(text, groups) ?? ArgentineID.end(text, groups)
        ?? ChileanID.end(text, groups)
    case 3:
      end =
        BritishID.health(text, groups) ?? BrazilianID.end(text, groups) ?? SwissID.end(text, groups)
        ?? CanadianID.end(text, groups) ?? AustralianID.end(text, groups) ?? DutchID.end(text, groups)
    case 4:
      end =
        IndianID.aadhaar(text, groups) ?? AustralianID.end(text, groups) ?? DutchID.end(text, groups)
        ?? JapaneseID.end(text, groups)
    case 6:
      end =
        FinnishID.end(text, groups) ?? SwedishID.end(text, groups) ?? KoreanID.end(text, groups)
        ?? CzechID.end(text, groups) ?? DanishID.end(text, groups) ?? NorwegianID.end(text, groups)
    case 7: return SpanishID.foreigner(text, groups)
    case 8: end = SpanishID.end(text, groups) ?? SwedishID.end(text, groups) ?? ChileanID.end(text, groups)
    case 9:
      end = DutchID.end(text, groups) ?? CanadianID.end(text, groups) ?? AustralianID.end(text, groups)
    case 10:
      end =
        BritishID.health(text, groups) ?? SwedishID.end(text, groups) ?? DanishID.end(text, groups)
        ?? AustralianID.end(text, groups)
    case 11:
      end =
        GermanID.end(text, groups) ?? NorwegianID.end(text, groups) ?? PolishID.end(text, groups)
        ?? BrazilianID.end(text, groups) ?? TurkishID.end(text, groups) ?? BelgianID.end(text, groups)
        ?? AustralianID.end(text, groups) ?? ArgentineID.end(text, groups)
    case 12:
      end = IndianID.aadhaar(text, groups) ?? SwedishID.end(text, groups) ?? JapaneseID.end(text, groups)
    case 13: end = SouthAfricanID.end(text, groups) ?? SwissID.end(text, groups) ?? ThaiID.end(text, groups)
    case 14: end = BrazilianID.end(text, groups)
    case 15: end = FrenchID.end(text, groups)
    case 17, 18: end = ChineseID.end(text, groups)
    default: return nil
    }
    return end.map { ScanSpan(start: start, end: $0) }
  }

  /// Looks at groups of six digits in all, whose rest stands behind a letter or a sign.
  static func matchSix(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    let end =
      groups.count == 1
      ? FinnishID.end(text, groups) ?? SwedishID.centenarian(text, groups) ?? FrenchID.corsican(text, groups)
      : nil
    if let end { return ScanSpan(start: groups.start, end: end) }
    return BritishID.spaced(text, groups).map { ScanSpan(start: groups.start - 3, end: $0) }
  }

  /// Looks at a token of letters and digits that begins with `letters` letters and ends at `end`.
  @inline(never)
  static func match(_ text: ScanText, token start: Int, _ letters: Int, _ end: Int) -> ScanSpan? {
    let before = text.at(start - 1)
    guard before != 0x2D && before != 0x2E && before != 0x2F && before != 0x40 && before != 0x23,
      text.at(end) != 0x40, !(text.at(end) == 0x2D && text.at(end + 1).isWord)
    else { return nil }
    let matches: Bool
    switch (letters, end - start) {
    case (1, 9): matches = SpanishID.isForeigner(text, start, end) || SingaporeanID.matches(text, start, end)
    case (1, 10): matches = TaiwaneseID.matches(text, start, end)
    case (2, 9): matches = BritishID.isInsurance(text, start)
    case (5, 10): matches = IndianID.isAccount(text, start, end)
    case (6..., 16): matches = ItalianID.matches(text, start)
    case (4, 18): matches = MexicanID.matches(text, start)
    default: return nil
    }
    return matches ? ScanSpan(start: start, end: end) : nil
  }
}
