import Bytes
import Foundation
import LanguageModels
import Lake
import Text

/// An input that a model wrote.
struct WrittenInput: Sendable, Hashable {
  /// The conversation, whose last message is the user's.
  var messages: [InteractionRecord.Message]
  /// An output that is wrong for it, for a preference pair; nil where there is none.
  var rejected: String?
  /// Documents that its answer may cite, by their ids.
  var documents: [String: String] = [:]
  /// The JSON of the tools that its answer may call; nil where there are none.
  var tools: String?

  /// An input of one message.
  init(_ text: String) { messages = [InteractionRecord.Message(role: "user", content: text)] }

  /// The user's last message.
  var text: String { messages.last { $0.role == "user" }?.content ?? "" }
}

/// A way to have inputs written: a prompt in `Pipelines/prompts`, what it is filled with, and how its answer is read.
protocol SynthesisOperator: Sendable {
  /// Its name.
  var name: SynthesisOperatorName { get }
  /// The JSON Schema of its answer, in the strict subset that all services take.
  var schema: String { get }
  /// What its prompt is filled with, beside what every prompt has.
  func values(_ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [String: PromptTemplate.Value]
  /// The inputs of an answer that meets ``schema``; at most as many as the task asks for count.
  func read(_ answer: JSONValue, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [WrittenInput]
}

extension SynthesisOperator {
  /// The schema of a list of inputs.
  static var inputsSchema: String {
    """
    {"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{"input":\
    {"type":"string"}},"required":["input"],"additionalProperties":false}}},"required":["items"],\
    "additionalProperties":false}
    """
  }

  /// The inputs of a list of them.
  static func inputs(_ answer: JSONValue) -> [WrittenInput] {
    (answer["items"]?.elements ?? []).compactMap { $0["input"]?.string }.map { WrittenInput($0) }
  }

  /// The request of a task.
  func request(
    _ task: SynthesisPlan.Task, _ plan: SynthesisPlan, teacher: String
  ) throws(PromptTemplate.Fault) -> ChatRequest {
    let template = try ChatTemplate(plan.templates[name.rawValue] ?? "")
    let values = plan.values(task).merging(values(task, plan)) { $1 }
    var request = ChatRequest(model: teacher, messages: try template.messages(values))
    request.temperature = plan.parameters.temperature
    // A list of inputs is as long as its inputs, not as one answer.
    request.maximumTokens = max(plan.parameters.maximumTokens, 256 * task.count)
    request.seed = plan.drawn(task.number)
    request.schema = Array(schema.utf8)
    // A service that takes no seed would be asked the same as in the last batch, and be known to have answered.
    request.repetition = plan.round
    return request
  }
}

extension SynthesisOperatorName {
  /// The operator of this name.
  var operation: any SynthesisOperator {
    switch self {
    case .selfInstruct: SelfInstruct()
    case .evolve: Evolve()
    case .persona: Persona()
    case .document: DocumentQuestion()
    case .rewriteFailure: RewriteFailure()
    case .counterfactual: Counterfactual()
    case .toolCall: ToolCall()
    case .multiTurn: MultiTurn()
    }
  }
}

extension SynthesisPlan {
  /// The longest seed or document that a prompt shows, in characters.
  static let longestShown = 4000

  /// What every prompt is filled with.
  func values(_ task: Task) -> [String: PromptTemplate.Value] {
    [
      "domain": .text(domain.isEmpty ? dataset : domain), "slice": .text(task.slice),
      "note": .text(note(of: task.slice)), "count": .text("\(task.count)"), "fence": .text(fence),
      "examples": .list(
        task.seeds.map { seeds[$0] }.map {
          .map(["input": .text(shown($0.input)), "output": .text(shown($0.output))])
        }),
    ]
  }

  /// The mark of lines between which a prompt shows texts of the log, which cannot know it.
  var fence: String {
    String(Digest.sha256("\(parameters.seed)\u{0}\(dataset)\u{0}\(tasks.count)").hex.prefix(12))
  }

  /// A text as a prompt shows it: no line of it looks like the fence, and it is not too long.
  func shown(_ text: String) -> String {
    String(text.replacingOccurrences(of: fence, with: "").prefix(Self.longestShown))
  }

  /// A number by the plan's seed, for services that take one.
  func drawn(_ number: Int) -> Int {
    Int(ContentHash.of("\(parameters.seed)\u{0}\(dataset)\u{0}\(round)\u{0}\(number)").low % 1_000_000_007)
  }
}
