import Bytes
import Foundation
import Records
import Synchronization
import Text
import Transport

/// LangSmith: runs of language models, and feedback.
///
/// `POST /api/v2/runs/query` is asked first; where it is not there (404, self-hosted before 0.16), the one of
/// version 1. Facts: the vendor's Python client 0.15.0. A run that is pending is left for a later reading,
/// and one that failed without an output is none. Feedback on the root of a trace is on the trace, since the
/// root may be a chain; what a model wrote (`feedback_source.type`) counts only where the definition names
/// its key. A correction is an event of its own, whose id is the feedback's and `#correction`.
enum LangSmith: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("LangSmith", [.service])
    traits.address = "https://api.smith.langchain.com"
    traits.required = [.key, .project]
    traits.optional = [.workspace]
    traits.keyVariable = "LANGSMITH_API_KEY"
    traits.types = ["LLM"]
    traits.signals = SourceTraits.thumbs
    traits.pageSize = (100, 1000)
    // The cloud allows 10 or 15 queries of runs in 10 seconds.
    traits.requestsPerMinute = 60
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    LangSmithReader(source, records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? { LangSmithConnector(source) }
}

/// Asks for runs, newest first, and for feedback by the time it was given.
private final class LangSmithConnector: Connector {
  /// Starts the cursors of version 1.
  private static let firstVersion = "v1:"
  /// Rows of a page of version 1, and of feedback, at most.
  private static let shortPage = 100
  private static let selects = [
    "ID", "NAME", "RUN_TYPE", "STATUS", "START_TIME", "END_TIME", "LATENCY_SECONDS", "INPUTS", "OUTPUTS",
    "METADATA",
    "TAGS", "TRACE_ID", "THREAD_ID", "PROMPT_TOKENS", "COMPLETION_TOKENS", "TOTAL_COST",
  ]
  private static let firstSelect = [
    "id", "name", "run_type", "status", "start_time", "end_time", "inputs", "outputs", "extra", "tags",
    "trace_id",
    "prompt_tokens", "completion_tokens", "total_cost",
  ]

  let streams = [SourceStream("interactions"), SourceStream("feedback")]
  let headers: [HTTPHeader]
  private let prefix: String
  private let project = Mutex<String?>(nil)

  init(_ source: SourceDefinition) {
    headers = source.service?.workspace.map { [HTTPHeader("X-Tenant-Id", $0)] } ?? []
    // Self-hosted servers are often named with the path that the vendor's client wants.
    var address = source.service?.address ?? ""
    while address.hasSuffix("/") { address.removeLast() }
    prefix = address.hasSuffix("/api") ? "" : "/api"
  }

  func authorization(_ credentials: ServiceCredentials) throws -> [HTTPHeader] {
    [HTTPHeader("x-api-key", credentials.key ?? "")]
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    let project = try await projectID(service)
    if request.stream.name == "feedback" { return try await feedback(request, service, project) }
    if let cursor = request.cursor, cursor.hasPrefix(Self.firstVersion) {
      return try await firstVersion(
        request, service, project, String(cursor.dropFirst(Self.firstVersion.count)))
    }
    do {
      return try await runs(request, service, project)
    } catch let error as TransportError where request.cursor == nil && [404, 405, 501].contains(error.status)
    {
      return try await firstVersion(request, service, project, nil)
    }
  }

  /// The id of the project, which may be given by name.
  private func projectID(_ service: SourceService) async throws -> String {
    if let known = project.withLock({ $0 }) { return known }
    guard let name = service.parameters.project, !name.isEmpty else {
      throw service.fault(.badDefinition, ServiceKey.project.rawValue)
    }
    var id = UUID(uuidString: name)?.uuidString.lowercased()
    if id == nil {
      let response = try await service.client.get(
        "\(prefix)/v1/sessions", query: [("name", name), ("limit", "1")])
      id = try service.json(response) { $0[0]?.text("id") }
    }
    guard let id else { throw service.fault(.noProject, name) }
    project.withLock { $0 = id }
    return id
  }

