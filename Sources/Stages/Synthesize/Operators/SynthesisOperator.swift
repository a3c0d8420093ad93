import Bytes
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

/// A way to have inputs written: a prompt in `Pipelines/prompts`, what it is filled with, and what its inputs come with.
protocol SynthesisOperator: Sendable {
  /// Its name.
  var name: SynthesisOperatorName { get }
  /// What its prompt is filled with, beside what every prompt has; nothing unless it says so.
  func values(_ task: SynthesisPlan.Task, _ prompts: SynthesisPrompts) -> [String: PromptTemplate.Value]
  /// Gives an input what its answer needs beside its text; nothing unless it says so.
  func complete(_ input: inout WrittenInput, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan)
}

extension SynthesisOperator {
  /// The JSON Schema of its answer, a list of inputs, in the strict subset that all services take.
  var schema: String {
    """
    {"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{"input":\
    {"type":"string"}},"required":["input"],"additionalProperties":false}}},"required":["items"],\
    "additionalProperties":false}
    """
  }

  func values(_ task: SynthesisPlan.Task, _ prompts: SynthesisPrompts) -> [String: PromptTemplate.Value] {
    [:]
  }
  func complete(_ input: inout WrittenInput, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) {}

  /// The inputs of an answer that meets ``schema``; at most as many as the task asks for count.
  func read(_ answer: JSONValue, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [WrittenInput] {
    (answer["items"]?.elements ?? []).compactMap { $0["input"]?.string }.map { text in
      var input = WrittenInput(text)
      complete(&input, task, plan)
      return input
    }
  }

  /// The request of a task.
  func request(
    _ task: SynthesisPlan.Task, _ prompts: SynthesisPrompts, teacher: String
  ) throws(PromptTemplate.Fault) -> ChatRequest {
    let plan = prompts.plan
    let messages = try prompts.messages(name.rawValue, task, values(task, prompts))
    var request = ChatRequest(model: teacher, messages: messages)
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
  /// A number by the plan's seed, for services that take one.
  func drawn(_ number: Int) -> Int {
    Int(ContentHash.of("\(parameters.seed)\u{0}\(dataset)\u{0}\(round)\u{0}\(number)").low % 1_000_000_007)
  }
}
