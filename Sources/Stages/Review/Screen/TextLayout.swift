/// Where the lines of a text begin when it is wrapped to a width.
///
/// Made as far as it is looked at, and in slices while nobody waits: a text of a megabyte costs a screen what
/// its first lines cost. Lines break after spaces and between wide characters; a word longer than a line is
/// cut.
struct TextLayout: Sendable {
  let bytes: [UInt8]
  let width: Int
  /// The byte at which each line begins; the last one's end may not be known yet.
  private(set) var starts: [Int] = [0]
  private(set) var isComplete = false

  private var offset = 0
  private var column = 0
  /// The last place in this line where it may break, and the column there.
  private var breakAt = 0
  private var breakColumn = 0

  /// Takes a text.
  /// - Parameters:
  ///   - bytes: UTF-8, or anything else.
  ///   - width: columns, 1 or more.
  init(_ bytes: [UInt8], width: Int) {
    self.bytes = bytes
    self.width = max(1, width)
  }

  /// Lines whose beginning and end are known.
  var lineCount: Int { isComplete ? starts.count : starts.count - 1 }

  /// The bytes of a line, without its line end.
  func range(_ line: Int) -> Range<Int> {
    let start = starts[line]
    var end = line + 1 < starts.count ? starts[line + 1] : bytes.count
    if end > start, bytes[end - 1] == 10 { end -= end - 1 > start && bytes[end - 2] == 13 ? 2 : 1 }
    return start..<max(start, end)
  }

  /// Goes on until so many lines are known, or the text ends.
  mutating func extend(lines: Int) {
    while !isComplete, lineCount < lines { extend(bytes: 4096) }
  }

  /// Goes on until the line of a byte is known.
  mutating func extend(toByte target: Int) {
    while !isComplete, (starts.last ?? 0) <= target { extend(bytes: 65_536) }
  }

  mutating func finish() { while !isComplete { extend(bytes: .max) } }

