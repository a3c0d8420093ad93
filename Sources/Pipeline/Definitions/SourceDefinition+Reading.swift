import Catalog
import Pull
import Records

extension SourceDefinition {
  /// Reads `Pipelines/sources/NAME.yaml`.
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - name: the file's name without its ending.
  ///   - file: the file as faults name it.
  /// - Returns: the definition, or what is wrong with it.
  public static func read(_ bytes: [UInt8], name: String, file: String) -> DefinitionReading<Self> {
    let log = FaultLog(file: file)
    guard let reader = DefinitionReader.whole(bytes, .source, log) else { return DefinitionReading(nil, log) }
    // What models wrote stands under this name, and nothing that learns from users looks at it.
    if name == CatalogStore.synthesisSource {
      log.add(.reservedName(DefinitionFault.Field("source"), value: name), at: reader.item)
    }
    var references: [DefinitionReference] = []
    var source = SourceDefinition(name: name, path: "")
    if let kind = reader.required("kind")?.choice(SourceKind.self) { source.kind = kind }
    let traits = source.kind.traits
    place(reader, traits, &source)
    source.app = reader.optional("app")?.text()
    if let field = reader.optional("redact") { source.redact = redaction(field) }
    if let value = reader.optional("maximum_line")?.whole(in: maximumLineRange) { source.maximumLine = value }
    if traits.isMapped {
      mappings(reader, name: name, &source, &references)
    } else {
      source.signals = reader.optional("signals").flatMap { signalRules($0, isVote: false) } ?? [:]
      source.metadata = reader.optional("metadata")?.metadata() ?? []
    }
    reader.finish()
    return DefinitionReading(source, log, references: references)
  }

  private static func mappings(
    _ reader: DefinitionReader, name: String, _ source: inout SourceDefinition,
    _ references: inout [DefinitionReference]
  ) {
    let interactions = reader.optional("interactions")
    let feedback = reader.optional("feedback")
    let tree = reader.optional("tree")
    source.interactions = interactions?.section().flatMap(interactionMapping)
    source.tree = tree?.section().flatMap(treeMapping)
    source.feedback = feedback?.section().flatMap {
      feedbackMapping($0, source: name, hasInteractions: interactions != nil || tree != nil, &references)
    }
    if interactions == nil, feedback == nil, tree == nil {
      reader.log.add(
        .missingOneOf(["interactions", "feedback", "tree"], section: reader.section), at: reader.item)
    }
  }

  private static func redaction(_ field: FieldReader) -> [RedactionKind] {
    guard let list = field.list() else { return [] }
    var kinds: Set<RedactionKind> = []
    for entry in list {
      guard let kind = entry.choice(RedactionKind.self) else { continue }
      if !kinds.insert(kind).inserted { entry.fault(.repeated(entry.field, value: kind.rawValue)) }
    }
    if list.isEmpty { field.fault(.nothingRedacted) }
    return RedactionKind.allCases.filter(kinds.contains)
  }

  private static func interactionMapping(_ reader: DefinitionReader) -> InteractionMapping? {
    defer { reader.finish() }
    let match = matches(reader.optional("match"))
    // Every field is asked for before one that lacks ends the reading, so that all faults are stated.
    let id = reader.required("id")?.rule(constant: false)
    let time = reader.required("time")?.time()
    let input = reader.required("input")?.rule(constant: false)
    let output = reader.required("output")?.rule(constant: false)
    let conversation = reader.optional("conversation")?.rule()
    let user = reader.optional("user")?.rule()
    let app = reader.optional("app")?.rule()
    let model = reader.optional("model")?.rule()
    let prompt = reader.optional("prompt")?.rule()
    let parent = reader.optional("parent")?.rule(constant: false)
    let finish = reader.optional("finish")?.rule()
    let tokensIn = reader.optional("tokens_in")?.rule(numeric: true)
    let tokensOut = reader.optional("tokens_out")?.rule(numeric: true)
    let cost = reader.optional("cost")?.rule(numeric: true)
    let latency = reader.optional("latency")?.rule(numeric: true)
    let updated = reader.optional("updated")?.rule(constant: false)
    let metadata = reader.optional("metadata")?.metadata() ?? []
    guard let id, let time, let input, let output else { return nil }
    var mapping = InteractionMapping(id: id, time: time, input: input, output: output)
    mapping.match = match
    mapping.conversation = conversation
    mapping.user = user
    mapping.app = app
    mapping.model = model
    mapping.prompt = prompt
    mapping.parent = parent
    mapping.finish = finish
    mapping.tokensIn = tokensIn
    mapping.tokensOut = tokensOut
    mapping.cost = cost
    mapping.latency = latency
    mapping.updated = updated
    mapping.metadata = metadata
    return mapping
  }

