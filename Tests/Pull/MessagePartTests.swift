import Foundation
import Testing
import Text

@testable import Pull

@Suite("Parts of messages") struct MessagePartTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let part: String
    let mark: String
    let reference: String
    var testDescription: String { id }

    init(_ id: String, _ part: String, _ mark: String, _ reference: String) {
      self.id = id
      self.part = part
      self.mark = mark
      self.reference = reference
    }
  }

  /// Three bytes of 0, by name, by size and by what `sha256sum` says of them.
  private static let zeroReference =
    #"{"bytes":3,"sha256":"709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c","type":"TYPE"}"#

  private static func zeros(_ type: String) -> String { zeroReference.replacing("TYPE", with: type) }
  private static let picture = #"{"type":"image","url":"https://a.example/b.png"}"#

  private static let parts: [Case] = [
    Case(
      "OpenAI's address",
      #"{"type":"image_url","image_url":{"url":"https://a.example/b.png","detail":"low"}}"#, "image_url",
      picture),
    Case(
      "OpenAI's address as text", #"{"type":"input_image","image_url":"https://a.example/b.png"}"#,
      "input_image", picture),
    Case(
      "OpenAI's data", #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}"#, "image_url",
      zeros("image")),
    Case(
      "OpenAI's sound", #"{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}"#,
      "input_audio", zeros("audio")),
    Case(
      "OpenAI's file", #"{"type":"file","file":{"file_id":"file-1"}}"#, "file",
      #"{"file":"file-1","type":"file"}"#),
    Case(
      "Responses' file", #"{"type":"input_file","file_id":"file-1","filename":"a.pdf"}"#, "input_file",
      #"{"file":"file-1","type":"file"}"#),
    Case(
      "Anthropic's data",
      #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}"#, "image",
      zeros("image")),
    Case(
      "Anthropic's address", #"{"type":"image","source":{"type":"url","url":"https://a.example/b.png"}}"#,
      "image", picture),
    Case(
      "Anthropic's document", #"{"type":"document","source":{"type":"file","file_id":"f"}}"#, "document",
      #"{"file":"f","type":"document"}"#),
    Case("Gemini's data", #"{"inlineData":{"mimeType":"image/png","data":"AAAA"}}"#, "image", zeros("image")),
    Case(
      "Gemini's file", #"{"file_data":{"mime_type":"application/pdf","file_uri":"gs://a/b"}}"#, "document",
      #"{"type":"document","url":"gs://a/b"}"#),
    Case(
      "OpenTelemetry's blob", #"{"type":"blob","modality":"image","mime_type":"image/png","content":"AAAA"}"#,
      "image", zeros("image")),
    Case(
      "OpenTelemetry's address", #"{"type":"uri","modality":"video","uri":"https://a.example/b"}"#, "video",
      #"{"type":"video","url":"https://a.example/b"}"#),
    Case(
      "OpenTelemetry's file", #"{"type":"file","modality":"audio","file_id":"f"}"#, "audio",
      #"{"file":"f","type":"audio"}"#),
    Case("Vercel's image", #"{"type":"image","image":"AAAA"}"#, "image", zeros("image")),
    Case(
      "Vercel's file", #"{"type":"file","data":"AAAA","mediaType":"application/pdf"}"#, "file",
      zeros("document")),
    Case(
      "LangChain's data", #"{"type":"image","source_type":"base64","data":"AAAA","mime_type":"image/png"}"#,
      "image", zeros("image")),
    Case("LlamaIndex", #"{"block_type":"image","url":"https://a.example/b.png"}"#, "image", picture),
    Case(
      "OpenInference",
      #"{"message_content":{"type":"image","image":{"image":{"url":"https://a.example/b.png"}}}}"#, "image",
      picture),
    Case("line breaks and no padding", #"{"type":"image","image":"AA\nAA"}"#, "image", zeros("image")),
    Case("nothing to refer to", #"{"type":"image","image":{"0":1}}"#, "image", #"{"type":"image"}"#),
    Case(
      "no base64", #"{"type":"image","image":"abc!"}"#, "image",
      // The text's own bytes: printf 'abc!' | sha256sum.
      #"{"bytes":4,"sha256":"53e0eff3204626f3e256ca636572d7ccdf8eb5a190c9defa3fa567bc63866b76","type":"image"}"#
    ),
  ]

  @Test("what is not text is kept as a mark and a reference, never as its data", arguments: parts)
  func media(_ item: Case) throws {
    let made = try Normalised(
      #"[{"role":"user","content":[{"type":"text","text":"See"},\#(item.part)]}]"#, .input)
    #expect(made.text == #"[{"content":"See\n[\#(item.mark)]","media":[\#(item.reference)],"role":"user"}]"#)
    #expect(made.hasMedia)
    #expect(!(made.text ?? "").contains("AAAA"))
  }

  @Test("a part of an unknown type is a mark without a reference")
  func unknown() throws {
    let made = try Normalised(#"[{"role":"user","content":[{"type":"compaction","x":"AAAA"}]}]"#, .input)
    #expect(made.text == #"[{"content":"[compaction]","role":"user"}]"#)
    #expect(made.hasMedia)
  }

  @Test("a spoken answer has its words as text")
  func sound() throws {
    let made = try Normalised(
      #"{"role":"assistant","content":null,"audio":{"id":"audio_1","data":"AAAA","transcript":"Hello"}}"#,
      .output)
    #expect(
      made.text
        == #"{"content":"Hello","media":[{"bytes":3,"sha256":"709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c","type":"audio"}],"role":"assistant"}"#
    )
  }

  @Test("the references of one image are equal whatever the shape, and its mark alone decides the hash")
  func sameImage() throws {
    func made(_ part: String) throws -> Normalised {
      try Normalised(#"[{"role":"user","content":[\#(part)]}]"#, .input)
    }
    let data = try made(#"{"type":"image","image":"AAAA"}"#)
    #expect(
      try made(#"{"type":"image","source":{"type":"base64","data":"data:image/png;base64,AAAA"}}"#) == data)
    #expect(try made(#"{"type":"image","url":"https://a.example"}"#).hash == data.hash)
  }

  // MARK: Calls

  @Test("calls without ids are counted, and results without ids find their call by name, then by order")
  func madeIDs() throws {
    let made = try Normalised(
      #"{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"g","args":{"b":1,"a":[2.50]}}}]},"#
        + #"{"role":"user","parts":[{"functionResponse":{"name":"g","response":{"r":2}}},{"functionResponse":{"name":"f","response":{"r":1}}}]},"#
        + #"{"role":"user","parts":[{"functionResponse":{"name":"h","response":{"r":3}}}]}]}"#, .input)
    #expect(
      made.text
        == #"[{"content":"","role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"f"},"id":"call-1","type":"function"},"#
        + #"{"function":{"arguments":"{\"a\":[2.5],\"b\":1}","name":"g"},"id":"call-2","type":"function"}]},"#
        + #"{"content":"{\"r\":2}","name":"g","role":"tool","tool_call_id":"call-2"},{"content":"{\"r\":1}","name":"f","role":"tool","tool_call_id":"call-1"},"#
        + #"{"content":"{\"r\":3}","name":"h","role":"tool"}]"#)
    #expect(made.turns == 0)
  }

  @Test("a call in OpenAI's shape keeps its further members, and one without a name stays as it is")
  func keptCalls() throws {
    let calls =
      #"[{"function":{"arguments":"{\"b\": 1}","name":"f"},"id":"c","index":0,"type":"function"},{"args":{"a":1},"id":"d"},7]"#
    let made = try Normalised(#"{"role":"assistant","content":"","tool_calls":\#(calls)}"#, .output)
    #expect(made.text == #"{"content":"","role":"assistant","tool_calls":\#(calls)}"#)
  }

  @Test("thoughts stand beside the content, line by line, and hidden ones leave nothing")
  func reasoning() throws {
    let made = try Normalised(
      #"[{"role":"assistant","content":[{"type":"thinking","thinking":"a"},{"type":"redacted_thinking","data":"AAAA"},{"type":"text","text":"b"},"#
        + #"{"type":"reasoning","summary":["c",{"type":"summary_text","text":"d"}]},{"type":"reasoning","text":"e"}]}]"#,
      .input)
    #expect(made.text == #"[{"content":"b","reasoning":"a\nc\nd\ne","role":"assistant"}]"#)
    #expect(!made.hasMedia)
  }

  // MARK: Redaction

  @Test("arguments, addresses, thoughts, names and ids are redacted, an object as a string")
  func redaction() throws {
    let made = try Normalised(
      #"[{"role":"assistant","reasoning_content":"ask ann@example.com","content":[{"type":"image","url":"https://a.example/?u=ann@example.com"}],"#
        + #""tool_calls":[{"name":"bob@example.com","id":"to bob@example.com","args":{"ann@example.com":"\nann@example.com","n":4111111111111111}}]},"#
        + #"{"role":"tool","tool_call_id":"to bob@example.com","content":{"x":"bob@example.com"}}]"#,
      .input, redacting: [.email, .card])
    let text = try #require(made.text)
    #expect(!text.contains("example.com") && !text.contains("4111"))
    #expect(text.contains(#""arguments":"{\"[EMAIL_1]\":\"\\n[EMAIL_1]\",\"n\":[CARD_1]}""#))
    #expect(text.contains(#""id":"to [EMAIL_2]""#) && text.contains(#""tool_call_id":"to [EMAIL_2]""#))
    #expect(text.contains(#""reasoning":"ask [EMAIL_1]""#))
  }

  @Test("a turn is a user's message, not a tool's answer in it")
  func turns() throws {
    let made = try Normalised(
      #"[{"role":"user","content":"a"},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"b"}]}]"#,
      .input)
    #expect(made.turns == 1)
  }

  @Test(
    "roles by all their names",
    arguments: [
      ("User", "user"), ("HUMAN", "user"), ("HumanMessage", "user"), ("ASSISTANT", "assistant"),
      ("ai", "assistant"),
      ("model", "assistant"), ("Bot", "assistant"), ("CHATBOT", "assistant"), ("AIMessageChunk", "assistant"),
      ("developer", "system"), ("System", "system"), ("function", "tool"), ("Tool", "tool"),
    ])
  func roles(_ name: String, _ role: String) throws {
    let made = try Normalised(#"[{"role":"\#(name)","content":"a"}]"#, .input)
    #expect(made.text == #"[{"content":"a","role":"\#(role)"}]"#)
  }

  @Test(
    "an unknown role refuses the row, in a string as well",
    arguments: [
      "wizard", "prompter", "", " user", "us\\u0065rs", "AIMessageChunkAIMessageChunkAIMessageChunkA",
    ])
  func badRoles(_ name: String) throws {
    let list = #"[{"role":"user","content":"a"},{"role":"\#(name)","content":"a"}]"#
    #expect(try Normalised(list, .input).fault == .badRole)
    #expect(try Normalised(quoted(list), .input).fault == .badRole)
  }
}
