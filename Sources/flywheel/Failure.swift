import ArgumentParser
import Bytes
import Catalog
import Curate
import Foundation
import Label
import Lake
import LanguageModels
import Pipeline
import Publish
import Pull
import Records
import Registry
import Review
import Synthesize
import Signatures

/// Wrong use of the command that the argument parser cannot see.
enum UseError: Error {
  /// A name that nothing has.
  case unknownName(String, String, legal: [String])
  /// Definitions with faults.
  case definitions([DefinitionFault])
  /// A text that is not of its form.
  case badForm(what: String, text: String, form: String)
  /// A file or folder that is in the way.
  case inTheWay(String)
  /// An id that no interaction and no example has.
  case unknownID(String)
  /// A pipeline whose text is of a form that is not edited by a program.
  case notEdited(file: String, source: String)
  /// A pipeline without a step that is needed.
  case noStep(String, pipeline: String)
  /// A workspace in which nothing was run.
  case nothingRun(String)
  /// A rubric whose judges cannot be asked, since the project has no models.
  case noModels(String)
  /// A key of fewer than 16 bytes: the variable or the file.
  case shortKey(String)
  /// A key file that others may read.
  case openKey(String)
  /// A queue that was never filled.
  case queueNotFilled(String)
  /// A dataset that does not say what its slices should have.
  case noTargets(String)
  /// No queue is named, and there is not just one.
  case noQueueNamed([String])
}

/// Turns every error into a sentence, the next step and an exit code.
///
/// All texts of errors stand here and in `DefinitionFault+Text.swift`.
enum Failure {
  /// The exit codes.
  enum Code: Int32 {
    case failed = 1
    case wrongUse = 2
    case locked = 3
    case quarantined = 4
    case gateRefused = 5
    case budgetSpent = 6
    case tryAgain = 75
  }

  /// Prints an error to standard error, as a JSON object of type `error` if the command was asked for JSON.
  /// - Returns: the exit code.
  static func report(_ error: any Error) -> Int32 {
    if let code = error as? ExitCode { return code.rawValue }
    let parserCode = FlywheelCommand.exitCode(for: error)
    if parserCode == .success {
      Terminal.line(FlywheelCommand.fullMessage(for: error))
      return 0
    }
    let (code, text) =
      parserCode == .validationFailure
      ? (Code.wrongUse, FlywheelCommand.fullMessage(for: error)) : explain(error)
    if CommandLine.arguments.contains("--json") {
      let object: [String: String] = ["type": "error", "exit_code": "\(code.rawValue)", "message": text]
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      Terminal.note((try? encoder.encode(object)).map { String(decoding: $0, as: UTF8.self) } ?? text)
    } else {
      Terminal.note(parserCode == .validationFailure ? text : "error: \(text)")
    }
    return code.rawValue
  }

  /// The exit code and the text of an error.
  static func explain(_ error: any Error) -> (Code, String) {
    switch error {
    case let error as UseError: (.wrongUse, text(error))
    case let error as DefinitionFault: (.wrongUse, error.description)
    case let error as WorkspaceError: text(error)
    case let error as SourcePathError:
      (.wrongUse, "\(error.description). Set it in the environment of the run, or change the source's path.")
    case let error as SecretError: (.wrongUse, SourceFailure.text(error))
    case let error as ModelSecretError: (.wrongUse, ModelFailure.text(error))
    case let error as ModelError: ModelFailure.text(error)
    case let error as SourceFault: SourceFailure.text(error)
    case let error as ServiceError: SourceFailure.text(error)
    case let error as RunnerError: text(error)
    case let error as CatalogError: text(error)
    case let error as RegistryError: text(error)
    case let error as LakeError:
      (
        .failed,
        "the lake is damaged: \(error.description). `flywheel verify --lake-only` lists every damaged segment."
      )
    case let error as SignatureError:
      (
        .failed,
        "the near-duplicate index: \(error.description). Remove the workspace's folder signatures/; the next run makes "
          + "it anew from the lake."
      )
    case let error as RecogniserError: text(error)
    case let error as RuleFileError: text(error)
    case let error as InputError: text(error)
    case let error as ExportError: text(error)
    case let error as ProtectedFileError: (.wrongUse, text(error))
    case let error as GoldenFileError: (.wrongUse, text(error))
    case let error as JudgingError: text(error)
    case let error as SynthesisError: (.wrongUse, text(error))
    case let error as VerifierFault: text(error)
    case let error as BundleError: BundleFailure.text(error)
    case let error as LabelerIdentity.Fault: (.wrongUse, ReviewFailure.text(error))
    case let error as DeskError: (.wrongUse, ReviewFailure.text(error))
    case let error as ReviewTerminalFault: (.wrongUse, text(error))
    case let error as FileError: text(error)
    case is CancellationError: (.tryAgain, "interrupted; run it again to go on.")
    default: CatalogFault(error).map { text($0) } ?? (.failed, "\(error)")
    }
  }

