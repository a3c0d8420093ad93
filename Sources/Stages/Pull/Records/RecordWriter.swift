import Bytes
import Catalog
import Lake
import Records
import Text

/// Writes the records of one source: redaction, pseudonyms, canonical JSON and the catalog's rows.
///
/// One worker owns it. What it is given for one row is kept whole or, where the row is refused, not at all.
final class RecordWriter {
  /// Longest id in bytes.
  static let longestID = 512
  /// Longest metadata in bytes that the catalog takes, for selections; the lake has all of it.
  static let longestMetadata = 2048

  let source: SourceDefinition
  let normaliser: MessageNormaliser
  let metadataFields: [CompiledField]
  private let builder: ChunkBuilder
  private let pseudonyms: Pseudonyms
  private let signals: [String: SignalRule]
  private let record = ByteBuffer(capacity: 1 << 15)
  private let side = ByteBuffer(capacity: 1 << 12)
  private var parsers: [JSONParser] = []
  private var depth = 0

  init(source: SourceDefinition, pseudonyms: Pseudonyms, builder: ChunkBuilder) {
    self.source = source
    self.pseudonyms = pseudonyms
    self.builder = builder
    metadataFields = source.metadata.map { CompiledField(FieldRule(paths: [$0])) }
    signals = source.kind.system.traits.signals.merging(source.signals) { $1 }
    normaliser = MessageNormaliser(
      redactor: Redactor(scanner: PersonalDataScanner(kinds: source.redactedKinds)))
  }

  /// Lets a reader read one row, all of it or, where it throws, nothing.
  func row(_ row: JSONValue, _ reader: any RowReader) throws -> Bool {
    guard row.kind == .object else { throw RowFault.notAnObject }
    builder.begin()
    do {
      let matched = try reader.read(row)
      try builder.keep()
      return matched
    } catch let partial as PartialFault {
      try builder.keep()
      throw partial.fault
    } catch {
      builder.discard()
      throw error
    }
  }

  // MARK: What readers call

  /// Writes an interaction.
  /// - Parameters:
  ///   - facts: all but the messages.
  ///   - input: the payload of the messages sent, in any shape that the normaliser knows.
  ///   - output: the payload of the answer; nil or null is an output of no characters.
  /// - Throws: ``RowFault``.
  func interaction(_ facts: InteractionFacts, input: JSONValue?, output: JSONValue?) throws {
    guard let input else { throw RowFault.noInput }
    normaliser.begin()
    try normaliser.readInput(input)
    try normaliser.readOutput(output)
    try interaction(facts)
  }

  /// What a source's name of a signal means: by the definition, else by the system's own conventions, else by
  /// flywheel's names.
  func signal(named name: String) -> SignalRule? {
    signals[name] ?? Signal(rawValue: name).map { SignalRule(signal: $0) }
  }

  /// Counts a signal whose name nothing translates: it is not lost silently, and `flywheel sources test` names it.
  func unmapped(signal name: String) {
    builder.count {
      $0.unmatched += 1
      $0.unmappedSignals[String(clean(name).prefix(64)), default: 0] += 1
    }
  }

  /// Parses JSON that stands in a string, at most four deep.
  /// - Returns: nil if it is no JSON.
  func nested<Result>(_ json: UnsafeRawBufferPointer, _ body: (JSONValue) throws -> Result) throws -> Result?
  {
    guard depth < 4 else { return nil }
    if parsers.count == depth { parsers.append(JSONParser(maximumLength: max(source.maximumLine, 1 << 16))) }
    let parser = parsers[depth]
    depth += 1
    defer { depth -= 1 }
    var result: Result?
    var thrown: (any Error)?
    do {
      try parser.parse(json) { (value: JSONValue) -> Void in
        do { result = try body(value) } catch { thrown = error }
      }
    } catch {
      return nil
    }
    if let thrown { throw thrown }
    return result
  }

  // MARK: Records

