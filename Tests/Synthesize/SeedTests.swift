import Foundation
import Testing

@testable import Synthesize

@Suite("Seeds and documents") struct SeedTests {
  @Test(
    "seed tasks in the forms that are about",
    arguments: [
      (#"{"input": "a", "output": "b", "slice": "s"}"#, "a", "b", "s"),
      (#"{"instruction": "do", "instances": [{"input": "x", "output": "y"}]}"#, "do\n\nx", "y", ""),
      (#"{"instruction": "do", "input": "x", "output": "y"}"#, "do\n\nx", "y", ""),
      (#"{"question_id": 81, "turns": ["one", "two"]}"#, "one", "", ""),
      (#"{"prompt": "p", "response": "r"}"#, "p", "r", ""),
      (#"{"question": "q", "answer": "a"}"#, "q", "a", ""),
    ])
  func forms(_ line: String, _ input: String, _ output: String, _ slice: String) throws {
    let seeds = try SeedReader.tasks(Array((line + "\n").utf8), name: "f")
    #expect(seeds.map(\.input) == [input] && seeds.map(\.output) == [output])
    #expect(seeds.map { $0.slice ?? "" } == [slice] && seeds.map(\.id) == ["f:1"])
  }

  @Test("a line that is no seed is named", arguments: ["nonsense", "{}", #"{"input": " "}"#, "[1]"])
  func bad(_ line: String) {
    #expect(throws: SynthesisError(.badSeed, name: "f", line: 2)) {
      try SeedReader.tasks(Array("{\"input\": \"a\"}\n\(line)\n".utf8), name: "f")
    }
  }

  @Test(
    "the tasks of Self-Instruct and of MT-Bench",
    .enabled(
      if: ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"] != nil, "needs FLYWHEEL_TEST_DATA"),
    arguments: [("self-instruct/seed_tasks.jsonl", 175), ("mt-bench/question.jsonl", 80)])
  func real(_ file: String, _ count: Int) throws {
    let folder = try #require(ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"])
    let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder)/\(file)")))
    #expect(try SeedReader.tasks(bytes, name: file).count == count)
  }

  @Test("a document is cut at paragraphs, and a paragraph that is too long within")
  func documents() {
    let text = Array(repeating: String(repeating: "word ", count: 100), count: 20).joined(separator: "\n\n")
    let parts = SeedReader.documents(text, name: "d.md")
    #expect(parts.count == 3 && parts.map(\.id) == ["d.md#1", "d.md#2", "d.md#3"])
    #expect(parts.allSatisfy { $0.text.utf8.count <= SeedReader.longestDocument })
    let long = SeedReader.documents(String(repeating: "x", count: 9000), name: "d")
    #expect(long.map(\.text).joined().count == 9000 && long.allSatisfy { $0.text.utf8.count <= 4000 })
    #expect(SeedReader.documents(" \n\n ", name: "d").isEmpty)
  }
}
