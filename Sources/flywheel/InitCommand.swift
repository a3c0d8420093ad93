import ArgumentParser
import Bytes
import Foundation

/// Makes the three folders of a project.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a project here: Pipelines/, a source, a dataset, each with comments that teach.",
    discussion: "Overwrites nothing: a file that is there already ends it before anything is written.")

  @Argument(help: "The folder; made if it is not there.")
  var folder = "."

  @Flag(name: .long, help: "Print one JSON document instead of text.")
  var json = false

  func run() throws {
    let base = URL(fileURLWithPath: folder).standardizedFileURL.path
    for (name, _) in Self.files where FileManager.default.fileExists(atPath: "\(base)/\(name)") {
      throw UseError.inTheWay("\(base)/\(name)")
    }
    for (name, text) in Self.files {
      let path = "\(base)/\(name)"
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try DurableFile.replace(path, with: Array(text.utf8))
      // Definitions are meant to be shared with a team, by git.
      chmod(path, 0o644)
    }
    if json {
      return try Terminal.json(["project": base, "files": Self.files.map(\.0).joined(separator: " ")])
    }
    Terminal.line("made a project in \(base):")
    for (name, _) in Self.files { Terminal.line("  \(name)") }
    Terminal.line()
    Terminal.line("next:")
    Terminal.line(
      "  put JSON Lines of your application into \(base)/logs/, or change Pipelines/sources/app-log.yaml")
    Terminal.line("  flywheel check")
    Terminal.line("  flywheel run nightly")
  }

  private static let files: [(String, String)] = [
    (
      "Pipelines/nightly.yaml",
      """
      # What cron runs every night: `flywheel run nightly`.
      description: Pull, curate, label and publish.
      steps:
        - pull: {source: app-log}
        # Rules are on with their defaults; `flywheel why ID` says what they decided.
        - curate: {}
        # Thumbs, ratings and corrections count 1, copies and regenerates half.
        - label: {model: automatic, implicit_weight: 0.5}
        - publish: {dataset: app-sft}

      """
    ),
    (
      "Pipelines/sources/app-log.yaml",
      """
      # One line of the log is one model call, or one event on it. Paths are dotted keys of the line.
      kind: file
      path: ../../logs/*.jsonl*
      app: app
      interactions:
        match: {type: interaction}
        id: id
        time: time
        conversation: conversation
        user: user                 # becomes a keyed pseudonym before it reaches the disk
        model: model
        input: messages
        output: response
      feedback:
        match: {type: feedback}
        id: id
        time: time
        target: target
        signal: signal             # thumb, rating, correction, copy, regenerate, ...
        value: value
        correction: correction

      """
    ),
    (
      "Datasets/app-sft/dataset.yaml",
      """
      # Answers that users liked, and the answers that they wrote themselves.
      kind: sft
      description: Good answers of the application.
      # SQL over the columns of the view `records`; the README lists them.
      select: label = 'good' OR has_correction
      splits: {train: 90, validation: 10}
      gates:
        minimum_examples: 1

      """
    ),
    (".gitignore", ".flywheel/\n"),
  ]
}
