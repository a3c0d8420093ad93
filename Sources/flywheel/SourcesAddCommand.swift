import ArgumentParser
import Bytes
import Foundation
import Pipeline
import Pull

extension SourceKind: ExpressibleByArgument {}

/// Writes the definition of a source.
struct SourcesAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Write the definition of a source, and try it.",
    discussion: """
      Asks for what is not given, where there is a terminal to ask at. A secret is never asked for and never \
      written: the definition says which variable or which file (mode 0600) holds it. `flywheel sources list \
      --kinds` shows the kinds and what each needs.
      """)

  @Argument(help: "The source's name; it becomes Pipelines/sources/NAME.yaml.")
  var name: String?

  @Option(name: .long, help: "The kind of source.")
  var kind: SourceKind?

  @Option(name: .long, help: "The address of the service. (default: the vendor's own)")
  var address: String?

  @Option(name: .long, help: "The project in the service, by name or id.")
  var projectName: String?

  @Option(name: .long, help: "The workspace or organisation in the service.")
  var workspaceName: String?

  @Option(name: .long, help: "The variable that holds the key. (default: the vendor's own)")
  var keyEnv: String?

  @Option(name: .long, help: "The file that holds the key, readable by its owner only.")
  var keyFile: String?

  @Option(name: .long, help: "The variable that holds the public key of a pair. (default: the vendor's own)")
  var publicKeyEnv: String?

  @Option(name: .long, help: "The files, for kinds that are read from files.")
  var path: String?

  @Option(name: .long, help: "The database: sqlite:PATH or postgresql://HOST/NAME.")
  var database: String?

  @Option(name: .long, help: "The query of a database.")
  var query: String?

  @Option(name: .long, help: "Where the first reading starts: 30d, 12h, or a date.")
  var since: String?

  @Option(name: .long, help: "How far behind the newest reading the next one starts. (default: 7d)")
  var lookBack: String?

  @Option(name: .long, help: "A pipeline whose pull step is to read the source.")
  var pipeline: String?

  @Flag(name: .long, help: "Write the definition without trying it.")
  var noTest = false

  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    let source, kind, file: String
    let pipeline: String?
  }

  func run() async throws {
    let context = try CommandContext(common)
    let answers = try SourceAnswers(self, Interview())
    let file = "Pipelines/sources/\(answers.name).yaml"
    let path = "\(context.root)/\(file)"
    guard !FileManager.default.fileExists(atPath: path) else { throw UseError.inTheWay(path) }
    let text = SourceTemplate.text(answers)
    let reading = SourceDefinition.read(Array(text.utf8), name: answers.name, file: file)
    guard let source = reading.definition, reading.faults.allSatisfy(\.isWarning) else {
      throw UseError.definitions(reading.faults)
    }
    let edited = try pipeline.map { try PipelineEdit(root: context.root, pipeline: $0, source: answers.name) }
    try FileManager.default.createDirectory(
      atPath: "\(context.root)/Pipelines/sources", withIntermediateDirectories: true)
    try DurableFile.replace(path, with: Array(text.utf8))
    // Definitions are meant to be shared with a team, by git.
    chmod(path, 0o644)
    try edited?.write()
    if common.json, noTest {
      return try Terminal.json(
        Report(source: answers.name, kind: answers.kind.rawValue, file: file, pipeline: pipeline))
    }
    if !common.json {
      Terminal.line(
        "wrote \(file)" + (pipeline.map { ", and into the pull step of Pipelines/\($0).yaml" } ?? ""))
    }
    if noTest {
      Terminal.line("next: flywheel sources test \(answers.name)")
      return
    }
    if !common.json { Terminal.line() }
    try await SourcesTestCommand.test(
      source, rows: 100, project: try context.soundProject(), context: context, json: common.json)
  }
}

/// Asks at the terminal, if there is one.
struct Interview {
  /// Whether there is somebody to answer.
  let isPossible = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1

  /// One question; an empty answer takes the default.
  func ask(_ question: String, standard: String? = nil) -> String? {
    guard isPossible else { return nil }
    Terminal.status(question + (standard.map { " [\($0)]" } ?? "") + ": ")
    guard let line = readLine(), !line.isEmpty else { return standard }
    return line.trimmingCharacters(in: .whitespaces)
  }
}

