import Bytes
import Catalog
import Records
import Text

/// Turns the rows of one source into records: mapping, redaction, pseudonyms and canonical JSON.
///
/// One worker owns it.
final class RowMapper {
  /// Longest id in bytes.
  static let longestID = 512
  /// Longest metadata in bytes that the catalog takes, for selections; the lake has all of it.
  static let longestMetadata = 2048

  let source: SourceDefinition
  let normaliser: MessageNormaliser
  private let pseudonyms: Pseudonyms
  private let interactions: InteractionFields?
  private let feedback: FeedbackFields?
  private let tree: TreeFields?
  private let record = ByteBuffer(capacity: 1 << 15)
  private let side = ByteBuffer(capacity: 1 << 12)
  private var users: [String: String] = [:]

  init(source: SourceDefinition, pseudonyms: Pseudonyms) {
    self.source = source
    self.pseudonyms = pseudonyms
    normaliser = MessageNormaliser(
      redactor: Redactor(scanner: PersonalDataScanner(kinds: source.redactedKinds)))
    interactions = source.interactions.map(InteractionFields.init)
    feedback = source.feedback.map(FeedbackFields.init)
    tree = source.tree.map(TreeFields.init)
  }

  /// Maps one row; what it makes goes to `builder`, all of it or, where the row is refused, nothing.
  /// - Returns: false if no part of the mapping asks for the row.
  func map(_ row: JSONValue, into builder: ChunkBuilder) throws -> Bool {
    guard row.kind == .object else { throw RowFault.notAnObject }
    // One record a row is written last of all, so that nothing can refuse it afterwards.
    guard tree != nil || (interactions != nil && feedback != nil) else { return try read(row, builder) }
    builder.begin()
    do {
      let matched = try read(row, builder)
      try builder.keep()
      return matched
    } catch {
      builder.discard()
      throw error
    }
  }

  private func read(_ row: JSONValue, _ builder: ChunkBuilder) throws -> Bool {
    var matched = false
    if let interactions, interactions.match.matches(row) {
      matched = true
      try mapInteraction(row, interactions, builder)
    }
    if let feedback, feedback.match.matches(row) {
      matched = true
      try mapFeedback(row, feedback, builder)
    }
    if let tree, tree.match.matches(row) {
      matched = true
      try TreeMapper(fields: tree, mapper: self, builder: builder).map(row)
    }
    return matched
  }

  // MARK: Interactions

  private func mapInteraction(_ row: JSONValue, _ fields: InteractionFields, _ builder: ChunkBuilder) throws {
    let native = try identifier(fields.id.text(in: row))
    let time = try fields.time.time(in: row)
    guard let input = fields.input.value(in: row) else { throw RowFault.noInput }
    normaliser.begin()
    try normaliser.readInput(input)
    try normaliser.readOutput(fields.output.value(in: row))
    var facts = InteractionFacts(native: native, time: time)
    facts.conversation = try reference(fields.conversation, in: row)
    facts.parent = try reference(fields.parent, in: row)
    facts.user = fields.user?.text(in: row)
    facts.app = fields.app?.text(in: row) ?? source.app
    facts.model = fields.model?.text(in: row)
    facts.prompt = fields.prompt?.text(in: row)
    facts.finish = fields.finish?.text(in: row)
    facts.tokensIn = fields.tokensIn?.number(in: row).flatMap { Int64(exactly: $0.rounded()) }
    facts.tokensOut = fields.tokensOut?.number(in: row).flatMap { Int64(exactly: $0.rounded()) }
    facts.cost = fields.cost?.number(in: row)
    facts.latency = fields.latency?.number(in: row)
    facts.updated = try fields.updated?.value(in: row) == nil ? nil : fields.updated?.time(in: row)
    facts.metadata = fields.metadata.compactMap { field in field.value(in: row).map { (field.name, $0) } }
    try emit(facts, builder)
  }

