/// Passwords and keys that a name before them gives away.
///
/// **Finds** the value behind a name and `=`, `:` or `=>`, also in quotes, in JSON and in JSON within a
/// string, where the name ends, whatever goes before it, in
/// - `password passwd passphrase passcode pwd pass` or the word in German, Spanish, French, Portuguese,
///   Italian or Dutch: six or more characters, with a digit or a sign and something else among them, of
///   ``passwordBits`` a character or more; also behind `password is` where the value begins with a letter and
///   has a digit;
/// - `token secret` `api_key access_key secret_key private_key account_key auth_key client_secret credential`
///   and the like (with `_`, `-`, a space, or none): 16 or more with a digit, of ``keyBits``, or ``hexBits``
///   where all are hexadecimal digits;
/// - `sig signature` (also `X-Amz-Signature`), and in the query of an address `key` and `code`, the latter
///   two with 20 or more and both cases: the same;
/// - `Authorization: Basic …`: eight or more of base64.
///
/// The numbers: gitleaks 8 asks of a generic key 10 characters and 3.5 bits; detect-secrets asks 4.5 of base64 and
/// 3.0 of hexadecimal digits, too much for short ones, since n characters have at most log2 n bits. Measured on
/// 100,000 random values each: of 16 hexadecimal digits 96.8 % have 2.8 bits, of 32 all; of 16 letters and digits
/// 95.5 % have 3.5, of 20 99.9 %. Entropy alone keeps names in code out badly (of 422 names of Python's library with 16
/// characters and a digit, 69.7 % have 3.5), so a value with joints must also be rich in digits or mix cases.
///
/// **Does not find** words of letters alone ("hunter"), placeholders (`your-key`, `xxxx`, `<token>`,
/// `${TOKEN}`, `****`), calls and names in code (`getenv("KEY")`, `config.password`), and passwords that no
/// such name stands before.
enum CredentialRecogniser {
  /// The least entropy of a password, in bits a character: six different characters of eight have 2.5.
  static let passwordBits = 2.2
  /// The least entropy of a key, in bits a character.
  static let keyBits = 3.5
  /// The least entropy of a key of hexadecimal digits, in bits a character.
  static let hexBits = 2.8

  /// What a name asks of its value.
  private enum Name { case password, key, query, basic }

  /// Looks at the `=` or `:` at `sign`.
  @inline(never)
  static func match(_ text: ScanText, at sign: Int) -> ScanSpan? {
    var last = sign - 1
    // `"name": `, `\"name\": `, `name = `, `name => `.
    var skipped = 0
    while skipped < 4, isFiller(text.at(last)) {
      last -= 1
      skipped += 1
    }
    guard let name = name(text, endingAt: last, query: text.at(sign) == 0x3D) else { return nil }
    var start = sign + 1
    if text.at(start) == 0x3E || text.at(start) == 0x3D { start += 1 }
    var spaces = 0
    while spaces < 3, text.at(start) == 0x20 || text.at(start) == 0x09 {
      start += 1
      spaces += 1
    }
    while text.at(start) == 0x5C { start += 1 }
    let quote = text.at(start)
    let isQuoted = quote == 0x22 || quote == 0x27 || quote == 0x60
    if isQuoted { start += 1 }
    if name == .basic {
      guard text.hasIgnoringCase("basic ", at: start) else { return nil }
      start += 6
    }
    guard let end = valueEnd(text, start, isQuoted ? quote : 0) else { return nil }
    return fits(text, start, end, name, isQuoted) ? ScanSpan(start: start, end: end) : nil
  }

  /// Looks at a token of letters and digits from `start` behind `password is `.
  static func matchPhrase(_ text: ScanText, _ start: Int) -> ScanSpan? {
    guard text.hasIgnoringCase(" is ", at: start - 4),
      name(text, endingAt: start - 5, query: false) == .password,
      let end = valueEnd(text, start, 0), fits(text, start, end, .password, false)
    else { return nil }
    return ScanSpan(start: start, end: end)
  }

