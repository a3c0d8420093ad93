/// What a number counts.
enum QuantityKind: Hashable, Sendable {
  /// Nothing that is said.
  case bare
  /// Hundredths.
  case percent
  /// A sum of money, by the currency's code.
  case money(String)
  /// Something measured, in one of the units of ``Units``.
  case measure(String)
}

/// Units that are read behind a number.
///
/// Of the SI and beside it: those that a unit's symbol or English name tells apart in a running text. `m` is metres,
/// never minutes or millions.
enum Units {
  /// Kind and size in the kind's smallest unit of the list.
  static let all: [String: (kind: QuantityKind, size: Int128)] = {
    var units: [String: (QuantityKind, Int128)] = [:]
    func add(_ kind: String, _ size: Int128, _ names: String) {
      for name in names.split(separator: " ") { units[String(name)] = (.measure(kind), size) }
    }
    add("length", 1, "mm millimetre millimetres millimeter millimeters")
    add("length", 10, "cm centimetre centimetres centimeter centimeters")
    add("length", 1000, "m metre metres meter meters")
    add("length", 1_000_000, "km kilometre kilometres kilometer kilometers")
    add("mass", 1, "mg milligram milligrams")
    add("mass", 1000, "g gram grams")
    add("mass", 1_000_000, "kg kilogram kilograms")
    add("volume", 1, "ml mL millilitre millilitres milliliter milliliters")
    add("volume", 1000, "l L litre litres liter liters")
    add("time", 1, "ms millisecond milliseconds")
    add("time", 1000, "s sec second seconds")
    add("time", 60_000, "min mins minute minutes")
    add("time", 3_600_000, "h hr hrs hour hours")
    for (name, code) in [
      ("USD", "USD"), ("EUR", "EUR"), ("GBP", "GBP"), ("JPY", "JPY"), ("dollars", "USD"), ("dollar", "USD"),
      ("euros", "EUR"), ("euro", "EUR"), ("pounds", "GBP"), ("yen", "JPY"), ("$", "USD"), ("€", "EUR"),
      ("£", "GBP"),
      ("¥", "JPY"),
    ] {
      units[name] = (.money(code), 1)
    }
    units["%"] = (.percent, 1)
    units["percent"] = (.percent, 1)
    return units
  }()
}

/// A number with its unit, as it is written or computed.
struct Quantity: Sendable {
  /// In the smallest unit of its kind; of a percentage the hundredths.
  var value: Fraction
  var kind: QuantityKind
  /// The size of the unit it is written in; nil where several were used.
  var size: Fraction?
  /// Half of the last place that is shown, of a number that stands alone; else 0.
  var half: Fraction = .zero
  var isComputed = false
  /// Whether a number in it has decimals, and may be rounded.
  var hasDecimals = false

  /// A number as it is written; nil if it does not fit.
  init?(digits: Int128, decimals: Int, unit: (kind: QuantityKind, size: Int128)?) {
    var scale: Int128 = 1
    for _ in 0..<decimals { scale *= 10 }
    let size = unit.map { Fraction(whole: $0.size) } ?? Fraction(whole: 1)
    guard let value = Fraction(digits, scale) * size, let half = Fraction(1, 2 * scale) * size else {
      return nil
    }
    self.value = value
    self.half = half
    self.size = size
    kind = unit?.kind ?? .bare
    hasDecimals = decimals > 0
  }

  private init(_ value: Fraction, _ kind: QuantityKind, _ size: Fraction?, of parts: [Quantity]) {
    self.value = value
    self.kind = kind
    self.size = size
    isComputed = true
    hasDecimals = parts.contains(where: \.hasDecimals)
  }

  /// What an operation gives: nil where it cannot be judged.
  enum Result {
    case quantity(Quantity)
    /// Things of different kinds are added.
    case mismatch
    case unknown
  }

