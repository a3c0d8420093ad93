import LanguageModels
import Text

/// Requests that a call of one of some tools answers; the call's arguments must meet the tool's own JSON Schema.
struct ToolCall: SynthesisOperator {
  let name = SynthesisOperatorName.toolCall
  var schema: String { Self.inputsSchema }

  /// The schema of an answer: the tool's name and its arguments as JSON in a text, as services hand calls out.
  static let answerSchema = """
    {"type":"object","properties":{"name":{"type":"string"},"arguments":{"type":"string"}},\
    "required":["name","arguments"],"additionalProperties":false}
    """

  func values(_ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [String: PromptTemplate.Value] {
    ["tools": .text(plan.tools[task.variant % plan.tools.count])]
  }

  func read(_ answer: JSONValue, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [WrittenInput] {
    let tools = plan.tools[task.variant % plan.tools.count]
    return Self.inputs(answer).map { input in
      var input = input
      input.tools = tools
      return input
    }
  }
}
