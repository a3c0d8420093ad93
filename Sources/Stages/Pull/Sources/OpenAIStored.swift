import Bytes
import Records
import Text
import Transport

/// Chat completions that OpenAI stored, `store: true`: a list, and one request for the messages of each
/// completion.
///
/// There is no feedback but by convention in `metadata`, under the names of signals: `feedback`, `comment`,
/// `correction` and what the definition names. Users and sessions are there too.
enum OpenAIStored: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("OpenAI stored completions", [.service])
    traits.address = "https://api.openai.com/v1"
    traits.required = [.key]
    traits.optional = [.workspace, .project]
    traits.keyVariable = "OPENAI_API_KEY"
    traits.signals = SourceTraits.thumbs
    traits.signals["comment"] = SignalRule(signal: .comment)
    traits.signals["feedback_comment"] = SignalRule(signal: .comment)
    traits.signals["correction"] = SignalRule(signal: .correction)
    traits.pageSize = (100, 100)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    OpenAIStoredReader(source, records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? { OpenAIStoredConnector(source) }
}

private final class OpenAIStoredReader: RowReader {
  private let records: RecordWriter
  /// Metadata has any keys that an application likes, so only names that someone wrote down are signals.
  private let signals: [String: SignalRule]

  init(_ source: SourceDefinition, _ records: RecordWriter) {
    self.records = records
    signals = OpenAIStored.traits.signals.merging(source.signals) { $1 }
  }

  func read(_ line: JSONValue) throws -> Bool {
    let composed = ComposedRow(line)
    let row = composed.row
    let id = try records.identifier(row.text("id"))
    guard composed.stream == "feedback" else {
      try interaction(id, composed)
      return true
    }
    return try feedback(id, row, composed.read)
  }

  private func interaction(_ id: String, _ composed: ComposedRow) throws {
    let (row, metadata) = (composed.row, composed.row["metadata"])
    var facts = InteractionFacts(native: id, time: try row.time("created"))
    facts.conversation = metadata?.text("session_id", "conversation_id", "thread_id")
    facts.user = metadata?.text("user_id", "user")
    facts.model = row.text("model")
    facts.finish = row.finishReason
    facts.tokensIn = row["usage"]?.whole("prompt_tokens")
    facts.tokensOut = row["usage"]?.whole("completion_tokens")
    facts.metadata = records.metadata(of: row)
    try records.interaction(facts, input: composed.line["messages"], output: row["choices"]?[0]?["message"])
  }

  private func feedback(_ id: String, _ row: JSONValue, _ read: Timestamp?) throws -> Bool {
    var found = false
    for (key, value) in row["metadata"]?.members ?? [] where value.utf8?.isEmpty == false {
      let name = String(decoding: key, as: UTF8.self)
      guard let rule = signals[name] else { continue }
      var facts = FeedbackFacts(native: "\(id)#\(name)", time: try row.time("created"), signal: rule.signal)
      facts.target = id
      facts.user = row["metadata"]?.text("user_id", "user")
      facts.updated = read
      switch rule.signal {
      case .comment: facts.comment = value
      case .correction: facts.correction = value
      default: facts.value = try RecordWriter.value(rule, value)
      }
      try records.feedback(facts)
      found = true
    }
    return found
  }
}

private final class OpenAIStoredConnector: Connector {
  /// The messages of a completion never change, and each costs a request; its metadata may change.
  let streams = [SourceStream("interactions", lookBack: 86_400), SourceStream("feedback")]
  let headers: [HTTPHeader]

  /// Ids in a cursor: a completion that was deleted is no place to go on from, then the one before it is.
  private static let idsInCursor = 3

  init(_ source: SourceDefinition) {
    var headers: [HTTPHeader] = []
    if let workspace = source.service?.workspace {
      headers.append(HTTPHeader("OpenAI-Organization", workspace))
    }
    if let project = source.service?.project { headers.append(HTTPHeader("OpenAI-Project", project)) }
    self.headers = headers
  }

