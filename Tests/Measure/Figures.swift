import Foundation

/// Prints figures, one a line, and holds them against the bars that are stated for them.
struct Figures {
  /// Whether every bar so far was met.
  private(set) var passed = true

  /// Prints a figure: `figure NAME VALUE UNIT`.
  func note(_ name: String, _ value: Double, _ unit: String) {
    print("figure \(name) \(String(format: "%.4f", value)) \(unit)")
  }

  /// Prints a figure that must be at least `bar`.
  mutating func note(_ name: String, _ value: Double, _ unit: String, atLeast bar: Double) {
    note(name, value, unit)
    if value < bar { miss("\(name) is below \(bar)") }
  }

  /// Prints a figure that must be at most `bar`.
  mutating func note(_ name: String, _ value: Double, _ unit: String, atMost bar: Double) {
    note(name, value, unit)
    if value > bar { miss("\(name) is above \(bar)") }
  }

  private mutating func miss(_ text: String) {
    print("missed \(text)")
    passed = false
  }
}

/// The folder of public data that the project does not hold.
enum PublicData {
  static let folder: URL = {
    let named = ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"]
    return named.map { URL(filePath: $0) }
      ?? URL(filePath: #filePath).appending(path: "../../../../shared/data").standardized
  }()

  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appending(path: path)), as: UTF8.self)
  }

  static func lines(_ path: String) throws -> [String] {
    try text(path).split(separator: "\n").map(String.init)
  }
}
