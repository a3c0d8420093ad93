import Testing
import Text

@Suite struct NationalIDTests {
  typealias Case = PersonalDataTests.Case

  // Examples that the issuers or their registers publish, and numbers made by the rules.
  @Test(arguments: [
    // United States
    Case("His social security number is 531-21-7351", "SSN:531-21-7351"),
    Case("531 21 7351.", "SSN:531 21 7351"),
    Case("SSN: 531217351", "SSN:531217351"), Case("531217351 is my ssn", "SSN:531217351"),
    Case("ITIN 912-70-1234", "SSN:912-70-1234"), Case("(899-99-9999)", "SSN:899-99-9999"),
    Case("7,531-21-7351,x", "SSN:531-21-7351"),
    // United Kingdom
    Case("NI AB123456C.", "NATIONAL_ID:AB123456C"), Case("ni no AB 12 34 56 C", "NATIONAL_ID:AB 12 34 56 C"),
    Case("NHS number 943 476 5919", "NATIONAL_ID:943 476 5919"),
    Case("NHS: 9434765919", "NATIONAL_ID:9434765919"),
    // Spain
    Case("DNI 12345678Z", "NATIONAL_ID:12345678Z"), Case("12345678-Z,", "NATIONAL_ID:12345678-Z"),
    Case("12.345.678-Z", "NATIONAL_ID:12.345.678-Z"), Case("dni 12345678z", "NATIONAL_ID:12345678z"),
    Case("X1234567L", "NATIONAL_ID:X1234567L"), Case("NIE X-1234567-L", "NATIONAL_ID:X-1234567-L"),
    // Italy
    Case("RSSMRA85T10A562S", "NATIONAL_ID:RSSMRA85T10A562S"),
    Case("cf rssmra85t10a562s", "NATIONAL_ID:rssmra85t10a562s"),
    // Germany
    Case("36 574 261 809", "NATIONAL_ID:36 574 261 809"),
    Case("Steuer-ID: 36574261809", "NATIONAL_ID:36574261809"),
    // France
    Case("2 55 08 14 168 025 38", "NATIONAL_ID:2 55 08 14 168 025 38"),
    Case("255081416802538", "NATIONAL_ID:255081416802538"),
    // Netherlands
    Case("BSN 111222333", "NATIONAL_ID:111222333"), Case("bsn: 1112.22.333", "NATIONAL_ID:1112.22.333"),
    // Brazil
    Case("111.444.777-35", "NATIONAL_ID:111.444.777-35"), Case("CPF 11144477735", "NATIONAL_ID:11144477735"),
    Case("11.222.333/0001-81", "NATIONAL_ID:11.222.333/0001-81"),
    // Poland, Sweden, Finland, Norway, Denmark
    Case("PESEL: 44051401359", "NATIONAL_ID:44051401359"), Case("811228-9874", "NATIONAL_ID:811228-9874"),
    Case("19811228-9874", "NATIONAL_ID:19811228-9874"), Case("811228+9874", "NATIONAL_ID:811228+9874"),
    Case("personnummer 8112289874", "NATIONAL_ID:8112289874"), Case("131052-308T", "NATIONAL_ID:131052-308T"),
    Case("131052A308T", "NATIONAL_ID:131052A308T"), Case("15108695088", "NATIONAL_ID:15108695088"),
    Case("CPR 070761-4285", "NATIONAL_ID:070761-4285"),
    // Belgium, Switzerland, Czechia, Türkiye
    Case("85.07.30-033.28", "NATIONAL_ID:85.07.30-033.28"),
    Case("756.9217.0769.85", "NATIONAL_ID:756.9217.0769.85"),
    Case("7569217076985", "NATIONAL_ID:7569217076985"), Case("710319/2745", "NATIONAL_ID:710319/2745"),
    Case("TC kimlik: 10000000146", "NATIONAL_ID:10000000146"),
    // Canada, Mexico, Argentina, Chile
    Case("SIN 046 454 286", "NATIONAL_ID:046 454 286"),
    Case("social insurance 046454286", "NATIONAL_ID:046454286"),
    Case("BOXW310820HNERXN09", "NATIONAL_ID:BOXW310820HNERXN09"),
    Case("20-05536168-2", "NATIONAL_ID:20-05536168-2"),
    Case("12.531.909-2", "NATIONAL_ID:12.531.909-2"),
    // Australia, South Africa
    Case("TFN 123 456 782", "NATIONAL_ID:123 456 782"),
    Case("Medicare 2123 45670 1", "NATIONAL_ID:2123 45670 1"),
    Case("ID 7503305044089", "NATIONAL_ID:7503305044089"),
    // India, Singapore, China, Taiwan, Korea, Japan, Thailand
    Case("2341 2341 2346", "NATIONAL_ID:2341 2341 2346"),
    Case("Aadhaar 234123412346", "NATIONAL_ID:234123412346"),
    Case("ABCPE1234F", "NATIONAL_ID:ABCPE1234F"), Case("PAN: AAACE1234F", "NATIONAL_ID:AAACE1234F"),
    Case("S0000001I", "NATIONAL_ID:S0000001I"), Case("F1234567N", "NATIONAL_ID:F1234567N"),
    Case("身份证11010519491231002X。", "NATIONAL_ID:11010519491231002X"),
    Case("national ID A123456789", "NATIONAL_ID:A123456789"),
    Case("971013-9019902", "NATIONAL_ID:971013-9019902"),
    Case("マイナンバー: 123456789018", "NATIONAL_ID:123456789018"),
    Case("1-2345-45678-78-1", "NATIONAL_ID:1-2345-45678-78-1"),
  ])
  func found(_ item: Case) { #expect(finds(in: item.text) == item.expected) }

  @Test(arguments: [
    // Areas, groups and serials that were never given, withdrawn numbers, and digits that something runs
    // into.
    Case("000-12-3456"), Case("666-12-3456"), Case("900-12-3456"), Case("531-00-7351"), Case("531-21-0000"),
    Case("078-05-1120"), Case("219-09-9999"), Case("531217351"), Case("X531-21-7351"), Case("531-21-7351-1"),
    Case("1-531-21-7351"), Case("531-217351"), Case("531-21 7351"), Case("531.21.7351"),
    Case("12 531 21 7351"),
    Case("QQ123456C"), Case("BG123456A"), Case("AB123456E"), Case("AO123456A"), Case("ab123456c"),
    Case("AB1234567"),
    Case("943 076 5915 NHS"), Case("9434765919"), Case("12345678A"), Case("12345678z"), Case("00000000T"),
    Case("X1234567A"), Case("A12345678Z"), Case("RSSMRA85T10A562T"), Case("RSSMRA85U10A562S"),
    Case("RSSMRA85T35A562S"),
    Case("36574261809"), Case("36 574 261 808"), Case("06 574 261 809"), Case("Steuer-ID 11111111111"),
    Case("255081416802539"), Case("255181416802538"), Case("111222333"), Case("BSN 111222334"),
    Case("111.444.777-36"), Case("11144477735"), Case("111.111.111-11"), Case("11.222.333/0001-82"),
    Case("44051401359"), Case("PESEL 44051401358"), Case("811228-9875"), Case("811328-9874"),
    Case("8112289874"),
    Case("20240115-1430"), Case("131052-308U"), Case("131352-308T"), Case("15108695089"), Case("070761-4286"),
    Case("85.07.30-033.29"), Case("756.9217.0769.86"), Case("710319/2746"), Case("10000000146"),
    Case("046 454 286"), Case("SIN 046 454 287"), Case("20-05536168-3"), Case("12.531.909-3"),
    Case("123 456 782"),
    Case("2123 45670 1"), Case("7503305044080"), Case("2341 2341 2347"), Case("234123412346"),
    Case("1341 2341 2346"),
    Case("1999 2008 2015"), Case("5C40 2341 2341 2346"), Case("AAACE1234F"), Case("abcpe1234f"),
    Case("ABCPE0000F"),
    Case("S1234567A"), Case("s0000001i"), Case("110105194912310021"), Case("110105194913310025"),
    Case("A123456789"),
    Case("971313-9019902"), Case("123456789018"), Case("1-2345-45678-78-2"), Case("part no AB123456CD"),
    Case("commit 12345678Zab"), Case("[NATIONAL_ID_12] [SSN_3]"), Case("#12345678Z"),
  ])
  func notFound(_ item: Case) { #expect(finds(in: item.text) == []) }

  @Test(arguments: [
    Case("mac 00:1B:44:11:3A:B7,", "MAC:00:1B:44:11:3A:B7"),
    Case("mac:00:1b:44:11:3a:b7", "MAC:00:1b:44:11:3a:b7"),
    Case("00-1B-44-11-3A-B7", "MAC:00-1B-44-11-3A-B7"), Case("001b.4411.3ab7", "MAC:001b.4411.3ab7"),
    Case("00:11:22:33:44:55", "MAC:00:11:22:33:44:55"), Case("(aa:bb:cc:dd:ee:ff)", "MAC:aa:bb:cc:dd:ee:ff"),
  ])
  func hardware(_ item: Case) { #expect(finds(in: item.text) == item.expected) }

  @Test(arguments: [
    Case("00:00:00:00:00:00"), Case("ff:ff:ff:ff:ff:ff"), Case("FF-FF-FF-FF-FF-FF"),
    Case("00-11-22-33-44-55"),
    Case("00:1B:44:11:3A"), Case("00:1B:44:11:3A:B7:01"), Case("00:1B:44:11:3A:B7:01:02"),
    Case("00:1B-44:11:3A:B7"),
    Case("x00:1B:44:11:3A:B7"), Case("00:1B:44:11:3A:B7x"), Case("[.0A3D.0020.0002.0063]"),
    Case("a.001b.4411.3ab7"),
    Case("001b.4411.3ab7.1111"), Case("001b44113ab7"), Case("0:1b:44:11:3a:b7"), Case("[MAC_1]"),
  ])
  func noHardware(_ item: Case) { #expect(finds(in: item.text) == []) }

  @Test(arguments: [
    Case("call me at (96) 627-277 I'd", "PHONE:(96) 627-277"),
    Case("call me on 21 212 133 2727?", "PHONE:21 212 133 2727"),
    Case("phone: 5551234567", "PHONE:5551234567"), Case("my cell is 555-1234", "PHONE:555-1234"),
    Case("69 987 88 37 office", "PHONE:69 987 88 37"), Case("móvil 612 345 678", "PHONE:612 345 678"),
    Case("手机: 13800138000", "PHONE:13800138000"), Case("WhatsApp 98765 43210", "PHONE:98765 43210"),
    Case("tlf 40 61 23 45", "PHONE:40 61 23 45"), Case("02 9374 4000", "PHONE:02 9374 4000"),
    Case("03-1234-5678", "PHONE:03-1234-5678"), Case("090-1234-5678", "PHONE:090-1234-5678"),
    Case("06-12345678", "PHONE:06-12345678"), Case("0412 345 678", "PHONE:0412 345 678"),
    Case("(11) 91234-5678", "PHONE:(11) 91234-5678"), Case("131 2345 6789", "PHONE:131 2345 6789"),
    Case("081234 56789", "PHONE:081234 56789"), Case("8 (912) 345-67-89", "PHONE:8 (912) 345-67-89"),
    Case("415-555-0132 extension 12", "PHONE:415-555-0132 extension 12"),
    Case("044 668 18 00", "PHONE:044 668 18 00"),
    Case("+49 (0)30 12345678", "PHONE:+49 (0)30 12345678"), Case("08-123 456 78", "PHONE:08-123 456 78"),
  ])
  func phone(_ item: Case) { #expect(finds(in: item.text) == item.expected) }

  @Test(arguments: [
    Case("call order 5551234567"), Case("call me on 12.05.2026"), Case("call 2020-2024 a good time"),
    Case("phone bill 1700000000"), Case("the mobile era 1995 2007"), Case("call me at 10:30"),
    Case("call it 3.1415926"),
    Case("call of duty 20240115"), Case("phone 1234"), Case("invoice 98765 43210"), Case("phone #5551234567"),
    Case("call f(1, 2, 3)"), Case("612 345 678"), Case("555-1234"), Case("phone 1 234 567 890 123 456 789"),
    Case("recall 5551234567"), Case("smartphones 98765 43210"),
  ])
  func noPhone(_ item: Case) { #expect(finds(in: item.text) == []) }
}
