import Bytes
import Records
import Synchronization
import Text
import Transport

/// Arize Phoenix: spans of a project and what people said of them.
///
/// Phoenix lists annotations only by the ids of what they are on, so each page of spans brings those on its spans,
/// traces and sessions along: a window that reaches over the look-back asks anew for all of them. Spans of other
/// kinds become no interactions, but an opinion on one, an agent's root for instance, counts on its trace.
enum Phoenix: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Arize Phoenix", [.service])
    traits.required = [.project]
    traits.optional = [.key]
    traits.keyVariable = "PHOENIX_API_KEY"
    traits.types = ["LLM"]
    traits.signals = SourceTraits.thumbs
    // What the interface's own note field writes.
    traits.signals["note"] = SignalRule(signal: .comment)
    traits.userKeys += ["identifier"]
    // Long prompts stand in a span twice or thrice: 250 of them are some 10 MB, and 1000 are Phoenix's limit.
    traits.pageSize = (250, 1000)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    PhoenixReader(source, records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? {
    source.service == nil ? nil : PhoenixConnector()
  }
}

/// Reads spans as the server shows them, and annotations as the connector wraps them.
private final class PhoenixReader: RowReader {
  private let records: RecordWriter
  private let types: Set<String>

  init(_ source: SourceDefinition, _ records: RecordWriter) {
    self.records = records
    let own = source.service?.types ?? []
    types = Set((own.isEmpty ? Phoenix.traits.types : own).map { $0.uppercased() })
  }

  func read(_ row: JSONValue) throws -> Bool {
    if let annotation = row["annotation"] {
      return try read(annotation: annotation, trace: row.text("trace"))
    }
    let attributes = OpenInferenceSpan(row["attributes"])
    let id = row["context"]?.text("span_id")
    let isAsked = types.contains((row.text("span_kind") ?? attributes.kind ?? "").uppercased())
    let trace = row["context"]?.text("trace_id")
    let time = try row.time("start_time")
    let end = row.timeIfAny("end_time")
    // A failed call says nothing of the model.
    let isInteraction = isAsked && (row.text("status_code") != "ERROR" || attributes.hasOutput)
    if isInteraction {
      var facts = InteractionFacts(native: id, time: time)
      try attributes.fill(&facts, records)
      facts.trace = trace
      facts.latency = end.map { Double($0.microseconds - time.microseconds) / 1e6 }
      facts.metadata = records.metadata(of: row)
      try attributes.interaction(facts, records)
    }
    try attributes.feedback(
      span: records.identifier(id), time: end ?? time, target: isAsked ? id : nil, trace: trace, records)
    return isInteraction
  }

  private func read(annotation row: JSONValue, trace: String?) throws -> Bool {
    var annotation = OpenInferenceAnnotation()
    annotation.name = row.text("name")
    annotation.label = row["result"]?.first("label")
    annotation.score = row["result"]?.first("score")
    annotation.explanation = row["result"]?.first("explanation")
    annotation.annotator = row.text("annotator_kind")
    annotation.identifier = row.text("identifier")
    annotation.user = row["metadata"]?.text("user_id", "user") ?? row.text("user_id")
    guard
      var facts = try annotation.facts(native: row.text("id") ?? "", time: row.time("created_at"), records)
    else { return true }
    facts.updated = row.timeIfAny("updated_at")
    if trace == nil { facts.target = row.text("span_id") }
    facts.trace = trace ?? row.text("trace_id")
    facts.conversation = row.text("session_id")
    try records.feedback(facts)
    return true
  }
}

private final class PhoenixConnector: Connector {
  let streams = [SourceStream("interactions")]
  /// Traces and sessions are asked for once in a pull, though their spans are on many pages.
  private let asked = Mutex<Set<String>>([])

  /// Ids of one request: more make the address too long for some servers.
  private static let batch = 100
  /// Requests at a time.
  private static let atOnce = 4
  /// Annotations of one answer, Phoenix's limit.
  private static let most = 10_000

  func authorization(_ credentials: ServiceCredentials) -> [HTTPHeader] {
    guard let key = credentials.key else { return [] }
    return [HTTPHeader("Authorization", "Bearer \(key)")]
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    let project = service.parameters.project ?? ""
    let path = "/v1/projects/\(Self.escaped(project))"
    var query = [("start_time", request.from.description), ("limit", "\(request.limit)")]
    if let cursor = request.cursor { query.append(("cursor", cursor)) }
    guard let response = try await service.answer("\(path)/spans", query: query) else {
      throw service.fault(.noProject, project)
    }
    let types = Set(service.types.map { $0.uppercased() })
    let spans = try service.json(response) { try SpanPage($0, types: types, service) }
    var batches: [Batch] = []
    batches += Self.batches(.span, spans.ids)
    batches += Self.batches(.trace, fresh(spans.traces, "trace"))
    batches += Self.batches(.session, fresh(spans.sessions, "session"))
    var body = spans.body
    for start in stride(from: 0, to: batches.count, by: Self.atOnce) {
      let group = Array(batches[start..<min(start + Self.atOnce, batches.count)])
      // The order of requests, not of answers: same in, same out.
      let answers = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { tasks in
        for (place, batch) in group.enumerated() {
          tasks.addTask { (place, try await Self.annotations(batch, path, traces: spans.others, service)) }
        }
        var answers: [Int: [UInt8]] = [:]
        for try await (place, answer) in tasks { answers[place] = answer }
        return answers
      }
      for place in group.indices { body += answers[place] ?? [] }
    }
    return SourcePage(lines: body, next: spans.next)
  }

