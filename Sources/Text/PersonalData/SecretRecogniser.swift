/// Keys, tokens and passwords that their form gives away.
///
/// **Finds** keys by prefix and alphabet as their issuers document them. The least lengths are at or below
/// the issued ones, so that a key of a newer form or a key that lost its end is found as well:
/// - `sk-` and 20 or more of base64url (OpenAI, also `sk-proj-`; Anthropic `sk-ant-`), with a digit among
///   them;
/// - `ghp_ gho_ ghs_ ghu_ ghr_` and 36, `github_pat_` and 22, `npm_` and 36, `hf_` and 30, `sk_live_ rk_live_
///   pk_live_` and 16 or more letters and digits (`github_pat_` also underscores);
/// - `glpat-` and 20, `xoxa- xoxb- xoxp- xoxr- xoxs-` and 10, `pypi-` and 20 or more of base64url, with a
///   digit;
/// - `AKIA` or `ASIA` and exactly 16 capitals and digits; `AIza` and 35 or more of base64url;
/// - `SG.` and two parts of 16 or more of base64url;
/// - JSON Web Tokens: `eyJ….eyJ….signature`, 8 or more each;
/// - `Bearer ` and 20 or more of `A–Z a–z 0–9 - . _ ~ + / =` (RFC 6750, 2.1) with a digit: the token only;
/// - `user:password` in `scheme://user:password@host`, up to 512 bytes: that part only; the user may be
///   empty;
/// - private keys from `-----BEGIN … PRIVATE KEY…-----` through their END line; without one, to the end of
///   the text if base64 follows the first line within 256 bytes.
///
/// **Does not find** passwords in prose, keys without prefix, `bearer` in lower case, keys cut below these
/// lengths, and what stands inside a longer token.
enum SecretRecogniser {
  private static func run(_ text: ScanText, from start: Int, _ belongs: (UInt8) -> Bool) -> (
    end: Int, digit: Bool
  ) {
    var place = start
    var digit = false
    while place < text.count {
      let byte = text.base[place]
      guard belongs(byte) else { break }
      if byte.isDigit { digit = true }
      place += 1
    }
    return (place, digit)
  }

  /// A key whose prefix stands from `start` to `body`, if what goes before it is an edge.
  private static func key(
    _ text: ScanText, from start: Int, body: Int, least: Int, needsDigit: Bool, _ belongs: (UInt8) -> Bool
  ) -> ScanSpan? {
    guard !text.at(start - 1).isToken else { return nil }
    let found = run(text, from: body, belongs)
    guard found.end - body >= least, found.digit || !needsDigit else { return nil }
    return ScanSpan(start: start, end: found.end)
  }

  /// Prefixes that end in a hyphen at `place`.
  @inline(never)
  static func atHyphen(_ text: ScanText, _ place: Int) -> ScanSpan? {
    func hyphenated(_ prefix: StaticString, _ least: Int) -> ScanSpan? {
      let start = place + 1 - prefix.utf8CodeUnitCount
      guard text.has(prefix, at: start) else { return nil }
      return key(text, from: start, body: place + 1, least: least, needsDigit: true) { $0.isToken }
    }
    switch text.at(place - 1) {
    case 0x6B: return hyphenated("sk-", 20)
    case 0x74: return hyphenated("glpat-", 20)
    case 0x69: return hyphenated("pypi-", 20)
    case 0x61, 0x62, 0x70, 0x72, 0x73:
      guard text.has("xox", at: place - 4) else { return nil }
      return key(text, from: place - 4, body: place + 1, least: 10, needsDigit: true) { $0.isToken }
    default: return nil
    }
  }

