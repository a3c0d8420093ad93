/// The social insurance number of Canada.
///
/// **Finds** nine digits, in one run or as `046 454 286` or `046-454-286`, that begin with 1 to 7 or 9 or the
/// 0 of the published example, pass the check of Luhn and have "SIN", "social insurance" or the French "NAS"
/// near: one number of ten passes the check (Employment and Social Development Canada).
///
/// **Does not find** numbers without such a word.
enum CanadianID {
  private static let words = ContextWords(
    "sin", "social insurance", "nas", "assurance sociale", "social-insurance")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    guard
      let end = groups.end(text, of: 0x9) ?? groups.end(text, of: 0x333, .space)
        ?? groups.end(text, of: 0x333, .hyphen)
    else { return nil }
    let digits = DigitRow(text, groups.start, end)
    guard digits[0] != 8, !digits.isUniform, digits.passesLuhn() else { return nil }
    return words.isNear(text, groups.start, end) ? end : nil
  }
}

/// The population registry code of Mexico.
///
/// **Finds** the 18 characters of the CURP in capitals: four letters, six digits of a date, H, M or X for the
/// sex, five letters, a letter or digit and the check digit, the sum by 10 over weights 18 to 2 in
/// `0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ` (SEGOB, Instructivo normativo para la asignación de la CURP).
///
/// **Does not find** codes in small letters, and the RFC of tax payers.
enum MexicanID {
  static func matches(_ text: ScanText, _ start: Int) -> Bool {
    var sum = 0
    for place in 0..<18 {
      let byte = text.at(start + place)
      switch place {
      case 0..<4, 11..<16: guard byte.isUpper else { return false }
      case 4..<10, 17: guard byte.isDigit else { return false }
      case 10: guard byte == 0x48 || byte == 0x4D || byte == 0x58 else { return false }
      default: guard byte.isUpper || byte.isDigit else { return false }
      }
      // Ñ stands between N and O.
      let value = byte.isDigit ? Int(byte &- 0x30) : Int(byte &- 0x41) + (byte > 0x4E ? 11 : 10)
      guard place < 17 else { return (10 - sum % 10) % 10 == value && isDate(text, start) }
      sum += value * (18 - place)
    }
    return false
  }

  private static func isDate(_ text: ScanText, _ start: Int) -> Bool {
    let digits = DigitRow(text, start + 4, start + 10)
    return DigitRow.isDate(month: digits.number(2, 2), day: digits.number(4, 2))
  }
}

/// Taxpayer numbers of Argentina.
///
/// **Finds** CUIT and CUIL of persons, `20-12345678-6`, with a prefix of 20, 23, 24, 25, 26 or 27 and the
/// check digit by 11 with weights 5 4 3 2 7 6 5 4 3 2 (AFIP); in one run where "CUIT" or "CUIL" stands near.
///
/// **Does not find** numbers of companies (30, 33, 34), and the DNI, which has no check.
enum ArgentineID {
  private static let words = ContextWords("cuit", "cuil")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let grouped = groups.end(text, of: 0x281, .hyphen)
    guard let end = grouped ?? groups.end(text, of: 0xB) else { return nil }
    let digits = DigitRow(text, groups.start, end)
    switch digits.number(0, 2) {
    case 20, 23...27: break
    default: return nil
    }
    let check = 11 - digits.weighted(0x54_3276_5432, 10) % 11
    guard digits[10] == (check == 10 ? 9 : check % 11) else { return nil }
    return grouped != nil || words.isNear(text, groups.start, end) ? end : nil
  }
}

/// The national number of Chile.
///
/// **Finds** the RUT as `12.345.678-5` or `12345678-5`, with seven or eight digits and the check by 11 with
/// weights 2 to 7 from the right, K for 10 (Servicio de Registro Civil). Without dots "RUT" or "RUN" must
/// stand near.
///
/// **Does not find** numbers in one run.
enum ChileanID {
  private static let words = ContextWords("rut", "run", "rol único", "rol unico")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    let dotted =
      groups.length(0) == 2 && groups.count >= 3 && groups.length(1) == 3 && groups.length(2) == 3
      && groups.separator(0) == .dot && groups.separator(1) == .dot
    guard dotted || groups.length(0) == 8, groups.startsFree(text) else { return nil }
    let last = groups.end(dotted ? 2 : 0)
    guard text.at(last) == 0x2D, !text.at(last + 2).isWord, text.at(last + 2) != 0x2D else { return nil }
    let digits = DigitRow(text, groups.start, last)
    guard !digits.isUniform else { return nil }
    let check = 11 - digits.weighted(0x3276_5432, 8) % 11
    let byte = text.at(last + 1)
    let value = byte.isDigit ? Int(byte &- 0x30) : (byte | 0x20 == 0x6B ? 10 : -1)
    guard value == check % 11 else { return nil }
    return dotted || words.isNear(text, groups.start, last + 2) ? last + 2 : nil
  }
}
