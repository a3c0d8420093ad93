import Foundation
import Pull

/// A mapping being read: it hands out the values by key and knows at the end which keys nobody asked for.
final class DefinitionReader {
  let log: FaultLog
  let section: DefinitionFault.Section
  let item: YAMLItem
  private let entries: [YAMLEntry]
  private var asked: [String] = []

  init(_ item: YAMLItem, entries: [YAMLEntry], section: DefinitionFault.Section, log: FaultLog) {
    self.item = item
    self.entries = entries
    self.section = section
    self.log = log
  }

  /// A reader of a whole definition; nil if it is no mapping, with a fault in `log`.
  static func whole(
    _ bytes: [UInt8], _ document: DefinitionFault.Document, _ log: FaultLog
  ) -> DefinitionReader? {
    guard let root = YAMLDocument.read(bytes, document, log) else { return nil }
    return FieldReader(field: DefinitionFault.Field(document.rawValue), item: root, log: log)
      .section(.whole(document))
  }

  /// The value under a key, if it is there.
  func optional(_ key: String) -> FieldReader? {
    if !asked.contains(key) { asked.append(key) }
    guard let entry = entries.first(where: { $0.key == key }) else { return nil }
    return FieldReader(field: DefinitionFault.Field(key), item: entry.value, log: log)
  }

  /// The value under a key that must be there.
  func required(_ key: String) -> FieldReader? {
    let field = optional(key)
    if field == nil { log.add(.missingKey(key, section: section), at: item) }
    return field
  }

  /// The values of a mapping whose keys are free, in the file's order.
  var all: [(entry: YAMLEntry, field: FieldReader)] {
    entries.map { ($0, FieldReader(field: DefinitionFault.Field($0.key), item: $0.value, log: log)) }
  }

  /// States a fault unless exactly one of two keys is there, or none where `orNone` allows it.
  func exclusive(_ first: String, _ second: String, orNone: Bool = false) {
    let left = optional(first)
    let right = optional(second)
    if let left, let right {
      let later = (left.item.line, left.item.column) < (right.item.line, right.item.column) ? right : left
      log.add(.together(first, second, section: section), at: later.item)
    } else if left == nil, right == nil, !orNone {
      log.add(.missingOneOf([first, second], section: section), at: item)
    }
  }

  /// States every key that was not asked for.
  ///
  /// Call it last.
  func finish() {
    for entry in entries where !asked.contains(entry.key) {
      let nearest = NearestName.nearest(to: entry.key, among: asked)
      log.add(
        .unknownKey(entry.key, section: section, nearest: nearest, legal: asked), entry.line, entry.column)
    }
  }
}

/// A value being read.
///
/// Every accessor returns nil after stating a fault.
struct FieldReader {
  let field: DefinitionFault.Field
  let item: YAMLItem
  let log: FaultLog

  /// A scalar by the core schema of YAML 1.2 (10.3.2); `yes`, `no`, `on` and `off` are text.
  enum Scalar {
    case text(String)
    case whole(Int)
    case number(Double)
    case bool(Bool)
    case nothing
  }

