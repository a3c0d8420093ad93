/// The digits of a place, packed, for check digits.
///
/// At most 32 digits; what stands between them is skipped.
struct DigitRow {
  private var packed: UInt128 = 0
  private(set) var count = 0

  /// Reads the digits from `start` to `end`.
  init(_ text: ScanText, _ start: Int, _ end: Int) {
    for place in start..<end {
      let byte = text.at(place)
      guard byte.isDigit, count < 32 else { continue }
      packed = packed << 4 | UInt128(byte & 0x0F)
      count += 1
    }
  }

  /// The digit at a place, 0-based, from the left.
  @inline(__always)
  subscript(place: Int) -> Int { Int(truncatingIfNeeded: packed >> UInt128(4 * (count - 1 - place)) & 0xF) }

  /// The digits from a place on as a number.
  func number(_ from: Int, _ length: Int) -> Int {
    var value = 0
    for place in from..<from + length { value = value * 10 + self[place] }
    return value
  }

  /// The sum of the first digits, each times the hexadecimal digit of `weights` at its place; `width`
  /// weights.
  func weighted(_ weights: UInt64, _ width: Int) -> Int {
    var sum = 0
    for place in 0..<width {
      sum += self[place] * Int(weights >> UInt64(4 * (width - 1 - place)) & 0xF)
    }
    return sum
  }

  /// Whether the digits from a place on pass the check of Luhn (ISO/IEC 7812-1, annex B).
  func passesLuhn(from: Int = 0) -> Bool {
    var sum = 0
    for place in from..<count {
      let doubled = (count - 1 - place) % 2 == 1
      let value = self[place] * (doubled ? 2 : 1)
      sum += value > 9 ? value - 9 : value
    }
    return sum % 10 == 0
  }

  /// Whether all digits are one and the same.
  var isUniform: Bool { (1..<max(1, count)).allSatisfy { self[$0] == self[0] } }

  /// Whether three numbers may be year of the century, month and day.
  static func isDate(month: Int, day: Int) -> Bool { (1...12).contains(month) && (1...31).contains(day) }
}
