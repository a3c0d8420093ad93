import Bytes
import Records
import Text
import Transport

/// Why a call about a batch gave nothing.
struct BatchFault: Error {
  /// What became of the call at the service.
  enum Fate {
    /// It was refused, and nothing was done.
    case refused
    /// Nothing was done, and it may pass next time.
    case again
    /// It may have been done.
    case uncertain
  }

  let error: ModelError
  let fate: Fate

  /// Whether the service says that there is no such thing.
  var isGone: Bool { fate == .refused && (error.status == 404 || error.status == 410) }
}

/// One service's batches over the wire: OpenAI's files and batches, or Anthropic's message batches.
///
/// A file is sent and received as one body in memory, 200 MB at most with OpenAI and 256 MB with Anthropic, beside
/// libcurl's own copy of what is sent.
struct BatchWire: Sendable {
  /// What stands under this name in a batch's `metadata` is its key; OpenAI only.
  static let metadataKey = "flywheel_batch"
  /// Bytes of a file of results: 50,000 answers of 20 KB each are a GB.
  private static let longestResults = 1 << 30
  /// Pages of 100 that a list of batches is read at most.
  private static let mostPages = 100

  let model: LanguageModel
  let service: ModelService
  let http: HTTPClient
  let parsers: Parsers
  let environment: ServiceClient.Environment

  private var isAnthropic: Bool { service.kind == .anthropic }

  // MARK: Files

  /// Hands the service a file of requests.
  /// - Returns: what the service calls it.
  func upload(_ bytes: [UInt8], _ batch: BatchRecord) async throws -> String {
    // Content that holds its own hash is not to be had.
    let boundary = "flywheel-\(Digest.sha256(bytes).hex)"
    let out = ByteBuffer(capacity: bytes.count + 1024)
    out.append(string: "--\(boundary)\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n")
    out.append(
      string:
        "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(batch.key).jsonl\"\r\n"
        + "Content-Type: application/jsonl\r\n\r\n")
    out.append(bytes)
    out.append(string: "\r\n--\(boundary)--\r\n")
    var request = service.request(.post, "/files", out.bytes)
    request.headers.append(HTTPHeader("Content-Type", "multipart/form-data; boundary=\(boundary)"))
    // A file that is there twice costs nothing.
    return try await identifier(of: again(request))
  }

  /// Reads one file of results.
  func results(_ name: String) async throws -> [UInt8] {
    let path =
      try isAnthropic ? "/messages/batches/\(segment(name))/results" : "/files/\(segment(name))/content"
    return try await again(service.request(.get, path), most: Self.longestResults).body
  }

  // MARK: Batches

  /// Has the service make a batch; sent once, since making it twice is two bills.
  /// - Returns: what the service calls it.
  func create(_ batch: BatchRecord, _ bytes: [UInt8]) async throws -> String {
    var body = bytes
    if !isAnthropic {
      let out = ByteBuffer()
      var writer = JSONWriter(out)
      writer.beginObject()
      writer.member("input_file_id", batch.upload)
      writer.member("endpoint", "/v1/chat/completions")
      writer.member("completion_window", "24h")
      writer.key("metadata")
      writer.beginObject()
      writer.key(string: Self.metadataKey)
      writer.string(batch.key)
      writer.endObject()
      writer.endObject()
      body = out.bytes
    }
    var request = service.request(.post, batchesPath, body)
    request.headers.append(HTTPHeader("Content-Type", "application/json"))
    request.headers.append(HTTPHeader("Idempotency-Key", "flywheel-batch-\(batch.key)"))
    request.isIdempotent = false
    let response: HTTPResponse
    do {
      response = try await once(request, most: nil)
    } catch let fault as Sent {
      // Of all that may pass only no connection and 429 say that no batch was made.
      let error = fault.error
      let isSure = error.status == 429 || error.status == 0 && fault.fate == .again
      throw BatchFault(error: error, fate: fault.fate == .again && !isSure ? .uncertain : fault.fate)
    }
    return try identifier(of: response)
  }

