import Bytes
import Catalog
import Records
import Testing
import Text

@testable import Pull

@Suite("Mapping of feedback") struct MappingFeedbackTests {
  /// A row of members beside `id` and `time`.
  private func log(_ members: String) -> String {
    #"{"id":"f1","time":"2026-11-20T10:00:00Z",\#(members)}"# + "\n"
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let row: String
    /// The signal and value of the record, such as `thumb 1`; a reason where the row is refused.
    let expected: String
    var testDescription: String { row }
  }

  @Test(
    "the source's names and scales become flywheel's",
    arguments: [
      Case(row: #""event":"thumbs_up""#, expected: "thumb 1"),
      Case(row: #""event":"thumbs_up","value":-1"#, expected: "thumb 1"),
      Case(row: #""event":"thumb","value":1"#, expected: "thumb 1"),
      Case(row: #""event":"like","value":true"#, expected: "thumb 1"),
      Case(row: #""event":"like","value":false"#, expected: "thumb -1"),
      Case(row: #""event":"like","value":5"#, expected: "thumb 1"),
      Case(row: #""event":"like","value":0"#, expected: "thumb -1"),
      Case(row: #""event":"like","value":"Positive""#, expected: "thumb 1"),
      Case(row: #""event":"like","value":"thumbs-down""#, expected: "thumb -1"),
      Case(row: #""event":"like","value":"perhaps""#, expected: "bad-value"),
      Case(row: #""event":"like""#, expected: "bad-value"),
      Case(row: #""event":"stars","value":1"#, expected: "rating -1"),
      Case(row: #""event":"stars","value":3"#, expected: "rating 0"),
      Case(row: #""event":"stars","value":"4""#, expected: "rating 0.5"),
      Case(row: #""event":"stars","value":5"#, expected: "rating 1"),
      Case(row: #""event":"stars","value":6"#, expected: "bad-value"),
      Case(row: #""event":"stars","value":0.9"#, expected: "bad-value"),
      Case(row: #""event":"stars""#, expected: "bad-value"),
      Case(row: #""event":"grade","value":1"#, expected: "rating 1"),
      Case(row: #""event":"grade","value":6"#, expected: "rating -1"),
      Case(row: #""event":"grade","value":3.5"#, expected: "rating 0"),
      Case(row: #""event":"grade","value":7"#, expected: "bad-value"),
      Case(row: #""event":"grade","value":0"#, expected: "bad-value"),
      Case(row: #""event":"rating","value":-0.25"#, expected: "rating -0.25"),
      Case(row: #""event":"rating","value":1.5"#, expected: "bad-value"),
      Case(row: #""event":"rating","value":"nan""#, expected: "bad-value"),
      Case(row: #""event":"rank","value":2"#, expected: "rank 2"),
      Case(row: #""event":"rank","value":-1"#, expected: "bad-value"),
      Case(row: #""event":"rank","value":"1""#, expected: "bad-value"),
      Case(row: #""event":"left","value":9"#, expected: "abandon"),
      Case(row: #""event":"copy""#, expected: "copy"),
      Case(row: #""event":"follow_up""#, expected: "follow_up"),
      Case(row: #""event":"shrug""#, expected: "unknown-signal"),
      Case(row: #""event":7"#, expected: "unknown-signal"),
      Case(row: #""event":null"#, expected: "no-signal"),
      Case(row: #""value":1"#, expected: "no-signal"),
    ])
  func signals(_ item: Case) throws {
    let mapped = try Mapped(log(#""target":"1",\#(item.row)"#), .feedback())
    guard let row = mapped.result.feedback.first else {
      #expect(mapped.reasons == [item.expected])
      return
    }
    let parts = item.expected.split(separator: " ")
    #expect(row.signal.rawValue == parts[0])
    #expect(row.value == (parts.count > 1 ? Double(parts[1]) : nil))
    let value = parts.count > 1 ? #","value":\#(parts[1])"# : ""
    #expect(
      try mapped.lines(.feedback) == [
        #"{"count":1,"id":"fb/f1","signal":"\#(parts[0])","source":"fb","target":"chat/1","time":"2026-11-20T10:00:00.000Z"\#(value)}"#
      ])
    #expect(mapped.reasons == [])
  }

  @Test("everything that a row can say")
  func full() throws {
    let mapped = try Mapped(
      log(
        #""target":"1","session":"c-1","event":"correction","value":"x","n":"3","user":"u-1","updated":1795255200,"#
          + #""comment":"ask ann@example.com","correction":"Write to bob@example.com or ann@example.com""#),
      .feedback())
    let line = try #require(try mapped.lines(.feedback).first)
    #expect(
      line
        == #"{"comment":"ask [EMAIL_2]","conversation":"c-1","correction":"Write to [EMAIL_1] or [EMAIL_2]","count":3,"#
        + #""id":"fb/f1","marks":{"EMAIL":3},"signal":"correction","source":"fb","target":"chat/1","#
        + #""time":"2026-11-20T10:00:00.000Z","user":"u-23e02e562908e3dc9d17"}"#)
    #expect(try canonical(line) == line)
    let row = try #require(mapped.result.feedback.first)
    #expect(row.hasCorrection)
    #expect(row.stamp.description == "2026-11-21T10:00:00.000Z")
    #expect([row.target, row.conversation, row.user] == ["chat/1", "c-1", "u-23e02e562908e3dc9d17"])
    #expect(row.count == 3)
  }

  @Test(
    "which interaction or conversation it is about",
    arguments: [
      (#""target":"1""#, "chat/1 -"), (#""session":"c""#, "- c"),
      (#""target":"1","session":"c""#, "chat/1 c"),
      (#""target":"","session":"c""#, "- c"), (#""target":"1","session":"""#, "chat/1 -"),
      (#""target":null"#, "no-target"), (#""target":"","session":"""#, "no-target"),
      (#""target":"a\tb""#, "bad-id"),
    ])
  func target(_ members: String, _ expected: String) throws {
    let mapped = try Mapped(log(#""event":"copy",\#(members)"#), .feedback())
    let found = mapped.result.feedback.map { "\($0.target ?? "-") \($0.conversation ?? "-")" }
    #expect(found + mapped.reasons == [expected])
  }

  @Test(
    "how many events a row stands for",
    arguments: [
      (#""n":1"#, 1), (#""n":12"#, 12), (#""n":"2""#, 2), (#""n":2.0"#, 2), (#""n":null"#, 1),
      (#""n":"many""#, 1),
      (#""n":0"#, 0), (#""n":-3"#, 0), (#""n":1e30"#, 0),
    ])
  func count(_ members: String, _ expected: Int) throws {
    let mapped = try Mapped(log(#""event":"copy","target":"1",\#(members)"#), .feedback())
    #expect(mapped.result.feedback.map(\.count) == (expected > 0 ? [expected] : []))
    #expect(mapped.reasons == (expected > 0 ? [] : ["bad-value"]))
  }

  @Test(
    "a better output as text, as a message, or none",
    arguments: [
      (#""Better""#, "Better"), (#"{"role":"assistant","content":"Better"}"#, "Better"),
      (#"{"text":"Better"}"#, "Better"),
      ("null", nil), (#""""#, nil), ("7", nil), (#"{"content":7}"#, nil),
    ])
  func correction(_ value: String, _ expected: String?) throws {
    let mapped = try Mapped(log(#""event":"edit","target":"1","correction":\#(value)"#), .feedback())
    #expect(mapped.result.feedback.map(\.hasCorrection) == [expected != nil])
    let line = try #require(try mapped.lines(.feedback).first)
    #expect(line.contains(#""correction":"#) == (expected != nil))
    if let expected { #expect(line.contains(#""correction":"\#(expected)""#)) }
  }
}
