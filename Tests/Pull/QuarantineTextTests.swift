import Bytes
import Catalog
import Records
import Testing
import Text

@testable import Pull

@Suite("Text in quarantine") struct QuarantineTextTests {
  private func text(_ line: String, _ source: SourceDefinition = .chat()) -> String {
    text(Array(line.utf8), source)
  }

  private func text(_ line: [UInt8], _ source: SourceDefinition = .chat()) -> String {
    line.withUnsafeBytes { QuarantineText(source: source).text(of: $0) }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let line: String
    let text: String
    var testDescription: String { line }
  }

  @Test(
    "escapes hide nothing",
    arguments: [
      Case(line: #"{"a":"plain""#, text: #"{"a":"plain""#),
      Case(line: #"{"a":"ann@example.com""#, text: #"{"a":"[EMAIL_1]""#),
      Case(line: #"{"a":"ann\u0040example.com""#, text: #"{"a":"[EMAIL_1]""#),
      Case(line: #"{"a":"\u0061nn\u0040example\u002Ecom""#, text: #"{"a":"[EMAIL_1]""#),
      Case(line: #"{"a":"{\"b\":\"ann\\u0040example.com\"}""#, text: #"{"a":"{\"b\":\"[EMAIL_1]\"}""#),
      Case(
        line: #"{"a":"postgres:\/\/ann:s3cretword@db.example.com\/x""#,
        text: #"{"a":"postgres://[SECRET_1]@db.example.com/x""#),
      Case(line: #"{"a":"card:\n4111 1111 1111 1111""#, text: "{\"a\":\"card:\n[CARD_1]\""),
      Case(line: #"{"a":"x\tDE89 3704 0044 0532 0130 00""#, text: "{\"a\":\"x\t[IBAN_1]\""),
      Case(line: #"{"a":"C:\\new\\u""#, text: #"{"a":"C:\\new\\u""#),
      Case(
        line: #"{"a":"\u0022 \u005c \u00e9 \u0007 \u004"#, text: #"{"a":"\u0022 \u005c \u00e9 \u0007 \u004"#),
      Case(line: #"{"a":"\u+041"#, text: #"{"a":"\u+041"#),
      Case(line: #"{"a":"ends in \"#, text: #"{"a":"ends in \"#),
    ])
  func escapes(_ item: Case) { #expect(text(item.line) == item.text) }

  @Test(
    "the user's id is masked, whatever its type and wherever it ends",
    arguments: [
      Case(line: #"{"user":"ann","x":1"#, text: #"{"user":"[USER]","x":1"#),
      Case(line: "{\"user\" :\t\"ann\" ,\"x\":1", text: "{\"user\" :\t\"[USER]\" ,\"x\":1"),
      Case(line: #"{"user":"a\"nn\\","x":1"#, text: #"{"user":"[USER]","x":1"#),
      Case(line: #"{"\u0075ser":"ann","x":1"#, text: #"{"user":"[USER]","x":1"#),
      Case(line: #"{"user":17,"x":1"#, text: #"{"user":"[USER]","x":1"#),
      Case(line: #"[{"user":17],"x":1"#, text: #"[{"user":"[USER]"],"x":1"#),
      Case(line: #"{"user":17}x"#, text: #"{"user":"[USER]"}x"#),
      Case(line: #"{"user":{"name":"Ann }","of":["a","b"]},"x":1"#, text: #"{"user":"[USER]","x":1"#),
      Case(line: #"{"user":["ann",{"b":"c"}],"x":1"#, text: #"{"user":"[USER]","x":1"#),
      Case(line: #"{"user":"ann never ends"#, text: #"{"user":"[USER]""#),
      Case(line: #"{"user":{"name":"Ann","#, text: #"{"user":"[USER]""#),
      Case(line: #"{"user":"#, text: #"{"user":"[USER]""#),
      Case(line: #"{"user""#, text: #"{"user""#),
      Case(line: #"{"a":{"user":"ann"},"user":"bob""#, text: #"{"a":{"user":"[USER]"},"user":"[USER]""#),
      Case(
        line: #"{"users":"ann","the user":"ann","x":"user""#,
        text: #"{"users":"ann","the user":"ann","x":"user""#),
    ])
  func user(_ item: Case) { #expect(text(item.line) == item.text) }

  @Test("every part of the mapping has its user field")
  func everyPart() throws {
    let line = #"{"user":"ann","author":"ann"} nonsense"#
    #expect(text(line, .feedback()) == #"{"user":"[USER]","author":"ann"} nonsense"#)
    var source = SourceDefinition(name: "oa", path: "")
    var tree = TreeMapping(
      root: try #require(FieldPath("r")), replies: try #require(FieldPath("c")), id: FieldRule("id"),
      text: FieldRule("t"), role: FieldRule("role"), time: FieldRule("time"))
    tree.user = FieldRule("meta.author")
    source.tree = tree
    #expect(text(line, source) == #"{"user":"ann","author":"[USER]"} nonsense"#)
    #expect(text(line, SourceDefinition(name: "none", path: "")) == line)
  }

  @Test func bytesThatAreNotUTF8() {
    #expect(text([0x7B, 0xFF, 0x22, 0xC3, 0x28, 0xE2, 0x82]) == "{\u{FFFD}\"\u{FFFD}(\u{FFFD}")
    #expect(text([]) == "")
  }

  @Test("64 KiB are kept at most, and no half of an address at the end")
  func cap() {
    let limit = 64 << 10
    #expect(text(String(repeating: "x", count: limit)).utf8.count == limit)
    #expect(text(String(repeating: "x", count: limit + 1)).utf8.count == limit)
    #expect(text([UInt8](repeating: 0xFF, count: limit)).utf8.count <= limit)
    // Of two bytes each, behind one: the limit falls into a character.
    #expect(text("x" + String(repeating: "é", count: limit)).utf8.count == limit - 1)
    for before in [limit - 30, limit - 15, limit - 8, limit - 1, limit, limit + (4 << 10) - 8] {
      for length in [0, 10, 100_000] {
        let line =
          String(repeating: "x ", count: before / 2) + "ann@example.com "
          + String(repeating: "y ", count: length)
        let kept = text(line)
        #expect(!kept.contains("ann"), "\(before) \(length)")
        #expect(kept.utf8.count <= limit)
      }
    }
  }

  @Test func redactsWhatTheSourceAsksFor() {
    var source = SourceDefinition.chat()
    source.redact = []
    #expect(
      text(#"{"a":"ann@example.com","user":"ann""#, source) == #"{"a":"ann@example.com","user":"[USER]""#)
  }

  @Test("the record of a line says where it was and what is left of it")
  func record() throws {
    let mapped = try Mapped("{\"user\":\"ann\",\"a\":\"ann@example.com\n\n{}\n")
    let lines = try mapped.lines(.quarantine)
    #expect(
      lines == [
        #"{"digest":"\#(ContentHash.of(#"{"user":"ann","a":"ann@example.com"#))","file":"log.jsonl","length":34,"offset":100,"reason":"cut-short","source":"chat","text":"{\"user\":\"[USER]\",\"a\":\"[EMAIL_1]"}"#,
        #"{"digest":"\#(ContentHash.of("{}"))","file":"log.jsonl","length":2,"offset":136,"reason":"no-id","source":"chat","text":"{}"}"#,
      ])
    #expect(try lines.map(canonical) == lines)
    #expect(mapped.result.parts.map(\.table) == [.quarantine])
    #expect(mapped.result.parts.map(\.day) == ["2026-11-22"])
    #expect(mapped.result.quarantine.map(\.byteOffset) == [100, 136])
  }

  @Test func everyLineOfAFaultyChunk() throws {
    let mapped = try Mapped("{\"id\":\n", fault: "unfinished-line")
    #expect(mapped.reasons == ["unfinished-line"])
    #expect(mapped.result.interactions.isEmpty)
  }
}
