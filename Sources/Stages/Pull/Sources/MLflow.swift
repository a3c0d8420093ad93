import Bytes
import Records
import Synchronization
import Text
import Transport

/// MLflow: traces of an experiment, with the assessments on them.
///
/// A trace is one interaction: what went into its root span, and what came out. The list of traces holds both up to
/// 250 characters; longer ones are fetched with the trace's spans. Feedback counts by its name, expectations of the
/// name `expected_response` are corrections, and an assessment that overrides another takes its place.
enum MLflow: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("MLflow", [.service])
    traits.required = [.project]
    traits.optional = [.key]
    traits.keyVariable = "MLFLOW_TRACKING_TOKEN"
    traits.signals = SourceTraits.thumbs
    // The name that MLflow's own judges expect of a reference answer.
    traits.signals["expected_response"] = SignalRule(signal: .correction)
    traits.userKeys += ["source_id", "mlflow.trace.user", "mlflow.user"]
    // 500 is MLflow's limit.
    traits.pageSize = (100, 500)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    MLflowReader(records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? {
    source.service == nil ? nil : MLflowConnector()
  }

  /// What `mlflow.traceInputs` and `mlflow.traceOutputs` hold at most, and how a longer text ends there:
  /// `MAX_CHARS_IN_TRACE_INFO_METADATA` and `TRUNCATION_SUFFIX` of MLflow's `tracing/constant.py`.
  static func isCut(_ text: UnsafeRawBufferPointer) -> Bool {
    text.count >= 250 && text.suffix(3).elementsEqual("...".utf8)
  }
}

/// Reads traces as the search shows them, or as the connector wraps them together with their bodies.
private final class MLflowReader: RowReader {
  private let records: RecordWriter

  init(_ records: RecordWriter) { self.records = records }

  func read(_ row: JSONValue) throws -> Bool {
    let info = row["info"] ?? row
    guard let id = info.text("trace_id") else { throw RowFault.noID }
    let isInteraction = try interaction(info, id: id, bodies: row["bodies"])
    let feedback = try assessments(info, id: id)
    return isInteraction || feedback
  }

  private func interaction(_ info: JSONValue, id: String, bodies: JSONValue?) throws -> Bool {
    let state = info.text("state")
    guard state != "IN_PROGRESS" else { return false }
    let metadata = info["trace_metadata"]
    let input = bodies?.first("inputs") ?? metadata?.first("mlflow.traceInputs")
    let output = bodies?.first("outputs") ?? metadata?.first("mlflow.traceOutputs")
    // A failed call says nothing of the model.
    if state == "ERROR", output == nil { return false }
    for text in [input, output] where bodies == nil {
      // What is cut and could not be had in full must not pass for the whole.
      if let text = text?.utf8, MLflow.isCut(text) { throw RowFault.noInput }
    }
    let time = try info.time("request_time")
    var facts = InteractionFacts(native: id, time: time)
    facts.latency = Self.seconds(info.first("execution_duration"))
    if let latency = facts.latency {
      facts.updated = Timestamp(microseconds: time.microseconds + Int64((latency * 1e6).rounded()))
    }
    facts.conversation = metadata?.text("mlflow.trace.session")
    facts.user = metadata?.text("mlflow.trace.user")
    if let usage = metadata?.first("mlflow.trace.tokenUsage")?.utf8 {
      try records.nested(usage) { (usage: JSONValue) -> Void in
        facts.tokensIn = usage.whole("input_tokens")
        facts.tokensOut = usage.whole("output_tokens")
      }
    }
    if let cost = metadata?.first("mlflow.trace.cost")?.utf8 {
      try records.nested(cost) { (cost: JSONValue) -> Void in facts.cost = cost.number("total_cost") }
    }
    if let prompts = info["tags"]?.first("mlflow.linkedPrompts")?.utf8 {
      try records.nested(prompts) { (prompts: JSONValue) -> Void in
        guard let prompt = prompts[0], let name = prompt.text("name") else { return }
        facts.prompt = prompt.text("version").map { "\(name)/\($0)" } ?? name
      }
    }
    facts.model = bodies?.text("model")
    try opened(output) { output in
      facts.finish = output?["choices"]?[0]?.text("finish_reason") ?? output?.text("stop_reason")
      facts.model = facts.model ?? output?.text("model")
    }
    try opened(input) { input in facts.model = facts.model ?? input?.text("model") }
    facts.metadata = records.metadata(of: info)
    try opened(input) { input in
      try opened(output) { output in try records.interaction(facts, input: input, output: output) }
    }
    return true
  }

