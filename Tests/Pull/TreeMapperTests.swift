import Bytes
import Catalog
import Records
import Testing
import Text

@testable import Pull

@Suite("Mapping of trees") struct TreeMapperTests {
  private static func source() throws -> SourceDefinition {
    var source = SourceDefinition(name: "oa", path: "*.jsonl")
    source.app = "oasst"
    var mapping = TreeMapping(
      root: try #require(FieldPath("prompt")), replies: try #require(FieldPath("replies")),
      id: FieldRule("id"),
      text: FieldRule("text"), role: FieldRule("role"), time: FieldRule("time"))
    mapping.roles = ["prompter": .user]
    mapping.conversation = FieldRule("tree")
    mapping.user = FieldRule("author")
    mapping.model = FieldRule("model")
    mapping.metadata = ["lang", "origin"].compactMap { FieldPath($0) }
    mapping.rank = FieldRule("rank")
    mapping.votes = VoteMapping(
      path: try #require(FieldPath("emojis")),
      signals: ["+1": SignalRule(signal: .thumb, value: 1), "-1": SignalRule(signal: .thumb, value: -1)])
    source.tree = mapping
    return source
  }

  /// A node with its members beside the text and replies.
  private static func node(_ id: String, _ role: String, _ members: String = "", _ replies: [String] = [])
    -> String
  {
    #"{"id":"\#(id)","role":"\#(role)","text":"text of \#(id)"\#(members.isEmpty ? "" : ",\(members)"),"replies":[\#(replies.joined(separator: ","))]}"#
  }

  private static func row(
    _ root: String, _ members: String = #""tree":"t","time":"2026-11-20","origin":"set""#
  ) -> String {
    #"{"prompt":\#(root),\#(members)}"# + "\n"
  }

  private static let tree = row(
    node(
      "q", "prompter", #""emojis":{"+1":2}"#,
      [
        node(
          "a1", "assistant",
          #""rank":0,"lang":"en","model":"m","author":"u-1","emojis":{"-1":1,"+1":3,":)":9}"#,
          [node("q2", "prompter", "", [node("a3", "assistant", #""time":"2026-11-21T08:00:00Z""#)])]),
        node("a2", "assistant", #""rank":1,"emojis":{"+1":0,"-1":2.0}"#),
      ]))

  @Test("every node of the output role, with the way to it")
  func interactions() throws {
    let mapped = try Mapped(Self.tree, Self.source())
    #expect(mapped.reasons == [])
    let question = #"{"content":"text of q","role":"user"}"#
    #expect(
      try mapped.lines(.interactions) == [
        #"{"app":"oasst","conversation":"t","id":"oa/a1","input":[\#(question)],"metadata":{"lang":"en","origin":"set"},"model":"m","output":{"content":"text of a1","role":"assistant"},"source":"oa","time":"2026-11-20T00:00:00.000Z","user":"u-23e02e562908e3dc9d17"}"#,
        #"{"app":"oasst","conversation":"t","id":"oa/a3","input":[\#(question),{"content":"text of a1","role":"assistant"},{"content":"text of q2","role":"user"}],"metadata":{"origin":"set"},"output":{"content":"text of a3","role":"assistant"},"source":"oa","time":"2026-11-21T08:00:00.000Z"}"#,
        #"{"app":"oasst","conversation":"t","id":"oa/a2","input":[\#(question)],"metadata":{"origin":"set"},"output":{"content":"text of a2","role":"assistant"},"source":"oa","time":"2026-11-20T00:00:00.000Z"}"#,
      ])
    #expect(mapped.result.interactions.map(\.turns) == [1, 2, 1])
    #expect(mapped.result.interactions[0].inputHash == mapped.result.interactions[2].inputHash)
    #expect(mapped.result.interactions[0].inputHash != mapped.result.interactions[1].inputHash)
  }

  @Test("ranks and counted votes, each an event of its own; a question's votes wait")
  func feedback() throws {
    let mapped = try Mapped(Self.tree, Self.source())
    #expect(
      mapped.result.feedback.map {
        "\($0.id) \($0.target ?? "-") \($0.signal.rawValue) \($0.value ?? 99) x\($0.count)"
      } == [
        "oa/q#+1 oa/q thumb 1.0 x2", "oa/a1#rank oa/a1 rank 0.0 x1", "oa/a1#+1 oa/a1 thumb 1.0 x3",
        "oa/a1#-1 oa/a1 thumb -1.0 x1", "oa/a2#rank oa/a2 rank 1.0 x1", "oa/a2#-1 oa/a2 thumb -1.0 x2",
      ])
    #expect(
      try mapped.lines(.feedback)[0]
        == #"{"conversation":"t","count":2,"id":"oa/q#+1","signal":"thumb","source":"oa","target":"oa/q","time":"2026-11-20T00:00:00.000Z","value":1}"#
    )
  }

  @Test(
    "a tree of which any node is refused leaves nothing but itself in quarantine",
    arguments: [
      (row(node("q", "prompter", "", [node("a", "assistant"), node("", "assistant")])), "no-id"),
      (row(node("q", "prompter", "", [node("a", "assistant"), node("b", "wizard")])), "bad-role"),
      (
        row(
          node(
            "q", "prompter", "",
            [node("a", "assistant", #""rank":0"#), node("b", "assistant", #""rank":-1"#)])), "bad-value"
      ),
      (
        row(node("q", "prompter", "", [node("a", "assistant"), node("b", "assistant", #""time":"soon""#)])),
        "bad-time"
      ),
      (
        row(
          node(
            "q", "prompter", "",
            [node("a", "assistant", #""text":"ann@example.com""#), #"{"id":"b","role":"assistant"}"#])),
        "no-input"
      ),
      (row(node("q", "prompter", "", [node("a", "assistant")]), #""tree":"t""#), "no-time"),
      (row("7"), "no-input"), (row("null"), "no-input"),
    ])
  func refused(_ log: String, _ reason: String) throws {
    let mapped = try Mapped(log + Self.tree, Self.source())
    #expect(mapped.reasons == [reason])
    #expect(mapped.result.interactions.count == 3)
    #expect(mapped.result.feedback.count == 6)
    #expect(mapped.result.tally.marks == [:])
    #expect(try mapped.lines(.interactions).count == 3)
  }

  @Test("a root of the output role has no input and is no interaction")
  func rootAnswer() throws {
    let mapped = try Mapped(
      Self.row(Self.node("a", "assistant", #""rank":0"#, [Self.node("b", "assistant")])), Self.source())
    #expect(mapped.result.interactions.map(\.id) == ["oa/b"])
    #expect(mapped.result.feedback.map(\.id) == ["oa/a#rank"])
  }

  @Test("a tree without a name has its root's")
  func conversation() throws {
    for members in [#""time":0"#, #""time":0,"tree":"""#, #""time":0,"tree":null"#] {
      let mapped = try Mapped(
        Self.row(Self.node("q", "prompter", "", [Self.node("a", "assistant")]), members), Self.source())
      #expect(mapped.result.interactions.map(\.conversation) == ["q"])
    }
  }

  @Test("a deep tree is mapped, one too deep for the parser is quarantined")
  func deep() throws {
    func chain(_ depth: Int) -> String {
      (0..<depth).reversed().reduce("") { inner, index in
        Self.node(
          "n\(index)", index.isMultiple(of: 2) ? "prompter" : "assistant", "", inner.isEmpty ? [] : [inner])
      }
    }
    let mapped = try Mapped(Self.row(chain(400)) + Self.row(chain(600)), Self.source())
    #expect(mapped.result.interactions.count == 200)
    #expect(mapped.reasons == ["too-deep"])
  }
}
