import LanguageModels

/// One input made deeper or broader.
///
/// Evol-Instruct (arXiv 2304.12244, section 3.2): five ways to make an input deeper and one to make another of its kind.
/// An evolution that shows its own instructions, or copies the input, is eliminated by the checks of every input.
struct Evolve: SynthesisOperator {
  let name = SynthesisOperatorName.evolve

  static let directions = [
    "Add one more constraint or requirement that a real person could have.",
    "Ask for more depth on the point that matters most.",
    "Replace general words with a concrete case.",
    "Make it need one more step of thought.",
    "Add the details that a person would paste in: a number, a date, an excerpt.",
    "Write another input of the same area that is rarer, as long and as hard.",
  ]

  func values(_ task: SynthesisPlan.Task, _ prompts: SynthesisPrompts) -> [String: PromptTemplate.Value] {
    ["direction": .text(Self.directions[task.variant % Self.directions.count])]
  }
}
