import Bytes
import Records
import Text

/// Files of the OpenTelemetry Collector's file exporter: OTLP in JSON, with attributes by the conventions for
/// generative AI or by OpenInference.
///
/// Spans and events of calls become interactions under the ids of trace and span; `gen_ai.evaluation.result` events,
/// and annotations on spans, become feedback, on the span or on the answer's own id. A bad span or event sends its
/// line to quarantine, and the rest of the line is kept.
enum OpenTelemetry: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("OpenTelemetry files", [.files])
    traits.framing = .frames
    traits.signals = SourceTraits.thumbs
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    OTLPReader(records)
  }
}

/// Reads export requests: one holds the spans, or the events, of several calls.
private final class OTLPReader: RowReader {
  private let records: RecordWriter
  private let out = ByteBuffer(capacity: 1 << 14)
  private var fault: RowFault?

  init(_ records: RecordWriter) { self.records = records }

  func read(_ row: JSONValue) throws -> Bool {
    fault = nil
    var matched = false
    try row["resourceSpans"]?.forEachElement { resource in
      let app = OTLPValue.text("service.name", in: resource["resource"]?["attributes"])
      let scopes = resource["scopeSpans"] ?? resource["instrumentationLibrarySpans"]
      try scopes?.forEachElement { scope in
        try scope["spans"]?.forEachElement { span in
          try keeping { if try self.span(span, app: app) { matched = true } }
        }
      }
    }
    try row["resourceLogs"]?.forEachElement { resource in
      let app = OTLPValue.text("service.name", in: resource["resource"]?["attributes"])
      let scopes = resource["scopeLogs"] ?? resource["instrumentationLibraryLogs"]
      try scopes?.forEachElement { scope in if try logs(scope["logRecords"], app: app) { matched = true } }
    }
    // What was read stays; see `RecordWriter.row`.
    if let fault { throw PartialFault(fault: fault) }
    return matched
  }

  /// Goes on with the next span or event after a bad one.
  private func keeping(_ body: () throws -> Void) throws {
    do { try body() } catch let fault as RowFault { self.fault = self.fault ?? fault }
  }

  // MARK: Spans

  private func span(_ span: JSONValue, app: String?) throws -> Bool {
    out.removeAll()
    var writer = JSONWriter(out)
    writer.beginObject()
    OTLPValue.writeMembers(span["attributes"], to: &writer)
    if let events = span["events"] { write(events: events.elements, body: { $0["attributes"] }, to: &writer) }
    writer.endObject()
    return try records.nested(out.view) { attributes in
      try call(span, attributes, app: app)
    } ?? false
  }

  private func call(_ span: JSONValue, _ attributes: JSONValue, app: String?) throws -> Bool {
    let inference = OpenInferenceSpan(attributes)
    let isInference = inference.kind != nil
    let isCall = isInference ? inference.kind == "LLM" && inference.hasOutput : Self.isCall(attributes)
    guard isCall || isInference else { return false }
    let place = try Place(span)
    let start = try Self.time(span["startTimeUnixNano"])
    let end = try? Self.time(span["endTimeUnixNano"])
    if isCall {
      var facts = InteractionFacts(native: place.native, time: start)
      let genAI = GenAISpan(attributes)
      if isInference { try inference.fill(&facts, records) } else { try genAI.fill(&facts, records) }
      facts.response = genAI.responseID
      if let end, end >= start {
        facts.latency = Double(end.microseconds - start.microseconds) / 1_000_000
        facts.updated = end
      }
      complete(&facts, place, attributes, app: app)
      if isInference {
        try inference.interaction(facts, records)
      } else {
        try genAI.interaction(facts, records)
      }
    }
    if isInference {
      try inference.feedback(
        span: place.native, time: end ?? start, target: isCall ? place.native : nil, trace: place.trace,
        records)
    }
    return isCall
  }

  private static func isCall(_ attributes: JSONValue) -> Bool {
    let span = GenAISpan(attributes)
    return span.isCall && span.hasOutput
  }

