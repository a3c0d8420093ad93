import Bytes
import Records
import Synchronization
import Text
import Transport

/// Braintrust's project logs, by `POST /v1/project_logs/{id}/fetch`.
///
/// Rows are spans: those of type `llm` are interactions. Scores whose names the definition or the conventions
/// know are feedback, `expected` is a correction, `comments` are comments; they are on the span that they
/// were written to where that is an interaction, else on the last interaction of its trace. Spans of scorers
/// are not read.
enum Braintrust: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Braintrust", [.service])
    traits.address = "https://api.braintrust.dev"
    traits.required = [.key, .project]
    traits.keyVariable = "BRAINTRUST_API_KEY"
    traits.types = ["llm"]
    traits.signals = SourceTraits.thumbs
    // A page counts traces, each of which may have hundreds of spans.
    traits.pageSize = (200, 1000)
    // The documented limit of queries.
    traits.requestsPerMinute = 20
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    BraintrustReader(source, records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? { BraintrustConnector() }

  /// The upper sixteen bits of a transaction id; below them are 32 bits of seconds and 16 of a counter.
  ///
  /// Source: `TOP_BITS` in `xact_ids.py` of the vendor's client; the parts below were read off ids and times.
  private static let transactionTag: UInt64 = 0x0DE1

  /// When a version of a row was written, and that as a stamp with the counter in its microseconds.
  static func transaction(of row: JSONValue) -> (second: Timestamp, stamp: Timestamp)? {
    guard let id = row.text("_xact_id").flatMap(UInt64.init), id >> 48 == transactionTag else { return nil }
    let second = Int64(id >> 16 & 0xFFFF_FFFF) * 1_000_000
    return (Timestamp(microseconds: second), Timestamp(microseconds: second + Int64(id & 0xFFFF)))
  }
}

private final class BraintrustReader: RowReader {
  private let records: RecordWriter
  private let types: Set<String>

  init(_ source: SourceDefinition, _ records: RecordWriter) {
    self.records = records
    let types = source.service?.types ?? []
    self.types = Set(types.isEmpty ? Braintrust.traits.types : types)
  }

  func read(_ row: JSONValue) throws -> Bool {
    let attributes = row["span_attributes"]
    let type = attributes?.text("type")
    if type == "score" || attributes?.text("purpose") == "scorer" { return false }
    let id = try records.identifier(row.text("id"))
    let isInteraction = type.map(types.contains) ?? (row["is_root"]?.bool == true)
    var matched = false
    // A span is first written when it begins; without an output it has not ended, or it failed.
    if isInteraction, let output = row.first("output") {
      try interaction(id, row, output)
      matched = true
    }
    return try feedback(id, row, isInteraction: isInteraction) || matched
  }

  private func interaction(_ id: String, _ row: JSONValue, _ output: JSONValue) throws {
    let (metadata, metrics) = (row["metadata"], row["metrics"])
    var facts = InteractionFacts(native: id, time: try row.time("created"))
    facts.conversation = metadata?.text("session_id", "conversation_id", "thread_id", "sessionId")
    facts.trace = row.text("root_span_id")
    facts.user = metadata?.text("user_id", "userId", "user")
    facts.model = metadata?.text("model")
    facts.finish = output.finishReason
    facts.tokensIn = metrics?.whole("prompt_tokens")
    facts.tokensOut = metrics?.whole("completion_tokens")
    facts.cost = metrics?.number("estimated_cost")
    if let start = metrics?.number("start"), let end = metrics?.number("end"), end >= start {
      facts.latency = (end - start).inMillionths
    }
    facts.updated = Braintrust.transaction(of: row)?.stamp
    facts.metadata = records.metadata(of: row)
    try records.interaction(facts, input: row.first("input"), output: output)
  }

