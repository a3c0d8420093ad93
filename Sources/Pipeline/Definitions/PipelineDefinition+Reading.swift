import Curate
import Label
import Publish
import Pull
import Review
import Synthesize

extension PipelineDefinition {
  /// Reads `Pipelines/NAME.yaml`.
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - name: the file's name without its ending.
  ///   - file: the file as faults name it.
  /// - Returns: the definition, or what is wrong with it.
  public static func read(_ bytes: [UInt8], name: String, file: String) -> DefinitionReading<Self> {
    let log = FaultLog(file: file)
    guard let reader = DefinitionReader.whole(bytes, .pipeline, log) else {
      return DefinitionReading(nil, log)
    }
    var named = NamedByPipeline()
    var definition = PipelineDefinition(name: name, file: file, steps: [])
    definition.description = reader.optional("description")?.text() ?? ""
    definition.workers = reader.optional("workers")?.whole(in: workersRange)
    let entries = reader.required("steps")
    if let entries, let steps = entries.list() {
      if steps.isEmpty { entries.fault(.emptyValue(entries.field)) }
      var made: Set<String> = []
      for entry in steps {
        guard let (name, parameters) = step(entry, &named) else { continue }
        let needs = StepParameters.needs(of: name)
        if !needs.isEmpty, made.isDisjoint(with: needs) {
          entry.fault(.stepNeeds(step: name, needs: needs))
        }
        made.insert(name)
        if let parameters { definition.steps.append(Step(line: entry.item.line, parameters: parameters)) }
      }
    }
    reader.finish()
    return DefinitionReading(definition, log, references: named.definitions, files: named.files)
  }

  /// The step's name, if there is one, and its parameters, if they could be read.
  private static func step(
    _ entry: FieldReader, _ named: inout NamedByPipeline
  ) -> (name: String, parameters: StepParameters?)? {
    // `- curate` alone means the same as `- curate: {}`.
    if case .text(let name) = entry.scalar {
      let nothing = YAMLItem(line: entry.item.line, column: entry.item.column, content: .map([]))
      let body = FieldReader(field: DefinitionFault.Field(name), item: nothing, log: entry.log)
      return step(called: name, entry, body, &named)
    }
    guard case .map(let keys) = entry.item.content, keys.count == 1, let key = keys.first else {
      let _: Never? = entry.refuse(.step)
      return nil
    }
    let item = YAMLItem(line: key.line, column: key.column, content: .scalar(key.key, isPlain: false))
    let place = FieldReader(field: entry.field, item: item, log: entry.log)
    var body = FieldReader(field: DefinitionFault.Field(key.key), item: key.value, log: entry.log)
    if body.isNothing {
      let nothing = YAMLItem(line: key.line, column: key.column, content: .map([]))
      body = FieldReader(field: body.field, item: nothing, log: entry.log)
    }
    return step(called: key.key, place, body, &named)
  }

  private static func step(
    called name: String, _ place: FieldReader, _ body: FieldReader,
    _ named: inout NamedByPipeline
  ) -> (name: String, parameters: StepParameters?)? {
    guard StepParameters.names.contains(name) else {
      place.unknown(name, legal: StepParameters.names)
      return nil
    }
    guard let reader = body.section() else { return (name, nil) }
    defer { reader.finish() }
    switch name {
    case "pull":
      let sources = names(reader, "source", "sources", .source, &named.definitions)
      return (name, .pull(PullParameters(sources: sources)))
    case "publish":
      var parameters = PublishParameters(
        datasets: names(reader, "dataset", "datasets", .dataset, &named.definitions))
      if let field = reader.optional("protected") { parameters.protected = files(field, &named.files) }
      return (name, .publish(parameters))
    case "review":
      let queues = names(reader, "queue", "queues", .queue, &named.definitions)
      return (name, .review(ReviewParameters(queues: queues)))
    case "synthesize":
      let datasets = names(reader, "dataset", "datasets", .dataset, &named.definitions)
      return (
        name,
        .synthesize(
          SynthesizeParameters.read(reader, datasets: datasets, &named.definitions, &named.files))
      )
    case "curate":
      return (name, .curate(CurateParameters.read(reader, &named.files)))
    default:
      var parameters = LabelParameters.read(reader)
      parameters.judging = JudgingParameters.read(reader, &named.definitions)
      return (name, .label(parameters))
    }
  }

  /// One name under `one`, or a list of them under `many`.
  private static func names(
    _ reader: DefinitionReader, _ one: String, _ many: String, _ document: DefinitionFault.Document,
    _ references: inout [DefinitionReference]
  ) -> [String] {
    reader.exclusive(one, many)
    var fields: [FieldReader] = []
    if let field = reader.optional(one) { fields.append(field) }
    if let field = reader.optional(many), let list = field.list() {
      if list.isEmpty { field.fault(.emptyValue(field.field)) }
      fields += list
    }
    var seen: Set<String> = []
    var found: [String] = []
    for field in fields {
      guard let name = field.name() else { continue }
      if !seen.insert(name).inserted {
        field.fault(.repeated(field.field, value: name))
        continue
      }
      found.append(name)
      references.append(
        DefinitionReference(
          document: document, name: name, line: field.item.line, column: field.item.column))
    }
    return found
  }

  /// A list of paths or patterns.
  private static func files(_ field: FieldReader, _ named: inout [DefinitionFiles]) -> [String] {
    guard let list = field.list() else { return [] }
    if list.isEmpty { field.fault(.emptyValue(field.field)) }
    var seen: Set<String> = []
    var found: [String] = []
    for entry in list {
      guard let pattern = entry.text() else { continue }
      if !seen.insert(pattern).inserted {
        entry.fault(.repeated(entry.field, value: pattern))
        continue
      }
      found.append(pattern)
      named.append(
        DefinitionFiles(
          field: entry.field, pattern: pattern, line: entry.item.line, column: entry.item.column))
    }
    return found
  }
}

/// What a pipeline names.
private struct NamedByPipeline {
  var definitions: [DefinitionReference] = []
  var files: [DefinitionFiles] = []
}
