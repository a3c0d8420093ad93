/// Finds personal data and secrets in UTF-8, in one pass and in time linear in the text.
///
/// Every recogniser hangs on a byte that is rare in prose (`@`, `:`, `_`, `-`, a digit, the capitals A, B, G,
/// J) and looks a bounded way around it; all other bytes cost a look-up in a table, eight in one step. What
/// each recogniser finds and does not find stands at its declaration.
///
/// **Overlap.** Of places that overlap, the one that starts first counts; of those, the longest; of those,
/// the first kind in the order of ``PersonalDataKind``. A secret that loses keeps the part behind the winner,
/// so that no key stays because something ran into it.
public struct PersonalDataScanner: Sendable {
  /// What is looked for.
  public let kinds: Set<PersonalDataKind>

  private let bits: UInt8
  /// Per byte: 0, or an odd number that says what hangs on it.
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
  }

  /// Makes a scanner.
  /// - Parameter kinds: what to look for; default all.
  public init(kinds: Set<PersonalDataKind> = Set(PersonalDataKind.allCases)) {
    self.kinds = kinds
    bits = kinds.reduce(0) { $0 | $1.bit }
    var table = [UInt8](repeating: 0, count: 256)
    if kinds.contains(.email) { table[0x40] = Trigger.at }
    if !kinds.isDisjoint(with: [.card, .iban, .phone, .ip]) {
      for digit in 0x30...0x39 { table[digit] = Trigger.digit }
    }
    if !kinds.isDisjoint(with: [.ip, .secret]) { table[0x3A] = Trigger.colon }
    if kinds.contains(.secret) {
      table[0x2D] = Trigger.hyphen
      table[0x5F] = Trigger.underscore
      table[0x41] = Trigger.capitalA
      table[0x42] = Trigger.capitalB
      table[0x47] = Trigger.capitalG
      table[0x4A] = Trigger.capitalJ
    }
    classes = table
  }

  /// Scans a text and hands over what it holds, in order and without overlap.
  /// - Parameters:
  ///   - text: UTF-8; other bytes do no harm.
  ///   - found: called for each place.
  public func scan(_ text: UnsafeRawBufferPointer, _ found: (PersonalDataMatch) -> Void) {
    guard let start = text.baseAddress, !text.isEmpty else { return }
    var run = Run(
      text: ScanText(base: start.assumingMemoryBound(to: UInt8.self), count: text.count), bits: bits)
    classes.withUnsafeBufferPointer { table in
      guard let table = table.baseAddress else { return }
      walk(table, &run, found)
    }
    run.flush(found)
  }

  @inline(__always)
  private func walk(_ table: UnsafePointer<UInt8>, _ run: inout Run, _ found: (PersonalDataMatch) -> Void) {
    let text = run.text
    let base = text.base
    var block = 0
    while block < text.count {
      var mask: UInt64 = 0
      if block + 8 <= text.count {
        let word = UnsafeRawPointer(base + block).loadUnaligned(as: UInt64.self)
        for lane in 0..<8 {
          let byte = Int(truncatingIfNeeded: word &>> UInt64(8 * lane) & 0xFF)
          mask |= UInt64(table[byte] & 1) &<< UInt64(lane)
        }
      } else {
        for lane in 0..<text.count - block {
          mask |= UInt64(table[Int(base[block + lane])] & 1) &<< UInt64(lane)
        }
      }
      let first = block
      block += 8
      while mask != 0 {
        let place = first + mask.trailingZeroBitCount
        mask &= mask &- 1
        let trigger = table[Int(base[place])]
        if trigger == Trigger.digit {
          // Only the first digit of a run.
          if place > 0, base[place - 1].isDigit { continue }
          run.digits(at: place, found)
        } else if let jump = other(trigger, place, &run, found) {
          block = jump
          break
        }
      }
    }
  }

  /// What hangs on bytes that are no digits.
  ///
  /// Returns where to go on if a place was read to its end.
  @inline(__always)
  private func other(_ trigger: UInt8, _ place: Int, _ run: inout Run, _ found: (PersonalDataMatch) -> Void)
    -> Int?
  {
    let text = run.text
    let next = text.at(place + 1)
    let span: ScanSpan?
    var kind = PersonalDataKind.secret
    switch trigger {
    case Trigger.colon:
      if next == 0x2F {
        guard bits & PersonalDataKind.secret.bit != 0, text.at(place + 2) == 0x2F else { return nil }
        span = SecretRecogniser.atScheme(text, place)
      } else {
        guard next == 0x3A || next.isHex, bits & PersonalDataKind.ip.bit != 0 else { return nil }
        kind = .ip
        span = IPRecogniser.matchV6(text, at: place)
      }
    case Trigger.hyphen:
      let before = text.at(place - 1)
      if next == 0x2D {
        guard before != 0x2D, text.at(place + 2) == 0x2D else { return nil }
        guard let key = run.privateKey.match(text, place) else { return nil }
        run.add(.secret, key, at: place, found)
        return key.end
      }
      guard next.isAlphanumeric, before.isLetter else { return nil }
      span = SecretRecogniser.atHyphen(text, place)
    case Trigger.underscore:
      guard next.isAlphanumeric else { return nil }
      span = SecretRecogniser.atUnderscore(text, place)
    case Trigger.capitalA:
      guard next == 0x4B || next == 0x53 || next == 0x49 else { return nil }
      span = SecretRecogniser.atCapitalA(text, place)
    case Trigger.capitalB:
      guard next == 0x65 else { return nil }
      span = SecretRecogniser.atCapitalB(text, place)
    case Trigger.capitalG:
      guard next == 0x2E else { return nil }
      span = SecretRecogniser.atCapitalG(text, place)
    case Trigger.capitalJ:
      guard text.at(place - 1) == 0x79 else { return nil }
      span = SecretRecogniser.atCapitalJ(text, place)
    default:
      kind = .email
      span = EmailRecogniser.match(text, at: place)
    }
    if let span { run.add(kind, span, at: place, found) }
    return nil
  }
}