  /// Writes the record of an interaction whose messages the normaliser holds.
  func emit(_ facts: InteractionFacts, _ builder: ChunkBuilder) throws {
    let id = "\(source.name)/\(facts.native)"
    let parent = facts.parent.map { "\(source.name)/\($0)" }
    let user = facts.user.flatMap { $0.isEmpty ? nil : pseudonym($0) }
    let app = facts.app.map(clean)
    let model = facts.model.map(clean)
    let prompt = facts.prompt.map(clean)
    let finish = facts.finish.map(clean)
    side.removeAll()
    var metadata = JSONWriter(side)
    if !facts.metadata.isEmpty {
      metadata.beginObject()
      for (name, value) in facts.metadata.sorted(by: { CanonicalOrder.precedes($0.0, $1.0) }) {
        metadata.key(string: name)
        normaliser.redacted(value, to: &metadata)
      }
      metadata.endObject()
    }
    record.removeAll()
    var writer = JSONWriter(record)
    writer.beginObject()
    Self.write("app", app, &writer)
    Self.write("conversation", facts.conversation, &writer)
    Self.write("cost", facts.cost, &writer)
    Self.write("finish", finish, &writer)
    Self.write("id", id, &writer)
    writer.key("input")
    writer.raw(normaliser.input.view)
    Self.write("latency", facts.latency, &writer)
    writeMarks(&writer, builder)
    if normaliser.hasMedia {
      writer.key("media")
      writer.bool(true)
    }
    if side.count > 0 {
      writer.key("metadata")
      writer.raw(side.view)
    }
    Self.write("model", model, &writer)
    writer.key("output")
    writer.raw(normaliser.output.view)
    Self.write("parent", parent, &writer)
    Self.write("prompt", prompt, &writer)
    Self.write("source", source.name, &writer)
    Self.write("time", facts.time.description, &writer)
    if facts.tokensIn != nil || facts.tokensOut != nil {
      writer.key("tokens")
      writer.beginObject()
      if let tokens = facts.tokensIn {
        writer.key("input")
        writer.integer(tokens)
      }
      if let tokens = facts.tokensOut {
        writer.key("output")
        writer.integer(tokens)
      }
      writer.endObject()
    }
    Self.write("user", user, &writer)
    writer.endObject()

    var row = InteractionRow(
      id: id, time: facts.time, conversation: facts.conversation ?? id, stamp: facts.updated ?? facts.time,
      digest: ContentHash.of(record.view), inputHash: normaliser.inputHash,
      contentHash: normaliser.contentHash)
    row.parent = parent
    row.user = user
    row.app = app
    row.model = model
    row.prompt = prompt
    row.finish = finish
    if side.count > 0, side.count <= Self.longestMetadata {
      row.metadata = String(decoding: side.view, as: UTF8.self)
    }
    row.tokensIn = facts.tokensIn
    row.tokensOut = facts.tokensOut
    row.cost = facts.cost
    row.latency = facts.latency
    row.inputCharacters = normaliser.inputCharacters
    row.outputCharacters = normaliser.outputCharacters
    row.turns = normaliser.userTurns
    try builder.add(row, record: record.view)
  }

  private func writeMarks(_ writer: inout JSONWriter, _ builder: ChunkBuilder) {
    let counts = normaliser.redactor.counts
    guard !counts.isEmpty else { return }
    writer.key("marks")
    writer.beginObject()
    for item in counts.sorted(by: { $0.kind.rawValue < $1.kind.rawValue }) {
      writer.key(string: item.kind.rawValue)
      writer.integer(Int64(item.count))
      builder.count { $0.marks[item.kind.rawValue, default: 0] += item.count }
    }
    writer.endObject()
  }

  // MARK: Feedback