  private func runs(_ request: PageRequest, _ service: SourceService, _ project: String) async throws
    -> SourcePage
  {
    var query = QueryBody()
    query.list("project_ids", [project])
    // Left out, it is one day ago.
    query.text("min_start_time", request.from.description)
    query.text("run_type", service.types.count == 1 ? service.types.first?.uppercased() : nil)
    query.list("selects", Self.selects + (Self.needsExtra(service.source) ? ["EXTRA"] : []))
    query.number("page_size", request.limit)
    query.text("cursor", request.cursor)
    let response = try await service.client.post("\(prefix)/v2/runs/query", json: query.json())
    let document = try service.document(response)
    return SourcePage(document, at: ["items"], next: document.read { $0.text("next_cursor") })
  }

  /// Whether the definition keeps something of `extra`, which is large.
  private static func needsExtra(_ source: SourceDefinition) -> Bool {
    source.metadata.contains { $0.components.first == "extra" }
  }

  private func firstVersion(
    _ request: PageRequest, _ service: SourceService, _ project: String, _ cursor: String?
  ) async throws -> SourcePage {
    var query = QueryBody()
    query.list("session", [project])
    query.text("start_time", request.from.description)
    query.text("run_type", service.types.count == 1 ? service.types.first?.lowercased() : nil)
    query.list("select", Self.firstSelect)
    query.number("limit", min(request.limit, Self.shortPage))
    query.text("cursor", cursor)
    let response = try await service.client.post("\(prefix)/v1/runs/query", json: query.json())
    let document = try service.document(response)
    let next = document.read { $0["cursors"]?.text("next") }
    return SourcePage(document, at: ["runs"], next: next.map { Self.firstVersion + $0 })
  }

  private func feedback(
    _ request: PageRequest, _ service: SourceService, _ project: String
  ) async throws -> SourcePage {
    let offset = request.cursor.flatMap { Int($0) } ?? 0
    let limit = min(request.limit, Self.shortPage)
    let response = try await service.client.get(
      "\(prefix)/v1/feedback",
      query: [
        ("session", project), ("min_created_at", request.from.description), ("limit", String(limit)),
        ("offset", String(offset)),
      ])
    let document = try service.document(response)
    let count = try document.read { rows in
      guard rows.kind == .array else { throw service.fault(.badAnswer, "feedback") }
      var count = 0
      rows.forEachElement { _ in count += 1 }
      return count
    }
    return SourcePage(document, next: count < limit ? nil : String(offset + count))
  }
}

/// A JSON object of a query, written member by member.
private struct QueryBody {
  private let out = ByteBuffer()
  private var writer: JSONWriter

  init() {
    writer = JSONWriter(out)
    writer.beginObject()
  }

  mutating func text(_ key: StaticString, _ value: String?) {
    guard let value else { return }
    writer.key(key)
    writer.string(value)
  }

  mutating func number(_ key: StaticString, _ value: Int) {
    writer.key(key)
    writer.integer(Int64(value))
  }

  mutating func list(_ key: StaticString, _ values: [String]) {
    writer.key(key)
    writer.beginArray()
    for value in values { writer.string(value) }
    writer.endArray()
  }

  mutating func json() -> [UInt8] {
    writer.endObject()
    return out.bytes
  }
}

/// Reads runs of both versions, and feedback.
private final class LangSmithReader: RowReader {
  private let records: RecordWriter
  private let types: Set<String>
  private let named: Set<String>

  init(_ source: SourceDefinition, _ records: RecordWriter) {
    self.records = records
    let types = source.service?.types ?? []
    self.types = Set((types.isEmpty ? LangSmith.traits.types : types).map { $0.uppercased() })
    named = Set(source.signals.keys)
  }

  func read(_ row: JSONValue) throws -> Bool {
    if let type = row.text("run_type") { return try run(row, type.uppercased()) }
    if let key = row.text("key") { return try feedback(row, key) }
    return false
  }

