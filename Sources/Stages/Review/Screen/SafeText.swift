/// A stretch of text that is shown as one: a character with what stands on it, or a mark.
struct SafeCluster: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case text
    /// A visible mark for something that must not reach the terminal.
    case mark
    /// Several parts of one character, such as a family, side by side.
    case joined
    case space
    case tab
    case newline
  }

  var kind: Kind
  /// What may be printed.
  var text: String
  /// Columns; 0 for a line end, 1 for a tab, which is stretched where its place is known.
  var width: Int
  /// Where it stands in the bytes.
  var bytes: Range<Int>
  /// Whether it is read from right to left.
  var isRightToLeft = false

  var style: CellStyle? {
    switch kind {
    case .mark, .tab: .mark
    case .joined: .joined
    default: nil
    }
  }
}

/// Turns bytes that anyone may have written into characters that may be printed.
///
/// Nothing else makes text of a log printable. What is printed holds no control character, no character that
/// changes the order or the look of others, and none without a width of its own but up to ``cap`` combining
/// ones. All the rest is shown as a mark: `^[` for a control character, `‹U+202E›` for a scalar, `‹FF›` for a
/// byte that is no UTF-8, `‹+99›` for combining characters beyond the cap. A joined emoji is shown by its
/// parts, since terminals differ in how wide they draw it; its parts together have one style of their own.
/// U+FE0E, U+FE0F and skin colours, which change widths in some terminals, are left out there.
enum SafeText {
  /// Combining characters that a cell keeps: ncurses stores five characters in one (CCHARW_MAX).
  static let cap = 4
  /// Columns between tab stops.
  static let tab = 4