  private static func isFiller(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x22 || byte == 0x27 || byte == 0x5C || byte == 0x60 || byte == 0x5D
  }

  // MARK: Names

  /// What the name whose last byte stands at `last` asks.
  private static func name(_ text: ScanText, endingAt last: Int, query: Bool) -> Name? {
    func ends(_ word: StaticString) -> Bool {
      text.hasIgnoringCase(word, at: last + 1 - word.utf8CodeUnitCount)
    }
    /// The word, and no letter that runs into it from the left.
    func stands(_ word: StaticString) -> Bool {
      ends(word) && !text.at(last - word.utf8CodeUnitCount).isLetter
    }
    switch text.at(last) | 0x20 {
    case 0x64:  // d
      if ends("password") || ends("passwd") || stands("pwd") || ends("_pwd") { return .password }
    case 0x65:  // e
      if ends("passphrase") || ends("passcode") || stands("mot de passe") { return .password }
      if ends("signature") { return .key }
      if query, ends("?code") || ends("&code") { return .query }
    case 0x73:  // s
      if stands("pass") || stands("db_pass") { return .password }
    case 0x61:  // a
      if stands("contraseña") || stands("senha") { return .password }
    case 0x74:  // t
      if ends("passwort") || ends("kennwort") { return .password }
      if ends("secret") { return .key }
    case 0x6E:  // n
      if ends("token") { return .key }
      if stands("authorization") { return .basic }
    case 0x68:  // h
      if ends("x-auth") || ends("_auth") { return .key }
    case 0x6C:  // l
      if ends("credential") { return .key }
    case 0x67:  // g
      if stands("sig") { return .key }
    case 0x79:  // y
      return ends("key") ? key(text, last - 3, query: query) : nil
    default: break
    }
    return nil
  }

  /// What a name that ends in `key` asks; `last` is the byte before that word.
  private static func key(_ text: ScanText, _ last: Int, query: Bool) -> Name? {
    var place = last
    switch text.at(place) {
    case 0x5F, 0x2D, 0x20, 0x2E: place -= 1
    case 0x3F, 0x26: return query ? .query : nil
    default: break
    }
    func ends(_ word: StaticString) -> Bool {
      text.hasIgnoringCase(word, at: place + 1 - word.utf8CodeUnitCount)
    }
    let isKey =
      ends("api") || ends("access") || ends("secret") || ends("private") || ends("account") || ends("auth")
      || ends("encryption") || ends("signing") || ends("master") || ends("service") || ends("subscription")
    return isKey ? .key : nil
  }

  // MARK: Values

  /// Where a value ends that begins at `start`, nil if there is none.
  private static func valueEnd(_ text: ScanText, _ start: Int, _ quote: UInt8) -> Int? {
    var end = start
    scanning: while end - start < 512 {
      let byte = text.at(end)
      switch byte {
      case 0...0x20, 0x22, 0x3C, 0x3E, 0x5B, 0x5C, 0x5D, 0x60, 0x7B, 0x7D, 0x7C: break scanning
      case 0x26, 0x27, 0x28, 0x29, 0x2C, 0x3B:  // & ' ( ) , ;
        if quote == 0 || byte == quote { break scanning }
        end += 1
      default: end += 1
      }
    }
    if quote == 0 {
      // What ends a sentence does not belong to the value.
      while end > start, isStop(text.base[end - 1]) { end -= 1 }
      guard text.at(end) != 0x28 else { return nil }
    } else if text.at(end) != quote, text.at(end) != 0x5C {
      // A sentence in quotes is no value.
      return nil
    }
    return end > start && end - start < 512 ? end : nil
  }

  private static func isStop(_ byte: UInt8) -> Bool {
    byte == 0x2E || byte == 0x21 || byte == 0x3F || byte == 0x3A || byte == 0x2A
  }