  /// A body that MLflow wrote as JSON, parsed; any other as it is.
  private func opened(_ value: JSONValue?, _ body: (JSONValue?) throws -> Void) throws {
    if let text = value?.utf8,
      try records.nested(text, { (inner: JSONValue) -> Void in try body(inner) }) != nil
    {
      return
    }
    try body(value)
  }

  /// `0.037s`, or milliseconds.
  private static func seconds(_ value: JSONValue?) -> Double? {
    if let number = value?.double { return number / 1000 }
    guard let text = value?.string else { return nil }
    return text.hasSuffix("s") ? Double(text.dropLast()) : Double(text).map { $0 / 1000 }
  }

  // MARK: Assessments

  private func assessments(_ info: JSONValue, id: String) throws -> Bool {
    guard let list = info["assessments"], list.kind == .array else { return false }
    var overridden: [String: String] = [:]
    list.forEachElement { row in
      if let id = row.text("assessment_id"), let earlier = row.text("overrides") { overridden[id] = earlier }
    }
    var any = false
    try list.forEachElement { row in
      // An overridden one is told by what took its place.
      if row["valid"]?.bool == false { return }
      any = true
      var native = row.text("assessment_id") ?? ""
      // It keeps the first one's id, so that it replaces what was pulled of that.
      for _ in 0..<overridden.count { native = overridden[native] ?? native }
      try assessment(row, native: native, trace: id)
    }
    return any
  }

  private func assessment(_ row: JSONValue, native: String, trace: String) throws {
    let name = row.text("assessment_name", "name") ?? ""
    let isPerson = row["source"]?.text("source_type") == "HUMAN"
    guard let rule = isPerson ? records.signal(named: name) : records.source.signals[name] else {
      return records.unmapped(signal: name)
    }
    // A judge that failed has no opinion.
    if row["feedback"]?.first("error") != nil { return }
    var facts = FeedbackFacts(native: native, time: try row.time("create_time"), signal: rule.signal)
    facts.updated = row.timeIfAny("last_update_time")
    facts.target = trace
    if let person = row["source"]?.text("source_id"), isPerson, person != "default" { facts.user = person }
    try value(of: row) { value in
      switch rule.signal {
      case .correction: facts.correction = value
      case .comment: facts.comment = value?.utf8.map { $0.isEmpty } == false ? value : row["rationale"]
      default:
        facts.value = try RecordWriter.value(rule, value)
        facts.comment = row["rationale"]
      }
      try records.feedback(facts)
    }
  }

  private func value(of row: JSONValue, _ body: (JSONValue?) throws -> Void) throws {
    guard let expectation = row["expectation"] else { return try body(row["feedback"]?.first("value")) }
    guard let serialised = expectation["serialized_value"]?["value"] else {
      return try body(expectation.first("value"))
    }
    try opened(serialised, body)
  }
}

private final class MLflowConnector: Connector {
  let streams = [SourceStream("interactions")]
  private let experiment = Mutex<String?>(nil)

  /// Traces of one request for their spans, and requests at a time: a trace may hold many long spans.
  private static let batch = 10
  private static let atOnce = 2

