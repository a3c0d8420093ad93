import Label

extension Rubric {
  /// Reads `Pipelines/rubrics/NAME.yaml`; the template is read with the project.
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - name: the file's name without its ending.
  ///   - file: the file as faults name it.
  /// - Returns: the rubric, or what is wrong with it.
  public static func read(_ bytes: [UInt8], name: String, file: String) -> DefinitionReading<Rubric> {
    let log = FaultLog(file: file)
    guard let reader = DefinitionReader.whole(bytes, .rubric, log) else { return DefinitionReading(nil, log) }
    let question = reader.required("question")?.text()
    let form = reader.optional("form")?.choice(Form.self) ?? .pointwise
    let promptField = reader.optional("prompt")
    let prompt = promptField.map { $0.name() } ?? (form == .pointwise ? "judge" : "judge-pairs")
    let criteria = reader.required("criteria").map(Self.criteria) ?? []
    var references: [DefinitionReference] = []
    let panel = reader.required("panel").map { Self.models($0, &references) } ?? []
    var rubric = Rubric(
      name: name, question: question ?? "", criteria: criteria, prompt: prompt ?? "", template: "",
      panel: panel)
    rubric.form = form
    if let field = reader.optional("examples") { rubric.examples = Self.examples(field, criteria) }
    if let value = reader.optional("pass")?.number(in: passRange) { rubric.pass = value }
    if let value = reader.optional("max_characters")?.whole(in: charactersRange) {
      rubric.maximumCharacters = value
    }
    if let value = reader.optional("max_tokens")?.whole(in: tokensRange) { rubric.maximumTokens = value }
    if let field = reader.optional("gate") { rubric.gate = gate(field) }
    reader.finish()
    var files: [DefinitionFiles] = []
    if let prompt {
      let item = promptField?.item ?? reader.item
      files.append(
        DefinitionFiles(
          field: DefinitionFault.Field("prompt"), pattern: "Pipelines/prompts/\(prompt).mustache",
          line: item.line,
          column: item.column))
    }
    return DefinitionReading(rubric, log, references: references, files: files)
  }

  private static func models(_ field: FieldReader, _ references: inout [DefinitionReference]) -> [String] {
    var names: [String] = []
    let entries = field.list() ?? []
    if case .list(let items) = field.item.content, items.isEmpty { field.fault(.emptyValue(field.field)) }
    for entry in entries {
      guard let name = entry.name() else { continue }
      if names.contains(name) { entry.fault(.repeated(entry.field, value: name)) }
      names.append(name)
      references.append(
        DefinitionReference(document: .models, name: name, line: entry.item.line, column: entry.item.column))
    }
    return names
  }

  private static func criteria(_ field: FieldReader) -> [Criterion] {
    guard let entries = field.list() else { return [] }
    if entries.isEmpty { field.fault(.emptyValue(field.field)) }
    if entries.count > mostCriteria {
      field.fault(
        .outOfRange(field.field, low: "1 entry", high: "\(mostCriteria)", found: "\(entries.count)"))
    }
    var found: [Criterion] = []
    for entry in entries {
      guard let section = entry.section(.key(field.field.key)) else { continue }
      let id = section.required("id")
      let ask = section.required("ask")?.text()
      let weight = section.optional("weight")?.number(in: Criterion.weightRange)
      let isRequired = section.optional("required")?.bool()
      let goodField = section.optional("good")
      let good = goodField?.choice(Answer.self)
      if good == .unsure { goodField?.unknown("unsure", legal: ["yes", "no"]) }
      section.finish()
      guard let id, let name = id.name() else { continue }
      if found.contains(where: { $0.id == name }) { id.fault(.repeated(entry.field, value: name)) }
      var criterion = Criterion(id: name, ask: ask ?? "")
      if let weight { criterion.weight = weight }
      if let isRequired { criterion.isRequired = isRequired }
      if let good { criterion.good = good }
      found.append(criterion)
    }
    return found
  }

  private static func examples(_ field: FieldReader, _ criteria: [Criterion]) -> [Example] {
    (field.list() ?? []).compactMap { entry in
      guard let section = entry.section(.key(field.field.key)) else { return nil }
      let input = section.optional("input")?.text() ?? ""
      let output = section.required("output")?.text()
      var verdicts: [Example.Verdict] = []
      if let answers = section.required("verdicts")?.section() {
        for criterion in criteria {
          guard let one = answers.required(criterion.id)?.section() else { continue }
          let reason = one.required("reason")?.text()
          let answer = one.required("answer")?.choice(Answer.self)
          one.finish()
          if let reason, let answer {
            verdicts.append(Example.Verdict(criterion: criterion.id, reason: reason, answer: answer))
          }
        }
        answers.finish()
      }
      section.finish()
      return output.map { Example(input: input, output: $0, verdicts: verdicts) }
    }
  }

  /// A gate; `false` lets the judge vote whatever it was measured to be.
  private static func gate(_ field: FieldReader) -> Gate? {
    if case .bool(let value) = field.scalar { return value ? Gate() : nil }
    var gate = Gate()
    guard let reader = field.section(expected: .ruleSwitch) else { return gate }
    if let value = reader.optional("kappa")?.number(in: Gate.range) { gate.kappa = value }
    if let value = reader.optional("position")?.number(in: Gate.range) { gate.position = value }
    if let value = reader.optional("retest")?.number(in: Gate.range) { gate.retest = value }
    if let value = reader.optional("robustness")?.number(in: Gate.range) { gate.robustness = value }
    if let value = reader.optional("items")?.whole(in: Gate.itemsRange) { gate.items = value }
    reader.finish()
    return gate
  }
}
