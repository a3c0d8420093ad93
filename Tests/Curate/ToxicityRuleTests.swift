import Curate
import Records
import Testing
import Text

@Suite struct ToxicityRuleTests {
  private func found(_ rule: ToxicityRule, input: String = "Hi", output: String = "Yes.") -> [String] {
    var result: [String] = []
    Array(input.utf8).withUnsafeBytes { input in
      Array(output.utf8).withUnsafeBytes { text in
        rule.examine(RecordView(input: input, conversation: input, output: text)) { finding in
          let bytes = finding.part == "input" ? input : text
          let place = bytes[finding.offset..<finding.offset + finding.length]
          result.append(
            "\(finding.part) \(finding.reason) \(finding.effect) \(String(decoding: place, as: UTF8.self))")
        }
      }
    }
    return result
  }

  private let rule = ToxicityRule(
    lexicon: WordLexicon([("villain", .strong), ("go away now", .threat), ("darn", .weak), ("kill", .hint)]))

  @Test func codes() {
    #expect(ToxicityRule.reasons == ToxicityRule.reasons.sorted())
    #expect(ToxicityRule.name == "toxicity")
    #expect(!rule.hasClassifier)
  }

  @Test func outputDropsAndInputFlags() {
    #expect(found(rule, output: "You villain!") == ["output slur drop villain"])
    #expect(found(rule, input: "You villain!") == ["input slur flag villain"])
    #expect(found(rule, output: "Just go away now.") == ["output threat drop go away now"])
    #expect(
      found(rule, input: "villain", output: "villain") == [
        "input slur flag villain", "output slur drop villain",
      ])
  }

  @Test(arguments: ["villainous", "kill the process", "darn it", "darn, darn", ""])
  func leavesAlone(_ text: String) { #expect(found(rule, input: text, output: text) == []) }

  @Test(arguments: ["v1ll4in", "vil\u{200B}lain", "vіllain", "ｖｉｌｌａｉｎ", "VILLAIN"])
  func disguises(_ text: String) {
    #expect(found(rule, output: "a \(text) b") == ["output slur drop \(text)"])
  }

  @Test func coarseWordsWithoutAClassifier() {
    #expect(found(rule, output: "darn darn darn") == ["output profanity flag darn"])
  }

  @Test func ownWordsWithoutAFolder() {
    #expect(found(ToxicityRule(), output: "Go kill yourself.") == ["output threat drop kill yourself"])
    #expect(found(ToxicityRule(), output: "How do I kill a process?") == [])
  }

  @Test func takesAnyBytes() {
    for byte in [UInt8(0xFF), 0xE2, 0x80, 0xF0, 0] {
      [UInt8](repeating: byte, count: 1000).withUnsafeBytes { text in
        ToxicityRule().examine(RecordView(input: text, conversation: text, output: text)) { _ in
          Issue.record("nothing is to be found")
        }
      }
    }
  }
}