  /// Asks how far a batch is.
  /// - Returns: how it ended, and the files of results; nil while it goes on.
  func poll(_ identifier: String) async throws -> (end: BatchEnd, files: [String])? {
    let response = try await again(service.request(.get, "\(batchesPath)/\(segment(identifier))"))
    return try read(response) { value in
      let counts = value["request_counts"]
      if isAnthropic {
        guard let status = value["processing_status"]?.string else { throw Unread() }
        guard status == "ended" else { return nil }
        let answered = counts?["succeeded"]?.int64.flatMap { Int(exactly: $0) }
        return (BatchEnd(status: status, answered: answered), [identifier])
      }
      guard let status = value["status"]?.string else { throw Unread() }
      guard ["completed", "expired", "cancelled", "failed"].contains(status) else { return nil }
      let error = value["errors"]?["data"]?[0]
      let answered = counts?["completed"]?.int64.flatMap { Int(exactly: $0) }
      let end = BatchEnd(status: status, code: error.map(ResponseBody.plainCode) ?? "", answered: answered)
      return (
        end, ["output_file_id", "error_file_id"].compactMap { value[$0]?.string }.filter { !$0.isEmpty }
      )
    }
  }

  /// Asks the service to end a batch early.
  func cancel(_ identifier: String) async throws {
    _ = try await again(service.request(.post, "\(batchesPath)/\(segment(identifier))/cancel", []))
  }

  // MARK: Finding a batch again

  /// What a search for a batch came to.
  enum Search {
    case found(String)
    /// The service does not have it.
    case absent
    /// It may be one that has not ended.
    case pending
    /// There are too many batches to tell.
    case unknown
  }

  /// Looks for a batch whose making may have been lost.
  ///
  /// OpenAI's carry our key as metadata. Anthropic's carry nothing of ours but the `custom_id` of each request, which
  /// shows in the results only: those that were made since, have as many requests and are none that we know are
  /// candidates, and each that has ended is told by the key in its results. While one has not, nobody can tell.
  /// - Parameters:
  ///   - batch: the batch.
  ///   - count: its requests.
  ///   - known: batches that are others of ours.
  /// - Returns: what it came to.
  /// - Throws: ``BatchFault``.
  func search(_ batch: BatchRecord, count: Int, known: Set<String>) async throws -> Search {
    var after: String?
    var isPending = false
    for _ in 0..<Self.mostPages {
      var path = "\(batchesPath)?limit=100"
      if let after { path += try "&\(isAnthropic ? "after_id" : "after")=\(segment(after))" }
      let response = try await again(service.request(.get, path))
      let since = (batch.tried ?? batch.time).microseconds + skew(response)
      let page = try read(response) { value in try Page(value, batch.key, count: count, since: since) }
      if let found = page.found { return .found(found) }
      for candidate in page.candidates where !known.contains(candidate.identifier) {
        guard candidate.hasEnded else {
          isPending = true
          continue
        }
        if try await holds(candidate.identifier, batch) { return .found(candidate.identifier) }
      }
      // Anthropic's newest come first (API reference, "List Message Batches").
      let isOver = isAnthropic && !page.isRecent
      guard page.hasMore, !isOver, let last = page.last, last != after else {
        return isPending ? .pending : .absent
      }
      after = last
    }
    return .unknown
  }

  /// How far the service's clock is before ours, less ten minutes, in microseconds; a day less where it does not say.
  private func skew(_ response: HTTPResponse) -> Int64 {
    guard let date = response.date else { return -86_400_000_000 }
    return date.microseconds - environment.date().microseconds - 600_000_000
  }

  private func holds(_ identifier: String, _ batch: BatchRecord) async throws -> Bool {
    let bytes: [UInt8]
    do {
      bytes = try await results(identifier)
    } catch let fault as BatchFault where fault.isGone {
      return false
    }
    let prefix = BatchFile.prefix(batch.key)
    for line in bytes.split(separator: 0x0A) {
      let name = try? parsers.parse(Array(line)) { $0["custom_id"]?.string }
      if let name { return name.hasPrefix(prefix) }
    }
    return false
  }

