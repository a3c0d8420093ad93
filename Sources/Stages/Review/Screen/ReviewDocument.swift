import Records

/// What is shown of an item, one thing below the other: turns, tool calls, outputs, opinions.
///
/// A row is found by its segment and its number there, so that nothing above or below has to be laid out to
/// show it.
final class ReviewDocument {
  struct Position: Sendable, Hashable, Comparable {
    var segment = 0
    var row = 0
    static func < (a: Position, b: Position) -> Bool { (a.segment, a.row) < (b.segment, b.row) }
  }

  /// A text beside others.
  struct Column {
    var layout: TextLayout
    let x: Int
    let style: CellStyle
    let findings: [TextHighlight]
    /// The text in ``sources``.
    let source: Int
  }

  /// Rows that belong together.
  struct Segment {
    var fixed: [CellLine] = []
    var columns: [Column] = []
    /// The bar at the left, by who speaks.
    var gutter: CellStyle?
  }

  private(set) var segments: [Segment] = []
  /// The texts that can be searched.
  private(set) var sources: [[UInt8]] = []
  /// Where what is to be judged begins.
  private(set) var output = Position()
  let width: Int
  /// Stretches that a search found, by text.
  var matches: [Int: [TextHighlight]] = [:]

  /// Columns of a line that are pleasant to read (Bringhurst: 45 to 75 letters; tables and code want more).
  static let readable = 100
  /// Columns from which two texts stand beside each other, each of 35 or more.
  static let beside = 76

  init(
    _ content: ReviewContent, task: ReviewTask, width: Int, isUnfolded: Bool, notes: [String] = [],
    draft: String? = nil
  ) {
    self.width = max(8, width)
    for message in content.input { add(message, title: nil, isUnfolded: isUnfolded) }
    output = Position(segment: segments.count, row: 0)
    switch content.outputs.count {
    case 2:
      addPair(content.outputs)
    default:
      for message in content.outputs {
        add(message, title: task == .accept ? "candidate" : "output", isUnfolded: true)
      }
    }
    if let draft {
      addHeading(CellLine("your correction, not saved yet", .warning), .warning)
      addText([(Array(draft.utf8), .plain, [])], gutter: .warning)
      addBlank()
    }
    if !content.opinions.isEmpty { addOpinions(content.opinions) }
    if !notes.isEmpty {
      addHeading(CellLine("your notes", .warning), .warning)
      for note in notes { addText([(Array(note.utf8), .plain, [])], gutter: .warning) }
      addBlank()
    }
    if segments.last.map(Self.isBlank) ?? false { segments.removeLast() }
    if !segments.indices.contains(output.segment) { output = Position() }
  }

  private static func isBlank(_ segment: Segment) -> Bool {
    segment.columns.isEmpty && segment.fixed.allSatisfy { $0.width == 0 }
  }

  // MARK: Building

  private func style(of role: String) -> CellStyle {
    switch role {
    case "system", "developer": .system
    case "user": .user
    case "assistant": .assistant
    default: .tool
    }
  }

  private func add(_ message: ReviewMessage, title: String?, isUnfolded: Bool) {
    let style = style(of: message.role)
    var heading = CellLine(title ?? message.role, title == nil ? style : .title)
    let titles = Set(message.findings.map(\.title)).sorted()
    if !titles.isEmpty {
      heading.append("  ")
      heading.append("found: " + titles.joined(separator: ", "), .finding)
    }
    addHeading(heading, title == nil ? style : .title)
    if message.role == "tool", title == nil, !isUnfolded {
      addFolded("result", message.text)
    } else if !message.text.isEmpty {
      let findings = message.findings.map { TextHighlight(bytes: $0.bytes, style: .finding) }
      addText([(message.text, style == .system ? .dim : .plain, findings)], gutter: style)
    } else if message.toolCalls.isEmpty {
      segments.append(Segment(fixed: [CellLine("(empty)", .dim)], gutter: style))
    }
    for call in message.toolCalls {
      if isUnfolded {
        var line = CellLine("▾ calls ", .tool)
        line.append(String(decoding: call.name, as: UTF8.self), .tool)
        segments.append(Segment(fixed: [line.cut(to: width - 3)], gutter: .tool))
        if !call.arguments.isEmpty { addText([(call.arguments, .dim, [])], gutter: .tool) }
      } else {
        addFolded("calls " + String(decoding: call.name.prefix(80), as: UTF8.self), call.arguments)
      }
    }
    addBlank()
  }

  private func addHeading(_ line: CellLine, _ gutter: CellStyle) {
    segments.append(Segment(fixed: [line.cut(to: width - 3)], gutter: gutter))
  }

  private func addBlank() { segments.append(Segment(fixed: [CellLine()])) }

