import Testing
import Text

/// What a scan finds in a string, as `KIND:text`.
func found(in text: String, _ kinds: Set<PersonalDataKind> = PersonalDataKind.patterns) -> [String] {
  let bytes = Array(text.utf8)
  var result: [String] = []
  bytes.withUnsafeBytes { view in
    PersonalDataScanner(kinds: kinds).scan(view) { match in
      let place = bytes[match.offset..<match.offset + match.length]
      result.append("\(match.kind.rawValue):\(String(decoding: place, as: UTF8.self))")
    }
  }
  return result
}

/// The same, for suites that have a test of that name.
func finds(in text: String) -> [String] { found(in: text) }

@Suite struct PersonalDataTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let expected: [String]
    var testDescription: String { text }

    init(_ text: String, _ expected: String...) {
      self.text = text
      self.expected = expected
    }
  }

  // MARK: E-mail

  @Test(arguments: [
    Case("write to ann.lee+news@mail.example.co.uk, please", "EMAIL:ann.lee+news@mail.example.co.uk"),
    Case("<A_B-c%d@Example.ORG>", "EMAIL:A_B-c%d@Example.ORG"),
    Case("Ask bob@example.com.", "EMAIL:bob@example.com"),
    Case("'o'brien@example.ie'", "EMAIL:o'brien@example.ie"),
    Case("mailto:bob@example.com?subject=x", "EMAIL:bob@example.com"),
    Case("?to=bob@example.com&x=1", "EMAIL:bob@example.com"),
    Case("jürgen@müller.de", "EMAIL:jürgen@müller.de"),
    Case("我的邮箱是bob@163.com。", "EMAIL:bob@163.com"),
    Case("x@xn--bcher-kva.xn--p1ai", "EMAIL:x@xn--bcher-kva.xn--p1ai"),
    Case("a@b.com, c@d.com;e@f.com", "EMAIL:a@b.com", "EMAIL:c@d.com", "EMAIL:e@f.com"),
    Case("wait...john@example.com", "EMAIL:john@example.com"),
    Case(
      String(repeating: "a", count: 64) + "@b.com", "EMAIL:" + String(repeating: "a", count: 64) + "@b.com"),
    Case("1234567@example.com", "EMAIL:1234567@example.com"),
  ])
  func email(_ item: Case) { #expect(found(in: item.text) == item.expected) }

  @Test(arguments: [
    Case("a@b@c.com"), Case("a@b.com@c"), Case("@swift_lang said"), Case("meet @ 5.pm"),
    Case("user@localhost"),
    Case("bob@"), Case("@example.com"), Case("npm i react@18.2.0"), Case("pkg@1.2.3-beta.rc"),
    Case("logo@2x.png"), Case("git@github.com:owner/name.git"),
    Case(String(repeating: "a", count: 65) + "@b.com"),
    Case("a@-b.c1"), Case("a@b..com"), Case("a.@b.com"), Case("bob at example dot com"), Case("a@b.c"),
    Case("[EMAIL_1]@[EMAIL_2].com"), Case("@a.com@b.com"), Case("x@1.2"),
  ])
  func noEmail(_ item: Case) { #expect(found(in: item.text) == []) }

  // MARK: Card

  // Numbers that the networks publish for tests.
  @Test(arguments: [
    Case("card 4111111111111111 ok", "CARD:4111111111111111"),
    Case("4111 1111 1111 1111", "CARD:4111 1111 1111 1111"),
    Case("4111-1111-1111-1111.", "CARD:4111-1111-1111-1111"),
    Case("visa 4222222222222", "CARD:4222222222222"),
    Case("5555555555554444", "CARD:5555555555554444"),
    Case("mc 2223003122003222", "CARD:2223003122003222"),
    Case("2720990000000007,", "CARD:2720990000000007"),
    Case("amex 3782 822463 10005", "CARD:3782 822463 10005"),
    Case("371449635398431", "CARD:371449635398431"),
    Case("6011111111111117", "CARD:6011111111111117"),
    Case("30569309025904", "CARD:30569309025904"),
    Case("3530111333300000", "CARD:3530111333300000"),
    Case("6200000000000005", "CARD:6200000000000005"),
    Case("6759649826438453", "CARD:6759649826438453"),
    Case("4111 1111 1111 1111 12/26", "CARD:4111 1111 1111 1111"),
    Case("no 1 4111111111111111", "CARD:4111111111111111"),
    Case("卡号4111111111111111。", "CARD:4111111111111111"),
  ])
  func card(_ item: Case) { #expect(found(in: item.text) == item.expected) }

  @Test(arguments: [
    Case("4111111111111112"), Case("41111111111111111"), Case("1234567890123452"), Case("411111111111111"),
    Case("14111111111111111"), Case("a4111111111111111"), Case("4111111111111111b"),
    Case("0.4111111111111111"),
    Case("4111111111111111.5"), Case("4111 1111-1111 1111"), Case("12-4111111111111111"),
    Case("4111-1111-1111-1111-1234"), Case("0000000000000000"), Case("9999 9999 9999 9995"),
    Case("4111  1111  1111  1111"), Case("978-0-306-40615-7"), Case("550e8400-e29b-41d4-a716-446655440000"),
    Case("41111111111111111111111111111111111"), Case("id_4111111111111111"), Case("4111 1111 1111 1112"),
    Case("2026-11-20 10:00:00.123456"),
  ])
  func noCard(_ item: Case) { #expect(found(in: item.text) == []) }

  // MARK: IBAN

  // The examples of the SWIFT registry.
  @Test(arguments: [
    Case("to DE89370400440532013000.", "IBAN:DE89370400440532013000"),
    Case("DE89 3704 0044 0532 0130 00", "IBAN:DE89 3704 0044 0532 0130 00"),
    Case("gb29nwbk60161331926819", "IBAN:gb29nwbk60161331926819"),
    Case("GB29 NWBK 6016 1331 9268 19 and", "IBAN:GB29 NWBK 6016 1331 9268 19"),
    Case("FR1420041010050500013M02606", "IBAN:FR1420041010050500013M02606"),
    Case("NO9386011117947", "IBAN:NO9386011117947"),
    Case("IBAN:BE68539007547034", "IBAN:BE68539007547034"),
    Case("MT84MALT011000012345MTLCAST001S", "IBAN:MT84MALT011000012345MTLCAST001S"),
    Case("CH93 0076 2011 6238 5295 7", "IBAN:CH93 0076 2011 6238 5295 7"),
    Case("NL91ABNA0417164300", "IBAN:NL91ABNA0417164300"),
    Case("ES9121000418450200051332", "IBAN:ES9121000418450200051332"),
    Case("LC55HEMM000100010012001200023015", "IBAN:LC55HEMM000100010012001200023015"),
  ])
  func iban(_ item: Case) { #expect(found(in: item.text) == item.expected) }

  @Test(arguments: [
    Case("DE88370400440532013000"), Case("DE8937040044053201300"), Case("DE893704004405320130001"),
    Case("XX89370400440532013000"), Case("ADE89370400440532013000"), Case("DE89 370 400 440 532 013 000"),
    Case("DE89-3704-0044-0532-0130-00"), Case("DE 89370400440532013000"), Case("NO93 is fine"),
    Case("GB29 NWBK 6016 1331 9268 1"), Case("_DE89370400440532013000"), Case("D889370400440532013000"),
  ])
  func noIBAN(_ item: Case) { #expect(found(in: item.text) == []) }

  // MARK: Phone

  @Test(arguments: [
    Case("call +14155550132 now", "PHONE:+14155550132"),
    Case("+1 (415) 555-0132.", "PHONE:+1 (415) 555-0132"),
    Case("+49 30 12345678", "PHONE:+49 30 12345678"),
    Case("+49 (0) 30 1234567", "PHONE:+49 (0) 30 1234567"),
    Case("+49 (0)30/123456-78", "PHONE:+49 (0)30/123456-78"),
    Case("(+49) 30 1234567", "PHONE:(+49) 30 1234567"),
    Case("(+49 30 1234567)", "PHONE:+49 30 1234567"),
    Case("+44 20 7946 0958, or", "PHONE:+44 20 7946 0958"),
    Case("Tel.:+33.1.23.45.67.89", "PHONE:+33.1.23.45.67.89"),
    Case("0049 30 12345678", "PHONE:0049 30 12345678"),
    Case("004915112345678", "PHONE:004915112345678"),
    Case("001-420-335-7509x38548", "PHONE:001-420-335-7509x38548"),
    Case("(415) 555-0132", "PHONE:(415) 555-0132"),
    Case("(415)555-0132", "PHONE:(415)555-0132"),
    Case("415-555-0132 ext. 12", "PHONE:415-555-0132 ext. 12"),
    Case("415.555.0132", "PHONE:415.555.0132"),
    Case("415 555 0132", "PHONE:415 555 0132"),
    Case("1-415-555-0132", "PHONE:1-415-555-0132"),
    Case("1 (415) 555-0132", "PHONE:1 (415) 555-0132"),
    Case("07700 900123", "PHONE:07700 900123"),
    Case("07700900123", "PHONE:07700900123"),
    Case("020 7946 0958", "PHONE:020 7946 0958"),
    Case("(020) 7946 0958", "PHONE:(020) 7946 0958"),
    Case("06 12 34 56 78", "PHONE:06 12 34 56 78"),
    Case("06.12.34.56.78", "PHONE:06.12.34.56.78"),
    Case("030/12345678", "PHONE:030/12345678"),
    Case("0221 - 1234567", "PHONE:0221 - 1234567"),
    Case("0151 12345678", "PHONE:0151 12345678"),
    Case("电话：+86 138 0013 8000", "PHONE:+86 138 0013 8000"),
    Case("+49 30 12345678 2026-11-20", "PHONE:+49 30 12345678"),
  ])
  func phone(_ item: Case) { #expect(found(in: item.text) == item.expected) }

  @Test(arguments: [
    Case("2026-11-20"), Case("20.11.2026"), Case("2026-11-20T10:00:00+02:00"), Case("10:30:00"),
    Case("4155550132"),
    Case("order 123-4567890-1234567"), Case("#415-555-0132"), Case("AB-415-555-0132"),
    Case("3.14159265358979"),
    Case("+3.14159265"), Case("+20 000 000"), Case("978-3-16-148410-0"), Case("0-306-40615-2"),
    Case("version 10.15.7"), Case("0123456789"), Case("115-555-0132"), Case("415-055-0132"),
    Case("415-555-0132-1234"), Case("415-555-01325"), Case("1234567890123"), Case("0123 4567 8901 2345"),
    Case("415 555 0132 999 128"), Case("C++20 2030 4050 60"), Case("1+4155550132"), Case("078-05-1120"),
    Case("02139-4307"), Case("$415 555 0132"), Case("01:02:03:04:05"), Case("01-02-03-04-05-06"),
    Case("01.02.2026 1234567"), Case("0000123456789"), Case("415,555,0132"), Case("12 34 56 78 90"),
    Case("[PHONE_1] [PHONE_22]"), Case("between 1939-1945 and 1914-1918"), Case("+1 234 567"),
    Case("192.168.300.1"),
  ])
  func noPhone(_ item: Case) { #expect(found(in: item.text) == []) }

  // MARK: IP

  @Test(arguments: [
    Case("from 192.168.1.20:8080", "IP:192.168.1.20"),
    Case("10.0.0.0/8", "IP:10.0.0.0"),
    Case("http://8.8.8.8/x", "IP:8.8.8.8"),
    Case("(203.0.113.7).", "IP:203.0.113.7"),
    Case("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "IP:2001:0db8:85a3:0000:0000:8a2e:0370:7334"),
    Case("addr 2001:db8::1, then", "IP:2001:db8::1"),
    Case("[2001:db8::8a2e:370:7334]:443", "IP:2001:db8::8a2e:370:7334"),
    Case("fe80::1%eth0", "IP:fe80::1"),
    Case("::ffff:203.0.113.7", "IP:::ffff:203.0.113.7"),
    Case("2001:db8::/32", "IP:2001:db8::"),
    Case("ip=255.1.2.3;", "IP:255.1.2.3"),
  ])
  func address(_ item: Case) { #expect(found(in: item.text) == item.expected) }

  @Test(arguments: [
    Case("127.0.0.1"), Case("::1"), Case("0.0.0.0"), Case("1.2.3.4.5"), Case("v1.2.3.4"),
    Case("Version 1.2.3.4"),
    Case("256.1.1.1"), Case("1.2.3"), Case("Chrome/120.0.0.0"), Case("1.2.3.4-beta"), Case("10:30:00"),
    Case("std::vector"), Case("a::b"), Case("abc::def::fed"),
    Case("00:11:22:33:44:55:66:77"), Case("1:2:3:4:5:6:7:8:9"), Case("dead::"), Case("::"), Case("fe80::"),
    Case("12345::1"), Case("1:2:3"), Case("[IP_1]"), Case("x1.2.3.4"), Case("1.2.3.4x"), Case("C::D2::e"),
  ])
  func noAddress(_ item: Case) { #expect(found(in: item.text) == []) }

  // MARK: Secret

  private static let letters36 = "abcdefghijklmnopqrstuvwxyz0123456789"

  @Test(arguments: [
    Case("key sk-abcdefghijklmnopqrst1 ok", "SECRET:sk-abcdefghijklmnopqrst1"),
    Case("sk-proj-Ab1_defghijklmnopqrstuvwx.", "SECRET:sk-proj-Ab1_defghijklmnopqrstuvwx"),
    Case("OPENAI=sk-ant-api03-ABCDEFGHIJKLMNOP", "SECRET:sk-ant-api03-ABCDEFGHIJKLMNOP"),
    Case("ghp_" + letters36, "SECRET:ghp_" + letters36),
    Case("ghr_" + letters36 + "!", "SECRET:ghr_" + letters36),
    Case("github_pat_11ABCDEFG0abcdefghijkl_mnop", "SECRET:github_pat_11ABCDEFG0abcdefghijkl_mnop"),
    Case("glpat-abcdefghij0123456789", "SECRET:glpat-abcdefghij0123456789"),
    Case("AKIAIOSFODNN7EXAMPLE", "SECRET:AKIAIOSFODNN7EXAMPLE"),
    Case("ASIAIOSFODNN7EXAMPLE,", "SECRET:ASIAIOSFODNN7EXAMPLE"),
    Case("AIza" + String(letters36.dropLast()), "SECRET:AIza" + String(letters36.dropLast())),
    Case("xoxb-123456789012-abcdef", "SECRET:xoxb-123456789012-abcdef"),
    Case("hf_abcdefghijklmnopqrstuvwxyzabcd", "SECRET:hf_abcdefghijklmnopqrstuvwxyzabcd"),
    Case("SG.abcdefghijklmnop12.ABCDEFGHIJKLMNOP34", "SECRET:SG.abcdefghijklmnop12.ABCDEFGHIJKLMNOP34"),
    Case("npm_" + letters36, "SECRET:npm_" + letters36),
    Case("pypi-AgEIcHlwaS5vcmcCJDAwMDA", "SECRET:pypi-AgEIcHlwaS5vcmcCJDAwMDA"),
    Case("rk_live_abcdefghij012345", "SECRET:rk_live_abcdefghij012345"),
    Case(
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN end",
      "SECRET:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN"),
    Case("Authorization: Bearer abc.def-ghi_jkl~mno1234==", "SECRET:abc.def-ghi_jkl~mno1234=="),
    Case("postgres://app:pa55@db.example.com:5432/x", "SECRET:app:pa55"),
    Case("redis://:pa55@cache", "SECRET::pa55"),
    Case("ftp://a:b@c@host/", "SECRET:a:b@c"),
    Case(
      "k: -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- z",
      "SECRET:-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"),
    Case(
      "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
      "SECRET:-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC"),
  ])
  func secret(_ item: Case) { #expect(found(in: item.text) == item.expected) }

  @Test(arguments: [
    Case("sk-short1"), Case("task-abcdefghijklmnopqrst1"), Case("sk-loading-spinner-wrapper-large"),
    Case("ghp_tooshort"), Case("xghp_" + letters36), Case("AKIAIOSFODNN7EXAMPL"),
    Case("AKIAIOSFODNN7EXAMPLEX"),
    Case("AKIAiosfodnn7example"), Case("AIzaTooShort"), Case("xoxb-short"), Case("half_hf_abc"),
    Case("SG.short.x"),
    Case("npm_install_this_package"), Case("pypi-publish-action"), Case("sk_test_abcdefghij012345"),
    Case("eyJhbGciOiJIUzI1NiJ9"), Case("eyJhbGciOiJIUzI1NiJ9.notapayload.dozjgNryP4J3"),
    Case("Bearer of bad news, he said in 1984"), Case("Bearer YOUR_API_KEY_GOES_HERE_NOW"),
    Case("https://example.com:8080/a@b"), Case("https://user@host/"), Case("a://b:@c"),
    Case("note://x y:z@w"),
    Case("https://u:[SECRET_1]@host"), Case("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----"),
    Case("a file that begins with -----BEGIN PRIVATE KEY----- is one"), Case("----------------"),
    Case("Bearer [SECRET_1]"),
  ])
  func noSecret(_ item: Case) { #expect(found(in: item.text) == []) }

  // MARK: Overlap

  @Test(arguments: [
    Case("https://user:pass@mail.example.com", "SECRET:user:pass"),
    Case("4111111111111111@example.com", "EMAIL:4111111111111111@example.com"),
    Case("call.415-555-0132@example.com", "EMAIL:call.415-555-0132@example.com"),
    Case("Bearer sk-abcdefghijklmnopqrst1.more", "SECRET:sk-abcdefghijklmnopqrst1.more"),
    Case("+49 30 1234567@example.com", "EMAIL:1234567@example.com"),
    Case("8.8.8.8 a@b.com 4111111111111111", "IP:8.8.8.8", "EMAIL:a@b.com", "CARD:4111111111111111"),
    // The secret that loses its head to the one before it keeps the rest.
    Case(
      "sk-abcdefghijklmnopqrst1-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----",
      "SECRET:sk-abcdefghijklmnopqrst1-----BEGIN",
      "SECRET: PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----"),
  ])
  func overlap(_ item: Case) { #expect(found(in: item.text) == item.expected) }

  @Test func onlyTheKindsAskedFor() {
    let text =
      "a@b.com 8.8.8.8 +49 30 12345678 4111111111111111 DE89370400440532013000 AKIAIOSFODNN7EXAMPLE "
      + "531-21-7351 12345678Z 00:1B:44:11:3A:B7"
    #expect(found(in: text).count == 9)
    // No pattern finds names and addresses, asked for or not.
    #expect(found(in: text, Set(PersonalDataKind.allCases)) == found(in: text))
    #expect(found(in: text, [.person, .address]) == [])
    for kind in PersonalDataKind.patterns {
      let one = found(in: text, [kind])
      #expect(one.count == 1)
      #expect(one.allSatisfy { $0.hasPrefix(kind.rawValue + ":") })
    }
    #expect(found(in: text, []) == [])
  }
}