  private static func text(_ error: UseError) -> String {
    switch error {
    case .unknownName(let kind, let name, let legal):
      let nearest = NearestName.nearest(to: name, among: legal).map { " Did you mean '\($0)'?" } ?? ""
      let names = legal.isEmpty ? "There is none." : "There are: \(legal.joined(separator: ", "))."
      return "there is no \(kind) '\(Terminal.safe(name))'.\(nearest) \(names)"
    case .definitions(let faults):
      let count = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
      return "\(count) in the definitions:\n" + faults.map(\.description).joined(separator: "\n")
    case .badForm(let what, let text, let form):
      return "\(what) is written \(form), not '\(Terminal.safe(text))'."
    case .inTheWay(let path): return "\(path) is there already; flywheel overwrites nothing."
    case .notEdited(let file, let source):
      return
        "\(file) lists the sources of its pull step in a form that is not edited by a program, so nothing was "
        + "written. Leave out --pipeline, and add '\(source)' there yourself."
    case .unknownID(let id): return "no interaction and no example has the id '\(Terminal.safe(id))'."
    case .noStep(let step, let pipeline):
      return
        "the pipeline '\(Terminal.safe(pipeline))' has no step `\(step)`; add one, or name another pipeline."
    case .noModels(let name):
      return "the judges of '\(Terminal.safe(name))' cannot be asked: the project declares no models."
    case .shortKey(let name):
      return "the key in \(name) has fewer than 16 bytes; make one of 32 random bytes."
    case .openKey(let path): return "others may read the key file \(path); run `chmod 600 \(path)`."
    case .queueNotFilled(let name):
      return
        "the queue '\(Terminal.safe(name))' was never filled. Run `flywheel queue fill \(Terminal.safe(name))`."
    case .noQueueNamed(let legal):
      return legal.isEmpty
        ? "the project has no queue; write one in Pipelines/queues."
        : "name a queue. There are: \(legal.joined(separator: ", "))."
    case .noTargets(let name):
      return
        "the dataset '\(name)' has no targets: say in Datasets/\(name)/dataset.yaml what its slices should have, such as "
        + "`synthesis: {target: 40}`."
    case .nothingRun(let home):
      return "nothing was run in \(home) yet. Start with `flywheel run nightly`."
    }
  }

  private static func text(_ error: ReviewTerminalFault) -> String {
    switch error {
    case .notTerminal:
      "the review is a screen with keys, and this is no terminal. Run it in one; over SSH with `ssh -t`."
    case .unable(let name) where name.isEmpty:
      "the review needs to know the terminal. Set TERM to what it is, such as xterm-256color."
    case .unable(let name):
      "the terminal '\(Terminal.safe(name))' cannot move its cursor, or is not known here, and the review needs that. "
        + "Set TERM to what it is, such as xterm-256color."
    }
  }

  private static func text(_ error: JudgingError) -> (Code, String) {
    let name = Terminal.safe(error.name)
    switch error.code {
    case .noRubric: return (.wrongUse, "there is no rubric '\(name)' in Pipelines/rubrics.")
    case .noModels:
      return (.wrongUse, "the judges of '\(name)' cannot be asked: the project declares no models.")
    }
  }

