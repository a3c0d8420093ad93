import LanguageModels

/// What a stated person asks in a stated situation, so that not all inputs sound like one writer (after PersonaHub, arXiv
/// 2406.20094).
///
/// Without persons in the definition the slice's own are asked for.
struct Persona: SynthesisOperator {
  let name = SynthesisOperatorName.persona

  func values(_ task: SynthesisPlan.Task, _ prompts: SynthesisPrompts) -> [String: PromptTemplate.Value] {
    let parameters = prompts.plan.parameters
    let person =
      parameters.personas.isEmpty ? "" : parameters.personas[task.variant % parameters.personas.count]
    let round = parameters.personas.isEmpty ? task.variant : task.variant / parameters.personas.count
    let scenario =
      parameters.scenarios.isEmpty ? "" : parameters.scenarios[round % parameters.scenarios.count]
    return ["persona": .text(person), "scenario": .text(scenario)]
  }
}