  private func feedback(_ id: String, _ row: JSONValue, isInteraction: Bool) throws -> Bool {
    var found = false
    let transaction = Braintrust.transaction(of: row)
    // A row says nothing of when it was scored but when it was last written.
    let written = try transaction?.second ?? row.time("created")
    func facts(_ part: String, _ signal: Signal) -> FeedbackFacts {
      var facts = FeedbackFacts(native: "\(id)#\(part)", time: written, signal: signal)
      if isInteraction { facts.target = id } else { facts.trace = row.text("root_span_id") }
      facts.user = row["metadata"]?.text("user_id", "userId", "user")
      facts.updated = transaction?.stamp
      found = true
      return facts
    }
    for (key, value) in row["scores"]?.members ?? [] where !value.isNull {
      let name = String(decoding: key, as: UTF8.self)
      guard let rule = records.signal(named: name) else {
        records.unmapped(signal: name)
        continue
      }
      var event = facts(name, rule.signal)
      event.value = try RecordWriter.value(rule, value)
      try records.feedback(event)
    }
    if let better = row.first("expected").flatMap(Self.correction) {
      var event = facts("expected", .correction)
      event.correction = better
      try records.feedback(event)
    }
    for (position, comment) in (row["comments"]?.elements ?? []).enumerated() {
      guard let text = Self.comment(comment) else { continue }
      var event = facts(
        "comment-\(comment.kind == .object ? comment.text("id") ?? "\(position)" : "\(position)")", .comment)
      event.comment = text
      try records.feedback(event)
    }
    return found
  }

  /// The text of a corrected answer in the forms in which answers are logged.
  private static func correction(_ value: JSONValue) -> JSONValue? {
    switch value.kind {
    case .string: value
    case .array: value.elements.last.flatMap { correction($0["message"] ?? $0) }
    case .object:
      if let choice = value["choices"]?[0] {
        choice["message"].flatMap(correction)
      } else {
        value.first("content", "text", "output", "answer").flatMap { $0.kind == .string ? $0 : nil }
      }
    default: nil
    }
  }

  private static func comment(_ value: JSONValue) -> JSONValue? {
    guard value.kind == .object else { return value.utf8 == nil ? nil : value }
    guard let comment = value.first("comment", "text") else { return nil }
    return comment.kind == .object ? comment.first("text") : comment
  }
}

private final class BraintrustConnector: Connector {
  let streams = [SourceStream("logs")]
  /// The project's id, once it was looked up by name.
  private let projectID = Mutex<String?>(nil)

  func authorization(_ credentials: ServiceCredentials) throws -> [HTTPHeader] {
    credentials.key.map { [HTTPHeader("Authorization", "Bearer \($0)")] } ?? []
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    let project = try await project(service)
    let body = ByteBuffer()
    var writer = JSONWriter(body)
    writer.beginObject()
    if let cursor = request.cursor {
      writer.key("cursor")
      writer.string(cursor)
    }
    writer.key("limit")
    writer.integer(Int64(request.limit))
    writer.endObject()
    let sent = try await service.answer(unless: { $0 == 404 }) {
      try await service.client.post("/v1/project_logs/\(project)/fetch", json: body.bytes)
    }
    guard let response = sent else { throw service.fault(.noProject, service.parameters.project ?? "") }
    let document = try service.document(response)
    let next = try document.read { (answer: JSONValue) -> String? in
      guard let events = answer["events"], events.kind == .array else {
        throw service.fault(.badAnswer, "events")
      }
      guard let last = events.elements.last, let cursor = answer.text("cursor") else { return nil }
      // From the newest transaction to the oldest: what follows was written before the window.
      if let written = Braintrust.transaction(of: last)?.second, written < request.from { return nil }
      return cursor
    }
    return SourcePage(document, at: ["events"], next: next)
  }

  private func project(_ service: SourceService) async throws -> String {
    let name = service.parameters.project ?? ""
    if Self.isUUID(name) { return name }
    if let known = projectID.withLock({ $0 }) { return known }
    let response = try await service.client.get("/v1/project", query: [("project_name", name)])
    let found = try service.json(response) { (answer: JSONValue) -> String? in
      answer["objects"]?.elements.first { $0.text("name") == name }?.text("id")
    }
    guard let found, Self.isUUID(found) else { throw service.fault(.noProject, name) }
    projectID.withLock { $0 = found }
    return found
  }

  private static func isUUID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 36 else { return false }
    return bytes.enumerated().allSatisfy { place, byte in
      [8, 13, 18, 23].contains(place)
        ? byte == 0x2D : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
  }
}
