/// What a cell means; a theme says how that looks.
enum CellStyle: UInt8, Sendable, CaseIterable {
  case plain, dim, strong, title
  /// The parts of a conversation.
  case system, user, assistant, tool
  /// A visible mark in place of what must not reach the terminal.
  case mark
  /// Several characters that most terminals would join into one, shown by their parts.
  case joined
  case finding, match
  case good, bad, warning
  case key, label, chosen
  case bar, barRest
  case added, removed
  case frame, frameStrong, cursor
}

/// One character of the screen: what is printed, how many columns it takes, and what it means.
struct Cell: Sendable, Hashable {
  /// Nothing but what ``SafeText`` let pass; empty in the second column of a wide character.
  var text: String
  /// Columns: 1 or 2; 0 in the second column of a wide character.
  var width: UInt8
  var style: CellStyle

  static let blank = Cell(text: " ", width: 1, style: .plain)
}

/// A row of cells that is not yet in a place.
struct CellLine: Sendable, Hashable {
  private(set) var cells: [Cell] = []
  private(set) var width = 0

  init() {}

  /// Takes a text of this program, which may hold any character: all are made safe.
  init(_ text: String, _ style: CellStyle = .plain) { append(text, style) }

  mutating func append(_ cell: Cell) {
    cells.append(cell)
    width += Int(cell.width)
  }

  mutating func append(_ line: CellLine) {
    cells += line.cells
    width += line.width
  }

  mutating func append(_ text: String, _ style: CellStyle = .plain) {
    for cell in SafeText.cells(text, style) { append(cell) }
  }

  /// Fills with spaces up to a width.
  mutating func pad(to target: Int, _ style: CellStyle = .plain) {
    while width < target { append(Cell(text: " ", width: 1, style: style)) }
  }

  /// At most so many columns, with `…` where something is missing.
  func cut(to limit: Int) -> CellLine {
    guard width > limit else { return self }
    var result = CellLine()
    for cell in cells where limit > 0 {
      guard result.width + Int(cell.width) < limit else { break }
      result.append(cell)
    }
    if limit > 0 { result.append(Cell(text: "…", width: 1, style: .dim)) }
    return result
  }

  /// The characters, without what they mean.
  var text: String { cells.map(\.text).joined() }

  /// The same with another style.
  func styled(_ style: CellStyle) -> CellLine {
    var result = CellLine()
    for cell in cells { result.append(Cell(text: cell.text, width: cell.width, style: style)) }
    return result
  }
}

/// The screen as rows of cells: what is drawn, before anything is painted.
struct CellCanvas: Sendable {
  let width: Int
  let height: Int
  private(set) var rows: [[Cell]]
  /// Where the terminal's cursor stands; nil hides it.
  var cursor: (x: Int, y: Int)?

  init(width: Int, height: Int) {
    self.width = max(0, width)
    self.height = max(0, height)
    rows = Array(repeating: Array(repeating: .blank, count: self.width), count: self.height)
  }

  /// Puts a line at a place; what reaches beyond `limit` columns or the edge is cut.
  mutating func put(_ line: CellLine, x: Int, y: Int, limit: Int = .max) {
    guard rows.indices.contains(y), x >= 0 else { return }
    let end = limit == .max ? width : min(width, x + limit)
    var column = x
    for cell in line.cells {
      let next = column + Int(cell.width)
      guard next <= end else { break }
      clear(column, y)
      if cell.width == 2 { clear(column + 1, y) }
      rows[y][column] = cell
      if cell.width == 2 { rows[y][column + 1] = Cell(text: "", width: 0, style: cell.style) }
      column = next
    }
  }

  mutating func put(_ text: String, _ style: CellStyle = .plain, x: Int, y: Int, limit: Int = .max) {
    put(CellLine(text, style), x: x, y: y, limit: limit)
  }

  /// Fills a rectangle.
  mutating func fill(x: Int, y: Int, width: Int, height: Int, _ cell: Cell = .blank) {
    for row in max(0, y)..<max(0, y, min(self.height, y + height)) {
      for column in max(0, x)..<max(0, x, min(self.width, x + width)) {
        clear(column, row)
        rows[row][column] = cell
      }
    }
  }

  /// Makes a column free; the other half of a wide character there becomes a space.
  private mutating func clear(_ x: Int, _ y: Int) {
    let cell = rows[y][x]
    if cell.width == 0, x > 0 { rows[y][x - 1] = Cell(text: " ", width: 1, style: cell.style) }
    if cell.width == 2, x + 1 < width { rows[y][x + 1] = Cell(text: " ", width: 1, style: cell.style) }
    rows[y][x] = .blank
  }

  /// The rows as text, without spaces at their ends.
  var text: [String] {
    rows.map { row in
      var line = row.map(\.text).joined()
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
