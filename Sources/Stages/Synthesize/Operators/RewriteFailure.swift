import LanguageModels

/// A real input that was answered badly, in other words: the same intent, so that the weakness is trained and tested, and
/// not the one sentence.
struct RewriteFailure: SynthesisOperator {
  let name = SynthesisOperatorName.rewriteFailure

  func values(_ task: SynthesisPlan.Task, _ prompts: SynthesisPrompts) -> [String: PromptTemplate.Value] {
    ["input": .text(task.seeds.first.map { prompts.shown(prompts.plan.seeds[$0].input) } ?? "")]
  }
}