  /// The cluster that begins at a byte; nil at the end.
  static func cluster(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> SafeCluster? {
    guard start < bytes.count else { return nil }
    let first = bytes[start]
    if first < 0x80 {
      if first == 10 { return SafeCluster(kind: .newline, text: "", width: 0, bytes: start..<start + 1) }
      if first == 13, start + 1 < bytes.count, bytes[start + 1] == 10 {
        return SafeCluster(kind: .newline, text: "", width: 0, bytes: start..<start + 2)
      }
      if first == 9 { return SafeCluster(kind: .tab, text: "→", width: 1, bytes: start..<start + 1) }
      if first < 0x20 || first == 0x7F {
        let text = "^" + String(UnicodeScalar(first ^ 0x40))
        return SafeCluster(kind: .mark, text: text, width: 2, bytes: start..<start + 1)
      }
      if start + 1 >= bytes.count || bytes[start + 1] < 0x80 {
        return SafeCluster(
          kind: first == 32 ? .space : .text, text: String(UnicodeScalar(first)), width: 1,
          bytes: start..<start + 1)
      }
    }
    guard let (scalar, length) = scalar(bytes, at: start) else {
      let text = "‹" + hex(UInt32(first), 2) + "›"
      return SafeCluster(kind: .mark, text: text, width: text.unicodeScalars.count, bytes: start..<start + 1)
    }
    let end = start + length
    switch CharacterClass.of(scalar) {
    case .hidden, .joiner, .presentation: return mark(scalar, start..<end)
    case .combining:
      return withMarks(
        SafeCluster(kind: .mark, text: "◌" + String(scalar), width: 1, bytes: start..<end), taken: 1, bytes)
    case .regional: return flag(scalar, start..<end, bytes)
    // A skin colour alone is a coloured square.
    case .skin: return SafeCluster(kind: .text, text: String(scalar), width: 2, bytes: start..<end)
    case .wide(let width):
      var cluster = SafeCluster(
        kind: scalar == " " ? .space : .text, text: String(scalar), width: width, bytes: start..<end,
        isRightToLeft: CharacterClass.isRightToLeft(scalar.value))
      if CharacterClass.isEmoji(scalar) { join(&cluster, scalar, bytes) }
      return withMarks(cluster, taken: 0, bytes)
    }
  }

  /// Takes in what an emoji is joined with; a digit may be one too, on a keycap.
  private static func join(
    _ cluster: inout SafeCluster, _ first: Unicode.Scalar, _ bytes: UnsafeBufferPointer<UInt8>
  ) {
    var end = cluster.bytes.upperBound
    var parts = 1
    // The longest sequence of Unicode's list has ten scalars; more is no emoji.
    var left = 10
    while left > 0, let (next, length) = scalar(bytes, at: end) {
      left -= 1
      switch CharacterClass.of(next) {
      case .presentation: end += length
      case .skin:
        end += length
        cluster.kind = .joined
      case .joiner:
        guard parts < 4, first.value > 0xA9, let (after, more) = scalar(bytes, at: end + length),
          CharacterClass.isEmoji(after),
          case .wide(let width) = CharacterClass.of(after)
        else { left = 0; break }
        cluster.text.unicodeScalars.append(after)
        cluster.width += width
        cluster.kind = .joined
        parts += 1
        end += length + more
      default: left = 0
      }
    }
    cluster.bytes = cluster.bytes.lowerBound..<end
  }

  /// Takes in the combining characters that follow, up to the cap.
  private static func withMarks(
    _ cluster: SafeCluster, taken: Int, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> SafeCluster {
    var cluster = cluster
    var taken = taken
    var end = cluster.bytes.upperBound
    while taken < cap, cluster.kind != .joined, let (next, length) = scalar(bytes, at: end),
      CharacterClass.of(next) == .combining
    {
      cluster.text.unicodeScalars.append(next)
      end += length
      taken += 1
    }
    cluster.bytes = cluster.bytes.lowerBound..<end
    return cluster
  }

  /// The mark for combining characters beyond the cap; nil where none follow.
  static func surplus(_ bytes: UnsafeBufferPointer<UInt8>, after cluster: SafeCluster) -> SafeCluster? {
    guard cluster.kind == .text || cluster.text.hasPrefix("◌") else { return nil }
    var end = cluster.bytes.upperBound
    guard end < bytes.count, bytes[end] >= 0x80 else { return nil }
    var count = 0
    while let (next, length) = scalar(bytes, at: end), CharacterClass.of(next) == .combining {
      count += 1
      end += length
    }
    guard count > 0 else { return nil }
    let text = "‹+\(count)›"
    return SafeCluster(
      kind: .mark, text: text, width: text.unicodeScalars.count, bytes: cluster.bytes.upperBound..<end)
  }

  private static func flag(
    _ first: Unicode.Scalar, _ range: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> SafeCluster {
    var text = letter(first)
    var end = range.upperBound
    if let (next, length) = scalar(bytes, at: end), CharacterClass.of(next) == .regional {
      text += letter(next)
      end += length
    }
    return SafeCluster(
      kind: .joined, text: text, width: text.unicodeScalars.count, bytes: range.lowerBound..<end)
  }

  private static func letter(_ regional: Unicode.Scalar) -> String {
    Unicode.Scalar(regional.value - 0x1F1E6 + 65).map(String.init) ?? ""
  }

  private static func mark(_ scalar: Unicode.Scalar, _ range: Range<Int>) -> SafeCluster {
    // A tag says a letter to a model and nothing to a person.
    let isTag = (0xE0021...0xE007E).contains(scalar.value)
    let letter = isTag ? Unicode.Scalar(scalar.value - 0xE0000).map(String.init) ?? "" : ""
    let text = isTag ? "‹tag \(letter)›" : "‹U+\(hex(scalar.value, 4))›"
    return SafeCluster(kind: .mark, text: text, width: text.unicodeScalars.count, bytes: range)
  }

  private static func hex(_ value: UInt32, _ digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// The scalar at a byte and its length; nil where the bytes are no UTF-8 (Unicode 15, table 3-7).
  static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> (Unicode.Scalar, Int)? {
    guard start < bytes.count else { return nil }
    let first = bytes[start]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard first >= 0xC2, first <= 0xF4, start + length <= bytes.count else { return nil }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for offset in 1..<length {
      let byte = bytes[start + offset]
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    guard length < 3 || value >= (length == 3 ? 0x800 : 0x10000), let scalar = Unicode.Scalar(value) else {
      return nil
    }
    return (scalar, length)
  }

  /// All clusters of some bytes, marks of a surplus among them.
  static func clusters(_ bytes: some Collection<UInt8>) -> [SafeCluster] {
    Array(bytes).withUnsafeBufferPointer { bytes in
      var result: [SafeCluster] = []
      var offset = 0
      while let next = cluster(bytes, at: offset) {
        result.append(next)
        offset = next.bytes.upperBound
        if let more = surplus(bytes, after: next) {
          result.append(more)
          offset = more.bytes.upperBound
        }
      }
      return result
    }
  }

  /// A text in one line; a line end becomes a mark.
  static func cells(_ text: String, _ style: CellStyle) -> [Cell] {
    var copy = text
    return copy.withUTF8 { bytes in
      var result: [Cell] = []
      result.reserveCapacity(bytes.count)
      var offset = 0
      while let next = cluster(bytes, at: offset) {
        offset = next.bytes.upperBound
        add(next, style, to: &result)
        if let more = surplus(bytes, after: next) {
          add(more, style, to: &result)
          offset = more.bytes.upperBound
        }
      }
      return result
    }
  }

  private static func add(_ cluster: SafeCluster, _ style: CellStyle, to result: inout [Cell]) {
    if cluster.kind == .newline {
      result.append(Cell(text: "↵", width: 1, style: .mark))
    } else {
      result += split(cluster, style)
    }
  }

  /// The cells of a cluster: one for a character, one for each column of a mark.
  static func split(_ cluster: SafeCluster, _ style: CellStyle) -> [Cell] {
    let style = cluster.style ?? style
    if cluster.width <= 2, cluster.kind == .text || cluster.kind == .space {
      return [Cell(text: cluster.text, width: UInt8(cluster.width), style: style)]
    }
    var cells: [Cell] = []
    for scalar in cluster.text.unicodeScalars {
      if case .wide(let width) = CharacterClass.of(scalar) {
        cells.append(Cell(text: String(scalar), width: UInt8(width), style: style))
      } else if let last = cells.indices.last {
        cells[last].text.unicodeScalars.append(scalar)
      }
    }
    return cells
  }
}
