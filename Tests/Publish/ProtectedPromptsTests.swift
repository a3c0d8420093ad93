import Bytes
import Records
import Testing

@testable import Publish

@Suite("Protected prompts") struct ProtectedPromptsTests {
  private static let asked = "where is my bicycle and when will it be here"
  private static let answer = "one two three four five six seven eight nine ten eleven twelve thirteen"

  struct Row: Sendable, CustomTestStringConvertible {
    let id: String
    var file = "evals.jsonl"
    let text: String
    /// `question 9` for each protected text with its words.
    let texts: [String]
    var testDescription: String { id }
  }

  @Test(
    "where prompts and answers stand",
    arguments: [
      Row(id: "prompt", text: #"{"prompt":"\#(asked)"}"#, texts: ["question 10"]),
      Row(
        id: "question and answer", text: #"{"question":"\#(asked)","answer":"\#(answer)"}"#,
        texts: ["question 10", "answer 13"]),
      Row(id: "input", text: #"{"input":"\#(asked)"}"#, texts: ["question 10"]),
      Row(id: "text", text: #"{"text":"\#(asked)","id":7}"#, texts: ["question 10"]),
      Row(id: "a string", text: #""\#(asked)""#, texts: ["question 10"]),
      Row(
        id: "turns are prompts of their own", text: #"{"turns":["\#(asked)","\#(asked) again"]}"#,
        texts: ["question 10", "question 11"]),
      Row(
        id: "messages",
        text: #"{"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"\#(asked)"}]}"#,
        texts: ["question 10"]),
      Row(
        id: "messages of several turns",
        text:
          #"{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"yes"},{"role":"user","content":"\#(asked)"}]}"#,
        texts: ["question 10", "question 11"]),
      Row(
        id: "parts of a message",
        text: #"{"messages":[{"role":"user","content":[{"type":"text","text":"\#(asked)"}]}]}"#,
        texts: ["question 10"]),
      Row(
        id: "ShareGPT",
        text: #"{"conversations":[{"from":"human","value":"\#(asked)"},{"from":"gpt","value":"no"}]}"#,
        texts: ["question 10"]),
      Row(
        id: "a prompt of messages", text: #"{"prompt":[{"role":"user","content":"\#(asked)"}]}"#,
        texts: ["question 10"]),
      Row(
        id: "Alpaca", text: #"{"instruction":"\#(asked)","input":"please"}"#,
        texts: ["question 1", "question 10", "question 11"]),
      Row(
        id: "a published eval",
        text:
          #"{"input":[{"content":"\#(asked)","role":"user"}],"reference":{"content":"\#(answer)","role":"assistant"}}"#,
        texts: ["question 10", "answer 13"]),
      Row(
        id: "several answers", text: #"{"prompt":"\#(asked)","ideal":["\#(answer)","\#(answer) fourteen"]}"#,
        texts: ["question 10", "answer 13", "answer 14"]),
      Row(
        id: "short answers and numbers are no answers to compare",
        text: #"{"prompt":"\#(asked)","answer":"yes","target":4}"#, texts: ["question 10"]),
      Row(
        id: "plain text", file: "evals.txt", text: "\(asked)\n\n  \nand when",
        texts: ["question 10", "question 2"]),
      Row(id: "braces in plain text", file: "evals.txt", text: "{\"prompt\": 1}", texts: ["question 2"]),
      Row(
        id: "carriage returns and a byte order mark", text: "\u{FEFF}{\"prompt\":\"\(asked)\"}\r\n\r\n",
        texts: ["question 10"]),
      Row(id: "nothing", text: "", texts: []),
    ])
  func members(_ row: Row) throws {
    let folder = try ScratchFolder()
    try DurableFile.replace(folder(row.file), with: Array(row.text.utf8))
    let prompts = try ProtectedPrompts(patterns: [row.file], root: folder.path)
    let texts = try prompts.items(ngram: 13).flatMap(\.texts).map { "\($0.part.rawValue) \($0.words)" }
    #expect(texts.sorted() == row.texts.sorted())
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let id: String
    var file = "evals.jsonl"
    let text: String
    let error: String
    var testDescription: String { id }
  }

  @Test(
    "what is wrong is said with its file and line",
    arguments: [
      Wrong(id: "no JSON", text: "{\"prompt\":\"a\"}\n\nplain", error: "notJSON: evals.jsonl:3"),
      Wrong(id: "a list", text: "[1]", error: "notJSON: evals.jsonl:1"),
      Wrong(id: "no prompt", text: #"{"id":1}"#, error: "noPrompt: evals.jsonl:1"),
      Wrong(id: "a prompt that is a number", text: #"{"prompt":1}"#, error: "noPrompt: evals.jsonl:1"),
    ])
  func faults(_ row: Wrong) throws {
    let folder = try ScratchFolder()
    try DurableFile.replace(folder(row.file), with: Array(row.text.utf8))
    let prompts = try ProtectedPrompts(patterns: [row.file], root: folder.path)
    let error = #expect(throws: ProtectedFileError.self) { try prompts.items(ngram: 13) }
    #expect(error?.description == row.error)
  }

  @Test("files are found by pattern, in order, once; a pattern without a file is an error")
  func patterns() throws {
    let folder = try ScratchFolder()
    try DurableFile.makeFolder(folder("evals/d.jsonl"))
    for name in ["b.jsonl", "a.jsonl", "a[1].jsonl"] {
      try DurableFile.replace(folder("evals/\(name)"), with: [])
    }
    let prompts = try ProtectedPrompts(
      patterns: ["evals/*.jsonl", "evals/a[1].jsonl", "evals/b.jsonl"], root: folder.path)
    #expect(prompts.files.map(\.name) == ["evals/a.jsonl", "evals/a[1].jsonl", "evals/b.jsonl"])
    let error = #expect(throws: ProtectedFileError.self) {
      try ProtectedPrompts(patterns: ["evals/c*.jsonl"], root: folder.path)
    }
    #expect(error == ProtectedFileError(.noFile, "evals/c*.jsonl"))
  }

  @Test("compressed files are told by their content", arguments: ["lz4", "zstd"])
  func compressed(_ codec: String) throws {
    let folder = try ScratchFolder()
    let text = Array((0..<1000).map { #"{"prompt":"question number \#($0)"}"# + "\n" }.joined().utf8)
    let bytes = try text.withUnsafeBytes {
      try codec == "lz4" ? LZ4Frame.compress($0) : ZstdFrame.compress($0)
    }
    try DurableFile.replace(folder("evals.jsonl.x"), with: bytes)
    let items = try ProtectedPrompts(patterns: ["evals.jsonl.x"], root: folder.path).items(ngram: 13)
    #expect(items.count == 1000)
    #expect(items[999].name == ProtectedName(file: "evals.jsonl.x", line: 1000))
    try DurableFile.replace(folder("evals.jsonl.x"), with: Array(bytes.dropLast(9)))
    let cut = try ProtectedPrompts(patterns: ["evals.jsonl.x"], root: folder.path)
    let error = #expect(throws: ProtectedFileError.self) { try cut.items(ngram: 13) }
    #expect(error?.code == .unreadable)
  }

  @Test("a training candidate that overlaps with a line is left out, and the line is named")
  func published() async throws {
    let shop = try PublishWorkshop()
    try DurableFile.replace(
      shop.folder("evals.jsonl"),
      with: Array("{\"id\":1,\"text\":\"quite another\"}\n{\"question\":\"\(Self.asked)\"}\n".utf8))
    try shop.add([
      LoggedSample("1") { $0.input = #"[{"content":"Hello! \#(Self.asked.uppercased())?","role":"user"}]"# },
      LoggedSample("2"),
    ])
    var dataset = DatasetDefinition(name: "set", kind: .sft)
    dataset.splits = [SplitDefinition(name: "train", share: 100)]
    let prompts = try ProtectedPrompts(patterns: ["evals.jsonl"], root: shop.folder.path)
    let account = try await shop.publish(dataset, prompts: prompts)
    #expect(account.left == ["contaminated": 1])
    #expect(account.decontamination?.protectedItems == 2)
    let pair = try #require(account.decontamination?.pairs.first)
    #expect(pair.example == "chat/1" && pair.protected.description == "evals.jsonl:2")
  }
}
