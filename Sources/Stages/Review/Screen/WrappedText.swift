/// Wraps cells of several styles at words, for texts of this program and for guidelines.
enum WrappedText {
  /// Wraps cells.
  /// - Parameters:
  ///   - cells: the text.
  ///   - width: columns, with what stands before.
  ///   - first: stands before the first line.
  ///   - rest: stands before the others.
  /// - Returns: one line or more.
  static func lines(_ cells: [Cell], width: Int, first: CellLine = CellLine(), rest: CellLine = CellLine())
    -> [CellLine]
  {
    var lines: [CellLine] = []
    var line = first
    var isEmpty = true
    func space(_ line: CellLine) -> Int { max(1, width - line.width) }
    var index = 0
    while index < cells.count {
      if cells[index].text == " " {
        index += 1
        continue
      }
      var end = index
      var columns = 0
      while end < cells.count, cells[end].text != " " {
        columns += Int(cells[end].width)
        end += 1
      }
      let gap = isEmpty ? 0 : 1
      if !isEmpty, columns + gap > space(line) {
        lines.append(line)
        line = rest
        isEmpty = true
      }
      if !isEmpty {
        // The space between two words looks like what stands on both its sides.
        let isSame = cells[index].style == line.cells.last?.style
        line.append(Cell(text: " ", width: 1, style: isSame ? cells[index].style : .plain))
      }
      for cell in cells[index..<end] {
        if line.width + Int(cell.width) > width, !isEmpty {
          lines.append(line)
          line = rest
        }
        line.append(cell)
        isEmpty = false
      }
      index = end
    }
    lines.append(line)
    return lines
  }

  /// A text of this program.
  static func lines(_ text: String, _ style: CellStyle = .plain, width: Int) -> [CellLine] {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
      lines(SafeText.cells(String($0), style), width: width)
    }
  }
}
