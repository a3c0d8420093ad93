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

/// Expects places in order, apart and in the bytes; of whole characters, where the bytes are UTF-8.
func expectSoundPlaces(_ scanner: PersonalDataScanner, in bytes: [UInt8], valid: Bool) {
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

  /// Names, places and anything else that was found elsewhere, by the overlap rule.
  @Test func addedMatches() {
    let redactor = Redactor()
    func redacted(_ text: String, _ matches: [PersonalDataMatch]) -> String {
      Array(text.utf8).withUnsafeBytes {
        String(decoding: redactor.redacted($0, adding: matches), as: UTF8.self)
      }
    }
    func match(_ kind: PersonalDataKind, _ offset: Int, _ length: Int) -> PersonalDataMatch {
      PersonalDataMatch(kind: kind, offset: offset, length: length)
    }
    redactor.begin()
    #expect(
      redacted("Jörg Weiß, jw@x.com, Ulm", [match(.address, 23, 3), match(.person, 0, 11)])
        == "[PERSON_1], [EMAIL_1], [ADDRESS_1]")
    #expect(redacted("JöRG  weiß", [match(.person, 0, 12)]) == "[PERSON_1]")
    #expect(redactor.counts.map(\.kind) == [.email, .person, .address])
    // The patterns lose nothing, and of a name that a pattern runs into the rest is marked.
    redactor.begin()
    #expect(redacted("a@b.com Ann", [match(.person, 2, 9)]) == "[EMAIL_1][PERSON_1]")
    #expect(redacted("12 Elm St 8.8.8.8", [match(.address, 0, 17)]) == "[ADDRESS_1]")
    // What is not in the text, or cuts a character, is left out; without the rest it is as if none were
    // added.
    redactor.begin()
    let wrong = [
      match(.person, -1, 3), match(.person, 0, 99), match(.person, 99, 1), match(.person, 0, 0),
      match(.person, 2, 2),
      match(.person, 0, 2), match(.person, Int.max, Int.max), match(.person, 1, Int.max),
    ]
    #expect(redacted("Jörg", wrong) == "Jörg")
    #expect(redacted("Jörg a@b.com", wrong) == "Jörg [EMAIL_1]")
    #expect(redacted("", [match(.person, 0, 1)]) == "")
  }

  /// A record's marks depend on that record alone: not on what was redacted before, nor on who did it beside.
  @Test func marksDependOnTheRecordAlone() async {
    var numbers = FixedNumbers(state: 99)
    let records = (0..<400).map { _ in
      (0..<1 + numbers.below(20)).map { _ in Self.pieces[numbers.below(Self.pieces.count)] }.joined(
        separator: " ")
    }
    @Sendable func redact(_ indices: [Int]) -> [Int: String] {
      let redactor = Redactor()
      var result: [Int: String] = [:]
      for index in indices {
        redactor.begin()
        result[index] = Array(records[index].utf8).withUnsafeBytes {
          String(decoding: redactor.redacted($0), as: UTF8.self)
        }
      }
      return result
    }
    let forward = redact(Array(records.indices))
    #expect(redact(records.indices.reversed()) == forward)
    for workers in [2, 3, 7] {
      let parts = await withTaskGroup(of: [Int: String].self) { group in
        for worker in 0..<workers {
          group.addTask { redact(records.indices.filter { $0 % workers == worker }) }
        }
        return await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
      }
      #expect(parts == forward)
    }
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
    "x12", "/", "\n", "531-21-7351", "12345678Z", "SSN ", "00:1B:44:11:3A:B7", "001b.4411.3ab7", "password: ",
    "Tr0ub4dor&3",
    "api_key=", "aB3dE6gH9jK2mN5p", "=", "call ", "627-277", "S0000001I", "131052-308T", "756.9217.0769.85",
    "hvs.", "ghp_",
    "AKIAIOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "４１１１", "\u{200B}", "［", "~", "Q~",
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
      expectSoundPlaces(scanner, in: bytes, valid: valid)
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
    Hostile(piece: "=", expected: 0), Hostile(piece: "password=", expected: 1),
    Hostile(piece: "token: ", expected: 0),
    Hostile(piece: "Q~", expected: 0), Hostile(piece: "1Q~", expected: 0),
    Hostile(piece: "hvs.", expected: 0),
    Hostile(piece: "dp.pt.", expected: 0), Hostile(piece: "ghp_", expected: 0),
    Hostile(piece: "glpat-", expected: 0),
    Hostile(piece: "aa:", expected: 0), Hostile(piece: "aa-", expected: 0),
    Hostile(piece: "aabb.", expected: 0),
    Hostile(piece: "123456782 ", expected: 0), Hostile(piece: "ssn ", expected: 0),
    Hostile(piece: "call 12 ", expected: 0),
    Hostile(piece: "a1", expected: 0), Hostile(piece: "AKIA", expected: 0),
    Hostile(piece: "SG.", expected: 0),
    Hostile(piece: "https://hooks.slack.com/", expected: 0), Hostile(piece: "1:AA", expected: 0),
    Hostile(piece: "\u{300}", expected: 0), Hostile(piece: "is a1 ", expected: 0),
    Hostile(piece: "\\", expected: 0),
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

  /// Measured: every place of the patterns' kinds, and nothing beside; the sample has no IBAN.
  ///
  /// The bars: all of cards, e-mails, Internet addresses and Social Security numbers, and 98 of a hundred
  /// finds right.
  @Test(.enabled(if: isThere, "shared data is absent"))
  func recall() throws {
    let samples = try JSONDecoder().decode([Sample].self, from: Data(contentsOf: Self.file))
    #expect(samples.count == 100)
    let kinds: [String: PersonalDataKind] = [
      "CREDIT_CARD": .card, "IBAN_CODE": .iban, "EMAIL_ADDRESS": .email, "IP_ADDRESS": .ip,
      "PHONE_NUMBER": .phone, "US_SSN": .ssn,
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
    #expect(total == [.card: 10, .email: 2, .ip: 2, .phone: 10, .ssn: 3])
    for kind in [PersonalDataKind.card, .email, .ip, .ssn] { #expect(hits[kind] == total[kind]) }
    #expect(hits[.phone, default: 0] >= 10)
    let right = Double(hits.values.reduce(0, +))
    #expect(right / (right + Double(extra.values.reduce(0, +))) >= 0.98)
  }
}
