/// Internet addresses.
///
/// **Finds** IPv4 as four numbers from 0 to 255 with dots between them (a port or prefix length behind them
/// stays), and IPv6 (RFC 4291, 2.2): eight groups of one to four hexadecimal digits, or fewer with one `::`,
/// the last two perhaps as IPv4.
///
/// **Does not find** the addresses that are nobody's: `127.0.0.1`, `0.0.0.0`, `::1`, `::`. Nor versions
/// (`1.2.3.4.5`, `v1.2.3.4`, `version 1.2.3.4`, `Chrome/120.0.0.0`, `1.2.3.4-beta`), times, hardware
/// addresses (groups of two digits only), names of code such as `std::x` and, because they are names of code
/// as well, compressed forms without any decimal digit (`a::b`) or with one group only (`fe80::`).
enum IPRecogniser {
  /// Looks at the digit at `start`, the first of its run.
  static func matchV4(_ text: ScanText, at start: Int) -> ScanSpan? {
    guard let quad = readQuad(text, start) else { return nil }
    let before = text.at(start - 1)
    let beyond = text.at(start - 2)
    if before.isWord || before == 0x3A && beyond == 0x3A { return nil }
    if before == 0x2E || before == 0x2D { if beyond.isAlphanumeric { return nil } }
    if before == 0x2F && beyond.isLetter { return nil }
    if before == 0x20 && text.hasIgnoringCase("version", at: start - 8) { return nil }
    let after = text.at(quad.end)
    let next = text.at(quad.end + 1)
    if after.isWord || after == 0x40 || (after == 0x2E && next.isDigit) || (after == 0x2D && next.isLetter) {
      return nil
    }
    if quad.value == 0x7F00_0001 || quad.value == 0 { return nil }
    return ScanSpan(start: start, end: quad.end)
  }

  private static func readQuad(_ text: ScanText, _ start: Int) -> (value: UInt32, end: Int)? {
    var place = start
    var value: UInt32 = 0
    for part in 0..<4 {
      if part > 0 {
        guard text.at(place) == 0x2E else { return nil }
        place += 1
      }
      var octet: UInt32 = 0
      let first = place
      while text.at(place).isDigit {
        guard place - first < 3 else { return nil }
        octet = octet * 10 + UInt32(text.at(place) &- 0x30)
        place += 1
      }
      guard place > first, octet <= 255 else { return nil }
      value = value << 8 | octet
    }
    return (value, place)
  }

  /// Looks at the colon at `colon`, the first of its address.
  @inline(never)
  static func matchV6(_ text: ScanText, at colon: Int) -> ScanSpan? {
    var start = colon
    while start > 0, text.base[start - 1].isHex {
      start -= 1
      if colon - start > 4 { return nil }
    }
    let before = text.at(start - 1)
    if before.isWord || before == 0x3A || before == 0x2E { return nil }
    if start == colon, text.at(colon + 1) != 0x3A { return nil }
    var shape = Shape()
    guard let end = read(text, start, &shape) else { return nil }
    let after = text.at(end)
    if after.isWord || after == 0x3A || after == 0x40 || (after == 0x2E && text.at(end + 1).isAlphanumeric) {
      return nil
    }
    if shape.compressed {
      guard shape.groups < 8, shape.groups >= 2, shape.digits > 0 else { return nil }
    } else {
      guard shape.groups == 8, shape.pairs < 8 else { return nil }
    }
    return ScanSpan(start: start, end: end)
  }

  private struct Shape {
    var groups = 0
    var pairs = 0
    var digits = 0
    var compressed = false
  }

  private static func read(_ text: ScanText, _ start: Int, _ shape: inout Shape) -> Int? {
    var place = start
    while true {
      if text.at(place) == 0x3A, text.at(place + 1) == 0x3A, place == start || !shape.compressed {
        if shape.compressed { return nil }
        shape.compressed = true
        place += 2
        if !text.at(place).isHex { return place }
      }
      let first = place
      while text.at(place).isHex, place - first < 4 {
        if text.at(place).isDigit { shape.digits += 1 }
        place += 1
      }
      let length = place - first
      guard length > 0, !text.at(place).isHex else { return nil }
      if text.at(place) == 0x2E, let quad = readQuad(text, first) {
        shape.groups += 2
        return quad.end
      }
      shape.groups += 1
      if length == 2 { shape.pairs += 1 }
      guard text.at(place) == 0x3A, shape.groups < 8 else { return place }
      if text.at(place + 1) == 0x3A {
        if shape.compressed { return nil }
        continue
      }
      // A colon that no group follows is punctuation.
      guard text.at(place + 1).isHex else { return place }
      place += 1
    }
  }
}
