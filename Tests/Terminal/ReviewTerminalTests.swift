import Bytes
import Catalog
import Foundation
import GRDB
import Records
import Testing
import TestSupport

@Suite(
  "Review in a terminal", .enabled(if: Pane.tmux != nil, "tmux is not installed; Jobs/setup installs it"),
  .serialized)
struct ReviewTerminalTests {
  struct Size: Sendable, CustomTestStringConvertible {
    let width: Int
    let height: Int
    var testDescription: String { "\(width)x\(height)" }
  }

  static let sizes = [
    Size(width: 60, height: 20), Size(width: 80, height: 24), Size(width: 120, height: 40),
    Size(width: 200, height: 60),
  ]

  @Test(
    "a first session at each size: answer, wide and hostile text, the end of a long one", arguments: sizes)
  func session(_ size: Size) throws {
    let bench = try ReviewBench(
      .label,
      queue: "reasons: [{name: wrong-fact, key: w}, {name: tone, key: o}, {name: too-long, key: i}]\n")
    let pane = try bench.review(width: size.width, height: size.height)
    let name = size.testDescription
    try pane.expect("label-\(name)", when: "item 1")
    try pane.press("w", "b")
    try pane.expect("wide-\(name)", when: "item 2")
    try pane.press("g")
    try pane.expect("hostile-\(name)", when: "item 3")
    try pane.press("u")
    try pane.expect("long-\(name)", when: "item 4")
    try pane.press("g")
    try pane.expect("end-\(name)", when: "Nothing left for you here")
    try pane.press("q")
    try pane.wait(for: "ended with 0")
  }

  @Test("a correction is written, resized in the middle, looked at and saved") func resize() throws {
    let bench = try ReviewBench(.correct)
    let pane = try bench.review(width: 120, height: 40)
    try pane.wait(for: "item 1")
    try pane.press("e", "End")
    try pane.type(" Sorry! 漢字 😀")
    try pane.expect("edit-120x40", when: "漢字")
    try pane.resize(width: 60, height: 20)
    try pane.expect("edit-60x20", when: "漢字")
    try pane.resize(width: 40, height: 10)
    try pane.wait(for: "The review needs 60 by 20.")
    try pane.type("!")
    try pane.resize(width: 80, height: 24)
    try pane.expect("edit-80x24", when: "😀!")
    try pane.press("C-s")
    try pane.expect("change-80x24", when: "What your correction changes")
    try pane.press("Enter")
    try pane.wait(for: "item 2")
    try pane.press("q")
    try pane.wait(for: "ended with 0")
    #expect(try answers(bench).first?.contains("Sorry! 漢字 😀!") == true)
  }

  @Test("two outputs beside each other, and one below the other", arguments: [sizes[0], sizes[2]])
  func prefer(_ size: Size) throws {
    let bench = try ReviewBench(.prefer)
    let pane = try bench.review(width: size.width, height: size.height)
    try pane.expect("prefer-\(size.testDescription)", when: "item 1")
  }

  @Test("help, list, skip and pause") func screens() throws {
    let bench = try ReviewBench(.label)
    let pane = try bench.review()
    try pane.wait(for: "item 1")
    try pane.press("h")
    try pane.expect("help-80x24", when: "Answers")
    try pane.press("h", "s")
    try pane.expect("skip-80x24", when: "cannot tell")
    try pane.press("2")
    try pane.wait(for: "item 2")
    try pane.press("l")
    try pane.expect("list-80x24", when: "chat/lamp")
    try pane.press("Escape")
    try pane.wait(for: "z undo")
    try pane.press("p")
    try pane.expect("pause-80x24", when: "Paused")
    try pane.press("Enter")
    try pane.wait(for: "item 2")
  }

  @Test("undo reaches what an earlier session answered") func undo() throws {
    let bench = try ReviewBench(.label)
    let first = try bench.review()
    try first.wait(for: "item 1")
    try first.press("b")
    try first.wait(for: "item 2")
    try first.press("q")
    try first.wait(for: "ended with 0")
    let second = try bench.review()
    try second.wait(for: "item 2")
    try second.press("z")
    try second.wait(for: "taken back")
    try second.press("y")
    try second.wait(for: "counts again")
    try second.press("q")
    try second.wait(for: "ended with 0")
    #expect(try answers(bench).count == 1)
  }

  @Test("the editor of the labeler is asked, and its change is shown before it is saved") func editor() throws
  {
    let bench = try ReviewBench(.correct)
    try bench.write("edit", "#!/bin/sh\necho 'editor runs'; sed -i 's/yesterday/today/' \"$1\"\n")
    chmod("\(bench.project)/edit", 0o700)
    let pane = try bench.review(environment: ["EDITOR": "\(bench.project)/edit", "VISUAL": ""])
    try pane.wait(for: "item 1")
    try pane.press("E")
    try pane.wait(for: "What your correction changes")
    #expect(try answers(bench).isEmpty)
    try pane.press("Enter")
    try pane.wait(for: "item 2")
    #expect(try answers(bench).first?.contains("left us today") == true)
  }

  @Test("colours where the terminal has them, none with NO_COLOR", arguments: [true, false])
  func colours(_ isOff: Bool) throws {
    let bench = try ReviewBench(.label)
    let pane = try bench.review(environment: isOff ? ["NO_COLOR": "1"] : [:])
    try pane.wait(for: "item 1")
    let seen = try pane.coloured()
    #expect(seen.contains("\u{1B}["))
    let colour = try Regex("\u{1B}\\[[0-9;]*(3[0-8]|4[0-8])[0-9;]*m")
    #expect(seen.contains(colour) != isOff)
  }

