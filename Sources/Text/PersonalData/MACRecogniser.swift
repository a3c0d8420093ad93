/// Addresses of network interfaces (IEEE 802, EUI-48).
///
/// **Finds** six groups of two hexadecimal digits with colons between them (`00:1B:44:11:3A:B7`) or with
/// hyphens (`00-1B-44-11-3A-B7`, of which one digit at least is a letter, since dates and times look alike),
/// and three groups of four with dots as network equipment prints them (`001b.4411.3ab7`), in either case.
///
/// **Does not find** the addresses that are nobody's (all zeros, and all ones, the broadcast), EUI-64 and
/// longer rows such as fingerprints of keys, and twelve digits in one run.
enum MACRecogniser {
  /// Looks at the first colon or hyphen, or the first dot, of an address.
  @inline(never)
  static func match(_ text: ScanText, at joint: Int) -> ScanSpan? {
    let separator = text.at(joint)
    let width = separator == 0x2E ? 4 : 2
    let count = 12 / width
    let start = joint - width
    guard start >= 0, !text.at(start - 1).isWord else { return nil }
    // A joint before the first group makes it one of a longer row; a colon may end a word ("mac:00:…").
    if text.at(start - 1) == separator {
      let isPair = text.at(start - 2).isHex && text.at(start - 3).isHex && !text.at(start - 4).isLetter
      if separator != 0x3A || text.at(start - 2) == 0x3A || isPair { return nil }
    }
    var letters = 0
    var zeros = 0
    var ones = 0
    for group in 0..<count {
      let first = start + group * (width + 1)
      for place in first..<first + width {
        let byte = text.at(place)
        guard byte.isHex else { return nil }
        if byte.isLetter { letters += 1 }
        if byte == 0x30 { zeros += 1 }
        if byte | 0x20 == 0x66 { ones += 1 }
      }
      if group < count - 1, text.at(first + width) != separator { return nil }
    }
    let end = start + count * (width + 1) - 1
    let after = text.at(end)
    guard !after.isWord, after != separator || !text.at(end + 1).isWord else { return nil }
    guard zeros < 12, ones < 12, separator == 0x3A || letters > 0 else { return nil }
    return ScanSpan(start: start, end: end)
  }
}
