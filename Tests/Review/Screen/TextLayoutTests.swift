import Testing

@testable import Review

@Suite("Review screen: wrapping") struct TextLayoutTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let width: Int
    let lines: [String]
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "nothing", text: "", width: 5, lines: [""]),
    Row(name: "fits", text: "hello", width: 5, lines: ["hello"]),
    Row(name: "at a space", text: "hello world", width: 8, lines: ["hello ", "world"]),
    Row(name: "space hangs over", text: "hello world", width: 5, lines: ["hello ", "world"]),
    Row(name: "long word", text: "abcdefghij", width: 4, lines: ["abcd", "efgh", "ij"]),
    Row(name: "long word after a short one", text: "ab cdefghij", width: 5, lines: ["ab ", "cdefg", "hij"]),
    Row(name: "line ends", text: "a\n\nb\r\nc", width: 5, lines: ["a", "", "b", "c"]),
    Row(name: "line end at the end", text: "a\n", width: 5, lines: ["a"]),
    Row(name: "wide characters", text: "漢字かな", width: 5, lines: ["漢字", "かな"]),
    Row(name: "wide after narrow", text: "abc漢字", width: 4, lines: ["abc", "漢字"]),
    Row(name: "word goes with what follows", text: "aa bb漢", width: 6, lines: ["aa bb", "漢"]),
    Row(name: "mark is not cut", text: "abc\u{202E}", width: 9, lines: ["abc", "‹U+202E›"]),
    Row(name: "tab", text: "a\tb", width: 10, lines: ["a→  b"]),
    Row(name: "tabs at the end", text: "abc\td", width: 4, lines: ["abc→", "d"]),
    Row(name: "emoji", text: "😀😀😀", width: 5, lines: ["😀😀", "😀"]),
    Row(name: "many spaces", text: "ab      cd", width: 4, lines: ["ab", "  cd"]),
  ]

  @Test("lines", arguments: rows) func wraps(_ row: Row) {
    var layout = TextLayout(Array(row.text.utf8), width: row.width)
    layout.finish()
    let lines = (0..<layout.lineCount).map { layout.cells($0, style: .plain).text }
    let trimmed = lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
    let expected = row.lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
    #expect(trimmed == expected)
  }

  @Test("no line is wider than the pane, nothing is lost, and slices give the same", arguments: 1...30)
  func invariant(_ seed: Int) {
    let bytes = SafeTextTests.noise(UInt64(seed))
    let width = 10 + seed
    var whole = TextLayout(bytes, width: width)
    whole.finish()
    var sliced = TextLayout(bytes, width: width)
    while !sliced.isComplete { sliced.extend(bytes: 1 + seed % 7) }
    #expect(sliced.starts == whole.starts)
    var end = 0
    for line in 0..<whole.lineCount {
      #expect(whole.starts[line] == end)
      end = line + 1 < whole.lineCount ? whole.starts[line + 1] : bytes.count
      let cells = whole.cells(line, style: .plain)
      var columns = cells.width
      if cells.cells.last?.text == " " { columns -= 1 }
      // A mark of a narrow pane is the only thing that may be wider.
      #expect(columns <= max(width, 11), "\(cells.text)")
    }
    #expect(end == bytes.count)
  }

  @Test("the line of a byte is found, and only what is above it is laid out") func finds() {
    let bytes = Array(String(repeating: "word ", count: 200_000).utf8)
    var layout = TextLayout(bytes, width: 50)
    layout.extend(toByte: 5000)
    #expect(layout.line(of: 5000) == 100)
    #expect(!layout.isComplete)
    #expect(layout.lineCount < 3000)
  }

  @Test("a megabyte costs a screen what its first lines cost") func lazy() {
    var layout = TextLayout(Array(repeating: 0x61, count: 1 << 20), width: 80)
    layout.extend(lines: 40)
    #expect(layout.lineCount < 120)
  }

  @Test("what is taken for a plain wide character is one") func wide() {
    var found = 0
    for value in UInt32(0x80)...0xFFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let bytes = Array(String(scalar).utf8)
      bytes.withUnsafeBufferPointer { bytes in
        guard TextLayout.isWide(bytes, at: 0) else { return }
        found += 1
        let cluster = SafeText.cluster(bytes, at: 0)
        #expect(cluster?.kind == .text && cluster?.width == 2 && cluster?.bytes == 0..<3, "\(value)")
      }
    }
    #expect(found > 20_000)
    [0xE6, 0xBC].withUnsafeBufferPointer { #expect(!TextLayout.isWide($0, at: 0)) }
  }

  @Test("a stretch has its style, also across lines") func highlights() {
    var layout = TextLayout(Array("one two three".utf8), width: 8)
    layout.finish()
    let marks = [TextHighlight(bytes: 4..<10, style: .finding)]
    #expect(
      layout.cells(0, style: .plain, highlights: marks).cells.map(\.style).suffix(4)
        == Array(repeating: .finding, count: 4))
    #expect(
      layout.cells(1, style: .plain, highlights: marks).cells.map(\.style).prefix(3) == [
        .finding, .finding, .plain,
      ])
  }

  struct Order: Sendable {
    let logged: String
    let seen: String
  }

  @Test(
    "right-to-left text is turned, numbers and Latin words are not",
    arguments: [
      Order(logged: "abc", seen: "abc"), Order(logged: "אבג", seen: "גבא"),
      Order(logged: "x אבג דה y", seen: "x הד גבא y"), Order(logged: "אב 123 גד", seen: "דג 123 בא"),
      Order(logged: "אב 1.5 גד", seen: "דג 1.5 בא"), Order(logged: "(אב)", seen: "(בא)"),
      Order(logged: "א(ב)ג", seen: "ג(ב)א"), Order(logged: "אב abc גד", seen: "בא abc דג"),
      Order(logged: "מרחבא", seen: "אבחרמ"),
    ]) func order(_ item: Order)
  {
    let clusters = VisualOrder.ordered(SafeText.clusters(Array(item.logged.utf8)))
    #expect(clusters.map(\.text).joined() == item.seen)
  }

  @Test("a row with right-to-left text has letters for bars, others keep theirs") func fences() {
    var canvas = CellCanvas(width: 20, height: 2)
    canvas.put("▎ שלום │ עולם", x: 0, y: 0)
    canvas.put("▎ abc │ def", x: 0, y: 1)
    var rows = canvas.rows
    VisualOrder.fence(&rows)
    #expect(rows[0].map(\.text).joined().hasPrefix("ǀ שלום ǀ עולם"))
    #expect(rows[1].map(\.text).joined().hasPrefix("▎ abc │ def"))
  }

  @Test("half of a wide character is never left") func canvas() {
    var canvas = CellCanvas(width: 6, height: 1)
    canvas.put("漢字漢", x: 0, y: 0)
    canvas.put("x", x: 1, y: 0)
    #expect(canvas.text == [" x字漢"])
    canvas.put("字", x: 1, y: 0, limit: 1)
    #expect(canvas.text == [" x字漢"])
    canvas.put("y", x: 2, y: 0)
    #expect(canvas.text == [" xy 漢"])
  }
}
