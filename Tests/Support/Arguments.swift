/// Arguments of the form `--name value`, for programs that tests and benchmarks start.
public struct Arguments {
  private var values: [String: String] = [:]

  /// Reads words; what belongs to no name is passed over.
  public init(_ words: some Sequence<String>) {
    var name: String?
    for word in words {
      if let known = name {
        values[known] = word
        name = nil
      } else if word.hasPrefix("--") {
        name = String(word.dropFirst(2))
      }
    }
  }

  /// A text, or another where the name is not given.
  public func text(_ name: String, _ other: String) -> String { values[name] ?? other }

  /// A whole number, or another where none is given.
  public func whole(_ name: String, _ other: Int) -> Int { values[name].flatMap { Int($0) } ?? other }

  /// A number, or another where none is given.
  public func number(_ name: String, _ other: Double) -> Double {
    values[name].flatMap { Double($0) } ?? other
  }
}
