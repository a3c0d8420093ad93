/// Turns a schema document into nodes.
struct SchemaCompiler {
  private let root: JSONValue
  private var nodes: [SchemaNode] = []
  /// Nodes by the place of their schema in the document.
  private var known: [Int: Int] = [:]
  /// Schemas by their address without fragment, or with an anchor.
  private var addresses: [String: JSONValue] = [:]
  /// Addresses of the schemas that state one, by their place in the document.
  private var bases: [Int: String] = [:]
  private var pending: [(node: Int, reference: String, base: String)] = []
  /// From 2019-09 on, keywords beside `$ref` count.
  private let referenceStandsAlone: Bool

  /// How deep a schema document may nest, so that compiling stays within a small stack.
  private static let maximumDepth = 200

  init(_ root: JSONValue) {
    self.root = root
    let dialect = root["$schema"]?.string ?? ""
    referenceStandsAlone = !dialect.contains("2019-09") && !dialect.contains("2020-12")
  }

  mutating func compile() throws -> [SchemaNode] {
    addresses[""] = root
    try register(root, base: "", depth: 0)
    _ = try node(of: root, base: bases[root.index] ?? "", depth: 0)
    while let item = pending.popLast() {
      let address = SchemaAddress.resolve(item.reference, against: item.base)
      guard let (target, base) = find(address) else { throw fault(.unresolved, "$ref") }
      nodes[item.node].reference = try node(of: target, base: base, depth: 0)
    }
    try refuseEndless()
    return nodes
  }

  private func fault(_ code: JSONSchemaFault.Code, _ keyword: String) -> JSONSchemaFault {
    JSONSchemaFault(code: code, keyword: keyword)
  }

  // MARK: Addresses

  /// Notes every schema that states an address.
  private mutating func register(_ value: JSONValue, base: String, depth: Int) throws {
    guard depth < Self.maximumDepth else { throw fault(.endless, "$schema") }
    var base = base
    let members = value.members
    if value.kind == .object {
      if referenceStandsAlone, value["$ref"]?.kind == .string {
        // An `$id` beside `$ref` counts for nothing up to draft 7.
      } else if let id = (value["$id"] ?? value["id"])?.string {
        let address = SchemaAddress.resolve(id, against: base)
        if id.hasPrefix("#") {
          addresses[address] = value
        } else {
          base = SchemaAddress.withoutFragment(address)
          addresses[base] = value
          bases[value.index] = base
        }
      }
      if let anchor = value["$anchor"]?.string { addresses["\(base)#\(anchor)"] = value }
    }
    for member in members {
      let key = String(decoding: member.key, as: UTF8.self)
      if key != "enum", key != "const" { try register(member.value, base: base, depth: depth + 1) }
    }
    for element in value.elements { try register(element, base: base, depth: depth + 1) }
  }

