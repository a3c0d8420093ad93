import Records
import Review

extension QueueDefinition {
  /// The folder of queues, relative to the project's root.
  public static let folder = "Pipelines/queues"

  /// Reads `Pipelines/queues/NAME.yaml`; a guideline in a file of its own is read with the project.
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - name: the file's name without its ending.
  ///   - file: the file as faults name it.
  /// - Returns: the queue, or what is wrong with it.
  public static func read(_ bytes: [UInt8], name: String, file: String) -> DefinitionReading<Self> {
    let log = FaultLog(file: file)
    guard let reader = DefinitionReader.whole(bytes, .queue, log) else { return DefinitionReading(nil, log) }
    var queue = QueueDefinition(name: name)
    queue.description = reader.optional("description")?.text()
    if let task = reader.optional("task")?.choice(ReviewTask.self) { queue.task = task }
    var keys = KeysTaken()
    let actions = reader.optional("keys").map { Self.actions($0, &queue) } ?? [:]
    let hasOwnLabels = [.label, .adjudicate].contains(queue.task)
    let labelsField = reader.optional("labels")
    // What the file does not name takes its key first, so that the fault stands where something is named.
    if labelsField == nil || !hasOwnLabels {
      for label in queue.answers where isLegalKey(label.key) {
        keys.take(label.key, by: .label(label.name), at: nil)
      }
    }
    for named in [false, true] {
      for action in ReviewAction.allCases where (actions[action.rawValue] != nil) == named {
        keys.take(queue.key(of: action), by: .action(action.rawValue), at: actions[action.rawValue])
      }
    }
    if let field = labelsField {
      if hasOwnLabels {
        queue.labels = labels(field, votes: true, in: labelsRange, &keys)
      } else {
        field.fault(.notForTask("labels", task: queue.task.rawValue))
      }
    } else if hasOwnLabels {
      queue.labels = defaultLabels
    }
    if let field = reader.optional("multiple"), let value = field.bool() {
      queue.isMultiple = value
      if value, !hasOwnLabels {
        field.fault(.notForTask("multiple", task: queue.task.rawValue))
      }
    }
    if let field = reader.optional("reasons") {
      queue.reasons = labels(field, votes: false, in: 1...labelsRange.upperBound, &keys)
    }
    var files: [DefinitionFiles] = []
    if let field = reader.required("guideline"), let text = field.text() {
      if text.hasSuffix(".md"), !text.contains(where: \.isNewline) {
        files.append(
          DefinitionFiles(
            field: field.field, pattern: "\(folder)/\(text)", line: field.item.line, column: field.item.column
          ))
      } else {
        queue.guideline = text
      }
    }
    queue.select = reader.optional("select")?.text()
    if let field = reader.optional("slices") { queue.slices = slices(field) }
    if let field = reader.optional("fill") { queue.fill = fill(field, queue) }
    if let value = reader.optional("quota")?.whole(in: quotaRange) { queue.quota = value }
    if let value = reader.optional("lease")?.whole(in: leaseRange) { queue.lease = value }
    if let value = reader.optional("idle")?.whole(in: idleRange) { queue.idle = value }
    if let field = reader.optional("gold") { queue.gold = gold(field) }
    if let value = reader.optional("suggestions")?.choice(SuggestionPolicy.self) { queue.suggestions = value }
    if let field = reader.optional("labelers") { queue.labelers = labelers(field) }
    if let value = reader.optional("allows_as")?.bool() { queue.allowsAs = value }
    reader.finish()
    return DefinitionReading(queue, log, files: files)
  }

  /// The fields of the keys that `keys` changes, by action.
  private static func actions(_ field: FieldReader, _ queue: inout QueueDefinition) -> [String: FieldReader] {
    guard let section = field.section() else { return [:] }
    var fields: [String: FieldReader] = [:]
    for action in ReviewAction.allCases {
      guard let field = section.optional(action.rawValue), let key = key(field) else { continue }
      queue.keys[action.rawValue] = key
      fields[action.rawValue] = field
    }
    section.finish()
    return fields
  }

  private static func key(_ field: FieldReader) -> Character? {
    let text: String
    switch field.scalar {
    case .text(let value): text = value
    // `0` and `y` are keys, whatever YAML takes them for.
    case .whole, .number, .bool: text = field.written
    default: return field.refuse(.text)
    }
    guard text.count == 1, let key = text.first, isLegalKey(key) else {
      field.fault(.badKey(field.field, value: text))
      return nil
    }
    return key
  }

