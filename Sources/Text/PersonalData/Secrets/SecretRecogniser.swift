/// Keys and tokens that their form gives away.
///
/// **Finds** keys by prefix and alphabet as their issuers document them:
/// - the prefixes of ``KeyPrefixes``, with a digit among what follows unless said otherwise there;
/// - `AKIA ASIA ABIA ACCA` and exactly 16 capitals and digits (AWS), and within 80 bytes behind such an id
///   the 40 characters of base64 of its secret; `ABSK` and 100 or more (Bedrock); `AIza` and 35 or more of
///   base64url (Google); `ATATT3`, `ATCTT3`, `ATBB` and 20 or more (Atlassian); `AGE-SECRET-KEY-1` and 58
///   (age); `AKCp` and 69 (Artifactory);
/// - `SG.` and two parts of 16 or more of base64url (SendGrid); three parts of 23 to 26, 6 and 27 to 40 that
///   begin with M, N or O (Discord); `pat`, 14, a full stop and 64 hexadecimal digits (Airtable);
/// - `dapi` and 32 hexadecimal digits (Databricks), `SK` and 32 (Twilio), 32 with `-us` and a number
///   (Mailchimp), 32, 8 and 8 with hyphens (Mailgun), `EAAA` and 60 (Square), `GR1348941` and 20 (GitLab
///   runners), three characters, a digit, `Q~` and 31 or more (Entra), 8 to 10 digits, `:AA` and 33
///   (Telegram), `LTAI` and 20 (Alibaba);
/// - JSON Web Tokens: `eyJ….eyJ….signature`, 8 or more each;
/// - `Bearer ` and 20 or more of `A–Z a–z 0–9 - . _ ~ + / =` (RFC 6750, 2.1) with a digit: the token only;
/// - `user:password` in `scheme://user:password@host`, up to 512 bytes: that part only; the user may be
///   empty;
/// - addresses of web hooks that carry their key in the path (Slack, Discord, Teams): the part behind the
///   host.
///
/// What names and values such as `password: …` give away stands at ``CredentialRecogniser``, private keys at
/// ``PrivateKeyRecogniser``.
///
/// **Does not find** keys without prefix or name, `bearer` in lower case, keys cut below these lengths, and
/// what stands inside a longer token.
enum SecretRecogniser {
  static func run(_ text: ScanText, from start: Int, _ belongs: (UInt8) -> Bool) -> (end: Int, digit: Bool) {
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

  /// Exactly `count` hexadecimal digits.
  private static func isHex(_ text: ScanText, _ start: Int, _ count: Int) -> Bool {
    for place in start..<start + count where !text.at(place).isHex { return false }
    return true
  }

  /// Prefixes that end in an underscore, a hyphen or a full stop at `place`.
  @inline(never)
  static func atPrefix(_ text: ScanText, _ place: Int) -> ScanSpan? {
    var start = place
    while place - start < KeyPrefixes.longest, text.at(start - 1).isToken { start -= 1 }
    guard !text.at(start - 1).isToken else { return nil }
    var known = start < place ? KeyPrefixes.entry(text, start, place + 1) : nil
    // Of `dp.pt.` the part before the first full stop belongs to the prefix.
    if known == nil, text.at(place) == 0x2E, text.at(start - 1) == 0x2E, text.at(start - 2) == 0x70,
      text.at(start - 3) == 0x64, !text.at(start - 4).isToken
    {
      start -= 3
      known = KeyPrefixes.entry(text, start, place + 1)
    }
    guard let entry = known else { return nil }
    var end = place + 1
    var digit = false
    while end < text.count, entry.alphabet.has(text.base[end]) {
      if text.base[end].isDigit { digit = true }
      end += 1
    }
    while text.at(end - 1) == 0x2E { end -= 1 }
    guard end - place - 1 >= entry.least, digit || !entry.needsDigit else { return nil }
    return ScanSpan(start: start, end: end)
  }

  /// Keys with a hyphen at a known place of their body.
  @inline(never)
  static func atInnerHyphen(_ text: ScanText, _ place: Int) -> ScanSpan? {
    let start = place - 32
    guard start >= 0, !text.at(start - 1).isToken, isHex(text, start, 32) else { return nil }
    if text.has("-us", at: place), text.at(place + 3).isDigit {
      let end = text.at(place + 4).isDigit ? place + 5 : place + 4
      return text.at(end).isWord ? nil : ScanSpan(start: start, end: end)
    }
    guard isHex(text, place + 1, 8), text.at(place + 9) == 0x2D, isHex(text, place + 10, 8),
      !text.at(place + 18).isToken
    else { return nil }
    return ScanSpan(start: start, end: place + 18)
  }

  /// Keys with a full stop at a known place of their body.
  @inline(never)
  static func atInnerDot(_ text: ScanText, _ place: Int) -> ScanSpan? {
    if text.at(place + 7) == 0x2E {
      var start = place
      while place - start < 27, text.at(start - 1).isToken { start -= 1 }
      guard (23...26).contains(place - start), text.at(start) &- 0x4D < 3 else { return nil }
      let end = run(text, from: place + 8) { $0.isToken }.end
      let middle = run(text, from: place + 1) { $0.isToken }.end
      guard middle == place + 7, (27...45).contains(end - place - 8) else { return nil }
      return ScanSpan(start: start, end: end)
    }
    let start = place - 17
    guard text.has("pat", at: start), !text.at(start - 1).isToken, isHex(text, place + 1, 64),
      !text.at(place + 65).isToken
    else { return nil }
    return ScanSpan(start: start, end: place + 65)
  }

  /// Keys that begin with letters and go on in letters and digits; `start` is the token's first byte, `end`
  /// its end.
  static func atToken(_ text: ScanText, _ start: Int, _ end: Int) -> ScanSpan? {
    guard !text.at(start - 1).isToken, !text.at(end).isToken || text.at(end) == 0x2D else { return nil }
    let isKey: Bool
    switch end - start {
    case 36: isKey = text.has("dapi", at: start) && isHex(text, start + 4, 32)
    case 34: isKey = text.has("SK", at: start) && isHex(text, start + 2, 32)
    case 24: isKey = text.has("LTAI", at: start)
    default: isKey = false
    }
    return isKey ? ScanSpan(start: start, end: end) : nil
  }

  /// Prefixes that begin with an A at `place`.
  @inline(never)
  static func atCapitalA(_ text: ScanText, _ place: Int) -> ScanSpan? {
    switch text.at(place + 1) {
    case 0x49:
      guard text.has("AIza", at: place) else { return nil }
      return key(text, from: place, body: place + 4, least: 35, needsDigit: false) { $0.isToken }
    case 0x54:
      guard text.has("ATATT3", at: place) || text.has("ATCTT3", at: place) || text.has("ATBB", at: place)
      else {
        return nil
      }
      return key(text, from: place, body: place + 6, least: 20, needsDigit: true) { $0.isToken || $0 == 0x3D }
    case 0x47:
      guard text.has("AGE-SECRET-KEY-1", at: place) else { return nil }
      return key(text, from: place, body: place + 16, least: 40, needsDigit: true) { $0.isAlphanumeric }
    case 0x41:
      guard text.at(place - 1) == 0x45, text.at(place + 2) == 0x41 else { return nil }
      return key(text, from: place - 1, body: place + 3, least: 50, needsDigit: true) { $0.isToken }
    default: break
    }
    if text.has("ABSK", at: place) {
      return key(text, from: place, body: place + 4, least: 100, needsDigit: true) {
        KeyPrefixes.Alphabet.base64.has($0)
      }
    }
    if text.has("AKCp", at: place) {
      return key(text, from: place, body: place + 4, least: 60, needsDigit: true) { $0.isAlphanumeric }
    }
    guard
      text.has("AKIA", at: place) || text.has("ASIA", at: place) || text.has("ABIA", at: place)
        || text.has("ACCA", at: place), !text.at(place - 1).isToken
    else { return nil }
    for next in place + 4..<place + 20 {
      let byte = text.at(next)
      guard byte.isUpper || byte.isDigit else { return nil }
    }
    return text.at(place + 20).isToken ? nil : ScanSpan(start: place, end: place + 20)
  }

  /// The secret that goes with the access key that ends at `end`: the first run of 40 of base64 within 80
  /// bytes.
  static func secretOfAccessKey(_ text: ScanText, _ end: Int) -> ScanSpan? {
    var start = end
    while start - end < 80, start < text.count {
      let found = run(text, from: start) { $0.isAlphanumeric || $0 == 0x2B || $0 == 0x2F }
      if found.end - start == 40, found.digit, Entropy.bits(text, start, found.end) >= 4 {
        return ScanSpan(start: start, end: found.end)
      }
      start = max(found.end, start) + 1
    }
    return nil
  }

  /// `GR1348941` with its G at `place`, or `SG.` with its G there.
  @inline(never)
  static func atCapitalG(_ text: ScanText, _ place: Int) -> ScanSpan? {
    if text.at(place + 1) == 0x52 {
      guard text.has("GR1348941", at: place) else { return nil }
      return key(text, from: place, body: place + 9, least: 20, needsDigit: false) { $0.isToken }
    }
    guard text.at(place - 1) == 0x53, !text.at(place - 2).isToken else { return nil }
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

  /// `Q~` with its tilde at `place`: the secret of an application in Entra.
  @inline(never)
  static func atTilde(_ text: ScanText, _ place: Int) -> ScanSpan? {
    let start = place - 5
    guard start >= 0, text.at(place - 2).isDigit, !isEntra(text.at(start - 1)) else { return nil }
    for before in start..<place - 2 where !isEntra(text.at(before)) { return nil }
    let found = run(text, from: place + 1) { isEntra($0) }
    return (31...40).contains(found.end - place - 1) ? ScanSpan(start: start, end: found.end) : nil
  }

  private static func isEntra(_ byte: UInt8) -> Bool { byte.isToken || byte == 0x2E || byte == 0x7E }

  /// `:AA` of a Telegram bot's token, with its colon at `place`.
  static func atBotColon(_ text: ScanText, _ place: Int) -> ScanSpan? {
    var start = place
    while place - start < 11, text.at(start - 1).isDigit { start -= 1 }
    guard (8...10).contains(place - start), !text.at(start - 1).isToken else { return nil }
    let found = run(text, from: place + 1) { $0.isToken }
    return (33...36).contains(found.end - place - 1) ? ScanSpan(start: start, end: found.end) : nil
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
    if let end, let colon, colon + 1 < end {
      return text.isMark(from: colon + 1, to: end) ? nil : ScanSpan(start: start, end: end)
    }
    return text.at(next) == 0x2F ? hook(text, start, next) : nil
  }

  /// The path of a web hook whose host stands from `start` to `slash`.
  private static func hook(_ text: ScanText, _ start: Int, _ slash: Int) -> ScanSpan? {
    let path = slash + 1
    let least: Int
    let body: Int
    if text.has("hooks.slack.com", at: start), slash == start + 15 {
      // services, workflows or triggers, and the parts of the key.
      body = run(text, from: path) { $0.isLetter }.end + 1
      least = 30
    } else if text.has("webhook.office.com", at: slash - 18) {
      body = text.has("webhookb2/", at: path) ? path + 10 : path
      least = 60
    } else if text.has("discord.com", at: slash - 11) || text.has("discordapp.com", at: slash - 14) {
      guard text.has("api/webhooks/", at: path) else { return nil }
      body = path + 13
      least = 60
    } else {
      return nil
    }
    let found = run(text, from: body) { $0.isToken || $0 == 0x2F || $0 == 0x40 }
    return found.end - body >= least && found.digit ? ScanSpan(start: body, end: found.end) : nil
  }
}
