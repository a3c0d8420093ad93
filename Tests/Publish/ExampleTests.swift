import Bytes
import Catalog
import Lake
import Records
import Testing
import Text

@testable import Publish

@Suite("Examples") struct ExampleTests {
  private static let user = #"{"content":"Hi","role":"user"}"#
  private static let hello = #"{"content":"Hello","role":"assistant"}"#
  private static let better = #"{"content":"Better","role":"assistant"}"#

  /// Writes one draft of a kind about interactions `a` (good) and `b` (bad, corrected), two answers in one
  /// conversation.
  private func write(
    _ kind: Kind, slice: String? = nil, change: (inout LoggedSample) -> Void = { _ in },
    _ make: ([String: Candidate]) throws -> Draft
  ) throws -> (written: ExampleWriter.Written, body: String) {
    let shop = try PublishWorkshop()
    let first = LoggedSample("a") { sample in
      sample.conversation = "c-1"
      sample.label = .good
      sample.good = 2.5
    }
    var second = LoggedSample("b") { sample in
      sample.conversation = "c-1"
      sample.output = #"{"content":"Bye","role":"assistant"}"#
      sample.label = .bad
      sample.bad = 1
      sample.correction = "Better"
    }
    change(&second)
    try shop.add([first, second])
    var draft = try make(try shop.candidates())
    if let slice { draft.slice = slice }
    let writer = ExampleWriter(bodies: LakeBodies(lake: shop.lake), kind: kind)
    let written = try writer.write(draft)
    let body = String(decoding: writer.body.view, as: UTF8.self)
    if written.unfit != .noMessages { #expect(try canonicalForm(body) == body) }
    return (written, body)
  }

  private static let label =
    #"{"class":"good","probability":0.7777777777777778,"votes":{"bad":0,"good":2.5}}"#
  private static let tail = #""slice":"other","time":"2026-11-20T10:16:40.000Z"}"#
  private static let lineage = #"{"feedback":[],"interactions":["chat/a"]}"#

  struct Case: Sendable, CustomTestStringConvertible {
    let kind: Kind
    let body: String
    var testDescription: String { kind.rawValue }
  }

  @Test(
    "one interaction",
    arguments: [
      Case(
        kind: .sft,
        body:
          #"{"conversation":"c-1","id":"chat/a","input":[\#(user)],"kind":"sft","label":\#(label),"lineage":\#(lineage),"origin":"organic","output":\#(hello),\#(tail)"#
      ),
      Case(
        kind: .fewshot,
        body:
          #"{"conversation":"c-1","id":"chat/a","input":[\#(user)],"kind":"fewshot","label":\#(label),"lineage":\#(lineage),"origin":"organic","output":\#(hello),\#(tail)"#
      ),
      Case(
        kind: .kto,
        body:
          #"{"conversation":"c-1","desirable":true,"id":"chat/a","input":[\#(user)],"kind":"kto","label":\#(label),"lineage":\#(lineage),"origin":"organic","output":\#(hello),\#(tail)"#
      ),
      Case(
        kind: .eval,
        body:
          #"{"conversation":"c-1","id":"chat/a","input":[\#(user)],"kind":"eval","label":\#(label),"lineage":\#(lineage),"origin":"organic","reference":\#(hello),\#(tail)"#
      ),
    ])
  func single(_ item: Case) throws {
    let (written, body) = try write(item.kind) { candidates in
      Draft(id: "chat/a", parts: .single(try #require(candidates["a"]), corrected: false))
    }
    #expect(body == item.body)
    #expect(written.characters == 7)
    #expect(!written.personalData)
    #expect(written.unfit == nil)
  }

  private static let corrected = #"{"class":"good","votes":{"bad":1,"good":0}}"#
  private static let correctedLineage = #"{"feedback":["fb/fix-b"],"interactions":["chat/b"]}"#
  private static let correctedTail = #""slice":"money","time":"2026-11-20T10:16:41.000Z"}"#

  @Test(
    "a correction takes the output's place",
    arguments: [
      Case(
        kind: .sft,
        body:
          #"{"conversation":"c-1","id":"chat/b","input":[\#(user)],"kind":"sft","label":\#(corrected),"lineage":\#(correctedLineage),"origin":"corrected","output":\#(better),\#(correctedTail)"#
      ),
      Case(
        kind: .eval,
        body:
          #"{"conversation":"c-1","id":"chat/b","input":[\#(user)],"kind":"eval","label":\#(corrected),"lineage":\#(correctedLineage),"origin":"corrected","reference":\#(better),\#(correctedTail)"#
      ),
    ])
  func correctedSingle(_ item: Case) throws {
    let (written, body) = try write(item.kind, slice: "money") { candidates in
      Draft(id: "chat/b", parts: .single(try #require(candidates["b"]), corrected: true))
    }
    #expect(body == item.body)
    #expect(written.characters == 8)
  }

  @Test("KTO keeps the output that was judged, and says that it was not wanted")
  func undesirable() throws {
    let (_, body) = try write(.kto) { candidates in
      Draft(id: "chat/b", parts: .single(try #require(candidates["b"]), corrected: false))
    }
    #expect(
      body
        == #"{"conversation":"c-1","desirable":false,"id":"chat/b","input":[\#(Self.user)],"kind":"kto","label":{"class":"bad","probability":0.6666666666666666,"votes":{"bad":1,"good":0}},"lineage":{"feedback":[],"interactions":["chat/b"]},"origin":"organic","output":{"content":"Bye","role":"assistant"},"slice":"other","time":"2026-11-20T10:16:41.000Z"}"#
    )
  }

  @Test("a pair of two outputs; its input counts once")
  func pair() throws {
    let (written, body) = try write(.preference) { candidates in
      Draft(
        id: "p", parts: .pair(chosen: try #require(candidates["a"]), rejected: try #require(candidates["b"])))
    }
    #expect(
      body
        == #"{"chosen":\#(Self.hello),"conversation":"c-1","id":"p","input":[\#(Self.user)],"kind":"preference","label":\#(Self.label),"lineage":{"feedback":[],"interactions":["chat/a","chat/b"]},"origin":"organic","rejected":{"content":"Bye","role":"assistant"},\#(Self.tail)"#
    )
    #expect(written.characters == 10)
  }

  @Test("a correction over what it corrects")
  func correctionPair() throws {
    let (written, body) = try write(.preference, slice: "money") { candidates in
      Draft(id: "fb/fix-b..chat/b", parts: .correction(try #require(candidates["b"])))
    }
    #expect(
      body
        == #"{"chosen":\#(Self.better),"conversation":"c-1","id":"fb/fix-b..chat/b","input":[\#(Self.user)],"kind":"preference","label":\#(Self.corrected),"lineage":\#(Self.correctedLineage),"origin":"corrected","rejected":{"content":"Bye","role":"assistant"},\#(Self.correctedTail)"#
    )
    #expect(written.characters == 11)
  }

  @Test("an interaction without votes has no class")
  func unlabelled() throws {
    let (_, body) = try write(
      .sft,
      change: { sample in
        sample.label = nil
        sample.bad = 0
        sample.correction = nil
      }
    ) { candidates in
      Draft(id: "chat/b", parts: .single(try #require(candidates["b"]), corrected: false))
    }
    #expect(body.contains(#""label":{"votes":{"bad":0,"good":0}}"#))
  }

  @Test("messages are brought into canonical form")
  func canonicalMessages() throws {
    let (_, body) = try write(
      .sft,
      change: { sample in
        sample.input = #"[{"role":"user","content":"\u0048i","name":"bo"}]"#
        sample.output =
          #"{"tool_calls":[{"id":"c","args":{"b":1.0,"a":[]}}],"role":"assistant","content":""}"#
      }
    ) { candidates in
      Draft(id: "chat/b", parts: .single(try #require(candidates["b"]), corrected: false))
    }
    #expect(body.contains(#""input":[{"content":"Hi","name":"bo","role":"user"}]"#))
    #expect(
      body.contains(
        #""output":{"content":"","role":"assistant","tool_calls":[{"args":{"a":[],"b":1},"id":"c"}]}"#))
  }

  // MARK: What a body shows

  struct Look: Sendable, CustomTestStringConvertible {
    enum Part: Sendable { case single, corrected, correction, pair }
    let id: String
    var part = Part.single
    var input = #"[{"content":"Hi","role":"user"}]"#
    var output = #"{"content":"Bye","role":"assistant"}"#
    var members = ""
    var correction = "Better"
    var unfit: String?
    /// Marks that take the place of personal data.
    var masked: [String: Int] = [:]
    let characters: Int
    var testDescription: String { id }
  }

  private static let email = ["EMAIL": 1]

  @Test(arguments: [
    Look(id: "fine", characters: 5),
    Look(
      id: "an empty output", output: #"{"content":"","role":"assistant"}"#, unfit: "empty-output",
      characters: 2),
    Look(
      id: "tool calls stand for text",
      output: #"{"content":"","role":"assistant","tool_calls":[{"id":"c"}]}"#, characters: 2),
    Look(
      id: "an empty output that was corrected", part: .corrected,
      output: #"{"content":"","role":"assistant"}"#, characters: 8),
    Look(
      id: "an empty output as the rejected one", part: .correction,
      output: #"{"content":"","role":"assistant"}"#,
      unfit: "empty-output", characters: 8),
    Look(id: "no input", input: "[]", unfit: "no-messages", characters: 0),
    Look(id: "media", members: #","media":true"#, unfit: "media", characters: 5),
    Look(
      id: "media under a correction", part: .corrected, members: #","media":true"#, unfit: "media",
      characters: 8),
    Look(
      id: "an address in the input", input: #"[{"content":"ann@example.com","role":"user"}]"#,
      masked: email, characters: 12),
    Look(
      id: "an address in the output", output: #"{"content":"ann@example.com","role":"assistant"}"#,
      masked: email, characters: 11),
    Look(
      id: "an address in the output that was corrected", part: .corrected,
      output: #"{"content":"ann@example.com","role":"assistant"}"#, characters: 8),
    Look(
      id: "an address in the correction", part: .corrected, correction: "ann@example.com", masked: email,
      characters: 11),
    Look(
      id: "an address in a rejected output", part: .pair,
      output: #"{"content":"ann@example.com","role":"assistant"}"#, masked: email, characters: 16),
    Look(
      id: "an address in a name", input: #"[{"content":"Hi","name":"ann@example.com","role":"user"}]"#,
      masked: email,
      characters: 5),
    Look(
      id: "an address in a tool call",
      output:
        #"{"content":"","role":"assistant","tool_calls":[{"function":{"arguments":"{\"to\":\"ann@example.com\"}"}}]}"#,
      masked: email, characters: 2),
    Look(
      id: "an address as a member's name",
      output: #"{"content":"","role":"assistant","tool_calls":[{"ann@example.com":1}]}"#,
      masked: email, characters: 2),
    Look(
      id: "marks are no personal data", input: #"[{"content":"I am [EMAIL_1] at [IP_2]","role":"user"}]"#,
      characters: 27),
    Look(id: "characters, not bytes", input: #"[{"content":"é😀","role":"user"}]"#, characters: 5),
    Look(
      id: "equal outputs", part: .correction, correction: "Bye", unfit: "equal-outputs", characters: 8),
    Look(
      id: "equal outputs of siblings", part: .pair, output: #"{"role":"assistant","content":"Hello"}"#,
      unfit: "equal-outputs", characters: 12),
  ])
  func looks(_ item: Look) throws {
    let isPair = item.part == .pair || item.part == .correction
    let (written, body) = try write(
      isPair ? .preference : .sft,
      change: { sample in
        sample.input = item.input
        sample.output = item.output
        sample.members = item.members
        sample.correction = item.correction
      }
    ) { candidates in
      let (a, b) = (try #require(candidates["a"]), try #require(candidates["b"]))
      return Draft(
        id: "x",
        parts: item.part == .pair
          ? .pair(chosen: a, rejected: b)
          : item.part == .correction ? .correction(b) : .single(b, corrected: item.part == .corrected))
    }
    #expect(written.unfit?.rawValue == item.unfit)
    #expect(written.masked == item.masked)
    #expect(!written.personalData)
    #expect(!body.contains("example.com"))
    if item.unfit != "no-messages" { #expect(written.characters == item.characters) }
  }

  // MARK: Masking

  @Test("equal values have equal marks in input and outputs, and numbers go on behind the marks of the pull")
  func marks() throws {
    let (written, body) = try write(
      .preference,
      change: { sample in
        sample.input =
          #"[{"content":"I am bo@example.com, not [EMAIL_3]; call [PHONE_1]","role":"user"}]"#
        sample.output =
          #"{"content":"","role":"assistant","tool_calls":[{"function":{"arguments":"{\"to\":\"BO@example.com\"}","name":"send"}}]}"#
        sample.correction = "Write to cy@example.com or [EMAIL_7]"
      }
    ) { candidates in
      Draft(id: "x", parts: .correction(try #require(candidates["b"])))
    }
    #expect(written.masked == ["EMAIL": 3])
    #expect(body.contains("I am [EMAIL_8], not [EMAIL_3]; call [PHONE_1]"))
    #expect(body.contains(#""{\"to\":\"[EMAIL_8]\"}""#))
    #expect(body.contains("Write to [EMAIL_9] or [EMAIL_7]"))
  }

  @Test("keys are masked, and what comes out is canonical")
  func keys() throws {
    let (written, body) = try write(
      .sft,
      change: { sample in
        sample.output =
          #"{"content":"","role":"assistant","tool_calls":[{"z":1,"a":2,"ann@example.com":{"y@example.com":3}}]}"#
      }
    ) { candidates in
      Draft(id: "chat/b", parts: .single(try #require(candidates["b"]), corrected: false))
    }
    #expect(body.contains(#"[{"[EMAIL_1]":{"[EMAIL_2]":3},"a":2,"z":1}]"#))
    #expect(written.masked == ["EMAIL": 2])
  }

  @Test("places that others found are masked too, in the part that they are in")
  func spans() throws {
    let shop = try PublishWorkshop()
    try shop.add([
      LoggedSample("a") { sample in
        sample.input =
          #"[{"content":"","role":"system"},{"content":"Ann é here","role":"user"},{"content":"Hi Ann","role":"assistant"},{"content":"I am ANN, a@example.com [PERSON_4]","role":"user"}]"#
        sample.output = #"{"content":"Dear Ann","role":"assistant"}"#
      }
    ])
    let spans: ExampleSpans = { _ in
      [
        // The whole conversation: "Ann é here\nHi Ann\nI am ANN, …".
        ExampleSpan(part: "conversation", offset: 0, length: 3, word: "PERSON"),
        ExampleSpan(part: "conversation", offset: 15, length: 3, word: "PERSON"),
        ExampleSpan(part: "input", offset: 5, length: 3, word: "PERSON"),
        ExampleSpan(part: "input", offset: 6, length: 2, word: "PERSON"),
        ExampleSpan(part: "input", offset: 500, length: 3, word: "PERSON"),
        ExampleSpan(part: "output", offset: 5, length: 3, word: "PERSON"),
      ]
    }
    let candidate = try #require(try shop.candidates()["a"])
    let writer = ExampleWriter(bodies: LakeBodies(lake: shop.lake), kind: .sft, spans: spans)
    let written = try writer.write(Draft(id: candidate.id, parts: .single(candidate, corrected: false)))
    let body = String(decoding: writer.body.view, as: UTF8.self)
    #expect(body.contains(#""content":"[PERSON_5] é here""#))
    #expect(body.contains(#""content":"Hi [PERSON_5]""#))
    #expect(body.contains(#""content":"I am [PERSON_5], [EMAIL_1] [PERSON_4]""#))
    #expect(body.contains(#""content":"Dear [PERSON_5]""#))
    #expect(written.masked == ["EMAIL": 1, "PERSON": 4])
    #expect(try canonicalForm(body) == body)
  }
}