  private func run(_ row: JSONValue, _ type: String) throws -> Bool {
    guard types.contains(type) else { return false }
    let outputs = row.first("outputs")
    switch row.text("status")?.lowercased() {
    case "pending": return false
    case "error" where outputs?.isHollow ?? true: return false
    default: break
    }
    var facts = InteractionFacts(native: row.text("id"), time: try row.time("start_time"))
    let metadata = row.first("metadata") ?? row["extra"]?.first("metadata")
    let end = row.timeIfAny("end_time")
    facts.trace = row.text("trace_id")
    // `session_id` of the run itself is its project.
    facts.conversation =
      row.text("thread_id") ?? metadata?.text("session_id", "conversation_id", "thread_id")
    facts.user = metadata?.text("user_id")
    facts.model =
      metadata?.text("ls_model_name") ?? row["extra"]?["invocation_params"]?.text("model", "model_name")
      ?? outputs?.text("model") ?? outputs?["llm_output"]?.text("model_name")
    if let prompt = metadata?.text("lc_hub_repo") {
      facts.prompt = metadata?.text("lc_hub_commit_hash").map { "\(prompt)/\($0)" } ?? prompt
    }
    facts.finish =
      outputs?["choices"]?[0]?.text("finish_reason")
      ?? outputs?["generations"]?[0]?[0]?["generation_info"]?.text("finish_reason")
    let usage = outputs?.first("usage_metadata", "usage")
    facts.tokensIn = row.whole("prompt_tokens") ?? usage?.whole("input_tokens", "prompt_tokens")
    facts.tokensOut = row.whole("completion_tokens") ?? usage?.whole("output_tokens", "completion_tokens")
    facts.cost = row.number("total_cost")
    facts.latency =
      row.number("latency_seconds") ?? end.map { Double($0.microseconds - facts.time.microseconds) / 1e6 }
    facts.updated = end
    facts.metadata = records.metadata(of: row)
    try records.interaction(facts, input: row.first("inputs"), output: outputs)
    return true
  }

  private func feedback(_ row: JSONValue, _ key: String) throws -> Bool {
    let run = row.text("run_id")
    let trace = row.text("trace_id")
    // On a project or on a pair of experiments.
    guard run ?? trace != nil, row.text("comparative_experiment_id") == nil else { return false }
    if row["feedback_source"]?.text("type") == "model", !named.contains(key) {
      records.unmapped(signal: key)
      return true
    }
    let correction = row.first("correction").flatMap { value in
      value.kind == .object ? value.first("content", "text", "output", "answer") : value
    }
    let isCorrected = correction?.utf8 != nil
    let value = row.first("score", "value")
    let rule = records.signal(named: key).flatMap { rule in
      // A score may have been taken back.
      [.thumb, .rating, .rank].contains(rule.signal) && rule.value == nil && value == nil
        || rule.signal == .correction ? nil : rule
    }
    if rule == nil, !isCorrected {
      records.unmapped(signal: key)
      return true
    }
    func facts(_ signal: Signal, _ part: String) throws -> FeedbackFacts {
      var facts = FeedbackFacts(
        native: row.text("id").map { $0 + part }, time: try row.time("created_at"), signal: signal)
      facts.target = run == trace ? nil : run
      facts.trace = trace
      facts.user = row["feedback_source"]?["metadata"]?.text("user_id")
      facts.updated = row.timeIfAny("modified_at")
      facts.comment = row.first("comment")
      return facts
    }
    if let rule {
      var event = try facts(rule.signal, "")
      event.value = try RecordWriter.value(rule, value)
      try records.feedback(event)
    }
    if isCorrected {
      var event = try facts(.correction, "#correction")
      event.correction = correction
      // Said once.
      if rule != nil { event.comment = nil }
      try records.feedback(event)
    }
    return true
  }
}

extension JSONValue {
  /// Whether it is an object without members.
  fileprivate var isHollow: Bool {
    guard kind == .object else { return isNull }
    var isHollow = true
    forEachMember { _, _ in isHollow = false }
    return isHollow
  }
}
