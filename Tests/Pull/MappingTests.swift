import Bytes
import Catalog
import Lake
import Records
import Testing
import Text

@testable import Pull

@Suite("Mapping of interactions") struct MappingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    /// Members beside `id`, `time`, `input` and `output`, which they replace.
    let row: String
    /// Members of the record beside those of the plainest row.
    let record: String
    var testDescription: String { id }
  }

  /// The record of `row`, which must be canonical already.
  private func record(_ row: String, _ source: SourceDefinition = .chat()) throws -> String {
    let mapped = try Mapped(row + "\n", source)
    #expect(mapped.reasons == [])
    let line = try #require(try mapped.lines(.interactions).first)
    #expect(try canonical(line) == line)
    #expect(mapped.result.interactions.first?.digest == .of(line))
    return line
  }

  private static let plain = #"{"id":"1","time":"2026-11-20T10:00:00Z","input":"Hi","output":"Hello"}"#

  @Test func plainestRow() throws {
    #expect(
      try record(Self.plain)
        == #"{"id":"chat/1","input":[{"content":"Hi","role":"user"}],"output":{"content":"Hello","role":"assistant"},"#
        + #""source":"chat","time":"2026-11-20T10:00:00.000Z"}"#)
  }

  // MARK: Inputs

  private static let user = #"{"content":"Hi","role":"user"}"#
  private static let inputs: [Case] = [
    Case(id: "a string", row: #""Hi""#, record: "[\(user)]"),
    Case(id: "messages", row: #"[{"role":"user","content":"Hi"}]"#, record: "[\(user)]"),
    Case(
      id: "roles by their other names",
      row:
        #"[{"role":"developer","content":"a"},{"role":"HUMAN","content":"b"},{"role":"ai","content":"c"},{"role":"function","content":"d"},{"role":"model","content":"e"}]"#,
      record:
        #"[{"content":"a","role":"system"},{"content":"b","role":"user"},{"content":"c","role":"assistant"},{"content":"d","role":"tool"},{"content":"e","role":"assistant"}]"#
    ),
    Case(
      id: "an object with messages", row: #"{"messages":[{"role":"user","content":"Hi"}]}"#,
      record: "[\(user)]"),
    Case(
      id: "a system beside the messages",
      row: #"{"system":"Be brief.","messages":[{"role":"user","content":"Hi"}]}"#,
      record: #"[{"content":"Be brief.","role":"system"},\#(user)]"#),
    Case(
      id: "a system of blocks",
      row:
        #"{"system":[{"type":"text","text":"Be"},{"type":"text","text":"brief."}],"messages":[{"role":"user","content":"Hi"}]}"#,
      record: #"[{"content":"Be\nbrief.","role":"system"},\#(user)]"#),
    Case(
      id: "LangChain's array of arrays", row: #"[[{"role":"human","content":"Hi"}]]"#, record: "[\(user)]"),
    Case(
      id: "an array of strings", row: #"["Hi","you"]"#, record: #"[\#(user),{"content":"you","role":"user"}]"#
    ),
    Case(id: "one message", row: #"{"role":"user","content":"Hi"}"#, record: "[\(user)]"),
    Case(id: "a question", row: #"{"question":"Hi","k":4}"#, record: "[\(user)]"),
    Case(id: "a prompt before a query", row: #"{"query":"no","prompt":"Hi"}"#, record: "[\(user)]"),
    Case(id: "an input of null before a text", row: #"{"input":null,"text":"Hi"}"#, record: "[\(user)]"),
    Case(
      id: "any other object", row: #"{"topic":"b","about":"a"}"#,
      record: #"[{"content":"{\"about\":\"a\",\"topic\":\"b\"}","role":"user"}]"#),
    Case(
      id: "text parts",
      row:
        #"[{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"input_text","text":"you"},"!"]}]"#,
      record: #"[{"content":"Hi\nyou\n!","role":"user"}]"#),
    Case(
      id: "the gateway's template arguments",
      row: #"{"messages":[{"role":"user","content":[{"type":"text","value":{"topic":"Hi","n":1}}]}]}"#,
      record: #"[{"content":"{\"n\":1,\"topic\":\"Hi\"}","role":"user"}]"#),
    Case(
      id: "arguments of a block",
      row: #"[{"role":"user","content":[{"type":"text","arguments":{"b":1,"a":2}}]}]"#,
      record: #"[{"content":"{\"arguments\":{\"a\":2,\"b\":1},\"type\":\"text\"}","role":"user"}]"#),
    Case(
      id: "content of null", row: #"[{"role":"user","content":null}]"#,
      record: #"[{"content":"","role":"user"}]"#),
    Case(id: "no content", row: #"[{"role":"user"}]"#, record: #"[{"content":"","role":"user"}]"#),
    Case(
      id: "content of a number", row: #"[{"role":"user","content":5.0}]"#,
      record: #"[{"content":"5","role":"user"}]"#),
    Case(
      id: "a name", row: #"[{"role":"user","content":"Hi","name":"bo"}]"#,
      record: #"[{"content":"Hi","name":"bo","role":"user"}]"#),
    Case(
      id: "tool calls and their result",
      row:
        #"[{"role":"user","content":"Hi"},{"role":"assistant","content":null,"tool_calls":[{"type":"function","id":"c1","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c1","content":"3"}]"#,
      record:
        #"[{"content":"Hi","role":"user"},{"content":"","role":"assistant","tool_calls":[{"function":{"arguments":"{\"a\":1}","name":"f"},"id":"c1","type":"function"}]},{"content":"3","role":"tool","tool_call_id":"c1"}]"#
    ),
    Case(
      id: "no tool calls in the list", row: #"[{"role":"user","content":"Hi","tool_calls":[]}]"#,
      record: "[\(user)]"),
    Case(
      id: "escapes and characters of every plane", row: #""\u0000\u001f\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#,
      record: #"[{"content":"\u0000\u001f\"\\/\b\f\n\r\té😀","role":"user"}]"#),
  ]

  @Test("every shape of input becomes messages", arguments: inputs)
  func input(_ item: Case) throws {
    let line = try record(#"{"id":"1","time":"2026-11-20T10:00:00Z","input":\#(item.row),"output":"Hello"}"#)
    #expect(
      line == #"{"id":"chat/1","input":\#(item.record),"output":{"content":"Hello","role":"assistant"},"#
        + #""source":"chat","time":"2026-11-20T10:00:00.000Z"}"#)
  }

  // MARK: Outputs

  private static let outputs: [Case] = [
    Case(id: "a string", row: #""Hello""#, record: #"{"content":"Hello","role":"assistant"}"#),
    Case(id: "none", row: "null", record: #"{"content":"","role":"assistant"}"#),
    Case(
      id: "choices",
      row: #"{"choices":[{"message":{"role":"assistant","content":"Hello"}},{"message":{"content":"No"}}]}"#,
      record: #"{"content":"Hello","role":"assistant"}"#),
    Case(
      id: "choices of a completion", row: #"{"choices":[{"text":"Hello"}]}"#,
      record: #"{"content":"Hello","role":"assistant"}"#),
    Case(
      id: "a message", row: #"{"role":"model","content":"Hello"}"#,
      record: #"{"content":"Hello","role":"assistant"}"#),
    Case(
      id: "a message of blocks", row: #"{"role":"assistant","content":[{"type":"text","text":"Hello"}]}"#,
      record: #"{"content":"Hello","role":"assistant"}"#),
    Case(
      id: "tool calls", row: #"{"content":null,"tool_calls":[{"id":"c1"}]}"#,
      record: #"{"content":"","role":"assistant","tool_calls":[{"id":"c1"}]}"#),
    Case(
      id: "blocks", row: #"[{"type":"text","text":"Hello"},{"type":"text","text":"you"}]"#,
      record: #"{"content":"Hello\nyou","role":"assistant"}"#),
    Case(
      id: "messages, of which the last counts",
      row: #"[{"role":"tool","content":"3"},{"role":"assistant","content":"Hello"}]"#,
      record: #"{"content":"Hello","role":"assistant"}"#),
    Case(
      id: "messages in generations", row: #"[{"message":{"role":"ai","content":"Hello"}}]"#,
      record: #"{"content":"Hello","role":"assistant"}"#),
    Case(id: "an answer", row: #"{"answer":"Hello"}"#, record: #"{"content":"Hello","role":"assistant"}"#),
    Case(
      id: "raw", row: #"{"raw":"Hello","parsed":null}"#, record: #"{"content":"Hello","role":"assistant"}"#),
    Case(
      id: "content of parts", row: #"{"content":[{"text":"Hello"}]}"#,
      record: #"{"content":"Hello","role":"assistant"}"#),
    Case(
      id: "any other object", row: #"{"b":1,"a":[true,null]}"#,
      record: #"{"content":"{\"a\":[true,null],\"b\":1}","role":"assistant"}"#),
    Case(id: "a number", row: "0.5", record: #"{"content":"0.5","role":"assistant"}"#),
    Case(id: "an empty array", row: "[]", record: #"{"content":"","role":"assistant"}"#),
  ]

  @Test("every shape of output becomes a message", arguments: outputs)
  func output(_ item: Case) throws {
    let line = try record(#"{"id":"1","time":"2026-11-20T10:00:00Z","input":"Hi","output":\#(item.row)}"#)
    #expect(
      line == #"{"id":"chat/1","input":[{"content":"Hi","role":"user"}],"output":\#(item.record),"#
        + #""source":"chat","time":"2026-11-20T10:00:00.000Z"}"#)
  }

  @Test func outputFromTheSecondPath() throws {
    let line = try record(
      #"{"id":"1","time":"2026-11-20T10:00:00Z","input":"Hi","output":null,"response":"Hello"}"#)
    #expect(line == (try record(Self.plain)))
  }

  @Test("what is not text becomes a mark, and the record says so")
  func media() throws {
    let line = try record(
      #"{"id":"1","time":"2026-11-20T10:00:00Z","input":[{"role":"user","content":[{"type":"text","text":"See"},"#
        + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],"output":"Hello"}"#)
    #expect(
      line
        == #"{"id":"chat/1","input":[{"content":"See\n[image_url]","media":[{"bytes":3,"sha256":"#
        + #""709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c","type":"image"}],"role":"user"}],"media":true,"#
        + #""output":{"content":"Hello","role":"assistant"},"source":"chat","time":"2026-11-20T10:00:00.000Z"}"#
    )
  }

  // MARK: Other fields

  private static let fields: [Case] = [
    Case(id: "conversation", row: #""session":{"id":"c-1"}"#, record: #""conversation":"c-1""#),
    Case(id: "conversation of a number", row: #""session":{"id":17}"#, record: #""conversation":"17""#),
    Case(id: "conversation of no characters", row: #""session":{"id":""}"#, record: ""),
    Case(id: "conversation of null", row: #""session":{"id":null}"#, record: ""),
    Case(id: "parent of no characters", row: #""parent":"""#, record: ""),
    Case(
      id: "app, model, prompt, finish", row: #""app":"a","model":"m","prompt":"p/3","finish":"stop""#,
      record: #""app":"a","finish":"stop","model":"m","prompt":"p/3""#),
    Case(
      id: "control characters in short fields", row: #""app":"a\u001b[31m\nb""#, record: #""app":"a[31mb""#),
    Case(id: "cost", row: #""cost":0.0012"#, record: #""cost":0.0012"#),
    Case(id: "cost as text", row: #""cost":"1.5e-3""#, record: #""cost":0.0015"#),
    Case(id: "cost that is no number", row: #""cost":"free""#, record: ""),
    Case(id: "latency is scaled", row: #""ms":1250"#, record: #""latency":1.25"#),
    Case(id: "latency as text", row: #""ms":"1250""#, record: #""latency":1.25"#),
    Case(id: "tokens", row: #""usage":{"in":21,"out":9}"#, record: #""tokens":{"input":21,"output":9}"#),
    Case(id: "tokens of one side, as text", row: #""usage":{"out":"9"}"#, record: #""tokens":{"output":9}"#),
    Case(
      id: "metadata under the last names, sorted", row: #""tags":["b","a"],"extra":{"lang":"de","no":1}"#,
      record: #""metadata":{"lang":"de","tags":["b","a"]}"#),
    Case(
      id: "metadata of every type", row: #""people":{"b":[1,2.50,-0.0,1e30,true,null],"a":{}}"#,
      record: #""metadata":{"people":{"a":{},"b":[1,2.5,0,1e+30,true,null]}}"#),
    Case(
      id: "a user becomes a pseudonym", row: #""user":"u-1""#, record: #""user":"u-23e02e562908e3dc9d17""#),
    Case(id: "a user of no characters", row: #""user":"""#, record: ""),
    Case(id: "of equal keys the last counts", row: #""app":"a","app":"b""#, record: #""app":"b""#),
    Case(id: "a stamp is no part of the record", row: #""updated":"2026-11-21T00:00:00Z""#, record: ""),
  ]

  @Test("every field", arguments: fields)
  func field(_ item: Case) throws {
    let line = try record(
      #"{"id":"1","time":"2026-11-20T10:00:00Z","input":"Hi","output":"Hello",\#(item.row)}"#)
    let members =
      #""id":"chat/1","input":[{"content":"Hi","role":"user"}],"output":{"content":"Hello","role":"assistant"},"#
      + #""source":"chat","time":"2026-11-20T10:00:00.000Z""#
    #expect(try line == canonical("{\(item.record.isEmpty ? "" : item.record + ",")\(members)}"))
  }

  @Test(
    "every form of time",
    arguments: [
      (#""2026-11-20T10:00:00Z""#, "2026-11-20T10:00:00.000Z"),
      (#""2026-11-20T10:00:00.123456789+02:00""#, "2026-11-20T08:00:00.123Z"),
      (#""2026-11-20 10:00:00.5""#, "2026-11-20T10:00:00.500Z"),
      (#""2026-11-20""#, "2026-11-20T00:00:00.000Z"),
      ("1795168800", "2026-11-20T10:00:00.000Z"), ("1795168800.25", "2026-11-20T10:00:00.250Z"),
      ("1795168800250", "2026-11-20T10:00:00.250Z"), ("1795168800250000", "2026-11-20T10:00:00.250Z"),
      ("1795168800250000000", "2026-11-20T10:00:00.250Z"), (#""1795168800""#, "2026-11-20T10:00:00.000Z"),
      (#""1795168800250""#, "2026-11-20T10:00:00.250Z"),
    ])
  func time(_ text: String, _ expected: String) throws {
    let mapped = try Mapped(#"{"id":"1","time":\#(text),"input":"Hi","output":"Hello"}"# + "\n")
    #expect(mapped.result.interactions.map(\.time.description) == [expected])
    #expect(mapped.result.parts.map(\.day) == [String(expected.prefix(10))])
  }

  @Test("the catalog's row says what the record says")
  func row() throws {
    let mapped = try Mapped(
      #"{"id":"1","time":"2026-11-20T10:00:00Z","updated":"2026-11-21T00:00:00Z","input":[{"role":"system","content":"é"},"#
        + #"{"role":"user","content":"Hi 😀"},{"role":"assistant","content":"x"},{"role":"user","content":"y"}],"output":"Hellö","#
        + #""session":{"id":"c"},"parent":"0","user":"u-1","app":"a","model":"m","prompt":"p","finish":"stop","#
        + #""usage":{"in":1,"out":2},"cost":0.5,"ms":10,"tags":["t"]}"# + "\n")
    let row = try #require(mapped.result.interactions.first)
    #expect(
      [row.id, row.conversation, row.parent, row.app, row.model, row.prompt, row.finish, row.metadata]
        == ["chat/1", "c", "chat/0", "a", "m", "p", "stop", #"{"tags":["t"]}"#])
    #expect(row.user == "u-23e02e562908e3dc9d17")
    #expect(row.stamp.description == "2026-11-21T00:00:00.000Z")
    #expect([row.inputCharacters, row.outputCharacters, row.turns] as [Int] == [7, 5, 2])
    #expect([row.tokensIn, row.tokensOut] == [1, 2])
    #expect([row.cost, row.latency] == [0.5, 0.01])
    let bare = try #require(try Mapped(Self.plain + "\n").result.interactions.first)
    #expect(bare.conversation == "chat/1")
    #expect(bare.stamp == bare.time)
    #expect([bare.parent, bare.user, bare.app, bare.metadata] == [nil, nil, nil, nil])
  }

  @Test("content is the same whatever the shape, the case and the white space; another role is another input")
  func hashes() throws {
    func hashes(_ input: String, _ output: String) throws -> [ContentHash] {
      let mapped = try Mapped(#"{"id":"1","time":0,"input":\#(input),"output":\#(output)}"# + "\n")
      let row = try #require(mapped.result.interactions.first)
      return [row.inputHash, row.contentHash]
    }
    let plain = try hashes(#""Hi you""#, #""Hello""#)
    #expect(
      try hashes(#"[{"role":"user","content":" hi \n YOU"}]"#, #"{"choices":[{"text":"HELLO "}]}"#) == plain)
    #expect(try hashes(#""Hi you""#, #""Hello!""#)[0] == plain[0])
    #expect(try hashes(#""Hi you""#, #""Hello!""#)[1] != plain[1])
    #expect(try hashes(#"[{"role":"system","content":"Hi you"}]"#, #""Hello""#)[0] != plain[0])
    #expect(try hashes(#"["Hi","you"]"#, #""Hello""#)[0] != plain[0])
    let calls = try hashes(#""Hi you""#, #"{"content":"Hello","tool_calls":[{"id":"a"}]}"#)
    #expect(calls[0] == plain[0] && calls[1] != plain[1])
  }

  // MARK: Faults

  @Test(
    "every row that is not a record says why",
    arguments: [
      (#"[1]"#, "not-an-object"), (#""text""#, "not-an-object"), ("17", "not-an-object"),
      (#"{"time":0,"input":"Hi"}"#, "no-id"), (#"{"id":"","time":0,"input":"Hi"}"#, "no-id"),
      (#"{"id":null,"time":0,"input":"Hi"}"#, "no-id"), (#"{"id":{},"time":0,"input":"Hi"}"#, "no-id"),
      (#"{"id":"a\u0000b","time":0,"input":"Hi"}"#, "bad-id"),
      (#"{"id":"a\nb","time":0,"input":"Hi"}"#, "bad-id"),
      (#"{"id":"\#(String(repeating: "x", count: 513))","time":0,"input":"Hi"}"#, "bad-id"),
      (#"{"id":"1","time":0,"input":"Hi","session":{"id":"\u007f"}}"#, "bad-id"),
      (#"{"id":"1","input":"Hi"}"#, "no-time"), (#"{"id":"1","time":null,"input":"Hi"}"#, "no-time"),
      (#"{"id":"1","time":"soon","input":"Hi"}"#, "bad-time"),
      (#"{"id":"1","time":"","input":"Hi"}"#, "bad-time"),
      (#"{"id":"1","time":true,"input":"Hi"}"#, "bad-time"),
      (#"{"id":"1","time":-5,"input":"Hi"}"#, "bad-time"),
      (#"{"id":"1","time":"9999-12-31T23:59:59-01:00","input":"Hi"}"#, "bad-time"),
      (#"{"id":"1","time":0,"input":"Hi","updated":"soon"}"#, "bad-time"),
      (#"{"id":"1","time":0}"#, "no-input"), (#"{"id":"1","time":0,"input":[]}"#, "no-input"),
      (#"{"id":"1","time":0,"input":{"messages":[]}}"#, "no-input"),
      (#"{"id":"1","time":0,"input":7}"#, "no-input"),
      (#"{"id":"1","time":0,"input":[{"role":"wizard","content":"Hi"}]}"#, "bad-role"),
      (#"{"id":"1","time":0,"input":[{"content":"Hi"}]}"#, "bad-role"),
      (#"{"id":"1","time":0,"input":[7]}"#, "bad-role"),
    ])
  func faults(_ row: String, _ reason: String) throws {
    let mapped = try Mapped("\(row)\n\(Self.plain)\n")
    #expect(mapped.reasons == [reason])
    #expect(mapped.result.interactions.map(\.id) == ["chat/1"])
    #expect(mapped.result.tally.lines == 2)
    #expect(mapped.result.tally.quarantined == [reason: 1])
  }

  @Test(
    "every line that is not JSON says why",
    arguments: [
      ("{", "malformed"), (#"{"id":"1"#, "cut-short"), ("nonsense", "malformed"),
      (#"{"id":1e999}"#, "bad-number"), (#"{"id":"\ud800"}"#, "bad-string"),
      (#"{"id":99999999999999999999}"#, "bad-number"), ("{}{}", "malformed"),
      (String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000), "too-deep"),
    ])
  func notJSON(_ row: String, _ reason: String) throws {
    let mapped = try Mapped("\(row)\n\(Self.plain)\n")
    #expect(mapped.reasons == [reason])
    #expect(mapped.result.interactions.count == 1)
  }

  @Test func everyFaultHasATest() {
    let tested: Set<RowFault> = [
      .notAnObject, .noID, .badID, .noTime, .badTime, .noInput, .badRole, .noTarget, .noSignal,
      .unknownSignal, .badValue,
    ]
    #expect(tested == Set(RowFault.allCases))
  }

  // MARK: Ids

  @Test(
    "ids as they come: text, numbers of any size, without rounding",
    arguments: [
      (#""a b""#, "chat/a b"), ("7", "chat/7"), ("-7", "chat/-7"),
      ("9223372036854775807", "chat/9223372036854775807"),
      ("9007199254740993", "chat/9007199254740993"), ("18446744073709551615", "chat/18446744073709551615"),
      ("18446744073709551614", "chat/18446744073709551614"), ("1.0", "chat/1"), ("true", "chat/true"),
      (#""é""#, "chat/é"),
    ])
  func ids(_ id: String, _ expected: String) throws {
    let mapped = try Mapped(#"{"id":\#(id),"time":0,"input":"Hi","output":"Hello"}"# + "\n")
    #expect(mapped.result.interactions.map(\.id) == [expected])
  }

  @Test("an address as an id becomes a keyed stand-in, the same wherever it stands")
  func addressAsID() throws {
    let row =
      #"{"id":"ann@example.com","parent":"ann@example.com","session":{"id":"ann@example.com"},"time":0,"input":"Hi","output":"Hello"}"#
    let line = try record(row)
    #expect(!line.contains("example"))
    let mapped = try Mapped(row + "\n")
    let made = try #require(mapped.result.interactions.first)
    #expect(made.id == "chat/x-8016870b4fc718d593c0")
    #expect(made.parent == made.id)
    #expect(made.conversation == "x-8016870b4fc718d593c0")
    let event = try Mapped(
      #"{"id":"1","time":0,"event":"copy","target":"ann@example.com"}"# + "\n", .feedback())
    #expect(event.result.feedback.map(\.target) == [made.id])
  }

  // MARK: Redaction

  @Test("marks are numbered across input, output and metadata; the same value has the same mark")
  func marks() throws {
    let line = try record(
      #"{"id":"1","time":"2026-11-20T10:00:00Z","input":[{"role":"user","content":"I am ann@example.com, write to bob@example.com"}],"#
        + #""output":"Wrote to BOB@example.com","tags":["ann@example.com","cid@example.com"]}"#)
    #expect(
      line
        == #"{"id":"chat/1","input":[{"content":"I am [EMAIL_1], write to [EMAIL_2]","role":"user"}],"marks":{"EMAIL":5},"#
        + #""metadata":{"tags":["[EMAIL_1]","[EMAIL_3]"]},"output":{"content":"Wrote to [EMAIL_2]","role":"assistant"},"#
        + #""source":"chat","time":"2026-11-20T10:00:00.000Z"}"#)
  }

  @Test("names of members are redacted as well, and stay sorted")
  func keys() throws {
    let line = try record(
      #"{"id":"1","time":"2026-11-20T10:00:00Z","input":"Hi","output":{"content":"","tool_calls":[{"id":"c","args":{"zed":1,"bob@example.com":2,"BOB@example.com":3}}]},"#
        + #""people":{"ann@example.com":{"bob@example.com":1},"Z":1}}"#)
    #expect(!line.lowercased().contains("example.com"))
    #expect(line.contains(#""tool_calls":[{"args":{"[EMAIL_1]":2,"zed":1},"id":"c"}]"#))
    #expect(line.contains(#""metadata":{"people":{"Z":1,"[EMAIL_2]":{"[EMAIL_1]":1}}}"#))
    #expect(line.contains(#""marks":{"EMAIL":4}"#))
  }

  @Test("the id of a tool call stays that of its result, even as a mark")
  func toolCallIDs() throws {
    let line = try record(
      #"{"id":"1","time":"2026-11-20T10:00:00Z","input":[{"role":"assistant","content":"","tool_calls":[{"id":"to ann@example.com"}]},"#
        + #"{"role":"tool","tool_call_id":"to ann@example.com","content":"x"}],"output":"Hello"}"#)
    #expect(line.contains(#""tool_calls":[{"id":"to [EMAIL_1]"}]"#))
    #expect(line.contains(#""tool_call_id":"to [EMAIL_1]""#))
  }

  @Test func names() throws {
    let line = try record(
      #"{"id":"1","time":"2026-11-20T10:00:00Z","input":[{"role":"user","name":"ann@example.com","content":"x"}],"output":"Hello","app":"ann@example.com","model":"ann@example.com","prompt":"ann@example.com","finish":"ann@example.com"}"#
    )
    #expect(!line.contains("example.com"))
    #expect(line.contains(#""marks":{"EMAIL":5}"#))
  }

  @Test("a source that redacts nothing, and one that redacts one kind")
  func redactNone() throws {
    let row =
      #"{"id":"1","time":"2026-11-20T10:00:00Z","input":"ann@example.com 192.0.2.7","output":"Hello","user":"ann"}"#
    var source = SourceDefinition.chat()
    source.redact = []
    let line = try record(row, source)
    #expect(line.contains(#""content":"ann@example.com 192.0.2.7""#))
    #expect(!line.contains("marks"))
    // Pseudonyms are not redaction.
    #expect(line.contains(#""user":"u-"#) && !line.contains(#""user":"ann""#))
    source.redact = [.ip]
    #expect(try record(row, source).contains(#""content":"ann@example.com [IP_1]""#))
  }

  // MARK: Rows and parts

  @Test func onlyWhatMatches() throws {
    var source = SourceDefinition.chat()
    source.interactions?.match = [
      FieldMatch(path: try #require(FieldPath("type")), value: .text("call")),
      FieldMatch(path: try #require(FieldPath("v")), value: .number(2)),
      FieldMatch(path: try #require(FieldPath("ok")), value: .bool(true)),
    ]
    let rows = [
      #""type":"call","v":2,"ok":true"#, #""type":"call","v":2.0,"ok":true"#,
      #""type":"other","v":2,"ok":true"#,
      #""type":"call","v":3,"ok":true"#, #""type":"call","v":2,"ok":1"#, #""type":"call","v":"2","ok":true"#,
      #""v":2,"ok":true"#,
    ]
    let log = rows.enumerated().map { index, row in
      #"{"id":"\#(index)","time":0,"input":"Hi","output":"Hello",\#(row)}"# + "\n"
    }.joined()
    let mapped = try Mapped(log, source)
    #expect(mapped.result.interactions.map(\.id) == ["chat/0", "chat/1"])
    #expect(mapped.result.tally.unmatched == 5)
    #expect(mapped.reasons == [])
  }

  @Test("a row that is both counts twice, and one of which a part is refused leaves nothing but itself")
  func bothParts() throws {
    var source = SourceDefinition.chat()
    source.feedback = SourceDefinition.feedback().feedback
    source.feedback?.about = "chat"
    source.feedback?.target = FieldRule("id")
    source.feedback?.match = [FieldMatch(path: try #require(FieldPath("rated")), value: .bool(true))]
    func row(_ id: String, _ event: String) -> String {
      #"{"id":"\#(id)","time":0,"input":"ann@example.com","output":"Hello","rated":true,"event":"\#(event)"}"#
        + "\n"
    }
    let mapped = try Mapped(row("1", "thumbs_up") + row("2", "no such signal") + row("3", "left"), source)
    #expect(mapped.result.interactions.map(\.id) == ["chat/1", "chat/3"])
    #expect(mapped.result.feedback.map(\.id) == ["chat/1", "chat/3"])
    #expect(mapped.reasons == ["unknown-signal"])
    #expect(mapped.result.tally.marks == ["EMAIL": 2])
    #expect(try mapped.lines(.interactions).count == 2)
    #expect(try mapped.lines(.feedback).map { $0.contains(#""target":"chat/"#) } == [true, true])
  }

  @Test("records go to their days, and frames end before 4 MiB of text")
  func frames() throws {
    let text = String(repeating: "word ", count: 200_000)
    let log = (0..<9).map {
      #"{"id":"\#($0)","time":"2026-11-2\#($0 % 2)T10:00:00Z","input":"Hi","output":"\#(text)"}"# + "\n"
    }
    let mapped = try Mapped(log.joined())
    #expect(mapped.result.parts.map(\.day) == ["2026-11-20", "2026-11-21"])
    #expect(mapped.result.parts.map { $0.frames.map(\.records) } == [[4, 1], [4]])
    #expect(mapped.result.parts.map { $0.frames.map(\.firstID) } == [["chat/0", "chat/8"], ["chat/1"]])
    #expect(mapped.result.parts.map { $0.frames.map(\.lastID) } == [["chat/6", "chat/8"], ["chat/7"]])
    #expect(
      try mapped.lines(.interactions).map { try canonical($0) == $0 } == Array(repeating: true, count: 9))
    let long = #"{"id":"long","time":0,"input":"Hi","output":"\#(String(repeating: text, count: 6))"}"#
    #expect(try Mapped(long + "\n" + Self.plain + "\n").lines(.interactions).count == 2)
  }

  @Test("blank lines are no lines, and a carriage return is white space")
  func blankLines() throws {
    let mapped = try Mapped("\n  \t\r\n\(Self.plain)\r\n\n")
    #expect(mapped.result.tally.lines == 1)
    #expect(mapped.result.interactions.count == 1)
    #expect(mapped.reasons == [])
  }

  @Test func longMetadataStaysInTheLake() throws {
    let tag = String(repeating: "x", count: 3000)
    let mapped = try Mapped(#"{"id":"1","time":0,"input":"Hi","output":"Hello","tags":"\#(tag)"}"# + "\n")
    #expect(mapped.result.interactions.map(\.metadata) == [nil])
    #expect(try mapped.lines(.interactions)[0].contains(tag))
  }
}
