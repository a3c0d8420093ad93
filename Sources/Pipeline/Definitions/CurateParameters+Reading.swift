import Curate

extension CurateParameters {
  /// Reads the body of a `curate` step.
  /// - Parameters:
  ///   - reader: the body.
  ///   - files: takes the files that it names.
  /// - Returns: the parameters.
  static func read(_ reader: DefinitionReader, _ files: inout [DefinitionFiles]) -> CurateParameters {
    var parameters = CurateParameters()
    guard let rules = reader.optional("rules")?.section() else { return parameters }
    func flag(_ name: String, _ value: inout Bool) {
      if let read = rules.optional(name)?.bool() { value = read }
    }
    /// A rule's switch: true, false, or a mapping of its parameters.
    func rule<Value>(
      _ name: String, _ value: inout Value?, _ standard: Value,
      _ read: (DefinitionReader, inout Value) -> Void
    ) {
      guard let field = rules.optional(name) else { return }
      var parameters = standard
      if case .bool(let on) = field.scalar {
        value = on ? parameters : nil
        return
      }
      value = nil
      guard let section = field.section(expected: .ruleSwitch) else { return }
      read(section, &parameters)
      section.finish()
      value = parameters
    }
    rule("duplicates", &parameters.duplicates, Duplicates()) { reader, duplicates in
      if let near = reader.optional("near")?.bool() { duplicates.near = near }
      if let value = reader.optional("threshold")?.number(in: Duplicates.thresholdRange) {
        duplicates.threshold = value
      }
    }
    flag("error-output", &parameters.errorOutput)
    rule("influence", &parameters.influence, Influence()) { reader, influence in
      if let value = reader.optional("per_day")?.whole(in: Influence.range) { influence.perDay = value }
      if let value = reader.optional("burst")?.whole(in: Influence.range) { influence.burst = value }
      if let value = reader.optional("burst_seconds")?.whole(in: Influence.secondsRange) {
        influence.burstSeconds = value
      }
    }
    rule("injection", &parameters.injection, Injection()) { reader, injection in
      if let value = reader.optional("classifier_threshold")?.number(in: Injection.classifierThresholdRange) {
        injection.classifierThreshold = value
      }
      if let value = reader.optional("confirm_threshold")?.number(in: Injection.confirmThresholdRange) {
        injection.confirmThreshold = value
      }
    }
    rule("language", &parameters.language, Language()) { reader, language in
      guard let field = reader.optional("allowed") else { return }
      language.allowed = texts(field, in: Language.allowedCountRange)
      for entry in field.list() ?? [] {
        if case .text(let code) = entry.scalar, !Language.isCode(code) {
          entry.fault(.badLanguage(entry.field, value: code))
        }
      }
    }
    rule("length", &parameters.length, Length()) { readLength($0, &$1) }
    rule("output-format", &parameters.outputFormat, OutputFormat()) { reader, format in
      if let value = reader.optional("strip_fence")?.bool() { format.stripFence = value }
      for (entry, field) in reader.optional("schemas")?.section()?.all ?? [] {
        guard let file = field.text() else { continue }
        format.schemas[entry.key] = file
        files.append(
          DefinitionFiles(
            field: field.field, pattern: file, line: field.item.line, column: field.item.column))
      }
    }
    rule("personal-data", &parameters.personalData, PersonalData()) { reader, personalData in
      personalData.recogniser = recogniser(reader)
    }
    rule("quality", &parameters.quality, Quality()) { reader, quality in
      if let value = reader.optional("min_words")?.whole(in: Quality.minWordsRange) {
        quality.minWords = value
      }
    }
    flag("refusal", &parameters.refusal)
    rule("repetition", &parameters.repetition, Repetition()) { reader, repetition in
      if let value = reader.optional("min_words")?.whole(in: Repetition.minWordsRange) {
        repetition.minWords = value
      }
    }
    rule("test-traffic", &parameters.testTraffic, TestTraffic()) { reader, traffic in
      if let field = reader.optional("environments") {
        traffic.environments = texts(field, in: TestTraffic.environmentsCountRange).map { $0.lowercased() }
      }
    }
    rule("toxicity", &parameters.toxicity, Toxicity()) { reader, toxicity in
      if let value = reader.optional("classifier_threshold")?.number(in: Toxicity.classifierThresholdRange) {
        toxicity.classifierThreshold = value
      }
      if let value = reader.optional("confirm_threshold")?.number(in: Toxicity.confirmThresholdRange) {
        toxicity.confirmThreshold = value
      }
    }
    flag("truncation", &parameters.truncation)
    rules.finish()
    return parameters
  }

  /// A list of so many texts, none twice.
  private static func texts(_ field: FieldReader, in range: ClosedRange<Int>) -> [String] {
    guard let list = field.list() else { return [] }
    if !range.contains(list.count) {
      field.fault(
        .outOfRange(
          field.field, low: "\(range.lowerBound) entries", high: "\(range.upperBound)", found: "\(list.count)"
        ))
    }
    var found: [String] = []
    for entry in list {
      guard let text = entry.text() else { continue }
      if found.contains(text) { entry.fault(.repeated(entry.field, value: text)) } else { found.append(text) }
    }
    return found
  }

  private static func recogniser(_ reader: DefinitionReader) -> PersonalData.Recogniser? {
    guard let section = reader.optional("recogniser")?.section() else { return nil }
    let address = section.required("address")?.text()
    var recogniser = PersonalData.Recogniser(address: address ?? "")
    if let language = section.optional("language")?.text() { recogniser.language = language }
    if let entities = section.optional("entities")?.list() {
      recogniser.entities = entities.compactMap { $0.text() }
    }
    if let value = section.optional("threshold")?.number(in: PersonalData.Recogniser.thresholdRange) {
      recogniser.threshold = value
    }
    section.finish()
    return address == nil ? nil : recogniser
  }

  private static func readLength(_ reader: DefinitionReader, _ length: inout Length) {
    let minimum = reader.optional("min_output_characters")
    if let value = minimum?.whole(in: Length.minimumRange) { length.minOutputCharacters = value }
    let maximum = reader.optional("max_output_characters")
    if let value = maximum?.whole(in: Length.maximumRange) { length.maxOutputCharacters = value }
    if let value = reader.optional("max_input_characters")?.whole(in: Length.maximumRange) {
      length.maxInputCharacters = value
    }
    if length.minOutputCharacters > length.maxOutputCharacters {
      (minimum ?? maximum)?.fault(
        .crossedBounds(
          "min_output_characters", length.minOutputCharacters, "max_output_characters",
          length.maxOutputCharacters))
    }
  }
}
