import LanguageModels

/// Questions that a document answers.
///
/// Their answers are written with the document before them and must quote it, which is
/// verified.
struct DocumentQuestion: SynthesisOperator {
  let name = SynthesisOperatorName.document

  func values(_ task: SynthesisPlan.Task, _ prompts: SynthesisPrompts) -> [String: PromptTemplate.Value] {
    let document = Self.document(task, prompts.plan)
    return ["document_id": .text(document.id), "document": .text(prompts.shown(document.text))]
  }

  func complete(_ input: inout WrittenInput, _ task: SynthesisPlan.Task, _ plan: SynthesisPlan) {
    let document = Self.document(task, plan)
    input.documents = [document.id: document.text]
  }

  private static func document(
    _ task: SynthesisPlan.Task, _ plan: SynthesisPlan
  ) -> SynthesisPlan.Document { plan.documents[task.variant % plan.documents.count] }
}