  private static func text(_ error: WorkspaceError) -> (Code, String) {
    switch error.code {
    case .noProject:
      (
        .wrongUse,
        "no Pipelines/ in \(error.path) or above. Change to a flywheel project, name one with --project, or make one "
          + "with `flywheel init`."
      )
    case .locked:
      (
        .locked,
        "another run holds \(error.path)\(error.holder.map { " (process \($0))" } ?? ""). It is let go when that "
          + "process ends."
      )
    case .badKey: (.failed, "the key file \(error.path) holds fewer than 16 bytes; restore it from a backup.")
    case .openKey: (.failed, "others may read the key file \(error.path); run `chmod 600 \(error.path)`.")
    }
  }

  private static func text(_ error: RunnerError) -> (Code, String) {
    switch error.code {
    case .noSource: (.wrongUse, "there is no source '\(error.name)'; `flywheel check` says more.")
    case .noQueue: (.wrongUse, "there is no queue '\(error.name)'; `flywheel check` says more.")
    case .noDataset: (.wrongUse, "there is no dataset '\(error.name)'; `flywheel check` says more.")
    case .outOfBalance:
      (
        .failed,
        "the account of run \(error.name) does not balance: \(error.numbers.map(String.init).joined(separator: " pulled, ")) "
          + "accounted for. This is a defect of flywheel; the records are in the lake, and nothing is lost."
      )
    }
  }

  private static func text(_ error: VerifierFault) -> (Code, String) {
    switch error.code {
    case .badPattern:
      (
        .wrongUse,
        "the pattern '\(Terminal.safe(error.place))' of 'verify' is none: \(Terminal.safe(error.detail))."
      )
    case .noPattern: (.wrongUse, "'verify' names no pattern.")
    case .noCommand:
      (
        .failed,
        "there is no \(Terminal.safe(error.place)) to run code with; install it, or set verify: {execution: false}."
      )
    case .noIsolation, .noSandbox:
      (
        .failed,
        "code of models is not run here, since this system gives it no room of its own (\(Terminal.safe(error.place)) "
          + "\(Terminal.safe(error.detail))); set verify: {execution: false}, or run where user namespaces are allowed."
      )
    }
  }

  private static func text(_ error: SynthesisError) -> String {
    switch error.code {
    case .badSeed:
      "line \(error.line) of \(error.name) is no seed: a JSON object with the input under 'instruction', 'prompt', "
        + "'question', 'input' or 'turns'."
    case .unreadable: "\(error.name) cannot be read; the synthesize step names it."
    case .noTargets:
      "the dataset '\(error.name)' says nothing of what may be written; add a section 'synthesis' with a target to its "
        + "dataset.yaml."
    case .badTools: "\(error.name) is no JSON array of tools, as OpenAI's interface takes them."
    case .badVerifier:
      "\(error.name) is no JSON Schema; the synthesize step verifies answers with it."
    }
  }

  private static func text(_ error: CatalogError) -> (Code, String) {
    switch error.code {
    case .newerProgram:
      (.failed, "\(error.detail) was written by a newer flywheel; use that one, nothing was changed.")
    case .badCondition:
      (
        .wrongUse,
        "a condition is not SQL over the view `records`: \(error.detail). `flywheel check` says where."
      )
    case .notACatalog: (.failed, "\(error.detail) is not a flywheel catalog; nothing was changed.")
    }
  }

  private static func text(_ error: RegistryError) -> (Code, String) {
    switch error.code {
    case .conflict, .ledgerMoved:
      (.tryAgain, "another publisher came first (\(error.description)). Run it again.")
    case .notARegistry:
      (
        .wrongUse,
        "there is no registry: \(error.description). Publish a version first, or name one with --registry."
      )
    default:
      (.failed, "the registry: \(error.description). `flywheel verify --registry-only` checks all of it.")
    }
  }