/// What a new source is, by flags and answers.
struct SourceAnswers {
  let name: String
  let kind: SourceKind
  let place: SourcePlace
  var values: [(key: String, value: String)] = []

  init(_ command: SourcesAddCommand, _ interview: Interview) throws {
    func needed(_ flag: String, _ given: String?, _ question: String, standard: String? = nil) throws
      -> String
    {
      if let given { return given }
      if let answer = interview.ask(question, standard: standard) { return answer }
      throw ValidationError("\(flag) is needed, or a terminal to ask at.")
    }
    name = try needed("NAME", command.name, "name of the source")
    guard DefinitionName.isLegal(name) else {
      throw UseError.badForm(what: "a source's name", text: name, form: "with a-z, 0-9, '.', '_' and '-'")
    }
    let words = SourceKind.allCases.map(\.rawValue)
    let word = try needed("--kind", command.kind?.rawValue, "kind (\(words.joined(separator: ", ")))")
    guard let kind = SourceKind(rawValue: word) else {
      throw UseError.unknownName("kind", word, legal: words)
    }
    self.kind = kind
    let traits = kind.traits
    let isFile = traits.places.contains(.files) && (command.path != nil || !traits.places.contains(.service))
    place = isFile ? .files : traits.places.contains(.service) ? .service : .database
    switch place {
    case .files:
      values.append(("path", try needed("--path", command.path, "files, such as ../../logs/*.jsonl")))
    case .database:
      values.append(
        ("database", try needed("--database", command.database, "database, such as sqlite:chat.db")))
      values.append(("query", try needed("--query", command.query, "query")))
    case .service:
      values.append(
        (
          "address",
          try needed(
            "--address", command.address ?? (interview.isPossible ? nil : traits.address),
            "address", standard: traits.address)
        ))
    }
    try Self.refuse(command, traits, kind, place)
    guard place != .files else { return }
    for key in traits.required + traits.optional {
      let isRequired = traits.required.contains(key)
      switch key {
      case .key:
        if let file = command.keyFile {
          values.append(("key", "{file: \(SourceTemplate.scalar(file))}"))
        } else if let variable = command.keyEnv ?? (isRequired ? traits.keyVariable : nil) {
          values.append(("key", "{env: \(SourceTemplate.scalar(variable))}"))
        }
      case .publicKey:
        let variable = command.publicKeyEnv ?? (isRequired ? traits.publicKeyVariable : nil)
        if let variable { values.append(("public_key", "{env: \(SourceTemplate.scalar(variable))}")) }
      case .project:
        let given =
          isRequired ? try needed("--project-name", command.projectName, "project") : command.projectName
        if let given { values.append(("project", given)) }
      case .workspace:
        if let given = command.workspaceName { values.append(("workspace", given)) }
      }
    }
    if let since = command.since { values.append(("since", since)) }
    if let lookBack = command.lookBack { values.append(("look_back", lookBack)) }
  }

  /// Refuses flags that would say nothing in the definition.
  private static func refuse(
    _ command: SourcesAddCommand, _ traits: SourceTraits, _ kind: SourceKind, _ place: SourcePlace
  ) throws {
    let keys = place == .files ? [] : traits.required + traits.optional
    let flags: [(name: String, value: String?, isTaken: Bool)] = [
      ("--path", command.path, place == .files), ("--address", command.address, place == .service),
      ("--database", command.database, place == .database), ("--query", command.query, place == .database),
      ("--project-name", command.projectName, keys.contains(.project)),
      ("--workspace-name", command.workspaceName, keys.contains(.workspace)),
      ("--key-env", command.keyEnv, keys.contains(.key)),
      ("--key-file", command.keyFile, keys.contains(.key)),
      ("--public-key-env", command.publicKeyEnv, keys.contains(.publicKey)),
      ("--since", command.since, place != .files), ("--look-back", command.lookBack, place != .files),
    ]
    for flag in flags where flag.value != nil && !flag.isTaken {
      throw ValidationError(
        "\(flag.name) has no meaning for the kind \(kind.rawValue) read from its \(place.rawValue).")
    }
    if command.keyEnv != nil, command.keyFile != nil {
      throw ValidationError("Give --key-env or --key-file, not both.")
    }
  }
}
