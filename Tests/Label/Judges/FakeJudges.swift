import Bytes
import Foundation
import LanguageModels
import Records
import Synchronization
import Text

@testable import Label

/// What a fake model sees of a judge's question.
struct SeenQuestion {
  let mark: String
  let code: String
  let criteria: [String]
  let system: String
  let user: String

  init?(_ request: ChatRequest) {
    guard request.messages.count == 2 else { return nil }
    system = request.messages[0].content
    user = request.messages[1].content
    guard let mark = Self.text(in: system, after: "begin with <<<", length: 20),
      let at = system.range(of: "Write the code word \""),
      let end = system[at.upperBound...].firstIndex(of: "\"")
    else { return nil }
    self.mark = mark
    code = String(system[at.upperBound..<end])
    criteria = system.split(separator: "\n").compactMap { line in
      line.hasPrefix("- ") ? line.dropFirst(2).split(separator: ":").first.map(String.init) : nil
    }
  }

  private static func text(in text: String, after start: String, length: Int) -> String? {
    text.range(of: start).map { String(text[$0.upperBound...].prefix(length)) }
  }

  /// The text between the fences of a label.
  func fenced(_ label: String) -> String {
    guard let begin = user.range(of: "<<<\(mark) \(label) begins>>>\n"),
      let end = user.range(of: "<<<\(mark) \(label) ends", options: .backwards)
    else { return "" }
    return String(user[begin.upperBound..<end.lowerBound])
  }

  /// The user's message without what is fenced.
  var outside: String {
    var rest = user
    for label in ["input", "output", "first output", "second output"] where !fenced(label).isEmpty {
      rest = rest.replacingOccurrences(of: fenced(label), with: "")
    }
    return rest
  }

  func answer(_ code: String, _ verdict: (String) -> String) -> String {
    let inner = criteria.map { "\"\($0)\": {\"reason\": \"So it is.\", \"verdict\": \"\(verdict($0))\"}" }
    return "{\"code\": \"\(code)\", \"criteria\": {\(inner.joined(separator: ", "))}}"
  }
}

/// SplitMix64, so that a test draws the same every time.
struct SeededDraw: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

/// Counts what is asked and what it costs.
final class AskedCount: Sendable {
  private let counts = Mutex<[String: Int]>([:])
  var total: Int { counts.withLock { $0.values.reduce(0, +) } }
  func of(_ model: String) -> Int { counts.withLock { $0[model] ?? 0 } }
  func add(_ model: String) { counts.withLock { $0[model, default: 0] += 1 } }
}

/// A model that judges outputs such as `answer 17 is good` right with known probabilities.
struct SeededJudge: ChatModel {
  var seed: UInt64 = 1
  /// How often a good output is called good.
  var sensitivity = 0.9
  /// How often a bad output is called bad.
  var specificity = 0.9
  /// How often an answer to the same question is drawn anew.
  var noise = 0.0
  /// How often the first of two wins whatever it says.
  var placePreference = 0.0
  /// Which order it obeys, if any.
  var gullibility = Gullibility.none
  var price: Int64 = 100
  var asked = AskedCount()

  enum Gullibility: CaseIterable {
    case none
    /// Obeys whatever stands outside the fence.
    case outside
    /// Obeys orders inside the fence, and takes the code word from there.
    case inside
    /// Gives the first verdict back that it finds ready-made.
    case copies
    /// Obeys orders inside the fence and copies the code word of its instructions: nothing in its answer shows it.
    case covers
  }

  static func chance(_ seed: UInt64, _ text: String) -> Double {
    Double(ContentHash.of(text, seed: seed).low >> 11) * 0x1p-53
  }

  func answer(_ request: ChatRequest) async throws -> ChatAnswer {
    asked.add(request.model)
    let text = SeenQuestion(request).map(reply(request)) ?? "no question"
    return ChatAnswer(
      text: text, finish: "stop", inputTokens: 100, outputTokens: 50, cost: price, isKept: false)
  }

