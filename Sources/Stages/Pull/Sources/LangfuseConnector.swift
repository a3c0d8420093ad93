import Bytes
import Foundation
import Records
import Synchronization
import Text
import Transport

/// Asks Langfuse's API: the one of version 4 first, where that is not there (404 or 501) the one before it.
///
/// The older one pages by number, so its windows have an end, and its observations do not say whose they are:
/// the traces of a page's time are listed beside it, and what is missing then is asked for one by one.
final class LangfuseConnector: Connector {
  private static let pageLimit = 100
  /// Starts the cursors of the older interface; those of the newer one are base64, which has no colon.
  private static let numbered = "page:"
  /// How much earlier than its first observation a trace may have begun to be found by listing.
  private static let traceSlack: Int64 = 3_600_000_000
  private static let tracesKept = 100_000
  private static let requestsAtOnce = 8

  let streams = [SourceStream("interactions"), SourceStream("feedback")]
  private let traces = Mutex(TraceTable())

  func authorization(_ credentials: ServiceCredentials) throws -> [HTTPHeader] {
    let pair = "\(credentials.publicKey ?? ""):\(credentials.key ?? "")"
    return [HTTPHeader("Authorization", "Basic \(Data(pair.utf8).base64EncodedString())")]
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    if let cursor = request.cursor, cursor.hasPrefix(Self.numbered) {
      guard let number = Int(cursor.dropFirst(Self.numbered.count)) else { throw service.fault(.staleCursor) }
      return try await older(request, service, number)
    }
    do {
      return try await newer(request, service)
    } catch let error as TransportError where request.cursor == nil && Self.isAbsent(error) {
      return try await older(request, service, 1)
    }
  }

  /// Whether the server has no such interface: until March 2026, servers before version 4 said so with a 501
  /// (langfuse/langfuse, pull request 12610).
  private static func isAbsent(_ error: TransportError) -> Bool { error.status == 404 || error.status == 501 }

  // MARK: Version 4

  private func newer(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    var query: [(String, String)] = []
    let path: String
    if request.stream.name == "feedback" {
      path = "/api/public/v3/scores"
      query = [
        ("fields", "details,subject"), ("fromTimestamp", request.from.description),
        ("limit", String(min(request.limit, Self.pageLimit))),
      ]
    } else {
      path = "/api/public/v2/observations"
      var groups = "core,basic,time,io,model,usage,prompt,metrics,trace_context"
      if let keys = Self.metadataKeys(service.source) {
        groups += ",metadata"
        // Values of more than 200 characters are cut unless their keys are named.
        if !keys.isEmpty { query.append(("expandMetadata", keys.joined(separator: ","))) }
      }
      query += [
        ("fields", groups), ("fromStartTime", request.from.description), ("limit", String(request.limit)),
      ]
      query += Self.type(service)
    }
    if let cursor = request.cursor { query.append(("cursor", cursor)) }
    let response = try await service.client.get(path, query: query)
    let document = try service.document(response)
    let next = try document.read { answer in
      guard let meta = answer["meta"], meta.kind == .object else { throw service.fault(.badAnswer, "meta") }
      return meta.text("cursor")
    }
    return SourcePage(document, at: ["data"], next: next)
  }

  /// The keys of metadata that the definition asks for; nil if it asks for none.
  private static func metadataKeys(_ source: SourceDefinition) -> [String]? {
    let paths = source.metadata.filter { $0.components.first == "metadata" }
    return paths.isEmpty ? nil : paths.compactMap { $0.components.count > 1 ? $0.components[1] : nil }
  }

  /// The filter can name one type; of several, the reader takes its own.
  private static func type(_ service: SourceService) -> [(String, String)] {
    service.types.count == 1 ? service.types.map { ("type", $0) } : []
  }

  // MARK: Before version 4

  private func older(_ request: PageRequest, _ service: SourceService, _ number: Int) async throws
    -> SourcePage
  {
    let limit = String(min(request.limit, Self.pageLimit))
    let paging = [("page", String(number)), ("limit", limit)]
    if request.stream.name == "feedback" {
      let response = try await service.client.get(
        "/api/public/v2/scores",
        query: paging + [
          ("fields", "score"), ("fromTimestamp", request.from.description),
          ("toTimestamp", request.to.description),
        ])
      let document = try service.document(response)
      let next = try document.read { try Self.next(after: number, in: $0, service) }
      return SourcePage(document, at: ["data"], next: next)
    }
    let response = try await service.client.get(
      "/api/public/observations",
      query: paging + Self.type(service) + [
        ("fromStartTime", request.from.description), ("toStartTime", request.to.description),
      ])
    let document = try service.document(response)
    let (next, needed) = try document.read { answer in
      (try Self.next(after: number, in: answer, service), TracesOfPage(answer))
    }
    try await learn(needed, service)
    return SourcePage(lines: document.read { answer in traces.withLock { $0.lines(answer) } }, next: next)
  }

