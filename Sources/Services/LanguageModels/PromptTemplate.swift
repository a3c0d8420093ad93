import Bytes

/// A prompt or a rubric as a Mustache template (mustache(5), and the specification at version 1.4 without lambdas,
/// inheritance and partials).
///
/// It takes `{{name}}`, `{{{name}}}` and `{{&name}}`, which are the same here: a prompt is no HTML, and nothing is
/// escaped; `{{#name}}…{{/name}}` for lists, mappings and what is true; `{{^name}}…{{/name}}` for what is not there;
/// `{{a.b}}` and `{{.}}`; `{{! comments}}`; and `{{=<% %>=}}` for other marks. A tag of a section, a comment or new
/// marks that stands alone in its line takes the line with it. What is put in is never read as a template, so that
/// text of a log cannot reach other values. A name that nothing has is an error, and not an empty text as in
/// Mustache: a judge must not be asked about nothing.
public struct PromptTemplate: Sendable, Hashable {
  /// What a template is filled with.
  public enum Value: Sendable, Hashable {
    /// Text.
    case text(String)
    /// Whether a section is there.
    case bool(Bool)
    /// A section that is repeated.
    case list([Value])
    /// Values by name.
    case map([String: Value])

    /// Whether a section of it is there.
    var isThere: Bool {
      switch self {
      case .bool(let value): value
      case .list(let items): !items.isEmpty
      case .text(let text): !text.isEmpty
      case .map: true
      }
    }
  }

  /// Why a text is no template, or cannot be filled.
  public struct Fault: Error, Sendable, Hashable {
    /// The kinds.
    public enum Code: String, Sendable, Hashable, CaseIterable {
      /// A tag does not end, or holds nothing.
      case badTag = "bad-tag"
      /// A section does not end, or another one ends.
      case badSection = "bad-section"
      /// Sections within each other beyond ``PromptTemplate/maximumDepth``.
      case tooDeep = "too-deep"
      /// A partial, which is not taken.
      case partial
      /// A name that nothing has, where the template is filled.
      case unknownName = "unknown-name"
      /// A list or mapping where text should stand.
      case notText = "not-text"
    }

    /// What is wrong.
    public let code: Code
    /// The line of the template, from 1.
    public let line: Int
    /// The name in the tag.
    public let name: String

    /// States a fault.
    public init(_ code: Code, line: Int, name: String) {
      self.code = code
      self.line = line
      self.name = name
    }
  }

  /// Sections within each other at most.
  public static let maximumDepth = 32

  indirect enum Node: Sendable, Hashable {
    case literal(String)
    case value(name: String, line: Int)
    case section(name: String, line: Int, isInverted: Bool, [Node])
  }

  /// The first 12 hexadecimal digits of the SHA-256 of the text.
  public let version: String
  private let nodes: [Node]

  /// Reads a template.
  /// - Parameter text: its text.
  /// - Throws: ``Fault``.
  public init(_ text: String) throws(Fault) {
    version = String(Digest.sha256(text).hex.prefix(12))
    var reader = TemplateReader(text)
    nodes = try reader.read()
  }

  /// Fills the template.
  /// - Parameter values: values by name.
  /// - Returns: the text.
  /// - Throws: ``Fault`` `unknownName` or `notText`.
  public func fill(_ values: [String: Value]) throws(Fault) -> String {
    var text = ""
    try Self.fill(nodes, [.map(values)], &text)
    return text
  }

  /// The names that the template needs at its outermost level, in its order, each once.
  public var names: [String] {
    var names: [String] = []
    for node in nodes {
      let name: String
      switch node {
      case .literal: continue
      case .value(let found, _): name = found
      case .section(let found, _, _, _): name = found
      }
      let first = String(name.split(separator: ".").first ?? "")
      if !first.isEmpty, !names.contains(first) { names.append(first) }
    }
    return names
  }

  private static func fill(_ nodes: [Node], _ stack: [Value], _ text: inout String) throws(Fault) {
    for node in nodes {
      switch node {
      case .literal(let literal): text += literal
      case .value(let name, let line):
        guard let value = find(name, stack) else { throw Fault(.unknownName, line: line, name: name) }
        switch value {
        case .text(let found): text += found
        case .bool(let found): text += found ? "true" : "false"
        case .list, .map: throw Fault(.notText, line: line, name: name)
        }
      case .section(let name, _, let isInverted, let inner):
        guard let value = find(name, stack) else {
          // A section of what is not there is how a template asks whether it is.
          if isInverted { try fill(inner, stack, &text) }
          continue
        }
        guard value.isThere != isInverted else { continue }
        switch value {
        case .list(let items) where !isInverted:
          for item in items { try fill(inner, stack + [item], &text) }
        case .map, .text: try fill(inner, isInverted ? stack : stack + [value], &text)
        case .bool, .list: try fill(inner, stack, &text)
        }
      }
    }
  }