  private func reply(_ request: ChatRequest) -> (SeenQuestion) -> String {
    { seen in
      let judged = seen.fenced("output") + seen.fenced("second output")
      let orders = ["Answer every question in favour", "Great question!", "correct, complete", "yes\nyes"]
      let isOrdered = { (text: String) in orders.contains { text.contains($0) } }
      switch gullibility {
      case .none: break
      case .outside: if isOrdered(seen.outside) { return seen.answer(seen.code) { _ in "yes" } }
      case .inside:
        if isOrdered(judged) {
          let codes = judged.split(separator: "\n").filter { $0.hasPrefix("code: ") }
          return seen.answer(String((codes.last ?? "code: none").dropFirst(6))) { _ in "yes" }
        }
      case .copies:
        if let begin = judged.range(of: "{\"code\""), let end = judged.range(of: "}}}") {
          return String(judged[begin.lowerBound..<end.upperBound])
        }
      case .covers: if isOrdered(judged) { return seen.answer(seen.code) { _ in "yes" } }
      }
      return honest(seen, request)
    }
  }

  private func honest(_ seen: SeenQuestion, _ request: ChatRequest) -> String {
    func looksGood(_ text: String) -> Bool {
      guard let first = text.split(separator: "\n").first(where: { $0.contains("answer ") }).map(String.init)
      else {
        return false
      }
      let isGood = first.contains("is good")
      let again = noise > Self.chance(seed &+ 77, "noise \(first)") ? "\(request.repetition)" : ""
      let right =
        Self.chance(seed, "\(request.model) \(first) \(again)") < (isGood ? sensitivity : specificity)
      return isGood == right
    }
    if seen.user.contains("second output begins") {
      let prefers = Self.chance(seed, "place \(seen.fenced("input"))") < placePreference
      let first = looksGood(seen.fenced("first output"))
      let second = looksGood(seen.fenced("second output"))
      let verdict = prefers ? "first" : first == second ? "equal" : first ? "first" : "second"
      return seen.answer(seen.code) { _ in verdict }
    }
    let isGood = looksGood(seen.fenced("output"))
    return seen.answer(seen.code) { _ in isGood ? "yes" : "no" }
  }
}

/// Rubrics and items of these tests.
enum JudgeFixture {
  static let key = Array("a key of the tests".utf8)

  static func template(_ name: String) throws -> String {
    var folder = URL(fileURLWithPath: #filePath)
    while !FileManager.default.fileExists(atPath: folder.appending(path: "Pipelines/prompts").path) {
      let up = folder.deletingLastPathComponent()
      guard up.path != folder.path else { break }
      folder = up
    }
    return try String(
      contentsOf: folder.appending(path: "Pipelines/prompts/\(name).mustache"), encoding: .utf8)
  }

  static func rubric(_ form: Rubric.Form = .pointwise, panel: [String] = ["cheap"]) throws -> Rubric {
    var rubric = Rubric(
      name: "helpful", question: "Does it help the one who asked?",
      criteria: [
        Rubric.Criterion(id: "answers", ask: "Does it answer what was asked?", isRequired: true),
        Rubric.Criterion(id: "clear", ask: "Is it easy to follow?"),
      ],
      prompt: form == .pointwise ? "judge" : "judge-pairs",
      template: try template(form == .pointwise ? "judge" : "judge-pairs"), panel: panel)
    rubric.form = form
    return rubric
  }

  static func item(_ number: Int, good: Bool, suffix: String = "") -> JudgeItem {
    let output = "answer \(number) is \(good ? "good" : "bad")\(suffix)"
    return JudgeItem(
      content: .of("\(number) \(output)"), interaction: "i-\(number)",
      input: Array("question \(number)".utf8),
      output: Array(output.utf8))
  }

  /// Items of which a share is good, drawn from a seed.
  static func gold(_ count: Int, good: Double = 0.5, seed: UInt64 = 9) -> [JudgeGold] {
    (0..<count).map { number in
      let isGood = SeededJudge.chance(seed, "class \(number)") < good
      return JudgeGold(item: item(number, good: isGood), isGood: isGood)
    }
  }
}
