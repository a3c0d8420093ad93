/// A text that is being written: lines, a cursor, and what was done, to take it back.
///
/// Lines are wrapped when they are looked at, so that a text of a megabyte can be edited.
struct TextEditor: Sendable {
  struct Position: Sendable, Hashable, Comparable {
    var line = 0
    /// A byte of the line.
    var byte = 0
    static func < (a: Position, b: Position) -> Bool { (a.line, a.byte) < (b.line, b.byte) }
  }

  private struct Edit: Sendable {
    var start: Position
    var removed: [UInt8]
    var added: [UInt8]
    /// Whether the next letter may join it, so that a word is taken back at once.
    var isOpen: Bool
  }

  private(set) var lines: [[UInt8]]
  private(set) var cursor = Position()
  private var undoable: [Edit] = []
  private var redoable: [Edit] = []
  private var layouts: [Int: TextLayout] = [:]
  /// The column that moving up and down tries to keep.
  private var goal: Int?
  /// The first row that is seen: a line and a row of it.
  private(set) var top = (line: 0, row: 0)
  private var width = 80
  /// Whether Enter makes no new line.
  let isSingle: Bool

  init(_ text: String, isSingle: Bool = false) {
    self.isSingle = isSingle
    lines = Array(text.utf8).split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
    if isSingle { cursor = Position(line: 0, byte: lines[0].count) }
  }

  var text: String { String(decoding: Array(lines.joined(separator: [10])), as: UTF8.self) }
  var isEmpty: Bool { lines.count == 1 && lines[0].isEmpty }

  // MARK: Changing

  mutating func insert(_ text: String) {
    var bytes = Array(text.utf8).filter { $0 != 13 }
    if isSingle { bytes = bytes.map { $0 == 10 ? 32 : $0 } }
    guard !bytes.isEmpty else { return }
    replace(cursor, cursor, bytes, joins: bytes != [32] && bytes != [10])
  }

  mutating func backspace() { remove(to: position(before: cursor)) }
  mutating func delete() { remove(to: position(after: cursor)) }
  mutating func deleteWord() { remove(to: wordBefore(cursor)) }
  mutating func deleteToEnd() {
    let end = Position(line: cursor.line, byte: lines[cursor.line].count)
    remove(to: end == cursor ? position(after: cursor) : end)
  }
  mutating func deleteToStart() { remove(to: Position(line: cursor.line, byte: 0)) }

  private mutating func remove(to other: Position) {
    guard other != cursor else { return }
    replace(min(cursor, other), max(cursor, other), [], joins: false)
  }

  private mutating func replace(_ start: Position, _ end: Position, _ added: [UInt8], joins: Bool) {
    let removed = apply(start, end, added)
    redoable = []
    if joins, removed.isEmpty, let last = undoable.last, last.isOpen, last.removed.isEmpty,
      Self.end(of: last.added, from: last.start) == start
    {
      undoable[undoable.count - 1].added += added
    } else {
      undoable.append(Edit(start: start, removed: removed, added: added, isOpen: joins))
    }
  }

  /// Puts bytes in place of a stretch; the cursor then stands behind them.
  /// - Returns: what stood there.
  private mutating func apply(_ start: Position, _ end: Position, _ added: [UInt8]) -> [UInt8] {
    var removed: [UInt8]
    if start.line == end.line {
      removed = Array(lines[start.line][start.byte..<end.byte])
    } else {
      removed = Array(lines[start.line][start.byte...])
      for line in (start.line + 1)..<end.line { removed += [10] + lines[line] }
      removed += [10] + lines[end.line][..<end.byte]
    }
    let head = lines[start.line][..<start.byte]
    let tail = lines[end.line][end.byte...]
    var new = added.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
    new[0] = head + new[0]
    cursor = Self.end(of: added, from: start)
    new[new.count - 1] += tail
    lines.replaceSubrange(start.line...end.line, with: new)
    if new.count == 1, start.line == end.line { layouts[start.line] = nil } else { layouts = [:] }
    goal = nil
    return removed
  }

  private static func end(of bytes: [UInt8], from start: Position) -> Position {
    let breaks = bytes.count { $0 == 10 }
    guard breaks > 0, let last = bytes.lastIndex(of: 10) else {
      return Position(line: start.line, byte: start.byte + bytes.count)
    }
    return Position(line: start.line + breaks, byte: bytes.count - last - 1)
  }

  /// - Returns: whether there was something to take back.
  mutating func undo() -> Bool {
    guard let edit = undoable.popLast() else { return false }
    _ = apply(edit.start, Self.end(of: edit.added, from: edit.start), edit.removed)
    redoable.append(edit)
    return true
  }

  mutating func redo() -> Bool {
    guard var edit = redoable.popLast() else { return false }
    _ = apply(edit.start, Self.end(of: edit.removed, from: edit.start), edit.added)
    edit.isOpen = false
    undoable.append(edit)
    return true
  }

  // MARK: Moving

  mutating func move(_ key: ScreenKey, page: Int) {
    if undoable.last?.isOpen == true { undoable[undoable.count - 1].isOpen = false }
    switch key {
    case .left: set(position(before: cursor))
    case .right: set(position(after: cursor))
    case .wordLeft: set(wordBefore(cursor))
    case .wordRight: set(wordAfter(cursor))
    case .home: set(Position(line: cursor.line, byte: 0))
    case .end: set(Position(line: cursor.line, byte: lines[cursor.line].count))
    case .textStart: set(Position())
    case .textEnd: set(Position(line: lines.count - 1, byte: lines[lines.count - 1].count))
    case .up: moveRows(-1)
    case .down: moveRows(1)
    case .pageUp: moveRows(-max(1, page - 1))
    case .pageDown: moveRows(max(1, page - 1))
    default: break
    }
  }

