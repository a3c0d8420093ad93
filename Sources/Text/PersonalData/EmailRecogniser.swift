/// E-mail addresses, found from their `@`.
///
/// **Finds** `local@domain`: to the left 1 to 64 bytes of letters, digits and `. _ + - % ' ! $ ^ ~` (the
/// atoms of RFC 5321, 4.1.2, and Latin letters beyond ASCII as RFC 6531 allows), to the right labels of 1 to
/// 63 letters, digits and inner hyphens, of which the last is two or more letters or `xn--…`, at most 253
/// bytes (RFC 1035). Punctuation before the local part and a full stop behind the domain stay outside.
///
/// **Does not find** quoted local parts, addresses in brackets such as `a@[10.0.0.1]`, spelled-out forms
/// ("at"), domains in other scripts, and local parts over 64 bytes. The atoms `/ = ? & { } | # * ` `` ` ``
/// are edges here, because in logs they stand between things (`?to=a@b.com`) far more often than inside an
/// address. Not taken for an address: a token with two `@`, package versions (`name@1.2.3-beta.rc`), image
/// names for dense screens (`logo@2x.png`), and the login `git@…` of repository addresses.
///
/// The look to the left ends after 64 bytes and both looks end at the next `@`, so the work is linear.
enum EmailRecogniser {
  @inline(never)
  static func match(_ text: ScanText, at sign: Int) -> ScanSpan? {
    let first = text.at(sign + 1)
    guard first.isAlphanumeric || first.isLatinLead else { return nil }
    guard let start = localStart(text, sign) else { return nil }
    guard let end = domainEnd(text, sign) else { return nil }
    if sign - start == 3, text.hasIgnoringCase("git", at: start) { return nil }
    return ScanSpan(start: start, end: end)
  }

  private static func isLocal(_ byte: UInt8) -> Bool {
    if byte.isAlphanumeric { return true }
    switch byte {
    case 0x2E, 0x5F, 0x2B, 0x2D, 0x25, 0x27, 0x21, 0x24, 0x5E, 0x7E: return true
    default: return false
    }
  }

  private static func localStart(_ text: ScanText, _ sign: Int) -> Int? {
    var start = sign
    while start > 0 {
      let byte = text.base[start - 1]
      if isLocal(byte) {
        // Of "wait...name@" only the name is meant: an atom has no two dots in a row.
        if byte == 0x2E, text.at(start) == 0x2E { break }
        start -= 1
      } else if byte.isContinuation, start >= 2, text.base[start - 2].isLatinLead {
        start -= 2
      } else {
        break
      }
      if sign - start > 64 { return nil }
    }
    if start > 0, text.base[start - 1] == 0x40 { return nil }
    // An address begins with a letter, a digit or an underscore; quotes and list dashes before it stay
    // outside.
    while start < sign {
      let byte = text.base[start]
      if byte.isWord || byte >= 0x80 { break }
      start += 1
    }
    return start < sign && text.base[sign - 1] != 0x2E ? start : nil
  }

  private static func domainEnd(_ text: ScanText, _ sign: Int) -> Int? {
    var place = sign + 1
    var best: Int?
    var label = 0
    var numericLabels = 0
    while place - sign <= 253 {
      let labelStart = place
      var letters = 0
      var digits = 0
      while place - labelStart <= 63 {
        let byte = text.at(place)
        if byte.isLetter {
          if place - labelStart == letters { letters += 1 }
        } else if byte.isDigit {
          digits += 1
        } else if byte.isLatinLead, text.at(place + 1).isContinuation {
          place += 1
        } else if byte != 0x2D {
          break
        }
        place += 1
      }
      let length = place - labelStart
      guard length > 0, length <= 63, text.at(labelStart) != 0x2D else { break }
      if digits == length, label < 2 { numericLabels += 1 }
      if label > 0 {
        if length > 4, text.hasIgnoringCase("xn--", at: labelStart) {
          best = place
        } else if letters >= 2, !text.at(labelStart + letters).isDigit {
          best = labelStart + letters
        }
      }
      let next = text.at(place + 1)
      guard text.at(place) == 0x2E, text.at(place - 1) != 0x2D, next.isAlphanumeric || next.isLatinLead
      else { break }
      label += 1
      place += 1
    }
    guard let end = best, text.at(place) != 0x40, numericLabels < 2 else { return nil }
    return isDensityName(text, sign + 1, end) ? nil : end
  }

  /// `2x.png` and its like: the density suffix of an image's name.
  private static func isDensityName(_ text: ScanText, _ start: Int, _ end: Int) -> Bool {
    guard text.at(start).isDigit, text.at(start + 1) | 0x20 == 0x78, text.at(start + 2) == 0x2E else {
      return false
    }
    let type = start + 3
    switch end - type {
    case 3:
      return text.hasIgnoringCase("png", at: type) || text.hasIgnoringCase("jpg", at: type)
        || text.hasIgnoringCase("gif", at: type) || text.hasIgnoringCase("svg", at: type)
    case 4: return text.hasIgnoringCase("webp", at: type) || text.hasIgnoringCase("jpeg", at: type)
    default: return false
    }
  }
}
