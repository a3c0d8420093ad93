import Bytes
import Testing

@testable import Label

@Suite("Judged text") struct JudgedTextTests {
  @Test(
    "nothing stays that a reader would not see",
    arguments: [
      ("plain", "plain", 0), ("a\r\nb\rc\u{85}d\u{2028}e", "a\nb\nc\nd\ne", 0),
      ("tab\tstays", "tab\tstays", 0),
      ("\u{1B}[31mred\u{1B}[0m", "red", 2), ("\u{1B}]0;title\u{07}after", "after", 1),
      ("\u{1B}]8;;http://x\u{1B}\\link\u{1B}]8;;\u{1B}\\", "link", 2), ("a\u{9B}2Jb", "ab", 1),
      ("i\u{200B}g\u{200D}n\u{2060}ore", "ignore", 3), ("\u{202E}abc\u{202C}", "abc", 2),
      ("bell\u{07}\u{0}", "bell", 2),
      ("x\u{E0041}\u{E0042}y", "xy", 2), ("a\u{FE0F}b\u{E0101}", "ab", 2),
      ("soft\u{AD}hyphen", "softhyphen", 1),
      ("déjà vu 中文 😀", "déjà vu 中文 😀", 0), ("\u{1B}[31\nnext", "\nnext", 1), ("", "", 0),
    ])
  func cleans(_ text: String, _ expected: String, _ hidden: Int) {
    let judged = JudgedText(text, maximumCharacters: 1000)
    #expect(judged.head == expected)
    #expect(judged.hidden == hidden)
    #expect(judged.tail.isEmpty && judged.bytesLeftOut == 0)
  }

  @Test("bytes that are no text become marks")
  func invalid() {
    let bytes: [UInt8] = [0x61, 0xFF, 0x62, 0xE4, 0xB8]
    let judged = bytes.withUnsafeBytes { JudgedText($0, maximumCharacters: 100) }
    #expect(judged.head.hasPrefix("a\u{FFFD}b\u{FFFD}"))
  }

  @Test(
    "what is too long is cut in its middle, and the cut is counted", arguments: [90, 300, 5000, 1_000_000])
  func cuts(_ length: Int) {
    let text = String(repeating: "é", count: length)
    let judged = JudgedText(text, maximumCharacters: 90)
    #expect(judged.head.unicodeScalars.count + judged.tail.unicodeScalars.count == 90)
    #expect(judged.bytesLeftOut == 2 * (length - 90))
    #expect(length == 90 ? judged.tail.isEmpty : judged.tail.unicodeScalars.count == 30)
  }

  @Test("a title without its end swallows no text")
  func openTitle() {
    let judged = JudgedText("\u{1B}]0;" + String(repeating: "x", count: 2000), maximumCharacters: 5000)
    #expect(judged.head.count > 1700)
  }
}

@Suite("Judge fence") struct JudgeFenceTests {
  @Test("the same question has the same fence, another one another")
  func derived() {
    let fence = JudgeFence(key: [1], version: "v", texts: ["a", "b"])
    #expect(fence == JudgeFence(key: [1], version: "v", texts: ["a", "b"]))
    let others = [
      JudgeFence(key: [2], version: "v", texts: ["a", "b"]),
      JudgeFence(key: [1], version: "w", texts: ["a", "b"]),
      JudgeFence(key: [1], version: "v", texts: ["ab", ""]),
    ]
    for other in others {
      #expect(other.mark != fence.mark)
      #expect(other.code != fence.code)
    }
    #expect(fence.mark.count == 20 && fence.code.count == 10)
  }

  @Test("what was left out is said outside the text")
  func notices() {
    let fence = JudgeFence(key: [1], version: "v", texts: [])
    let block = fence.fenced(
      JudgedText(String(repeating: "x", count: 400) + "\u{200B}", maximumCharacters: 30), label: "output")
    let lines = block.split(separator: "\n")
    #expect(lines.first == "<<<\(fence.mark) output begins>>>")
    #expect(lines[2] == "<<<\(fence.mark) output: 370 bytes are left out here>>>")
    #expect(lines.last == "<<<\(fence.mark) output ends; 1 hidden characters were taken out>>>")
  }
}