  private func addFolded(_ title: String, _ bytes: [UInt8]) {
    var line = CellLine("▸ \(title)  ", .tool)
    line.append(String(decoding: bytes.prefix(400), as: UTF8.self), .dim)
    let size = CellLine("  \(ScreenText.count(bytes.count)) bytes", .dim)
    line = line.cut(to: max(8, min(width - 3, Self.readable) - size.width))
    line.append(size)
    segments.append(Segment(fixed: [line], gutter: .tool))
  }

  private func addText(
    _ texts: [(bytes: [UInt8], style: CellStyle, findings: [TextHighlight])], gutter: CellStyle?
  ) {
    let gap = 3
    let room = max(4, width - 3)
    let each = texts.count == 1 ? min(room, Self.readable) : (room - gap * (texts.count - 1)) / texts.count
    var columns: [Column] = []
    for (index, text) in texts.enumerated() {
      sources.append(text.bytes)
      columns.append(
        Column(
          layout: TextLayout(text.bytes, width: max(2, each)), x: index * (each + gap), style: text.style,
          findings: text.findings, source: sources.count - 1))
    }
    segments.append(Segment(columns: columns, gutter: gutter))
  }

  private func addPair(_ outputs: [ReviewMessage]) {
    let names = ["A", "B"]
    let texts = outputs.map { output in
      (output.text, CellStyle.plain, output.findings.map { TextHighlight(bytes: $0.bytes, style: .finding) })
    }
    guard width >= Self.beside else {
      for (name, text) in zip(names, texts) {
        addHeading(CellLine("output \(name)", .title), .title)
        addText([text], gutter: .assistant)
        addBlank()
      }
      return
    }
    let each = (width - 6) / 2
    var heading = CellLine("output A", .title)
    heading.pad(to: each + 1)
    heading.append("│", .frame)
    heading.append(" ")
    heading.append("output B", .title)
    addHeading(heading, .title)
    addText(texts, gutter: .assistant)
    addBlank()
  }

  private func addOpinions(_ opinions: [ReviewOpinion]) {
    addHeading(CellLine("what people said", .title), .title)
    let room = max(4, min(width - 3, Self.readable))
    let columns = max(1, min(opinions.count, room / 26))
    let each = room / columns - 2
    for start in stride(from: 0, to: opinions.count, by: columns) {
      let cards = opinions[start..<min(opinions.count, start + columns)].map { card($0, width: each) }
      let height = cards.map(\.count).max() ?? 0
      for row in 0..<height {
        var line = CellLine()
        for (index, card) in cards.enumerated() {
          line.pad(to: index * (each + 2))
          if card.indices.contains(row) { line.append(card[row]) }
        }
        segments.append(Segment(fixed: [line], gutter: .title))
      }
      addBlank()
    }
  }

  private func card(_ opinion: ReviewOpinion, width: Int) -> [CellLine] {
    var first = CellLine("\(opinion.alias)  ", .key)
    first.append(opinion.labels.joined(separator: ", "), .strong)
    var lines = [first.cut(to: width)]
    if !opinion.reasons.isEmpty {
      lines += WrappedText.lines(opinion.reasons.joined(separator: ", "), .plain, width: width)
    }
    if let note = opinion.note, !note.isEmpty {
      var layout = TextLayout(Array(note.prefix(4096)), width: width)
      layout.finish()
      lines += (0..<layout.lineCount).map { layout.cells($0, style: .dim) }
    }
    return lines
  }

  // MARK: Rows

  /// Whether a segment has a row; lays out as far as needed.
  private func has(_ row: Int, in index: Int) -> Bool {
    guard segments[index].fixed.isEmpty else { return row < segments[index].fixed.count }
    var isThere = false
    for column in segments[index].columns.indices {
      segments[index].columns[column].layout.extend(lines: row + 1)
      isThere = isThere || row < segments[index].columns[column].layout.lineCount
    }
    return isThere
  }

  private func rows(in index: Int) -> Int {
    guard segments[index].fixed.isEmpty else { return segments[index].fixed.count }
    for column in segments[index].columns.indices { segments[index].columns[column].layout.finish() }
    return segments[index].columns.map(\.layout.lineCount).max() ?? 0
  }

  /// A place some rows further down or up, as far as there are rows.
  func move(_ position: Position, by count: Int) -> Position {
    var result = position
    for _ in 0..<abs(count) {
      if count > 0 {
        if has(result.row + 1, in: result.segment) {
          result.row += 1
        } else if result.segment + 1 < segments.count {
          result = Position(segment: result.segment + 1, row: 0)
        } else {
          return result
        }
      } else if result.row > 0 {
        result.row -= 1
      } else if result.segment > 0 {
        result = Position(segment: result.segment - 1, row: max(0, rows(in: result.segment - 1) - 1))
      } else {
        return result
      }
    }
    return result
  }

