import Foundation
import Records
import Statistics
import Testing

@testable import Review

@Suite("Review screen: pictures") struct ScreenPictureTests {
  static let sizes = [(60, 20), (80, 24), (99, 30), (100, 30), (120, 40), (200, 60), (300, 100)]

  private static let guideline = """
    # How to judge

    An answer is **good** when it *helps*.

    - one thing that is long enough to go on in the next line
    - `code` and [a link](https://example.com)

    1. first
    > a *quote*

    ```
    code stays as it is
    ```
    ***
    hostile \u{1B}[31m \u{202E}
    """

  private static func content(_ seed: UInt64) -> ReviewContent {
    ReviewContent(
      input: [
        ReviewMessage(role: "system", text: Array("Be kind.".utf8)),
        ReviewMessage(
          role: "user", text: SafeTextTests.noise(seed),
          toolCalls: [
            .init(name: SafeTextTests.noise(seed + 1, count: 40), arguments: SafeTextTests.noise(seed + 2))
          ],
          findings: [ReviewSpan(title: "personal-data/email", bytes: 3..<90)]),
        ReviewMessage(role: "tool", text: SafeTextTests.noise(seed + 3)),
      ],
      outputs: [
        ReviewMessage(role: "assistant", text: SafeTextTests.noise(seed + 4)),
        ReviewMessage(role: "assistant", text: Array("שלום עולם".utf8)),
      ])
  }

  @Test(
    "whatever is shown and pressed, the picture has its size, and no cell holds what steers a terminal",
    arguments: 1...12)
  func invariant(_ seed: Int) throws {
    var numbers = SplitMix(state: UInt64(seed))
    let task = ReviewTask.allCases[seed % ReviewTask.allCases.count]
    var contents = (1...20).map { Self.content(UInt64(seed * 100 + $0)) }
    if task != .prefer {
      contents = contents.map { ReviewContent(input: $0.input, outputs: [$0.outputs[0]]) }
    }
    let bench = try Bench(task, contents) {
      $0.guideline = Self.guideline
      $0.isMultiple = seed.isMultiple(of: 2) && task == .label
      $0.suggestions = SuggestionPolicy.allCases[seed % 3]
    }
    bench.desk.said = ReviewSuggestion(label: "bad", probability: 0.4)
    let keys: [ScreenKey] =
      [
        .enter, .escape, .tab, .backspace, .delete, .up, .down, .left, .right, .pageUp, .pageDown, .home,
        .end,
        .control("s"), .control("z"), .paste("p\u{1B}[2J"),
      ]
      + "gbu12=arewosznyf?h/ltEvp漢><".map { .character($0) }
    for _ in 0..<250 {
      let size = Self.sizes[Int.random(in: 0..<Self.sizes.count, using: &numbers)]
      if Int.random(in: 0..<12, using: &numbers) == 0 { bench.screen.resize(width: size.0, height: size.1) }
      bench.screen.request = nil
      if let key = keys.randomElement(using: &numbers) { try bench.screen.press(key) }
      _ = try bench.screen.tick()
      let canvas = bench.screen.draw()
      #expect(canvas.rows.count == bench.screen.height)
      for row in canvas.rows {
        #expect(row.reduce(0) { $0 + Int($1.width) } == bench.screen.width)
        for cell in row {
          for scalar in cell.text.unicodeScalars {
            let isHidden = CharacterClass.of(scalar) == .hidden || CharacterClass.of(scalar) == .joiner
            if isHidden { Issue.record("U+\(String(scalar.value, radix: 16)) is in a cell") }
          }
        }
      }
    }
  }

