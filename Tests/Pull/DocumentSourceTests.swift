import Bytes
import Foundation
import Testing
import Text

@testable import Pull

/// Bytes in memory, handed out at most `step` at a time.
final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private let step: Int
  private(set) var position = 0

  init(_ bytes: [UInt8], step: Int = .max) {
    self.bytes = bytes
    self.step = step
  }

  func read(into target: UnsafeMutableRawPointer, count: Int) throws(InputError) -> Int {
    let got = min(count, step, bytes.count - position)
    for place in 0..<max(got, 0) {
      target.storeBytes(of: bytes[position + place], toByteOffset: place, as: UInt8.self)
    }
    position += max(got, 0)
    return max(got, 0)
  }

  func skip(to offset: Int) throws(InputError) -> Bool {
    guard offset <= bytes.count else { return false }
    position = offset
    return true
  }
}

extension ByteSource {
  /// All that is left, read `count` bytes at a time.
  func rest(by count: Int) throws(InputError) -> [UInt8] {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    defer { room.deallocate() }
    guard let base = room.baseAddress else { return [] }
    var all: [UInt8] = []
    while true {
      let before = position
      let got = try read(into: base, count: count)
      #expect(position == before + got)
      if got == 0 { return all }
      all += room[..<got]
    }
  }
}

