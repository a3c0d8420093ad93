import LanguageModels
import Text

/// A real input that was answered badly, in other words: the same intent, so that the weakness is trained and tested, and
/// not the one sentence.
struct RewriteFailure: SynthesisOperator {
  let name = SynthesisOperatorName.rewriteFailure
  var schema: String { Self.inputsSchema }

  func values(_ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [String: PromptTemplate.Value] {
    ["input": .text(task.seeds.first.map { plan.shown(plan.seeds[$0].input) } ?? "")]
  }

  func read(_ answer: JSONValue, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [WrittenInput] {
    Self.inputs(answer)
  }
}
