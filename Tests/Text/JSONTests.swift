import Bytes
import Testing
import Text

@Suite struct JSONTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let input: String
    let expected: String
    var testDescription: String { id }
  }

  @Test(arguments: [
    Case(
      id: "sorted keys", input: #"{"b":1,"a":[true,null,"x"]}"#, expected: #"{"a":[true,null,"x"],"b":1}"#),
    Case(id: "last of equal keys", input: #"{"a":1,"b":0,"a":2}"#, expected: #"{"a":2,"b":0}"#),
    Case(
      id: "escapes", input: #"{"t":"\u0041\u000f\n\u20ac\/\"\\ \u0000 \ud83d\ude00"}"#,
      expected: "{\"t\":\"A\\u000f\\n€/\\\"\\\\ \\u0000 😀\"}"),
    // The number samples of RFC 8785, appendix B.
    Case(
      id: "numbers",
      input:
        "[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001, -0.0, 9007199254740994, 1e21, 1e-7, 1.2345678901234568e20, 0.000001]",
      expected:
        "[333333333.3333333,1e+30,4.5,0.002,1e-27,0,9007199254740994,1e+21,1e-7,123456789012345680000,0.000001]"
    ),
    Case(
      id: "UTF-16 order of keys", input: "{\"\u{FB33}\":1,\"\u{1F600}\":2,\"\u{20AC}\":3,\"\\r\":4,\"1\":5}",
      expected: "{\"\\r\":4,\"1\":5,\"\u{20AC}\":3,\"\u{1F600}\":2,\"\u{FB33}\":1}"),
  ])
  func canonical(_ item: Case) throws {
    let parser = JSONParser()
    let out = ByteBuffer()
    try parser.parse(item.input) { value in
      var writer = JSONWriter(out)
      writer.canonical(value)
    }
    #expect(String(decoding: out.view, as: UTF8.self) == item.expected)
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let id: String
    let bytes: [UInt8]
    let expected: JSONFault
    var testDescription: String { id }

    init(_ id: String, _ text: String, _ expected: JSONFault) {
      self.init(id, Array(text.utf8), expected)
    }

    init(_ id: String, _ bytes: [UInt8], _ expected: JSONFault) {
      self.id = id
      self.bytes = bytes
      self.expected = expected
    }
  }

  @Test(arguments: [
    Fault("invalid UTF-8", [0x22, 0xFF, 0x22], .invalidUTF8),
    Fault("deep", String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000), .tooDeep),
    Fault("no value", #"{"a":}"#, .malformed),
    Fault("open string", #"{"a":"x"#, .cutShort),
    Fault("half a pair", #""\ud800""#, .badString),
    Fault("raw control character", "\"a\nb\"", .badString),
    Fault("integer outside 64 bits", "[123456789012345678901234567890]", .badNumber),
    Fault("white space", "  ", .empty),
    Fault("nothing", "", .empty),
  ])
  func faults(_ fault: Fault) {
    let parser = JSONParser()
    #expect(throws: fault.expected) { try fault.bytes.withUnsafeBytes { try parser.parse($0) { _ in } } }
  }

  @Test func aDocumentOfOneMegabyteAndOneTooLong() throws {
    let parser = JSONParser(maximumLength: 2 << 20)
    let text = "\"" + String(repeating: "a", count: 1 << 20) + "\""
    #expect(try parser.parse(text) { $0.utf8?.count } == 1 << 20)
    #expect(throws: JSONFault.tooLong) {
      try parser.parse("\"" + String(repeating: "a", count: 3 << 20) + "\"") { _ in }
    }
  }

  @Test func lookUp() throws {
    try JSONParser().parse(#"{"a":{"b":[1,2.5,-3]},"n":null,"t":true,"u":18446744073709551615}"#) { value in
      #expect(value["a"]?["b"]?[1]?.double == 2.5)
      #expect(value["a"]?["b"]?[2]?.int64 == -3)
      #expect(value["a"]?["b"]?[3] == nil)
      #expect(value["n"]?.isNull == true)
      #expect(value["t"]?.bool == true)
      #expect(value["u"]?.int64 == nil)
      #expect(value["missing"] == nil)
    }
  }
}