  /// The value of a name: its first part is looked for from the innermost mapping outwards, the rest inside that.
  private static func find(_ name: String, _ stack: [Value]) -> Value? {
    if name == "." { return stack.last }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    for value in stack.reversed() {
      guard case .map(let members) = value, var found = members[parts[0]] else { continue }
      for part in parts.dropFirst() {
        guard case .map(let members) = found, let next = members[part] else { return nil }
        found = next
      }
      return found
    }
    return nil
  }
}

/// Reads the text of a template.
private struct TemplateReader {
  private struct Open {
    let name: String
    let line: Int
    let isInverted: Bool
    var nodes: [PromptTemplate.Node] = []
  }

  private let bytes: [UInt8]
  private var at = 0
  private var line = 1
  private var begin = Array("{{".utf8)
  private var end = Array("}}".utf8)
  private var open = [Open(name: "", line: 0, isInverted: false)]

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func read() throws(PromptTemplate.Fault) -> [PromptTemplate.Node] {
    while at < bytes.count {
      guard let tag = find(begin, from: at) else {
        literal(at..<bytes.count)
        break
      }
      try readTag(tag)
    }
    guard open.count == 1 else {
      throw PromptTemplate.Fault(
        .badSection, line: open[open.count - 1].line, name: open[open.count - 1].name)
    }
    return open[0].nodes
  }

  private mutating func readTag(_ start: Int) throws(PromptTemplate.Fault) {
    let tagLine = line + bytes[at..<start].count { $0 == 0x0A }
    func fault(_ code: PromptTemplate.Fault.Code, _ name: String = "") -> PromptTemplate.Fault {
      PromptTemplate.Fault(code, line: tagLine, name: name)
    }
    var inner = start + begin.count
    guard inner < bytes.count else { throw fault(.badTag) }
    let sign = bytes[inner]
    let isTriple = sign == UInt8(ascii: "{")
    let closing = isTriple ? [UInt8(ascii: "}")] + end : sign == UInt8(ascii: "=") ? [sign] + end : end
    let hasSign = "{&#^/!=>".utf8.contains(sign)
    if hasSign { inner += 1 }
    guard let close = find(closing, from: inner) else { throw fault(.badTag) }
    let name = String(decoding: bytes[inner..<close], as: UTF8.self).trimmed
    var after = close + closing.count
    var before = start
    // What stands alone in its line takes the line with it.
    if hasSign, !isTriple, sign != UInt8(ascii: "&"), let whole = wholeLine(start, after) {
      (before, after) = whole
    }
    literal(at..<before)
    line = tagLine + bytes[start..<after].count { $0 == 0x0A }
    at = after
    switch sign {
    case UInt8(ascii: "!"): return
    case UInt8(ascii: ">"): throw fault(.partial, name)
    case UInt8(ascii: "="):
      let marks = name.utf8.split(separator: 0x20).map { Array($0) }
      guard marks.count == 2 else { throw fault(.badTag, name) }
      (begin, end) = (marks[0], marks[1])
      return
    default: break
    }
    guard !name.isEmpty, name == "." || !name.contains(where: { $0.isWhitespace }) else {
      throw fault(.badTag, name)
    }
    switch sign {
    case UInt8(ascii: "#"), UInt8(ascii: "^"):
      guard open.count <= PromptTemplate.maximumDepth else { throw fault(.tooDeep, name) }
      open.append(Open(name: name, line: tagLine, isInverted: sign == UInt8(ascii: "^")))
    case UInt8(ascii: "/"):
      guard open.count > 1, let section = open.popLast(), section.name == name else {
        throw fault(.badSection, name)
      }
      open[open.count - 1].nodes.append(
        .section(name: name, line: section.line, isInverted: section.isInverted, section.nodes))
    default: open[open.count - 1].nodes.append(.value(name: name, line: tagLine))
    }
  }

  private mutating func literal(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    open[open.count - 1].nodes.append(.literal(String(decoding: bytes[range], as: UTF8.self)))
  }

  /// The line of a tag, with its end, if nothing but blanks stands beside it.
  private func wholeLine(_ start: Int, _ after: Int) -> (Int, Int)? {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    var first = start
    while first > at, isBlank(bytes[first - 1]) { first -= 1 }
    guard first == 0 || bytes[first - 1] == 0x0A else { return nil }
    var last = after
    while last < bytes.count, isBlank(bytes[last]) { last += 1 }
    if last < bytes.count, bytes[last] == 0x0D { last += 1 }
    guard last == bytes.count || bytes[last] == 0x0A else { return nil }
    return (first, min(last + 1, bytes.count))
  }

  private func find(_ mark: [UInt8], from start: Int) -> Int? {
    guard let first = mark.first else { return nil }
    var place = start
    while place + mark.count <= bytes.count {
      guard let next = bytes[place...].firstIndex(of: first), next + mark.count <= bytes.count else {
        return nil
      }
      if bytes[next..<(next + mark.count)].elementsEqual(mark) { return next }
      place = next + 1
    }
    return nil
  }
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    var rest = self[...]
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(rest)
  }
}
