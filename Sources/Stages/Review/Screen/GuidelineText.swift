/// A guideline in Markdown as lines of a width.
///
/// Headings, lists, quotes, code, emphasis and links, as people write them in guidelines; all else is shown
/// as it is written. The text may hold anything, and is made safe like that of a log.
enum GuidelineText {
  static func lines(_ markdown: String, width: Int) -> [CellLine] {
    var result: [CellLine] = []
    var paragraph = ""
    var isCode = false

    func flush() {
      if !paragraph.isEmpty { result += WrappedText.lines(inline(paragraph), width: width) }
      paragraph = ""
    }

    let lines = markdown.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for raw in lines.map(String.init) {
      let text = raw.drop { $0 == " " }
      if text.hasPrefix("```") || text.hasPrefix("~~~") {
        flush()
        isCode.toggle()
      } else if isCode {
        result += code(raw, width: width)
      } else if text.isEmpty {
        flush()
        if let last = result.last, last.width > 0 { result.append(CellLine()) }
      } else if let heading = heading(text) {
        flush()
        if let last = result.last, last.width > 0 { result.append(CellLine()) }
        result += WrappedText.lines(
          SafeText.cells(heading.text, heading.level == 1 ? .title : .strong), width: width)
      } else if text.allSatisfy({ $0 == "-" || $0 == "*" || $0 == "_" }), text.count > 2 {
        flush()
        result.append(CellLine(String(repeating: "─", count: width), .frame))
      } else if let item = item(text) {
        flush()
        let indent = min(raw.count - text.count, width / 4)
        let first = CellLine(String(repeating: " ", count: indent) + item.bullet + " ", .title)
        result += WrappedText.lines(
          inline(item.text), width: width, first: first,
          rest: CellLine(String(repeating: " ", count: first.width)))
      } else if text.hasPrefix(">") {
        flush()
        let bar = CellLine("▎ ", .frame)
        let quoted = text.dropFirst().drop { $0 == " " }
        result += WrappedText.lines(
          inline(String(quoted), .dim), width: width, first: bar, rest: bar)
      } else if text.hasPrefix("|") {
        flush()
        result.append(CellLine(String(text), .plain).cut(to: width))
      } else {
        paragraph += (paragraph.isEmpty ? "" : " ") + text
      }
    }
    flush()
    while let last = result.last, last.width == 0 { result.removeLast() }
    return result
  }

  private static func heading(_ text: Substring) -> (level: Int, text: String)? {
    let level = text.prefix { $0 == "#" }.count
    guard (1...6).contains(level), text.dropFirst(level).first == " " else { return nil }
    return (level, String(text.dropFirst(level + 1)))
  }

  private static func item(_ text: Substring) -> (bullet: String, text: String)? {
    if let first = text.first, "-*+".contains(first), text.dropFirst().first == " " {
      return ("•", String(text.dropFirst(2)))
    }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let rest = text.dropFirst(digits.count)
    guard (1...3).contains(digits.count), rest.hasPrefix(". ") || rest.hasPrefix(") ") else { return nil }
    return (digits + ".", String(rest.dropFirst(2)))
  }

  private static func code(_ text: String, width: Int) -> [CellLine] {
    var layout = TextLayout(Array(text.utf8), width: max(1, width - 2))
    layout.finish()
    return (0..<layout.lineCount).map { line in
      var result = CellLine("  ")
      result.append(layout.cells(line, style: .tool))
      return result
    }
  }

  /// Emphasis, code and links within a line.
  private static func inline(_ text: String, _ style: CellStyle = .plain) -> [Cell] {
    var result: [Cell] = []
    var rest = text[...]
    var plain = ""
    func flush() {
      result += SafeText.cells(plain, style)
      plain = ""
    }
    while let first = rest.first {
      if let (inner, after) = span(rest, "**") ?? span(rest, "__") {
        flush()
        result += SafeText.cells(inner, .strong)
        rest = after
      } else if let (inner, after) = span(rest, "`") {
        flush()
        result += SafeText.cells(inner, .tool)
        rest = after
      } else if let (inner, after) = span(rest, "*") {
        flush()
        result += SafeText.cells(inner, .strong)
        rest = after
      } else if first == "[", let (label, address, after) = link(rest) {
        flush()
        result += SafeText.cells(label, .strong) + SafeText.cells(" (\(address))", .dim)
        rest = after
      } else {
        plain.append(first)
        rest = rest.dropFirst()
      }
    }
    flush()
    return result
  }

  private static func span(_ text: Substring, _ mark: String) -> (String, Substring)? {
    guard text.hasPrefix(mark) else { return nil }
    let inner = text.dropFirst(mark.count)
    guard let first = inner.first, first != " ", let end = inner.firstRange(of: mark),
      !inner[..<end.lowerBound].isEmpty
    else { return nil }
    return (String(inner[..<end.lowerBound]), inner[end.upperBound...])
  }

  private static func link(_ text: Substring) -> (String, String, Substring)? {
    guard let close = text.firstIndex(of: "]") else { return nil }
    let after = text[text.index(after: close)...]
    guard after.first == "(", let end = after.firstIndex(of: ")") else { return nil }
    return (
      String(text[text.index(after: text.startIndex)..<close]),
      String(after[after.index(after: after.startIndex)..<end]), after[after.index(after: end)...]
    )
  }
}