  /// Writes the record of an interaction whose messages the normaliser holds.
  func interaction(_ facts: InteractionFacts) throws {
    let id = "\(source.name)/\(try identifier(facts.native))"
    let parent = try reference(facts.parent).map { "\(source.name)/\($0)" }
    let conversation = try reference(facts.conversation)
    let trace = try reference(facts.trace).map { "\(source.name)/\($0)" }
    let response = try reference(facts.response).map { "\(source.name)/\($0)" }
    let user = facts.user.flatMap { $0.isEmpty ? nil : pseudonyms.user($0) }
    let app = (facts.app ?? source.app).map(clean)
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
    writer.member("app", app)
    writer.member("conversation", conversation)
    writer.member("cost", facts.cost)
    writer.member("finish", finish)
    writer.member("id", id)
    writer.key("input")
    writer.raw(normaliser.input.view)
    writer.member("latency", facts.latency)
    writer.marks(marks())
    if normaliser.hasMedia {
      writer.key("media")
      writer.bool(true)
    }
    if side.count > 0 {
      writer.key("metadata")
      writer.raw(side.view)
    }
    writer.member("model", model)
    writer.key("output")
    writer.raw(normaliser.output.view)
    writer.member("parent", parent)
    writer.member("prompt", prompt)
    writer.member("response", response)
    writer.member("source", source.name)
    writer.member("time", facts.time.description)
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
    writer.member("trace", trace)
    writer.member("user", user)
    writer.endObject()

    var row = InteractionRow(
      id: id, time: facts.time, conversation: conversation ?? trace ?? id, stamp: facts.updated ?? facts.time,
      digest: ContentHash.of(record.view), inputHash: normaliser.inputHash,
      contentHash: normaliser.contentHash)
    row.parent = parent
    row.trace = trace
    row.response = response
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

  /// The marks of the record at hand, by kind, which are counted.
  private func marks() -> [(kind: String, count: Int)] {
    let counts = normaliser.redactor.counts.map { (kind: $0.kind.rawValue, count: $0.count) }
    for mark in counts { builder.count { $0.marks[mark.kind, default: 0] += mark.count } }
    return counts.sorted { $0.kind < $1.kind }
  }

  /// Writes the record of a feedback event.
  func feedback(_ facts: FeedbackFacts) throws {
    normaliser.begin()
    let id = "\(source.name)/\(try identifier(facts.native))"
    let target = try reference(facts.target).map { "\(facts.about ?? source.name)/\($0)" }
    let trace = target == nil ? try reference(facts.trace).map { "\(facts.about ?? source.name)/\($0)" } : nil
    let conversation = try reference(facts.conversation)
    guard target != nil || trace != nil || conversation != nil else { throw RowFault.noTarget }
    let user = facts.user.flatMap { $0.isEmpty ? nil : pseudonyms.user($0) }
    var event = FeedbackRecord(
      id: id, source: source.name, signal: facts.signal, time: facts.time, count: facts.count)
    event.value = facts.value
    event.target = target
    event.trace = trace
    event.conversation = conversation
    event.user = user
    event.correction = correctedText(facts.correction)
    if let comment = facts.comment?.utf8, !comment.isEmpty {
      event.comment = Array(normaliser.redactor.redacted(comment))
    }
    event.marks = marks()
    record.removeAll()
    event.write(to: record)
    var row = FeedbackRow(
      id: id, target: target, conversation: conversation, time: facts.time, user: user,
      signal: facts.signal, value: facts.value, count: facts.count, hasCorrection: event.correction != nil,
      stamp: facts.updated ?? facts.time, digest: ContentHash.of(record.view))
    row.trace = trace
    try builder.add(row, record: record.view)
  }

  /// The redacted text of a corrected output; nil if there is none.
  private func correctedText(_ value: JSONValue?) -> [UInt8]? {
    guard let value, !value.isNull else { return nil }
    let text = value.kind == .object ? value["content"]?.utf8 ?? value["text"]?.utf8 : value.utf8
    guard let text, !text.isEmpty else { return nil }
    return Array(normaliser.redactor.redacted(text))
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
  func reference(_ text: String?) throws -> String? {
    guard let text, !text.isEmpty else { return nil }
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
}

extension SourceDefinition {
  /// The scanner's names of what the definition asks to redact.
  var redactedKinds: Set<PersonalDataKind> {
    Set(redact.compactMap { PersonalDataKind(rawValue: $0.rawValue.uppercased()) })
  }
}