  @Test("a guideline is read as Markdown") func guideline() {
    let lines = GuidelineText.lines(Self.guideline, width: 30).map(\.text)
    #expect(
      lines == [
        "How to judge", "", "An answer is good when it", "helps.", "", "• one thing that is long",
        "  enough to go on in the next",
        "  line", "• code and a link", "  (https://example.com)", "", "1. first", "▎ a quote", "",
        "  code stays as it is", String(repeating: "─", count: 30), "hostile ^[[31m ‹U+202E›",
      ])
  }

  @Test("findings are marked where they stand, and named") func findings() throws {
    let message = ReviewMessage(
      role: "user", text: Array("write to a@b.example now".utf8),
      findings: [ReviewSpan(title: "personal-data/email", bytes: 9..<20)])
    let bench = try Bench(.label, [ReviewContent(input: [message], outputs: [])])
    #expect(bench.text.contains("found: personal-data/email"))
    let marked = bench.screen.draw().rows.flatMap { $0 }.filter { $0.style == .finding }.map(\.text).joined()
    #expect(marked.hasSuffix("a@b.example"))
  }

  @Test("tool calls and results are folded until they are asked for") func tools() throws {
    let content = ReviewContent(
      input: [
        ReviewMessage(
          role: "assistant", text: [],
          toolCalls: [.init(name: Array("find".utf8), arguments: Array("{\"q\":1}".utf8))]),
        ReviewMessage(role: "tool", text: Array("found\nit".utf8)),
      ], outputs: [])
    let bench = try Bench(.label, [content])
    #expect(bench.text.contains("▸ calls find  {\"q\":1}  7 bytes"))
    #expect(bench.text.contains("▸ result  found↵it  8 bytes"))
    try bench.type("t")
    #expect(bench.text.contains("▾ calls find"))
    #expect(bench.screen.draw().text.contains("▎ it"))
  }

  @Test("scrolling reaches both ends, and no further") func scrolling() throws {
    let text = (1...200).map { "line \($0)" }.joined(separator: "\n")
    let message = ReviewMessage(role: "user", text: Array(text.utf8))
    let bench = try Bench(.label, [ReviewContent(input: [message], outputs: [])])
    try bench.press(.home)
    #expect(bench.text.contains("line 1\n"))
    try bench.press(.up, .down, .down)
    #expect(!bench.text.contains("line 1\n") && bench.text.contains("line 2\n"))
    try bench.press(.end, .down, .pageDown)
    #expect(bench.text.contains("line 200") && bench.text.contains(" 100 % "))
    let first = bench.screen.draw().text
    try bench.press(.up, .down)
    #expect(bench.screen.draw().text == first)
  }

  @Test("a search goes from match to match") func search() throws {
    let text = (1...300).map { $0.isMultiple(of: 100) ? "The NEEDLE" : "hay \($0)" }.joined(separator: "\n")
    let bench = try Bench(
      .label, [ReviewContent(input: [ReviewMessage(role: "user", text: Array(text.utf8))], outputs: [])])
    try bench.type("/needle")
    try bench.press(.enter)
    #expect(bench.text.contains("match 1 of 3") && bench.text.contains("hay 101"))
    try bench.type(">>")
    #expect(bench.text.contains("match 3 of 3") && bench.text.contains("hay 299"))
    try bench.type(">")
    #expect(bench.text.contains("match 1 of 3"))
    try bench.type("<")
    #expect(bench.text.contains("match 3 of 3"))
    try bench.type("/zzz")
    try bench.press(.enter)
    #expect(bench.text.contains("nothing holds 'zzz'"))
  }

  @Test("the guideline stands beside the conversation, or in its place") func panes() throws {
    let wide = try Bench(width: 120, height: 40) { $0.guideline = Self.guideline }
    #expect(wide.text.contains("How to judge") && wide.text.contains("question 1"))
    try wide.type("?")
    #expect(!wide.text.contains("How to judge"))
    let narrow = try Bench { $0.guideline = Self.guideline }
    #expect(!narrow.text.contains("How to judge"))
    try narrow.type("?")
    #expect(narrow.text.contains("How to judge") && !narrow.text.contains("question 1"))
    try narrow.type("?g")
    #expect(narrow.text.contains("question 2"))
    #expect(narrow.desk.answers[1]?.labels == ["good"])
  }

  @Test("the list shows what there is, and opens it") func list() throws {
    let bench = try Bench()
    try bench.type("gl")
    #expect(bench.text.contains("int-9") && bench.text.contains("good"))
    try bench.press(.right, .right)
    #expect(bench.text.contains("int-1") && !bench.text.contains("int-9"))
    try bench.press(.enter)
    #expect(bench.text.contains("question 1") && bench.text.contains("you answered it"))
    #expect(bench.desk.released.contains(2))
  }

  @Test("the help names every key of the table, and so does the bar for the actions of an item") func help()
    throws
  {
    let bench = try Bench(width: 120, height: 100) { $0.guideline = "x" }
    try bench.type("h")
    let text = bench.text
    for row in ReviewKeyTable.rows(bench.desk.queue) {
      #expect(text.contains("  " + row.keys), "\(row.keys)")
      #expect(text.contains(row.text), "\(row.text)")
    }
    #expect(Set(ReviewKeyTable.rows().compactMap(\.action)) == Set(ReviewAction.allCases.map(\.rawValue)))
    #expect(Set(ReviewKeyTable.rows().map(\.section)) == Set(ReviewKeyTable.sections.map(\.name)))
  }

  @Test("a queue's keys are those of the screen, its help and its bar") func remapped() throws {
    let bench = try Bench { $0.keys = ["undo": "x", "help": "H"] }
    try bench.type("g")
    #expect(bench.text.contains("x undo") && bench.text.contains("x takes it back"))
    try bench.type("xH")
    #expect(bench.text.contains("take back the last answer"))
    try bench.type("Hz")
    #expect(bench.desk.answers.isEmpty)
    #expect(bench.text.contains("z is no key here"))
  }

  @Test("a style can be told from plain text in every theme, and without colours") func themes() {
    for theme in [ReviewTheme.dark, .light] {
      for colors in [256, 16, 8, 0] {
        let made = ScreenTheme(theme: theme, colors: colors)
        for style in [
          CellStyle.mark, .finding, .match, .key, .chosen, .joined, .added, .removed, .dim, .title,
        ] {
          #expect(made.look(style) != made.look(.plain), "\(style) with \(colors) colours")
        }
        if colors == 0 {
          #expect(
            CellStyle.allCases.allSatisfy { made.look($0).foreground == -1 && made.look($0).background == -1 }
          )
        } else {
          #expect(CellStyle.allCases.allSatisfy { made.look($0).foreground < Int16(colors) })
        }
      }
    }
  }

  @Test(
    "the background is read from COLORFGBG",
    arguments: [
      (nil, ReviewTheme.dark), ("15;0", .dark), ("0;15", .light), ("0;default;7", .light), ("x", .dark),
    ]
      as [(String?, ReviewTheme)])
  func background(_ item: (String?, ReviewTheme)) {
    #expect(ReviewTheme.auto.resolved(colors: item.0) == item.1)
    #expect(ReviewTheme.light.resolved(colors: item.0) == .light)
  }

  @Test("an unsaved correction is kept for the next session, once") func draft() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "drafts-\(UUID().uuidString)/a.json")
      .path
    defer { try? FileManager.default.removeItem(atPath: (file as NSString).deletingLastPathComponent) }
    let bench = try Bench(.correct)
    #expect(bench.screen.unsaved == nil)
    try bench.type("e")
    #expect(bench.screen.unsaved == nil)
    try bench.type("漢")
    try #require(bench.screen.unsaved).keep(in: file)
    let draft = try #require(ReviewDraft.take(from: file))
    #expect(draft == ReviewDraft(item: 1, text: "漢the output"))
    #expect(ReviewDraft.take(from: file) == nil)
    let later = try Bench(.correct)
    later.screen.restore(draft)
    try later.screen.start()
    #expect(later.text.contains("漢the output"))
  }

  @Test("the editor gets a file that nobody else can read, and it is gone afterwards") func editor() throws {
    let script =
      "f() { stat -c %a \"$1\" >>\"$1\"; stat -c %a \"$(dirname \"$1\")\" >>\"$1\"; echo \"$1\" >>\"$1\"; }; f"
    let text = try #require(
      try ExternalEditor.run("one\n", environment: ["EDITOR": script, "VISUAL": ""]) { true })
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.prefix(3) == ["one", "600", "700"])
    #expect(!FileManager.default.fileExists(atPath: lines[3]))
    #expect(try ExternalEditor.run("one", environment: ["EDITOR": "false"]) { true } == nil)
    #expect(ExternalEditor.command(["VISUAL": "a", "EDITOR": "b"]) == "a")
    #expect(ExternalEditor.command([:]) == "vi")
  }

  @Test("an editor is ended when the terminal is gone") func hangUp() throws {
    var calls = 0
    let began = ContinuousClock.now
    let text = try ExternalEditor.run("x", environment: ["EDITOR": "sleep 60; true"]) {
      calls += 1
      return calls < 3
    }
    #expect(text == nil)
    #expect(ContinuousClock.now - began < .seconds(30))
  }
}