  private static func next(after number: Int, in document: JSONValue, _ service: SourceService) throws
    -> String?
  {
    guard let data = document["data"], data.kind == .array else { throw service.fault(.badAnswer, "data") }
    guard let pages = document["meta"]?.whole("totalPages") else {
      throw service.fault(.badAnswer, "meta.totalPages")
    }
    return data[0] == nil || number >= pages ? nil : "\(numbered)\(number + 1)"
  }

  /// Finds out whose the traces of a page are.
  private func learn(_ page: TracesOfPage, _ service: SourceService) async throws {
    guard let low = page.low, let high = page.high else { return }
    let from = Timestamp(microseconds: low.microseconds - Self.traceSlack)
    let covered = traces.withLock { table in
      if table.known.count > Self.tracesKept { table.known = [:] }
      return table.covered
    }
    // Pages go back in time, so each adds to what the ones before it covered.
    let to = covered ?? Timestamp(microseconds: high.microseconds + 1_000_000)
    if from < to {
      try await list(from, to, service)
      traces.withLock { $0.covered = from }
    }
    let missing = traces.withLock { table in page.ids.filter { table.known[$0] == nil }.sorted() }
    for start in stride(from: 0, to: missing.count, by: Self.requestsAtOnce) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for id in missing[start..<min(start + Self.requestsAtOnce, missing.count)] {
          group.addTask { try await self.fetch(id, service) }
        }
        try await group.waitForAll()
      }
    }
  }

  private func list(_ from: Timestamp, _ to: Timestamp, _ service: SourceService) async throws {
    var number = 1
    while true {
      let response = try await service.client.get(
        "/api/public/traces",
        query: [
          ("page", String(number)), ("limit", String(Self.pageLimit)), ("fields", "core"),
          ("orderBy", "timestamp.asc"), ("fromTimestamp", from.description), ("toTimestamp", to.description),
        ])
      let next = try service.json(response) { document in
        document["data"]?.forEachElement { trace in traces.withLock { $0.add(trace) } }
        return try Self.next(after: number, in: document, service)
      }
      guard next != nil else { return }
      number += 1
    }
  }

  private func fetch(_ id: String, _ service: SourceService) async throws {
    do {
      let escaped = id.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? id
      let response = try await service.client.get(
        "/api/public/traces/\(escaped)", query: [("fields", "core")])
      try service.json(response) { trace in traces.withLock { $0.add(trace) } }
    } catch let error as TransportError where error.status == 404 {
      // An observation may outlive its trace; then nobody knows whose it was.
      traces.withLock { $0.known[id] = [:] }
    }
  }
}

/// The traces of a page of observations, and the times of its rows.
private struct TracesOfPage: Sendable {
  private(set) var ids: Set<String> = []
  private(set) var low: Timestamp?
  private(set) var high: Timestamp?

  init(_ document: JSONValue) {
    document["data"]?.forEachElement { row in
      if let id = row.text("traceId") { ids.insert(id) }
      guard let time = row.timeIfAny("startTime") else { return }
      low = min(low ?? time, time)
      high = max(high ?? time, time)
    }
  }
}

/// What traces say of their observations, under the keys that newer observations have themselves.
private struct TraceTable: Sendable {
  /// The members of a trace as JSON, by its id.
  var known: [String: [String: [UInt8]]] = [:]
  /// The start of the time whose traces were listed.
  var covered: Timestamp?

  private static let members = [
    ("release", "release"), ("sessionId", "sessionId"), ("tags", "tags"), ("name", "traceName"),
    ("userId", "userId"),
  ]

  mutating func add(_ trace: JSONValue) {
    guard let id = trace.text("id") else { return }
    var members: [String: [UInt8]] = [:]
    for (key, name) in Self.members {
      guard let value = trace.first(key) else { continue }
      let out = ByteBuffer()
      var writer = JSONWriter(out)
      writer.canonical(value)
      members[name] = out.bytes
    }
    known[id] = members
  }

  /// The observations of an answer as JSON Lines, with what their traces say.
  func lines(_ document: JSONValue) -> [UInt8] {
    let out = ByteBuffer()
    document["data"]?.forEachElement { row in
      guard row.kind == .object else { return }
      let trace = row.text("traceId").flatMap { known[$0] } ?? [:]
      var writer = JSONWriter(out)
      writer.beginObject()
      row.forEachMember { key, value in
        if !trace.isEmpty, trace[String(decoding: key, as: UTF8.self)] != nil { return }
        writer.key(key)
        writer.canonical(value)
      }
      for (name, value) in trace.sorted(by: { $0.key < $1.key }) {
        writer.key(string: name)
        writer.raw(value)
      }
      writer.endObject()
      out.append(0x0A)
    }
    return out.bytes
  }
}
