/// Reads the keywords of a schema that hold no schemas.
struct SchemaReader {
  private let value: JSONValue

  init(_ value: JSONValue) { self.value = value }

  /// Keywords that would judge, and that are not taken.
  private static let refused = [
    "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef", "extends", "disallow",
    "divisibleBy",
  ]

  mutating func plainKeywords() throws -> SchemaNode {
    for key in Self.refused where value[key] != nil {
      throw JSONSchemaFault(code: .unknownKeyword, keyword: key)
    }
    var node = SchemaNode()
    node.types = try types()
    node.const = value["const"].map(JSONLiteral.init)
    if let list = value["enum"] {
      guard list.kind == .array else { throw bad("enum") }
      node.options = list.elements.map(JSONLiteral.init)
    }
    node.multipleOf = try number("multipleOf")
    if let unit = node.multipleOf, unit <= 0 { throw bad("multipleOf") }
    node.maximum = try number("maximum")
    node.minimum = try number("minimum")
    // In draft 4 the two are Booleans beside the limit.
    if let strict = value["exclusiveMaximum"]?.bool {
      if strict { swap(&node.maximum, &node.exclusiveMaximum) }
    } else {
      node.exclusiveMaximum = try number("exclusiveMaximum")
    }
    if let strict = value["exclusiveMinimum"]?.bool {
      if strict { swap(&node.minimum, &node.exclusiveMinimum) }
    } else {
      node.exclusiveMinimum = try number("exclusiveMinimum")
    }
    node.maxLength = try count("maxLength")
    node.minLength = try count("minLength")
    node.maxItems = try count("maxItems")
    node.minItems = try count("minItems")
    node.maxProperties = try count("maxProperties")
    node.minProperties = try count("minProperties")
    node.minContains = try count("minContains") ?? 1
    node.maxContains = try count("maxContains")
    if let unique = value["uniqueItems"] {
      guard let unique = unique.bool else { throw bad("uniqueItems") }
      node.uniqueItems = unique
    }
    if let text = value["pattern"] {
      guard let text = text.utf8 else { throw bad("pattern") }
      guard let pattern = SchemaPattern(text) else {
        throw JSONSchemaFault(code: .pattern, keyword: "pattern")
      }
      node.pattern = pattern
    }
    if let required = value["required"] { node.required = try Self.keys(required, "required") }
    return node
  }

  private func bad(_ keyword: String) -> JSONSchemaFault {
    JSONSchemaFault(code: .badKeyword, keyword: keyword)
  }

  private func number(_ key: String) throws -> Double? {
    guard let member = value[key] else { return nil }
    guard let number = member.double else { throw bad(key) }
    return number
  }

  private func count(_ key: String) throws -> Int? {
    guard let number = try number(key) else { return nil }
    guard let count = Int(exactly: number), count >= 0 else { throw bad(key) }
    return count
  }

  private func types() throws -> SchemaNode.Types? {
    guard let member = value["type"] else { return nil }
    let names = member.kind == .array ? member.elements : [member]
    return try names.reduce(into: SchemaNode.Types()) { types, name in
      switch name.string {
      case "null": types.insert(.null)
      case "boolean": types.insert(.bool)
      case "integer": types.insert(.integer)
      case "number": types.insert(.number)
      case "string": types.insert(.string)
      case "array": types.insert(.array)
      case "object": types.insert(.object)
      default: throw bad("type")
      }
    }
  }

  /// A list of strings.
  static func keys(_ list: JSONValue, _ keyword: String) throws -> [[UInt8]] {
    guard list.kind == .array else { throw JSONSchemaFault(code: .badKeyword, keyword: keyword) }
    return try list.elements.map { element in
      guard let text = element.utf8 else { throw JSONSchemaFault(code: .badKeyword, keyword: keyword) }
      return Array(text)
    }
  }
}
