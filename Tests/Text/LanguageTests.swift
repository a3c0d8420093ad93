import Testing
@testable import Text

@Suite struct LanguageTests {
  private func detect(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { LanguageDetector.detect($0).code }
  }

  @Test(arguments: [
    ("en", "How do I reset the device to its first settings?"),
    ("de", "Wie setze ich das Gerät auf die Werkseinstellungen zurück?"),
    ("fr", "Comment puis-je remettre l'appareil à ses réglages d'usine ?"),
    ("es", "¿Cómo puedo restablecer el dispositivo a sus ajustes de fábrica?"),
    ("it", "Come posso riportare il dispositivo alle impostazioni di fabbrica?"),
    ("pt", "Como posso repor o dispositivo nas suas definições de fábrica?"),
    ("nl", "Hoe zet ik het apparaat terug naar de fabrieksinstellingen?"),
    ("ja", "デバイスを工場出荷時の設定に戻すにはどうすればよいですか。"), ("zh", "请问如何把这个设备恢复到出厂设置？"),
    ("ko", "기기를 공장 초기화하려면 어떻게 해야 하나요?"), ("ru", "Как вернуть устройство к заводским настройкам?"),
    ("uk", "Як повернути пристрій до заводських налаштувань і що для цього потрібно?"),
    ("pl", "Jak przywrócić ustawienia fabryczne tego urządzenia, żeby znowu działało?"),
    ("el", "Πώς μπορώ να επαναφέρω τη συσκευή στις εργοστασιακές ρυθμίσεις;"),
    ("he", "איך אפשר להחזיר את המכשיר להגדרות היצרן המקוריות שלו?"),
    ("ar", "كيف يمكنني إعادة الجهاز إلى إعدادات المصنع الأصلية؟"),
  ])
  func knows(_ code: String, _ text: String) { #expect(detect(text) == code) }

  @Test(arguments: [
    "", " \n", "ok", "hi", "12345 67890", "https://example.com/how/do/i/reset/the/device",
    "[EMAIL_1] [PHONE_2]",
    "```\nthe of and that you are was\n```", "`the of and that you are was`", "知情人士", "😀😀😀😀😀😀😀😀",
    "<html><body><div>",
    "max_length user_name get_value_or_default", "ann@example.com bob@example.com",
  ])
  func isSilent(_ text: String) { #expect(detect(text) == DetectedLanguage.undetermined) }

  @Test("code, addresses and marks do not speak")
  func ignoresCode() {
    let german = "Hier ist die Funktion, die du für das Sortieren der Liste brauchst:"
    let code = "\n```python\n# this is the list that you have to sort and it is the one that they were\n```\n"
    #expect(detect(german + code) == "de")
    #expect(detect(code + german) == "de")
    #expect(detect("https://a.example/the/of/and " + german + " [EMAIL_1] x@the.example") == "de")
  }

  @Test("a sample ends at a character's boundary, whatever the bytes")
  func sampleBoundary() {
    for shift in 0..<6 {
      let text = Array(
        (String(repeating: "a", count: shift) + String(repeating: "日本語の文章です。", count: 200)).utf8)
      text.withUnsafeBytes { bytes in
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: LanguageSample.most + 8) { buffer in
          let sample = LanguageSample(bytes, most: LanguageSample.most, into: buffer)
          #expect(sample.count <= LanguageSample.most + 4)
          let copy = Array(buffer[..<sample.count])
          #expect(String(validating: copy, as: UTF8.self) != nil)
        }
      }
    }
  }

  /// A text that is made where it is tested, so that a report does not print it.
  struct Bait: Sendable, CustomTestStringConvertible {
    let id: String
    let piece: String
    let count: Int
    var testDescription: String { id }
    var bytes: [UInt8] { Array(String(repeating: piece, count: count).utf8) }
  }

  @Test(arguments: [
    Bait(id: "one word", piece: "a", count: 2_000_000), Bait(id: "backquotes", piece: "`", count: 500_000),
    Bait(id: "tags that do not close", piece: "<a", count: 200_000),
    Bait(id: "spans that do not close", piece: "` `` ", count: 100_000),
    Bait(id: "combining marks", piece: "a\u{301}\u{302}\u{303}", count: 100_000),
    Bait(id: "blanks", piece: " ", count: 1_000_000), Bait(id: "words", piece: "word ", count: 200_000),
    Bait(id: "Kana", piece: "\u{3042}", count: 200_000),
    Bait(id: "emoji", piece: "\u{1F600}", count: 200_000),
  ])
  func standsHostileText(_ bait: Bait) {
    let bytes = bait.bytes
    let time = ContinuousClock().measure { _ = bytes.withUnsafeBytes { LanguageDetector.detect($0) } }
    // At most 16 KB are read, in a millisecond or so; a bad algorithm over it all would take minutes.
    #expect(time < .seconds(2))
  }

  @Test(arguments: [[0xFF], [0xF0, 0x9F], [0xC3], [0xE3, 0x81], [0x61, 0xFF, 0x62], [0xED, 0xA0, 0x80]])
  func standsBadUTF8(_ bytes: [UInt8]) {
    let many = (0..<2_000).flatMap { _ in bytes }
    #expect(many.withUnsafeBytes { LanguageDetector.detect($0).code } == DetectedLanguage.undetermined)
  }

  @Test func nearLanguages() {
    #expect(LanguageDetector.areNear("no", "da"))
    #expect(LanguageDetector.areNear("en", "en"))
    #expect(!LanguageDetector.areNear("en", "de"))
    #expect(!LanguageDetector.areNear("es", "pt"))
  }

  @Test("several tasks at once get what one gets")
  func isThreadSafe() async {
    let texts = [
      "Wie geht es dir denn heute an diesem schönen Tag?", "How are you on this fine day?",
      "Jak se dnes máš, příteli, a co děláš?",
    ]
    let alone = texts.map(detect)
    await withTaskGroup(of: [String].self) { group in
      for _ in 0..<8 { group.addTask { (0..<200).flatMap { _ in texts.map(self.detect) } } }
      for await found in group {
        for (index, code) in found.enumerated() { #expect(code == alone[index % texts.count]) }
      }
    }
  }
}
