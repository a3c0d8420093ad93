import LanguageModels

/// Requests that a call of one of some tools answers; the call's arguments must meet the tool's own JSON Schema.
struct ToolCall: SynthesisOperator {
  let name = SynthesisOperatorName.toolCall

  /// The schema of an answer: the tool's name and its arguments as JSON in a text, as services hand calls out.
  static let answerSchema = """
    {"type":"object","properties":{"name":{"type":"string"},"arguments":{"type":"string"}},\
    "required":["name","arguments"],"additionalProperties":false}
    """

  func values(_ task: SynthesisPlan.Task, _ prompts: SynthesisPrompts) -> [String: PromptTemplate.Value] {
    ["tools": .text(Self.tools(task, prompts.plan))]
  }

  func complete(_ input: inout WrittenInput, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) {
    input.tools = Self.tools(task, plan)
  }

  private static func tools(_ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> String {
    plan.tools[task.variant % plan.tools.count]
  }
}