/// One scan: the text, and the candidates that something may still overlap.
private struct Run {
  struct Candidate {
    let span: ScanSpan
    let kind: PersonalDataKind
  }

  /// No recogniser looks further back than this from its trigger, in bytes: 64 of an e-mail's local part, and
  /// slack.
  static let lookBack = 80

  let text: ScanText
  let bits: UInt8
  var privateKey = PrivateKeyRecogniser()
  private var pending: [Candidate] = []
  private var lastEnd = 0

  init(text: ScanText, bits: UInt8) {
    self.text = text
    self.bits = bits
  }

  /// Cards, IBANs, telephone numbers and IPv4, from the first digit of a run.
  @inline(never)
  mutating func digits(at place: Int, _ found: (PersonalDataMatch) -> Void) {
    let before = text.at(place - 1)
    if before.isWord {
      if bits & PersonalDataKind.iban.bit != 0, before.isLetter, text.at(place - 2).isLetter,
        let span = IBANRecogniser.match(text, at: place)
      {
        add(.iban, span, at: place, found)
      }
      return
    }
    let groups = DigitGroups(text, at: place)
    guard groups.digits >= 4, groups.count > 1 || groups.digits >= 8 else { return }
    if groups.separator(0) == .dot, bits & PersonalDataKind.ip.bit != 0,
      let span = IPRecogniser.matchV4(text, at: place)
    {
      add(.ip, span, at: place, found)
    }
    guard groups.digits >= 8 else { return }
    if bits & PersonalDataKind.card.bit != 0, let span = CardRecogniser.match(text, groups) {
      add(.card, span, at: place, found)
    }
    if bits & PersonalDataKind.phone.bit != 0, let span = PhoneRecogniser.match(text, groups) {
      add(.phone, span, at: place, found)
    }
  }

  /// Takes a candidate whose trigger stands at `place`.
  @inline(never)
  mutating func add(
    _ kind: PersonalDataKind, _ span: ScanSpan, at place: Int, _ found: (PersonalDataMatch) -> Void
  ) {
    // What is still to come starts behind everything that waits: the overlaps among that are complete.
    if !pending.isEmpty, place - Self.lookBack >= lastEnd { flush(found) }
    pending.append(Candidate(span: span, kind: kind))
    lastEnd = max(lastEnd, span.end)
  }

  /// Decides among the candidates that wait, by the overlap rule.
  mutating func flush(_ found: (PersonalDataMatch) -> Void) {
    guard !pending.isEmpty else { return }
    if pending.count > 1 {
      pending.sort { left, right in
        if left.span.start != right.span.start { return left.span.start < right.span.start }
        if left.span.end != right.span.end { return left.span.end > right.span.end }
        return left.kind.bit < right.kind.bit
      }
    }
    var floor = 0
    for candidate in pending {
      var start = candidate.span.start
      if start < floor {
        guard candidate.kind == .secret, candidate.span.end > floor else { continue }
        start = floor
      }
      found(PersonalDataMatch(kind: candidate.kind, offset: start, length: candidate.span.end - start))
      floor = candidate.span.end
    }
    pending.removeAll(keepingCapacity: true)
  }
}