  /// Prefixes that end in an underscore at `place`.
  @inline(never)
  static func atUnderscore(_ text: ScanText, _ place: Int) -> ScanSpan? {
    func letters(from start: Int, _ least: Int) -> ScanSpan? {
      key(text, from: start, body: place + 1, least: least, needsDigit: false) { $0.isAlphanumeric }
    }
    let before = text.at(place - 1)
    if text.at(place - 3) == 0x67, text.at(place - 2) == 0x68 {
      switch before {
      case 0x70, 0x6F, 0x73, 0x75, 0x72: return letters(from: place - 3, 36)
      default: return nil
      }
    }
    switch before {
    case 0x66 where text.has("hf", at: place - 2): return letters(from: place - 2, 30)
    case 0x6D where text.has("npm", at: place - 3): return letters(from: place - 3, 36)
    case 0x74 where text.has("github_pat", at: place - 10):
      return key(text, from: place - 10, body: place + 1, least: 22, needsDigit: false) { $0.isWord }
    case 0x65 where text.has("k_live", at: place - 6):
      switch text.at(place - 7) {
      case 0x73, 0x72, 0x70: return letters(from: place - 7, 16)
      default: return nil
      }
    default: return nil
    }
  }

  /// Prefixes that begin with an A at `place`.
  @inline(never)
  static func atCapitalA(_ text: ScanText, _ place: Int) -> ScanSpan? {
    if text.has("AIza", at: place) {
      return key(text, from: place, body: place + 4, least: 35, needsDigit: false) { $0.isToken }
    }
    guard text.has("AKIA", at: place) || text.has("ASIA", at: place), !text.at(place - 1).isToken else {
      return nil
    }
    for next in place + 4..<place + 20 {
      let byte = text.at(next)
      guard byte.isUpper || byte.isDigit else { return nil }
    }
    return text.at(place + 20).isToken ? nil : ScanSpan(start: place, end: place + 20)
  }

  /// `SG.` with its G at `place`.
  @inline(never)
  static func atCapitalG(_ text: ScanText, _ place: Int) -> ScanSpan? {
    guard text.at(place - 1) == 0x53, text.at(place + 1) == 0x2E, !text.at(place - 2).isToken else {
      return nil
    }
    let first = run(text, from: place + 2) { $0.isToken }
    guard first.end - place - 2 >= 16, text.at(first.end) == 0x2E else { return nil }
    let second = run(text, from: first.end + 1) { $0.isToken }
    return second.end - first.end - 1 >= 16 ? ScanSpan(start: place - 1, end: second.end) : nil
  }

  /// A JSON Web Token whose first J stands at `place`.
  @inline(never)
  static func atCapitalJ(_ text: ScanText, _ place: Int) -> ScanSpan? {
    guard text.has("ey", at: place - 2), !text.at(place - 3).isToken else { return nil }
    var start = place - 2
    for part in 0..<3 {
      if part == 1, !text.has("eyJ", at: start) { return nil }
      let end = run(text, from: start) { $0.isToken }.end
      guard end - start >= 8 else { return nil }
      if part == 2 { return ScanSpan(start: place - 2, end: end) }
      guard text.at(end) == 0x2E else { return nil }
      start = end + 1
    }
    return nil
  }

  /// `Bearer ` at `place`.
  @inline(never)
  static func atCapitalB(_ text: ScanText, _ place: Int) -> ScanSpan? {
    guard text.has("Bearer ", at: place), !text.at(place - 1).isWord else { return nil }
    let found = run(text, from: place + 7) { byte in
      if byte.isToken { return true }
      return byte == 0x2E || byte == 0x7E || byte == 0x2B || byte == 0x2F || byte == 0x3D
    }
    var end = found.end
    while end > place + 7, text.base[end - 1] == 0x2E { end -= 1 }
    return end - place - 7 >= 20 && found.digit ? ScanSpan(start: place + 7, end: end) : nil
  }

  /// `://` with its colon at `place`.
  @inline(never)
  static func atScheme(_ text: ScanText, _ place: Int) -> ScanSpan? {
    guard text.at(place - 1).isAlphanumeric else { return nil }
    let start = place + 3
    var end: Int?
    var colon: Int?
    var next = start
    scanning: while next < text.count, next - start <= 512 {
      let byte = text.base[next]
      if byte <= 0x20 { break }
      switch byte {
      case 0x2F, 0x3F, 0x23, 0x22, 0x3C, 0x3E, 0x5C, 0x60: break scanning  // / ? # " < > \ `
      case 0x3A: if colon == nil { colon = next }
      case 0x40: end = next
      default: break
      }
      next += 1
    }
    guard let end, let colon, colon + 1 < end, !text.isMark(from: colon + 1, to: end) else { return nil }
    return ScanSpan(start: start, end: end)
  }
}

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
