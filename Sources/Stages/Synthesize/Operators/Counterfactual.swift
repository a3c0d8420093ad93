import LanguageModels

/// A real input with one decisive detail changed.
///
/// The answer to the real one is wrong now: it is the worse output of a
/// preference pair, whose better one is written anew.
struct Counterfactual: SynthesisOperator {
  let name = SynthesisOperatorName.counterfactual

  func values(_ task: SynthesisPlan.Task, _ prompts: SynthesisPrompts) -> [String: PromptTemplate.Value] {
    let seed = task.seeds.first.map { prompts.plan.seeds[$0] }
    return [
      "input": .text(prompts.shown(seed?.input ?? "")), "output": .text(prompts.shown(seed?.output ?? "")),
    ]
  }

  func complete(_ input: inout WrittenInput, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) {
    input.rejected = task.seeds.first.map { plan.seeds[$0].output }
  }
}
