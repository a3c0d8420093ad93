/// Finds personal data and secrets in UTF-8, in one pass and in time linear in the text.
///
/// Every recogniser hangs on a byte that is rare in prose (`@`, `:`, `=`, `_`, `-`, `.`, `~`, a digit, the
/// capitals A, B, G, J) and looks a bounded way around it; all other bytes cost a comparison, 64 in one step. What each recogniser finds and does not find stands at its declaration.
///
/// **Other scripts' forms.** Full-width and other decimal digits, full-width signs, dashes, wide spaces and
/// characters that nobody sees hide nothing: where such a character stands at a place that matters, the text
/// around it is read again as if it were written in ASCII (``TextFolding``). Text in ASCII does not pay for
/// that.
///
/// **Overlap.** Of places that overlap, the one that starts first counts; of those, the longest; of those,
/// the first kind in the order of ``PersonalDataKind``. A secret that loses keeps the part behind the winner,
/// so that no key stays because something ran into it.
public struct PersonalDataScanner: Sendable {
  /// What is looked for; names and addresses may be among them, but no pattern finds them.
  public let kinds: Set<PersonalDataKind>

  private let bits: UInt16
  /// Per byte: 0, or an odd number that says what hangs on it; then ``KeyPrefixes/tails``.
  private let classes: [UInt8]

  private enum Trigger {
    static let digit: UInt8 = 1
    static let at: UInt8 = 3
    static let colon: UInt8 = 5
    static let hyphen: UInt8 = 7
    static let underscore: UInt8 = 9
    static let capitalA: UInt8 = 11
    static let capitalB: UInt8 = 13
    static let capitalG: UInt8 = 15
    static let capitalJ: UInt8 = 17
    static let dot: UInt8 = 19
    static let equals: UInt8 = 21
    static let tilde: UInt8 = 23
  }

  /// Makes a scanner.
  /// - Parameter kinds: what to look for; default all that patterns find.
  public init(kinds: Set<PersonalDataKind> = PersonalDataKind.patterns) {
    self.kinds = kinds
    bits = kinds.reduce(0) { $0 | $1.bit }
    var table = [UInt8](repeating: 0, count: 256)
    if kinds.contains(.email) { table[0x40] = Trigger.at }
    if !kinds.isDisjoint(with: [.card, .iban, .ssn, .nationalID, .phone, .ip, .secret]) {
      for digit in 0x30...0x39 { table[digit] = Trigger.digit }
    }
    if !kinds.isDisjoint(with: [.ip, .mac, .secret]) { table[0x3A] = Trigger.colon }
    if !kinds.isDisjoint(with: [.mac, .secret]) {
      table[0x2D] = Trigger.hyphen
      table[0x2E] = Trigger.dot
    }
    if kinds.contains(.secret) {
      table[0x3D] = Trigger.equals
      table[0x5F] = Trigger.underscore
      table[0x7E] = Trigger.tilde
      table[0x41] = Trigger.capitalA
      table[0x42] = Trigger.capitalB
      table[0x47] = Trigger.capitalG
      table[0x4A] = Trigger.capitalJ
    }
    classes = table + KeyPrefixes.tails
  }

  /// Scans a text and hands over what it holds, in order and without overlap.
  /// - Parameters:
  ///   - text: UTF-8; other bytes do no harm.
  ///   - found: called for each place.
  public func scan(_ text: UnsafeRawBufferPointer, _ found: (PersonalDataMatch) -> Void) {
    guard let start = text.baseAddress, !text.isEmpty else { return }
    let whole = ScanText(base: start.assumingMemoryBound(to: UInt8.self), count: text.count)
    let windows = bits == 0 ? [] : TextFolding.windows(whole)
    if windows.isEmpty { return read(whole, found) }
    var candidates: [ScanRun.Candidate] = []
    read(whole) { match in
      candidates.append(
        ScanRun.Candidate(
          span: ScanSpan(start: match.offset, end: match.offset + match.length), kind: match.kind))
    }
    for window in windows {
      TextFolding.withFolded(whole, window) { folding in
        guard let folded = folding.text else { return }
        read(folded) { match in
          if let span = folding.original(whole, match.offset, match.offset + match.length) {
            candidates.append(ScanRun.Candidate(span: span, kind: match.kind))
          }
        }
      }
    }
    ScanRun.settle(&candidates, found)
  }

