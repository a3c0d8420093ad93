import Bytes
import Foundation
import Records
import Text
import Transport

/// Portkey, by its log exports: a job is made, started, waited for, and its file is read from a signed
/// address.
///
/// Costs are in cents. Feedback is not exported, but logs can be selected by it: two more exports name the
/// traces with good and with bad feedback, which become thumbs on the last log of the trace.
enum Portkey: SourceSystem {
  /// How long a job may take.
  @TaskLocal static var patience = Duration.seconds(1800)

  static var traits: SourceTraits {
    var traits = SourceTraits("Portkey", [.service])
    traits.address = "https://api.portkey.ai/v1"
    traits.required = [.key]
    traits.optional = [.workspace]
    traits.keyVariable = "PORTKEY_API_KEY"
    traits.userKeys += ["_user"]
    // A file is read whole, so that many logs of some 10 KB; the service makes files of up to 50,000.
    traits.pageSize = (2000, 50_000)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    PortkeyReader(records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? { PortkeyConnector() }

  /// The first of some entries of a log's metadata: an object, or one list of keys and one of values.
  static func metadata(_ row: JSONValue, _ keys: String...) -> String? {
    let metadata = row["metadata"]
    let names = metadata?["metadata.key"] ?? row["metadata.key"]
    let values = metadata?["metadata.value"] ?? row["metadata.value"]
    for key in keys {
      if let names, let values {
        guard let place = names.elements.firstIndex(where: { $0.string == key }) else { continue }
        if let text = values[place]?.scalarText, !text.isEmpty { return text }
      } else if let text = metadata?.text(key) {
        return text
      }
    }
    return nil
  }
}

private final class PortkeyReader: RowReader {
  private let records: RecordWriter

  init(_ records: RecordWriter) { self.records = records }

  func read(_ line: JSONValue) throws -> Bool {
    let composed = ComposedRow(line)
    let row = composed.row
    if composed.stream == "feedback" {
      guard let value = line.number("value"), let trace = row.text("trace_id") else { return false }
      var facts = FeedbackFacts(native: "\(trace)#feedback", time: try row.time("created_at"), signal: .thumb)
      facts.trace = trace
      facts.user = Portkey.metadata(row, "_user")
      facts.value = value
      facts.updated = composed.read
      try records.feedback(facts)
      return true
    }
    // A call that failed has no answer to learn from.
    if row.number("is_success") == 0 || row["is_success"]?.bool == false { return false }
    var facts = InteractionFacts(native: row.text("id"), time: try row.time("created_at"))
    facts.conversation = Portkey.metadata(row, "session_id", "conversation_id", "thread_id", "_session")
    facts.trace = row.text("trace_id")
    facts.user = Portkey.metadata(row, "_user", "user_id")
    facts.model = row.text("ai_model")
    facts.prompt = row.text("prompt_slug")
    facts.tokensIn = row.whole("req_units")
    facts.tokensOut = row.whole("res_units")
    facts.cost = row.number("cost").map { Self.dollars($0) }
    facts.latency = row.number("response_time").map { $0 / 1000 }
    facts.metadata = records.metadata(of: row)
    try body(row["request"]) { request in
      try body(row["response"]) { response in
        facts.finish = response?.finishReason
        try records.interaction(facts, input: request, output: response)
      }
    }
    return true
  }

  /// A request or an answer: in `body` or bare, as JSON or as its text.
  private func body(_ value: JSONValue?, _ use: (JSONValue?) throws -> Void) throws {
    if let text = value?.utf8, text.first == 0x7B {
      let isJSON: Void? = try records.nested(text) { (value: JSONValue) -> Void in
        try use(value.first("body") ?? value)
      }
      if isJSON != nil { return }
    }
    guard let value, value.kind == .object else { return try use(value) }
    try use(value.first("body") ?? value)
  }

  /// Cents as dollars, to the billionth.
  private static func dollars(_ cents: Double) -> Double { (cents * 1e7).rounded() / 1e9 }
}

private final class PortkeyConnector: Connector {
  let streams = [SourceStream("interactions"), SourceStream("feedback")]

  private static let fields = [
    "id", "trace_id", "created_at", "request", "response", "is_success", "ai_org", "ai_model", "req_units",
    "res_units", "total_units", "cost", "cost_currency", "response_time", "response_status_code",
    "prompt_slug",
    "metadata",
  ]

  func authorization(_ credentials: ServiceCredentials) throws -> [HTTPHeader] {
    credentials.key.map { [HTTPHeader("x-portkey-api-key", $0)] } ?? []
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    // A cursor is the number of a file, behind the sign of the feedback that it is selected by.
    let parts = (request.cursor ?? "").split(separator: " ")
    let number = parts.last.flatMap { Int($0) } ?? 0
    if request.stream.name == "interactions" {
      let (rows, isLast) = try await export(Self.fields, number, nil, request, service)
      return SourcePage(lines: rows, next: isLast ? nil : "\(number + 1)")
    }
    let isGood = parts.first != "bad"
    let (rows, isLast) = try await export(
      ["id", "trace_id", "created_at", "metadata"], number, isGood, request, service)
    let composed = ComposedRows(request.stream, service)
    for line in rows.split(separator: 0x0A) where !line.allSatisfy({ $0 <= 0x20 }) {
      try service.json(Array(line)) { (row: JSONValue) -> Void in
        composed.add(row) {
          $0.key("value")
          $0.integer(isGood ? 1 : -1)
        }
      }
    }
    let next = isLast ? (isGood ? "bad 0" : nil) : "\(isGood ? "good" : "bad") \(number + 1)"
    return composed.page(next: next)
  }

  /// Runs one job.
  /// - Returns: the lines of its file, and whether the selection ends with them.
  private func export(
    _ fields: [String], _ number: Int, _ isGood: Bool?, _ request: PageRequest, _ service: SourceService
  ) async throws -> (rows: [UInt8], isLast: Bool) {
    let body = Self.order(fields, number, isGood, request, workspace: service.parameters.workspace)
    let made = try service.json(
      try await service.client.post("/logs/exports", json: body, isIdempotent: false)
    ) {
      (answer: JSONValue) -> (id: String, total: Int) in
      guard let id = answer.text("id"), id.utf8.allSatisfy(Self.isPlain) else {
        throw service.fault(.badAnswer, "id")
      }
      return (id, Int(answer.whole("total") ?? 0))
    }
    let isLast = made.total <= (number + 1) * request.limit
    if made.total <= number * request.limit { return ([], true) }
    let job = "/logs/exports/\(made.id)"
    _ = try await service.client.post("\(job)/start", json: Array("{}".utf8))
    try await wait(for: job, service)
    let file = try await download(job, service)
    return (file.starts(with: [0x1F, 0x8B]) ? try Self.unpacked(file, service) : file, isLast)
  }

  private func wait(for job: String, _ service: SourceService) async throws {
    let end = ContinuousClock.now + Portkey.patience
    var pause = Duration.milliseconds(200)
    while true {
      let state = try service.json(try await service.client.get(job)) { (answer: JSONValue) in
        answer.text("status")
      }
      if state == "success" { return }
      if state == "failed" || state == "stopped" { throw service.fault(.jobFailed, state ?? "") }
      guard ContinuousClock.now + pause < end else { throw service.fault(.jobFailed, state ?? "no status") }
      try await Task.sleep(for: pause)
      pause = min(pause * 2, .seconds(10))
    }
  }

  private func download(_ job: String, _ service: SourceService) async throws -> [UInt8] {
    // The address is good for a short time, so one that has expired is asked for once more.
    for _ in 0..<2 {
      let url = try service.json(try await service.client.get("\(job)/download")) {
        (answer: JSONValue) -> String in
        guard let url = answer.text("signed_url") else { throw service.fault(.badAnswer, "signed_url") }
        return url
      }
      if let file = try await service.signed(url) { return file }
    }
    // Its status is the object store's, and says nothing about the key of the service.
    throw service.fault(.jobFailed, "expired")
  }

  private static func order(
    _ fields: [String], _ number: Int, _ isGood: Bool?, _ request: PageRequest, workspace: String?
  ) -> [UInt8] {
    let body = ByteBuffer()
    var writer = JSONWriter(body)
    writer.beginObject()
    writer.key("filters")
    writer.beginObject()
    writer.key("current_page")
    writer.integer(Int64(number))
    writer.key("page_size")
    writer.integer(Int64(request.limit))
    writer.key("time_of_generation_max")
    writer.string(request.to.description)
    writer.key("time_of_generation_min")
    writer.string(request.from.description)
    if let isGood {
      // Weights are from 0 to 1 and values whole, so that no feedback is as near to nothing.
      writer.key(string: isGood ? "weighted_feedback_min" : "weighted_feedback_max")
      writer.number(isGood ? 0.001 : -0.001)
    }
    writer.endObject()
    writer.key("requested_data")
    writer.beginArray()
    for field in fields { writer.string(field) }
    writer.endArray()
    if let workspace {
      writer.key("workspace_id")
      writer.string(workspace)
    }
    writer.endObject()
    return body.bytes
  }

  /// Whether a byte of a job's id may stand in a path as it is.
  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D || byte == 0x5F
  }

  /// The text of a compressed file, which passes through a private file of its own, since decoders read
  /// files.
  private static func unpacked(_ packed: [UInt8], _ service: SourceService) throws -> [UInt8] {
    let path = FileManager.default.temporaryDirectory.path + "/flywheel-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      _ = try DurableFile.create(path, packed)
      let source = try InputDescriptor(path: path).source(checked: true)
      var text: [UInt8] = []
      while true {
        let got = try [UInt8](unsafeUninitializedCapacity: 1 << 18) { buffer, count in
          count = try buffer.baseAddress.map { try source.read(into: $0, count: 1 << 18) } ?? 0
        }
        if got.isEmpty { return text }
        text += got
        if text.count > longestFile {
          throw service.fault(.badAnswer, "a file over \(longestFile >> 20) MiB")
        }
      }
    } catch is InputError {
      throw service.fault(.badAnswer, "gzip")
    }
  }

  /// Decoded bytes of one file.
  private static let longestFile = 256 << 20
}
