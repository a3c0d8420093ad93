import Publish
import Records

extension DatasetDefinition {
  /// Reads `Datasets/NAME/dataset.yaml`.
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - name: the folder's name.
  ///   - file: the file as faults name it.
  /// - Returns: the definition, or what is wrong with it.
  public static func read(_ bytes: [UInt8], name: String, file: String) -> DefinitionReading<Self> {
    let log = FaultLog(file: file)
    guard let reader = DefinitionReader.whole(bytes, .dataset, log) else {
      return DefinitionReading(nil, log)
    }
    let kind = reader.required("kind")?.choice(Kind.self)
    // The rest is read with the defaults of some kind even without one, so that all faults are stated.
    var dataset = DatasetDefinition(name: name, kind: kind ?? .sft)
    dataset.description = reader.optional("description")?.text() ?? ""
    dataset.license = reader.optional("license")?.text()
    if let field = reader.optional("language") { dataset.language = languages(field) }
    if let select = reader.optional("select")?.text() { dataset.select = select }
    if let field = reader.optional("slices") { dataset.slices = slices(field) }
    if let field = reader.optional("splits") { dataset.splits = splits(field, kind) }
    if let seed = reader.optional("seed")?.text() { dataset.seed = seed }
    if let field = reader.optional("pairs") {
      if let kind, kind != .preference {
        field.fault(.notForKind("pairs", kind: kind.rawValue))
      } else {
        dataset.pairs = field.choice(PairStrategy.self)
      }
    }
    if let value = reader.optional("maximum_examples")?.whole(in: maximumRange) {
      dataset.maximumExamples = value
    }
    if let value = reader.optional("maximum_example_characters")?.whole(in: maximumRange) {
      dataset.maximumExampleCharacters = value
    }
    if let field = reader.optional("decontaminate") { dataset.decontamination = decontamination(field) }
    if let value = reader.optional("maximum_user_share")?.whole(in: shareRange) {
      dataset.maximumUserShare = value
    }
    if let gates = reader.optional("gates")?.section() {
      if let value = gates.optional("minimum_examples")?.whole(in: DatasetGates.range) {
        dataset.gates.minimumExamples = value
      }
      if let value = gates.optional("maximum_personal_data")?.whole(in: DatasetGates.range) {
        dataset.gates.maximumPersonalData = value
      }
      gates.finish()
      if let field = gates.optional("minimum_examples"),
        dataset.gates.minimumExamples > dataset.maximumExamples
      {
        field.fault(
          .crossedBounds(
            "minimum_examples", dataset.gates.minimumExamples, "maximum_examples", dataset.maximumExamples))
      }
    }
    var references: [DefinitionReference] = []
    if let field = reader.optional("synthesis") {
      dataset.synthesis = synthesis(field, of: dataset, &references)
    }
    reader.finish()
    return DefinitionReading(dataset, log, references: references)
  }

  private static func decontamination(_ field: FieldReader) -> Decontamination? {
    var parameters = Decontamination()
    if case .bool(let value) = field.scalar { return value ? parameters : nil }
    guard let reader = field.section(expected: .ruleSwitch) else { return nil }
    if let value = reader.optional("ngram")?.whole(in: Decontamination.ngramRange) {
      parameters.ngram = value
    }
    if let value = reader.optional("threshold")?.number(in: Decontamination.shareRange) {
      parameters.threshold = value
    }
    if let value = reader.optional("overlap")?.number(in: Decontamination.shareRange) {
      parameters.overlap = value
    }
    reader.finish()
    return parameters
  }

  private static func languages(_ field: FieldReader) -> [String] {
    var seen: Set<String> = []
    var languages: [String] = []
    for entry in field.list() ?? [] {
      guard let tag = entry.text() else { continue }
      if !seen.insert(tag).inserted {
        entry.fault(.repeated(entry.field, value: tag))
      } else if !isLanguage(tag) {
        entry.fault(.badLanguage(entry.field, value: tag))
      }
      languages.append(tag)
    }
    return languages
  }

  /// The outer form of BCP 47: two or three letters, then subtags of up to eight letters and digits.
  private static func isLanguage(_ tag: String) -> Bool {
    let subtags = tag.utf8.split(separator: 45, omittingEmptySubsequences: false)
    guard let first = subtags.first, (2...3).contains(first.count),
      first.allSatisfy({ (97...122).contains($0) })
    else { return false }
    return subtags.dropFirst().allSatisfy { subtag in
      (1...8).contains(subtag.count)
        && subtag.allSatisfy { (97...122).contains($0 | 32) || (48...57).contains($0) }
    }
  }

  private static func slices(_ field: FieldReader) -> [SliceDefinition] {
    var slices: [SliceDefinition] = []
    for (entry, value) in field.section()?.all ?? [] {
      if !DefinitionName.isLegal(entry.key) {
        field.log.add(.badName(field.field, value: entry.key), entry.line, entry.column)
      } else if entry.key == SliceDefinition.other {
        field.log.add(.reservedName(field.field, value: entry.key), entry.line, entry.column)
      }
      if let condition = value.text() {
        slices.append(SliceDefinition(name: entry.key, condition: condition))
      }
    }
    return slices
  }

  private static func splits(_ field: FieldReader, _ kind: Kind?) -> [SplitDefinition] {
    guard let reader = field.section() else { return [] }
    var splits: [SplitDefinition] = []
    for (entry, value) in reader.all {
      if entry.key.isEmpty || !entry.key.utf8.allSatisfy({ (97...122).contains($0) }) {
        field.log.add(.badSplitName(field.field, value: entry.key), entry.line, entry.column)
      } else if entry.key == SplitDefinition.train, let kind, !kind.trains {
        field.log.add(.notForKind(entry.key, kind: kind.rawValue), entry.line, entry.column)
      }
      if let share = value.whole(in: SplitDefinition.shareRange) {
        splits.append(SplitDefinition(name: entry.key, share: share))
      }
    }
    if reader.all.isEmpty { field.fault(.emptyValue(field.field)) }
    let sum = splits.reduce(0) { $0 + $1.share }
    if sum > 100 { field.fault(.sharesOver(sum: sum)) }
    return splits
  }
}
