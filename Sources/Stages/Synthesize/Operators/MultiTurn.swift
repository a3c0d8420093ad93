import LanguageModels

/// Conversations: the operator writes how a user opens one; the answers, and the user's further turns, are written turn by
/// turn with the prompts `answer` and `user-turn`, and the last answer is the example's output.
struct MultiTurn: SynthesisOperator {
  let name = SynthesisOperatorName.multiTurn

  /// The schema of a user's further turn.
  static let turnSchema = """
    {"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}
    """
}