  /// The line of a byte, which must be known.
  func line(of byte: Int) -> Int {
    var low = 0
    var high = starts.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if starts[middle] <= byte { low = middle } else { high = middle }
    }
    return low
  }

  /// Goes on for about so many bytes.
  mutating func extend(bytes budget: Int) {
    guard !isComplete else { return }
    let stop = budget > bytes.count - offset ? bytes.count : offset + budget
    bytes.withUnsafeBufferPointer { bytes in
      while offset < stop {
        // Most text: a character followed by something that cannot stand on it.
        let byte = bytes[offset]
        if byte < 0x7F, offset + 1 >= bytes.count || bytes[offset + 1] < 0x80 {
          if byte > 0x20 {
            // The letters that follow and still fit.
            let most = min(width - column, stop - offset)
            var count = 1
            while count < most, Self.isPlainLetter(bytes, at: offset + count) { count += 1 }
            take(count, count)
            continue
          }
          if byte == 0x20 {
            takeSpace(1)
            continue
          }
          if byte == 0x0A {
            offset += 1
            begin(offset, column: 0)
            continue
          }
        } else if Self.isPlainWide(bytes, at: offset) {
          takeWide(3)
          continue
        }
        guard var cluster = SafeText.cluster(bytes, at: offset) else { break }
        if let surplus = SafeText.surplus(bytes, after: cluster) {
          // Read from its own beginning, a surplus would be shown as something else.
          cluster.kind = .joined
          cluster.width += surplus.width
          cluster.bytes = cluster.bytes.lowerBound..<surplus.bytes.upperBound
        }
        take(cluster)
      }
    }
    guard offset >= bytes.count else { return }
    if starts.count > 1, starts.last == bytes.count { starts.removeLast() }
    isComplete = true
  }

  private mutating func take(_ cluster: SafeCluster) {
    let length = cluster.bytes.count
    switch cluster.kind {
    case .newline:
      offset += length
      begin(offset, column: 0)
    case .space: takeSpace(length)
    case .tab:
      if TextLayout.stop(after: column) > width, column > 0 { begin(offset, column: 0) }
      offset += length
      column = TextLayout.stop(after: column)
      allowBreak()
    case .text where cluster.width == 2: takeWide(length)
    default: take(cluster.width, length)
    }
  }

  private mutating func takeSpace(_ length: Int) {
    // A space at the end of a line hangs over it.
    offset += length
    column += 1
    if column <= width + 1 { allowBreak() } else { begin(offset, column: 0) }
  }

  private mutating func takeWide(_ length: Int) {
    // Text without spaces may break between characters.
    if column > 0, column + 2 > width, breakAt < offset { (breakAt, breakColumn) = (offset, column) }
    take(2, length)
    allowBreak()
  }

  /// Whether a visible character of ASCII stands here, and behind it nothing that could stand on it.
  private static func isPlainLetter(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
    bytes[place] > 0x20 && bytes[place] < 0x7F && (place + 1 >= bytes.count || bytes[place + 1] < 0x80)
  }

  /// Whether a kana, an ideograph or an ideographic comma or full stop stands here, two columns wide, and behind it
  /// another, ASCII or the end: nothing that could join it.
  private static func isPlainWide(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
    guard isWide(bytes, at: place) else { return false }
    let next = place + 3
    return next >= bytes.count || bytes[next] < 0x80 || isWide(bytes, at: next)
  }

  /// U+3001 to U+3029, U+3041 to U+3094, U+309D to U+30FF and U+4E00 to U+9FFF: no combining mark, no emoji, and two
  /// columns in every Unicode.
  static func isWide(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
    guard place + 3 <= bytes.count else { return false }
    let (first, second, third) = (bytes[place], bytes[place + 1], bytes[place + 2])
    guard second & 0xC0 == 0x80, third & 0xC0 == 0x80 else { return false }
    switch (first, second) {
    case (0xE5...0xE9, _): return true
    case (0xE4, 0xB8...0xBF), (0xE3, 0x83): return true
    case (0xE3, 0x80): return third >= 0x81 && third <= 0xA9
    case (0xE3, 0x81): return third >= 0x81
    case (0xE3, 0x82): return third <= 0x94 || third >= 0x9D
    default: return false
    }
  }

  private mutating func take(_ columns: Int, _ length: Int) {
    if column + columns > width, column > 0 {
      let start = starts[starts.count - 1]
      if breakAt > start { begin(breakAt, column: column - breakColumn) } else { begin(offset, column: 0) }
      if column + columns > width, column > 0 { begin(offset, column: 0) }
    }
    offset += length
    column += columns
  }

  private mutating func allowBreak() { (breakAt, breakColumn) = (offset, column) }

  private mutating func begin(_ start: Int, column: Int) {
    starts.append(start)
    self.column = column
    (breakAt, breakColumn) = (start, 0)
  }

  /// The tab stop after a column.
  static func stop(after column: Int) -> Int { (column / SafeText.tab + 1) * SafeText.tab }

  /// The clusters of a line as they stand on the screen, each with its column.
  func placed(_ line: Int) -> [(cluster: SafeCluster, column: Int)] {
    let range = range(line)
    var clusters: [SafeCluster] = []
    bytes.withUnsafeBufferPointer { bytes in
      var offset = range.lowerBound
      while offset < range.upperBound, let next = SafeText.cluster(bytes, at: offset) {
        clusters.append(next)
        offset = next.bytes.upperBound
        guard let more = SafeText.surplus(bytes, after: next) else { continue }
        clusters.append(more)
        offset = more.bytes.upperBound
      }
    }
    var column = 0
    return VisualOrder.ordered(clusters).map { cluster in
      let at = column
      column = cluster.kind == .tab ? TextLayout.stop(after: column) : column + cluster.width
      return (cluster, at)
    }
  }

  /// The cells of a line.
  /// - Parameters:
  ///   - line: its number.
  ///   - style: of what has no other.
  ///   - highlights: stretches with a style of their own; later ones cover earlier ones.
  /// - Returns: at most one cluster beyond the width.
  func cells(_ line: Int, style: CellStyle, highlights: [TextHighlight] = []) -> CellLine {
    let range = range(line)
    let inside = highlights.filter { $0.bytes.overlaps(range) }
    var result = CellLine()
    for (cluster, column) in placed(line) {
      guard column < width else { break }
      let style = inside.last { $0.bytes.overlaps(cluster.bytes) }?.style ?? style
      if cluster.kind == .tab {
        result.append(Cell(text: "→", width: 1, style: .dim))
        result.pad(to: min(width, TextLayout.stop(after: column)), style)
      } else {
        for cell in SafeText.split(cluster, style) { result.append(cell) }
      }
    }
    return result
  }
}

/// A stretch of a text with a style of its own.
struct TextHighlight: Sendable, Hashable {
  let bytes: Range<Int>
  let style: CellStyle
}
