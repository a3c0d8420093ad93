import Testing
import Text

@testable import Pull

/// Payloads that mean harm: each is refused with a fault or becomes messages of canonical JSON, and none traps.
@Suite("Hostile messages") struct MessageHostileTests {
  /// Checks both sides of a payload, as it is and as a string.
  private func check(_ json: String) throws {
    for text in [json, quoted(json)] {
      for side in [Normalised.Side.input, .output] {
        let made = try Normalised(text, side, redacting: [.email])
        #expect((made.text == nil) != (made.fault == nil))
        guard let text = made.text else { continue }
        #expect(try canonical(text) == text)
      }
    }
  }

  private static let values = [
    "null", "true", "0", "-1.5", "1e300", "\"\"", #""x""#, #""{\"role\":\"user\"}""#, "[]", "[null]", "[[]]",
    "[7]",
    #"["x"]"#, "{}", #"{"role":7}"#, #"{"x":{"y":[]}}"#, #"[{"type":7}]"#, #"[{"type":"text","text":{}}]"#,
    #"[{"type":"image","source":[]}]"#, #"[{"type":"tool_use"}]"#,
    #"[{"type":"tool_result","content":{"type":"x","value":[1]}}]"#,
    #"{"type":"function","function":7}"#,
  ]

  private static let keys = [
    "role", "content", "parts", "contents", "blocks", "messages", "message", "tool_calls", "toolCalls",
    "tool_call_id",
    "function_call", "additional_kwargs", "kwargs", "lc", "id", "type", "text", "name", "data", "body",
    "reasoning",
    "reasoning_content", "refusal", "audio", "call_id", "toolCallId", "toolName", "choices", "candidates",
    "generations", "output", "input", "instructions", "system", "systemInstruction", "config", "new_message",
    "prompts",
    "args", "prompt", "question", "answer", "raw", "response", "event.name", "object",
  ]

  @Test("wrong types in every member, alone and in a message", arguments: keys)
  func wrongTypes(_ key: String) throws {
    for value in Self.values {
      try check(#"{"\#(key)":\#(value)}"#)
      try check(#"[{"role":"assistant","content":"x","\#(key)":\#(value)}]"#)
      try check(
        #"{"\#(key)":\#(value),"messages":[{"type":"ai","\#(key)":\#(value),"content":[\#(value)]}]}"#)
      try check(#"[{"type":"function_call","name":"f","\#(key)":\#(value)}]"#)
      try check(#"{"\#(key)":[{"\#(key)":\#(value),"type":"constructor","kwargs":\#(value)}]}"#)
    }
  }

  @Test("brackets to the parser's limit, around and in messages", arguments: keys)
  func nesting(_ key: String) throws {
    func deep(_ open: String, _ close: String, _ count: Int, _ middle: String) -> String {
      String(repeating: open, count: count) + middle + String(repeating: close, count: count)
    }
    let message = #"{"role":"user","content":"x"}"#
    for count in [9, 500] {
      try check(deep(#"{"\#(key)":"#, "}", count, message))
      try check(deep(#"{"\#(key)":["#, "]}", count, message))
      try check(deep("[", "]", count, message))
      try check(#"[{"role":"user","\#(key)":\#(deep("[", "]", count, "7"))}]"#)
      try check(#"[{"role":"user","content":[\#(deep(#"{"message_content":"#, "}", count, "{}"))]}]"#)
    }
    #expect(throws: JSONFault.tooDeep) { try Normalised(deep("[", "]", 2000, ""), .input) }
  }

  @Test("a string of JSON that nests too deep, or holds what JSON does not, is text")
  func hostileStrings() throws {
    let texts = [
      String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000),
      #"[{"role":"user","content":"\ud800"}]"#,
      #"[{"role":"user","content":"\x"}]"#, #"[{"role":"user","content":"a"},]"#,
      "[{\"role\":\"user\",\"content\":\"\u{1}\"}]",
      #"[{"role":"user","content":99999999999999999999}]"#, "[\u{0}]",
    ]
    for text in texts {
      let json = quoted(text)
      #expect(try Normalised(json, .input).text == #"[{"content":\#(json),"role":"user"}]"#)
      #expect(try Normalised(json, .output).text == #"{"content":\#(json),"role":"assistant"}"#)
    }
    #expect(throws: JSONFault.badString) { try Normalised(#"[{"role":"user","content":"\ud800"}]"#, .input) }
  }

  @Test("of equal members the last counts")
  func equalKeys() throws {
    let made = try Normalised(
      #"[{"role":"wizard","role":"user","content":"no","content":"yes","tool_calls":[{"name":"f"}],"tool_calls":null,"type":"x","type":null}]"#,
      .input)
    #expect(made.text == #"[{"content":"yes","role":"user"}]"#)
    #expect(
      try Normalised(#"{"messages":[],"messages":[{"role":"user","role":7,"content":"a"}]}"#, .input).fault
        == .badRole)
  }

  @Test("many messages, parts and calls")
  func many() throws {
    let count = 3_000
    func list(_ element: String) -> String {
      "[" + Array(repeating: element, count: count).joined(separator: ",") + "]"
    }
    let messages = try Normalised(list(#"{"role":"user","content":"a"}"#), .input)
    #expect(messages.turns == count)
    let parts = try Normalised(
      #"[{"role":"user","content":\#(list(#"{"type":"text","text":"a"}"#))}]"#, .input)
    #expect((parts.text ?? "").utf8.count == count * 3 - 2 + #"[{"content":"","role":"user"}]"#.utf8.count)
    let calls = try Normalised(
      #"[{"role":"assistant","content":"","tool_calls":\#(list(#"{"name":"f"}"#))}]"#, .input)
    #expect((calls.text ?? "").contains(#""id":"call-\#(count)""#))
    try check(list("[[[7]]]"))
    try check(list(#"{"type":"function_call","name":"f"}"#))
  }

  @Test("random trees of the members that libraries use", arguments: 0..<8)
  func random(_ seed: Int) throws {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    func tree(_ depth: Int) -> String {
      if depth == 0 || next(4) == 0 {
        let words = [
          "user", "assistant", "tool", "text", "tool_use", "tool_result", "constructor", "human", "message",
        ]
        return next(3) == 0 ? Self.values[next(Self.values.count)] : quoted(words[next(words.count)])
      }
      let children = (0..<next(4)).map { _ in tree(depth - 1) }
      if next(2) == 0 { return "[" + children.joined(separator: ",") + "]" }
      return "{" + children.map { quoted(Self.keys[next(Self.keys.count)]) + ":" + $0 }.joined(separator: ",")
        + "}"
    }
    for _ in 0..<150 { try check(tree(6)) }
  }
}
