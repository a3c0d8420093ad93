import Bytes
import Records
import Synchronization
import Text
import Transport

/// PromptLayer, by its search, 25 rows a page, and one request for the content of each row.
///
/// Scores from 0 to 100 are ratings; those without a name are named `score`. Scores are read from the search
/// alone, so that looking back for late ones costs no request for content.
enum PromptLayer: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("PromptLayer", [.service])
    traits.address = "https://api.promptlayer.com"
    traits.required = [.key]
    traits.keyVariable = "PROMPTLAYER_API_KEY"
    let rule = SignalRule(signal: .rating, from: SignalScale(low: 0, high: 100))
    traits.signals = SourceTraits.thumbs.mapValues { _ in rule }
    for name in ["score", "default", "rating"] { traits.signals[name] = rule }
    traits.pageSize = (25, 25)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    PromptLayerReader(records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? { PromptLayerConnector() }

  /// The metadata of a request, which is an object or a list of objects of one pair each.
  static func metadata(_ row: JSONValue, _ keys: String...) -> String? {
    guard let metadata = row["metadata"] else { return nil }
    for key in keys {
      if metadata.kind == .object {
        if let text = metadata.text(key) { return text }
      } else {
        for pair in metadata.elements where pair.kind == .object {
          if let text = pair.text(key) { return text }
          if pair.text("key", "name") == key, let text = pair.text("value") { return text }
        }
      }
    }
    return nil
  }
}

private final class PromptLayerReader: RowReader {
  private let records: RecordWriter

  init(_ records: RecordWriter) { self.records = records }

  func read(_ line: JSONValue) throws -> Bool {
    let composed = ComposedRow(line)
    let id = try records.identifier(composed.row.text("id", "request_id"))
    guard composed.stream == "feedback" else {
      try interaction(id, composed)
      return true
    }
    return try feedback(id, composed)
  }

  private func interaction(_ id: String, _ composed: ComposedRow) throws {
    let (row, content) = (composed.row, composed.line["content"])
    var facts = InteractionFacts(native: id, time: try row.time("request_start_time"))
    facts.conversation = PromptLayer.metadata(row, "session_id", "conversation_id", "thread_id")
    facts.trace = content?.text("trace_id")
    facts.user = PromptLayer.metadata(row, "user_id", "user")
    facts.model = content?.text("model") ?? row.text("engine")
    facts.prompt = row.text("prompt_name")
    facts.tokensIn = row.whole("input_tokens")
    facts.tokensOut = row.whole("output_tokens")
    facts.cost = row.number("price")
    facts.latency = row.number("latency") ?? content?.number("latency_ms").map { $0 / 1000 }
    facts.metadata = records.metadata(of: row)
    try records.interaction(facts, input: composed.line["input"], output: composed.line["output"])
  }

  private func feedback(_ id: String, _ composed: ComposedRow) throws -> Bool {
    let row = composed.row
    var found = false
    for score in row["scores"]?.elements ?? [] {
      let isObject = score.kind == .object
      let name = isObject ? score.text("name", "score_name") ?? "score" : "score"
      guard let value = isObject ? score.first("score", "value") : score, !value.isNull else { continue }
      guard let rule = records.signal(named: name) else {
        records.unmapped(signal: name)
        continue
      }
      var facts = FeedbackFacts(
        native: "\(id)#\(name)", time: try row.time("request_start_time"), signal: rule.signal)
      facts.target = id
      facts.user = PromptLayer.metadata(row, "user_id", "user")
      facts.value = try RecordWriter.value(rule, value)
      facts.updated = composed.read
      try records.feedback(facts)
      found = true
    }
    return found
  }
}

private final class PromptLayerConnector: Connector {
  /// The content of a request never changes, and each costs a request.
  let streams = [SourceStream("interactions", lookBack: 86_400), SourceStream("feedback")]
  private let pace = SearchPace()