  /// The schema at an absolute address, and the base of addresses in it.
  private func find(_ address: String) -> (JSONValue, String)? {
    let resource = SchemaAddress.withoutFragment(address)
    let fragment =
      address.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first ?? ""
    if fragment.isEmpty || fragment.hasPrefix("/") {
      guard var place = addresses[resource] else { return nil }
      var base = resource
      for part in fragment.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
        let key = SchemaAddress.unescaped(String(part))
        let next = place.kind == .array ? Int(key).flatMap { place[$0] } : place[key]
        guard let next else { return nil }
        place = next
        base = bases[place.index] ?? base
      }
      return (place, base)
    }
    return addresses[address].map { ($0, resource) }
  }

  /// Schemas that judge one value in a circle would never end.
  private func refuseEndless() throws {
    var state = [UInt8](repeating: 0, count: nodes.count)
    for start in nodes.indices where state[start] == 0 {
      var path: [(node: Int, next: [Int])] = [(start, nodes[start].inPlace)]
      state[start] = 1
      while let last = path.last {
        guard let next = last.next.last else {
          state[last.node] = 2
          path.removeLast()
          continue
        }
        path[path.count - 1].next.removeLast()
        if state[next] == 1 { throw fault(.endless, "$ref") }
        if state[next] == 0 {
          state[next] = 1
          path.append((next, nodes[next].inPlace))
        }
      }
    }
  }

  // MARK: Schemas

  /// The node of a schema, compiled once.
  private mutating func node(of value: JSONValue, base: String, depth: Int) throws -> Int {
    if let index = known[value.index] { return index }
    guard depth < Self.maximumDepth else { throw fault(.endless, "$schema") }
    let index = nodes.count
    known[value.index] = index
    nodes.append(SchemaNode())
    if let always = value.bool {
      nodes[index].always = always
      return index
    }
    guard value.kind == .object else { throw fault(.notASchema, "$schema") }
    var base = base
    if let reference = value["$ref"]?.string {
      pending.append((index, reference, base))
      if referenceStandsAlone { return index }
    }
    base = bases[value.index] ?? base
    var reader = SchemaReader(value)
    var made = try reader.plainKeywords()
    func child(_ value: JSONValue) throws -> Int { try node(of: value, base: base, depth: depth + 1) }
    func children(_ key: String) throws -> [Int] {
      guard let list = value[key] else { return [] }
      guard list.kind == .array else { throw fault(.badKeyword, key) }
      return try list.elements.map { try child($0) }
    }
    func optional(_ key: String) throws -> Int? { try value[key].map { try child($0) } }
    made.allOf = try children("allOf")
    made.anyOf = try children("anyOf")
    made.oneOf = try children("oneOf")
    made.not = try optional("not")
    made.condition = try optional("if")
    made.then = try optional("then")
    made.otherwise = try optional("else")
    made.contains = try optional("contains")
    made.propertyNames = try optional("propertyNames")
    made.additionalProperties = try optional("additionalProperties")
    made.prefixItems = try children("prefixItems")
    if let items = value["items"] {
      if items.kind == .array {
        made.prefixItems = try children("items")
        made.items = try optional("additionalItems")
      } else {
        made.items = try child(items)
      }
    }
    for (key, schema) in try members(value, "properties") {
      made.properties.append((Array(key), try child(schema)))
    }
    made.properties.sort { one, other in other.key.withUnsafeBytes { SchemaNode.isLess(one.key, $0) } }
    for (key, schema) in try members(value, "patternProperties") {
      guard let pattern = SchemaPattern(key) else { throw fault(.pattern, "patternProperties") }
      made.patternProperties.append((pattern, try child(schema)))
    }
    for name in ["dependencies", "dependentSchemas", "dependentRequired"] {
      for (key, wanted) in try members(value, name) {
        var dependency = SchemaNode.Dependency(key: Array(key))
        if wanted.kind == .array {
          dependency.required = try SchemaReader.keys(wanted, name)
        } else {
          dependency.schema = try child(wanted)
        }
        made.dependencies.append(dependency)
      }
    }
    nodes[index] = made
    return index
  }

  private func members(_ value: JSONValue, _ key: String) throws -> [(UnsafeRawBufferPointer, JSONValue)] {
    guard let object = value[key] else { return [] }
    guard object.kind == .object else { throw fault(.badKeyword, key) }
    return object.members.map { ($0.key, $0.value) }
  }
}

/// Addresses of schemas (RFC 3986, as far as schemas use them).
enum SchemaAddress {
  static func withoutFragment(_ address: String) -> String {
    address.firstIndex(of: "#").map { String(address[..<$0]) } ?? address
  }

  /// An absolute address of what may be relative to a base.
  static func resolve(_ reference: String, against base: String) -> String {
    if reference.isEmpty || reference.hasPrefix("#") { return withoutFragment(base) + reference }
    let path = withoutFragment(reference)
    if let colon = path.firstIndex(of: ":"), !path[..<colon].contains("/") { return reference }
    let root = SchemaAddress.rootEnd(of: base)
    if reference.hasPrefix("/") { return String(base[..<root]) + reference }
    guard let slash = base[root...].lastIndex(of: "/") else {
      return root > base.startIndex ? base + "/" + reference : reference
    }
    return String(base[...slash]) + reference
  }

  /// Where the path of an address begins: behind `https://host`, or at its beginning if it has neither.
  private static func rootEnd(of address: String) -> String.Index {
    guard let colon = address.firstIndex(of: ":"), address[colon...].hasPrefix("://") else {
      return address.startIndex
    }
    return address[address.index(colon, offsetBy: 3)...].firstIndex(of: "/") ?? address.endIndex
  }

  /// A part of a JSON pointer in a fragment: percent-encoding and `~0`, `~1` undone (RFC 6901).
  static func unescaped(_ part: String) -> String {
    var bytes: [UInt8] = []
    let source = Array(part.utf8)
    var place = 0
    while place < source.count {
      if source[place] == 0x25, place + 2 < source.count,
        let byte = UInt8(String(decoding: source[(place + 1)...(place + 2)], as: UTF8.self), radix: 16)
      {
        bytes.append(byte)
        place += 3
      } else {
        bytes.append(source[place])
        place += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "~", omittingEmptySubsequences: false)
      .enumerated().map { index, piece in
        if index == 0 { return String(piece) }
        if piece.hasPrefix("1") { return "/" + piece.dropFirst() }
        if piece.hasPrefix("0") { return "~" + piece.dropFirst() }
        return "~" + piece
      }.joined()
  }
}