  /// Scans bytes as they are.
  private func read(_ text: ScanText, _ found: (PersonalDataMatch) -> Void) {
    var run = ScanRun(text: text, bits: bits)
    classes.withUnsafeBufferPointer { table in
      guard let table = table.baseAddress else { return }
      walk(table, &run, found)
    }
    run.flush(found)
  }

  @inline(__always)
  private func walk(_ table: UnsafePointer<UInt8>, _ run: inout ScanRun, _ found: (PersonalDataMatch) -> Void)
  {
    let text = run.text
    let base = text.base
    // Behind what was read to its end.
    var resume = 0
    var marks = ByteMarks(.trigger, in: UnsafeRawBufferPointer(start: base, count: text.count))
    while let place = marks.place() {
      let trigger = table[Int(base[place])]
      guard trigger != 0, place >= resume else { continue }
      if trigger == Trigger.digit {
        run.digits(at: place, found)
      } else if let end = other(trigger, place, table, &run, found) {
        resume = end
      }
    }
  }

  /// What hangs on bytes that are no digits.
  ///
  /// Returns where to go on if a place was read to its end.
  @inline(__always)
  private func other(
    _ trigger: UInt8, _ place: Int, _ table: UnsafePointer<UInt8>, _ run: inout ScanRun,
    _ found: (PersonalDataMatch) -> Void
  ) -> Int? {
    let text = run.text
    let next = text.at(place + 1)
    let span: ScanSpan?
    var kind = PersonalDataKind.secret
    switch trigger {
    case Trigger.dot:
      // A full stop that ends a sentence has a space behind it.
      guard next.isAlphanumeric else { return nil }
      return dot(place, next, &run, found)
    case Trigger.colon: return colon(place, next, &run, found)
    case Trigger.hyphen:
      guard next == 0x2D || next.isAlphanumeric else { return nil }
      // A hyphen within a word of prose: neither a prefix of a key nor a joint of hexadecimal digits, nor `-us1`.
      let isRegion = next == 0x75 && text.at(place + 2) == 0x73
      if next != 0x2D, !text.at(place - 1).isDigit, !next.isDigit, text.at(place + 3) != 0x2D, !isRegion,
        table[KeyPrefixes.tail(text, place)] == 0
      {
        return nil
      }
      return hyphen(place, next, &run, found)
    case Trigger.underscore:
      // No issued key is shorter than ten.
      guard next.isAlphanumeric, text.at(place + 8).isToken, table[KeyPrefixes.tail(text, place)] != 0 else {
        return nil
      }
      span = SecretRecogniser.atPrefix(text, place)
    case Trigger.equals:
      guard text.at(place - 1) > 0x20 || text.at(place - 2).isToken else { return nil }
      span = CredentialRecogniser.match(text, at: place)
    case Trigger.capitalA:
      guard next.isUpper, next == 0x4B || next == 0x53 || next == 0x49 || next == 0x54 || next <= 0x47 else {
        return nil
      }
      span = SecretRecogniser.atCapitalA(text, place)
      if let span, span.end - span.start == 20,
        let secret = SecretRecogniser.secretOfAccessKey(text, span.end)
      {
        run.add(.secret, span, at: place, found)
        run.add(.secret, secret, at: place, found)
        return nil
      }
    case Trigger.capitalB:
      guard next == 0x65 else { return nil }
      span = SecretRecogniser.atCapitalB(text, place)
    case Trigger.capitalG:
      guard next == 0x2E || next == 0x52 else { return nil }
      span = SecretRecogniser.atCapitalG(text, place)
    case Trigger.capitalJ:
      guard text.at(place - 1) == 0x79 else { return nil }
      span = SecretRecogniser.atCapitalJ(text, place)
    case Trigger.tilde:
      guard text.at(place - 1) == 0x51 else { return nil }
      span = SecretRecogniser.atTilde(text, place)
    default:
      kind = .email
      span = EmailRecogniser.match(text, at: place)
    }
    if let span { run.add(kind, span, at: place, found) }
    return nil
  }

