import Bytes
import Foundation
import Lake
import LanguageModels

/// A plan with its prompts read once, and what they are filled with.
struct SynthesisPrompts: Sendable {
  /// The longest seed or document that a prompt shows, in characters.
  static let longestShown = 4000

  let plan: SynthesisPlan
  /// The mark of lines between which a prompt shows texts of the log, which cannot know it.
  let fence: String
  private let templates: [String: ChatTemplate]

  /// Reads the prompts of a plan.
  init(_ plan: SynthesisPlan) throws(PromptTemplate.Fault) {
    var templates: [String: ChatTemplate] = [:]
    for (name, text) in plan.templates { templates[name] = try ChatTemplate(text) }
    self.plan = plan
    self.templates = templates
    fence = String(
      Digest.sha256("\(plan.parameters.seed)\u{0}\(plan.dataset)\u{0}\(plan.tasks.count)").hex.prefix(12))
  }

  /// The version of a prompt; empty for one that the plan does not have.
  func version(of name: String) -> String { templates[name]?.version ?? "" }

  /// A text as a prompt shows it: no line of it looks like the fence, and it is not too long.
  func shown(_ text: String) -> String {
    String(text.replacingOccurrences(of: fence, with: "").prefix(Self.longestShown))
  }

  /// Fills a prompt for a task.
  /// - Parameters:
  ///   - name: the prompt.
  ///   - task: the task, which fills what every prompt may name.
  ///   - own: what this one is filled with beside that.
  /// - Returns: the prompt's messages.
  /// - Throws: what keeps the prompt from being filled.
  func messages(
    _ name: String, _ task: SynthesisPlan.Task, _ own: [String: PromptTemplate.Value] = [:]
  ) throws(PromptTemplate.Fault) -> [ChatMessage] {
    guard let template = templates[name] else {
      throw PromptTemplate.Fault(.unknownName, line: 0, name: name)
    }
    let values: [String: PromptTemplate.Value] = [
      "domain": .text(plan.domain.isEmpty ? plan.dataset : plan.domain), "slice": .text(task.slice),
      "note": .text(plan.note(of: task.slice)), "count": .text("\(task.count)"), "fence": .text(fence),
      "examples": .list(
        task.seeds.map { plan.seeds[$0] }.map {
          .map(["input": .text(shown($0.input)), "output": .text(shown($0.output))])
        }),
    ]
    return try template.messages(values.merging(own) { $1 })
  }

  // MARK: Answers

  /// The request for an answer: the prompt's instructions, then the conversation.
  func answer(
    to input: WrittenInput, _ task: SynthesisPlan.Task, model: String
  ) throws(PromptTemplate.Fault) -> ChatRequest {
    var messages = try instructions(for: input, task)
    for message in input.messages {
      messages.append(ChatMessage(ChatMessage.Role(rawValue: message.role) ?? .user, message.content))
    }
    var request = ChatRequest(model: model, messages: messages)
    request.temperature = plan.parameters.temperature
    request.maximumTokens = plan.parameters.maximumTokens
    if input.tools != nil { request.schema = Array(ToolCall.answerSchema.utf8) }
    return request
  }

  /// What the prompt of an answer says before the conversation.
  func instructions(
    for input: WrittenInput, _ task: SynthesisPlan.Task
  ) throws(PromptTemplate.Fault) -> [ChatMessage] {
    var own: [String: PromptTemplate.Value] = [:]
    if let document = input.documents.first {
      own["document_id"] = .text(document.key)
      own["document"] = .text(shown(document.value))
    }
    if let tools = input.tools { own["tools"] = .text(tools) }
    return try messages(task.operator.answerPrompt, task, own).filter { !$0.content.isEmpty }.map {
      ChatMessage(.system, $0.content)
    }
  }
}
