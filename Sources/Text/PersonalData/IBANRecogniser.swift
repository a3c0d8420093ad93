/// International bank account numbers.
///
/// **Finds** a country code, two check digits and the rest in the length that ISO 13616 registers for the
/// country (the IBAN registry kept by SWIFT), in either case, in one run or with single spaces between groups
/// of four, whose remainder by 97 is 1 (ISO 7064, MOD 97-10) and which holds at least six digits.
///
/// **Does not find** numbers with a wrong check, other separators, countries outside the registry, and
/// letters and digits that are part of a longer word.
enum IBANRecogniser {
  /// Looks at the check digits at `digit`; the country code stands before them.
  @inline(never)
  static func match(_ text: ScanText, at digit: Int) -> ScanSpan? {
    let start = digit - 2
    guard start >= 0, text.at(digit + 1).isDigit, !text.at(start - 1).isWord else { return nil }
    let length = registeredLength(text.at(start), text.at(start + 1))
    guard length > 0 else { return nil }
    var place = start
    var digits = 0
    // The remainder of the rest and then of country and check, which count as if they stood at the end.
    var remainder = 0
    var head = 0
    var taken = 0
    while taken < length {
      var byte = text.at(place)
      if byte == 0x20, taken % 4 == 0 {
        place += 1
        byte = text.at(place)
      }
      guard byte.isAlphanumeric else { return nil }
      let value = byte.isDigit ? Int(byte &- 0x30) : Int((byte | 0x20) &- 0x61) + 10
      if byte.isDigit { digits += 1 }
      if taken < 4 {
        head = (head * (value > 9 ? 100 : 10) + value)
      } else {
        remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
      }
      taken += 1
      place += 1
    }
    guard !text.at(place).isWord, text.at(place) != 0x40, digits >= 6 else { return nil }
    // Two letters of two digits each and two check digits: six places.
    return (remainder * 1_000_000 + head) % 97 == 1 ? ScanSpan(start: start, end: place) : nil
  }

  /// The registered length of a country's numbers, or 0.
  private static func registeredLength(_ first: UInt8, _ second: UInt8) -> Int {
    guard first.isLetter, second.isLetter else { return 0 }
    let key = UInt16(first & 0xDF) << 8 | UInt16(second & 0xDF)
    var low = 0
    var high = Self.lengths.count
    while low < high {
      let middle = (low + high) / 2
      if Self.lengths[middle] >> 8 < UInt32(key) { low = middle + 1 } else { high = middle }
    }
    guard low < Self.lengths.count, Self.lengths[low] >> 8 == UInt32(key) else { return 0 }
    return Int(Self.lengths[low] & 0xFF)
  }

  /// Country code in the upper bytes and length in the lowest, sorted.
  private static let lengths: [UInt32] = {
    let registry = """
      AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 \
      DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 \
      IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 \
      MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 \
      SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
      """
    return registry.split(separator: " ").map { entry in
      let bytes = Array(entry.utf8)
      let length = UInt32(bytes[2] &- 0x30) * 10 + UInt32(bytes[3] &- 0x30)
      return UInt32(bytes[0]) << 16 | UInt32(bytes[1]) << 8 | length
    }
  }()
}
