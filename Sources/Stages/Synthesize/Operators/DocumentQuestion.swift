import LanguageModels
import Text

/// Questions that a document answers.
///
/// Their answers are written with the document before them and must quote it, which is
/// verified.
struct DocumentQuestion: SynthesisOperator {
  let name = SynthesisOperatorName.document
  var schema: String { Self.inputsSchema }

  func values(_ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [String: PromptTemplate.Value] {
    let document = plan.documents[task.variant % plan.documents.count]
    return ["document_id": .text(document.id), "document": .text(plan.shown(document.text))]
  }

  func read(_ answer: JSONValue, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) -> [WrittenInput] {
    let document = plan.documents[task.variant % plan.documents.count]
    return Self.inputs(answer).map { input in
      var input = input
      input.documents = [document.id: document.text]
      return input
    }
  }
}
