import Bytes
import Testing
import Text

@Suite struct RecogniserAnswerTests {
  private static func read(_ json: String, for text: String, threshold: Double = 0.5) throws
    -> RecogniserAnswer
  {
    try Array(json.utf8).withUnsafeBytes { answer in
      try Array(text.utf8).withUnsafeBytes { text in
        try RecogniserAnswer(answer, for: text, threshold: threshold)
      }
    }
  }

  private static func entity(_ type: String, _ start: String, _ end: String, _ score: String = "0.85")
    -> String
  {
    #"{"entity_type":"\#(type)","start":\#(start),"end":\#(end),"score":\#(score),"analysis_explanation":null}"#
  }

  private static func places(_ answer: RecogniserAnswer, _ text: String) -> [String] {
    let bytes = Array(text.utf8)
    return answer.matches.map { match in
      let place = bytes[match.offset..<match.offset + match.length]
      return "\(match.kind.rawValue):\(String(decoding: place, as: UTF8.self))"
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let entities: [String]
    let expected: [String]
    var ignored = 0
    var testDescription: String { entities.joined() }
  }

  @Test(arguments: [
    Case(
      text: "Anna lives in Ulm", entities: [entity("PERSON", "0", "4"), entity("LOCATION", "14", "17")],
      expected: ["PERSON:Anna", "ADDRESS:Ulm"]),
    // Code points are not bytes: ä has two, 中 three, 😀 four.
    Case(text: "ä😀中 Jörg ist da", entities: [entity("PERSON", "4", "8")], expected: ["PERSON:Jörg"]),
    Case(text: "in Köln", entities: [entity("STREET_ADDRESS", "3", "7")], expected: ["ADDRESS:Köln"]),
    Case(text: "e\u{301}va", entities: [entity("PER", "0", "4")], expected: ["PERSON:e\u{301}va"]),
    // The order is the text's, whatever the answer's.
    Case(
      text: "A B",
      entities: [entity("NAME", "2", "3"), entity("GPE", "0", "1"), entity("ADDRESS", "0", "3")],
      expected: ["ADDRESS:A", "ADDRESS:A B", "PERSON:B"]),
    // Other types are left to the patterns, and weak ones out.
    Case(
      text: "Anna 8.8.8.8", entities: [entity("IP_ADDRESS", "5", "12"), entity("PERSON", "0", "4", "0.4")],
      expected: []),
    Case(text: "Anna", entities: [entity("PERSON", "0", "4", "1")], expected: ["PERSON:Anna"]),
    Case(text: "Anna", entities: [entity("PERSON", "0", "4", "0.5")], expected: ["PERSON:Anna"]),
    // Nonsense is counted and does nothing.
    Case(
      text: "Anna",
      entities: [entity("PERSON", "0", "5"), entity("PERSON", "-1", "2"), entity("PERSON", "3", "3")],
      expected: [], ignored: 3),
    Case(
      text: "Anna",
      entities: [entity("PERSON", "3", "1"), entity("PERSON", "0.5", "2"), entity("PERSON", "\"0\"", "2")],
      expected: [], ignored: 3),
    Case(
      text: "Anna",
      entities: [
        entity("PERSON", "0", "9223372036854775807"), entity("PERSON", "0", "4", "7"),
        entity("PERSON", "0", "4", "null"),
      ], expected: [], ignored: 3),
    Case(
      text: "Anna", entities: [#"{"entity_type":"PERSON"}"#, #"{"entity_type":7,"start":0,"end":1}"#, "{}"],
      expected: [], ignored: 1),
    Case(text: "", entities: [entity("PERSON", "0", "1")], expected: [], ignored: 1),
    Case(text: "Anna", entities: [], expected: []),
  ])
  func reads(_ item: Case) throws {
    let answer = try Self.read("[" + item.entities.joined(separator: ",") + "]", for: item.text)
    #expect(Self.places(answer, item.text) == item.expected)
    #expect(answer.ignored == item.ignored)
  }

  @Test(arguments: [
    ("", RecogniserAnswer.Fault.notJSON(.empty)), ("[", .notJSON(.malformed)), ("{}", .notEntities),
    ("[1]", .notEntities),
    ("[[]]", .notEntities), ("\"x\"", .notEntities), ("null", .notEntities),
    (#"{"error":"down"}"#, .notEntities),
  ])
  func refuses(_ json: String, _ expected: RecogniserAnswer.Fault) {
    #expect(throws: expected) { try Self.read(json, for: "Anna") }
  }

  @Test func refusesTextThatIsNotUTF8() {
    let bytes: [UInt8] = [0x41, 0xFF, 0x42]
    #expect(throws: RecogniserAnswer.Fault.textNotUTF8) {
      try Array("[]".utf8).withUnsafeBytes { answer in
        try bytes.withUnsafeBytes { try RecogniserAnswer(answer, for: $0) }
      }
    }
  }

  @Test func manyEntitiesTakeOnePass() throws {
    let text = String(repeating: "äb ", count: 50_000)
    let entities = (0..<50_000).map { Self.entity("PERSON", "\($0 * 3)", "\($0 * 3 + 2)") }
    let answer = try Self.read("[" + entities.joined(separator: ",") + "]", for: text)
    #expect(answer.matches.count == 50_000)
    #expect(answer.matches.last == PersonalDataMatch(kind: .person, offset: 49_999 * 4, length: 3))
  }

  @Test func request() throws {
    let out = ByteBuffer()
    Array("Größe \"x\"\n".utf8).withUnsafeBytes {
      RecogniserAnswer.writeRequest(text: $0, language: "de", to: out)
    }
    #expect(
      String(decoding: out.bytes, as: UTF8.self)
        == #"{"text":"Größe \"x\"\n","language":"de","entities":["PERSON","LOCATION"],"score_threshold":0.5}"#
    )
    out.removeAll()
    Array("x".utf8).withUnsafeBytes {
      RecogniserAnswer.writeRequest(text: $0, entities: [], threshold: 0, to: out)
    }
    #expect(
      String(decoding: out.bytes, as: UTF8.self) == #"{"text":"x","language":"en","score_threshold":0}"#)
  }
}