  private func mapFeedback(_ row: JSONValue, _ fields: FeedbackFields, _ builder: ChunkBuilder) throws {
    let native = try identifier(fields.id.text(in: row))
    let time = try fields.time.time(in: row)
    let target = try reference(fields.target, in: row)
    let conversation = try reference(fields.conversation, in: row)
    guard target != nil || conversation != nil else { throw RowFault.noTarget }
    guard let name = fields.signal.text(in: row) else { throw RowFault.noSignal }
    guard let rule = fields.signals[name] ?? Signal(rawValue: name).map({ SignalRule(signal: $0) }) else {
      throw RowFault.unknownSignal
    }
    var facts = FeedbackFacts(native: native, time: time, signal: rule.signal)
    facts.target = target.map { "\(fields.about)/\($0)" }
    facts.conversation = conversation
    facts.value = try Self.value(rule, fields.value?.value(in: row))
    if let count = fields.count?.number(in: row) {
      // None given is no event, which no count of ours can say.
      guard let whole = Int(exactly: count.rounded()), whole >= 1 else { throw RowFault.badValue }
      facts.count = whole
    }
    facts.user = fields.user?.text(in: row)
    facts.updated = try fields.updated?.value(in: row) == nil ? nil : fields.updated?.time(in: row)
    facts.comment = fields.comment?.value(in: row)
    facts.correction = fields.correction?.value(in: row)
    try emit(facts, builder)
  }

  /// Writes the record of a feedback event.
  func emit(_ facts: FeedbackFacts, _ builder: ChunkBuilder) throws {
    normaliser.begin()
    let id = "\(source.name)/\(facts.native)"
    let user = facts.user.flatMap { $0.isEmpty ? nil : pseudonym($0) }
    let correction = try correctedText(facts.correction)
    record.removeAll()
    var writer = JSONWriter(record)
    writer.beginObject()
    if let comment = facts.comment?.utf8, !comment.isEmpty {
      writer.key("comment")
      writer.string(normaliser.redactor.redacted(comment))
    }
    Self.write("conversation", facts.conversation, &writer)
    if let correction {
      writer.key("correction")
      writer.raw(correction)
    }
    writer.key("count")
    writer.integer(Int64(facts.count))
    Self.write("id", id, &writer)
    writeMarks(&writer, builder)
    Self.write("signal", facts.signal.rawValue, &writer)
    Self.write("source", source.name, &writer)
    Self.write("target", facts.target, &writer)
    Self.write("time", facts.time.description, &writer)
    Self.write("user", user, &writer)
    Self.write("value", facts.value, &writer)
    writer.endObject()
    try builder.add(
      FeedbackRow(
        id: id, target: facts.target, conversation: facts.conversation, time: facts.time, user: user,
        signal: facts.signal, value: facts.value, count: facts.count, hasCorrection: correction != nil,
        stamp: facts.updated ?? facts.time, digest: ContentHash.of(record.view)),
      record: record.view)
  }

  /// The redacted text of a corrected output as a JSON string; nil if there is none.
  private func correctedText(_ value: JSONValue?) throws -> [UInt8]? {
    guard let value, !value.isNull else { return nil }
    let text = value.kind == .object ? value["content"]?.utf8 ?? value["text"]?.utf8 : value.utf8
    guard let text, !text.isEmpty else { return nil }
    side.removeAll()
    var writer = JSONWriter(side)
    writer.string(normaliser.redactor.redacted(text))
    return side.bytes
  }

