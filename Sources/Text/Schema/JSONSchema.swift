/// A compiled JSON Schema, which several tasks may validate with at once.
///
/// It takes the keywords of drafts 4, 6 and 7, and of 2019-09 and 2020-12 `$defs`, `$anchor`, `prefixItems`,
/// `dependentRequired`, `dependentSchemas`, `minContains` and `maxContains`. `format` and content keywords
/// state, and judge nothing. `$ref` finds schemas in the same document, by pointer, `$id` or `$anchor`;
/// nothing is fetched. A keyword of the later drafts that would judge and is not taken
/// (`unevaluatedProperties`, `$dynamicRef`) is refused when the schema is compiled, and so is a `pattern`
/// that RE2 cannot match.
///
/// Validating is bounded: patterns are linear, unique items are found by hash, and what a recursive schema
/// makes of a hostile value ends at ``stepsPerByte``. Drafts 4, 6 and 7 are held against the official suite
/// by a test.
public final class JSONSchema: Sendable {
  /// What a value is to a schema.
  public enum Verdict: Sendable, Hashable {
    /// It fits.
    case valid
    /// It does not: the keyword that failed first.
    case invalid(keyword: String)
    /// Judging it took more steps than ``stepsPerByte`` allows, or went deeper than ``maximumDepth``.
    case tooCostly
  }

  /// Schemas that may be applied for each byte of a document, after the first 100,000; a flat document of
  /// small values needs 2.
  public static let stepsPerByte = 64
  /// How deep schemas may be applied within each other.
  ///
  /// A tree of 170 levels with a `$ref` and an `anyOf` at each. It
  /// keeps the stack of a debug build under a megabyte (a test runs it on one).
  public static let maximumDepth = 512

  private let nodes: [SchemaBox]

  /// Compiles a schema.
  /// - Parameter text: the schema in JSON.
  /// - Throws: ``JSONSchemaFault``.
  public init(_ text: [UInt8]) throws {
    nodes = try JSONParser(maximumLength: max(text.count, 1 << 16)).parse(array: text) { root in
      var compiler = SchemaCompiler(root)
      return try compiler.compile().map(SchemaBox.init)
    }
  }

  /// Judges a value.
  /// - Parameters:
  ///   - value: the value.
  ///   - byteCount: the length in bytes of the document it is from, which bounds the work.
  /// - Returns: whether it fits.
  public func validate(_ value: JSONValue, byteCount: Int) -> Verdict {
    var validation = SchemaValidation(nodes: nodes, steps: 100_000 + byteCount * Self.stepsPerByte)
    let fits = validation.judge(value, 0, depth: 0)
    if validation.isOver { return .tooCostly }
    return fits ? .valid : .invalid(keyword: validation.keyword)
  }
}

/// Why a text is no schema that flywheel takes.
public struct JSONSchemaFault: Error, Sendable, Hashable {
  /// What is wrong.
  public enum Code: String, Sendable, CaseIterable {
    /// A schema is neither an object nor a Boolean.
    case notASchema = "not-a-schema"
    /// A keyword's value is of the wrong type, or out of its range.
    case badKeyword = "bad-keyword"
    /// A keyword that would judge and is not taken.
    case unknownKeyword = "unknown-keyword"
    /// A `$ref` to something that is not in the document.
    case unresolved = "unresolved"
    /// Schemas that refer to each other without an end.
    case endless = "endless"
    /// A pattern that RE2 cannot match.
    case pattern = "pattern"
  }

  /// What is wrong.
  public let code: Code
  /// The keyword it is wrong at.
  public let keyword: String

  /// States a fault.
  /// - Parameters:
  ///   - code: what is wrong.
  ///   - keyword: the keyword it is wrong at.
  public init(code: Code, keyword: String) {
    self.code = code
    self.keyword = keyword
  }
}

/// One judgement of a value.
struct SchemaValidation {
  let nodes: [SchemaBox]
  var steps: Int
  /// The keyword that failed first at the outermost schema that names it.
  var keyword = ""
  /// Whether the judgement was given up.
  var isOver = false

  private mutating func fail(_ name: String) -> Bool {
    keyword = name
    return false
  }

