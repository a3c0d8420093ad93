import LanguageModels
import Text

/// A real input with one decisive detail changed.
///
/// The answer to the real one is wrong now: it is the worse output of a
/// preference pair, whose better one is written anew.
struct Counterfactual: SynthesisOperator {
  let name = SynthesisOperatorName.counterfactual
  var schema: String { Self.inputsSchema }

  func values(_ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [String: PromptTemplate.Value] {
    let seed = task.seeds.first.map { plan.seeds[$0] }
    return ["input": .text(plan.shown(seed?.input ?? "")), "output": .text(plan.shown(seed?.output ?? ""))]
  }

  func read(_ answer: JSONValue, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [WrittenInput] {
    let stale = task.seeds.first.map { plan.seeds[$0].output }
    return Self.inputs(answer).map { input in
      var input = input
      input.rejected = stale
      return input
    }
  }
}
