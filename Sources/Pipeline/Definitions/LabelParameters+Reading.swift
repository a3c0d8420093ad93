import Label

extension LabelParameters {
  /// Reads the body of a `label` step.
  static func read(_ reader: DefinitionReader) -> LabelParameters {
    var parameters = LabelParameters()
    if let model = reader.optional("model")?.choice(LabelModel.self) { parameters.model = model }
    if let weight = reader.optional("implicit_weight")?.number(in: implicitWeightRange) {
      parameters.implicitWeight = weight
    }
    if let votes = reader.optional("user_votes")?.whole(in: userVotesRange) { parameters.userVotes = votes }
    if let value = reader.optional("checks")?.bool() { parameters.checks = value }
    if let value = reader.optional("conversations")?.bool() { parameters.conversations = value }
    guard let field = reader.optional("functions"), let entries = field.list() else { return parameters }
    if !functionsCountRange.contains(entries.count) {
      field.fault(
        .outOfRange(
          field.field, low: "\(functionsCountRange.lowerBound) entries",
          high: "\(functionsCountRange.upperBound)", found: "\(entries.count)"))
    }
    var names: Set<String> = []
    for entry in entries {
      guard let section = entry.section(.key(field.field.key)) else { continue }
      let name = section.required("name")
      let side = section.required("votes")?.choice(LabelingFunction.Side.self)
      let condition = section.required("where")
      let weight = section.optional("weight")?.number(in: LabelingFunction.weightRange)
      section.finish()
      guard let named = name?.name() else { continue }
      if !names.insert(named).inserted { name?.fault(.repeated(entry.field, value: named)) }
      guard let side, let place = condition?.item, let text = condition?.text() else { continue }
      var function = LabelingFunction(name: named, votes: side, condition: text)
      (function.line, function.column) = (place.line, place.column)
      if let weight { function.weight = weight }
      parameters.functions.append(function)
    }
    return parameters
  }
}