  @Test("nothing of a log reaches the terminal") func hostile() throws {
    let bench = try ReviewBench(.label)
    let pane = try bench.review(width: 120, height: 40)
    try pane.wait(for: "item 1")
    try pane.press("g")
    try pane.wait(for: "item 2")
    try pane.press("g")
    let seen = try pane.wait(for: "item 3")
    for mark in ["^[[2J", "^[]0;owned^G", "‹U+202E›", "‹U+200B›", "‹tag I›", "‹U+009B›", "‹+496›", "^M"] {
      #expect(seen.contains(mark))
    }
    let forbidden: Set<UInt32> = [0x1B, 0x07, 0x202E, 0x202C, 0x200B, 0xE0049, 0x9B]
    #expect(!seen.unicodeScalars.contains { forbidden.contains($0.value) })
  }

  // MARK: Ends

  @Test(
    "the terminal is given back, and the item too, whatever ends the review",
    arguments: [SIGTERM, SIGHUP, SIGINT])
  func signals(_ number: Int32) throws {
    let bench = try ReviewBench(.label)
    let pane = try bench.review()
    try pane.wait(for: "item 1")
    try signal(number, bench)
    try pane.wait(for: "ended with \(128 + number)")
    #expect(!(try pane.text()).contains("item 1"), "the screen from before is back")
    try isFree(bench)
  }

  @Test("a broken connection gives the item back and keeps what was written") func hangUp() throws {
    let bench = try ReviewBench(.correct)
    let pane = try bench.review()
    try pane.wait(for: "item 1")
    try pane.press("e")
    try pane.type("Unsaved: ")
    try pane.wait(for: "Unsaved: Your")
    try pane.hangUp()
    try isFree(bench)
    let again = try bench.review()
    try again.wait(for: "Unsaved: Your order")
    #expect(try again.text().contains("your correction, not saved yet"))
  }

  @Test("a program that crashes gives the terminal back") func crash() throws {
    let bench = try ReviewBench(.label)
    let pane = try bench.review()
    try pane.wait(for: "item 1")
    try signal(SIGSEGV, bench)
    let seen = try pane.wait(for: "ended with 139")
    #expect(!seen.contains("item 1"))
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let name: String
    let environment: [String: String]
    let words: String
    var testDescription: String { name }
  }

  @Test(
    "a terminal that cannot show it is refused with a sentence",
    arguments: [
      Refusal(
        name: "dumb", environment: ["TERM": "dumb"],
        words: "error: the terminal 'dumb' cannot move its cursor"),
      Refusal(
        name: "unknown", environment: ["TERM": "no-such-terminal"],
        words: "error: the terminal 'no-such-terminal' cannot move its cursor"),
      Refusal(
        name: "none", environment: ["TERM": ""], words: "error: the review needs to know the terminal."),
    ])
  func refuses(_ item: Refusal) throws {
    let bench = try ReviewBench(.label)
    let pane = try bench.review(environment: item.environment)
    #expect(try pane.wait(for: "ended with 2").contains(item.words))
  }

  @Test("without a terminal it says so") func noTerminal() throws {
    let ran = try Program.run(Program.path, ["review"], in: "/", environment: ["TERM": "xterm"])
    #expect(ran.code == 2)
    #expect(
      ran.errors == """
        error: the review is a screen with keys, and this is no terminal. Run it in one; over SSH with `ssh -t`.

        """)
  }

  @Test("--help, --list-keys and the help on the screen name the same keys") func sameKeys() throws {
    let help = try Program.run(Program.path, ["review", "--help"], in: "/").output
    let list = try Program.run(Program.path, ["review", "--list-keys", "--json"], in: "/").output
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(list.utf8)) as? [[String: String]])
    #expect(rows.count > 30)
    let bench = try ReviewBench(.label)
    let pane = try bench.review(width: 120, height: 60)
    try pane.wait(for: "item 1")
    try pane.press("h")
    let seen = try pane.wait(for: "In the editor")
    let flat = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for row in rows {
      let (keys, text) = (try #require(row["keys"]), try #require(row["text"]))
      #expect(flat.contains("\(keys): \(text)"), "--help lacks \(keys)")
      // Without a queue the keys of labels have no names.
      if keys != "label's key" {
        #expect(seen.contains("  \(keys)  ") && seen.contains(text), "the screen lacks \(keys)")
      }
    }
  }

  // MARK: Means

  private func answers(_ bench: ReviewBench) throws -> [String] {
    try DatabaseQueue(path: bench.catalogPath).read { db in
      try String.fetchAll(
        db,
        sql: """
          SELECT e.answer FROM review_answers a JOIN review_events e ON e.number = a.event
          WHERE a.kind = 'answer' ORDER BY a.item
          """)
    }
  }

  /// Sends a signal to the review, which keeps its number in no file: it is the one whose folder is the bench's.
  private func signal(_ number: Int32, _ bench: ReviewBench) throws {
    let all = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init)
    let own = all.filter { process in
      let folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")
      let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
      return folder == bench.project && program?.hasSuffix("/flywheel") == true
    }
    let process = try #require(own.first)
    #expect(kill(process, number) == 0)
  }

  /// Waits until another labeler gets the first item.
  private func isFree(_ bench: ReviewBench) throws {
    let other = try bench.review(as: "ben")
    try other.wait(for: "item 1")
  }
}