  /// The value of a signal on flywheel's scale: thumbs -1 or 1, ratings -1 to 1, ranks from 0, others none.
  static func value(_ rule: SignalRule, _ raw: JSONValue?) throws -> Double? {
    if let constant = rule.value { return constant }
    switch rule.signal {
    case .thumb:
      guard let raw else { throw RowFault.badValue }
      if let flag = raw.bool { return flag ? 1 : -1 }
      if let number = raw.double { return number > 0 ? 1 : -1 }
      switch raw.string?.lowercased() {
      case "up", "positive", "good", "true", "1", "thumbs_up", "thumbs-up", "like", "yes": return 1
      case "down", "negative", "bad", "false", "0", "-1", "thumbs_down", "thumbs-down", "dislike", "no":
        return -1
      default: throw RowFault.badValue
      }
    case .rating:
      guard let number = raw?.double ?? raw?.string.flatMap(Double.init), number.isFinite else {
        throw RowFault.badValue
      }
      guard let from = rule.from else {
        guard (-1...1).contains(number) else { throw RowFault.badValue }
        return number
      }
      // The best may be the smaller number, as with school grades.
      guard number >= min(from.low, from.high), number <= max(from.low, from.high) else {
        throw RowFault.badValue
      }
      return (number - from.low) / (from.high - from.low) * 2 - 1
    case .rank:
      guard let number = raw?.double, number >= 0 else { throw RowFault.badValue }
      return number
    default: return nil
    }
  }

  // MARK: Parts

  /// The id that a row gives of something else; nil where it gives none, or one of no characters.
  func reference(_ field: CompiledField?, in row: JSONValue) throws -> String? {
    guard let text = field?.text(in: row), !text.isEmpty else { return nil }
    return try identifier(text)
  }

  /// An id as it is stored: an e-mail address in it makes it personal data, which a keyed stand-in replaces.
  func identifier(_ text: String?) throws -> String {
    guard let text, !text.isEmpty else { throw RowFault.noID }
    guard text.utf8.count <= Self.longestID, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw RowFault.badID
    }
    return text.utf8.contains(0x40) ? pseudonyms.identifier(text) : text
  }

  private func pseudonym(_ user: String) -> String {
    if let known = users[user] { return known }
    // The table saves most of the hashing; a million names would not.
    if users.count > 100_000 { users.removeAll(keepingCapacity: true) }
    let name = pseudonyms.user(user)
    users[user] = name
    return name
  }

  /// A short field as it is stored: redacted, control characters gone, at most 200 bytes.
  private func clean(_ text: String) -> String {
    var copy = text
    let redacted = copy.withUTF8 {
      String(decoding: normaliser.redactor.redacted(UnsafeRawBufferPointer($0)), as: UTF8.self)
    }
    guard redacted.utf8.count > 200 || redacted.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      return redacted
    }
    return String(
      String.UnicodeScalarView(
        redacted.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(50)))
  }

  private static func write(_ key: StaticString, _ text: String?, _ writer: inout JSONWriter) {
    guard let text else { return }
    writer.key(key)
    writer.string(text)
  }

  private static func write(_ key: StaticString, _ number: Double?, _ writer: inout JSONWriter) {
    guard let number else { return }
    writer.key(key)
    writer.number(number)
  }
}

/// What a mapping says of one interaction, beside its messages.
struct InteractionFacts {
  let native: String
  let time: Timestamp
  var conversation: String?
  var parent: String?
  var user: String?
  var app: String?
  var model: String?
  var prompt: String?
  var finish: String?
  var tokensIn: Int64?
  var tokensOut: Int64?
  var cost: Double?
  var latency: Double?
  var updated: Timestamp?
  var metadata: [(String, JSONValue)] = []

  init(native: String, time: Timestamp) {
    self.native = native
    self.time = time
  }
}

/// What a mapping says of one feedback event.
struct FeedbackFacts {
  let native: String
  let time: Timestamp
  let signal: Signal
  var target: String?
  var conversation: String?
  var value: Double?
  var count = 1
  var user: String?
  var updated: Timestamp?
  var comment: JSONValue?
  var correction: JSONValue?

  init(native: String, time: Timestamp, signal: Signal) {
    self.native = native
    self.time = time
    self.signal = signal
  }
}

extension SourceDefinition {
  /// The scanner's names of what the definition asks to redact.
  var redactedKinds: Set<PersonalDataKind> {
    Set(redact.compactMap { PersonalDataKind(rawValue: $0.rawValue.uppercased()) })
  }
}