  private static func feedbackMapping(
    _ reader: DefinitionReader, source: String, hasInteractions: Bool,
    _ references: inout [DefinitionReference]
  ) -> FeedbackMapping? {
    defer { reader.finish() }
    let match = matches(reader.optional("match"))
    // A source without interactions of its own must say whose ids it holds.
    let aboutField = hasInteractions ? reader.optional("about") : reader.required("about")
    let about = aboutField?.name()
    if let aboutField, let about, about != source {
      references.append(
        DefinitionReference(
          document: .source, name: about, line: aboutField.item.line, column: aboutField.item.column))
    } else if let aboutField, about == source, !hasInteractions {
      aboutField.fault(.noInteractions(source: source))
    }
    let id = reader.required("id")?.rule(constant: false)
    let time = reader.required("time")?.time()
    let targetField = reader.optional("target")
    let conversationField = reader.optional("conversation")
    if targetField == nil, conversationField == nil {
      reader.log.add(
        .missingOneOf(["target", "conversation"], section: reader.section), at: reader.item)
    }
    let target = targetField?.rule(constant: false)
    let conversation = conversationField?.rule(constant: false)
    let signalField = reader.required("signal")
    let signal = signalField?.rule()
    let value = reader.optional("value")?.rule(numeric: true)
    let comment = reader.optional("comment")?.rule(constant: false)
    let correction = reader.optional("correction")?.rule(constant: false)
    let count = reader.optional("count")?.rule(numeric: true)
    let user = reader.optional("user")?.rule()
    let updated = reader.optional("updated")?.rule(constant: false)
    let signals = reader.optional("signals").flatMap { signalRules($0, isVote: false) } ?? [:]
    if let signalField, let word = signal?.constant, Signal(rawValue: word) == nil, signals[word] == nil {
      signalField.unknown(word, legal: Signal.allCases.map(\.rawValue) + signals.keys.sorted())
    }
    guard let id, let time, let signal else { return nil }
    var mapping = FeedbackMapping(about: about ?? source, id: id, time: time, signal: signal)
    mapping.match = match
    mapping.target = target
    mapping.conversation = conversation
    mapping.value = value
    mapping.comment = comment
    mapping.correction = correction
    mapping.count = count
    mapping.user = user
    mapping.updated = updated
    mapping.signals = signals
    return mapping
  }

  private static func treeMapping(_ reader: DefinitionReader) -> TreeMapping? {
    defer { reader.finish() }
    let match = matches(reader.optional("match"))
    let root = reader.required("root")?.path()
    let replies = reader.required("replies")?.path()
    let id = reader.required("id")?.rule(constant: false)
    let text = reader.required("text")?.rule(constant: false)
    let role = reader.required("role")?.rule(constant: false)
    let outputField = reader.optional("output_role")
    let output = outputField?.text()
    let roles = reader.optional("roles").map(roleNames) ?? [:]
    let time = reader.required("time")?.time()
    let conversation = reader.optional("conversation")?.rule()
    let app = reader.optional("app")?.rule()
    let user = reader.optional("user")?.rule()
    let model = reader.optional("model")?.rule()
    let metadata = reader.optional("metadata")?.metadata() ?? []
    let rank = reader.optional("rank")?.rule(constant: false)
    let votes = reader.optional("votes").flatMap(voteMapping)
    let assistant = TreeMapping.Role.assistant
    if let outputField, let output, (roles[output] ?? TreeMapping.Role(rawValue: output)) != assistant {
      let own = roles[assistant.rawValue] == nil ? [assistant.rawValue] : []
      outputField.unknown(output, legal: roles.filter { $0.value == assistant }.keys.sorted() + own)
    }
    guard let root, let replies, let id, let text, let role, let time else { return nil }
    var mapping = TreeMapping(root: root, replies: replies, id: id, text: text, role: role, time: time)
    mapping.match = match
    if let output { mapping.outputRole = output }
    mapping.roles = roles
    mapping.conversation = conversation
    mapping.app = app
    mapping.user = user
    mapping.model = model
    mapping.metadata = metadata
    mapping.rank = rank
    mapping.votes = votes
    return mapping
  }

  private static func roleNames(_ field: FieldReader) -> [String: TreeMapping.Role] {
    var roles: [String: TreeMapping.Role] = [:]
    for (entry, value) in field.section()?.all ?? [] {
      roles[entry.key] = value.choice(TreeMapping.Role.self)
    }
    return roles
  }

  private static func voteMapping(_ field: FieldReader) -> VoteMapping? {
    guard let reader = field.section() else { return nil }
    defer { reader.finish() }
    let path = reader.required("path")?.path()
    let signals = reader.required("signals").flatMap { signalRules($0, isVote: true) }
    guard let path, let signals else { return nil }
    return VoteMapping(path: path, signals: signals)
  }