  // MARK: Exchanges

  private var batchesPath: String { isAnthropic ? "/messages/batches" : "/batches" }

  /// A name of the service's as a part of a path.
  private func segment(_ name: String) throws -> String {
    guard !name.isEmpty, name.utf8.count <= 512, name != ".", name != ".." else {
      throw BatchFault(error: ModelError(.malformed, model: model.name, detail: "id"), fate: .refused)
    }
    return HTTPRequest.pathSegment(name)
  }

  /// One exchange that failed, with what a retry wants to know.
  private struct Sent: Error {
    let error: ModelError
    let fate: BatchFault.Fate
    let fact: TransportError?
  }

  private func once(_ request: HTTPRequest, most: Int?) async throws -> HTTPResponse {
    let fate: Fate
    do {
      let response = try await http.send(request, maximumBody: most)
      if response.isSuccess { return response }
      let code = (try? parsers.parse(response.body, ResponseBody.code)) ?? ""
      fate = Fate.of(response, code: code, model: model.name, now: environment.date())
    } catch {
      fate = Fate.of(error, model: model.name)
    }
    switch fate {
    case .again(let error, let fact): throw Sent(error: error, fate: .again, fact: fact)
    case .lost(let error, let fact): throw Sent(error: error, fate: .uncertain, fact: fact)
    case .refused(let error): throw Sent(error: error, fate: .refused, fact: nil)
    case .answered:
      throw Sent(error: ModelError(.malformed, model: model.name), fate: .uncertain, fact: nil)
    }
  }

  /// Sends a request that may be sent again, by the service's policy.
  private func again(_ request: HTTPRequest, most: Int? = nil) async throws -> HTTPResponse {
    var attempt = 0
    while true {
      attempt += 1
      do {
        return try await once(request, most: most)
      } catch let sent as Sent {
        let wait = sent.fact.flatMap {
          service.retry.wait(after: $0, attempt: attempt, isIdempotent: true, random: environment.random())
        }
        guard let wait else { throw BatchFault(error: sent.error, fate: sent.fate) }
        do {
          try await environment.sleep(wait)
        } catch {
          throw BatchFault(error: ModelError(.cancelled, model: model.name), fate: sent.fate)
        }
      }
    }
  }

  /// An answer of another form than the interface has.
  private struct Unread: Error {}

  private func read<Value>(_ response: HTTPResponse, _ body: (JSONValue) throws -> Value) throws -> Value {
    do {
      return try parsers.parse(response.body, body)
    } catch {
      throw BatchFault(
        error: ModelError(.malformed, model: model.name, status: response.status), fate: .uncertain)
    }
  }

  private func identifier(of response: HTTPResponse) throws -> String {
    try read(response) { value in
      guard let identifier = value["id"]?.string, !identifier.isEmpty, identifier.utf8.count <= 512 else {
        throw Unread()
      }
      return identifier
    }
  }

  /// A page of a list of batches.
  private struct Page {
    var found: String?
    var candidates: [(identifier: String, hasEnded: Bool)] = []
    /// Whether any of it was made since the batch was tried.
    var isRecent = false
    var hasMore = false
    var last: String?

    init(_ value: JSONValue, _ key: String, count: Int, since: Int64) throws {
      guard let data = value["data"], data.kind == .array else { throw Unread() }
      hasMore = value["has_more"]?.bool ?? false
      for batch in data.elements {
        guard let identifier = batch["id"]?.string else { throw Unread() }
        last = identifier
        if batch["metadata"]?[BatchWire.metadataKey]?.string == key { found = identifier }
        guard let status = batch["processing_status"]?.string else { continue }
        let made = batch["created_at"]?.string.flatMap { Timestamp($0) }
        guard (made?.microseconds ?? Int64.max) >= since else { continue }
        isRecent = true
        var sum: Int64 = 0
        batch["request_counts"]?.forEachMember { sum &+= $1.int64 ?? 0 }
        if sum == Int64(count) { candidates.append((identifier, status == "ended")) }
      }
    }
  }
}