  private func complete(
    _ facts: inout InteractionFacts, _ place: Place, _ attributes: JSONValue, app: String?
  ) {
    facts.trace = place.trace
    facts.app = app
    facts.metadata += records.metadataFields.compactMap { field in
      field.value(in: attributes).map { (field.name, $0) }
    }
  }

  // MARK: Logs

  private func logs(_ list: JSONValue?, app: String?) throws -> Bool {
    guard let list else { return false }
    var matched = false
    // Events of one message each, by the span they tell of.
    var groups: [(place: Place, events: [JSONValue])] = []
    try list.forEachElement { record in
      guard let name = Self.eventName(record) else { return }
      try keeping {
        switch name {
        case "gen_ai.evaluation.result":
          try evaluation(record)
          matched = true
        case "gen_ai.client.inference.operation.details": if try details(record, app: app) { matched = true }
        case _ where Self.role(of: name) != nil:
          let place = try Place(record)
          if let index = groups.lastIndex(where: { $0.place.native == place.native }) {
            groups[index].events.append(record)
          } else {
            groups.append((place, [record]))
          }
        default: break
        }
      }
    }
    for group in groups {
      try keeping { if try self.group(group.place, group.events, app: app) { matched = true } }
    }
    return matched
  }

  /// An event that holds all that a span would.
  private func details(_ record: JSONValue, app: String?) throws -> Bool {
    out.removeAll()
    var writer = JSONWriter(out)
    writer.beginObject()
    OTLPValue.writeMembers(record["attributes"], to: &writer)
    writer.endObject()
    return try records.nested(out.view) { try event(record, try Place(record), $0, app: app) } ?? false
  }

  /// The deprecated events of one message each that tell of one call; the last is the model's choice.
  private func group(_ place: Place, _ events: [JSONValue], app: String?) throws -> Bool {
    guard let choice = events.last(where: { Self.eventName($0) == Self.choice }) else { return false }
    out.removeAll()
    var writer = JSONWriter(out)
    writer.beginObject()
    OTLPValue.writeMembers(choice["attributes"], to: &writer)
    write(events: events, body: { $0["body"]?["kvlistValue"]?["values"] }, to: &writer)
    writer.endObject()
    return try records.nested(out.view) { try event(choice, place, $0, app: app) } ?? false
  }

  private func event(_ record: JSONValue, _ place: Place, _ attributes: JSONValue, app: String?) throws
    -> Bool
  {
    let span = GenAISpan(attributes)
    guard span.isCall, span.hasOutput else { return false }
    var facts = InteractionFacts(native: place.native, time: try Self.time(of: record))
    try span.fill(&facts, records)
    complete(&facts, place, attributes, app: app)
    try span.interaction(facts, records)
    return true
  }

  /// Feedback: an opinion on the span around the event, or on an answer by its own id.
  private func evaluation(_ record: JSONValue) throws {
    out.removeAll()
    var writer = JSONWriter(out)
    writer.beginObject()
    OTLPValue.writeMembers(record["attributes"], to: &writer)
    writer.endObject()
    _ = try records.nested(out.view) { attributes in
      guard let name = attributes["gen_ai.evaluation.name"]?.string, !name.isEmpty else {
        throw RowFault.noSignal
      }
      guard let rule = records.signal(named: name) else { return records.unmapped(signal: name) }
      let span = try? Place(record)
      let response = attributes["gen_ai.response.id"]?.string
      guard let about = span?.native ?? response else { throw RowFault.noTarget }
      var facts = FeedbackFacts(
        native: "\(about)#\(name)", time: try Self.time(of: record), signal: rule.signal)
      facts.target = span?.native
      facts.trace = response
      let score = attributes["gen_ai.evaluation.score.value"]
      facts.value = try RecordWriter.value(rule, score ?? attributes["gen_ai.evaluation.score.label"])
      facts.comment = attributes["gen_ai.evaluation.explanation"]
      facts.user = (attributes["user.id"] ?? attributes["enduser.id"])?.string
      try records.feedback(facts)
    }
  }

