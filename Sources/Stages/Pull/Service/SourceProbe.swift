import Bytes
import Catalog
import Lake
import Records
import Text
import Transport

/// What a first look at a source found, before anything is stored.
public struct ProbeReport: Sendable, Codable, Hashable {
  /// One stream of a service, or the files of a pattern.
  public struct Stream: Sendable, Codable, Hashable {
    /// `interactions`, `feedback`, or `files`.
    public var name: String
    /// Rows looked at.
    public var rows = 0
    /// Interactions in them.
    public var interactions = 0
    /// Feedback events in them.
    public var feedback = 0
    /// Rows and signals that nothing asks for.
    public var unmatched = 0
    /// Rows that could not be read, by reason.
    public var quarantined: [String: Int] = [:]
  }

  /// The source.
  public var source: String
  /// The kind.
  public var kind: SourceKind
  /// What was looked at, in order.
  public var streams: [Stream] = []
  /// Lake records of up to three interactions, redacted, as they would be stored: the newest that came.
  public var samples: [String] = []
  /// How many of the interactions hold each field that a dataset may want.
  public var fields: [String: Int] = [:]
  /// Feedback by a name of signal that nothing translates.
  public var unmappedSignals: [String: Int] = [:]
  /// Requests made.
  public var requests = 0

  /// Interactions in all.
  public var interactions: Int { streams.reduce(0) { $0 + $1.interactions } }
  /// Feedback in all.
  public var feedback: Int { streams.reduce(0) { $0 + $1.feedback } }

  /// The fields that ``fields`` counts.
  public static let fieldNames = ["conversation", "cost", "latency", "model", "output", "tokens", "user"]
}

/// Looks at the first rows of a source and stores nothing.
public struct SourceProbe: Sendable {
  private let pseudonyms: Pseudonyms
  private let now: Timestamp

  /// A probe at a time, with the pseudonyms that a pull would use.
  public init(pseudonyms: Pseudonyms, now: Timestamp) {
    self.pseudonyms = pseudonyms
    self.now = now
  }

  /// Looks at up to `rows` rows of each stream.
  /// - Parameters:
  ///   - source: the source.
  ///   - access: where its rows are.
  ///   - rows: rows of each stream at most, as far as pages and files allow; default 100.
  /// - Returns: what was found.
  /// - Throws: as ``PullStage/run(_:access:since:progress:)``.
  public func run(_ source: SourceDefinition, access: SourceAccess, rows: Int = 100) async throws
    -> ProbeReport
  {
    var report = ProbeReport(source: source.name, kind: source.kind)
    switch access.place {
    case .files(let pattern): try files(source, pattern, rows, &report)
    case .bucket(let address):
      try await ServiceError.naming(source) { try await bucket(source, address, rows, &report) }
    case .service, .database:
      try await ServiceError.naming(source) { try await service(source, access, rows, &report) }
    }
    return report
  }

  private func files(_ source: SourceDefinition, _ pattern: String, _ rows: Int, _ report: inout ProbeReport)
    throws
  {
    let statuses = try source.files(of: pattern).map {
      try FileStatus.of($0, framing: source.kind.traits.framing)
    }
    let feed = InputFeed(
      decisions: InputPlan.decide(files: statuses, cursors: []), refused: nil, source: source,
      chunkBytes: 1 << 18)
    var stream = ProbeReport.Stream(name: "files")
    while stream.rows < rows, let job = try feed.nextJob() {
      let result = try ChunkMapper.map(job, source: source, pseudonyms: pseudonyms, now: now)
      try add(result, to: &stream, &report)
    }
    if let refused = feed.refused { throw refused }
    report.streams.append(stream)
  }

  private func bucket(
    _ source: SourceDefinition, _ address: BucketAddress, _ rows: Int, _ report: inout ProbeReport
  ) async throws {
    let store = address.store(HTTPClient())
    var stream = ProbeReport.Stream(name: "objects")
    let pull = BucketReader(source: source, address: address, store: store, pseudonyms: pseudonyms, now: now)
    let page = try await store.list(prefix: address.prefix)
    for object in page.objects where address.matches(object.key) {
      if stream.rows >= rows { break }
      for result in try await pull.read([object], known: nil).results {
        try add(result, to: &stream, &report)
      }
    }
    report.streams.append(stream)
    report.requests = store.counters.requests
  }

  private func service(
    _ source: SourceDefinition, _ access: SourceAccess, _ rows: Int, _ report: inout ProbeReport
  ) async throws {
    let (service, connector) = try SourceService.open(source, access, now: now)
    for asked in connector.streams {
      var stream = ProbeReport.Stream(name: asked.name)
      var cursor: String?
      repeat {
        let request = PageRequest(
          stream: asked, from: service.parameters.since.time(before: now), to: now, cursor: cursor,
          limit: min(rows, service.pageSize))
        let page = try await connector.page(request, service)
        let result = try PageMapper.map(
          page, stream: asked.name, source: source, pseudonyms: pseudonyms, known: nil, now: now)
        try add(result, to: &stream, &report)
        cursor = page.next
      } while cursor != nil && stream.rows < rows
      report.streams.append(stream)
    }
    report.requests = service.client.counters.requests
  }

  private func add(
    _ result: ChunkResult, to stream: inout ProbeReport.Stream, _ report: inout ProbeReport
  ) throws {
    stream.rows += result.tally.lines
    stream.interactions += result.interactions.count
    stream.feedback += result.feedback.count
    stream.unmatched += result.tally.unmatched
    stream.quarantined.merge(result.tally.quarantined, uniquingKeysWith: +)
    report.unmappedSignals.merge(result.tally.unmappedSignals, uniquingKeysWith: +)
    for row in result.interactions {
      let held: [(String, Bool)] = [
        ("conversation", row.conversation != row.id && row.conversation != row.trace),
        ("cost", row.cost != nil),
        ("latency", row.latency != nil), ("model", row.model != nil),
        ("output", try row.outputCharacters > 0 || Self.callsTool(try Self.record(row, result))),
        ("tokens", row.tokensIn != nil || row.tokensOut != nil), ("user", row.user != nil),
      ]
      for (name, isHeld) in held where isHeld { report.fields[name, default: 0] += 1 }
    }
    for row in result.interactions.sorted(by: { ($1.time, $0.id) < ($0.time, $1.id) })
      .prefix(3 - report.samples.count)
    {
      report.samples.append(String(decoding: try Self.record(row, result), as: UTF8.self))
    }
  }

  /// The record of an interaction, as it would be stored.
  private static func record(_ row: InteractionRow, _ result: ChunkResult) throws -> [UInt8] {
    let frame = result.parts[row.place.segment].frames[row.place.frame]
    let text = try frame.bytes.withUnsafeBytes { try LZ4Frame.decompress($0, size: frame.textBytes) }
    return Array(text[row.place.offset..<row.place.offset + row.place.length])
  }

  /// Whether the output calls a tool, which needs no words.
  private static func callsTool(_ record: [UInt8]) throws -> Bool {
    try record.withUnsafeBytes { bytes in
      try JSONParser(maximumLength: max(bytes.count, 1 << 16)).parse(bytes) { (value: JSONValue) -> Bool in
        value["output"]?["tool_calls"]?[0] != nil
      }
    }
  }
}
