import LanguageModels
import Pipeline
import Pull

/// The sentences for language models that give no answer, and their exit codes; part of ``Failure``.
enum ModelFailure {
  static func text(_ error: ModelSecretError) -> String {
    let error = error.error
    let what = "the service '\(error.source)' of \(ModelsDefinition.file) needs its `\(error.key)`"
    return switch error.code {
    case .noVariable:
      "\(what) in the variable \(error.place), which is not set. Set it in the environment of the run, or name "
        + "another variable or a file there."
    case .noFile: "\(what) in the file \(error.place), which cannot be read."
    case .openFile: "\(what) in a file that nobody else may read; run `chmod 600 \(error.place)`."
    case .emptyFile: "\(what) in the file \(error.place), which is empty."
    case .badSecret: "\(what) in \(error.place), which holds a control character; a key is one line."
    }
  }

  static func text(_ error: ModelError) -> (Failure.Code, String) {
    let who = "the model '\(Terminal.safe(error.model))'"
    let status = error.status > 0 ? " (\(error.status))" : ""
    let detail = error.detail.isEmpty ? "" : ", \(Terminal.safe(error.detail))"
    let kept = "Answers that came before are kept and cost nothing when it is run again."
    return switch error.code {
    case .unknownModel:
      (.wrongUse, "\(who) is not declared in \(ModelsDefinition.file), or its service is not.")
    case .budgetSpent:
      (
        .budgetSpent,
        "the budget of the \(error.detail) has not enough left for \(who). `flywheel spend` shows where it went; "
          + "`budget` in \(ModelsDefinition.file) sets it. \(kept)"
      )
    case .unreachable: (.tryAgain, "\(who) gave no answer\(status)\(detail). \(kept)")
    case .overloaded: (.tryAgain, "\(who) takes no requests for now\(status)\(detail). \(kept)")
    case .refused where error.status == 401 || error.status == 403:
      (.failed, "\(who) refuses the key\(status)\(detail). Put a valid one where its service says. \(kept)")
    case .refused: (.failed, "\(who) refuses the request\(status)\(detail). \(kept)")
    case .malformed:
      (.failed, "\(who) answers what is no answer of its interface\(status). Is its `kind` right?")
    case .schemaNotMet: (.failed, "\(who) does not meet the schema it is asked for\(detail). \(kept)")
    case .cancelled: (.tryAgain, "interrupted; run it again to go on.")
    }
  }
}