  static func sum(_ left: Quantity, _ right: Quantity, isDifference: Bool) -> Result {
    var (one, other) = (left, right)
    if one.kind != other.kind {
      // A number without a unit in a sum of others has theirs.
      guard one.kind == .bare || other.kind == .bare else {
        return one.kind == .percent || other.kind == .percent ? .unknown : .mismatch
      }
      guard one.kind != .percent, other.kind != .percent else { return .unknown }
      if one.kind == .bare { one = one.adopting(other) } else { other = other.adopting(one) }
      guard one.kind == other.kind else { return .unknown }
    }
    guard let value = isDifference ? one.value - other.value : one.value + other.value else {
      return .unknown
    }
    return .quantity(Quantity(value, one.kind, one.size == other.size ? one.size : nil, of: [left, right]))
  }

  static func product(_ left: Quantity, _ right: Quantity) -> Result {
    guard let value = left.plain * right.plain else { return .unknown }
    let kinds = [left, right].filter { $0.kind != .bare && $0.kind != .percent }
    // An area, or money times money.
    guard kinds.count < 2 else { return .unknown }
    return .quantity(
      Quantity(
        value, kinds.first?.kind ?? .bare, kinds.isEmpty ? Fraction(whole: 1) : kinds[0].size,
        of: [left, right]))
  }

  static func quotient(_ left: Quantity, _ right: Quantity) -> Result {
    let isRatio = left.kind == right.kind
    guard isRatio || right.kind == .bare || right.kind == .percent else { return .unknown }
    // A share of a percentage stays one; everything else is as it is for a product.
    if left.kind == .percent, right.kind == .bare {
      guard let value = left.value / right.value else { return .unknown }
      return .quantity(Quantity(value, .percent, left.size, of: [left, right]))
    }
    guard let value = left.plain / right.plain else { return .unknown }
    let isBare = isRatio || left.kind == .percent
    return .quantity(
      Quantity(value, isBare ? .bare : left.kind, isBare ? Fraction(whole: 1) : left.size, of: [left, right]))
  }

  var negated: Quantity? {
    guard let value = value.negated else { return nil }
    var copy = self
    copy.value = value
    return copy
  }

  private var plain: Fraction? { kind == .percent ? value / .hundred : value }

  private func adopting(_ other: Quantity) -> Quantity {
    guard let size = other.size, let value = value * size, let half = half * size else { return self }
    var copy = self
    copy.value = value
    copy.half = half
    copy.kind = other.kind
    copy.size = size
    return copy
  }

  /// What two sides of an equals sign say of each other.
  enum Judgement {
    case equal
    case different
    case mismatch
    case unknown
  }

  static func compare(_ left: Quantity, _ right: Quantity) -> Judgement {
    guard left.isComputed || right.isComputed else {
      // A statement such as `1 km = 1000 m` computes too; one such as `x = 5` does not come here.
      guard left.kind == right.kind, case .measure = left.kind, left.size != right.size else {
        return .unknown
      }
      return difference(left, right)
    }
    if left.kind == right.kind { return difference(left, right) }
    let kinds = [left.kind, right.kind]
    guard kinds.contains(.bare) else { return kinds.contains(.percent) ? .unknown : .mismatch }
    let (bare, other) = left.kind == .bare ? (left, right) : (right, left)
    guard other.kind != .percent else {
      // Both `12 / 80 = 15 %` and `12 / 80 × 100 = 15 %` are written.
      var hundredths = bare
      guard let value = bare.value * .hundred, let half = bare.half * .hundred else { return .unknown }
      hundredths.value = value
      hundredths.half = half
      let asShare = difference(hundredths, other)
      return asShare == .different ? difference(bare, other) : asShare
    }
    let adopted = bare.adopting(other)
    return adopted.kind == other.kind ? difference(adopted, other) : .unknown
  }

  private static func difference(_ left: Quantity, _ right: Quantity) -> Judgement {
    guard let apart = (left.value - right.value)?.magnitude else { return .unknown }
    // A computed side counts as exact, a number as rounded to the places that it shows; of two numbers the right one.
    let allowed = !right.isComputed ? right.half : !left.isComputed ? left.half : .zero
    switch apart.isAtMost(allowed) {
    case true: return .equal
    case nil: return .unknown
    case false: break
    }
    // Where both sides compute, a number in one of them may be the rounded result of a step before.
    guard left.isComputed, right.isComputed, left.hasDecimals || right.hasDecimals,
      let value = left.value.magnitude
    else { return .different }
    return (apart * .hundred)?.isAtMost(value) == false ? .different : .unknown
  }
}