  func authorization(_ credentials: ServiceCredentials) throws -> [HTTPHeader] {
    credentials.key.map { [HTTPHeader("X-API-KEY", $0)] } ?? []
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    let place = TimePlace(request)
    try await pace.wait()
    let found = try await service.client.post(
      "/api/public/v2/requests/search", json: query(place, request))
    let answer = try service.json(found) { (answer: JSONValue) -> (ids: [String], next: String?) in
      guard let items = answer["items"], items.kind == .array else {
        throw service.fault(.badAnswer, "items")
      }
      let rows = items.elements
      let ids = rows.compactMap { $0.text("id") }
      guard answer["has_next"]?.bool == true else { return (ids, nil) }
      guard !rows.isEmpty else { throw service.fault(.badAnswer, "items") }
      // Pages are numbered, so a page that does not move on counts as a whole one.
      let times = rows.compactMap { $0.timeIfAny("request_start_time") }
      return (ids, place.behind(times, count: request.limit).cursor)
    }
    let rows = ComposedRows(request.stream, service)
    guard request.stream.name == "interactions" else {
      try service.json(found) { (answer: JSONValue) -> Void in
        answer["items"]?.forEachElement { rows.add($0) }
      }
      return rows.page(next: answer.next)
    }
    // Of a request that was deleted meanwhile there is no content; its row is refused, and that is counted.
    let contents = try await service.details(answer.ids) { id in
      try await service.answer(unless: { $0 == 404 }) {
        try await service.client.get("/api/public/v2/requests/\(id)")
      }?.body
    }
    try service.json(found) { (answer: JSONValue) -> Void in
      var position = 0
      try answer["items"]?.forEachElement { (row: JSONValue) -> Void in
        let content = row.text("id") == nil ? nil : contents[position]
        if row.text("id") != nil { position += 1 }
        guard let content else { return rows.add(row) }
        try service.json(content) { (content: JSONValue) -> Void in
          rows.add(row) { Self.write(content, to: &$0) }
        }
      }
    }
    return rows.page(next: answer.next)
  }

  private func query(_ place: TimePlace, _ request: PageRequest) -> [UInt8] {
    let body = ByteBuffer()
    var writer = JSONWriter(body)
    func text(_ key: StaticString, _ value: String) {
      writer.key(key)
      writer.string(value)
    }
    writer.beginObject()
    writer.key("filter_group")
    writer.beginObject()
    writer.key("filters")
    writer.beginArray()
    writer.beginObject()
    text("field", "request_start_time")
    text("operator", "between")
    writer.key("value")
    writer.beginArray()
    // Whether the borders belong to it is not documented, so they are moved out by the millisecond that is
    // written.
    writer.string(Timestamp(microseconds: place.from.microseconds - 1000).description)
    writer.string(Timestamp(microseconds: request.to.microseconds + 1000).description)
    writer.endArray()
    writer.endObject()
    writer.endArray()
    text("logic", "AND")
    writer.endObject()
    writer.key("page")
    writer.integer(Int64(place.skip / request.limit + 1))
    writer.key("per_page")
    writer.integer(Int64(request.limit))
    text("sort_by", "request_start_time")
    text("sort_order", "asc")
    writer.endObject()
    return body.bytes
  }

  /// Splits a prompt's blueprint: the last message, if it is the assistant's, is the output.
  private static func write(_ content: JSONValue, to writer: inout JSONWriter) {
    writer.key("content")
    writer.beginObject()
    for key in ["latency_ms", "model", "trace_id"] {
      guard let value = content[key] else { continue }
      writer.key(string: key)
      writer.canonical(value)
    }
    writer.endObject()
    guard let blueprint = content["prompt_blueprint"] else { return }
    let template = blueprint.first("prompt_template") ?? blueprint
    guard let list = template["messages"], list.kind == .array else {
      if let text = template.first("content", "prompt", "text") {
        writer.key("input")
        writer.canonical(text)
      }
      return
    }
    var messages = list.elements
    let output = messages.last?.text("role") == "assistant" ? messages.popLast() : nil
    writer.key("input")
    writer.beginArray()
    for message in messages { writer.canonical(message) }
    writer.endArray()
    if let output {
      writer.key("output")
      writer.canonical(output)
    }
  }
}

/// Keeps to ten searches a minute, which is PromptLayer's limit of its search alone.
final class SearchPace: Sendable {
  static let limit = 10
  private let limit: Int
  private let span: Duration
  private let searches = Mutex<[ContinuousClock.Instant]>([])

  /// So many searches in a span of time.
  init(limit: Int = limit, span: Duration = .seconds(60)) {
    self.limit = limit
    self.span = span
  }

  /// Waits until one more search is within the limit.
  func wait() async throws {
    while true {
      let now = ContinuousClock.now
      let until = searches.withLock { times -> ContinuousClock.Instant? in
        times.removeAll { $0 + span <= now }
        if times.count >= limit { return times[0] + span }
        times.append(now)
        return nil
      }
      guard let until else { return }
      try await Task.sleep(until: until, clock: .continuous)
    }
  }
}