  /// Those of some ids that this pull has not asked for.
  private func fresh(_ ids: [String], _ kind: String) -> [String] {
    asked.withLock { asked in ids.filter { asked.insert("\(kind)/\($0)").inserted } }
  }

  // MARK: Annotations

  private struct Batch: Sendable {
    enum Kind: String { case span, trace, session }
    let kind: Kind
    let ids: ArraySlice<String>
  }

  private static func batches(_ kind: Batch.Kind, _ ids: [String]) -> [Batch] {
    stride(from: 0, to: ids.count, by: batch).map {
      Batch(kind: kind, ids: ids[$0..<min($0 + batch, ids.count)])
    }
  }

  /// The annotations of some spans, traces or sessions as JSON Lines.
  private static func annotations(
    _ batch: Batch, _ path: String, traces: [String: String], _ service: SourceService
  ) async throws -> [UInt8] {
    let out = ByteBuffer()
    var cursor: String?
    var seen: Set<String> = []
    repeat {
      var query = batch.ids.map { ("\(batch.kind.rawValue)_ids", $0) } + [("limit", "\(most)")]
      if let cursor { query.append(("cursor", cursor)) }
      // Nothing: all of the ids were deleted since, or the server is older than such annotations.
      guard
        let response = try await service.answer("\(path)/\(batch.kind.rawValue)_annotations", query: query)
      else { return out.bytes }
      // The server's second when it answered, or the one before.
      let second = response.header("date").flatMap(HTTPDate.seconds)
      cursor = try service.json(response) { (answer: JSONValue) -> String? in
        guard let rows = answer["data"], rows.kind == .array else { throw service.fault(.badAnswer, "data") }
        rows.forEachElement { row in
          if isUnsettled(row, second) { return }
          write(row, trace: row.text("span_id").flatMap { traces[$0] }, to: out)
        }
        return answer.text("next_cursor")
      }
      if let cursor, !seen.insert(cursor).inserted { throw service.fault(.cursorLoop, batch.kind.rawValue) }
    } while cursor != nil
    return out.bytes
  }

  /// Whether a row may change again without its stamp: on SQLite stamps are whole seconds, and of two states with
  /// one stamp nobody could tell the later, so a row of the running second waits for the next pull.
  private static func isUnsettled(_ row: JSONValue, _ second: Int64?) -> Bool {
    guard let second, let updated = row.timeIfAny("updated_at")?.microseconds else { return false }
    return updated % 1_000_000 == 0 && updated / 1_000_000 >= second
  }

  private static func write(_ row: JSONValue, trace: String?, to out: ByteBuffer) {
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("annotation")
    writer.canonical(row)
    if let trace {
      writer.key("trace")
      writer.string(trace)
    }
    writer.endObject()
    out.append(0x0A)
  }

  /// A name as one part of a path.
  private static func escaped(_ name: String) -> String {
    name.utf8.reduce(into: "") { text, byte in
      let scalar = UnicodeScalar(byte)
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      if isPlain || "-._~".unicodeScalars.contains(scalar) {
        text.unicodeScalars.append(scalar)
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        text += "%" + (digits.count < 2 ? "0" + digits : digits)
      }
    }
  }
}

/// One page of spans: those that are asked for as JSON Lines, and the ids of everything that can be annotated.
private struct SpanPage: Sendable {
  private(set) var body: [UInt8] = []
  let next: String?
  private(set) var ids: [String] = []
  private(set) var traces: [String] = []
  private(set) var sessions: [String] = []
  /// The traces of spans that become no interactions.
  private(set) var others: [String: String] = [:]

  init(_ answer: JSONValue, types: Set<String>, _ service: SourceService) throws {
    guard let rows = answer["data"], rows.kind == .array else { throw service.fault(.badAnswer, "data") }
    next = answer.text("next_cursor")
    let out = ByteBuffer(capacity: 1 << 20)
    var seen: Set<String> = []
    rows.forEachElement { row in
      let id = row["context"]?.text("span_id")
      let trace = row["context"]?.text("trace_id")
      if let id { ids.append(id) }
      if let trace, seen.insert("trace/\(trace)").inserted { traces.append(trace) }
      if let session = row["attributes"]?.text("session.id"), seen.insert("session/\(session)").inserted {
        sessions.append(session)
      }
      if let id, !types.contains((row.text("span_kind") ?? "").uppercased()) {
        others[id] = trace
      } else {
        var writer = JSONWriter(out)
        writer.canonical(row)
        out.append(0x0A)
      }
    }
    body = out.bytes
  }
}

/// The time in HTTP's `Date`.
enum HTTPDate {
  /// Seconds since the epoch of a text such as `Mon, 23 Nov 2026 15:46:31 GMT`; nil for anything else.
  static func seconds(_ text: String) -> Int64? {
    let parts = text.split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard parts.count == 6, parts[5] == "GMT", parts[1].count == 2, parts[3].count == 4,
      let month = months.firstIndex(of: String(parts[2]))
    else { return nil }
    let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
    return Timestamp("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z").map { $0.microseconds / 1_000_000 }
  }
}
