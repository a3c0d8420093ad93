/// A value of a template.
enum PromptValue: Sendable {
  case text(String)
  case list([[String: PromptValue]])
  case flag(Bool)
}

/// Renders the Mustache templates of prompts: `{{{name}}}`, `{{name}}`, sections `{{#name}}…{{/name}}`, inverted
/// sections `{{^name}}…{{/name}}` and comments `{{! … }}`.
///
/// Nothing is escaped, since a prompt is no HTML, and values are never read for tags again.
enum PromptText {
  /// Why a template cannot be rendered.
  enum Fault: Error, Hashable {
    /// A tag without its end, or a section that is not closed or closed by another name; the tag.
    case malformed(String)
    /// A tag names what is not there; the name.
    case unknown(String)
  }

  private indirect enum Part {
    case text(Substring)
    case value(String)
    case section(String, inverted: Bool, [Part])
  }

  /// Renders a template.
  /// - Parameters:
  ///   - template: the text.
  ///   - values: what the tags name.
  /// - Returns: the text.
  /// - Throws: ``Fault``.
  static func render(_ template: String, _ values: [String: PromptValue]) throws(Fault) -> String {
    var rest = template[...]
    let parts = try parse(&rest, within: nil)
    var out = ""
    try write(parts, [values], &out)
    return out
  }

  private static func parse(_ rest: inout Substring, within name: String?) throws(Fault) -> [Part] {
    var parts: [Part] = []
    while let open = rest.range(of: "{{") {
      let text = rest[..<open.lowerBound]
      let isTriple = rest[open.upperBound...].hasPrefix("{")
      let start = isTriple ? rest.index(after: open.upperBound) : open.upperBound
      guard let close = rest[start...].range(of: isTriple ? "}}}" : "}}") else {
        throw .malformed(String(rest[open.lowerBound...].prefix(20)))
      }
      let tag = rest[start..<close.lowerBound]
      rest = rest[close.upperBound...]
      let sign = isTriple ? nil : tag.first.flatMap { "#^/!&".contains($0) ? $0 : nil }
      let key = (sign == nil ? tag : tag.dropFirst()).trimming()
      // A tag that stands alone on its line takes the line along, as Mustache says.
      if let sign, sign != "&", text.isEmpty || text.hasSuffix("\n"), rest.isEmpty || rest.hasPrefix("\n") {
        rest = rest.dropFirst()
      }
      if !text.isEmpty { parts.append(.text(text)) }
      switch sign {
      case "!": break
      case "#", "^": parts.append(.section(key, inverted: sign == "^", try parse(&rest, within: key)))
      case "/":
        guard key == name else { throw .malformed(key) }
        return parts
      default: parts.append(.value(key))
      }
    }
    guard name == nil else { throw .malformed(name ?? "") }
    if !rest.isEmpty { parts.append(.text(rest)) }
    return parts
  }

  private static func write(
    _ parts: [Part], _ scopes: [[String: PromptValue]], _ out: inout String
  ) throws(Fault) {
    func find(_ name: String) throws(Fault) -> PromptValue {
      for scope in scopes.reversed() { if let value = scope[name] { return value } }
      throw .unknown(name)
    }
    for part in parts {
      switch part {
      case .text(let text): out += text
      case .value(let name):
        guard case .text(let text) = try find(name) else { throw .unknown(name) }
        out += text
      case .section(let name, let inverted, let inner):
        switch try find(name) {
        case .list(let entries):
          if inverted {
            if entries.isEmpty { try write(inner, scopes, &out) }
          } else {
            for entry in entries { try write(inner, scopes + [entry], &out) }
          }
        case .flag(let holds): if holds != inverted { try write(inner, scopes, &out) }
        case .text(let text): if text.isEmpty == inverted { try write(inner, scopes, &out) }
        }
      }
    }
  }
}

extension Substring {
  fileprivate func trimming() -> String {
    var text = self
    while text.first?.isWhitespace == true { text = text.dropFirst() }
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return String(text)
  }

  fileprivate func range(of needle: String) -> Range<Index>? {
    utf8.firstRange(of: needle.utf8)
  }
}