  /// The lowest place from which a window of some rows is full.
  func last(height: Int) -> Position {
    guard let segment = segments.indices.last else { return Position() }
    return move(Position(segment: segment, row: max(0, rows(in: segment) - 1)), by: -(max(1, height) - 1))
  }

  /// A place, or the last one that fills the window where it lies beyond.
  func clamped(_ position: Position, height: Int) -> Position {
    let end = move(position, by: height)
    guard move(position, by: height - 1) == end else { return position }
    let last = last(height: height)
    return Self.isBlank(segments[last.segment]) ? min(position, move(last, by: 1)) : min(position, last)
  }

  /// Where to begin: at the top if all fits, else so that what is judged stands in the upper third.
  func start(height: Int) -> Position {
    let top = Position()
    guard !segments.isEmpty, move(top, by: height - 1) != move(top, by: height) else { return top }
    let start = clamped(move(output, by: -height / 3), height: height)
    // A gap at the top would be a row lost.
    return Self.isBlank(segments[start.segment]) ? move(start, by: 1) : start
  }

  /// A row as it is shown, with its bar.
  func line(_ position: Position) -> CellLine {
    let segment = segments[position.segment]
    var result = CellLine()
    if let gutter = segment.gutter { result.append("▎", gutter) } else { result.append(" ") }
    result.append(" ")
    if segment.fixed.indices.contains(position.row) {
      result.append(segment.fixed[position.row])
      return result
    }
    for (index, column) in segment.columns.enumerated() {
      if index > 0 {
        result.pad(to: 2 + column.x - 2)
        result.append("│", .frame)
      }
      result.pad(to: 2 + column.x)
      guard position.row < column.layout.lineCount else { continue }
      result.append(
        column.layout.cells(
          position.row, style: column.style, highlights: column.findings + (matches[column.source] ?? [])))
    }
    return result
  }

  /// The rows of a window.
  func view(from top: Position, height: Int) -> [CellLine] {
    var result: [CellLine] = []
    var position = top
    while result.count < height, segments.indices.contains(position.segment) {
      guard has(position.row, in: position.segment) else { break }
      result.append(line(position))
      let next = move(position, by: 1)
      if next == position { break }
      position = next
    }
    return result
  }

  /// How far down a place is, in bytes of the texts, 0 to 1.
  func share(_ position: Position) -> Double {
    let all = sources.reduce(0) { $0 + $1.count }
    guard all > 0 else { return 1 }
    var before = 0
    for index in 0..<min(position.segment, segments.count) {
      for column in segments[index].columns { before += column.layout.bytes.count }
    }
    if segments.indices.contains(position.segment) {
      for column in segments[position.segment].columns where position.row < column.layout.starts.count {
        before += column.layout.starts[position.row]
      }
    }
    return min(1, Double(before) / Double(all))
  }

  /// The row of a byte of a text.
  func place(source: Int, byte: Int) -> Position {
    for index in segments.indices {
      for column in segments[index].columns.indices where segments[index].columns[column].source == source {
        segments[index].columns[column].layout.extend(toByte: byte)
        let row = segments[index].columns[column].layout.line(of: byte)
        return Position(segment: index, row: row)
      }
    }
    return Position()
  }

  /// The byte at which a row begins, so that another width can find it again.
  func byte(at position: Position) -> (segment: Int, byte: Int) {
    guard segments.indices.contains(position.segment), let column = segments[position.segment].columns.first,
      position.row < column.layout.starts.count
    else { return (position.segment, 0) }
    return (position.segment, column.layout.starts[position.row])
  }

  /// Lays out some more while nobody waits.
  /// - Returns: whether something is left.
  func extend(bytes budget: Int) -> Bool {
    for index in segments.indices {
      for column in segments[index].columns.indices
      where !segments[index].columns[column].layout.isComplete {
        segments[index].columns[column].layout.extend(bytes: budget)
        return true
      }
    }
    return false
  }

  // MARK: Search

  /// Marks all that holds a text, capital letters of ASCII or not.
  /// - Returns: the places, from the top; at most 10,000.
  func search(_ text: String) -> [(source: Int, byte: Int)] {
    let wanted = text.utf8.map(Self.lower)
    matches = [:]
    guard let first = wanted.first else { return [] }
    var places: [(Int, Int)] = []
    for (number, source) in sources.enumerated() where source.count >= wanted.count {
      source.withUnsafeBufferPointer { bytes in
        var found: [TextHighlight] = []
        var index = 0
        while index + wanted.count <= bytes.count, places.count < 10_000 {
          guard Self.lower(bytes[index]) == first,
            (1..<wanted.count).allSatisfy({ Self.lower(bytes[index + $0]) == wanted[$0] })
          else {
            index += 1
            continue
          }
          found.append(TextHighlight(bytes: index..<index + wanted.count, style: .match))
          places.append((number, index))
          index += wanted.count
        }
        matches[number] = found
      }
    }
    return places
  }

  private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 0x20 : byte }
}
