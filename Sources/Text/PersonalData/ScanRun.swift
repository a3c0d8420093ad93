/// One scan: the text, and the candidates that something may still overlap.
struct ScanRun {
  struct Candidate {
    let span: ScanSpan
    let kind: PersonalDataKind
  }

  /// No recogniser looks further back than this from its trigger, in bytes: 64 of an e-mail's local part, and
  /// slack.
  static let lookBack = 80

  let text: ScanText
  let bits: UInt16
  var privateKey = PrivateKeyRecogniser()
  private var pending: [Candidate] = []
  private var lastEnd = 0

  init(text: ScanText, bits: UInt16) {
    self.text = text
    self.bits = bits
  }

  /// Whether a kind is looked for.
  @inline(__always)
  func wants(_ kind: PersonalDataKind) -> Bool { bits & kind.bit != 0 }

  /// What begins with digits or holds them, from the first digit of a run.
  @inline(__always)
  mutating func digits(at place: Int, _ found: (PersonalDataMatch) -> Void) {
    let before = text.at(place - 1)
    if before.isWord {
      if before != 0x5F { token(at: place, found) }
      return
    }
    // Most numbers in prose have one to five digits and no others near them: nothing that is looked for does.
    var end = place + 1
    while end - place < 6, text.at(end).isDigit { end += 1 }
    if end - place == 6 || Self.goesOn(text.at(end), text.at(end + 1)) { numbers(at: place, found) }
  }

  /// Whether a number may go on behind a group of digits, by the two bytes there.
  @inline(__always)
  private static func goesOn(_ joint: UInt8, _ next: UInt8) -> Bool {
    switch joint {
    case 0x2E, 0x2F, 0x28: next.isDigit  // . / (
    case 0x2D: next.isDigit || next == 0x28
    case 0x20: next.isDigit || next == 0x28 || next == 0x2D || next == 0x2F
    case 0x29: next.isDigit || next == 0x20 || next == 0x2D
    default: false
    }
  }

  /// Cards, numbers of persons, telephone numbers and IPv4.
  @inline(never)
  private mutating func numbers(at place: Int, _ found: (PersonalDataMatch) -> Void) {
    let groups = DigitGroups(text, at: place)
    let digits = groups.digits
    guard digits >= 4, groups.count > 1 || digits >= 6 else { return }
    if groups.separator(0) == .dot, wants(.ip), let span = IPRecogniser.matchV4(text, at: place) {
      add(.ip, span, at: place, found)
    }
    if digits < 8 {
      guard digits >= 6 else { return }
      if digits == 6, wants(.nationalID), let span = NationalIDRecogniser.matchSix(text, groups) {
        add(.nationalID, span, at: place, found)
      }
      if digits == 7, wants(.phone), let span = PhoneRecogniser.match(text, groups) {
        add(.phone, span, at: place, found)
      }
      if digits == 7, wants(.nationalID), let span = NationalIDRecogniser.match(text, groups) {
        add(.nationalID, span, at: place, found)
      }
      return
    }
    if wants(.card), let span = CardRecogniser.match(text, groups) { add(.card, span, at: place, found) }
    if wants(.ssn), let span = SSNRecogniser.match(text, groups) { add(.ssn, span, at: place, found) }
    if wants(.nationalID), let span = NationalIDRecogniser.match(text, groups) {
      add(.nationalID, span, at: place, found)
    }
    if wants(.phone), let span = PhoneRecogniser.match(text, groups) { add(.phone, span, at: place, found) }
  }

  /// What begins with letters and goes on in digits, from the first digit.
  @inline(never)
  private mutating func token(at place: Int, _ found: (PersonalDataMatch) -> Void) {
    var start = place
    while start > 0, place - start < 16, text.base[start - 1].isLetter { start -= 1 }
    guard start < place, !text.at(start - 1).isWord else { return }
    let letters = place - start
    if letters == 2, wants(.iban), let span = IBANRecogniser.match(text, at: place) {
      add(.iban, span, at: place, found)
    }
    var end = place
    while end < text.count, end - start < 40, text.base[end].isAlphanumeric { end += 1 }
    let length = end - start
    if length < 9, !wants(.secret) { return }
    let after = text.at(end)
    if length >= 9, length <= 18, after != 0x5F, after < 0x80 || length == 18, wants(.nationalID),
      let span = NationalIDRecogniser.match(text, token: start, letters, end)
    {
      add(.nationalID, span, at: place, found)
    }
    guard wants(.secret) else { return }
    if length >= 24, let span = SecretRecogniser.atToken(text, start, end) {
      add(.secret, span, at: place, found)
    }
    if text.at(start - 1) == 0x20, text.at(start - 2) | 0x20 == 0x73,
      let span = CredentialRecogniser.matchPhrase(text, start)
    {
      add(.secret, span, at: place, found)
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
    Self.settle(&pending, found)
    pending.removeAll(keepingCapacity: true)
  }

  /// Hands over what counts of the candidates, by the overlap rule; their order is lost.
  static func settle(_ candidates: inout [Candidate], _ found: (PersonalDataMatch) -> Void) {
    if candidates.count > 1 {
      candidates.sort { left, right in
        if left.span.start != right.span.start { return left.span.start < right.span.start }
        if left.span.end != right.span.end { return left.span.end > right.span.end }
        return left.kind.index < right.kind.index
      }
    }
    var floor = 0
    for candidate in candidates {
      var start = candidate.span.start
      if start < floor {
        guard candidate.kind.keepsRest, candidate.span.end > floor else { continue }
        start = floor
      }
      found(PersonalDataMatch(kind: candidate.kind, offset: start, length: candidate.span.end - start))
      floor = candidate.span.end
    }
  }
}
