import Statistics
import Testing

@testable import Review

@Suite("Review screen: editor") struct TextEditorTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let steps: @Sendable (inout TextEditor) -> Void
    let after: String
    let line: Int
    let byte: Int
    var testDescription: String { name }

    init(
      _ name: String, _ text: String, _ after: String, _ line: Int, _ byte: Int,
      _ steps: @escaping @Sendable (inout TextEditor) -> Void
    ) {
      self.name = name
      self.text = text
      self.after = after
      self.line = line
      self.byte = byte
      self.steps = steps
    }
  }

  static let rows = [
    Row("typing", "b", "ab", 0, 1) { $0.insert("a") },
    Row("new line", "ab", "a\nb", 1, 0) {
      $0.move(.right, page: 9); $0.insert("\n")
    },
    Row("paste of lines", "xy", "x1\n2y", 1, 1) {
      $0.move(.right, page: 9); $0.insert("1\r\n2")
    },
    Row("backspace", "ab", "b", 0, 0) {
      $0.move(.right, page: 9); $0.backspace()
    },
    Row("backspace joins lines", "a\nb", "ab", 0, 1) {
      $0.move(.down, page: 9); $0.move(.home, page: 9); $0.backspace()
    },
    Row("backspace at the beginning", "ab", "ab", 0, 0) { $0.backspace() },
    Row("delete joins lines", "a\nb", "ab", 0, 1) {
      $0.move(.end, page: 9); $0.delete()
    },
    Row("delete at the end", "ab", "ab", 0, 2) {
      $0.move(.textEnd, page: 9); $0.delete()
    },
    Row("a wide character is one", "漢字", "漢", 0, 3) {
      $0.move(.end, page: 9); $0.backspace()
    },
    Row("a family is one", "a👨\u{200D}👩\u{200D}👧b", "ab", 0, 1) {
      $0.move(.end, page: 9); $0.move(.left, page: 9); $0.backspace()
    },
    Row("an accent goes with its letter", "e\u{301}", "", 0, 0) {
      $0.move(.end, page: 9); $0.backspace()
    },
    Row("word left", "one two", "one two", 0, 4) {
      $0.move(.end, page: 9); $0.move(.wordLeft, page: 9)
    },
    Row("word right", "one two", "one two", 0, 4) { $0.move(.wordRight, page: 9) },
    Row("delete a word", "one two", "one ", 0, 4) {
      $0.move(.end, page: 9); $0.deleteWord()
    },
    Row("delete to the end", "one two", "one", 0, 3) {
      $0.move(.right, page: 9); $0.move(.right, page: 9); $0.move(.right, page: 9); $0.deleteToEnd()
    },
    Row("delete to the beginning", "one two", "", 0, 0) {
      $0.move(.end, page: 9); $0.deleteToStart()
    },
    Row("undo takes back a word at once", "", "", 0, 0) {
      $0.insert("a"); $0.insert("b"); $0.insert("c"); _ = $0.undo()
    },
    Row("a space ends a word", "", "ab", 0, 2) {
      $0.insert("a"); $0.insert("b"); $0.insert(" "); _ = $0.undo()
    },
    Row("redo", "", "ab", 0, 2) {
      $0.insert("a"); $0.insert("b"); _ = $0.undo(); _ = $0.redo()
    },
    Row("redo is over after typing", "", "x", 0, 1) {
      $0.insert("a"); _ = $0.undo(); $0.insert("x"); _ = $0.redo()
    },
    Row("down keeps its column over a short line", "abcd\ne\nfghi", "abcd\ne\nfghi", 2, 3) {
      for _ in 0..<3 { $0.move(.right, page: 9) }
      $0.move(.down, page: 9); $0.move(.down, page: 9)
    },
    Row("down goes by columns, not by bytes", "漢字漢\nabcdef", "漢字漢\nabcdef", 1, 4) {
      $0.move(.right, page: 9); $0.move(.right, page: 9); $0.move(.down, page: 9)
    },
  ]

  @Test("steps", arguments: rows) func steps(_ row: Row) {
    var editor = TextEditor(row.text)
    row.steps(&editor)
    #expect(editor.text == row.after)
    #expect(editor.cursor == TextEditor.Position(line: row.line, byte: row.byte))
  }

  @Test("all that was done can be taken back, and done again", arguments: 1...20) func unlimited(_ seed: Int)
  {
    var numbers = SplitMix(state: UInt64(seed))
    let text = String(decoding: SafeTextTests.noise(UInt64(seed), count: 300), as: UTF8.self)
      .replacingCarriageReturns
    var editor = TextEditor(text)
    _ = editor.view(width: 30, height: 10)
    for _ in 0..<200 {
      switch Int.random(in: 0..<9, using: &numbers) {
      case 0: editor.insert("x")
      case 1: editor.insert("漢\n字")
      case 2: editor.backspace()
      case 3: editor.delete()
      case 4: editor.deleteWord()
      case 5: editor.move([.up, .down, .left, .right].randomElement(using: &numbers) ?? .up, page: 5)
      case 6:
        editor.move(
          [.pageUp, .pageDown, .wordLeft, .wordRight].randomElement(using: &numbers) ?? .up, page: 5)
      case 7: _ = editor.view(width: Int.random(in: 4...60, using: &numbers), height: 8)
      default: editor.deleteToEnd()
      }
    }
    let after = editor.text
    while editor.undo() {}
    #expect(editor.text == text)
    while editor.redo() {}
    #expect(editor.text == after)
  }

  @Test("the cursor is seen, in a wrapped text and after another width") func view() {
    var editor = TextEditor(String(repeating: "word ", count: 100))
    editor.move(.textEnd, page: 5)
    let narrow = editor.view(width: 21, height: 5)
    #expect(narrow.rows.count == 5)
    #expect(narrow.cursor.y == 4)
    let wide = editor.view(width: 101, height: 5)
    #expect(wide.rows.indices.contains(wide.cursor.y))
    #expect(editor.text.count == 500)
    editor.move(.textStart, page: 5)
    #expect(editor.view(width: 21, height: 5).cursor == (0, 0))
  }

  @Test("a line alone takes no line end") func single() {
    var editor = TextEditor("", isSingle: true)
    editor.insert("a\nb")
    #expect(editor.text == "a b")
  }
}

extension String {
  fileprivate var replacingCarriageReturns: String {
    String(decoding: utf8.filter { $0 != 13 }, as: UTF8.self)
  }
}