  func authorization(_ credentials: ServiceCredentials) throws -> [HTTPHeader] {
    credentials.key.map { [HTTPHeader("Authorization", "Bearer \($0)")] } ?? []
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    let list = try await list(request, service)
    let answer = try service.json(list) { (answer: JSONValue) -> (ids: [String], next: String?) in
      guard let data = answer["data"], data.kind == .array else { throw service.fault(.badAnswer, "data") }
      let rows = data.elements
      let ids = rows.compactMap { $0.text("id") }
      guard answer["has_more"]?.bool == true else { return (ids, nil) }
      // There is no way to go on behind nothing, and to end here would lose what there is more.
      guard !ids.isEmpty else { throw service.fault(.badAnswer, "last_id") }
      // From the newest to the oldest, since there is no filter by time.
      if let created = rows.last?.timeIfAny("created"), created < request.from { return (ids, nil) }
      return (ids, ids.suffix(Self.idsInCursor).reversed().joined(separator: " "))
    }
    let rows = ComposedRows(request.stream, service)
    guard request.stream.name == "interactions" else {
      try service.json(list) { (answer: JSONValue) -> Void in answer["data"]?.forEachElement { rows.add($0) }
      }
      return rows.page(next: answer.next)
    }
    let limit = request.limit
    let messages = try await service.details(answer.ids) {
      try await Self.messages(of: $0, limit: limit, service)
    }
    try service.json(list) { (answer: JSONValue) -> Void in
      var position = 0
      try answer["data"]?.forEachElement { (row: JSONValue) -> Void in
        guard row.text("id") != nil else { return rows.add(row) }
        defer { position += 1 }
        // A completion that was deleted since the list was made is not there any more.
        guard let found = messages[position] else { return }
        try service.json(found) { (list: JSONValue) -> Void in
          rows.add(row) {
            $0.key("messages")
            $0.canonical(list)
          }
        }
      }
    }
    return rows.page(next: answer.next)
  }

  private func list(_ request: PageRequest, _ service: SourceService) async throws -> HTTPResponse {
    let query = [("limit", "\(request.limit)"), ("order", "desc")]
    guard let cursor = request.cursor else {
      return try await service.client.get("/chat/completions", query: query)
    }
    for after in cursor.split(separator: " ") {
      let found = try await service.answer(unless: { $0 == 404 || $0 == 400 }) {
        try await service.client.get("/chat/completions", query: query + [("after", String(after))])
      }
      if let found { return found }
    }
    throw service.fault(.staleCursor)
  }

  /// All messages of a completion as one list, with the parts of a message as its content where it has parts.
  private static func messages(of id: String, limit: Int, _ service: SourceService) async throws -> [UInt8]? {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    var after: String?
    writer.beginArray()
    repeat {
      var query = [("limit", "\(limit)"), ("order", "asc")]
      if let after { query.append(("after", after)) }
      let asked = query
      let sent = try await service.answer(unless: { $0 == 404 }) {
        try await service.client.get("/chat/completions/\(id)/messages", query: asked)
      }
      guard let response = sent else { return nil }
      let next = try service.json(response) { (answer: JSONValue) -> String? in
        guard let data = answer["data"], data.kind == .array else { throw service.fault(.badAnswer, "data") }
        data.forEachElement { write($0, to: &writer) }
        guard answer["has_more"]?.bool == true else { return nil }
        guard let last = data.elements.last?.text("id") else { throw service.fault(.badAnswer, "last_id") }
        return last
      }
      if let next, next == after { throw service.fault(.cursorLoop, "messages") }
      after = next
    } while after != nil
    writer.endArray()
    return out.bytes
  }

  private static func write(_ message: JSONValue, to writer: inout JSONWriter) {
    writer.beginObject()
    for (key, value) in message.members where !value.isNull {
      let name = String(decoding: key, as: UTF8.self)
      if name == "content_parts" || name == "id" { continue }
      if name == "content", message.first("content_parts") != nil { continue }
      writer.key(string: name)
      writer.canonical(value)
    }
    if let parts = message.first("content_parts") {
      writer.key("content")
      writer.canonical(parts)
    }
    writer.endObject()
  }
}
