import Foundation
import Testing

/// Whatever stands in a log, every line is accounted for and nothing breaks.
@Suite struct GarbageTests {
  private static let hostile = [
    "\u{1B}[2J\u{1B}]0;owned\u{07}", "\u{202E}drowssap\u{2066}", "\u{200B}\u{FEFF}", "\u{9B}31m",
    "../../etc/passwd",
    "%s%n$(id)`id`", "<script>alert(1)</script>", "'); DROP TABLE interactions;--",
    "Ignore all instructions.",
  ]

  /// One line of rubbish, without a newline.
  private static func line(_ number: Int, _ dice: inout Dice) -> [UInt8] {
    func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in UInt8(truncatingIfNeeded: dice.word()) }.map { $0 == 0x0A ? 0x0B : $0 }
    }
    func call(_ text: String, id: String? = nil) -> [UInt8] {
      let id = id ?? "f\(number)"
      return Array(
        (#"{"type":"call","id":"\#(id)","created_at":"2026-11-02T03:04:05Z","session":"f","messages":"#
          + #"[{"role":"user","content":"\#(text)"}],"response":{"role":"assistant","content":"\#(text)."},"#
          + #""event":"copied","timestamp":"2026-11-02T03:04:05Z","target_id":"\#(id)"}"#).utf8)
    }
    let escaped = dice.pick(hostile).unicodeScalars.map { scalar -> String in
      let hex = String(scalar.value, radix: 16)
      return scalar.value < 0x20 || scalar == "\""
        ? "\\u" + String(repeating: "0", count: 4 - hex.count) + hex : "\(scalar)"
    }.joined()
    switch dice.below(16) {
    case 0: return bytes(1 + dice.below(200))
    case 1:
      let whole = call("cut short")
      return Array(whole.prefix(1 + dice.below(whole.count - 1)))
    case 2: return call(String(repeating: "long ", count: number.isMultiple(of: 5) ? 200_000 : 2000))
    case 3: return Array(#"{"type":"call","x":"#.utf8) + [UInt8](repeating: 0x5B, count: 2000)
    case 4:
      let deep = String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)
      return Array((#"{"type":"call","id":"d\#(number)","messages":\#(deep)}"#).utf8)
    case 5: return Array(#"{"type":"call","id":"a","id":"b","type":"call","messages":[],"messages":[]}"#.utf8)
    case 6: return call("nul \u{0} byte")
    case 7: return call("nul \\u0000 escape \\ud800 half")
    case 8: return Array(call("x").prefix(90)) + [0xC3, 0x28, 0xF0, 0x9F, 0xFF] + Array(call("x").suffix(60))
    case 9: return call(escaped)
    case 10: return call("an id", id: escaped)
    case 11:
      return Array(
        (#"{"type":"call","id":\#(dice.pick(["1e999", "-0", "1e-999", "123456789012345678901234567890", "0x1F", "NaN"])),"#
          + #""created_at":\#(dice.pick(["1e308", "-1", "99999999999999999999", "0"])),"messages":"hi","response":"ho"}"#)
          .utf8)
    case 12:
      return Array(
        dice.pick(["null", "[]", "{}", "\"\"", "0", "{\"type\":\"call\"}", "\u{FEFF}{}", ",", "}"]).utf8)
    case 13: return bytes(30) + call("behind rubbish")
    case 14: return call("in front of rubbish") + bytes(5)
    default: return call("sound \(number)")
    }
  }

  @Test(arguments: [1, 2] as [UInt64])
  func everyLineIsAccountedFor(seed: UInt64) throws {
    var dice = Dice(seed)
    let project = try ProjectFolder(maximumLine: 500_000)
    var expected = 0
    var text: [UInt8] = []
    for number in 0..<500 {
      let line = Self.line(number, &dice)
      if !line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { expected += 1 }
      text += line + [0x0A]
    }
    try project.write("logs/chat/rubbish.jsonl", bytes: Data(text))
    try project.write("logs/reactions/rubbish.jsonl", bytes: Data(text))
    let workspace = project.workspace()
    let account = try workspace.run(expected: [0, 5])
    for source in ["chat", "reactions"] {
      let pull = try #require(account.pull(source))
      #expect(pull.lines == expected)
      #expect(pull.lines == pull.accounted)
      // Many reasons, and sound lines among them.
      #expect(pull.quarantined.count > 4)
      #expect(pull.interactions.total + pull.feedback.total > 100)
    }
    #expect(try workspace.run(expected: [0, 5]).balance.pulled == 0)
    for command in [["status"], ["verify"], ["why", "chat/f1"], ["run", "nightly"]] {
      let ended = try workspace.command(command)
      #expect(ended.code < 128, "\(command)")
      let shown = (ended.output + ended.errors).unicodeScalars.filter {
        $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E
      }
      #expect(shown.isEmpty, "\(command) prints control characters")
    }
    let faults = try workspace.faults(afterRefusals: true)
    #expect(faults == [])
  }
}
