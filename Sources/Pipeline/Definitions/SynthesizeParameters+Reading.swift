import Synthesize

extension SynthesizeParameters {
  /// Reads the parameters of a `synthesize` step.
  /// - Parameters:
  ///   - reader: the step's mapping.
  ///   - datasets: the names under `dataset` or `datasets`, which the step's caller reads.
  ///   - references: gets the models and rubrics that it names.
  ///   - files: gets the files that it names, its prompts among them.
  /// - Returns: the parameters; what could not be read has its default.
  static func read(
    _ reader: DefinitionReader, datasets: [String], _ references: inout [DefinitionReference],
    _ files: inout [DefinitionFiles]
  ) -> SynthesizeParameters {
    var parameters = SynthesizeParameters(datasets: datasets, teachers: [])
    if let field = reader.required("teachers") {
      parameters.teachers = names(field, .models, &references)
      if case .list(let items) = field.item.content, items.isEmpty { field.fault(.emptyValue(field.field)) }
    }
    if let field = reader.optional("student") { parameters.student = name(field, .models, &references) }
    if let field = reader.optional("embeddings") { parameters.embeddings = name(field, .models, &references) }
    if let field = reader.optional("judges") { parameters.judges = names(field, .rubric, &references) }
    if let value = reader.optional("uncalibrated")?.bool() { parameters.mayBeUncalibrated = value }
    parameters.app = reader.optional("app")?.text()
    let operators = reader.optional("operators")
    if let operators { parameters.operators = shares(operators) }
    for prompt in parameters.prompts {
      let item = operators?.item ?? reader.item
      files.append(
        DefinitionFiles(
          field: DefinitionFault.Field("operators"), pattern: promptFile(prompt), line: item.line,
          column: item.column))
    }
    readSources(reader, &parameters, &files)
    readNumbers(reader, &parameters)
    if let section = reader.optional("verify")?.section() { parameters.verify = verify(section, &files) }
    return parameters
  }

  /// Where a prompt stands, relative to the project.
  static func promptFile(_ name: String) -> String { "Pipelines/prompts/\(name).mustache" }

  private static func readSources(
    _ reader: DefinitionReader, _ parameters: inout SynthesizeParameters, _ files: inout [DefinitionFiles]
  ) {
    if let section = reader.optional("seeds")?.section() {
      if let field = section.optional("files") { parameters.seedFiles = paths(field, &files) }
      parameters.seedCondition = section.optional("where")?.text()
      section.finish()
    }
    if let field = reader.optional("documents") { parameters.documents = paths(field, &files) }
    if let field = reader.optional("tools") { parameters.tools = paths(field, &files) }
    if let field = reader.optional("personas") { parameters.personas = texts(field) }
    if let field = reader.optional("scenarios") { parameters.scenarios = texts(field) }
    for (entry, field) in reader.optional("slices")?.section()?.all ?? [] {
      if let note = field.text() { parameters.sliceNotes[entry.key] = note }
    }
  }

  private static func readNumbers(_ reader: DefinitionReader, _ parameters: inout SynthesizeParameters) {
    func whole(_ key: String, _ range: ClosedRange<Int>, _ path: WritableKeyPath<SynthesizeParameters, Int>) {
      if let value = reader.optional(key)?.whole(in: range) { parameters[keyPath: path] = value }
    }
    func number(
      _ key: String, _ range: ClosedRange<Double>, _ path: WritableKeyPath<SynthesizeParameters, Double>
    ) {
      if let value = reader.optional(key)?.number(in: range) { parameters[keyPath: path] = value }
    }
    whole("answers", answersRange, \.answers)
    number("temperature", temperatureRange, \.temperature)
    whole("max_tokens", tokensRange, \.maximumTokens)
    whole("turns", turnsRange, \.turns)
    whole("most", mostRange, \.most)
    parameters.dollars = reader.optional("dollars")?.number(in: dollarsRange)
    number("novelty", shareRange, \.novelty)
    number("similarity", shareRange, \.similarity)
    if let value = reader.optional("filter_prompts")?.bool() { parameters.filtersPrompts = value }
    whole("deadline_hours", hoursRange, \.deadlineHours)
    whole("wait_minutes", waitRange, \.waitMinutes)
    whole("pilot", pilotRange, \.pilot)
    if let value = reader.optional("seed")?.text() { parameters.seed = value }
  }

  private static func verify(_ reader: DefinitionReader, _ files: inout [DefinitionFiles]) -> VerifyParameters
  {
    var verify = VerifyParameters()
    if let field = reader.optional("schema"), let path = field.text() {
      verify.schema = path
      files.append(
        DefinitionFiles(
          field: field.field, pattern: path, line: field.item.line, column: field.item.column))
    }
    if let field = reader.optional("patterns") { verify.patterns = texts(field) }
    if let field = reader.optional("forbidden") { verify.forbidden = texts(field) }
    if let value = reader.optional("arithmetic")?.bool() { verify.arithmetic = value }
    if let value = reader.optional("execution")?.bool() { verify.execution = value }
    reader.finish()
    return verify
  }

  /// Operators: a list of names, or weights by name.
  private static func shares(_ field: FieldReader) -> [Share] {
    let legal = SynthesisOperatorName.allCases.map(\.rawValue)
    if case .list = field.item.content {
      var shares: [Share] = []
      for entry in field.list() ?? [] {
        guard let name = entry.choice(SynthesisOperatorName.self) else { continue }
        if shares.contains(where: { $0.operator == name }) {
          entry.fault(.repeated(entry.field, value: name.rawValue))
        }
        shares.append(Share(name))
      }
      return shares
    }
    var shares: [Share] = []
    for (entry, value) in field.section()?.all ?? [] {
      guard let name = SynthesisOperatorName(rawValue: entry.key) else {
        value.unknown(entry.key, legal: legal)
        continue
      }
      if let weight = value.number(in: 0.001...1000) { shares.append(Share(name, weight: weight)) }
    }
    // The order in a file says nothing, and the plan must not depend on it.
    return shares.sorted { $0.operator.rawValue < $1.operator.rawValue }
  }

  private static func name(
    _ field: FieldReader, _ document: DefinitionFault.Document, _ references: inout [DefinitionReference]
  ) -> String? {
    guard let name = field.name() else { return nil }
    references.append(
      DefinitionReference(document: document, name: name, line: field.item.line, column: field.item.column))
    return name
  }

  private static func names(
    _ field: FieldReader, _ document: DefinitionFault.Document, _ references: inout [DefinitionReference]
  ) -> [String] {
    var found: [String] = []
    for entry in field.list() ?? [] {
      guard let name = name(entry, document, &references) else { continue }
      if found.contains(name) { entry.fault(.repeated(entry.field, value: name)) }
      found.append(name)
    }
    return found
  }

  private static func texts(_ field: FieldReader) -> [String] {
    (field.list() ?? []).compactMap { $0.text() }
  }

  private static func paths(_ field: FieldReader, _ files: inout [DefinitionFiles]) -> [String] {
    (field.list() ?? []).compactMap { entry in
      guard let path = entry.text() else { return nil }
      files.append(
        DefinitionFiles(field: entry.field, pattern: path, line: entry.item.line, column: entry.item.column))
      return path
    }
  }
}
