import Label

extension JudgingParameters {
  /// Reads the keys `judges`, `judges_in_data`, `student`, `escalation` and `judge_where` of a `label` step.
  static func read(
    _ reader: DefinitionReader, _ references: inout [DefinitionReference]
  ) -> JudgingParameters {
    var parameters = JudgingParameters()
    if let field = reader.optional("judges") {
      for entry in field.list() ?? [] {
        guard let name = entry.name() else { continue }
        if parameters.rubrics.contains(name) { entry.fault(.repeated(entry.field, value: name)) }
        parameters.rubrics.append(name)
        references.append(
          DefinitionReference(
            document: .rubric, name: name, line: entry.item.line, column: entry.item.column))
      }
    }
    if let field = reader.optional("judges_in_data") {
      parameters.dataJudges = dataJudges(field, &references)
    }
    if let field = reader.optional("student") { parameters.student = student(field) }
    if let field = reader.optional("escalation") { parameters.escalation = escalation(field) }
    parameters.condition = reader.optional("judge_where")?.text()
    return parameters
  }

  private static func dataJudges(
    _ field: FieldReader, _ references: inout [DefinitionReference]
  ) -> [DataJudge] {
    var judges: [DataJudge] = []
    for entry in field.list() ?? [] {
      guard let section = entry.section(.key(field.field.key)) else { continue }
      let name = section.required("name")
      let source = section.required("source")
      let threshold = section.optional("threshold")?.number(in: -1_000_000...1_000_000)
      let against = section.optional("against")?.choice(DataJudge.Measure.self)
      let gate = section.optional("gate")
      guard let named = name?.name(), let sourced = source?.name() else {
        section.finish()
        continue
      }
      var judge = DataJudge(name: named, source: sourced)
      if let threshold { judge.threshold = threshold }
      if let against { judge.against = against }
      if let gate {
        if case .bool(let value) = gate.scalar {
          judge.isGated = value
        } else if let reader = gate.section(expected: .ruleSwitch) {
          if let value = reader.optional("kappa")?.number(in: Rubric.Gate.range) { judge.kappa = value }
          if let value = reader.optional("items")?.whole(in: Rubric.Gate.itemsRange) { judge.items = value }
          reader.finish()
        }
      }
      section.finish()
      if judges.contains(where: { $0.name == named }) { name?.fault(.repeated(entry.field, value: named)) }
      judges.append(judge)
      if let item = source?.item {
        references.append(
          DefinitionReference(document: .source, name: sourced, line: item.line, column: item.column))
      }
    }
    return judges
  }

  private static func student(_ field: FieldReader) -> StudentParameters? {
    var parameters = StudentParameters()
    if case .bool(let value) = field.scalar { return value ? parameters : nil }
    guard let reader = field.section(expected: .ruleSwitch) else { return nil }
    if let value = reader.optional("name")?.name() { parameters.name = value }
    if let value = reader.optional("folds")?.whole(in: StudentParameters.foldsRange) {
      parameters.folds = value
    }
    if let value = reader.optional("min_lessons")?.whole(in: StudentParameters.lessonsRange) {
      parameters.leastLessons = value
    }
    if let value = reader.optional("sure")?.number(in: StudentParameters.probabilityRange) {
      parameters.sure = value
    }
    if let value = reader.optional("speaks")?.number(in: StudentParameters.probabilityRange) {
      parameters.speaks = value
    }
    if let gate = reader.optional("gate") {
      if case .bool(let value) = gate.scalar {
        parameters.isGated = value
      } else if let reader = gate.section(expected: .ruleSwitch) {
        if let value = reader.optional("kappa")?.number(in: StudentParameters.shareRange) {
          parameters.kappa = value
        }
        if let value = reader.optional("error")?.number(in: StudentParameters.shareRange) {
          parameters.error = value
        }
        if let value = reader.optional("items")?.whole(in: Rubric.Gate.itemsRange) {
          parameters.items = value
        }
        reader.finish()
      }
    }
    reader.finish()
    return parameters
  }

  private static func escalation(_ field: FieldReader) -> EscalationParameters? {
    var parameters = EscalationParameters()
    if case .bool(let value) = field.scalar { return value ? parameters : nil }
    guard let reader = field.section(expected: .ruleSwitch) else { return nil }
    if let value = reader.optional("certain")?.number(in: EscalationParameters.certainRange) {
      parameters.certain = value
    }
    if let value = reader.optional("min_gain")?.number(in: EscalationParameters.gainRange) {
      parameters.leastGain = value
    }
    if let value = reader.optional("dollars")?.number(in: EscalationParameters.dollarsRange) {
      parameters.dollars = value
    }
    if let value = reader.optional("human_dollars")?.number(in: EscalationParameters.dollarsRange) {
      parameters.humanDollars = value
    }
    if let value = reader.optional("human_accuracy")?.number(in: EscalationParameters.accuracyRange) {
      parameters.humanAccuracy = value
    }
    reader.finish()
    return parameters
  }
}
