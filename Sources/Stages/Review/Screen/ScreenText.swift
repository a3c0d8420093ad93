import Records

/// Words and numbers of the screen.
enum ScreenText {
  /// `12,345`.
  static func count(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var result = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// `1 note`, `2 notes`.
  static func counted(_ number: Int, _ noun: String) -> String {
    "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  /// Two digits after the point.
  static func hundredths(_ value: Double) -> String {
    let all = Int((abs(value) * 100).rounded())
    let digits = all % 100
    return "\(value < 0 && all > 0 ? "-" : "")\(all / 100).\(digits < 10 ? "0" : "")\(digits)"
  }

  static func why(_ reason: ReviewReason) -> String {
    switch reason {
    case .uncertain: "its label is uncertain"
    case .disagreeing: "what votes on it disagrees"
    case .suspect: "its label looks wrong"
    case .coverage: "its slice has few labels"
    case .audit: "drawn at random, as a check"
    case .synthetic: "a model wrote its batch"
    case .adjudication: "people disagreed on it"
    case .assigned: "it was asked for"
    }
  }

  static func question(_ task: ReviewTask, isMultiple: Bool) -> String {
    switch task {
    case .label: isMultiple ? "labels" : "label"
    case .correct: "correct"
    case .prefer: "prefer"
    case .accept: "accept or reject"
    case .adjudicate: "adjudicate"
    }
  }

  /// How long a lease still lasts.
  static func held(_ seconds: Int) -> String {
    seconds >= 120 ? "yours for \(seconds / 60) min" : "yours for \(max(0, seconds)) s"
  }

  static let skips = [
    "cannot tell", "outside my field", "not my language", "broken or empty", "another reason",
  ]
}
