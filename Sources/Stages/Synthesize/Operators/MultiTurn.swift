import LanguageModels
import Text

/// Conversations: the operator writes how a user opens one; the answers, and the user's further turns, are written turn by
/// turn with the prompts `answer` and `user-turn`, and the last answer is the example's output.
struct MultiTurn: SynthesisOperator {
  let name = SynthesisOperatorName.multiTurn
  var schema: String { Self.inputsSchema }

  /// The schema of a user's further turn.
  static let turnSchema = """
    {"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}
    """

  func values(_ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [String: PromptTemplate.Value] { [:] }

  func read(_ answer: JSONValue, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [WrittenInput] {
    Self.inputs(answer)
  }
}