  private static func fits(_ text: ScanText, _ start: Int, _ end: Int, _ name: Name, _ isQuoted: Bool) -> Bool
  {
    let length = end - start
    guard length >= 6, length <= 512 else { return false }
    var (lower, upper, digits, signs, hex, dots) = (0, 0, 0, 0, 0, 0)
    for place in start..<end {
      let byte = text.base[place]
      if byte.isDigit {
        digits += 1
      } else if byte.isUpper {
        upper += 1
      } else if byte.isLetter {
        lower += 1
      } else {
        signs += 1
        if byte == 0x2E || byte == 0x5F || byte == 0x2D || byte == 0x2F { dots += 1 }
      }
      if byte.isHex { hex += 1 }
      if byte >= 0x80, name != .password { return false }
    }
    guard !isPlaceholder(text, start, end) else { return false }
    switch name {
    case .password:
      guard digits > 0 || signs > dots, lower + upper + signs > 0 else { return false }
      // Paths, and names in code without a digit.
      guard text.base[start] != 0x2F, text.base[start] != 0x3A else { return false }
      return Entropy.bits(text, start, end) >= passwordBits
    case .basic: return length >= 8 && signs <= 2 && Entropy.bits(text, start, end) >= 2.5
    case .key, .query:
      let bits = hex == length ? hexBits : keyBits
      let least = name == .query ? 20 : 16
      guard length >= least, digits > 0, lower + upper > 0 || length >= 32 else { return false }
      // Addresses and paths.
      guard !text.has("http", at: start), text.base[start] != 0x2F, signs - dots <= length / 4 else {
        return false
      }
      if name == .query, hex < length, lower == 0 || upper == 0 { return false }
      // Names in code hold words: three of four letters are small and joints stand between them.
      if dots > 0, digits * 8 < length, upper == 0 || lower == 0 { return false }
      if !isQuoted, isMember(text, start, end) { return false }
      return Entropy.bits(text, start, end) >= bits
    }
  }

  /// Whether a value is a name within a module or object, such as `keys.PrivateKey2`: all parts begin with
  /// letters.
  private static func isMember(_ text: ScanText, _ start: Int, _ end: Int) -> Bool {
    guard end - start < 40, text.base[start].isLetter else { return false }
    var parts = 1
    for place in start..<end {
      let byte = text.base[place]
      if byte == 0x2E {
        guard text.at(place + 1).isLetter else { return false }
        parts += 1
      } else if !byte.isWord {
        return false
      }
    }
    return parts > 1
  }

  /// Whether a value stands for one: an example's, a mask's, a template's.
  private static func isPlaceholder(_ text: ScanText, _ start: Int, _ end: Int) -> Bool {
    var run = 1
    for place in start..<end {
      let byte = text.base[place]
      if place > start { run = byte == text.base[place - 1] ? run + 1 : 1 }
      // xxxx, ****, .... and ____ mask what stood there.
      if run >= 4, byte == 0x78 || byte == 0x58 || byte == 0x2A || byte == 0x2E || byte == 0x5F {
        return true
      }
      switch byte | 0x20 {
      case 0x79:
        if text.hasIgnoringCase("your", at: place), isWordlike(text, place + 4, start, end) { return true }
      case 0x70: if text.hasIgnoringCase("placeholder", at: place) { return true }
      case 0x72: if text.hasIgnoringCase("redacted", at: place) { return true }
      case 0x65: if text.hasIgnoringCase("environ", at: place) || text.has("env.", at: place) { return true }
      default: break
      }
    }
    return text.at(start) == 0x24 || text.at(start) == 0x25
  }

  /// Whether a word that ends at `wordEnd` is one: a joint follows, or the value has few digits.
  private static func isWordlike(_ text: ScanText, _ wordEnd: Int, _ start: Int, _ end: Int) -> Bool {
    if text.at(wordEnd) == 0x5F || text.at(wordEnd) == 0x2D { return true }
    var digits = 0
    for place in start..<end where text.base[place].isDigit { digits += 1 }
    return digits * 6 < end - start
  }
}
