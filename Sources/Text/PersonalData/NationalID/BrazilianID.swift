/// Taxpayer numbers of Brazil.
///
/// **Finds** the CPF of persons, `111.444.777-35`, and the CNPJ of companies, which sole traders have too,
/// `11.222.333/0001-81`: each ends in two check digits by 11 (Receita Federal, Instrução Normativa 2.172 and
/// 2.119). In one run, one number of a hundred would pass, so there "CPF" or "CNPJ" must stand near.
///
/// **Does not find** one digit throughout, and the CNPJ with letters that is given out from July 2026 on.
enum BrazilianID {
  private static let words = ContextWords("cpf", "cnpj", "cadastro")

  static func end(_ text: ScanText, _ groups: DigitGroups) -> Int? {
    switch groups.length(0) {
    case 2:
      guard groups.count >= 5, groups.separator(2) == .slash else { return nil }
      return mixed(text, groups, 0x2_3342, 4) { $0 == 2 ? .slash : ($0 == 3 ? .hyphen : .dot) }
    case 3:
      guard groups.count >= 4, groups.separator(2) == .hyphen else { return nil }
      return mixed(text, groups, 0x3332, 3) { $0 == 2 ? .hyphen : .dot }
    default:
      guard let end = groups.end(text, of: 0xB) ?? groups.end(text, of: 0xE),
        isValid(DigitRow(text, groups.start, end)), words.isNear(text, groups.start, end)
      else { return nil }
      return end
    }
  }

  private static func mixed(
    _ text: ScanText, _ groups: DigitGroups, _ pattern: UInt64, _ last: Int,
    _ joint: (Int) -> DigitGroups.Separator
  ) -> Int? {
    for group in 0...last {
      guard groups.length(group) == Int(pattern >> UInt64(4 * (last - group)) & 0xF),
        group == last || groups.separator(group) == joint(group)
      else { return nil }
    }
    let end = groups.end(last)
    let next = groups.separator(last)
    guard groups.startsFree(text), next == .none || next == .space, !text.at(end).isWord,
      isValid(DigitRow(text, groups.start, end))
    else { return nil }
    return end
  }

  private static func isValid(_ digits: DigitRow) -> Bool {
    func check(_ sum: Int) -> Int { sum % 11 < 2 ? 0 : 11 - sum % 11 }
    guard !digits.isUniform else { return false }
    if digits.count == 11 {
      return check(digits.weighted(0xA_9876_5432, 9)) == digits[9]
        && check(digits.weighted(0xBA_9876_5432, 10)) == digits[10]
    }
    return digits.count == 14 && check(digits.weighted(0x5432_9876_5432, 12)) == digits[12]
      && check(digits.weighted(0x6_5432_9876_5432, 13)) == digits[13]
  }
}
