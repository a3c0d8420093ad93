import Foundation
import Testing
import Text

/// A fixed sequence of numbers (SplitMix64), so that a failure can be seen again.
struct FixedNumbers {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

@Suite struct RedactorTests {
  private func redacted(_ redactor: Redactor, _ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { String(decoding: redactor.redacted($0), as: UTF8.self) }
  }

  @Test func numbersInReadingOrder() {
    let redactor = Redactor(scanner: PersonalDataScanner())
    redactor.begin()
    #expect(
      redacted(redactor, "Bob@x.com, al@x.com, bob@X.com; 8.8.8.8")
        == "[EMAIL_1], [EMAIL_2], [EMAIL_1]; [IP_1]")
    // The next text of the same record goes on.
    #expect(redacted(redactor, "al@x.com eve@x.com") == "[EMAIL_2] [EMAIL_3]")
    #expect(redactor.counts.map(\.kind) == [.email, .ip])
    #expect(redactor.counts.map(\.count) == [5, 1])
    redactor.begin()
    #expect(redactor.counts.isEmpty)
    #expect(redacted(redactor, "eve@x.com") == "[EMAIL_1]")
  }

  @Test func sameValueInOtherForm() {
    let redactor = Redactor(scanner: PersonalDataScanner())
    redactor.begin()
    #expect(
      redacted(redactor, "4111111111111111 / 4111-1111-1111-1111 / 5555555555554444")
        == "[CARD_1] / [CARD_1] / [CARD_2]")
    #expect(
      redacted(redactor, "DE89370400440532013000, de89 3704 0044 0532 0130 00") == "[IBAN_1], [IBAN_1]")
    #expect(
      redacted(redactor, "+49 30 12345678, 0049-30-12345678, 030/12345678")
        == "[PHONE_1], [PHONE_1], [PHONE_2]")
    #expect(
      redacted(redactor, "postgres://a:b@h, Bearer 0123456789abcdefghij")
        == "postgres://[SECRET_1]@h, Bearer [SECRET_2]")
  }

  @Test func cleanTextIsTheSameView() {
    let redactor = Redactor(scanner: PersonalDataScanner())
    redactor.begin()
    let text = Array("Nothing here, and a mark [EMAIL_7] passes.".utf8)
    text.withUnsafeBytes { view in
      let result = redactor.redacted(view)
      #expect(result.baseAddress == view.baseAddress)
      #expect(result.count == view.count)
    }
    #expect(redactor.counts.isEmpty)
    #expect(redacted(redactor, "[EMAIL_1] and a@b.com") == "[EMAIL_1] and [EMAIL_1]")
  }

  @Test func emptyText() {
    let redactor = Redactor(scanner: PersonalDataScanner())
    #expect(redactor.redacted(UnsafeRawBufferPointer(start: nil, count: 0)).isEmpty)
  }

  private static let pieces = [
    "a@b.com", "bob", "@", "x.y", "4111 1111 1111 1111", "4111111111111111", "DE89 3704 0044 0532 0130 00",
    "+49 30 1234567",
    "(415) 555-0132", "415-555-0132", "8.8.8.8", "2001:db8::1", "::", ":", "sk-abcdefghijklmnopqrst1",
    "AKIAIOSFODNN7EXAMPLE",
    "://", "u:p@h", "Bearer ", "ü", "是", "😀", " ", " ", "-", ".", "_", "+", "(", ")", "1", "07", "00",
    "[EMAIL_1]", "[IP_2]",
    "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0", "eyJhbGciOi",
    "x12", "/", "\n",
  ]

  @Test(arguments: 0..<20) func redactingTwiceChangesNothing(_ seed: Int) {
    var numbers = FixedNumbers(state: UInt64(seed) &* 7919)
    let redactor = Redactor(scanner: PersonalDataScanner())
    for _ in 0..<500 {
      let text = (0..<1 + numbers.below(14)).map { _ in Self.pieces[numbers.below(Self.pieces.count)] }
        .joined()
      redactor.begin()
      let once = redacted(redactor, text)
      #expect(found(in: once) == [], "from \(text.debugDescription)")
      redactor.begin()
      #expect(redacted(redactor, once) == once)
    }
  }

  /// Bounds, order, distance, and characters left whole, on random text of letters that recognisers like.
  @Test(arguments: 0..<20) func placesAreSound(_ seed: Int) {
    var numbers = FixedNumbers(state: UInt64(seed) &* 104_729 &+ 1)
    let scanner = PersonalDataScanner()
    for round in 0..<300 {
      var bytes: [UInt8] = []
      // Every other text is valid UTF-8, the others are any bytes.
      let valid = round % 2 == 0
      for _ in 0..<numbers.below(300) {
        if valid {
          bytes += Array(Self.pieces[numbers.below(Self.pieces.count)].utf8)
        } else {
          let common = Array("@.:-+0123456789abefAK_(é".utf8)
          bytes.append(
            numbers.below(3) == 0 ? UInt8(numbers.below(256)) : common[numbers.below(common.count)])
        }
      }
      var end = 0
      bytes.withUnsafeBytes { view in
        scanner.scan(view) { match in
          #expect(match.offset >= end)
          #expect(match.length > 0)
          end = match.offset + match.length
          #expect(end <= bytes.count)
          if valid, end <= bytes.count {
            #expect(bytes[match.offset] & 0xC0 != 0x80)
            #expect(end == bytes.count || bytes[end] & 0xC0 != 0x80)
          }
        }
      }
    }
  }

  struct Hostile: Sendable, CustomTestStringConvertible {
    let piece: String
    let expected: Int
    var testDescription: String { piece }
  }

  /// A megabyte of what a careless recogniser takes quadratic time for.
  @Test(arguments: [
    Hostile(piece: "a@", expected: 0), Hostile(piece: "a", expected: 0), Hostile(piece: "1", expected: 0),
    Hostile(piece: "1 ", expected: 0), Hostile(piece: "a.a@a.", expected: 0),
    Hostile(piece: "1:", expected: 0),
    Hostile(piece: "a://", expected: 0), Hostile(piece: "sk-", expected: 0),
    Hostile(piece: "eyJ.", expected: 0),
    Hostile(piece: "-----BEGIN PRIVATE KEY-----", expected: 0), Hostile(piece: "Bearer ", expected: 0),
    Hostile(piece: "::", expected: 0), Hostile(piece: "415-", expected: 0), Hostile(piece: "-", expected: 0),
  ])
  func hostileMegabyte(_ item: Hostile) {
    let text = String(repeating: item.piece, count: 1_000_000 / item.piece.utf8.count)
    #expect(found(in: text).count == item.expected)
  }

  @Test func manyDistinctValues() {
    let redactor = Redactor(scanner: PersonalDataScanner())
    redactor.begin()
    let text = (1...20_000).map { "u\($0)@x.com" }.joined(separator: " ")
    let result = redacted(redactor, text)
    #expect(result.hasSuffix("[EMAIL_19999] [EMAIL_20000]"))
    #expect(redactor.counts.map(\.count) == [20_000])
  }
}