  private mutating func set(_ position: Position) {
    cursor = position
    goal = nil
  }

  private mutating func moveRows(_ count: Int) {
    let column = goal ?? place(cursor).column
    var (line, row) = (cursor.line, place(cursor).row)
    for _ in 0..<abs(count) {
      if count < 0 {
        if row > 0 {
          row -= 1
        } else if line > 0 {
          line -= 1
          row = rows(line) - 1
        } else {
          return set(Position())
        }
      } else if row + 1 < rows(line) {
        row += 1
      } else if line + 1 < lines.count {
        line += 1
        row = 0
      } else {
        return set(Position(line: line, byte: lines[line].count))
      }
    }
    let layout = layout(line)
    let clusters = layout.placed(row)
    let isLast = row + 1 >= layout.lineCount
    let hit = clusters.last { $0.column <= column }
    var byte = hit?.cluster.bytes.lowerBound ?? layout.starts[row]
    if let hit, column >= hit.column + max(1, hit.cluster.width), isLast { byte = lines[line].count }
    cursor = Position(line: line, byte: byte)
    goal = column
  }

  private mutating func position(before position: Position) -> Position {
    guard position.byte > 0 else {
      return position.line > 0
        ? Position(line: position.line - 1, byte: lines[position.line - 1].count) : position
    }
    let layout = layout(position.line)
    let start = layout.starts[layout.line(of: position.byte - 1)]
    let stops = SafeText.clusters(lines[position.line][start...].prefix(max(256, position.byte - start + 16)))
    let before = stops.last { $0.bytes.lowerBound + start < position.byte }
    return Position(line: position.line, byte: start + (before?.bytes.lowerBound ?? 0))
  }

  private func position(after position: Position) -> Position {
    let line = lines[position.line]
    guard position.byte < line.count else {
      return position.line + 1 < lines.count ? Position(line: position.line + 1, byte: 0) : position
    }
    let length = line.withUnsafeBufferPointer {
      SafeText.cluster($0, at: position.byte)?.bytes.count ?? 1
    }
    return Position(line: position.line, byte: position.byte + length)
  }

  private func wordBefore(_ position: Position) -> Position {
    guard position.byte > 0 else {
      return position.line > 0
        ? Position(line: position.line - 1, byte: lines[position.line - 1].count) : position
    }
    let line = lines[position.line]
    var byte = position.byte
    while byte > 0, Self.isGap(line[byte - 1]) { byte -= 1 }
    while byte > 0, !Self.isGap(line[byte - 1]) { byte -= 1 }
    return Position(line: position.line, byte: byte)
  }

  private func wordAfter(_ position: Position) -> Position {
    let line = lines[position.line]
    guard position.byte < line.count else { return self.position(after: position) }
    var byte = position.byte
    while byte < line.count, !Self.isGap(line[byte]) { byte += 1 }
    while byte < line.count, Self.isGap(line[byte]) { byte += 1 }
    return Position(line: position.line, byte: byte)
  }

  private static func isGap(_ byte: UInt8) -> Bool { byte <= 32 }

  // MARK: Showing

  private mutating func layout(_ line: Int) -> TextLayout {
    if let known = layouts[line] { return known }
    // A space behind the end, so that the cursor has a place there.
    var layout = TextLayout(lines[line] + [32], width: max(2, width - 1))
    layout.finish()
    if layouts.count > 500 { layouts = [:] }
    layouts[line] = layout
    return layout
  }

  private mutating func rows(_ line: Int) -> Int { layout(line).lineCount }

  private mutating func place(_ position: Position) -> (row: Int, column: Int) {
    let layout = layout(position.line)
    let row = layout.line(of: position.byte)
    let column = layout.placed(row).first { $0.cluster.bytes.contains(position.byte) }?.column ?? 0
    return (row, column)
  }

  /// The rows that are seen, and where the cursor stands among them.
  mutating func view(width: Int, height: Int) -> (rows: [CellLine], cursor: (x: Int, y: Int)) {
    if width != self.width { layouts = [:] }
    self.width = width
    let (row, column) = place(cursor)
    scroll(toLine: cursor.line, row: row, height: max(1, height))
    var result: [CellLine] = []
    var y = 0
    var (line, at) = top
    while result.count < height, line < lines.count {
      let layout = layout(line)
      while at < layout.lineCount, result.count < height {
        if line == cursor.line, at == row { y = result.count }
        result.append(layout.cells(at, style: .plain))
        at += 1
      }
      line += 1
      at = 0
    }
    return (result, (column, y))
  }

  /// Moves what is seen so that a row is in it.
  private mutating func scroll(toLine line: Int, row: Int, height: Int) {
    top.line = min(top.line, lines.count - 1)
    top.row = min(top.row, rows(top.line) - 1)
    if (line, row) < (top.line, top.row) { top = (line, row) }
    // Rows from the first that is seen to the cursor's.
    var distance = 0
    var at = top
    while at < (line, row), distance <= height * 2 {
      if at.line == line {
        distance += row - at.row
        at.row = row
      } else {
        distance += rows(at.line) - at.row
        at = (at.line + 1, 0)
      }
    }
    guard distance >= height || at < (line, row) else { return }
    top = (line, row)
    for _ in 1..<max(2, height) {
      if top.row > 0 {
        top.row -= 1
      } else if top.line > 0 {
        top.line -= 1
        top.row = rows(top.line) - 1
      }
    }
  }
}