  /// Whether the value fits the schema; without meaning once ``isOver``.
  mutating func judge(_ value: JSONValue, _ index: Int, depth: Int) -> Bool {
    steps -= 1
    guard !isOver, steps > 0, depth < JSONSchema.maximumDepth else {
      isOver = true
      return false
    }
    let box = nodes[index]
    if let always = box.node.always { return always || fail("false") }
    if let reference = box.node.reference, !judge(value, reference, depth: depth + 1) { return false }
    guard judgeAny(value, box) else { return false }
    switch value.kind {
    case .integer, .unsigned, .double: guard judgeNumber(value, box) else { return false }
    case .string: guard judgeString(value, box) else { return false }
    case .array: guard judgeArray(value, box, depth: depth) else { return false }
    case .object: guard judgeObject(value, box, depth: depth) else { return false }
    case .bool, .null: break
    }
    return judgeTogether(value, box, depth: depth)
  }

  private mutating func judgeAny(_ value: JSONValue, _ box: SchemaBox) -> Bool {
    if let types = box.node.types, !types.contains(Self.type(of: value)) {
      let isWhole = value.kind == .double && value.double.map { $0 == $0.rounded() } ?? false
      let isNumber = Self.type(of: value) == .integer && types.contains(.number)
      guard isNumber || isWhole && types.contains(.integer) else { return fail("type") }
    }
    if let const = box.node.const, !const.equals(value) { return fail("const") }
    if let options = box.node.options {
      steps -= options.count / 8
      if !options.contains(where: { $0.equals(value) }) { return fail("enum") }
    }
    return true
  }

  private static func type(of value: JSONValue) -> SchemaNode.Types {
    switch value.kind {
    case .null: .null
    case .bool: .bool
    case .integer, .unsigned: .integer
    case .double: .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }

  private mutating func judgeNumber(_ value: JSONValue, _ box: SchemaBox) -> Bool {
    guard let number = value.double else { return true }
    if let limit = box.node.maximum, number > limit { return fail("maximum") }
    if let limit = box.node.exclusiveMaximum, number >= limit { return fail("exclusiveMaximum") }
    if let limit = box.node.minimum, number < limit { return fail("minimum") }
    if let limit = box.node.exclusiveMinimum, number <= limit { return fail("exclusiveMinimum") }
    if let unit = box.node.multipleOf {
      let times = number / unit
      // A quotient of decimal fractions is not whole in binary: 0.0075 / 0.0001.
      guard times.isFinite, abs(times - times.rounded()) <= 1e-9 * max(1, abs(times)) else {
        return fail("multipleOf")
      }
    }
    return true
  }

  private mutating func judgeString(_ value: JSONValue, _ box: SchemaBox) -> Bool {
    guard let text = value.utf8 else { return true }
    if box.node.maxLength != nil || box.node.minLength != nil {
      let length = UTF8Text.characterCount(text)
      if let limit = box.node.maxLength, length > limit { return fail("maxLength") }
      if let limit = box.node.minLength, length < limit { return fail("minLength") }
    }
    if let pattern = box.node.pattern, !pattern.matches(text) { return fail("pattern") }
    return true
  }

  private mutating func judgeTogether(_ value: JSONValue, _ box: SchemaBox, depth: Int) -> Bool {
    for other in box.node.allOf where !judge(value, other, depth: depth + 1) { return false }
    let anyOf = box.node.anyOf
    if !anyOf.isEmpty, !anyOf.contains(where: { judge(value, $0, depth: depth + 1) }) { return fail("anyOf") }
    if !box.node.oneOf.isEmpty {
      var fitting = 0
      for other in box.node.oneOf where fitting < 2 && judge(value, other, depth: depth + 1) {
        fitting += 1
      }
      guard fitting == 1 else { return fail("oneOf") }
    }
    if let other = box.node.not, judge(value, other, depth: depth + 1) { return fail("not") }
    if let condition = box.node.condition {
      let next = judge(value, condition, depth: depth + 1) ? box.node.then : box.node.otherwise
      if let next, !judge(value, next, depth: depth + 1) { return false }
    }
    return !isOver
  }
}
