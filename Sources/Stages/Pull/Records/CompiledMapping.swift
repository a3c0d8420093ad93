import Records
import Text

/// Which rows a part of the mapping asks for.
struct RowMatch {
  private let conditions: [(field: CompiledField, expected: MatchValue)]

  init(_ match: [FieldMatch]) {
    conditions = match.map { (CompiledField(FieldRule(paths: [$0.path])), $0.value) }
  }

  func matches(_ row: JSONValue) -> Bool {
    conditions.allSatisfy { condition in
      guard let value = condition.field.value(in: row) else { return false }
      return switch condition.expected {
      case .text(let text): value.string == text
      case .number(let number): value.double == number
      case .bool(let flag): value.bool == flag
      }
    }
  }
}

/// A mapping of interactions, ready for use.
struct InteractionFields {
  let match: RowMatch
  let id, time, input, output: CompiledField
  let conversation, parent, user, app, model, prompt, finish: CompiledField?
  let tokensIn, tokensOut, cost, latency, updated: CompiledField?
  let metadata: [CompiledField]

  init(_ mapping: InteractionMapping) {
    match = RowMatch(mapping.match)
    id = CompiledField(mapping.id)
    time = CompiledField(mapping.time)
    input = CompiledField(mapping.input)
    output = CompiledField(mapping.output)
    conversation = mapping.conversation.map(CompiledField.init)
    parent = mapping.parent.map(CompiledField.init)
    user = mapping.user.map(CompiledField.init)
    app = mapping.app.map(CompiledField.init)
    model = mapping.model.map(CompiledField.init)
    prompt = mapping.prompt.map(CompiledField.init)
    finish = mapping.finish.map(CompiledField.init)
    tokensIn = mapping.tokensIn.map(CompiledField.init)
    tokensOut = mapping.tokensOut.map(CompiledField.init)
    cost = mapping.cost.map(CompiledField.init)
    latency = mapping.latency.map(CompiledField.init)
    updated = mapping.updated.map(CompiledField.init)
    metadata = mapping.metadata.map { CompiledField(FieldRule(paths: [$0])) }
  }
}

/// A mapping of feedback, ready for use.
struct FeedbackFields {
  let match: RowMatch
  let about: String
  let id, time, signal: CompiledField
  let target, conversation, value, comment, correction, count, user, updated: CompiledField?
  let signals: [String: SignalRule]

  init(_ mapping: FeedbackMapping) {
    match = RowMatch(mapping.match)
    about = mapping.about
    id = CompiledField(mapping.id)
    time = CompiledField(mapping.time)
    signal = CompiledField(mapping.signal)
    target = mapping.target.map(CompiledField.init)
    conversation = mapping.conversation.map(CompiledField.init)
    value = mapping.value.map(CompiledField.init)
    comment = mapping.comment.map(CompiledField.init)
    correction = mapping.correction.map(CompiledField.init)
    count = mapping.count.map(CompiledField.init)
    user = mapping.user.map(CompiledField.init)
    updated = mapping.updated.map(CompiledField.init)
    signals = mapping.signals
  }
}

/// A mapping of conversation trees, ready for use.
struct TreeFields {
  let match: RowMatch
  let root, replies, id, text, role, time: CompiledField
  let conversation, app, user, model, rank, votes: CompiledField?
  let metadata: [CompiledField]
  let outputRole: String
  let roles: [String: TreeMapping.Role]
  let signals: [String: SignalRule]

  init(_ mapping: TreeMapping) {
    match = RowMatch(mapping.match)
    root = CompiledField(FieldRule(paths: [mapping.root]))
    replies = CompiledField(FieldRule(paths: [mapping.replies]))
    id = CompiledField(mapping.id)
    text = CompiledField(mapping.text)
    role = CompiledField(mapping.role)
    time = CompiledField(mapping.time)
    conversation = mapping.conversation.map(CompiledField.init)
    app = mapping.app.map(CompiledField.init)
    user = mapping.user.map(CompiledField.init)
    model = mapping.model.map(CompiledField.init)
    rank = mapping.rank.map(CompiledField.init)
    votes = mapping.votes.map { CompiledField(FieldRule(paths: [$0.path])) }
    metadata = mapping.metadata.map { CompiledField(FieldRule(paths: [$0])) }
    outputRole = mapping.outputRole
    roles = mapping.roles
    signals = mapping.votes?.signals ?? [:]
  }
}
