import Bytes

/// Replaces personal data by marks such as `[EMAIL_1]`.
///
/// Marks are numbered per kind in reading order within a record. The same value gets the same number: e-mail
/// addresses whatever their ASCII case, cards and telephone numbers by their digits (`+` and `00` are one),
/// IBANs by their letters and digits, the rest by their bytes. A mark in the input is text like any other: it
/// passes unchanged and reserves no number. Redacting what was redacted changes nothing: where marks set
/// something free that was not found before, it is replaced in a further pass, up to eight.
///
/// Owned by one task at a time.
public final class Redactor {
  private let scanner: PersonalDataScanner
  private var numbers: [ContentHash: Int] = [:]
  private var given: [Int]
  private var written: [Int]
  private let value = ByteBuffer(capacity: 256)
  private var out = ByteBuffer()
  private var spare = ByteBuffer()

  private static let passes = 8

  /// Makes a redactor.
  /// - Parameter scanner: finds what is replaced; default all kinds.
  public init(scanner: PersonalDataScanner = PersonalDataScanner()) {
    self.scanner = scanner
    given = Array(repeating: 0, count: PersonalDataKind.allCases.count)
    written = given
  }

  /// Begins a new record: numbers start at 1 again, counts at 0.
  public func begin() {
    if !numbers.isEmpty {
      // A record full of addresses must not make every later one pay for its table.
      numbers.removeAll(keepingCapacity: numbers.capacity <= 256)
    }
    for kind in given.indices {
      given[kind] = 0
      written[kind] = 0
    }
  }

  /// Begins a new record in whose texts marks stand already: new numbers of a kind go on behind the highest of those.
  /// - Parameter highest: the highest number of each kind that has marks.
  public func begin(after highest: [PersonalDataKind: Int]) {
    begin()
    for (kind, number) in highest { given[kind.bit.trailingZeroBitCount] = max(0, number) }
  }

  /// The marks written since ``begin()``, in the order of ``PersonalDataKind``, kinds without any left out.
  public var counts: [(kind: PersonalDataKind, count: Int)] {
    zip(PersonalDataKind.allCases, written).filter { $0.1 > 0 }.map { (kind: $0.0, count: $0.1) }
  }

  /// Replaces what the scanner finds.
  ///
  /// Returns the same view if nothing was found, else a view that is valid until the next call.
  public func redacted(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var current = text
    for _ in 0..<Self.passes {
      guard replace(current) else { return current }
      current = out.view
      swap(&out, &spare)
    }
    return current
  }

  /// Writes `text` with marks into `out`; false if there was nothing to replace.
  private func replace(_ text: UnsafeRawBufferPointer) -> Bool {
    var clean = 0
    var any = false
    scanner.scan(text) { match in
      if !any {
        any = true
        out.removeAll()
      }
      out.append(UnsafeRawBufferPointer(rebasing: text[clean..<match.offset]))
      clean = match.offset + match.length
      mark(match.kind, UnsafeRawBufferPointer(rebasing: text[match.offset..<clean]))
    }
    if any { out.append(UnsafeRawBufferPointer(rebasing: text[clean..<text.count])) }
    return any
  }

  private func mark(_ kind: PersonalDataKind, _ text: UnsafeRawBufferPointer) {
    let index = kind.bit.trailingZeroBitCount
    normalise(kind, text)
    let key = ContentHash.of(value.view, seed: UInt64(index))
    let number: Int
    if let known = numbers[key] {
      number = known
    } else {
      given[index] += 1
      number = given[index]
      numbers[key] = number
    }
    written[index] += 1
    out.append(0x5B)
    switch kind {
    case .email: out.append("EMAIL")
    case .card: out.append("CARD")
    case .iban: out.append("IBAN")
    case .phone: out.append("PHONE")
    case .ip: out.append("IP")
    case .secret: out.append("SECRET")
    }
    out.append(0x5F)
    out.append(decimal: Int64(number))
    out.append(0x5D)
  }

  /// Puts the form into `value` in which equal values have equal bytes.
  private func normalise(_ kind: PersonalDataKind, _ text: UnsafeRawBufferPointer) {
    value.removeAll()
    switch kind {
    case .email, .ip: for byte in text { value.append(byte.asciiLowered) }
    case .iban: for byte in text where byte.isAlphanumeric { value.append(byte.asciiLowered) }
    case .card: for byte in text where byte.isDigit { value.append(byte) }
    case .phone:
      var international = text.first == 0x2B || text.prefix(2).elementsEqual("(+".utf8)
      if text.prefix(2).elementsEqual("00".utf8) { international = true }
      if international { value.append(0x2B) }
      var leading = international
      for byte in text where byte.isDigit {
        if leading && byte == 0x30 { continue }
        leading = false
        value.append(byte)
      }
    case .secret: value.append(text)
    }
  }
}
