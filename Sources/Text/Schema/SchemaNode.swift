/// One schema of a compiled schema document; other schemas are named by their positions.
struct SchemaNode: Sendable {
  /// JSON's types as bits, with `integer` beside `number`.
  struct Types: OptionSet, Sendable {
    let rawValue: UInt8
    static let null = Types(rawValue: 1)
    static let bool = Types(rawValue: 2)
    static let integer = Types(rawValue: 4)
    static let number = Types(rawValue: 8)
    static let string = Types(rawValue: 16)
    static let array = Types(rawValue: 32)
    static let object = Types(rawValue: 64)
  }

  /// What a property asks of others.
  struct Dependency: Sendable {
    let key: [UInt8]
    var required: [[UInt8]] = []
    var schema: Int?
  }

  /// Whether everything passes (`true`) or nothing does (`false`); nil for an object.
  var always: Bool?
  var reference: Int?
  var types: Types?
  var const: JSONLiteral?
  var options: [JSONLiteral]?
  var multipleOf: Double?
  var maximum: Double?
  var exclusiveMaximum: Double?
  var minimum: Double?
  var exclusiveMinimum: Double?
  var maxLength: Int?
  var minLength: Int?
  var pattern: SchemaPattern?
  /// Schemas of the first elements, and of those after them.
  var prefixItems: [Int] = []
  var items: Int?
  var maxItems: Int?
  var minItems: Int?
  var uniqueItems = false
  var contains: Int?
  var minContains = 1
  var maxContains: Int?
  var maxProperties: Int?
  var minProperties: Int?
  var required: [[UInt8]] = []
  /// Sorted by key.
  var properties: [(key: [UInt8], node: Int)] = []
  var patternProperties: [(pattern: SchemaPattern, node: Int)] = []
  var additionalProperties: Int?
  var propertyNames: Int?
  var dependencies: [Dependency] = []
  var allOf: [Int] = []
  var anyOf: [Int] = []
  var oneOf: [Int] = []
  var not: Int?
  var condition: Int?
  var then: Int?
  var otherwise: Int?

  /// Schemas that judge the same value as this one.
  var inPlace: [Int] {
    [reference, not, condition, then, otherwise].compactMap { $0 } + allOf + anyOf + oneOf
      + dependencies.compactMap(\.schema)
  }

  /// The schema of a property by its key.
  func property(_ key: UnsafeRawBufferPointer) -> Int? {
    var low = 0
    var high = properties.count
    while low < high {
      let middle = (low + high) / 2
      if Self.isLess(properties[middle].key, key) { low = middle + 1 } else { high = middle }
    }
    guard low < properties.count, properties[low].key.elementsEqual(key) else { return nil }
    return properties[low].node
  }

  static func isLess(_ one: [UInt8], _ other: UnsafeRawBufferPointer) -> Bool {
    one.withUnsafeBytes { $0.lexicographicallyPrecedes(other) }
  }
}

/// A node that is passed by reference: a copy of its many members on each level of recursion would fill the
/// stack.
final class SchemaBox: Sendable {
  let node: SchemaNode

  init(_ node: SchemaNode) { self.node = node }
}
