import Curate
import Foundation
import Records
import Text

/// A text of a held-out set.
struct LabelledText: Decodable {
  /// `attack` or `toxic`, and `plain`.
  let label: String
  let text: String
  /// Where it comes from, or what it is an example of.
  let source: String?
  let kind: String?

  /// The texts of a file of JSON Lines.
  static func read(_ file: URL) throws -> [LabelledText] {
    let decoder = JSONDecoder()
    return try Data(contentsOf: file).split(separator: 0x0A).map {
      try decoder.decode(LabelledText.self, from: Data($0))
    }
  }

  /// A set written for this project, in `Attacks`; no template of training is in it.
  static func own(_ name: String) throws -> [LabelledText] {
    try read(URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Attacks/\(name).jsonl"))
  }
}

/// Texts that people and models wrote for other reasons; none of them trains.
enum OrdinaryTexts {
  private struct Task: Decodable {
    struct Instance: Decodable {
      let input: String
      let output: String
    }
    let instruction: String
    let instances: [Instance]
  }

  private struct Question: Decodable { let turns: [String] }

  private final class Message: Decodable {
    let text: String
    let role: String
    let replies: [Message]?
  }

  private struct Tree: Decodable { let prompt: Message }

  /// Prompts by source, and answers.
  static func read() throws -> (prompts: [(source: String, texts: [String])], answers: [String]) {
    let decoder = JSONDecoder()
    func rows<Row: Decodable>(_ path: String, _ type: Row.Type) throws -> [Row] {
      try PublicData.lines(path).map { try decoder.decode(type, from: Data($0.utf8)) }
    }
    let tasks = try rows("self-instruct/seed_tasks.jsonl", Task.self)
    let seeds = tasks.flatMap { task in
      task.instances.prefix(1).map {
        $0.input.isEmpty ? task.instruction : "\(task.instruction)\n\($0.input)"
      }
    }
    let turns = try rows("mt-bench/question.jsonl", Question.self).flatMap(\.turns)
    var prompts: [String] = []
    var answers = tasks.flatMap { $0.instances.prefix(1).map(\.output) }
    func walk(_ message: Message) {
      if message.role == "prompter" { prompts.append(message.text) } else { answers.append(message.text) }
      message.replies?.forEach(walk)
    }
    try rows("openassistant/en_100_tree.jsonl", Tree.self).forEach { walk($0.prompt) }
    return (
      [("self-instruct", seeds), ("mt-bench", turns), ("openassistant", prompts)],
      answers.filter { !$0.isEmpty }
    )
  }
}

extension OrdinaryTexts {
  private struct Concept: Decodable {
    struct Row: Decodable { let text: String }
    let data: [String: Row]
  }

  private struct Sample: Decodable { let full_text: String }

  /// Texts by source that no threshold was chosen on, so that what is found in them is no selected figure: Lilac's
  /// labelled texts, Presidio's generated ones, sentences of ten languages.
  static func untouched() throws -> [(source: String, texts: [String])] {
    let decoder = JSONDecoder()
    let concepts = ["negative-sentiment", "non-english", "positive-sentiment", "question", "source-code"]
    let lilac = try concepts.flatMap { name in
      let text = try PublicData.text("lilac/\(name).json")
      return try decoder.decode(Concept.self, from: Data(text.utf8)).data.sorted { $0.key < $1.key }.map(
        \.value.text)
    }
    let presidio = try decoder.decode(
      [Sample].self, from: Data(PublicData.text("presidio/generated_small.json").utf8))
    let languages = try ["de", "en", "es", "fr", "it", "ja", "nl", "pt", "ru", "zh"].flatMap {
      try PublicData.lines("languages/\($0).txt")
    }
    return [("lilac", lilac), ("presidio", presidio.map(\.full_text)), ("languages", languages)]
  }
}

/// The models folder: FLYWHEEL_MODELS, or `.flywheel/models` of the project; nil where there is none.
enum Models {
  static let path: String = {
    let named = ProcessInfo.processInfo.environment["FLYWHEEL_MODELS"]
    return named ?? URL(filePath: #filePath).appending(path: "../../../.flywheel/models").standardized.path
  }()

  static func open() throws -> ModelFolder? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try ModelFolder(path: path)
  }

  /// The sets that training held out, written by it.
  static func heldOut(_ name: String) throws -> [LabelledText] {
    try LabelledText.read(URL(filePath: path).appending(path: "evaluation/\(name).jsonl"))
  }
}

extension Rule {
  /// The findings on a record of one message and an answer.
  func findings(input: String, output: String = "Yes.") -> [Finding] {
    var found: [Finding] = []
    Array(input.utf8).withUnsafeBytes { input in
      Array(output.utf8).withUnsafeBytes { output in
        examine(RecordView(input: input, conversation: input, output: output)) { found.append($0) }
      }
    }
    return found
  }
}

/// Seconds of this process's processors.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The shortest of three runs, in seconds.
func shortest(_ body: () -> Void) -> Double {
  (0..<3).map { _ in
    let start = processorSeconds()
    body()
    return processorSeconds() - start
  }.min() ?? 0
}
