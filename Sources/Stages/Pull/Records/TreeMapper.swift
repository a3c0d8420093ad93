import Bytes
import Records
import Text

/// Maps one conversation tree: every node of the output role is an interaction whose input is the path of messages
/// that leads to it, and its counted votes and rank among siblings are feedback.
///
/// A vote on a node of another role is kept as feedback that waits for an interaction of that id, so that none is
/// lost. The depth of a tree is bounded by the parser's nesting limit.
struct TreeMapper {
  let fields: TreeFields
  let records: RecordWriter

  private struct Message {
    let role: String
    let text: UnsafeRawBufferPointer
  }

  func map(_ row: JSONValue) throws {
    guard let root = fields.root.value(in: row), root.kind == .object else { throw RowFault.noInput }
    let named =
      try records.reference(fields.conversation?.text(in: root))
      ?? records.reference(fields.conversation?.text(in: row))
    let conversation = try named ?? records.identifier(fields.id.text(in: root))
    var path: [Message] = []
    try walk(root, row: row, conversation: conversation, path: &path)
  }

  private func role(of node: JSONValue) -> String? {
    guard let name = fields.role.text(in: node) else { return nil }
    return (fields.roles[name] ?? TreeMapping.Role(rawValue: name))?.rawValue
  }

  private func walk(_ node: JSONValue, row: JSONValue, conversation: String, path: inout [Message]) throws {
    let native = try records.identifier(fields.id.text(in: node))
    let time = try fields.time.value(in: node) != nil ? fields.time.time(in: node) : fields.time.time(in: row)
    guard let text = fields.text.value(in: node)?.utf8 else { throw RowFault.noInput }
    guard let role = role(of: node) else { throw RowFault.badRole }
    if fields.role.text(in: node) == fields.outputRole, !path.isEmpty {
      try emitInteraction(node, row: row, native: native, time: time, conversation: conversation, path: path)
    }
    try emitFeedback(node, native: native, time: time, conversation: conversation)
    path.append(Message(role: role, text: text))
    try fields.replies.value(in: node)?.forEachElement {
      try walk($0, row: row, conversation: conversation, path: &path)
    }
    path.removeLast()
  }

  private func emitInteraction(
    _ node: JSONValue, row: JSONValue, native: String, time: Timestamp, conversation: String, path: [Message]
  ) throws {
    let normaliser = records.normaliser
    normaliser.begin()
    var writer = JSONWriter(normaliser.input)
    writer.beginArray()
    for message in path { normaliser.addMessage(role: message.role, text: message.text, &writer) }
    writer.endArray()
    normaliser.endMessages()
    try normaliser.readOutput(fields.text.value(in: node))
    var facts = InteractionFacts(native: native, time: time)
    facts.conversation = conversation
    facts.app = fields.app?.text(in: node) ?? fields.app?.text(in: row) ?? records.source.app
    facts.user = fields.user?.text(in: node) ?? fields.user?.text(in: row)
    facts.model = fields.model?.text(in: node) ?? fields.model?.text(in: row)
    facts.metadata = fields.metadata.compactMap { field in
      (field.value(in: node) ?? field.value(in: row)).map { (field.name, $0) }
    }
    try records.interaction(facts)
  }

  private func emitFeedback(_ node: JSONValue, native: String, time: Timestamp, conversation: String) throws {
    let target = native
    if let rank = fields.rank?.value(in: node) {
      var facts = FeedbackFacts(native: "\(native)#rank", time: time, signal: .rank)
      facts.target = target
      facts.conversation = conversation
      facts.value = try RecordWriter.value(SignalRule(signal: .rank), rank)
      try records.feedback(facts)
    }
    guard let votes = fields.votes?.value(in: node) else { return }
    for member in CanonicalOrder.members(of: votes) {
      let name = String(decoding: member.key, as: UTF8.self)
      guard let rule = fields.signals[name], let number = member.value.double,
        let count = Int(exactly: number), count > 0
      else { continue }
      var facts = FeedbackFacts(native: "\(native)#\(name)", time: time, signal: rule.signal)
      facts.target = target
      facts.conversation = conversation
      facts.value = rule.value
      facts.count = count
      try records.feedback(facts)
    }
  }
}
