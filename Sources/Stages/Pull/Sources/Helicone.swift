import Bytes
import Records
import Text
import Transport

/// Helicone: `POST /v1/request/query-clickhouse` in closed windows, with bodies behind signed addresses, or
/// the JSON Lines of its export tool.
///
/// A body that is not to be had stays the placeholder that Helicone put in its place, which curation finds.
/// The feedback of the user interface and the API is the score `helicone-score-feedback`.
enum Helicone: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Helicone", [.service, .files])
    traits.address = "https://api.helicone.ai"
    traits.required = [.key]
    traits.keyVariable = "HELICONE_API_KEY"
    traits.signals = SourceTraits.thumbs
    traits.signals[feedbackScore] = SignalRule(signal: .thumb)
    traits.pageSize = (500, 1000)
    return traits
  }

  /// The score that holds a thumb.
  static let feedbackScore = "helicone-score-feedback"

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    HeliconeReader(records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? {
    source.service == nil ? nil : HeliconeConnector()
  }

  /// Whether a body is Helicone's note that it is elsewhere.
  static func isPlaceholder(_ body: JSONValue?) -> Bool { body?["helicone_message"] != nil }
}

private final class HeliconeReader: RowReader {
  private let records: RecordWriter

  init(_ records: RecordWriter) { self.records = records }

  func read(_ line: JSONValue) throws -> Bool {
    let composed = ComposedRow(line)
    let id = try records.identifier(composed.row.text("request_id"))
    var matched = false
    if composed.stream != "feedback" { matched = try interaction(id, composed) }
    if composed.stream != "interactions" { matched = try feedback(id, composed) || matched }
    return matched
  }

  private func interaction(_ id: String, _ composed: ComposedRow) throws -> Bool {
    let (row, bodies) = (composed.row, composed.line["bodies"])
    // A call that failed has no answer to learn from.
    if let status = row.number("response_status"), !(200..<300).contains(status) { return false }
    guard let request = bodies?.first("request") ?? row.first("request_body") else { return false }
    let response = bodies?.first("response") ?? row.first("response_body")
    // A customer may have left bodies out.
    if request.kind == .object, request.members.isEmpty { return false }
    let properties = row["request_properties"] ?? row["properties"]
    let time = try row.time("request_created_at")
    var facts = InteractionFacts(native: id, time: time)
    facts.conversation = properties?.text("Helicone-Session-Id")
    facts.user = row.text("request_user_id", "user_id")
    facts.model = row.text("response_model", "request_model", "model", "model_override")
    facts.prompt = properties?.text("Helicone-Prompt-Id") ?? row.text("prompt_id")
    facts.finish = response?.finishReason
    facts.tokensIn = row.whole("prompt_tokens")
    facts.tokensOut = row.whole("completion_tokens")
    facts.cost = row.number("cost", "costUSD")
    facts.latency = row.number("delay_ms").map { $0 / 1000 }
    // A body that came takes the place of the placeholder that an earlier reading may have found.
    let isWhole = !Helicone.isPlaceholder(request) && !Helicone.isPlaceholder(response)
    facts.updated = Timestamp(microseconds: time.microseconds + (isWhole ? 1 : 0))
    facts.metadata = records.metadata(of: row)
    try records.interaction(facts, input: request, output: response)
    return true
  }

  private func feedback(_ id: String, _ composed: ComposedRow) throws -> Bool {
    let row = composed.row
    var found = false
    func event(_ name: String, _ value: JSONValue) throws {
      guard let rule = records.signal(named: name) else { return records.unmapped(signal: name) }
      let part = name == Helicone.feedbackScore ? "feedback" : name
      var facts = FeedbackFacts(
        native: "\(id)#\(part)", time: try row.time("request_created_at"), signal: rule.signal)
      facts.target = id
      facts.user = row.text("request_user_id", "user_id")
      facts.value = try RecordWriter.value(rule, value)
      facts.updated = composed.read
      try records.feedback(facts)
      found = true
    }
    let scores = row["scores"]
    for (key, score) in scores?.members ?? [] {
      var name = String(decoding: key, as: UTF8.self)
      if name.hasSuffix("-hcone-bool") { name.removeLast("-hcone-bool".count) }
      guard let value = score.kind == .object ? score.first("value") : score, !value.isNull else { continue }
      try event(name, value)
    }
    if scores?[Helicone.feedbackScore] == nil, let rating = row.first("feedback_rating") {
      try event(Helicone.feedbackScore, rating)
    }
    return found
  }
}