  private static func matches(_ field: FieldReader?) -> [FieldMatch] {
    guard let field, let reader = field.section() else { return [] }
    return reader.all.compactMap { entry, value in
      let expected: MatchValue? =
        switch value.scalar {
        case .text(let text): .text(text)
        case .whole(let number): .number(Double(number))
        case .number(let number): .number(number)
        case .bool(let bool): .bool(bool)
        case .nothing, nil: value.refuse(.scalar)
        }
      guard let path = FieldPath(entry.key) else {
        field.log.add(.badPath(field.field, value: entry.key), entry.line, entry.column)
        return nil
      }
      return expected.map { FieldMatch(path: path, value: $0) }
    }
  }

  /// - Parameters:
  ///   - field: the mapping of names.
  ///   - isVote: whether names stand with a count, so that a rule must state the value that rows lack.
  /// - Returns: the rules by the source's name; nil if there is no mapping.
  static func signalRules(_ field: FieldReader, isVote: Bool) -> [String: SignalRule]? {
    guard let reader = field.section() else { return nil }
    if isVote, reader.all.isEmpty { field.fault(.emptyValue(field.field)) }
    var rules: [String: SignalRule] = [:]
    for (entry, value) in reader.all { rules[entry.key] = signalRule(value, isVote: isVote) }
    return rules
  }

  private static func signalRule(_ field: FieldReader, isVote: Bool) -> SignalRule? {
    func needsValue(_ rule: SignalRule) {
      guard isVote, rule.value == nil, rule.signal == .thumb || rule.signal == .rating else { return }
      field.fault(.missingKey("value", section: .key(field.field.key)))
    }
    guard case .map = field.item.content else {
      guard let signal = field.choice(Signal.self, expected: .signalRule) else { return nil }
      let rule = SignalRule(signal: signal)
      needsValue(rule)
      return rule
    }
    guard let reader = field.section() else { return nil }
    defer { reader.finish() }
    let signal = reader.required("signal")?.choice(Signal.self)
    let valueField = reader.optional("value")
    let value = valueField?.number(in: SignalRule.valueRange)
    var scale: SignalScale?
    if !isVote {
      reader.exclusive("value", "from", orNone: true)
      scale = reader.optional("from")?.scale()
    }
    guard let signal else { return nil }
    let rule = SignalRule(signal: signal, value: value, from: scale)
    if valueField == nil { needsValue(rule) }
    return rule
  }
}

extension FieldReader {
  /// A path, a list of paths, or a mapping with `path` and `scale`, or with `value`.
  /// - Parameters:
  ///   - numeric: whether the field is a number, so that `scale` is legal.
  ///   - constant: whether `value` is legal: not where it would make all records one.
  /// - Returns: nil after a fault.
  func rule(numeric: Bool = false, constant: Bool = true) -> FieldRule? {
    guard case .map = item.content else { return paths().map { FieldRule(paths: $0) } }
    guard let reader = section() else { return nil }
    defer { reader.finish() }
    if constant { reader.exclusive("path", "value") }
    let pathField = constant ? reader.optional("path") : reader.required("path")
    var rule = FieldRule()
    rule.paths = pathField?.paths() ?? []
    if constant, let value = reader.optional("value") {
      switch value.scalar {
      case .nothing, nil: rule.constant = value.refuse(.scalar)
      case .text: rule.constant = value.text()
      case .whole, .number, .bool: rule.constant = value.written
      }
    }
    if numeric, let field = reader.optional("scale"), let scale = field.number(in: FieldRule.scaleRange) {
      if scale == 0 { field.fault(.zeroScale(field.field)) }
      rule.scale = scale
    }
    return rule.paths.isEmpty && rule.constant == nil ? nil : rule
  }

  /// A rule whose constant, if it is one, reads as a time.
  func time() -> FieldRule? {
    guard let rule = rule() else { return nil }
    if let constant = rule.constant, Timestamp(constant) == nil {
      fault(.badTime(field, value: constant))
    }
    return rule
  }

  private func paths() -> [FieldPath]? {
    guard case .list(let items) = item.content else {
      guard case .scalar = item.content else { return refuse(.fieldRule) }
      if case .text = scalar { return path().map { [$0] } }
      if case .whole = scalar { return path().map { [$0] } }
      return refuse(.fieldRule)
    }
    if items.isEmpty {
      fault(.emptyValue(field))
      return nil
    }
    return list()?.compactMap { $0.path() }
  }

  fileprivate func scale() -> SignalScale? {
    guard case .list(let items) = item.content, items.count == 2, let ends = list() else {
      return refuse(.twoNumbers)
    }
    let numbers = ends.compactMap { $0.number(in: FieldRule.scaleRange) }
    guard numbers.count == 2 else { return nil }
    if numbers[0] == numbers[1] { fault(.flatScale(field)) }
    return SignalScale(low: numbers[0], high: numbers[1])
  }
}
