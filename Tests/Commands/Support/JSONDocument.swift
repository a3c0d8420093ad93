import Foundation

/// A JSON document that tells numbers from Booleans.
enum JSONDocument: Decodable, Hashable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case list([JSONDocument])
  case map([String: JSONDocument])

  init(_ text: String) throws { try self.init(Data(text.utf8)) }

  init(_ data: Data) throws { self = try JSONDecoder().decode(JSONDocument.self, from: data) }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([JSONDocument].self) {
      self = .list(list)
    } else {
      self = .map(try value.decode([String: JSONDocument].self))
    }
  }

  subscript(_ key: String) -> JSONDocument? {
    if case .map(let members) = self { members[key] } else { nil }
  }

  subscript(_ index: Int) -> JSONDocument? {
    if case .list(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
  }

  var string: String? { if case .text(let text) = self { text } else { nil } }
  var int: Int? { if case .number(let number) = self { Int(number) } else { nil } }
  var elements: [JSONDocument] { if case .list(let elements) = self { elements } else { [] } }
  var members: [String: JSONDocument] { if case .map(let members) = self { members } else { [:] } }

  /// Counts by name, added up.
  var total: Int { members.values.reduce(0) { $0 + ($1.int ?? 0) } }

  /// Its shape: one line a path with the type that stands there, sorted; elements of a list share one path.
  var shape: [String] {
    var lines: Set<String> = []
    collect("", into: &lines)
    return lines.sorted()
  }

  private func collect(_ path: String, into lines: inout Set<String>) {
    switch self {
    case .null: lines.insert("\(path): null")
    case .bool: lines.insert("\(path): bool")
    case .number: lines.insert("\(path): number")
    case .text: lines.insert("\(path): text")
    case .list(let elements):
      lines.insert("\(path)[]: list")
      for element in elements { element.collect(path + "[]", into: &lines) }
    case .map(let members):
      if !path.isEmpty { lines.insert("\(path): object") }
      for (key, value) in members { value.collect(path + "/" + key, into: &lines) }
    }
  }
}
