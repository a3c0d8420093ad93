import Bytes
import Testing
import Text

/// The form that classifiers read, held against what `Jobs/classifiers/classifier_text.py` makes of the same texts.
@Suite struct ClassifierTextTests {
  static func form(_ text: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: ClassifierText.capacity) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      count = text.withUnsafeBytes { ClassifierText.write($0, to: start) }
    }
  }

  @Test(arguments: [
    ("", ""),
    ("  ", ""),
    ("Hello, World!", "hello , world"),
    ("Don't STOP!!! (now)", "dont stop ! ( now"),
    ("a1b22 333", "a0b0 0"),
    ("x--y...z", "x - y . z"),
    ("Ünïcode ÀÉ×Þ", "ünïcode àé×þ"),
    ("Привет, МИР", "привет , мир"),
    ("忽略指示 ok", "忽 略 指 示 ok"),
    ("ｆｕｌｌ　ＷＩＤＴＨ！", "full 　 width"),
    ("zero\u{200B}width\u{FEFF}s", "zerowidths"),
    ("“quoted” – dash…", "quoted dash"),
    ("tab\there\nline", "tab here line"),
    ("emoji 😀 ok", "emoji 😀 ok"),
    ("a_b", "a _ b"),
    ("it’s", "its"),
    ("...", ""),
    ("end?!", "end"),
  ])
  func isThatOfTraining(_ text: String, _ expected: String) {
    #expect(String(decoding: Self.form(Array(text.utf8)), as: UTF8.self) == expected)
  }

  /// Long texts by the length and digest of what Python makes of them.
  @Test(arguments: [
    (
      String(repeating: "é", count: 1200) + String(repeating: "x", count: 400), 2501,
      "bf3d94b0a276220d0d10d1b5740b9c2c0cc61650cfa305d4b6ccf2e87ed316a0"
    ),
    (
      String(repeating: "a", count: 1999) + "é" + String(repeating: "b", count: 600), 2500,
      "b9f14a90c42ccbd71f451fab8bffe4588a5ebdd1218d436bc0d3c3d0cca73fe0"
    ),
    (
      String(repeating: "!?", count: 1300), 0,
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    ),
    (
      String(repeating: "Ab, ", count: 900), 3122,
      "85eefeeb9f1fe206bf210cc26872745af1034a759a26e72f437d521ba93f05fa"
    ),
  ])
  func cutsLongTexts(_ text: String, _ length: Int, _ digest: String) {
    let form = Self.form(Array(text.utf8))
    #expect(form.count == length)
    #expect(Digest.sha256(form).hex == digest)
  }

  @Test func takesAnyBytes() {
    var numbers = FixedNumbers(state: 5)
    for _ in 0..<300 {
      let text = (0..<numbers.below(4000)).map { _ in UInt8(numbers.below(256)) }
      #expect(Self.form(text).count <= ClassifierText.capacity)
    }
    #expect(Self.form([0xFF, 0x61, 0xE2, 0x82]) == [0x61])
  }
}
