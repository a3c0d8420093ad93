import Foundation

/// Standard output and standard error: the only place that writes to them.
enum Terminal {
  /// Whether standard error is a terminal that understands cursor movement.
  static var isInteractive: Bool {
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Whether standard output is a terminal, so that what is written there is shown.
  static var isShown: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether what is written to standard output may have colours (https://no-color.org).
  static var isColored: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isShown && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
  }

  /// Columns of the terminal; 80 where there is none.
  static var columns: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// Writes a line to standard output.
  static func line(_ text: String = "") { write(text + "\n", to: STDOUT_FILENO) }

  /// Writes a line to standard error.
  static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  /// Writes to standard error without a line end.
  static func status(_ text: String) { write(text, to: STDERR_FILENO) }

  /// Writes a value as one JSON document with sorted keys.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    line(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Text from a log as it may be shown: control characters, bidirectional overrides and characters of no width
  /// become visible marks such as `\u{1B}`.
  static func safe(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7F...0x9F, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069,
        0xFEFF,
        0xFFF9...0xFFFB, 0xE0000...0xE007F:
        result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A size in bytes for people: `12.3 MB` (powers of 1,000).
  static func size(_ bytes: Int) -> String {
    var value = Double(bytes)
    for unit in ["B", "kB", "MB", "GB"] {
      if value < 1000 { return unit == "B" ? "\(bytes) B" : "\(rounded(value)) \(unit)" }
      value /= 1000
    }
    return "\(rounded(value)) TB"
  }

  /// A number and what it counts: `1 segment`, `2 segments`.
  static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  /// A number with one digit after the point.
  static func rounded(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
  }

  /// Rows as columns of equal width; a column of numbers stands to the right.
  static func table(_ header: [String], _ rows: [[String]], indent: String = "") -> [String] {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let numeric = header.indices.map { column in
      !rows.isEmpty && rows.allSatisfy { $0[column].isEmpty || Double($0[column]) != nil }
    }
    return all.map { row in
      let cells = row.indices.map { column -> String in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return numeric[column] ? padding + row[column] : row[column] + padding
      }
      return indent + cells.joined(separator: "  ").trimmedAtEnd
    }
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        // Nobody reads any more; there is no one left to tell.
        return
      }
      rest = rest.dropFirst(written)
    }
  }
}

extension String {
  /// Without spaces at the end.
  var trimmedAtEnd: String {
    var copy = self
    while copy.last == " " { copy.removeLast() }
    return copy
  }
}
