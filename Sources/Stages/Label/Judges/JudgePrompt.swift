import Bytes
import LanguageModels
import Text

/// Why a rubric makes no judge.
public enum RubricFault: Error, Sendable, Hashable {
  /// The template has a tag without its end, or a section that is not closed; the name in the tag.
  case template(String)
  /// The template names what no prompt of this form has; the name.
  case unknownName(String)
  /// The template lacks a line that holds only `{{! user }}`, which parts instructions from what is judged.
  case noUserPart
  /// The template does not show what is judged, or not the code word; the name that is missing.
  case shows(String)
}

/// Makes the question of a judge: instructions, the texts in their fence, and the form of the answer.
struct JudgePrompt: Sendable, Hashable {
  /// Counts up when questions are made in another way.
  static let version = 2
  /// The line that parts the instructions (the system message) from what is judged (the user's message).
  static let userLine = "{{! user }}"

  /// A question and what its answer is held against.
  struct Question {
    let request: ChatRequest
    let fence: JudgeFence
  }

  private let rubric: Rubric
  private let model: String
  private let version: String
  private let key: [UInt8]
  private let system: PromptTemplate
  private let user: PromptTemplate
  private let schema: [UInt8]

  init(rubric: Rubric, model: String, version: String, key: [UInt8]) throws(RubricFault) {
    self.rubric = rubric
    self.model = model
    self.version = version
    self.key = key
    let lines = rubric.template.split(separator: "\n", omittingEmptySubsequences: false)
    guard let line = lines.firstIndex(where: { $0 == Self.userLine }) else { throw .noUserPart }
    do throws(PromptTemplate.Fault) {
      system = try PromptTemplate(lines[..<line].joined(separator: "\n"))
      user = try PromptTemplate(lines[(line + 1)...].joined(separator: "\n"))
    } catch {
      throw Self.malformed(error)
    }
    schema = Self.schema(rubric)
    try check()
  }

  private static func malformed(_ fault: PromptTemplate.Fault) -> RubricFault {
    .template(fault.name.isEmpty ? "{{" : fault.name)
  }

  /// Renders a question of marked texts, so that a template that hides what is judged is refused when it is read.
  private func check() throws(RubricFault) {
    let probe = JudgeFence(key: [], version: "", texts: [])
    let input = JudgedText("the-input", maximumCharacters: 100)
    let output = JudgedText("the-output", maximumCharacters: 100)
    let other = JudgedText("the-other", maximumCharacters: 100)
    let texts = rubric.form == .pointwise ? [input, output] : [input, output, other]
    let messages: [ChatMessage]
    do {
      messages = try self.messages(texts, probe)
    } catch {
      throw error.code == .unknownName ? .unknownName(error.name) : Self.malformed(error)
    }
    guard messages[0].content.contains(probe.code) else { throw .shows("code") }
    for (label, text) in zip(["input", "output", "other"], texts)
    where !messages[1].content.contains(text.head) {
      throw .shows(label)
    }
  }

  /// The question on one output.
  func question(_ item: JudgeItem) -> Question { question(input: item.input, outputs: [item.output]) }

  /// The question on two outputs, the first one shown first.
  func question(_ first: JudgeItem, _ second: JudgeItem) -> Question {
    question(input: first.input, outputs: [first.output, second.output])
  }

  private func question(input: [UInt8], outputs: [[UInt8]]) -> Question {
    let texts = ([input] + outputs).map { bytes in
      bytes.withUnsafeBytes { JudgedText($0, maximumCharacters: rubric.maximumCharacters) }
    }
    let fence = JudgeFence(
      key: key, version: version, texts: texts.flatMap { [$0.head, $0.tail, "\($0.bytesLeftOut)"] })
    // The template was rendered when the judge was made, with the same names.
    let messages = (try? messages(texts, fence)) ?? []
    var request = ChatRequest(model: model, messages: messages)
    request.maximumTokens = rubric.maximumTokens
    request.schema = schema
    return Question(request: request, fence: fence)
  }

  private func messages(_ texts: [JudgedText], _ fence: JudgeFence) throws(PromptTemplate.Fault)
    -> [ChatMessage]
  {
    var values: [String: PromptTemplate.Value] = [
      "question": .text(rubric.question),
      "criteria": .list(
        rubric.criteria.map {
          .map(["id": .text($0.id), "ask": .text($0.ask), "required": .bool($0.isRequired)])
        }),
      "examples": .list(rubric.examples.map { example($0, fence) }),
      "code": .text(fence.code), "fence": .text(fence.mark),
      "input": .text(fence.fenced(texts[0], label: "input")),
    ]
    if rubric.form == .pointwise {
      values["output"] = .text(fence.fenced(texts[1], label: "output"))
    } else {
      values["first"] = .text(fence.fenced(texts[1], label: "first output"))
      values["second"] = .text(fence.fenced(texts[2], label: "second output"))
    }
    return [
      ChatMessage(.system, try system.fill(values)),
      ChatMessage(.user, try user.fill(values)),
    ]
  }

  private func example(_ example: Rubric.Example, _ fence: JudgeFence) -> PromptTemplate.Value {
    let buffer = ByteBuffer()
    var json = JSONWriter(buffer)
    json.beginObject()
    json.key("code")
    json.string(fence.code)
    json.key("criteria")
    json.beginObject()
    for verdict in example.verdicts {
      json.key(string: verdict.criterion)
      json.beginObject()
      json.key("reason")
      json.string(verdict.reason)
      json.key("verdict")
      json.string(verdict.answer.rawValue)
      json.endObject()
    }
    json.endObject()
    json.endObject()
    return .map([
      "input": .text(example.input), "output": .text(example.output),
      "answer": .text(String(decoding: buffer.view, as: UTF8.self)),
    ])
  }

  /// The form of the answer: the code word, and for each criterion the reason before the verdict.
  ///
  /// The names are in the order of the alphabet, so that a service that sorts them keeps the reason first.
  static func schema(_ rubric: Rubric) -> [UInt8] {
    let buffer = ByteBuffer()
    var json = JSONWriter(buffer)
    func object(_ names: [String], _ json: inout JSONWriter, _ body: (String, inout JSONWriter) -> Void) {
      json.beginObject()
      json.key("type")
      json.string("object")
      json.key("properties")
      json.beginObject()
      for name in names {
        json.key(string: name)
        body(name, &json)
      }
      json.endObject()
      json.key("required")
      json.beginArray()
      for name in names { json.string(name) }
      json.endArray()
      json.key("additionalProperties")
      json.bool(false)
      json.endObject()
    }
    func text(_ longest: Int, _ json: inout JSONWriter) {
      json.beginObject()
      json.key("type")
      json.string("string")
      json.key("maxLength")
      json.integer(Int64(longest))
      json.endObject()
    }
    object(["code", "criteria"], &json) { name, json in
      guard name == "criteria" else { return text(40, &json) }
      object(rubric.criteria.map(\.id), &json) { _, json in
        object(["reason", "verdict"], &json) { name, json in
          guard name == "verdict" else { return text(600, &json) }
          json.beginObject()
          json.key("type")
          json.string("string")
          json.key("enum")
          json.beginArray()
          for word in JudgeReply.words(rubric.form) { json.string(word) }
          json.endArray()
          json.endObject()
        }
      }
    }
    return Array(buffer.view)
  }
}
