import Bytes

/// Replaces personal data by marks such as `[EMAIL_1]`.
///
/// Marks are numbered per kind in reading order within a record. The same value gets the same number: e-mail
/// addresses, names and places whatever their ASCII case, cards, telephone numbers and Social Security
/// numbers by their digits (`+` and `00` are one), IBANs, numbers of persons and hardware addresses by their
/// letters and digits, the rest by their bytes; and all of them as they are read in ASCII (``TextFolding``),
/// so that a number in full-width digits has the number that it has in plain ones. A mark in the input is
/// text like any other: it passes unchanged and reserves no number. Redacting what was redacted changes
/// nothing: where marks set something free that was not found before, it is replaced in a further pass, up to
/// eight.
///
/// Owned by one task at a time.
public final class Redactor {
  private let scanner: PersonalDataScanner
  private var numbers: [ContentHash: Int] = [:]
  private var given: [Int]
  private var written: [Int]
  private let value = ByteBuffer(capacity: 256)
  /// How much of ``value`` is the form that counts, in bytes.
  private var length = 0
  private var places: [ScanRun.Candidate] = []
  private var out = ByteBuffer()
  private var spare = ByteBuffer()

  private static let passes = 8

  /// Makes a redactor.
  /// - Parameter scanner: finds what is replaced; default all kinds that patterns find.
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

  /// Replaces what the scanner finds, and what was found elsewhere.
  ///
  /// Where both name a place, the overlap rule of ``PersonalDataScanner`` decides. Matches that lie outside
  /// the text or cut a character in two are left out.
  /// - Parameters:
  ///   - text: UTF-8.
  ///   - matches: places in this text, in any order, of any kind.
  /// - Returns: the same view if nothing was found, else a view that is valid until the next call.
  public func redacted(_ text: UnsafeRawBufferPointer, adding matches: [PersonalDataMatch])
    -> UnsafeRawBufferPointer
  {
    places.removeAll(keepingCapacity: true)
    for match in matches where Self.isSound(match, in: text) {
      places.append(
        ScanRun.Candidate(
          span: ScanSpan(start: match.offset, end: match.offset + match.length), kind: match.kind))
    }
    guard !places.isEmpty else { return redacted(text) }
    scanner.scan(text) { match in
      places.append(
        ScanRun.Candidate(
          span: ScanSpan(start: match.offset, end: match.offset + match.length), kind: match.kind))
    }
    out.removeAll()
    var clean = 0
    ScanRun.settle(&places) { match in write(match, of: text, from: &clean) }
    out.append(UnsafeRawBufferPointer(rebasing: text[clean..<text.count]))
    swap(&out, &spare)
    return redacted(spare.view)
  }

  private static func isSound(_ match: PersonalDataMatch, in text: UnsafeRawBufferPointer) -> Bool {
    guard match.offset >= 0, match.length > 0, match.offset < text.count,
      match.length <= text.count - match.offset
    else { return false }
    let end = match.offset + match.length
    return !text[match.offset].isContinuation && (end == text.count || !text[end].isContinuation)
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
      write(match, of: text, from: &clean)
    }
    if any { out.append(UnsafeRawBufferPointer(rebasing: text[clean..<text.count])) }
    return any
  }

  /// Writes what stands before a match, and its mark.
  private func write(_ match: PersonalDataMatch, of text: UnsafeRawBufferPointer, from clean: inout Int) {
    out.append(UnsafeRawBufferPointer(rebasing: text[clean..<match.offset]))
    clean = match.offset + match.length
    mark(match.kind, UnsafeRawBufferPointer(rebasing: text[match.offset..<clean]))
  }

  private func mark(_ kind: PersonalDataKind, _ text: UnsafeRawBufferPointer) {
    let index = kind.index
    normalise(kind, text)
    let key = ContentHash.of(UnsafeRawBufferPointer(rebasing: value.view[..<length]), seed: UInt64(index))
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
    case .ssn: out.append("SSN")
    case .nationalID: out.append("NATIONAL_ID")
    case .phone: out.append("PHONE")
    case .ip: out.append("IP")
    case .mac: out.append("MAC")
    case .secret: out.append("SECRET")
    case .person: out.append("PERSON")
    case .address: out.append("ADDRESS")
    }
    out.append(0x5F)
    out.append(decimal: Int64(number))
    out.append(0x5D)
  }

  /// Puts the form into `value` in which equal values have equal bytes.
  private func normalise(_ kind: PersonalDataKind, _ text: UnsafeRawBufferPointer) {
    value.removeAll()
    TextFolding.plain(text) { value.append($0) }
    // Each form is no longer than the value it is made of, byte for byte, so it is made in place.
    let bytes = UnsafeMutableRawBufferPointer(start: value.base, count: value.count)
    var end = 0
    func keep(_ byte: UInt8) {
      bytes[end] = byte
      end += 1
    }
    switch kind {
    case .email, .ip: for byte in bytes { keep(byte.asciiLowered) }
    case .iban, .nationalID, .mac: for byte in bytes where byte.isAlphanumeric { keep(byte.asciiLowered) }
    case .card, .ssn: for byte in bytes where byte.isDigit { keep(byte) }
    case .phone:
      let international =
        bytes.first == 0x2B || bytes.prefix(2).elementsEqual("(+".utf8)
        || bytes.prefix(2).elementsEqual("00".utf8)
      var leading = international
      // The sign stands in the first byte, which is no digit or a 0 that is left out.
      if international { keep(0x2B) }
      for index in bytes.indices {
        let byte = index == 0 && international ? 0 : bytes[index]
        guard byte.isDigit, !leading || byte != 0x30 else { continue }
        leading = false
        keep(byte)
      }
    case .secret: end = bytes.count
    case .person, .address:
      // Runs of white space are one space, so that a line break within a name makes no other person.
      for index in bytes.indices {
        let byte = bytes[index]
        if !byte.isSpace { keep(byte.asciiLowered) } else if end > 0, bytes[end - 1] != 0x20 { keep(0x20) }
      }
      if end > 0, bytes[end - 1] == 0x20 { end -= 1 }
    }
    length = end
  }
}