private final class HeliconeConnector: Connector {
  /// Bodies never change, and many cost a request each.
  let streams = [SourceStream("interactions", lookBack: 86_400), SourceStream("feedback")]

  func authorization(_ credentials: ServiceCredentials) throws -> [HTTPHeader] {
    credentials.key.map { [HTTPHeader("Authorization", "Bearer \($0)")] } ?? []
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    let place = TimePlace(request)
    let found = try await service.client.post(
      "/v1/request/query-clickhouse", json: Self.query(place, request))
    let answer = try service.json(found) { (answer: JSONValue) -> (urls: [String?], next: String?) in
      // Its words may quote the request; that there is an error is fact enough.
      if answer.first("error") != nil { throw service.fault(.badAnswer, "error") }
      guard let data = answer["data"], data.kind == .array else { throw service.fault(.badAnswer, "data") }
      let rows = data.elements
      let urls = rows.map { row in
        Helicone.isPlaceholder(row["request_body"]) || Helicone.isPlaceholder(row["response_body"])
          ? row.text("signed_body_url") : nil
      }
      // A short page is no last page, since a server may cap the size.
      let times = rows.compactMap { $0.timeIfAny("request_created_at") }
      return (urls, rows.isEmpty ? nil : place.behind(times, count: rows.count).cursor)
    }
    let rows = ComposedRows(request.stream, service)
    guard request.stream.name == "interactions" else {
      try service.json(found) { (answer: JSONValue) -> Void in answer["data"]?.forEachElement { rows.add($0) }
      }
      return rows.page(next: answer.next)
    }
    // Of a body that is not to be had the placeholder stays, and the next reading of the window tries again.
    let bodies = try await service.details(answer.urls) { url -> [UInt8]? in
      guard let url else { return nil }
      return try await service.signed(url)
    }
    try service.json(found) { (answer: JSONValue) -> Void in
      var position = 0
      try answer["data"]?.forEachElement { (row: JSONValue) -> Void in
        defer { position += 1 }
        guard let body = bodies[position] else { return rows.add(row) }
        try service.json(body) { (body: JSONValue) -> Void in
          rows.add(row) {
            $0.key("bodies")
            $0.canonical(body)
          }
        }
      }
    }
    return rows.page(next: answer.next)
  }

  private static func query(_ place: TimePlace, _ request: PageRequest) -> [UInt8] {
    let body = ByteBuffer()
    var writer = JSONWriter(body)
    func condition(_ side: StaticString, _ comparison: StaticString, _ time: Timestamp) {
      writer.key(side)
      writer.beginObject()
      writer.key("request_response_rmt")
      writer.beginObject()
      writer.key("request_created_at")
      writer.beginObject()
      writer.key(comparison)
      writer.string(time.description)
      writer.endObject()
      writer.endObject()
      writer.endObject()
    }
    writer.beginObject()
    writer.key("filter")
    writer.beginObject()
    condition("left", "gte", place.from)
    writer.key("operator")
    writer.string("and")
    condition("right", "lte", request.to)
    writer.endObject()
    writer.key("limit")
    writer.integer(Int64(request.limit))
    writer.key("offset")
    writer.integer(Int64(place.skip))
    writer.key("sort")
    writer.beginObject()
    writer.key("created_at")
    writer.string("asc")
    writer.endObject()
    writer.endObject()
    return body.bytes
  }
}