/// Recall on the labelled sample of Presidio's research set: a place counts as found if a match of the kind
/// covers it.
@Suite struct PresidioTests {
  static let file: URL = {
    let folder =
      ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"]
      ?? URL(filePath: #filePath).appending(path: "../../../../shared/data").standardized.path
    return URL(filePath: folder).appending(path: "presidio/generated_small.json")
  }()
  static let isThere = FileManager.default.fileExists(atPath: file.path)

  private struct Sample: Decodable {
    struct Span: Decodable {
      let entity_type: String
      let start_position: Int
      let end_position: Int
    }
    let full_text: String
    let spans: [Span]
  }

  /// Measured: all cards, addresses and e-mails; the sample has no IBAN.
  ///
  /// Of ten telephone numbers six: the four missed, (96) 627-277, 041-412-293, 21 212 133 2727 and 69 987 88
  /// 37, are local groupings without country code or trunk zero, or nine digits that could as well be an
  /// order number.
  @Test(.enabled(if: isThere, "shared data is absent"))
  func recall() throws {
    let samples = try JSONDecoder().decode([Sample].self, from: Data(contentsOf: Self.file))
    #expect(samples.count == 100)
    let kinds: [String: PersonalDataKind] = [
      "CREDIT_CARD": .card, "IBAN_CODE": .iban, "EMAIL_ADDRESS": .email, "IP_ADDRESS": .ip,
      "PHONE_NUMBER": .phone,
    ]
    var total: [PersonalDataKind: Int] = [:]
    var hits: [PersonalDataKind: Int] = [:]
    var extra: [PersonalDataKind: Int] = [:]
    let scanner = PersonalDataScanner()
    for sample in samples {
      var matches: [(kind: PersonalDataKind, range: Range<Int>)] = []
      Array(sample.full_text.utf8).withUnsafeBytes { view in
        scanner.scan(view) { matches.append(($0.kind, $0.offset..<$0.offset + $0.length)) }
      }
      let scalars = Array(sample.full_text.unicodeScalars)
      func byte(_ scalar: Int) -> Int { scalars[..<scalar].reduce(0) { $0 + $1.utf8.count } }
      var labelled = Set<Int>()
      for span in sample.spans {
        guard let kind = kinds[span.entity_type] else { continue }
        total[kind, default: 0] += 1
        let range = byte(span.start_position)..<byte(span.end_position)
        if let index = matches.firstIndex(where: {
          $0.kind == kind && $0.range.lowerBound <= range.lowerBound
            && $0.range.upperBound >= range.upperBound
        }) {
          hits[kind, default: 0] += 1
          labelled.insert(index)
        }
      }
      for index in matches.indices where !labelled.contains(index) {
        extra[matches[index].kind, default: 0] += 1
      }
    }
    for kind in PersonalDataKind.allCases {
      let figures = (hits[kind, default: 0], total[kind, default: 0], extra[kind, default: 0])
      print("presidio \(kind.rawValue): \(figures.0) of \(figures.1), beyond the labels \(figures.2)")
    }
    #expect(total == [.card: 10, .email: 2, .ip: 2, .phone: 10])
    #expect(hits[.card, default: 0] == 10)
    #expect(hits[.email, default: 0] == 2)
    #expect(hits[.ip, default: 0] == 2)
    #expect(hits[.phone, default: 0] >= 6)
  }
}
