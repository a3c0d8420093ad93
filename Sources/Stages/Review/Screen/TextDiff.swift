/// What changed between two texts, by lines and within them by words.
enum TextDiff {
  enum Change: Sendable, Hashable { case same, removed, added }

  struct Piece: Sendable, Hashable {
    let change: Change
    let text: String
  }

  /// Lines of a hunk: what was, what is, with the pieces of each.
  struct Hunk: Sendable, Hashable {
    /// Lines before it that are the same as before.
    let skipped: Int
    let before: [[Piece]]
    let after: [[Piece]]
    let context: [String]
  }

  /// Cells of the table of common subsequences; beyond it, the whole stretch counts as replaced (16 MB of
  /// memory).
  static let limit = 4_000_000

  /// Which elements stay, as pairs of indices.
  static func common<T: Equatable>(_ a: [T], _ b: [T]) -> [(Int, Int)] {
    var prefix = 0
    while prefix < a.count, prefix < b.count, a[prefix] == b[prefix] { prefix += 1 }
    var suffix = 0
    while suffix < a.count - prefix, suffix < b.count - prefix,
      a[a.count - 1 - suffix] == b[b.count - 1 - suffix]
    { suffix += 1 }
    var pairs = (0..<prefix).map { ($0, $0) }
    let (rows, columns) = (a.count - prefix - suffix, b.count - prefix - suffix)
    if rows > 0, columns > 0, rows <= limit / columns {
      var table = [Int32](repeating: 0, count: (rows + 1) * (columns + 1))
      for row in stride(from: rows - 1, through: 0, by: -1) {
        for column in stride(from: columns - 1, through: 0, by: -1) {
          let at = row * (columns + 1) + column
          table[at] =
            a[prefix + row] == b[prefix + column]
            ? table[at + columns + 2] + 1 : max(table[at + columns + 1], table[at + 1])
        }
      }
      var (row, column) = (0, 0)
      while row < rows, column < columns {
        let at = row * (columns + 1) + column
        if a[prefix + row] == b[prefix + column] {
          pairs.append((prefix + row, prefix + column))
          row += 1
          column += 1
        } else if table[at + columns + 1] >= table[at + 1] {
          row += 1
        } else {
          column += 1
        }
      }
    }
    for index in stride(from: suffix, to: 0, by: -1) { pairs.append((a.count - index, b.count - index)) }
    return pairs
  }

  /// The words of a text, with the spaces and line ends between them.
  static func words(_ text: String) -> [Substring] {
    var result: [Substring] = []
    var start = text.startIndex
    var index = start
    func kind(_ character: Character) -> Int {
      character.isNewline ? 0 : character.isWhitespace ? 1 : character.isLetter || character.isNumber ? 2 : 3
    }
    while index < text.endIndex {
      let next = text.index(after: index)
      let isEnd = next == text.endIndex
      if isEnd || kind(text[next]) != kind(text[index]) || kind(text[index]) == 3 || kind(text[index]) == 0 {
        result.append(text[start..<next])
        start = next
      }
      index = next
    }
    return result
  }

  static func hunks(_ before: String, _ after: String) -> [Hunk] {
    let old = before.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    let new = after.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    var result: [Hunk] = []
    var (i, j, same) = (0, 0, 0)
    for (x, y) in common(old, new) + [(old.count, new.count)] {
      if x > i || y > j {
        let (removed, added) = pieces(Array(old[i..<x]), Array(new[j..<y]))
        let context = old[max(0, i - min(2, same))..<i].map { $0 }
        result.append(
          Hunk(skipped: same - context.count, before: removed, after: added, context: context))
        same = 0
      }
      (i, j) = (x + 1, y + 1)
      same += 1
    }
    return result
  }

  /// Marks the words that differ between some lines and those in their place.
  private static func pieces(_ old: [String], _ new: [String]) -> ([[Piece]], [[Piece]]) {
    guard !old.isEmpty, !new.isEmpty else {
      return (
        old.map { [Piece(change: .removed, text: $0)] }, new.map { [Piece(change: .added, text: $0)] }
      )
    }
    let (a, b) = (words(old.joined(separator: "\n")), words(new.joined(separator: "\n")))
    var (keptA, keptB) = (Set<Int>(), Set<Int>())
    for (x, y) in common(a, b) {
      keptA.insert(x)
      keptB.insert(y)
    }
    return (lines(a, kept: keptA, .removed), lines(b, kept: keptB, .added))
  }

  private static func lines(_ words: [Substring], kept: Set<Int>, _ change: Change) -> [[Piece]] {
    var lines: [[Piece]] = [[]]
    for (index, word) in words.enumerated() {
      if word == "\n" {
        lines.append([])
        continue
      }
      let change = kept.contains(index) ? .same : change
      let last = lines.count - 1
      if let piece = lines[last].last, piece.change == change {
        lines[last][lines[last].count - 1] = Piece(change: change, text: piece.text + word)
      } else {
        lines[last].append(Piece(change: change, text: String(word)))
      }
    }
    return lines
  }

  /// The changes as lines of a width.
  static func lines(_ before: String, _ after: String, width: Int) -> [CellLine] {
    var result: [CellLine] = []
    for hunk in hunks(before, after) {
      if hunk.skipped > 0 {
        let text = hunk.skipped == 1 ? "… 1 line unchanged" : "… \(hunk.skipped) lines unchanged"
        result.append(CellLine(text, .dim))
      }
      for line in hunk.context {
        result += rows([Piece(change: .same, text: line)], mark: "  ", .dim, width: width)
      }
      for line in hunk.before { result += rows(line, mark: "- ", .removed, width: width) }
      for line in hunk.after { result += rows(line, mark: "+ ", .added, width: width) }
    }
    return result
  }

  private static func rows(_ pieces: [Piece], mark: String, _ style: CellStyle, width: Int) -> [CellLine] {
    var cells: [Cell] = []
    for (index, piece) in pieces.enumerated() {
      let styles = piece.change == .same ? (style == .dim ? CellStyle.dim : .plain) : style
      cells += SafeText.cells(
        piece.change == .same
          ? shortened(piece.text, isFirst: index == 0, isLast: index == pieces.count - 1) : piece.text, styles
      )
    }
    let first = CellLine(mark, style)
    return WrappedText.lines(cells, width: width, first: first, rest: first)
  }

  /// What did not change, with at most 120 characters at each side of a change.
  private static func shortened(_ text: String, isFirst: Bool, isLast: Bool) -> String {
    let keep = 120
    guard text.utf8.count > 3 * keep, text.count > 3 * keep else { return text }
    let (start, end) = (text.prefix(keep), text.suffix(keep))
    if isFirst { return "… " + end }
    return isLast ? start + " …" : start + " … " + end
  }
}
