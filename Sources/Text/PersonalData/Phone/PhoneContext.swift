/// Telephone numbers that a word near them makes clear.
///
/// **Finds**, where a word such as "call", "phone", "mobile", "fax" or "WhatsApp", or the word of another
/// language, stands at most ``before`` bytes before or ``after`` behind,
/// - seven to fifteen digits (ITU-T E.164) in two to six groups of two and more with spaces, hyphens, full
///   stops, slashes or brackets between them: `(96) 627-277`, `21 212 133 2727`, `555-1234`, `98765 43210`,
///   `612 345 678`;
/// - eight to twelve digits in one run that are neither a date nor seconds since 1970: `5551234567`,
///   `9876543210`, `13800138000`.
///
/// **Does not find** dates, years, decimal numbers, amounts, numbers grouped by thousands with commas, and
/// numbers between which and the word another word says what they are ("order", "invoice", "account", "ID"
/// and their like).
enum PhoneContext {
  /// How far back a word is looked for, in bytes.
  static let before = 32
  /// How far ahead a word is looked for, in bytes: "… (mobile)".
  static let after = 14

  private static let words = ContextWords(
    "call", "phone", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "whatsapp", "sms", "text me",
    "dial",
    "ring", "landline", "hotline", "telefon", "handy", "mobil", "rufnummer", "teléfono", "telefono", "móvil",
    "celular",
    "llama", "llamar", "téléphone", "appeler", "portable", "telefone", "cellulare", "telefoon", "puhelin",
    "tlf", "тел",
    "телефон", "电话", "電話", "手机", "手機", "携帯", "전화", "फोन", "मोबाइल", "هاتف")
  private static let afterWords = ContextWords(
    "mobile", "cell", "fax", "phone", "office", "tel", "landline", "handy")
  private static let others = ContextWords(
    "order", "invoice", "ticket", "account", "isbn", "tracking", "id", "ref", "reference", "serial", "case",
    "imei", "sku",
    "policy", "version", "zip", "code", "pin", "price", "amount", "usd", "eur", "year", "years", "population",
    "function",
    "model", "no such", "sin", "tfn", "bsn", "aadhaar", "ssn")

  static func match(_ text: ScanText, _ groups: DigitGroups) -> ScanSpan? {
    let open = text.at(groups.start - 1) == 0x28
    let from = open ? groups.start - 1 : groups.start
    guard groups.digits >= 7, PhoneRecogniser.startsFree(text, from),
      !PhoneRecogniser.followsNumber(text, from),
      let last = lastGroup(text, groups, open),
      let end = PhoneRecogniser.endWithExtension(text, groups.end(last)),
      isNamed(text, from, end)
    else { return nil }
    return ScanSpan(start: from, end: end)
  }

  /// The number's last group, if the groups may be one.
  private static func lastGroup(_ text: ScanText, _ groups: DigitGroups, _ open: Bool) -> Int? {
    var total = 0
    var last = 0
    var longest = 0
    var depth = open ? 1 : 0
    while true {
      let length = groups.length(last)
      total += length
      longest = max(longest, length)
      // A country code or trunk prefix has one digit, other groups have two and more.
      guard length > 1 || last == 0, last < 6, total <= 15 else { return nil }
      switch groups.separator(last) {
      case .none, .wideSlash: return depth == 0 && fits(text, groups, last, total, longest) ? last : nil
      case .space, .hyphen, .dot, .slash, .wideHyphen: break
      case .close, .closeSpace, .closeHyphen: depth -= 1
      case .spaceOpen, .open, .hyphenOpen: depth += 1
      case .more: return nil
      }
      guard depth == 0 || depth == 1 else { return nil }
      last += 1
    }
  }

  private static func fits(_ text: ScanText, _ groups: DigitGroups, _ last: Int, _ total: Int, _ longest: Int)
    -> Bool
  {
    if last == 0 {
      // Ten digits that begin with 1 are seconds since 1970.
      let lead = text.at(groups.start)
      return total >= 8 && total <= 12 && (lead != 0x31 || total == 11)
        && !(total == 8 && isYear(text, groups.start))
    }
    guard total >= 7, longest >= 3 || last >= 3, longest <= 9, groups.length(last) > 1 else { return false }
    // Dates, spans of years, and decimal numbers.
    if PhoneRecogniser.isDate(text, groups.start) { return false }
    if last == 1 {
      if groups.separator(0) == .dot || groups.separator(0) == .slash { return false }
      if groups.length(0) == 4, groups.length(1) == 4, isYear(text, groups.start) { return false }
      return groups.length(1) >= 4 || groups.length(0) >= 4
    }
    if last == 2, groups.length(0) <= 2, groups.length(1) == 2, isYear(text, groups.begin(2)) { return false }
    return true
  }

  private static func isYear(_ text: ScanText, _ place: Int) -> Bool {
    text.has("19", at: place) || text.has("20", at: place)
  }

  private static func isNamed(_ text: ScanText, _ start: Int, _ end: Int) -> Bool {
    guard words.isBetween(text, start - before, start) || afterWords.isBetween(text, end, end + after) else {
      return false
    }
    return !others.isBetween(text, start - before, start)
  }
}
