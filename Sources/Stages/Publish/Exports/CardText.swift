/// Text for cards that no content can break out of.
enum CardText {
  /// A YAML scalar in double quotes: quotes, backslashes, line ends and everything that YAML 1.2 does not count as
  /// printable (5.1) or reads as a line end are escaped.
  static func yaml(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: result += "\\\""
      case 0x5C: result += "\\\\"
      case 0x0A: result += "\\n"
      case 0x0D: result += "\\r"
      case 0x09: result += "\\t"
      case ..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: result += escape(scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private static func escape(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  /// Markdown on one line, shown as it is: control characters become spaces, and what begins a cell, a link, code,
  /// emphasis or HTML is escaped.
  static func line(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case _ where isControl(scalar) || scalar == "\n" || scalar == "\t": result += " "
      case "<": result += "&lt;"
      case "&": result += "&amp;"
      case "|", "`", "*", "[", "]", "\\": result += "\\" + String(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Markdown of the definition's author as it is, without control characters, which could steer a terminal.
  static func block(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.filter { !isControl($0) }))
  }

  /// A word inside code: printable ASCII without a backtick; anything else becomes `?`.
  static func code(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { (0x20..<0x7F).contains($0.value) && $0 != "`" ? $0 : "?" }))
  }

  /// Control characters but tab and line feed, and the marks that turn the direction of text.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case ..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}