  @inline(never)
  private func dot(
    _ place: Int, _ next: UInt8, _ run: inout ScanRun, _ found: (PersonalDataMatch) -> Void
  ) -> Int? {
    let text = run.text
    let before = text.at(place - 1)
    if run.wants(.mac), text.at(place + 5) == 0x2E, next.isHex, before.isHex,
      let span = MACRecogniser.match(text, at: place)
    {
      run.add(.mac, span, at: place, found)
      return nil
    }
    guard run.wants(.secret), before.isAlphanumeric, text.at(place + 27).isToken else { return nil }
    if let span = SecretRecogniser.atPrefix(text, place) ?? SecretRecogniser.atInnerDot(text, place) {
      run.add(.secret, span, at: place, found)
    }
    return nil
  }

  @inline(never)
  private func colon(
    _ place: Int, _ next: UInt8, _ run: inout ScanRun, _ found: (PersonalDataMatch) -> Void
  ) -> Int? {
    let text = run.text
    if next == 0x2F {
      guard run.wants(.secret), text.at(place + 2) == 0x2F else { return nil }
      if let span = SecretRecogniser.atScheme(text, place) { run.add(.secret, span, at: place, found) }
      return nil
    }
    if next == 0x3A || next.isHex {
      if run.wants(.mac), text.at(place + 3) == 0x3A, let span = MACRecogniser.match(text, at: place) {
        run.add(.mac, span, at: place, found)
        return nil
      }
      if run.wants(.ip), let span = IPRecogniser.matchV6(text, at: place) {
        run.add(.ip, span, at: place, found)
        return nil
      }
    }
    guard run.wants(.secret) else { return nil }
    if next == 0x41, text.at(place + 2) == 0x41, text.at(place - 1).isDigit {
      if let span = SecretRecogniser.atBotColon(text, place) { run.add(.secret, span, at: place, found) }
    } else if next != 0x0A, let span = CredentialRecogniser.match(text, at: place) {
      run.add(.secret, span, at: place, found)
    }
    return nil
  }

  @inline(never)
  private func hyphen(
    _ place: Int, _ next: UInt8, _ run: inout ScanRun, _ found: (PersonalDataMatch) -> Void
  ) -> Int? {
    let text = run.text
    let before = text.at(place - 1)
    if next == 0x2D {
      guard run.wants(.secret), before != 0x2D, text.at(place + 2) == 0x2D else { return nil }
      guard let key = run.privateKey.match(text, place) else { return nil }
      run.add(.secret, key, at: place, found)
      return key.end
    }
    if text.at(place + 3) == 0x2D, before.isHex, next.isHex, run.wants(.mac),
      let span = MACRecogniser.match(text, at: place)
    {
      run.add(.mac, span, at: place, found)
      return nil
    }
    guard run.wants(.secret), before.isAlphanumeric else { return nil }
    let isHexInside = before.isHex && (next == 0x75 || text.at(place + 9) == 0x2D)
    if isHexInside, let span = SecretRecogniser.atInnerHyphen(text, place) {
      run.add(.secret, span, at: place, found)
    } else if text.at(place + 8).isToken, let span = SecretRecogniser.atPrefix(text, place) {
      run.add(.secret, span, at: place, found)
    }
    return nil
  }
}
