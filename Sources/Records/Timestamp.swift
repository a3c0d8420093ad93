/// An instant in UTC, in microseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Microseconds since the epoch; legal from year 1 to year 9999.
  public let microseconds: Int64

  /// Takes microseconds since the epoch.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Orders by time.
  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

  /// RFC 3339 with milliseconds and `Z`, such as `2026-11-20T10:00:00.250Z`.
  public var description: String {
    let (year, month, day) = civil
    let inDay = Self.floorModulo(microseconds, Self.perDay)
    // Written as bytes: it is made for every record of a log.
    return String(unsafeUninitializedCapacity: 24) { text in
      Self.write(year, 4, at: 0, "-", text)
      Self.write(month, 2, at: 5, "-", text)
      Self.write(day, 2, at: 8, "T", text)
      Self.write(inDay / 3_600_000_000, 2, at: 11, ":", text)
      Self.write(inDay / 60_000_000 % 60, 2, at: 14, ":", text)
      Self.write(inDay / 1_000_000 % 60, 2, at: 17, ".", text)
      Self.write(inDay / 1000 % 1000, 3, at: 20, "Z", text)
      return 24
    }
  }

  /// The UTC day, such as `2026-11-20`.
  public var day: String { String(description.prefix(10)) }

  /// Days since the epoch, rounded down.
  public var dayNumber: Int64 { (microseconds - Self.floorModulo(microseconds, Self.perDay)) / Self.perDay }

  /// Reads the forms that logs use: RFC 3339 with or without an offset (none means UTC), with `T` or a space,
  /// with up to nine digits of a second (cut to six), a date alone, or a decimal number of seconds,
  /// milliseconds, microseconds or nanoseconds since the epoch, told apart by size.
  /// - Returns: nil for anything else, or outside the years 1 to 9999.
  public init?(parsing text: some Collection<UInt8>) {
    let bytes = Array(text)
    if bytes.count > 4, bytes[4] == 45 {
      // An offset may lead out of the years that have four digits.
      guard let value = Self.calendar(bytes), Self.legal.contains(value) else { return nil }
      self.init(microseconds: value)
      return
    }
    guard !bytes.isEmpty, let number = Double(String(decoding: bytes, as: UTF8.self)) else { return nil }
    self.init(number: number)
  }

  /// Reads the forms that logs use from a string.
  public init?(_ text: String) { self.init(parsing: text.utf8) }

  /// A number since the epoch: under 1e11 seconds, under 1e14 milliseconds, under 1e17 microseconds, else
  /// nanoseconds.
  ///
  /// The bounds lie in the year 5138, so any log of our time is told apart.
  public init?(number: Double) {
    guard number.isFinite, number >= 0 else { return nil }
    let microseconds =
      switch number {
      case ..<1e11: number * 1e6
      case ..<1e14: number * 1e3
      case ..<1e17: number
      default: number / 1e3
      }
    guard microseconds < 2.5e17 else { return nil }
    self.init(microseconds: Int64(microseconds.rounded()))
  }

  private static let perDay: Int64 = 86_400_000_000
  /// From 0001-01-01T00:00:00Z up to 10000-01-01T00:00:00Z.
  private static let legal = (-719_162 * perDay)..<(2_932_897 * perDay)

  private static func floorModulo(_ value: Int64, _ divisor: Int64) -> Int64 {
    let rest = value % divisor
    return rest < 0 ? rest + divisor : rest
  }

  /// Writes digits with zeros in front, and the character behind them.
  private static func write(
    _ value: Int64, _ width: Int, at place: Int, _ end: Unicode.Scalar,
    _ text: UnsafeMutableBufferPointer<UInt8>
  ) {
    var rest = value
    for position in stride(from: place + width - 1, through: place, by: -1) {
      text[position] = 48 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    text[place + width] = UInt8(truncatingIfNeeded: end.value)
  }

  /// Year, month and day by the days-from-civil algorithm of Howard Hinnant, "chrono-Compatible Low-Level Date
  /// Algorithms".
  private var civil: (Int64, Int64, Int64) {
    let shifted = dayNumber + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func calendar(_ bytes: [UInt8]) -> Int64? {
    func number(_ from: Int, _ count: Int) -> Int64? {
      guard from + count <= bytes.count else { return nil }
      var value: Int64 = 0
      for byte in bytes[from..<from + count] {
        guard (48...57).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      return value
    }
    guard bytes.count >= 10, bytes[7] == 45, let year = number(0, 4), let month = number(5, 2),
      let day = number(8, 2),
      year >= 1, (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    let days = daysFromCivil(year, month, day)
    // A day that the month does not have reads back as another date.
    let readBack = Timestamp(microseconds: days * perDay).civil
    guard readBack == (year, month, day) else { return nil }
    var total = days * perDay
    if bytes.count == 10 { return total }
    guard bytes[10] == 84 || bytes[10] == 116 || bytes[10] == 32, bytes.count >= 16, bytes[13] == 58,
      let hour = number(11, 2), let minute = number(14, 2), hour < 24, minute < 60
    else { return nil }
    total += (hour * 60 + minute) * 60_000_000
    var at = 16
    if at < bytes.count, bytes[at] == 58 {
      guard let second = number(at + 1, 2), second <= 60 else { return nil }
      total += min(second, 59) * 1_000_000
      at += 3
      if at < bytes.count, bytes[at] == 46 || bytes[at] == 44 {
        var scale: Int64 = 100_000
        at += 1
        let first = at
        while at < bytes.count, (48...57).contains(bytes[at]) {
          total += Int64(bytes[at] - 48) * scale
          scale /= 10
          at += 1
        }
        guard at > first, at - first <= 9 else { return nil }
      }
    }
    if at == bytes.count { return total }
    if bytes[at] == 90 || bytes[at] == 122 { return at + 1 == bytes.count ? total : nil }
    guard bytes[at] == 43 || bytes[at] == 45, let hours = number(at + 1, 2), hours < 24 else { return nil }
    let minutesAt = at + 3 < bytes.count && bytes[at + 3] == 58 ? at + 4 : at + 3
    var offset = hours * 60
    if minutesAt < bytes.count {
      guard let minutes = number(minutesAt, 2), minutesAt + 2 == bytes.count, minutes < 60 else { return nil }
      offset += minutes
    }
    return total + (bytes[at] == 43 ? -offset : offset) * 60_000_000
  }
}
