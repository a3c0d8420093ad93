/// Private keys in the armour of RFC 7468 and of OpenPGP (RFC 9580), read once from begin to end.
struct PrivateKeyRecogniser {
  /// Set once no END line is ahead, so that a text of many BEGIN lines is searched once.
  private var noEndAhead = false

  /// Looks at the first of five hyphens at `place`.
  @inline(never)
  mutating func match(_ text: ScanText, _ place: Int) -> ScanSpan? {
    guard text.has("-----BEGIN ", at: place), let body = lineEnd(text, place + 11) else { return nil }
    var isPrivate = false
    for start in place + 11..<body where text.has("PRIVATE KEY", at: start) { isPrivate = true }
    guard isPrivate else { return nil }
    if !noEndAhead {
      var next = body
      while next < text.count {
        if text.base[next] == 0x2D, text.has("-----END ", at: next) {
          return ScanSpan(start: place, end: lineEnd(text, next + 9) ?? next + 9)
        }
        next += 1
      }
      noEndAhead = true
    }
    return hasBody(text, body) ? ScanSpan(start: place, end: text.count) : nil
  }

  /// Where the five hyphens behind a label of capitals, digits and spaces end.
  private func lineEnd(_ text: ScanText, _ start: Int) -> Int? {
    var place = start
    while place - start <= 40 {
      let byte = text.at(place)
      if byte == 0x2D { return text.has("-----", at: place) ? place + 5 : nil }
      guard byte.isUpper || byte.isDigit || byte == 0x20 else { return nil }
      place += 1
    }
    return nil
  }

  /// Whether 16 bytes of base64 in a row stand in the next 256.
  private func hasBody(_ text: ScanText, _ start: Int) -> Bool {
    var length = 0
    for place in start..<min(text.count, start + 256) {
      let byte = text.base[place]
      let belongs = byte.isAlphanumeric || byte == 0x2B || byte == 0x2F || byte == 0x3D
      length = belongs ? length + 1 : 0
      if length == 16 { return true }
    }
    return false
  }
}