  func authorization(_ credentials: ServiceCredentials) -> [HTTPHeader] {
    guard let key = credentials.key else { return [] }
    return [HTTPHeader("Authorization", "Bearer \(key)")]
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    let query = search(request, try await experiment(service))
    guard let response = try await service.answer("/api/3.0/mlflow/traces/search", json: query) else {
      throw service.fault(.tooOld, "MLflow 3")
    }
    let page = try service.json(response) { try TracePage($0) }
    var bodies: [String: [UInt8]] = [:]
    let batches = stride(from: 0, to: page.cut.count, by: Self.batch).map {
      Array(page.cut[$0..<min($0 + Self.batch, page.cut.count)])
    }
    for start in stride(from: 0, to: batches.count, by: Self.atOnce) {
      let group = batches[start..<min(start + Self.atOnce, batches.count)]
      try await withThrowingTaskGroup(of: [String: [UInt8]].self) { tasks in
        for ids in group { tasks.addTask { try await Self.bodies(of: ids, service) } }
        for try await found in tasks { bodies.merge(found) { $1 } }
      }
    }
    return SourcePage(lines: page.lines(bodies), next: page.next)
  }

  private func search(_ request: PageRequest, _ experiment: String) -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("filter")
    writer.string("timestamp_ms >= \(request.from.microseconds / 1000)")
    writer.key("locations")
    writer.beginArray()
    writer.beginObject()
    writer.key("mlflow_experiment")
    writer.beginObject()
    writer.key("experiment_id")
    writer.string(experiment)
    writer.endObject()
    writer.key("type")
    writer.string("MLFLOW_EXPERIMENT")
    writer.endObject()
    writer.endArray()
    writer.key("max_results")
    writer.integer(Int64(request.limit))
    writer.key("order_by")
    writer.beginArray()
    // The oldest first: pages are counted from the start, so that new traces move none from one page to another.
    writer.string("timestamp_ms ASC")
    writer.endArray()
    if let cursor = request.cursor {
      writer.key("page_token")
      writer.string(cursor)
    }
    writer.endObject()
    return out.bytes
  }

  /// The id of the experiment that the definition names, or states by its id.
  private func experiment(_ service: SourceService) async throws -> String {
    if let known = experiment.withLock({ $0 }) { return known }
    let name = service.parameters.project ?? ""
    var found: String?
    for (path, key) in [("get-by-name", "experiment_name"), ("get", "experiment_id")] where found == nil {
      if key == "experiment_id", !name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { continue }
      guard
        let response = try await service.answer("/api/2.0/mlflow/experiments/\(path)", query: [(key, name)])
      else { continue }
      found = try service.json(response) { (answer: JSONValue) -> String? in
        answer["experiment"]?.text("experiment_id")
      }
    }
    guard let found else { throw service.fault(.noProject, name) }
    experiment.withLock { $0 = found }
    return found
  }

  // MARK: Bodies

  /// What went into and came out of some traces, as JSON, by trace.
  private static func bodies(of ids: [String], _ service: SourceService) async throws -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    // Servers before 3.5 have no such request, and those that keep spans as files may not serve it.
    if let response = try await service.answer(
      "/api/3.0/mlflow/traces/batchGet", query: ids.map { ("trace_ids", $0) }, missing: [404, 501])
    {
      found = try service.json(response) { (answer: JSONValue) -> [String: [UInt8]] in
        var found: [String: [UInt8]] = [:]
        answer["traces"]?.forEachElement { trace in
          guard let id = trace["trace_info"]?.text("trace_id") else { return }
          found[id] = MLflowBodies(trace["spans"]).json
        }
        return found
      }
    }
    for id in ids where found[id] == nil {
      // Nothing: deleted since, or its spans are; its row says that it is cut.
      guard
        let response = try await service.answer(
          "/ajax-api/3.0/mlflow/get-trace-artifact", query: [("request_id", id)])
      else { continue }
      found[id] = try service.json(response) { (answer: JSONValue) -> [UInt8]? in
        MLflowBodies(answer["spans"]).json
      }
    }
    return found
  }
}

/// One page of traces.
private struct TracePage: Sendable {
  private var rows: [(id: String, json: [UInt8])] = []
  let next: String?
  /// The traces whose bodies the page does not hold in full.
  private(set) var cut: [String] = []

