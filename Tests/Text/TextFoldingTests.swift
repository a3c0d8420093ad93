import Testing
import Text

@Suite struct TextFoldingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let expected: [String]
    var testDescription: String {
      text.unicodeScalars.map { $0.isASCII ? String($0) : "\\u{\(String($0.value, radix: 16))}" }.joined()
    }

    init(_ text: String, _ expected: String...) {
      self.text = text
      self.expected = expected
    }
  }

  /// What is found is stated in the bytes of the text as it is.
  @Test(arguments: [
    Case("card ４１１１１１１１１１１１１１１１ ok", "CARD:４１１１１１１１１１１１１１１１"),
    Case("４１１１ １１１１ １１１１ １１１１", "CARD:４１１１ １１１１ １１１１ １１１１"),
    Case("４１１１－１１１１－１１１１－１１１１。", "CARD:４１１１－１１１１－１１１１－１１１１"),
    Case("٤١١١١١١١١١١١١١١١", "CARD:٤١١١١١١١١١١١١١١١"), Case("۴۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱", "CARD:۴۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱"),
    Case("४१११११११११११११११", "CARD:४१११११११११११११११"), Case("৪১১১১১১১১১১১১১১১", "CARD:৪১১১১১১১১১১১১১১১"),
    Case("๔๑๑๑๑๑๑๑๑๑๑๑๑๑๑๑", "CARD:๔๑๑๑๑๑๑๑๑๑๑๑๑๑๑๑"),
    Case("4111\u{A0}1111\u{A0}1111\u{A0}1111", "CARD:4111\u{A0}1111\u{A0}1111\u{A0}1111"),
    Case("4111\u{2007}1111\u{2009}1111\u{202F}1111", "CARD:4111\u{2007}1111\u{2009}1111\u{202F}1111"),
    Case("4111\u{2011}1111\u{2013}1111\u{2212}1111", "CARD:4111\u{2011}1111\u{2013}1111\u{2212}1111"),
    Case("x 4111\u{200B}1111\u{200C}1111\u{200D}1111 y", "CARD:4111\u{200B}1111\u{200C}1111\u{200D}1111"),
    Case("41111\u{2060}11111\u{FEFF}1111\u{AD}11", "CARD:41111\u{2060}11111\u{FEFF}1111\u{AD}11"),
    Case("\u{FEFF}4111111111111111\u{200B}", "CARD:4111111111111111"),
    Case("ｂｏｂ＠ｅｘａｍｐｌｅ．ｃｏｍ", "EMAIL:ｂｏｂ＠ｅｘａｍｐｌｅ．ｃｏｍ"), Case("bob＠example.com", "EMAIL:bob＠example.com"),
    Case("b\u{200B}ob@exam\u{AD}ple.com", "EMAIL:b\u{200B}ob@exam\u{AD}ple.com"),
    Case("bob\u{FE6B}example.com", "EMAIL:bob\u{FE6B}example.com"),
    Case("john\u{2011}smith@example.com", "EMAIL:john\u{2011}smith@example.com"),
    Case(
      "DE89\u{A0}3704\u{A0}0044\u{A0}0532\u{A0}0130\u{A0}00",
      "IBAN:DE89\u{A0}3704\u{A0}0044\u{A0}0532\u{A0}0130\u{A0}00"),
    Case("ＤＥ８９３７０４００４４０５３２０１３０００", "IBAN:ＤＥ８９３７０４００４４０５３２０１３０００"),
    Case("＋４９ ３０ １２３４５６７８", "PHONE:＋４９ ３０ １２３４５６７８"),
    Case("(415)\u{A0}555\u{2011}0132", "PHONE:(415)\u{A0}555\u{2011}0132"),
    Case("０９０－１２３４－５６７８", "PHONE:０９０－１２３４－５６７８"), Case("８．８．８．８", "IP:８．８．８．８"),
    Case("8.8\u{200B}.8.8", "IP:8.8\u{200B}.8.8"),
    Case("531\u{2013}21\u{2013}7351", "SSN:531\u{2013}21\u{2013}7351"),
    Case("５３１－２１－７３５１", "SSN:５３１－２１－７３５１"), Case("12345678\u{2010}Z", "NATIONAL_ID:12345678\u{2010}Z"),
    Case("sk-abcdefghij\u{200B}klmnopqrst1", "SECRET:sk-abcdefghij\u{200B}klmnopqrst1"),
    // The text around and between stays out, and order holds.
    Case("a@b.com ４１１１１１１１１１１１１１１１ 8.8.8.8", "EMAIL:a@b.com", "CARD:４１１１１１１１１１１１１１１１", "IP:8.8.8.8"),
    Case("é4111111111111111é", "CARD:4111111111111111"),
  ])
  func finds(_ item: Case) { #expect(found(in: item.text) == item.expected) }

  @Test(arguments: [
    Case("1939–1945 and 2010–2015"), Case("10\u{A0}000\u{A0}000\u{A0}€"), Case("２０２４年１２月３１日"),
    Case("word—word"), Case("４１１１１１１１１１１１１１１２"),
    Case("👨\u{200D}👩\u{200D}👧 12"), Case("\u{FEFF}"), Case("４"), Case("＠"), Case("5\u{A0}km"),
    Case("“quoted” – text"),
    Case("5555\u{2009}°C"), Case("\u{E0}\u{200B}\u{E0}"), Case("३ ४ ५"), Case("Ｈｅｌｌｏ ｗｏｒｌｄ"),
    Case("1\u{200B}2\u{200B}3"),
  ])
  func findsNothing(_ item: Case) { #expect(found(in: item.text) == []) }

  private static func redacted(_ text: String) -> String {
    let redactor = Redactor()
    redactor.begin()
    return Array(text.utf8).withUnsafeBytes { String(decoding: redactor.redacted($0), as: UTF8.self) }
  }

  @Test(arguments: [
    ("4111111111111111 ４１１１－１１１１－１１１１－１１１１ 4111\u{A0}1111\u{A0}1111\u{A0}1111", "[CARD_1] [CARD_1] [CARD_1]"),
    ("bob@example.com ＢＯＢ＠example．com b\u{AD}ob@example.com", "[EMAIL_1] [EMAIL_1] [EMAIL_1]"),
    ("DE89370400440532013000, ＤＥ８９ ３７０４ ００４４ ０５３２ ０１３０ ００", "[IBAN_1], [IBAN_1]"),
    ("+49 30 12345678, ＋４９\u{2011}３０\u{2011}１２３４５６７８", "[PHONE_1], [PHONE_1]"),
    ("8.8.8.8 ８．８．８．８", "[IP_1] [IP_1]"),
    ("531-21-7351 531\u{2013}21\u{2013}7351 531 21 7351", "[SSN_1] [SSN_1] [SSN_1]"),
    ("12345678Z 12.345.678-Z 12345678\u{2010}Z", "[NATIONAL_ID_1] [NATIONAL_ID_1] [NATIONAL_ID_1]"),
    ("00:1B:44:11:3A:B7 00-1b-44-11-3a-b7 001b.4411.3ab7", "[MAC_1] [MAC_1] [MAC_1]"),
  ])
  func oneValueOneNumber(_ text: String, _ expected: String) { #expect(Self.redacted(text) == expected) }

  private static let pieces = [
    "４", "１１１１", "1111", "\u{200B}", "\u{AD}", "\u{A0}", "\u{2011}", "–", "＠", "@", "bob", "example", ".",
    "．", "com", "ｃｏｍ", "٤", "३", "é", "是",
    "😀", " ", "-", "+", "＋", "４９", "531", "21", "7351", "DE89", "３７０４", "0044", "(", "）", "\u{FEFF}", "：",
    ":", "password", "ａ", "\n", "\u{3000}",
    "8", "８", "password=", "Ab3x9Kq2", "sk-abcdefghijklmnopqrst1",
  ]

  /// Bounds, order, whole characters, and nothing left after one redaction, on random text of characters that
  /// fold.
  @Test(arguments: 0..<12) func placesAreSound(_ seed: Int) {
    var numbers = FixedNumbers(state: UInt64(seed) &* 31_337 &+ 5)
    let scanner = PersonalDataScanner()
    for round in 0..<150 {
      var bytes: [UInt8] = []
      for _ in 0..<numbers.below(60) { bytes += Array(Self.pieces[numbers.below(Self.pieces.count)].utf8) }
      let valid = round % 3 != 0
      if !valid, !bytes.isEmpty {
        for _ in 0..<8 { bytes[numbers.below(bytes.count)] = UInt8(numbers.below(256)) }
      }
      expectSoundPlaces(scanner, in: bytes, valid: valid)
      if valid {
        let once = Self.redacted(String(decoding: bytes, as: UTF8.self))
        #expect(found(in: once) == [], "from \(String(decoding: bytes, as: UTF8.self).debugDescription)")
      }
    }
  }

  /// Characters around which nothing stands do not hide the place behind them, however many there are.
  @Test func behindManyHiddenCharacters() {
    for count in stride(from: 0, to: 40, by: 5) {
      for filler in ["a\u{200B}", "a\u{2010}"] {
        let head = String(repeating: filler, count: count) + " "
        #expect(
          found(in: head + "4111\u{200B}111111111111 y") == ["CARD:4111\u{200B}111111111111"],
          "behind \(count)")
        #expect(
          found(in: head + "bob@exam\u{AD}ple.com") == ["EMAIL:bob@exam\u{AD}ple.com"], "behind \(count)")
      }
    }
  }

  /// Wherever a text is cut into a place of the block and whatever stands around, a card is found.
  @Test func everyAlignment() {
    for length in 0..<70 {
      let head = String(repeating: "x", count: length) + " "
      for card in ["4111111111111111", "４１１１１１１１１１１１１１１１"] {
        #expect(found(in: head + card + " tail") == ["CARD:\(card)"], "behind \(length)")
        #expect(found(in: head + card) == ["CARD:\(card)"], "at the end, behind \(length)")
      }
      #expect(found(in: head + "bob@example.com") == ["EMAIL:bob@example.com"], "behind \(length)")
    }
  }

  /// A megabyte of what folds, in time that the length bounds.
  @Test(arguments: [
    "４", "４ ", "\u{200B}1", "\u{A0}1", "1–", "＠", "a＠", "\u{AD}@", "٤", "1\u{200B}", "＝", "４１１１－",
    "\u{2011}a@", "\u{FEFF}",
  ])
  func hostileMegabyte(_ piece: String) {
    let text = String(repeating: piece, count: 1_000_000 / piece.utf8.count)
    let clock = ContinuousClock()
    let time = clock.measure { _ = found(in: text) }
    // Quadratic work would take hours.
    #expect(time < .seconds(60))
  }
}