  // MARK: Events of one message

  private static let choice = "gen_ai.choice"

  /// The name of an event; older data have it among the attributes.
  private static func eventName(_ record: JSONValue) -> String? {
    record["eventName"]?.string ?? OTLPValue.text("event.name", in: record["attributes"])
  }

  private static func role(of event: String) -> String? {
    switch event {
    case "gen_ai.system.message": "system"
    case "gen_ai.user.message": "user"
    case "gen_ai.assistant.message", choice: "assistant"
    case "gen_ai.tool.message": "tool"
    default: nil
    }
  }

  /// Writes what events tell as members of the object of attributes.
  private func write(events: [JSONValue], body: (JSONValue) -> JSONValue?, to writer: inout JSONWriter) {
    var messages: [(role: String, body: JSONValue)] = []
    var answer: JSONValue?
    for event in events {
      guard let name = event["name"]?.string ?? Self.eventName(event), let body = body(event) else {
        continue
      }
      if ["gen_ai.content.prompt", "gen_ai.content.completion"].contains(name)
        || name == "gen_ai.client.inference.operation.details"
      {
        OTLPValue.writeMembers(body, to: &writer)
      } else if name == Self.choice {
        // Of several choices the first was shown.
        answer = answer ?? body
      } else if let role = Self.role(of: name) {
        messages.append((role, body))
      }
    }
    if !messages.isEmpty {
      writer.key(GenAISpan.messages)
      writer.beginArray()
      for (role, body) in messages { Self.write(message: body, role: role, to: &writer) }
      writer.endArray()
    }
    guard let answer else { return }
    if let reason = OTLPValue.find("finish_reason", in: answer) {
      writer.key("flywheel.finish")
      OTLPValue.write(reason, to: &writer)
    }
    writer.key(GenAISpan.choice)
    if let message = OTLPValue.find("message", in: answer) {
      OTLPValue.write(message, to: &writer)
    } else {
      Self.write(message: answer, role: "assistant", to: &writer)
    }
  }

  private static func write(message: JSONValue, role: String, to writer: inout JSONWriter) {
    writer.beginObject()
    for (name, key) in [
      ("content", "content"), ("name", "name"), ("tool_calls", "tool_calls"), ("id", "tool_call_id"),
    ] {
      guard let value = OTLPValue.find(name, in: message) else { continue }
      writer.key(string: key)
      if key == "content", let text = value["stringValue"] {
        GenAISpan.writeContent(text, to: &writer)
      } else {
        OTLPValue.write(value, to: &writer)
      }
    }
    writer.key("role")
    if let own = OTLPValue.find("role", in: message) {
      OTLPValue.write(own, to: &writer)
    } else {
      writer.string(role)
    }
    writer.endObject()
  }

  // MARK: Parts

  /// The span that something is, or tells of.
  private struct Place {
    let trace: String
    let native: String

    init(_ value: JSONValue) throws {
      guard let trace = value["traceId"]?.string, let span = value["spanId"]?.string, !trace.isEmpty,
        !span.isEmpty
      else { throw RowFault.noID }
      self.trace = trace
      native = "\(trace)-\(span)"
    }
  }

  private static func time(of record: JSONValue) throws -> Timestamp {
    try (try? time(record["timeUnixNano"])) ?? time(record["observedTimeUnixNano"])
  }

  /// Nanoseconds since 1970, as text or as a number.
  private static func time(_ value: JSONValue?) throws -> Timestamp {
    guard let value else { throw RowFault.noTime }
    guard let nanoseconds = value.int64 ?? value.string.flatMap({ Int64($0) }) else { throw RowFault.badTime }
    guard nanoseconds > 0 else { throw RowFault.noTime }
    return Timestamp(microseconds: nanoseconds / 1000)
  }
}
