import Text

/// Values made by the rules of their issuers, and ways to write them so that a scanner may miss them.
enum PlantedData {
  /// Sentences with a place for a value.
  static let sentences = [
    "Please note {} for our files.", "It is {}, as I said.", "{}", "Here you are:\n{}\nThanks!",
    "Wert: {} (neu)",
    "我的号码是 {} 。", "the old one ({}) is void",
  ]

  /// A way to write a value.
  enum Disguise: String, CaseIterable {
    case plain, full_width, hidden, soft_hyphen, no_break, dashes

    func apply(_ value: String) -> String {
      switch self {
      case .plain: return value
      case .full_width: return PlantedData.fullWidth(value)
      case .hidden: return PlantedData.joined(value, "\u{200B}")
      case .soft_hyphen: return PlantedData.joined(value, "\u{AD}")
      case .no_break: return value.replacing(" ", with: "\u{202F}")
      case .dashes: return value.replacing("-", with: "\u{2011}")
      }
    }
  }

  /// Full-width forms of the visible characters of ASCII.
  static func fullWidth(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isVisible = scalar.value > 0x20 && scalar.value < 0x7F
      result.append(isVisible ? Unicode.Scalar(scalar.value + 0xFEE0) ?? scalar : scalar)
    }
    return String(result)
  }

  private static func joined(_ text: String, _ joint: String) -> String {
    text.map(String.init).joined(separator: joint)
  }

  /// Values by kind, the same in every run.
  static func values(_ count: Int) -> [(PersonalDataKind, [String])] {
    var numbers = SeededNumbers(state: 11)
    return [
      (.card, (0..<count).map { _ in card(&numbers) }), (.iban, (0..<count).map { _ in iban(&numbers) }),
      (.email, (0..<count).map { _ in email(&numbers) }), (.ip, (0..<count).map { _ in ip(&numbers) }),
      (.ssn, (0..<count).map { _ in ssn(&numbers) }), (.phone, (0..<count).map { _ in phone(&numbers) }),
    ]
  }

  private static func digits(_ count: Int, _ numbers: inout SeededNumbers) -> String {
    String((0..<count).map { _ in Character(String(numbers.below(10))) })
  }

  private static func grouped(_ text: String, _ lengths: [Int], _ joint: String) -> String {
    var rest = Substring(text)
    return lengths.map { length in
      defer { rest = rest.dropFirst(length) }
      return String(rest.prefix(length))
    }
    .joined(separator: joint)
  }

  private static func card(_ numbers: inout SeededNumbers) -> String {
    let (prefix, length) = [("4", 16), ("52", 16), ("34", 15), ("6011", 16), ("37", 15)][numbers.below(5)]
    let body = prefix + digits(length - prefix.count - 1, &numbers)
    var sum = 0
    for (place, digit) in body.reversed().enumerated() {
      let value = (digit.wholeNumberValue ?? 0) * (place % 2 == 0 ? 2 : 1)
      sum += value > 9 ? value - 9 : value
    }
    let number = body + String((10 - sum % 10) % 10)
    let groups = length == 15 ? [4, 6, 5] : [4, 4, 4, 4]
    switch numbers.below(3) {
    case 0: return number
    case 1: return grouped(number, groups, " ")
    default: return grouped(number, groups, "-")
    }
  }

  private static func iban(_ numbers: inout SeededNumbers) -> String {
    let (country, length) = [("DE", 22), ("FR", 27), ("ES", 24), ("AT", 20), ("NO", 15), ("CH", 21)][
      numbers.below(6)]
    let body = digits(length - 4, &numbers)
    var remainder = 0
    for character in body + country + "00" {
      let value = character.wholeNumberValue ?? Int(character.asciiValue ?? 65) - 55
      remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
    }
    let check = 98 - remainder
    let number = country + (check < 10 ? "0\(check)" : "\(check)") + body
    return numbers.below(2) == 0 ? number : grouped(number, Array(repeating: 4, count: (length + 3) / 4), " ")
  }

  private static func email(_ numbers: inout SeededNumbers) -> String {
    let names = ["ann.lee", "bob", "c_d-e", "x.y+news", "info", "maria99"]
    let hosts = ["example.com", "mail.example.co.uk", "ex-ample.org", "e9.example.net"]
    return names[numbers.below(names.count)] + "@" + hosts[numbers.below(hosts.count)]
  }

  private static func ip(_ numbers: inout SeededNumbers) -> String {
    "\(10 + numbers.below(200)).\(numbers.below(256)).\(numbers.below(256)).\(1 + numbers.below(254))"
  }

  private static func ssn(_ numbers: inout SeededNumbers) -> String {
    let text = "\(100 + numbers.below(500))\(10 + numbers.below(90))\(1000 + numbers.below(9000))"
    return grouped(text, [3, 2, 4], "-")
  }

  private static func phone(_ numbers: inout SeededNumbers) -> String {
    switch numbers.below(4) {
    case 0: "+49 30 \(1_000_000 + numbers.below(9_000_000))"
    case 1: "(\(200 + numbers.below(700))) \(200 + numbers.below(700))-\(1000 + numbers.below(9000))"
    case 2: "+1-\(200 + numbers.below(700))-\(200 + numbers.below(700))-\(1000 + numbers.below(9000))"
    default: "+44 20 \(1000 + numbers.below(9000)) \(1000 + numbers.below(9000))"
    }
  }
}