  init(_ answer: JSONValue) throws {
    next = answer.text("next_page_token")
    // An experiment without traces has no member of that name.
    answer["traces"]?.forEachElement { row in
      let out = ByteBuffer(capacity: 1 << 12)
      var writer = JSONWriter(out)
      writer.canonical(row)
      let id = row.text("trace_id") ?? ""
      rows.append((id, out.bytes))
      let state = row.text("state")
      guard !id.isEmpty, state != "IN_PROGRESS" else { return }
      let texts = ["mlflow.traceInputs", "mlflow.traceOutputs"].map { row["trace_metadata"]?.text($0) }
      let isCut = texts.contains { text in
        guard var text else { return state != "ERROR" }
        return text.withUTF8 { MLflow.isCut(UnsafeRawBufferPointer($0)) }
      }
      if isCut { cut.append(id) }
    }
  }

  /// The traces with their bodies as JSON Lines.
  func lines(_ bodies: [String: [UInt8]]) -> [UInt8] {
    let out = ByteBuffer(capacity: 1 << 16)
    for row in rows {
      if let body = bodies[row.id] {
        out.append("{\"bodies\":")
        out.append(body)
        out.append(",\"info\":")
        out.append(row.json)
        out.append("}\n")
      } else {
        out.append(row.json)
        out.append("\n")
      }
    }
    return out.bytes
  }
}

/// What the spans of a trace say of its call: the root's input and output, and the model of the last call of one.
struct MLflowBodies {
  /// An object with `inputs`, `outputs` and `model`, each where it is known; nil without a root span.
  private(set) var json: [UInt8]?

  /// Takes spans as `batchGet` or as `get-trace-artifact` gives them.
  init(_ spans: JSONValue?) {
    var root: JSONValue?
    var model: JSONValue?
    spans?.forEachElement { span in
      if root == nil, span.text("parent_span_id") == nil { root = span }
      if let found = Self.attribute("mlflow.llm.model", of: span) { model = found }
    }
    guard let root else { return }
    let out = ByteBuffer(capacity: 1 << 12)
    var writer = JSONWriter(out)
    writer.beginObject()
    for (key, name) in [("inputs", "mlflow.spanInputs"), ("outputs", "mlflow.spanOutputs")] {
      guard let value = Self.attribute(name, of: root) else { continue }
      writer.key(string: key)
      Self.write(value, &writer)
    }
    if let model {
      writer.key("model")
      Self.write(model, &writer)
    }
    writer.endObject()
    json = out.bytes
  }

  /// An attribute in OpenTelemetry's list of keys and values, or in an object of JSON texts.
  private static func attribute(_ name: String, of span: JSONValue) -> JSONValue? {
    guard let attributes = span["attributes"] else { return nil }
    if attributes.kind == .object { return attributes.first(name) }
    var found: JSONValue?
    attributes.forEachElement { item in
      if item["key"]?.string == name { found = item["value"] }
    }
    return found
  }

  /// Writes a value of OpenTelemetry as JSON; a text of JSON as it is, since its reader opens it.
  private static func write(_ value: JSONValue, _ writer: inout JSONWriter) {
    if value.kind == .string { return writeText(value, &writer) }
    for key in ["string_value", "bool_value", "double_value"] {
      if let found = value[key], !found.isNull { return writer.canonical(found) }
    }
    if let whole = value["int_value"], !whole.isNull {
      return whole.string.flatMap(Int64.init).map { writer.integer($0) } ?? writer.canonical(whole)
    }
    if let list = value["array_value"], list.kind == .object {
      writer.beginArray()
      list["values"]?.forEachElement { write($0, &writer) }
      return writer.endArray()
    }
    if let map = value["kvlist_value"], map.kind == .object {
      writer.beginObject()
      map["values"]?.forEachElement { item in
        writer.key(string: item["key"]?.string ?? "")
        if let inner = item["value"] { write(inner, &writer) } else { writer.null() }
      }
      return writer.endObject()
    }
    writer.null()
  }

  /// Writes a text of JSON, as `get-trace-artifact` gives all attributes; a text in quotes without them.
  private static func writeText(_ value: JSONValue, _ writer: inout JSONWriter) {
    guard let text = value.utf8, text.first == 0x22 else { return writer.canonical(value) }
    let isWritten: Void? = try? JSONParser(maximumLength: max(text.count, 1 << 16)).parse(text) {
      (inner: JSONValue) -> Void in
      writer.canonical(inner)
    }
    if isWritten == nil { writer.canonical(value) }
  }
}