  /// The scalar, or nil for lists and mappings.
  var scalar: Scalar? {
    guard case .scalar(let text, let isPlain) = item.content else { return nil }
    guard isPlain else { return .text(text) }
    switch text {
    case "", "~", "null", "Null", "NULL": return .nothing
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    let digits = text.utf8
    let isNumeric = digits.allSatisfy {
      (48...57).contains($0) || $0 == 43 || $0 == 45 || $0 == 46 || $0 == 69 || $0 == 101
    }
    guard isNumeric, digits.contains(where: { (48...57).contains($0) }) else { return .text(text) }
    if let whole = Int(text) { return .whole(whole) }
    return Double(text).map { .number($0) } ?? .text(text)
  }

  /// The text of a scalar as written.
  var written: String {
    if case .scalar(let text, _) = item.content { text } else { "" }
  }

  var isNothing: Bool { if case .nothing = scalar { true } else { false } }

  private var found: DefinitionFault.Found {
    switch item.content {
    case .list(let items): .list(items.count)
    case .map(let entries): .mapping(entries.count)
    case .refused: .nothing
    case .scalar:
      switch scalar {
      case .text(let text): .text(text)
      case .whole, .number: .number(written)
      case .bool(let value): .bool(value)
      case .nothing, nil: .nothing
      }
    }
  }

  /// States that another type stands here, unless a fault has been stated for the place already.
  func refuse<Value>(_ expected: DefinitionFault.Expected) -> Value? {
    if case .refused = item.content { return nil }
    log.add(.wrongType(field, expected: expected, found: found), at: item)
    return nil
  }

  func fault(_ facts: DefinitionFault.Facts) { log.add(facts, at: item) }

  /// A text that is not empty.
  func text(_ expected: DefinitionFault.Expected = .text) -> String? {
    guard case .text(let text) = scalar else { return refuse(expected) }
    guard text.contains(where: { !$0.isWhitespace }) else {
      fault(.emptyValue(field))
      return nil
    }
    return text
  }

  func whole(in range: ClosedRange<Int>) -> Int? {
    switch scalar {
    case .whole(let value) where range.contains(value): return value
    case .number where written.contains(where: { ".eE".contains($0) }): return refuse(.whole)
    case .whole, .number:
      fault(.outOfRange(field, low: "\(range.lowerBound)", high: "\(range.upperBound)", found: written))
      return nil
    default: return refuse(.whole)
    }
  }

  func number(in range: ClosedRange<Double>) -> Double? {
    let value: Double
    switch scalar {
    case .whole(let whole): value = Double(whole)
    case .number(let number): value = number
    default: return refuse(.number)
    }
    guard range.contains(value) else {
      fault(
        .outOfRange(
          field, low: Self.plain(range.lowerBound), high: Self.plain(range.upperBound), found: written))
      return nil
    }
    return value
  }

  private static func plain(_ bound: Double) -> String {
    bound == bound.rounded() && abs(bound) < 1e15 ? "\(Int(bound))" : "\(bound)"
  }

  func bool() -> Bool? {
    guard case .bool(let value) = scalar else { return refuse(.bool) }
    return value
  }

  /// One of an enumeration's words.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type, expected: DefinitionFault.Expected = .text
  ) -> Choice? where Choice.RawValue == String {
    guard let text = text(expected) else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    unknown(text, legal: Choice.allCases.map(\.rawValue))
    return nil
  }

  func unknown(_ value: String, legal: [String]) {
    fault(
      .unknownValue(
        field, value: value, nearest: NearestName.nearest(to: value, among: legal), legal: legal))
  }

  /// A legal name of a source, dataset or slice.
  func name() -> String? {
    guard let text = text() else { return nil }
    guard DefinitionName.isLegal(text) else {
      fault(.badName(field, value: text))
      return nil
    }
    return text
  }

  func list(_ expected: DefinitionFault.Expected = .list) -> [FieldReader]? {
    guard case .list(let items) = item.content else { return refuse(expected) }
    return items.enumerated().map { position, item in
      FieldReader(field: DefinitionFault.Field(field.key, entry: position + 1), item: item, log: log)
    }
  }

  /// The mapping under the key.
  func section(
    _ section: DefinitionFault.Section? = nil, expected: DefinitionFault.Expected = .mapping
  ) -> DefinitionReader? {
    guard case .map(let entries) = item.content else { return refuse(expected) }
    return DefinitionReader(item, entries: entries, section: section ?? .key(field.key), log: log)
  }

  /// A path into a row.
  func path() -> FieldPath? {
    let text: String
    switch scalar {
    case .text(let value): text = value
    case .whole(let value) where value >= 0: text = "\(value)"
    default: return refuse(.text)
    }
    guard let path = FieldPath(text) else {
      fault(.badPath(field, value: text))
      return nil
    }
    return path
  }

  /// Paths whose last components differ.
  func metadata() -> [FieldPath] {
    var names: Set<String> = []
    return (list() ?? []).compactMap { entry in
      guard let path = entry.path() else { return nil }
      if !names.insert(path.last).inserted { entry.fault(.repeated(entry.field, value: path.last)) }
      return path
    }
  }
}

/// Names of pipelines, sources, datasets and slices.
public enum DefinitionName {
  /// Whether a name is a lower-case letter or digit, followed by these and `.`, `_`, `-`.
  public static func isLegal(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    func isFirst(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
    guard let first = bytes.first, isFirst(first) else { return false }
    return bytes.allSatisfy { isFirst($0) || $0 == 46 || $0 == 95 || $0 == 45 }
  }
}