  private static func text(_ error: RecogniserError) -> (Code, String) {
    let place = "the recogniser of names at \(Terminal.safe(error.address))"
    return switch error.code {
    case .unreachable:
      (
        .tryAgain,
        "\(place) gave no answer: \(Terminal.safe(error.detail)). Is `address` of `personal-data` right, and is it "
          + "running? What was curated before stays."
      )
    case .badAnswer:
      (
        .failed,
        "\(place) does not answer as Presidio's /analyze does: \(Terminal.safe(error.detail)). What was curated before "
          + "stays."
      )
    }
  }

  private static func text(_ error: RuleFileError) -> (Code, String) {
    let detail = error.detail.isEmpty ? "" : " (\(Terminal.safe(error.detail)))"
    return switch error.code {
    case .unreadable:
      (
        .wrongUse,
        "\(error.path), a schema that `output-format` names, cannot be read. Paths are relative to the project."
      )
    case .badSchema:
      (.wrongUse, "\(error.path) is no JSON Schema that flywheel takes\(detail).")
    case .badModel:
      (
        .failed,
        "the models in \(error.path) cannot be used\(detail). Make them anew with `Jobs/train-classifiers`, or remove the "
          + "folder: then patterns and word lists work alone."
      )
    }
  }

  private static func text(_ error: InputError) -> (Code, String) {
    (
      .failed,
      "cannot read on: \(error.description). What came before it is in the lake; the next run tries again."
    )
  }

  private static func text(_ error: ExportError) -> (Code, String) {
    switch error.code {
    case .foreignTarget:
      (
        .wrongUse,
        "\(Terminal.safe(error.place ?? "the target")) holds what no pull wrote, and is left as it is. Name another one."
      )
    default: (.failed, "the export stopped: \(error.description).")
    }
  }

  private static func text(_ error: ProtectedFileError) -> String {
    let place = Terminal.safe(error.line > 0 ? "\(error.file):\(error.line)" : error.file)
    return switch error.code {
    case .noFile:
      "no file of protected prompts matches '\(place)'; `flywheel check` says where it is asked for."
    case .unreadable:
      "the protected prompts \(place) cannot be read: look at the file's rights, and whether it is whole."
    case .notJSON:
      "\(place) is no JSON object and no text in quotes. Plain prompts, one a line, stand in a file .txt."
    case .noPrompt:
      "\(place) has no prompt; it stands under one of \(ProtectedPrompts.members.joined(separator: ", "))."
    case .tooLong:
      "\(place) is too long: a line of protected prompts has at most \(ProtectedPrompts.longestLine >> 20) MiB, a file "
        + "\(ProtectedPrompts.longestFile >> 30) GiB of text."
    }
  }

  private static func text(_ error: GoldenFileError) -> String {
    let line = "line \(error.line) of the labels"
    return switch error.code {
    case .notJSON: "\(line) is no JSON object; nothing was added."
    case .noID: "\(line) has no text under `id`; nothing was added."
    case .badLabel: "\(line) has no `label` good or bad; nothing was added."
    case .noLabeler where error.line == 0:
      "nobody is named who says so: give --labeler, or set FLYWHEEL_LABELER."
    case .noLabeler: "\(line) names no `labeler`; give --labeler for all that name none. Nothing was added."
    case .empty: "the file of labels is empty."
    }
  }

  private static func text(_ error: FileError) -> (Code, String) {
    switch error.code {
    case ENOSPC, EDQUOT:
      (.tryAgain, "\(error.description). Free some room and run it again; nothing is lost.")
    case EROFS: (.tryAgain, "\(error.description). Make it writable and run it again; nothing is lost.")
    case EACCES, EPERM: (.failed, "\(error.description). Look at the owner and the mode.")
    default: (.failed, "\(error.description).")
    }
  }

  private static func text(_ fault: CatalogFault) -> (Code, String) {
    switch fault {
    case .busy: (.tryAgain, "the catalog is in use by another process. Run it again.")
    case .full: (.tryAgain, "the disk is full. Free some room and run it again; nothing is lost.")
    case .damaged: (.failed, "the catalog is damaged. Restore it from a backup; the lake holds the records.")
    case .other(let code, let message): (.failed, "the catalog: SQLite says \(code), \(message).")
    }
  }
}