  private static func labels(
    _ field: FieldReader, votes: Bool, in range: ClosedRange<Int>, _ keys: inout KeysTaken
  ) -> [QueueLabel] {
    guard let entries = field.list() else { return [] }
    if !range.contains(entries.count) {
      field.fault(
        .outOfRange(
          field.field, low: "\(range.lowerBound) entries", high: "\(range.upperBound)",
          found: "\(entries.count)"))
    }
    var found: [QueueLabel] = []
    for entry in entries {
      guard let section = entry.section(.key(field.field.key)) else { continue }
      let name = section.required("name")
      let keyField = section.required("key")
      var vote: LabelClass?
      if votes, let field = section.optional("votes") {
        vote = field.choice(LabelClass.self)
        if vote == .tie { field.unknown("tie", legal: ["good", "bad"]) }
      }
      let description = section.optional("description")?.text()
      section.finish()
      guard let text = name?.name() else { continue }
      if found.contains(where: { $0.name == text }) { name?.fault(.repeated(entry.field, value: text)) }
      guard let keyField, let key = key(keyField) else { continue }
      keys.take(key, by: votes ? .label(text) : .reason(text), at: keyField)
      found.append(QueueLabel(name: text, key: key, votes: vote, description: description))
    }
    return found
  }

  private static func slices(_ field: FieldReader) -> [Slice] {
    var found: [Slice] = []
    for (entry, value) in field.section()?.all ?? [] {
      if !DefinitionName.isLegal(entry.key) {
        field.log.add(.badName(field.field, value: entry.key), entry.line, entry.column)
      } else if entry.key == otherSlice {
        field.log.add(.reservedName(field.field, value: entry.key), entry.line, entry.column)
      }
      if let condition = value.text() { found.append(Slice(name: entry.key, condition: condition)) }
    }
    return found
  }

  private static func fill(_ field: FieldReader, _ queue: QueueDefinition) -> [QueueFill] {
    let legal = reasons(for: queue.task).map(\.rawValue)
    var found: [QueueFill] = []
    for entry in field.list() ?? [] {
      var body: DefinitionReader?
      let word: String
      var place = entry
      switch entry.item.content {
      case .map(let keys):
        guard keys.count == 1, let key = keys.first else {
          let _: Never? = entry.refuse(.fill)
          continue
        }
        word = key.key
        let item = YAMLItem(line: key.line, column: key.column, content: .scalar(word, isPlain: false))
        place = FieldReader(field: entry.field, item: item, log: entry.log)
        body = FieldReader(field: DefinitionFault.Field(word), item: key.value, log: entry.log).section()
      default:
        guard let text = entry.text(.fill) else { continue }
        word = text
      }
      guard let reason = ReviewReason(rawValue: word), legal.contains(word) else {
        place.unknown(word, legal: legal)
        continue
      }
      if found.contains(where: { $0.reason == reason }) {
        place.fault(.repeated(entry.field, value: word))
      }
      var source = QueueFill(reason)
      if let body {
        if let value = body.optional("limit")?.whole(in: QueueFill.limitRange) { source.limit = value }
        if reason == .audit, let value = body.optional("share")?.number(in: QueueFill.shareRange) {
          source.share = value
        }
        if reason == .coverage, let value = body.optional("target")?.whole(in: QueueFill.targetRange) {
          source.target = value
        }
        if reason == .synthetic, let value = body.optional("sample")?.whole(in: QueueFill.sampleRange) {
          source.sample = value
        }
        body.finish()
      }
      found.append(source)
    }
    return found
  }

  private static func gold(_ field: FieldReader) -> GoldParameters {
    var gold = GoldParameters()
    if case .bool(let value) = field.scalar {
      if !value { gold.share = 0 }
      return gold
    }
    guard let reader = field.section(expected: .ruleSwitch) else { return gold }
    if let value = reader.optional("share")?.number(in: GoldParameters.shareRange) { gold.share = value }
    if let value = reader.optional("window")?.whole(in: GoldParameters.windowRange) { gold.window = value }
    if let value = reader.optional("floor")?.number(in: GoldParameters.floorRange) { gold.floor = value }
    reader.finish()
    return gold
  }

  private static func labelers(_ field: FieldReader) -> [String] {
    var found: [String] = []
    let entries = field.list() ?? []
    if case .list(let items) = field.item.content, items.isEmpty { field.fault(.emptyValue(field.field)) }
    for entry in entries {
      guard let name = entry.text() else { continue }
      if found.contains(name) { entry.fault(.repeated(entry.field, value: name)) }
      found.append(name)
    }
    return found
  }
}

/// Who has which key.
private struct KeysTaken {
  private var owners: [Character: DefinitionFault.KeyOwner] = [:]

  /// Gives a key to somebody, or states whose it is; a key that nothing in the file names collides where the other stands.
  mutating func take(_ key: Character, by owner: DefinitionFault.KeyOwner, at field: FieldReader?) {
    if let other = owners[key] {
      field?.fault(.keyTaken(field?.field ?? DefinitionFault.Field("keys"), key: key, by: other))
    } else {
      owners[key] = owner
    }
  }
}
