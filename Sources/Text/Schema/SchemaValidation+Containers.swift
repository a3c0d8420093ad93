extension SchemaValidation {
  mutating func judgeArray(_ value: JSONValue, _ box: SchemaBox, depth: Int) -> Bool {
    let prefix = box.node.prefixItems
    let rest = box.node.items
    let contains = box.node.contains
    var count = 0
    var containing = 0
    var fits = true
    value.forEachElement { element in
      guard fits, !isOver else { return }
      if count < prefix.count {
        fits = judge(element, prefix[count], depth: depth + 1)
      } else if let rest {
        fits = judge(element, rest, depth: depth + 1)
      }
      count += 1
      if fits, let contains, judge(element, contains, depth: depth + 1) { containing += 1 }
    }
    guard fits, !isOver else { return false }
    if let limit = box.node.maxItems, count > limit { return failed("maxItems") }
    if let limit = box.node.minItems, count < limit { return failed("minItems") }
    if contains != nil {
      if containing < box.node.minContains { return failed("contains") }
      if let limit = box.node.maxContains, containing > limit { return failed("maxContains") }
    }
    if box.node.uniqueItems, count > 1, !isUnique(value) { return failed("uniqueItems") }
    return true
  }

  private mutating func failed(_ name: String) -> Bool {
    keyword = name
    return false
  }

  /// Whether no two elements are equal: by hash, and by value where hashes are equal.
  private mutating func isUnique(_ value: JSONValue) -> Bool {
    var seen: [UInt64: [JSONLiteral]] = [:]
    var unique = true
    value.forEachElement { element in
      guard unique, !isOver else { return }
      let hash = JSONHash.of(element)
      let others = seen[hash, default: []]
      // Hashing reads the whole element; somebody who makes many of one hash spends the budget.
      steps -= 1 + others.count + (element.end - element.index) / 8
      if steps <= 0 { isOver = true }
      unique = !others.contains { $0.equals(element) }
      seen[hash] = others + [JSONLiteral(element)]
    }
    return unique
  }

  mutating func judgeObject(_ value: JSONValue, _ box: SchemaBox, depth: Int) -> Bool {
    let names = box.node.propertyNames
    let additional = box.node.additionalProperties
    let hasPatterns = !box.node.patternProperties.isEmpty
    let judgesMembers = !box.node.properties.isEmpty || hasPatterns || additional != nil || names != nil
    var count = 0
    var fits = true
    value.forEachMember { key, member in
      count += 1
      guard judgesMembers, fits, !isOver else { return }
      var isKnown = false
      if let other = box.node.property(key) {
        isKnown = true
        fits = judge(member, other, depth: depth + 1)
      }
      if hasPatterns {
        for item in box.node.patternProperties where item.pattern.matches(key) {
          isKnown = true
          fits = fits && judge(member, item.node, depth: depth + 1)
        }
      }
      if !isKnown, let additional, !judge(member, additional, depth: depth + 1) {
        if nodes[additional].node.always == false { keyword = "additionalProperties" }
        fits = false
      }
      if fits, let names { fits = judgeName(key, names, depth: depth + 1) }
    }
    guard fits, !isOver else { return false }
    if let limit = box.node.maxProperties, count > limit { return failed("maxProperties") }
    if let limit = box.node.minProperties, count < limit { return failed("minProperties") }
    return judgePresence(value, box, members: count, depth: depth)
  }

  /// Judges what must be there, and what follows from something that is.
  private mutating func judgePresence(_ value: JSONValue, _ box: SchemaBox, members: Int, depth: Int) -> Bool
  {
    func has(_ key: [UInt8]) -> Bool { key.withUnsafeBytes { value.member($0) != nil } }
    // Each look goes over all members.
    steps -= box.node.required.count * (1 + members / 16)
    for key in box.node.required where !has(key) { return failed("required") }
    for dependency in box.node.dependencies where has(dependency.key) {
      steps -= dependency.required.count * (1 + members / 16)
      for key in dependency.required where !has(key) { return failed("dependencies") }
      if let schema = dependency.schema, !judge(value, schema, depth: depth + 1) { return false }
    }
    return true
  }

  /// Judges a member's name as a string of its own.
  private mutating func judgeName(_ name: UnsafeRawBufferPointer, _ index: Int, depth: Int) -> Bool {
    // The tape holds a key as it holds a string: the length before the bytes.
    guard let start = name.baseAddress else { return true }
    let strings = (start - 4).assumingMemoryBound(to: UInt8.self)
    var tape: UInt64 = 0x22 << 56
    return withUnsafePointer(to: &tape) { word in
      judge(JSONValue(tape: word, strings: strings, index: 0), index, depth: depth)
    }
  }
}
