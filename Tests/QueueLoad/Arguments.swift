import Foundation
import Records

/// Arguments of the form `--name value`.
struct Arguments {
  private var values: [String: String] = [:]

  init(_ words: some Sequence<String>) {
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

  func text(_ name: String, _ other: String) -> String { values[name] ?? other }

  func whole(_ name: String, _ other: Int) -> Int { values[name].flatMap { Int($0) } ?? other }

  func number(_ name: String, _ other: Double) -> Double { values[name].flatMap { Double($0) } ?? other }
}

extension Timestamp {
  /// The clock.
  static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }
}
