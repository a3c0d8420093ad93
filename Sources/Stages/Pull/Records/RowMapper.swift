import Bytes
import Records
import Text

/// Reads rows by the mapping of a definition.
final class RowMapper: RowReader {
  private let records: RecordWriter
  private let interactions: InteractionFields?
  private let feedback: FeedbackFields?
  private let tree: TreeFields?

  init(_ source: SourceDefinition, _ records: RecordWriter) {
    self.records = records
    interactions = source.interactions.map(InteractionFields.init)
    feedback = source.feedback.map(FeedbackFields.init)
    tree = source.tree.map(TreeFields.init)
  }

  func read(_ row: JSONValue) throws -> Bool {
    var matched = false
    if let interactions, interactions.match.matches(row) {
      matched = true
      try mapInteraction(row, interactions)
    }
    if let feedback, feedback.match.matches(row) {
      matched = true
      try mapFeedback(row, feedback)
    }
    if let tree, tree.match.matches(row) {
      matched = true
      try TreeMapper(fields: tree, records: records).map(row)
    }
    return matched
  }

  private func mapInteraction(_ row: JSONValue, _ fields: InteractionFields) throws {
    let native = try records.identifier(fields.id.text(in: row))
    var facts = InteractionFacts(native: native, time: try fields.time.time(in: row))
    facts.conversation = fields.conversation?.text(in: row)
    facts.parent = fields.parent?.text(in: row)
    facts.user = fields.user?.text(in: row)
    facts.app = fields.app?.text(in: row)
    facts.model = fields.model?.text(in: row)
    facts.prompt = fields.prompt?.text(in: row)
    facts.finish = fields.finish?.text(in: row)
    facts.tokensIn = fields.tokensIn?.number(in: row).flatMap { Int64(exactly: $0.rounded()) }
    facts.tokensOut = fields.tokensOut?.number(in: row).flatMap { Int64(exactly: $0.rounded()) }
    facts.cost = fields.cost?.number(in: row)
    facts.latency = fields.latency?.number(in: row)
    facts.updated = try fields.updated?.value(in: row) == nil ? nil : fields.updated?.time(in: row)
    facts.metadata = fields.metadata.compactMap { field in field.value(in: row).map { (field.name, $0) } }
    try records.interaction(facts, input: fields.input.value(in: row), output: fields.output.value(in: row))
  }

  private func mapFeedback(_ row: JSONValue, _ fields: FeedbackFields) throws {
    let native = try records.identifier(fields.id.text(in: row))
    let time = try fields.time.time(in: row)
    let target = try records.reference(fields.target?.text(in: row))
    let conversation = try records.reference(fields.conversation?.text(in: row))
    guard target != nil || conversation != nil else { throw RowFault.noTarget }
    guard let name = fields.signal.text(in: row) else { throw RowFault.noSignal }
    guard let rule = fields.signals[name] ?? Signal(rawValue: name).map({ SignalRule(signal: $0) }) else {
      throw RowFault.unknownSignal
    }
    var facts = FeedbackFacts(native: native, time: time, signal: rule.signal)
    facts.about = fields.about
    facts.target = target
    facts.conversation = conversation
    facts.value = try RecordWriter.value(rule, fields.value?.value(in: row))
    if let count = fields.count?.number(in: row) {
      // None given is no event, which no count of ours can say.
      guard let whole = Int(exactly: count.rounded()), whole >= 1 else { throw RowFault.badValue }
      facts.count = whole
    }
    facts.user = fields.user?.text(in: row)
    facts.updated = try fields.updated?.value(in: row) == nil ? nil : fields.updated?.time(in: row)
    facts.comment = fields.comment?.value(in: row)
    facts.correction = fields.correction?.value(in: row)
    try records.feedback(facts)
  }
}