@Suite("document source")
struct DocumentSourceTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    let text: String
    /// The output with `.` for the spaces and `>` for the newlines that came of other bytes.
    let output: String

    init(_ name: String, _ text: String, _ output: String) {
      self.name = name
      self.text = text
      self.output = output
    }

    var testDescription: String { name }
  }

  static let cases = [
    Case("empty", "", ""),
    Case("lines", "{\"a\":1}\n{\"b\":[2,\n", "{\"a\":1}\n{\"b\":[2,\n"),
    Case("lines-crlf", "{\"a\":1}\r\n{\"b\":2}\r\n", "{\"a\":1}\r\n{\"b\":2}\r\n"),
    Case("lines-bom", "\u{FEFF}{\"a\":1}\n{\"b\"\n:2}\n", "\u{FEFF}{\"a\":1}\n{\"b\"\n:2}\n"),
    Case("lines-bad-first", "{\"a\":\n{\"b\":2}\n{\"c\":3}\n", "{\"a\": {\"b\":2}\n{\"c\":3}\n"),
    Case("other-text", "a,b\n[1,2]\n\"{\n\"\n", "a,b\n[1,2]\n\"{\n\"\n"),
    Case("one", "{\"a\":{\"b\":[1,2]}}", "{\"a\":{\"b\":[1,2]}}"),
    Case("pretty", "{\n  \"a\": [\n    1\n  ]\n}\n", "{   \"a\": [     1   ] }\n"),
    Case("pretty-crlf", "{\r\n\"a\":1\r\n}\r\n{\r\n}", "{\r \"a\":1\r }\n\n{\r }"),
    Case("behind-each-other", "{\n}\n{\n}\n", "{ }\n{ }\n"),
    Case("with-a-space", "{\"a\":1} {\"b\":2}\t {\"c\":3}\n", "{\"a\":1}\n{\"b\":2}\n {\"c\":3}\n"),
    Case("touching", "{\n}{\n}\n", "{ }{ }\n"),
    Case("array", "[{\"a\":1},{\"b\":[2,3]}]", " {\"a\":1}\n{\"b\":[2,3]}\n"),
    Case("array-pretty", "[\n  {\n    \"a\": 1\n  },\n  {}\n]\n", " \n  {     \"a\": 1   }\n\n  {}\n\n\n"),
    Case("array-of-others", "[1, \"x,]\", [2,\n3], null]", " 1\n \"x,]\"\n [2, 3]\n null\n"),
    Case("array-empty", "[]\n", " \n\n"),
    Case("arrays", "[{\"a\":1},{\"b\":2}]\n[{\"c\":3}]\n", " {\"a\":1}\n{\"b\":2}\n\n {\"c\":3}\n\n"),
    Case(
      "strings", #"{"a":"}{\"\\",\#n"b":"\\\"[,"}"# + "\n{\n}", #"{"a":"}{\"\\", "b":"\\\"[,"}"# + "\n{ }"),
    Case("unicode", "[{\"ä\":\"日本,]\"},\n{}]", " {\"ä\":\"日本,]\"}\n\n{}\n"),
    Case("cut", "[{\"a\":1},{\"b\":", " {\"a\":1}\n{\"b\":"),
    Case("cut-in-string", "{\n\"a\":\"b\\", "{ \"a\":\"b\\"),
    Case("cut-then-new", "{\n\"a\":1\n{\n\"b\":2}\n", "{ \"a\":1\n{ \"b\":2}\n"),
    Case("cut-string-then-new", "{\"a\":\"x\n{\"b\":\"y\"}\n{\n}", "{\"a\":\"x\n{\"b\":\"y\"}\n{ }"),
    Case("cut-escape-then-new", "{\"a\":\"x\\\n{\"b\":\"y\"}\n{\n}", "{\"a\":\"x\\\n{\"b\":\"y\"}\n{ }"),
    Case("newline-in-string", "{\n\"a\":\"x\ny\"}\n", "{ \"a\":\"x\ty\"}\n"),
    Case("value-on-a-new-line", "{\"a\":\n{\"b\":[\n{},\n{}]}}\n", "{\"a\": {\"b\":[ {}, {}]}}\n"),
    Case("too-many-ends", "{\n}}]\n{\n}\n", "{ }}]\n{ }\n"),
  ]

  @Test("each form of file becomes lines, however it is read", arguments: cases)
  func forms(_ item: Case) throws {
    for (step, count) in [(Int.max, 1 << 16), (.max, 1), (1, 64), (2, 3), (3, 7), (5, 64), (.max, 9)] {
      let bytes = try DocumentSource(MemorySource(Array(item.text.utf8), step: step)).rest(by: count)
      #expect(bytes.count == item.text.utf8.count)
      #expect(String(decoding: bytes, as: UTF8.self) == item.output, "\(step) \(count)")
    }
    for offset in 0...item.output.utf8.count {
      let source = DocumentSource(MemorySource(Array(item.text.utf8)))
      #expect(try source.skip(to: offset))
      #expect(source.position == offset)
      #expect(try source.rest(by: 4) == Array(item.output.utf8.dropFirst(offset)))
      #expect(try !source.skip(to: item.output.utf8.count + 1))
    }
  }

  /// A JSON value of random shape, its white space chosen by `gap`.
  static func value(_ random: inout SplitMix, depth: Int, gap: (inout SplitMix) -> String) -> String {
    let scalars = ["1", "-2.5e3", "null", "true", #""""#, #""a\"b\\""#, #""}],{[\n\u0022""#, #""日 ,""#]
    guard depth > 0, Int.random(in: 0..<4, using: &random) > 0 else {
      return scalars[Int.random(in: 0..<scalars.count, using: &random)]
    }
    let items = (0..<Int.random(in: 0...4, using: &random)).map { number in
      gap(&random) + (depth % 2 == 0 ? "" : "\"k\(number)\"" + gap(&random) + ":" + gap(&random))
        + value(&random, depth: depth - 1, gap: gap) + gap(&random)
    }
    let body = items.isEmpty ? gap(&random) : items.joined(separator: ",")
    return depth % 2 == 0 ? "[\(body)]" : "{\(body)}"
  }

  @Test("random documents keep their number, order and content", arguments: 1...40)
  func randomDocuments(_ seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let gap: (inout SplitMix) -> String = { random in
      ["", "", " ", "\n", "\r\n", "\n\t "][Int.random(in: 0..<6, using: &random)]
    }
    // The first one must show that it is no line.
    let documents =
      ["{\n}"]
      + (0..<30).map { _ in
        let value = Self.value(&random, depth: 5, gap: gap)
        return value.hasPrefix("{") ? value : "{\"v\":\(value)\n}"
      }
    let isArray = seed % 2 == 0
    let text =
      isArray
      ? "[" + documents.map { gap(&random) + $0 + gap(&random) }.joined(separator: ",") + "]"
      : documents.joined(separator: "\n")
    let output = try DocumentSource(MemorySource(Array(text.utf8), step: 1 + seed % 50)).rest(by: 37)
    let parser = JSONParser(maximumLength: 1 << 16)
    func canonical(_ text: some Sequence<UInt8>) throws -> String {
      try Array(text).withUnsafeBytes { bytes in
        try parser.parse(bytes) { (value: JSONValue) -> String in
          let out = ByteBuffer()
          var writer = JSONWriter(out)
          writer.canonical(value)
          return String(decoding: out.bytes, as: UTF8.self)
        }
      }
    }
    let lines = try output.split(separator: 0x0A).filter { $0.contains { $0 > 0x20 } }.map {
      try canonical($0)
    }
    #expect(lines == (try documents.map { try canonical($0.utf8) }))
    #expect(output.count == text.utf8.count)
  }
}
