import Bytes
import Catalog
import Lake
import Records
import Testing

@testable import Label

/// What comes out of texts and turns, through the lake, the catalog and the step.
@Suite("Votes from texts and turns") struct SignalVoteTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    var calls: [LoggedCall] = []
    var events: [LoggedEvent] = []
    /// Votes by interaction; those that are not named have none.
    var votes: [String: [String]] = [:]
    var testDescription: String { id }
  }

  private static let answer = "The capital of France is the city of Paris"

  private static func corrected(
    _ id: String, _ text: String, _ votes: [String], _ signal: Signal = .correction
  )
    -> Case
  {
    Case(
      id: id, calls: [LoggedCall("a") { $0.output = answer }],
      events: [
        LoggedEvent("e", on: "a") {
          $0.signal = signal
          $0.correction = text
          $0.user = "u"
          if signal == .thumb { $0.value = -1 }
        }
      ], votes: votes.isEmpty ? [:] : ["a": votes])
  }

  private static let texts: [Case] = [
    corrected("a rewrite", "I do not know this", ["correction:u bad 1.0 rewritten"]),
    corrected("a change", "The capital of France is Lyon", ["correction:u bad 0.5 changed"]),
    corrected("a touch-up", answer.replacing("France", with: "france"), ["correction:u good 0.5 confirmed"]),
    corrected("the same", answer, ["correction:u good 0.5 confirmed"]),
    corrected("an edit that rewrites", "I do not know this", ["edit:u bad 0.5 rewritten"], .edit),
    corrected(
      "a thumb with a correction", "I do not know this",
      ["correction:u bad 1.0 rewritten", "thumb:u bad 1.0"], .thumb),
    Case(
      id: "one word of nine is more than a touch-up, one of eleven is one",
      calls: [
        LoggedCall("a") { $0.output = "one two three four five six seven eight nine" },
        LoggedCall("b") { $0.output = "one two three four five six seven eight nine ten eleven" },
      ],
      events: [
        LoggedEvent("e", on: "a") {
          $0.signal = .correction
          $0.correction = "one two three four 5 six seven eight nine"
        },
        LoggedEvent("f", on: "b") {
          $0.signal = .correction
          $0.correction = "one two three four 5 six seven eight nine ten eleven"
        },
      ], votes: ["a": ["correction:e bad 0.5 changed"]]),
    Case(
      id: "comments", calls: [LoggedCall("a"), LoggedCall("b") { $0.output = "b" }],
      events: [
        LoggedEvent("e", on: "a") {
          $0.signal = .comment
          $0.comment = "This is wrong"
          $0.user = "u"
        },
        LoggedEvent("f", on: "b") {
          $0.signal = .comment
          $0.comment = "why Berlin?"
        },
      ], votes: ["a": ["comment:u bad 0.5"]]),
  ]

  private static let question = "u:How do I reset my password in the portal?"

  /// A conversation whose second message is `message`.
  private static func follow(_ id: String, _ message: String, _ votes: [String], history: Bool = true) -> Case
  {
    Case(
      id: id,
      calls: [
        LoggedCall("a") {
          $0.conversation = "c"
          $0.input = [question]
          $0.output = "Click on it."
          $0.user = "u"
        },
        LoggedCall("b") {
          $0.conversation = "c"
          $0.second = 60
          $0.input = history ? [question, "a:Click on it.", "u:" + message] : ["u:" + message]
          $0.output = "Here."
          $0.user = "u"
        },
      ], votes: votes.isEmpty ? [:] : ["a": votes])
  }

  private static let turns: [Case] = [
    follow("asks again", "how do I reset my password in the portal", ["follow_up:u bad 0.5 repeats"]),
    follow(
      "asks again, where the log holds no history", "How do I reset my password, in the portal",
      ["follow_up:u bad 0.5 repeats"], history: false),
    follow("complains", "That's wrong, there is no such button", ["follow_up:u bad 0.5 complains"]),
    follow("complains in German", "Das stimmt nicht.", ["follow_up:u bad 0.5 complains"]),
    follow(
      "a complaint without history", "You didn't answer my question", ["follow_up:u bad 0.5 complains"],
      history: false),
    follow("goes on", "And how do I change the mail address?", []),
    follow("thanks", "Thanks!", []),
    follow("a like question", "How do I reset my username in the billing portal?", []),
    follow("something that is wrong elsewhere", "My code is wrong, see: x = 1", []),
    Case(
      id: "a short message that is the same says nothing",
      calls: [
        LoggedCall("a") {
          $0.conversation = "c"
          $0.input = ["u:Go on"]
          $0.output = "One."
        },
        LoggedCall("b") {
          $0.conversation = "c"
          $0.second = 60
          $0.input = ["u:Go on", "a:One.", "u:Go on"]
          $0.output = "Two."
        },
      ]),
    Case(
      id: "a tool's answer is no message of the user",
      calls: [
        LoggedCall("a") {
          $0.conversation = "c"
          $0.input = [question]
          $0.output = "I look it up."
        },
        LoggedCall("b") {
          $0.conversation = "c"
          $0.second = 1
          $0.input = [question, "a:I look it up.", "t:found"]
          $0.output = "Click on it."
        },
      ]),
    Case(
      id: "a repeat counts for the answer that it follows, and not for the one in between",
      calls: [
        LoggedCall("a") {
          $0.conversation = "c"
          $0.input = [question]
          $0.output = "First."
        },
        LoggedCall("b") {
          $0.conversation = "c"
          $0.second = 10
          $0.input = [question]
          $0.output = "Second."
        },
        LoggedCall("c") {
          $0.conversation = "c"
          $0.second = 20
          $0.input = [question, "a:First.", question + " Please."]
          $0.output = "Third."
        },
      ], votes: ["a": ["follow_up:c bad 0.5 repeats"]]),
  ]

  /// Answers to one question, of which others name the first as parent.
  private static func siblings(
    _ id: String, next: String?, taken: String? = nil, parent: Bool = true, _ votes: [String: [String]]
  )
    -> Case
  {
    var calls = ["a", "b", "d"].enumerated().map { index, name in
      LoggedCall(name) {
        $0.conversation = "c"
        $0.second = Int64(index * 10)
        $0.output = "Answer \(name)."
        $0.user = "u"
        if index > 0, parent { $0.parent = "a" }
      }
    }
    if let next {
      calls.append(
        LoggedCall("e") {
          $0.conversation = "c"
          $0.second = 60
          $0.input = ["u:Hi", "a:Answer \(next).", "u:Tell me more of it"]
          $0.user = "u"
        })
    }
    let events = taken.map { target in
      [
        LoggedEvent("t", on: target) {
          $0.signal = .copy
          $0.user = "u"
        }
      ]
    }
    return Case(id: id, calls: calls, events: events ?? [], votes: votes)
  }

  private static let regenerated: [Case] = [
    siblings(
      "the conversation goes on from the last", next: "d",
      [
        "a": ["regenerate:u bad 0.5 replaced"], "b": ["regenerate:u bad 0.5 replaced"],
        "d": ["regenerate:u good 0.5 kept"],
      ]),
    siblings(
      "it goes on from the first", next: "a",
      [
        "a": ["regenerate:u good 0.5 kept"], "b": ["regenerate:u bad 0.5 replaced"],
        "d": ["regenerate:u bad 0.5 replaced"],
      ]),
    siblings(
      "it ends: the last one may have been good", next: nil,
      ["a": ["regenerate:u bad 0.5 replaced"], "b": ["regenerate:u bad 0.5 replaced"]]),
    siblings(
      "the last was copied", next: nil, taken: "d",
      [
        "a": ["regenerate:u bad 0.5 replaced"], "b": ["regenerate:u bad 0.5 replaced"],
        "d": ["copy:u good 0.5", "regenerate:u good 0.5 kept"],
      ]),
    siblings("samples of one input that nobody asked for anew", next: "d", parent: false, [:]),
  ]

  @Test(arguments: texts + turns + regenerated)
  private func votes(_ item: Case) throws {
    let shop = try LabelWorkshop()
    try shop.add(item.calls, item.events)
    try shop.run()
    for call in item.calls { #expect(try shop.votes(call.id) == item.votes[call.id] ?? [], "\(call.id)") }
    #expect(try shop.run().computed == 0)
  }

  @Test("whatever comes first, votes and labels are the same", arguments: turns + regenerated + texts)
  private func order(_ item: Case) throws {
    var states: Set<[String]> = []
    for reversed in [false, true] {
      let shop = try LabelWorkshop()
      let calls = reversed ? item.calls.reversed() : item.calls
      if reversed { try shop.add([], item.events) }
      for call in calls {
        try shop.add([call])
        try shop.run()
      }
      if !reversed { try shop.add([], item.events) }
      try shop.run()
      states.insert(try item.calls.map { "\(try shop.label($0.id)) \(try shop.votes($0.id))" })
    }
    #expect(states.count == 1)
  }

  @Test("without conversations no turn votes, and implicit weight 0 leaves them out")
  func off() throws {
    let item = Self.turns[0]
    let shop = try LabelWorkshop()
    try shop.add(item.calls)
    #expect(try shop.run { $0.conversations = false }.conversations == 0)
    #expect(try shop.votes("a").isEmpty)
    #expect(try shop.run { $0.implicitWeight = 0 }.conversations == 1)
    #expect(try shop.votes("a").isEmpty)
    try shop.run()
    #expect(try shop.votes("a").count == 1)
  }

  @Test("each text is read once")
  func once() throws {
    let shop = try LabelWorkshop()
    let item = Self.texts[0]
    try shop.add(item.calls, item.events)
    #expect(try shop.run().texts == 1)
    #expect(try shop.run().texts == 0)
  }
}
