import Foundation

extension Encodable {
  /// The value as JSON with sorted keys, so that the same value is the same text; numbers must be finite.
  public var sortedJSON: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { fatalError("finite numbers and texts encode") }
    return String(decoding: data, as: UTF8.self)
  }
}
